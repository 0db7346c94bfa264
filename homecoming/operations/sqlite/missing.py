"""What only the application registers with its own connections: functions, collations, modules of virtual tables."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.operations.messages import said
from homecoming.operations.sqlite.live import Index, free_name, indexes, log
from homecoming.operations.sqlite.register import note
from homecoming.operations.sqlite.text import index_renamed, quote

_MISSING = re.compile(
    r"(?:no such|unknown) (?P<kind>function|collation sequence|module|tokenizer): (?P<name>.+?)(?:\(\))?$"
)


def missing(error: sa.exc.DBAPIError) -> str:
    """Return what of the application's own an error is about, such as ``the function unaccent``; nothing otherwise."""
    found = _MISSING.search(str(error.orig))
    return f"the {found['kind'].split()[0]} {found['name']}" if found else ""


def needed_by(connection: sa.Connection, index: Index) -> str:
    """Return what an index needs that is not there, nothing where it can be read. It is compiled only, not built."""
    if index.columns is not None:
        return ""
    try:
        other = index_renamed(index.statement, free_name(connection, f"{index.name}_probed"))
        connection.exec_driver_sql(f"EXPLAIN {other}").close()
    except sa.exc.DBAPIError as error:
        return missing(error)
    return ""


def set_unreadable_indexes_aside(connection: sa.Connection, table: str) -> None:
    """Enter and drop the indexes of a table that cannot be kept up to date without what is missing.

    No row of the table can be changed under such an index, nor the table be renamed.
    """
    for index in indexes(connection, table):
        if needed := needed_by(connection, index):
            note(connection, "index", f"{table}.{index.name}", definition=index.statement)
            connection.exec_driver_sql(f"DROP INDEX {quote(index.name)}")
            log.warning(
                "%s.%s: set aside, since it needs %s; the application makes it again by its definition",
                table,
                index.name,
                needed,
            )


@contextlib.contextmanager
def refusing_what_is_missing(table: str) -> Iterator[None]:
    """Refuse where a table's own definition, a CHECK or a computed column, needs what is not there.

    Raises:
        Refused: it does.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        if needed := missing(error):
            raise Refused(
                said("needs_the_application.what", table=table, needed=needed),
                said("needs_the_application.todo", table=table),
            ) from error
        raise
