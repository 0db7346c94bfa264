"""What the schema says, as guarded operations: the end of a repair, whatever the revisions know."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from homecoming.operations.recorded import Said
from homecoming.project import project
from homecoming.schema.parts import parts_of, plain_index
from homecoming.schema.triggers import spoken


def head() -> Iterator[Said]:
    """Yield what makes every type, table, index and trigger of the schema true, where it can be said."""
    enums = {
        column.type.name: column.type
        for table in project().metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.Enum) and column.type.native_enum
    }
    for enum in enums.values():
        yield Said("ensure_enum", (enum,))
    for table in project().metadata.sorted_tables:
        yield Said("ensure_table", (table.name, *parts_of(table)))
    for table in project().metadata.sorted_tables:
        own = {f"ix_{table.name}_{column.name}" for column in table.columns if column.index}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if index.name not in own and plain_index(index):
                names = [column.name for column in index.columns]
                yield Said("ensure_index", (str(index.name), table.name, *names), {"unique": bool(index.unique)})
    for arguments in spoken(project().triggers):
        yield Said("ensure_trigger", arguments)
