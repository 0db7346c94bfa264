"""In a PostgreSQL session: the log-in, the version, how far away it is, and whether a pooler is in between."""

from __future__ import annotations

import contextlib
import statistics
import time
from typing import TYPE_CHECKING, Any

from homecoming.candidates import Layer
from homecoming.connection.engines import make_engine
from homecoming.doctor.step import Step, note, ok, took
from homecoming.language import joined, tr

if TYPE_CHECKING:
    from homecoming.doctor.probe import Probe

ROUND_TRIPS = 5


def log_in(probe: Probe) -> list[Step]:
    """Log in as an upgrade does, once."""
    began = time.monotonic()
    probe.connection = make_engine(probe.candidate.url, read_only=True, connect_timeout=probe.timeout).connect()
    seconds = time.monotonic() - began
    driver: Any = probe.connection.connection.dbapi_connection
    said = tr("in {took}", took=took(seconds))
    # What is said of it is worth less than the log-in: an old client library knows less.
    with contextlib.suppress(Exception):
        said = tr(
            "as {user} to {database} in {took}",
            user=driver.info.user,
            database=driver.info.dbname,
            took=took(seconds),
        )
    with contextlib.suppress(Exception):
        encrypted = driver.info.ssl_attribute("protocol") if driver.info.ssl_in_use else tr("not encrypted")
        said = joined(", ", [said, encrypted])
    return [ok("log-in", said)]


def version(probe: Probe) -> list[Step]:
    """Say which server it is; whether that will do is for the preflight to judge."""
    with probe.looking() as connection:
        return [ok("version", f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}")]


def latency(probe: Probe) -> list[Step]:
    """Measure a few round trips."""
    seconds = []
    with probe.looking() as connection:
        for _ in range(ROUND_TRIPS):
            began = time.monotonic()
            connection.exec_driver_sql("SELECT 1").close()
            seconds.append(time.monotonic() - began)
    return [
        ok(
            "latency",
            tr("{took} a round trip (median of {number})", took=took(statistics.median(seconds)), number=ROUND_TRIPS),
        )
    ]


def pooler(probe: Probe) -> list[Step]:
    """Tell a pooler by the session's number: the one said at the log-in is the server's own, or one it made up.

    A proxy that only hands bytes on leaves it as it is, and is none. PgBouncer, Odyssey and others number their own
    clients, since a client cancels by that number; one that does not is not seen.
    """
    assert probe.connection is not None
    driver: Any = probe.connection.connection.dbapi_connection
    with probe.looking() as connection:
        real = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    if driver.info.backend_pid == real:
        return [ok("pooler", tr("looks like none"))]
    said = tr("looks like one: the number of this session is not the server's own")
    if probe.candidate.layer is Layer.POOLER:
        return [ok("pooler", said)]
    return [note("pooler", tr("{said}. Where there is a way around it, set DATABASE_UNPOOLED_URL to that", said=said))]
