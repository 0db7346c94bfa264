"""A PostgreSQL database by pg_dump, on a snapshot of a transaction of ours in which its rows are counted as well."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import sqlalchemy as sa

from homecoming.backup.client import Client, address, failed, running
from homecoming.backup.contents import State, Table, state_of
from homecoming.backup.place import megabytes
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import milliseconds
from homecoming.errors import FailedError
from homecoming.language import localized, tr
from homecoming.settings import Settings
from homecoming.terminal import progress

# Seconds after which our transaction says something: a server ends one that is silent for a minute.
_BREATH = 15.0
# zlib's. Its usual one, 6, takes about twice the processor's time, for a file that is hardly smaller.
_LEVEL = 3
_LISTED = re.compile(r"^\d+; \d+ (\d+) TABLE DATA ", re.MULTILINE)
_TODO = tr("Nothing of it was kept, and the database is as it was. Run again where the cause is gone")


def dump(
    connection: sa.Connection,
    url: sa.URL,
    tables: list[Table],
    client: Client,
    draft: Path,
    settings: Settings,
    token: CancellationToken,
) -> State:
    """Dump a database into a file, and return what it held at that moment.

    Arguments: ``connection``, in a transaction of one moment, that ``tables`` were read in; ``url``, which it is to.
    Errors: FailedError where pg_dump fails, or the file does not list every table.
    """
    snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    dsn, environment = address(url)
    timeout = milliseconds(settings.lock_wait) or 1
    options = [
        "--format=custom",
        f"--compress={_LEVEL}",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        f"--snapshot={snapshot}",
    ]
    options += [f"--lock-wait-timeout={timeout}", "--dbname", dsn]
    expected = sum(table.bytes for table in tables)
    with (
        draft.open("r+b") as output,
        running([client.dump, *options], environment, output) as program,
        progress() as tell,
    ):

        def check() -> None:
            token.check()
            if program.process.poll():
                raise failed("pg_dump", program.process.returncode, program.said, _TODO)

        heard = time.monotonic()

        def meanwhile() -> None:
            nonlocal heard
            if time.monotonic() - heard > _BREATH:
                connection.exec_driver_sql("SELECT 1")
                heard = time.monotonic()
            size = megabytes(draft.stat().st_size)
            said = tr("{program}: {size}, from {all} of tables", program="pg_dump", size=size, all=megabytes(expected))
            tell(localized(said))

        state = state_of(connection, tables, check)
        program.wait(token, meanwhile)
        check()
    _look_into(draft, tables, client)
    return state


def _look_into(draft: Path, tables: list[Table], client: Client) -> None:
    """Compare the file's own table of contents with what it has to hold. Errors: FailedError."""
    listed = subprocess.run([client.restore, "--list", draft], capture_output=True, text=True, check=False)
    if listed.returncode:
        raise failed("pg_restore", listed.returncode, listed.stderr, _TODO)
    there = {int(oid) for oid in _LISTED.findall(listed.stdout)}
    lacking = [table.name for table in tables if table.oid not in there]
    if lacking:
        raise FailedError(tr("the file of pg_dump does not list {lacking}", lacking=", ".join(lacking[:3])), _TODO)
