"""The console's end of a pasted script: what is printed, where it is pasted, what the session says and keeps."""

from __future__ import annotations

import base64
import collections
import contextlib
import gzip
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
import sqlalchemy as sa
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from homecoming import catalog
from homecoming.catalog import Severity
from homecoming.operations.guarded import REFUSED
from tests.conftest import engine_of
from tests.support import advice, conservation, refused, servers, whole
from tests.support.history import HEAD, REVISIONS, counted

# Any address will do: the verbs reach no database.
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"

DONE = f"Done: at {HEAD} after {counted(len(REVISIONS))}"
NOTHING = f"At {HEAD}: nothing to do"


@cache
def script(*arguments: str, **variables: str) -> str:
    """Return what `python -m painel_migrations ARGUMENTS` prints, with such variables in its environment."""
    ended = refused.here(NOWHERE, *arguments, **variables)
    assert ended.code == 0, ended.err
    return ended.out


def helpers_of(text: str) -> str:
    """Return the helpers of a script, which it carries as a gzip file in base64."""
    return gzip.decompress(base64.b64decode(text.split("$gzip$")[1])).decode("ascii")


def folder_of(folder: Path, *arguments: str) -> list[str]:
    """Return the files that `--split` writes into a folder, in the order to paste them, without the check."""
    assert refused.here(NOWHERE, *arguments, "--split", str(folder)).code == 0
    files = sorted(folder.glob("*.sql"))
    assert files[-1].name.endswith("-verify.sql")
    return [file.read_text("ascii") for file in files[:-1]]


class Answer(NamedTuple):
    """What a paste answered: SQLSTATE, message and hint where it failed, else None; every word a client could show."""

    state: str | None
    message: str | None
    hint: str | None
    said: str

    @property
    def error(self) -> tuple[str | None, str | None, str | None]:
        return self[:3]


class Session:
    """A console's connection, which commits after each message unless it was told BEGIN."""

    def __init__(self, dsn: str) -> None:
        self._connection: Any = psycopg2.connect(dsn)
        self._connection.autocommit = True
        self.pid = self._connection.get_backend_pid()

    def paste(self, text: str) -> Answer:
        """Send a text as one message of the simple protocol. Errors: none, the answer holds the server's."""
        self._connection.notices.clear()
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(text)
        except psycopg2.Error as error:
            fields = [getattr(error.diag, name) for name in dir(error.diag) if not name.startswith("_")]
            said = "\n".join([str(error), *map(str, fields), *self._connection.notices])
            _try_out(self._connection, error)
            return Answer(error.pgcode, error.diag.message_primary or str(error), error.diag.message_hint, said)
        return Answer(None, None, None, "".join(self._connection.notices))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def state(self) -> list[tuple[Any, ...]]:
        """Return every setting, what is in the temporary schema, and the locks held: a paste leaves all as it was."""
        return self.rows(
            "SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql.%' UNION ALL"
            " SELECT 'routine', oid::regprocedure::text FROM pg_proc WHERE pronamespace = pg_my_temp_schema() UNION ALL"
            " SELECT 'relation', relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() UNION ALL"
            " SELECT locktype, objid::text FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
            " ORDER BY 1, 2"
        )

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Place:
    """A database on a server, and who pastes there; `port` is another than the server's where a pooler is between."""

    server: servers.Server
    name: str
    user: str = servers.USER
    port: int = 0

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port or self.server.port} user={self.user} dbname={self.name}"

    @property
    def engine(self) -> sa.Engine:
        """The database as the judges read it: as superuser, straight from the server."""
        return engine_of(self.server.url(self.name))

    def as_(self, user: str) -> Place:
        return replace(self, user=user)

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        session = Session(self.dsn)
        try:
            yield session
        finally:
            session.close()

    def paste(self, text: str) -> Answer:
        """Paste into a session of its own."""
        with self.session() as session:
            return session.paste(text)

    def run(self, *statements: str) -> None:
        """Do what somebody did to the database before: as superuser."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def psql(self, *arguments: str, text: str | None = None, version: int = 0) -> subprocess.CompletedProcess[str]:
        """Run psql of the server's version, or of another, on this database; `text` is its standard input."""
        program = servers.programs(version or self.server.version) / "psql"
        return subprocess.run(
            [str(program), "-X", "-d", self.dsn, *arguments], input=text, capture_output=True, text=True, check=False
        )

    def whole(self) -> str:
        return whole.of(self.engine, self.server)

    def history(self) -> tuple[int, int]:
        """Return how many lines of history there are, and of how many runs."""
        with self.session() as session:
            ((lines, runs),) = session.rows("SELECT count(*), count(DISTINCT run) FROM migration_history")
        return lines, runs

    def assert_at_head(self, cells: conservation.Snapshot) -> None:
        """Fail unless the catalogue is head's and every cell of before is there."""
        with self.engine.connect() as connection:
            assert [found for found in catalog.verify(connection) if found.severity is Severity.FAIL] == []
        assert conservation.missing(cells, self.engine) == []


def paste(engine: sa.Engine, text: str) -> list[str]:
    """Send a text as one message and return the server's notices. Raises psycopg2.Error where it is refused."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        # Of a list, psycopg2 keeps the last fifty.
        connection.notices = collections.deque()
        with connection.cursor() as cursor:
            try:
                cursor.execute(text)
            except psycopg2.Error as error:
                _try_out(connection, error)
                raise
        return [notice.strip() for notice in connection.notices]


def _try_out(connection: Any, error: psycopg2.Error) -> None:
    """Run what a refusal advises, in another session; within somebody's transaction there is nothing to see of it."""
    if error.pgcode == REFUSED and connection.info.transaction_status == TRANSACTION_STATUS_IDLE:
        parameters = connection.info.dsn_parameters
        url = sa.URL.create(
            "postgresql+psycopg2",
            parameters["user"],
            host=parameters["host"],
            port=int(parameters["port"]),
            database=parameters["dbname"],
        )
        advice.try_out(url, f"{error.diag.message_primary}. {error.diag.message_hint}")


def differing_tables(one: sa.Engine, other: sa.Engine) -> list[str]:
    """Return the tables that do not hold the same rows in two databases, retired ones too; history apart."""
    first, second = (_rows(conservation.take(engine)) for engine in (one, other))
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def _rows(taken: conservation.Snapshot) -> dict[str, Counter[str]]:
    return {
        table.name: Counter(repr(sorted(row.items())) for row in table.rows)
        for table in taken.tables.values()
        if table.name != "migration_history"
    }
