"""The catalogue that head should give on either dialect, from the schema alone."""

from collections.abc import Iterable

import sqlalchemy as sa

from homecoming.catalog import expected_postgresql, sqlite
from homecoming.catalog.facts import Catalogue
from homecoming.project import project
from homecoming.schema.dialects import schema_for
from homecoming.schema.triggers import Trigger


def expected(
    dialect_name: str, metadata: sa.MetaData | None = None, triggers: Iterable[Trigger] | None = None
) -> Catalogue:
    """Return what a database made from ``metadata`` and ``triggers`` holds.

    Args:
        dialect_name: ``postgresql`` or ``sqlite``.
        metadata: the tables; head's when left out. Enum types are those that its columns use.
        triggers: head's when left out.

    Raises:
        ValueError: another dialect.
    """
    if metadata is None:
        metadata = schema_for(dialect_name)
    if triggers is None:
        triggers = project().triggers[dialect_name]
    if dialect_name == "postgresql":
        return Catalogue("postgresql", expected_postgresql.facts(metadata, triggers))
    return _sqlite(metadata, triggers)


def _sqlite(metadata: sa.MetaData, triggers: Iterable[Trigger]) -> Catalogue:
    """Return what SQLite itself makes of the schema in memory: it comes with Python and needs no second spelling."""
    engine = sa.create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            metadata.create_all(connection, checkfirst=False)
            for trigger in triggers:
                connection.exec_driver_sql(trigger.statement)
            return sqlite.read(connection)
    finally:
        engine.dispose()
