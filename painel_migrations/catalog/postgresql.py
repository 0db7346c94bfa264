"""The catalogue of a PostgreSQL database, read with the one SELECT beside this file."""

import functools
import textwrap
from importlib import resources

import sqlalchemy as sa

from painel_migrations.catalog.facts import Catalogue, Fact
from painel_migrations.schema import metadata_for


@functools.cache
def statement() -> str:
    """Return the SELECT; its rows are kind, object, definition, tables, columns."""
    return resources.files(__package__).joinpath("postgresql.sql").read_text(encoding="utf-8")


@functools.cache
def facts() -> str:
    """Return the CTEs of the SELECT, from WITH on, the last of them ``live``: for statements that go on from there."""
    _, with_, ctes = statement().rpartition("\nSELECT ")[0].partition("WITH\n")
    return with_ + ctes


def read(connection: sa.Connection) -> Catalogue:
    """Read schema ``public`` in one round trip.

    Args:
        connection: as whoever the application connects as: ``access`` facts are about the current user.

    Raises:
        sqlalchemy.exc.DBAPIError: the connection broke, or a lock on a table was not given in time.
    """
    # The text has no parameters: without this the driver would take a % in it for one.
    rows = connection.exec_driver_sql(statement(), execution_options={"no_parameters": True})
    return Catalogue(
        "postgresql",
        (
            Fact(kind, name, definition, tuple(tables or ()), tuple(columns or ()))
            for kind, name, definition, tables, columns in rows
        ),
    )


def helpers() -> str:
    """Return the statements that make ``pg_temp.facts()`` and ``pg_temp.fingerprint()``, which needs no client.

    The number is that of ``catalog.fingerprint()``: a script that is pasted writes it into migration_history.
    """
    names = ", ".join(f"'{name}'" for name in sorted(metadata_for("postgresql").tables))
    return _HELPERS.format(statement=statement().strip(), tables=textwrap.fill(names, 104, subsequent_indent=" " * 12))


_HELPERS = """-- The catalogue: the facts of schema public, and one number for those of known tables.

CREATE OR REPLACE FUNCTION pg_temp.facts() RETURNS TABLE (kind text, object text, definition text, tables text[],
    columns text[]) LANGUAGE sql STABLE AS $fn$
{statement}
$fn$;

CREATE OR REPLACE FUNCTION pg_temp.fingerprint() RETURNS text LANGUAGE sql STABLE AS $fn$
    SELECT encode(sha256(convert_to(coalesce(string_agg(line, '' ORDER BY line COLLATE "C"), ''), 'UTF8')), 'hex')
    FROM (SELECT concat(f.kind, E'\\t', f.object, E'\\t', f.definition, E'\\n') AS line FROM pg_temp.facts() AS f
          WHERE f.kind <> 'access' AND f.tables && ARRAY[
            {tables}
          ]) AS known
$fn$;
"""
