"""A PostgreSQL database in one file of our own, where no pg_dump fits: what makes its schema, and a stream a table.

The file is a ZIP archive: ``schema.json`` has the statements before and after the rows, and the tables in their order;
``rows/0001`` and so on are what COPY writes. All of it is read in one transaction, of one moment, and restored in one.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa

from homecoming.backup.contents import SPELLING, State, Table, state_of
from homecoming.backup.place import megabytes
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.reach import reached
from homecoming.errors import FailedError, Refused
from homecoming.language import localized, tr
from homecoming.settings import Settings
from homecoming.terminal import progress

FORMAT = 1
ENDING = ".copy"

_SCHEMA = "schema.json"
_LEVEL = 3
# The statements of facts.sql up to this place come before the rows.
_ROWS = 50
_UNSAID = {"no_parameters": True}


def refuse_beyond(connection: sa.Connection, otherwise: Refused) -> None:
    """Go on where a database holds nothing that this copy does not know.

    Arguments: ``otherwise``, why there is no pg_dump.
    Errors: Refused, with what it holds, and what brings a pg_dump.
    """
    found = connection.exec_driver_sql(_text("beyond.sql"), execution_options=_UNSAID).scalars().all()
    if found:
        beyond = found[0]
        if len(found) > 1:
            beyond = tr("{first} (and {count} more)", first=beyond, count=len(found) - 1)
        raise Refused(
            tr("{what}; and our own copy does not know: {beyond}", what=otherwise.what, beyond=beyond), otherwise.todo
        )


def copy(connection: sa.Connection, tables: list[Table], draft: Path, token: CancellationToken) -> State:
    """Copy a database into a file, and return what it held at that moment.

    Arguments: ``connection``, in a transaction of one moment, that ``tables`` were read in.
    """
    before, after = _statements(connection)
    listed = [
        {"name": table.name, "spelled": table.spelled, "columns": table.columns, "entry": f"rows/{number:04d}"}
        for number, table in enumerate(tables, 1)
    ]
    raw: Any = connection.connection.dbapi_connection
    expected = sum(table.bytes for table in tables)
    with (
        draft.open("r+b") as opened,
        zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive,
        progress() as tell,
    ):
        document = {"format": FORMAT, "before": before, "after": after, "tables": listed}
        archive.writestr(_SCHEMA, json.dumps(document))
        for table, one in zip(tables, listed, strict=True):
            with archive.open(str(one["entry"]), "w", force_zip64=True) as entry, raw.cursor() as cursor:

                def write(block: bytes, entry: Any = entry) -> int:
                    token.check()
                    return int(entry.write(block))

                cursor.copy_expert(
                    f"COPY (SELECT {_columns(table)} FROM ONLY {table.spelled}) TO STDOUT", _Writer(write)
                )
            said = tr("copy: {size}, from {all} of tables", size=megabytes(opened.tell()), all=megabytes(expected))
            tell(localized(said))
            token.check()
    _look_into(draft, len(tables))
    return state_of(connection, tables, token.check)


def document_of(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    """Return what a copy says of its schema and its tables. Errors: Refused where it is of another format."""
    document: dict[str, Any] = json.loads(archive.read(_SCHEMA))
    if document["format"] != FORMAT:
        raise Refused(
            tr("{name} is a copy of another format", name=file.name),
            tr("Use the version of this repository that made it"),
        )
    return document


def restore(file: Path, settings: Settings, token: CancellationToken) -> None:
    """Restore a copy into the empty database that settings lead to, in one transaction.

    Errors: FailedError, with the server's words.
    """
    with reached(settings, token=token) as endpoint, zipfile.ZipFile(file) as archive:
        document = document_of(archive, file)
        connection = endpoint.connection
        try:
            connection.exec_driver_sql(f"{SPELLING}; SET LOCAL check_function_bodies = off", execution_options=_UNSAID)
            raw: Any = connection.connection.dbapi_connection
            with raw.cursor() as cursor:
                for statement in document["before"]:
                    cursor.execute(statement)
                for table in document["tables"]:
                    if table["columns"]:
                        columns = ", ".join(table["columns"])
                        with archive.open(table["entry"]) as entry:
                            cursor.copy_expert(f"COPY {table['spelled']} ({columns}) FROM STDIN", entry)
                    token.check()
                for statement in document["after"]:
                    cursor.execute(statement)
                    token.check()
            connection.commit()
        except psycopg2.Error as error:
            token.check()
            lost = tr("the connection was lost")
            # Its detail may quote a row.
            said = error.diag.message_primary.splitlines()[0] if error.diag.message_primary else lost
            raise FailedError(
                tr("the copy cannot be restored there: {said}", said=said),
                tr("The database that is there was not touched"),
            ) from error


class _Writer(io.RawIOBase):
    """What psycopg2 writes rows to."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        super().__init__()
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        return self._write(block)


def _columns(table: Table) -> str:
    return ", ".join(table.columns)


def _statements(connection: sa.Connection) -> tuple[list[str], list[str]]:
    """Return what makes the schema, before and after the rows; where sequences stand, at the end."""
    before: list[str] = []
    after: list[str] = []
    for place, _, statement in connection.exec_driver_sql(_text("facts.sql"), execution_options=_UNSAID):
        (before if place <= _ROWS else after).append(statement)
    sequences = connection.exec_driver_sql(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'S' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'",
        execution_options=_UNSAID,
    )
    for name in sequences.scalars().all():
        last, is_called = connection.exec_driver_sql(
            f"SELECT last_value, is_called FROM {name}", execution_options=_UNSAID
        ).one()
        quoted = name.replace("'", "''")
        after.append(f"SELECT setval('{quoted}', {last}, {'true' if is_called else 'false'})")
    return before, after


def _look_into(draft: Path, tables: int) -> None:
    """Read the file's own table of contents. Errors: FailedError."""
    with zipfile.ZipFile(draft) as archive:
        if len(archive.namelist()) != tables + 1:
            raise FailedError(
                tr("the copy does not list every table"), tr("Nothing of it was kept. Run again, and report it")
            )


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
