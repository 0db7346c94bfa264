"""A PostgreSQL database beside another: made like it, filled from a backup, dropped where it is not wanted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2 import sql

from homecoming.errors import Refused
from homecoming.language import tr

# Bytes of a name on a server.
LONGEST_NAME = 63

_MOMENT = "%Y%m%d%H%M%S"

# What a scratch database is called, and how long after that one is nobody's any more.
SCRATCH = "homecoming_scratch_"
_ABANDONED = timedelta(days=1)


@contextmanager
def statements(connection: sa.Connection) -> Iterator[Any]:
    """Give a cursor whose statements are each a transaction of their own, as making a database needs it.

    The connection's own transaction ends.
    """
    raw: Any = connection.connection.dbapi_connection
    connection.rollback()
    raw.rollback()
    raw.autocommit = True
    try:
        with raw.cursor() as cursor:
            cursor.execute("SET search_path = pg_catalog, pg_temp")
            yield cursor
    finally:
        with suppress(psycopg2.Error):
            with raw.cursor() as cursor:
                cursor.execute("RESET search_path")
            raw.autocommit = False


def may_make(cursor: Any) -> bool:
    """Whether this role may make databases."""
    cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
    return bool(cursor.fetchone()[0])


def make(cursor: Any, name: str) -> None:
    """Make an empty database like the one a cursor is in: its encoding, its locale, and its owner where that may be.

    Errors: psycopg2's.
    """
    cursor.execute("SELECT to_jsonb(d) FROM pg_database d WHERE datname = current_database()")
    facts = cursor.fetchone()[0]
    cursor.execute("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()")
    options = {"ENCODING": cursor.fetchone()[0], "LC_COLLATE": facts["datcollate"], "LC_CTYPE": facts["datctype"]}
    locale = facts.get("datlocale", facts.get("daticulocale"))
    if (provider := facts.get("datlocprovider")) == "i":
        options |= {"LOCALE_PROVIDER": "icu", "ICU_LOCALE": locale}
    elif provider == "b":
        options |= {"LOCALE_PROVIDER": "builtin", "BUILTIN_LOCALE": locale}
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ").format(sql.Identifier(name))
    # A database without a ctype of its own has NULL there.
    parts = [sql.SQL(f"{word} {{}}").format(sql.Literal(value)) for word, value in options.items() if value]
    cursor.execute(statement + sql.SQL(" ").join(parts))


def drop(cursor: Any, name: str) -> None:
    """Drop a database of ours, with whoever is left in it."""
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def scratch_name() -> str:
    """Return the name of a database that is dropped again."""
    return f"{SCRATCH}{datetime.now(UTC):{_MOMENT}}_{secrets.token_hex(3)}"


def drop_abandoned(cursor: Any) -> None:
    """Drop the scratch databases that killed commands left: those of this role that are a day old."""
    cursor.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND pg_has_role(datdba, 'USAGE')", [SCRATCH]
    )
    for (name,) in cursor.fetchall():
        with suppress(ValueError):
            made = datetime.strptime(name.removeprefix(SCRATCH).partition("_")[0], _MOMENT).replace(tzinfo=UTC)
            if datetime.now(UTC) - made > _ABANDONED:
                drop(cursor, name)


def dated(name: str, word: str, moment: datetime) -> str:
    """Return a name with a word and a moment after it, as long as a name may be."""
    ending = f"_{word}_{moment:%Y%m%d_%H%M%S}"
    kept = name.encode()[: LONGEST_NAME - len(ending)].decode("utf-8", "ignore")
    return kept + ending


def refuse_unmade(name: str, error: psycopg2.Error) -> Refused:
    """Return the refusal where a database could not be made."""
    why = (error.diag.message_primary or str(error)).splitlines()[0]
    return Refused(
        tr("the database {name} could not be made beside it: {why}", name=name, why=why),
        tr("Nothing was changed. Mend that first"),
    )
