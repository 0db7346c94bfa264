"""Another application: animals that are boarded, their owners, and what is said of them. Its habits are not ours."""

from __future__ import annotations

import datetime
import decimal
import enum

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """No naming convention: constraints have the names that the server gives."""


class Species(enum.Enum):
    """What is boarded; the labels are lower case."""

    dog = "dog"
    cat = "cat"
    other = "other"


class Breed(Base):
    """Told by a code."""

    __tablename__ = "breeds"
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(80))


class Owner(Base):
    """Told by id."""

    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(200), unique=True)
    phone: Mapped[str | None] = mapped_column(sa.String(30))


class Pet(Base):
    """Refers to a table that is looked after, and to one that is not."""

    __tablename__ = "pets"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("owners.id"), index=True)
    breed_code: Mapped[str | None] = mapped_column(sa.ForeignKey("breeds.code"))
    name: Mapped[str] = mapped_column(sa.String(80))
    species: Mapped[Species]
    born: Mapped[datetime.date | None]
    marks: Mapped[dict[str, str] | None] = mapped_column(sa.JSON().with_variant(postgresql.JSONB(), "postgresql"))


class Visit(Base):
    """Told by two columns."""

    __tablename__ = "visits"
    pet_id: Mapped[int] = mapped_column(sa.ForeignKey("pets.id"), primary_key=True)
    visited_on: Mapped[datetime.date] = mapped_column(primary_key=True)
    reason: Mapped[str | None] = mapped_column(sa.Text)


class Invoice(Base):
    """In a schema of its own."""

    __tablename__ = "invoices"
    __table_args__ = {"schema": "billing"}  # noqa: RUF012  as SQLAlchemy has it
    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(10, 2))


# Told by nothing.
log = sa.Table("log", Base.metadata, sa.Column("said", sa.Text), sa.Column("at", sa.DateTime(timezone=True)))
