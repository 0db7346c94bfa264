"""A schema's form on each dialect: SQLite invents no names, PostgreSQL names every constraint."""

import functools

import sqlalchemy as sa

from homecoming.project import project
from homecoming.schema.words import refuse_unspoken

INDEX_NAME = "ix_%(table_name)s_%(column_0_name)s"

NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": INDEX_NAME,
}
"""The names PostgreSQL gives of itself to unnamed constraints: every real database has these, however it was made."""


@functools.cache
def schema_for(dialect: str) -> sa.MetaData:
    """Return the schema as ``dialect`` has it.

    On SQLite the application's ``create_all()`` left every constraint unnamed, since SQLite invents no names; indexes
    have names on both.

    Args:
        dialect: SQLAlchemy's name of it, ``postgresql`` or ``sqlite``.

    Raises:
        ValueError: for any other dialect.
        UsageError: the operations have no words for what it asks of this database.
    """
    if dialect == "postgresql":
        refuse_unspoken(project().metadata, dialect)
        return project().metadata
    if dialect != "sqlite":
        raise ValueError(f"no schema for {dialect}: only postgresql and sqlite")
    refuse_unspoken(project().metadata, dialect)
    unnamed = sa.MetaData(naming_convention={"ix": INDEX_NAME})
    for table in project().metadata.sorted_tables:
        # A copy keeps the names its original got from the naming convention.
        for constraint in table.to_metadata(unnamed).constraints:
            constraint.name = None
    return unnamed
