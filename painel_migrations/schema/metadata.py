"""The one MetaData every table of the schema belongs to, and its form on each dialect."""

import functools

import sqlalchemy as sa

INDEX_NAME = "ix_%(table_name)s_%(column_0_name)s"

# The names PostgreSQL gives of itself to unnamed constraints: every real database has these, whichever way it was made.
metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ix": INDEX_NAME,
    }
)


@functools.cache
def metadata_for(dialect: str) -> sa.MetaData:
    """Return the schema as ``dialect`` has it.

    On SQLite the application's ``create_all()`` left every constraint unnamed, since SQLite invents no names; indexes
    have names on both.

    Args:
        dialect: SQLAlchemy's name of it, ``postgresql`` or ``sqlite``.

    Raises:
        ValueError: for any other dialect.
    """
    if dialect == "postgresql":
        return metadata
    if dialect != "sqlite":
        raise ValueError(f"no schema for {dialect}: only postgresql and sqlite")
    unnamed = sa.MetaData(naming_convention={"ix": INDEX_NAME})
    for table in metadata.sorted_tables:
        # A copy keeps the names its original got from the naming convention.
        for constraint in table.to_metadata(unnamed).constraints:
            constraint.name = None
    return unnamed
