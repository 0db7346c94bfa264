"""What is retired now: the register's entries, without their definitions and without a row of theirs."""

from __future__ import annotations

import sqlalchemy as sa

from homecoming.history.retired_objects import read_entries
from homecoming.monitoring.snapshot import Retired


def read_retired(connection: sa.Connection) -> list[Retired]:
    """Return what the register says is kept, in the order in which it was retired; none where there is no register.

    Errors: the driver's, where it may not be read.
    """
    return [
        Retired(entry.kind, entry.name, entry.revision, entry.rows, entry.at)
        for entry in read_entries(connection)
        if entry.is_kept
    ]
