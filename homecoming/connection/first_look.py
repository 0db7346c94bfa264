"""What SQLAlchemy asks an engine's first connection about the server: answered from what the log-in has said already.

Four questions in a transaction of their own are seven messages, which a start that finds nothing to do need not wait
for. And what is not asked finds no function of somebody's in the path that a role or a database has set.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def ask_nothing(dialect: sa.Dialect, safe_path: str) -> None:
    """Have the dialect made ready without a message; what is not known here is asked, after ``safe_path`` was sent."""
    ready = dialect.initialize
    # What the transactions of ours ask for, whatever a role has set.
    dialect.get_default_isolation_level = lambda dbapi_conn: "READ COMMITTED"  # type: ignore[method-assign]
    dialect.initialize = lambda connection: ready(  # type: ignore[method-assign]
        _KnownAnswers(connection, safe_path)  # type: ignore[arg-type]
    )


class _KnownAnswers:
    """A connection that knows some answers. It is asked for nothing else but what goes through."""

    def __init__(self, connection: sa.Connection, safe_path: str) -> None:
        self._connection, self._safe_path = connection, safe_path
        self._raw: Any = connection.connection.dbapi_connection
        self._is_safe = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def exec_driver_sql(self, statement: str, *arguments: Any, **options: Any) -> Any:
        answer = self._answer(" ".join(statement.lower().split()))
        if answer is not None:
            return _Answer(answer)
        if not self._is_safe:
            self._connection.exec_driver_sql(self._safe_path)
            self._is_safe = True
        return self._connection.exec_driver_sql(statement, *arguments, **options)

    def _answer(self, statement: str) -> str | None:
        if statement == "select pg_catalog.version()" and self._raw.server_version:
            major, minor = divmod(self._raw.server_version, 10_000)
            return f"PostgreSQL {major}.{minor}"
        if statement == "select current_schema()":
            # As in every transaction of ours.
            return "pg_catalog"
        if statement == "show standard_conforming_strings":
            said: str | None = self._raw.get_parameter_status("standard_conforming_strings")
            return said
        return None


class _Answer:
    def __init__(self, value: str) -> None:
        self._value = value

    def scalar(self) -> str:
        return self._value
