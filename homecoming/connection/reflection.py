"""Autogenerate under the safe path: SQLAlchemy asks for the tables that the search_path shows, and it shows none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

PUBLIC = "public"


@contextmanager
def reflects_public(connection: sa.Connection) -> Iterator[None]:
    """Let SQLAlchemy's reflection mean schema public where no schema is named, as the models and Alembic do."""
    dialect = connection.dialect
    if dialect.name != "postgresql":
        yield
        return
    names = [name for name in dir(type(dialect)) if name.startswith("get_multi_")]
    replaced = {name: _of_public(getattr(dialect, name)) for name in names}
    replaced["get_table_names"] = _named(dialect.get_table_names)
    replaced["has_table"] = _named_last(dialect.has_table)
    for name, method in replaced.items():
        setattr(dialect, name, method)
    try:
        yield
    finally:
        for name in replaced:
            delattr(dialect, name)


def _named(method: Callable[..., Any]) -> Callable[..., Any]:
    def get(connection: sa.Connection, schema: str | None = None, **options: Any) -> Any:
        return method(connection, schema=schema or PUBLIC, **options)

    return get


def _named_last(method: Callable[..., Any]) -> Callable[..., Any]:
    def get(connection: sa.Connection, table: str, schema: str | None = None, **options: Any) -> Any:
        return method(connection, table, schema=schema or PUBLIC, **options)

    return get


def _of_public(method: Callable[..., Iterable[Any]]) -> Callable[..., Iterable[Any]]:
    """A reflecting method whose answer names schema public nowhere where it was not asked for by name."""

    def get(connection: sa.Connection, schema: str | None = None, **options: Any) -> Iterable[Any]:
        answer = method(connection, schema=schema or PUBLIC, **options)
        return answer if schema else [((None, table), _bare(found)) for (_, table), found in answer]

    return get


def _bare(found: Any) -> Any:
    for part in found if isinstance(found, list) else []:
        if part.get("referred_schema") == PUBLIC:
            part["referred_schema"] = None
        of_type = part.get("type")
        for kind in (of_type, getattr(of_type, "item_type", None)):
            if isinstance(kind, sa.Enum) and kind.schema == PUBLIC:
                kind.schema = None
    return found
