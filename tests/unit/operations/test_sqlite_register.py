"""The register's name, where something else has it already: refused, and left as it is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.operations.sqlite.copies import retire_copies
from homecoming.operations.sqlite.retire_column import retire_column
from tests.support import history, lineage
from tests.unit.operations.sqlite_file import Operate, make, refused, way_back, whole

TAKEN = {
    "table": ("CREATE TABLE retired_register (x)", "ALTER TABLE retired_register RENAME TO ..."),
    "view": ("CREATE VIEW retired_register AS SELECT 1 AS x", "DROP VIEW retired_register"),
}
OPERATIONS: list[Operate] = [
    lambda connection: retire_copies(connection, ["t"]),
    lambda connection: retire_column(connection, "t", "x"),
    way_back,
]


@pytest.mark.parametrize("operate", OPERATIONS)
@pytest.mark.parametrize("kind", TAKEN)
def test_a_register_that_is_another_s(sqlite: sa.Engine, kind: str, operate: Operate) -> None:
    statement, mend = TAKEN[kind]
    make(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)", "INSERT INTO t VALUES (1, 'a')", statement)
    assert refused(sqlite, operate) == (
        f"the name retired_register is taken by a {kind} that is not this project's",
        f"Give it another name, then run again: {mend}",
    )


def test_an_upgrade_is_refused_before_it_changes_anything(sqlite: sa.Engine) -> None:
    lineage.build(sqlite, 14, rows=2)
    make(sqlite, TAKEN["table"][0])
    before = whole(sqlite)
    with pytest.raises(Refused, match="retired_register"):
        history.upgrade(sqlite)
    assert whole(sqlite) == before
