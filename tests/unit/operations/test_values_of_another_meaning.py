"""A column of another type becomes what it means to the application, and comes back; or its values are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

import homecoming.operations  # noqa: F401  registers them
from homecoming.errors import Refused
from homecoming.operations.guarded import prepare

TEXT, NUMBER = sa.String(255), sa.Numeric(10, 2)

# The type that somebody gave the column, what it holds, what the schema wants, and what it then holds.
MEANS: dict[str, tuple[str, str, Any, str]] = {
    "bytes that are text": ("bytea", r"'\x24326224c3a7'", TEXT, "$2b$ç"),
    "a text in JSON": ("jsonb", """'"$2b$12$x"'""", TEXT, "$2b$12$x"),
    "an object in JSON": ("json", """'{"b": 1,  "a": 2}'""", TEXT, '{"b": 1,  "a": 2}'),
    "a padded text": ("char(10)", "'abc'", TEXT, "abc"),
    "a text of fixed name": ("name", "'abc'", TEXT, "abc"),
    "uuid": ("uuid", "'00000000-0000-0000-0000-00000000000a'", TEXT, "00000000-0000-0000-0000-00000000000a"),
    "an address": ("inet", "'10.0.0.1'", TEXT, "10.0.0.1"),
    "a number": ("double precision", "0.1", NUMBER, "0.10"),
    "a number as text": ("text", "'12.5'", NUMBER, "12.50"),
    "a truth as a number": ("smallint", "1", sa.Boolean(), "true"),
}
REFUSED: dict[str, tuple[str, str, Any]] = {
    "bytes that are no text": ("bytea", r"'\xff00'", TEXT),
    "an array": ("text[]", "'{a,b}'", TEXT),
    "a row": ("pg_lsn[]", "'{0/0}'", TEXT),
    "money": ("money", "'1.00'", TEXT),
    "a large object": ("oid", "16384", TEXT),
    "a range": ("int4range", "'[1,2)'", TEXT),
    "a comma": ("text", "'10,50'", NUMBER),
    "hexadecimal": ("text", "'0x1F'", NUMBER),
    "no number": ("text", "'NaN'", NUMBER),
    "a scale that is lost": ("numeric", "1.005", NUMBER),
    "JSON as a number": ("jsonb", """'"x"'""", NUMBER),
    "a letter for a truth": ("text", "'S'", sa.Boolean()),
}


@pytest.fixture
def connection(postgres: sa.Engine) -> Iterator[sa.Connection]:
    with postgres.connect() as connection:
        yield connection


def settled(connection: sa.Connection, given: str, value: str, wanted: Any) -> None:
    """Make a table with one such value, and ask for the column as the schema wants it, as a revision does."""
    connection.exec_driver_sql(f"CREATE TABLE metas (id integer PRIMARY KEY, cor {given})")
    connection.exec_driver_sql(f"INSERT INTO metas VALUES (1, {value}), (2, NULL)")
    context = MigrationContext.configure(connection)
    prepare(context)
    connection.exec_driver_sql("CALL pg_temp.note_changes()")
    connection.exec_driver_sql(
        "SELECT set_config('homecoming.direction', 'upgrade', true), set_config('homecoming.revision', 'x', true)"
    )
    Operations(context).ensure_column("metas", sa.Column("cor", wanted))  # type: ignore[attr-defined]


def taken_back(connection: sa.Connection, revision: str) -> None:
    """End the run that settled it, and take a revision back in another."""
    connection.exec_driver_sql("CALL pg_temp.note_changes()")
    connection.exec_driver_sql(
        "SELECT set_config('homecoming.direction', 'downgrade', true), set_config('homecoming.revision', %s, true)",
        (revision,),
    )
    Operations(MigrationContext.configure(connection)).undo()  # type: ignore[attr-defined]
    connection.exec_driver_sql("CALL pg_temp.note_changes()")


def cell(connection: sa.Connection) -> Any:
    return connection.exec_driver_sql("SELECT cor::text FROM public.metas WHERE id = 1").scalar_one()


@pytest.mark.parametrize("kind", MEANS)
def test_what_it_means(connection: sa.Connection, kind: str) -> None:
    given, value, wanted, means = MEANS[kind]
    was, type_ = connection.exec_driver_sql(
        f"SELECT v::text, pg_typeof(v)::text FROM (SELECT ({value})::{given}) t (v)"
    ).one()
    settled(connection, given, value, wanted)
    assert cell(connection) == means
    taken_back(connection, "x")
    assert cell(connection) == was
    assert connection.exec_driver_sql("SELECT pg_typeof(cor)::text FROM public.metas LIMIT 1").scalar_one() == type_
    assert connection.exec_driver_sql("SELECT to_regclass('retired.register') IS NULL").scalar_one()


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused(connection: sa.Connection, kind: str) -> None:
    with pytest.raises(Refused, match=r"metas\.cor: 1 value does not fit "):
        settled(connection, *REFUSED[kind])


def test_a_revision_that_changed_no_type_takes_none_back(connection: sa.Connection) -> None:
    """The register holds what another revision did."""
    settled(connection, "uuid", "'00000000-0000-0000-0000-00000000000a'", TEXT)
    taken_back(connection, "y")
    types = "SELECT data_type FROM information_schema.columns WHERE table_name = 'metas' AND column_name = 'cor'"
    assert connection.exec_driver_sql(types).scalar_one() == "character varying"
