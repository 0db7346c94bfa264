"""What is retired now: the register's entries, without their definitions and without a row of theirs."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from painel_migrations.monitoring.snapshot import Retired


def read_retired(connection: sa.Connection) -> list[Retired]:
    """Return what the register says is kept, in the order in which it was retired; none where there is no register.

    Errors: the driver's, where it may not be read.
    """
    if connection.dialect.name == "postgresql":
        table, there = "retired.register", "SELECT to_regclass('retired.register') IS NOT NULL"
    else:
        table, there = "retired_register", "SELECT count(*) FROM sqlite_master WHERE name = 'retired_register'"
    if not connection.exec_driver_sql(there).scalar():
        return []
    # What only the way back reads is not retired.
    rows = connection.exec_driver_sql(
        f"SELECT kind, object, revision, rows, retired_at FROM {table} WHERE substr(kind, 1, 4) <> 'undo' ORDER BY id"
    )
    return [Retired(kind, name, revision or "", count, _moment(at)) for kind, name, revision, count, at in rows]


def _moment(at: datetime | str) -> datetime:
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
