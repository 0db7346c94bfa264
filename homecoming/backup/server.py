"""A PostgreSQL server for a while, where the database's own lets nobody make a database: from whatever is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa

from homecoming.backup.client import Client
from homecoming.connection.interrupts import CancellationToken
from homecoming.errors import FailedError
from homecoming.language import tr
from homecoming.settings import handed_on

_USER = "postgres"

# Seconds until a server that does not come up is given up.
_WITHIN = 60.0

# Holds the server's life line: its standard input is a pipe from this process, which ends when this process does,
# however it dies. SIGQUIT is PostgreSQL's immediate shutdown; nothing in it is to be kept.
_KEEPER = """
"$@" >>"$0/log" 2>&1 & server=$!
read -r _
kill -QUIT $server
wait
rm -rf "$0"
"""

_OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    # Nothing in it has to survive.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


def able(found: list[Client], least: int) -> list[Client]:
    """Return the clients beside which there is a server of at least that major version."""
    programs = ("initdb", "postgres")
    return [one for one in found if one.major >= least and all((one.folder / name).is_file() for name in programs)]


@contextmanager
def started(client: Client, token: CancellationToken) -> Iterator[sa.URL]:
    """Start a server in a folder that is closed to others, and give the URL of its superuser; it is gone afterwards.

    Errors: FailedError where it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="homecoming-pg-"))
    try:
        account = _account(folder)
        environment = {"PATH": handed_on().get("PATH", os.defpath), "LC_ALL": "C"}
        _initialised(client, folder, environment, account)
        options = [f"-c{name}={value}" for name, value in (_OPTIONS | {"unix_socket_directories": str(folder)}).items()]
        keeper = subprocess.Popen(
            ["sh", "-c", _KEEPER, str(folder), str(client.folder / "postgres"), "-D", str(folder / "data"), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            # An interrupt at the terminal is ours to hear.
            start_new_session=True,
            **account,
        )
        try:
            url = sa.URL.create(
                "postgresql+psycopg2", _USER, database="postgres", query={"host": str(folder), "port": "5432"}
            )
            _wait(folder, keeper, token)
            yield url
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account(folder: Path) -> dict[str, Any]:
    """Return what makes a process run as `nobody` where this one is root: PostgreSQL refuses root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _initialised(client: Client, folder: Path, environment: dict[str, str], account: dict[str, Any]) -> None:
    options = ["-U", _USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"]
    try:
        done = subprocess.run(
            [client.folder / "initdb", "-D", folder / "data", *options],
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment,
            check=False,
            **account,
        )
    except OSError as error:
        raise _failed(client, error.strerror or tr("it cannot be run")) from None
    if done.returncode:
        raise _failed(client, done.stderr)


def _wait(folder: Path, keeper: subprocess.Popen[bytes], token: CancellationToken) -> None:
    deadline = time.monotonic() + _WITHIN
    while True:
        token.check()
        try:
            psycopg2.connect(host=str(folder), port=5432, user=_USER, dbname="postgres").close()
            return
        except psycopg2.OperationalError:
            if keeper.poll() is not None or time.monotonic() > deadline:
                log = folder / "log"
                raise FailedError(
                    tr(
                        "a PostgreSQL server for the test did not start: {said}",
                        said=_last(log.read_text() if log.exists() else ""),
                    ),
                    tr("Nothing was changed. Give the role of DATABASE_URL the right CREATEDB instead"),
                ) from None
        time.sleep(0.05)


def _failed(client: Client, said: str) -> FailedError:
    return FailedError(
        tr("{name} failed: {why}", name=client.folder / "initdb", why=_last(said)),
        tr("Nothing was changed. Give the role of DATABASE_URL the right CREATEDB instead"),
    )


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else tr("it said nothing")
