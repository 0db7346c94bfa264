"""The columns and types that recur in nearly every table, spelled once."""

import sqlalchemy as sa

Moment = sa.DateTime(timezone=True)
Money = sa.Numeric(10, 2)
Percent = sa.Numeric(5, 2)


def identity() -> sa.Column[int]:
    """Return the primary key ``id``.

    Its index repeats the primary key's own. The application's models declare it, so ``create_all()`` brings it with
    every table it makes: without it here, each of those would be drift.
    """
    return sa.Column("id", sa.Integer, primary_key=True, index=True)


def reference(name: str, table: str, *, nullable: bool = True) -> sa.Column[int]:
    """Return the foreign key column ``name``, which holds an ``id`` of ``table``."""
    return sa.Column(name, sa.Integer, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def stamped(name: str) -> sa.Column[object]:
    """Return the time column ``name``, which the database fills in: ``now()``, on SQLite ``CURRENT_TIMESTAMP``."""
    return sa.Column(name, Moment, server_default=sa.func.now())
