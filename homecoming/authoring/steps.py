"""From what differs to guarded operations, in an order that works; the way back is one of them, ``op.undo()``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from homecoming.authoring.differences import Differences, Thing
from homecoming.authoring.former import Former
from homecoming.authoring.labels import enum_steps
from homecoming.authoring.models import Models, is_enum
from homecoming.authoring.step import Complaint, or_left_alone, say
from homecoming.authoring.triggers import trigger_steps
from homecoming.language import tr
from homecoming.operations.describe import described
from homecoming.operations.recorded import Said
from homecoming.schema.parts import bare, parts_of, plain_index


def steps(models: Models, former: Former, found: Differences) -> tuple[list[Said], list[Complaint]]:
    """Return the operations that take what the history made to what the schema asks for, and what none of them can."""
    writer = _Writer(models, former, found)
    order: tuple[Callable[[], Iterator[Said | Complaint]], ...] = (
        writer.unspeakable,
        writer.renamed_tables,
        lambda: enum_steps(models, former, found),
        lambda: trigger_steps(models, former, found, gone=True),
        writer.loosened,
        writer.new_tables,
        writer.renamed_columns,
        writer.columns,
        writer.keys_and_indexes,
        lambda: trigger_steps(models, former, found, gone=False),
        writer.gone_columns,
        writer.gone_tables,
        lambda: enum_steps(models, former, found, gone=True),
    )
    every = [step for part in order for step in part()]
    return (
        [step for step in every if isinstance(step, Said)],
        [step for step in every if isinstance(step, Complaint)],
    )


class _Writer:
    def __init__(self, models: Models, former: Former, found: Differences) -> None:
        self.models, self.former, self.found = models, former, found
        self.new = {thing[1] for thing in found.missing("table") if thing[1] not in found.tables}
        self.gone = {thing[1] for thing in found.gone("table")}

    def _stays(self, thing: Thing) -> bool:
        """Whether a thing is of a table that is neither new nor goes."""
        return thing[1] not in self.new and thing[1] not in self.gone

    def unspeakable(self) -> Iterator[Complaint]:
        """What no guarded operation says."""
        for kind, table, names in [*self.found.missing("check"), *self.found.gone("check")]:
            if self._stays((kind, table, names)) or (kind, table, names) in self.found.lacking:
                yield _complaint(
                    table,
                    tr("a CHECK on {table} ({columns})", table=table, columns=", ".join(names)),
                    tr("write it by hand, in op.execute()"),
                )
        for _, table, names in self.found.missing("primary key"):
            if table not in self.new or names != ("id",):
                yield _complaint(
                    table, tr("the primary key of {table}", table=table), tr("the guarded operations know one key, id")
                )
        for _, table, names in self.found.missing("foreign key"):
            constraint = self._foreign_key(table, names)
            if len(names) > 1 or (constraint and (constraint.ondelete or constraint.onupdate or constraint.deferrable)):
                yield _complaint(
                    table,
                    tr("the foreign key of {table} ({columns})", table=table, columns=", ".join(names)),
                    tr("the guarded operations know keys of one column, without ON DELETE and ON UPDATE"),
                )

    def _foreign_key(self, table: str, names: tuple[str, ...]) -> sa.ForeignKeyConstraint | None:
        for constraint in self.models.metadata.tables[table].foreign_key_constraints:
            if tuple(constraint.column_keys) == names:
                return constraint
        return None

    def renamed_tables(self) -> Iterator[Said]:
        for new, old in self.found.tables.items():
            referring = [
                key
                for key, column in self.models.columns.items()
                if key[0] != new
                and key[0] not in self.new
                and any(each.target_fullname.split(".")[0] == new for each in column.foreign_keys)
            ]
            yield say("ensure_renamed", old, new)
            yield say("ensure_table", new, *self.former.parts(old, new))
            for table, name in referring:
                yield say("ensure_column", table, bare(self._kept(table, name)))

    def _kept(self, table: str, name: str) -> sa.Column[Any]:
        return self.models.columns[table, name]

    def loosened(self) -> Iterator[Said]:
        """What no longer binds the rows goes before they change."""
        for thing in self.found.gone("unique"):
            if self._stays(thing) and not self._heir(thing):
                yield say("ensure_no_unique", *_flat(thing))
        for thing in self.found.gone("index"):
            if self._stays(thing) and not self._heir(thing):
                _, table, (name,) = thing
                yield say("ensure_no_index", name, table)
        for thing in self.found.gone("foreign key"):
            _, table, names = thing
            if self._stays(thing) and ("column", table, names) not in self.found.surplus:
                yield say("ensure_no_foreign_key", table, *names)

    def _heir(self, thing: Thing) -> bool:
        """Whether a key or an index only gets another name: columns of it do, or it does itself."""
        kind, table, names = thing
        columns = self.found.surplus[thing].columns if kind == "index" else names
        now = {old: new for (of, new), old in self.found.columns.items() if of == table}
        named = tuple(now.get(column, column) for column in columns)
        for other, fact in self.found.lacking.items():
            if other[:2] == (kind, table) and tuple(fact.columns) == named:
                return kind != "index" or _is_unique(fact.definition) == _is_unique(
                    self.found.surplus[thing].definition
                )
        return False

    def new_tables(self) -> Iterator[Said | Complaint]:
        for _, name, _ in self.found.missing("table"):
            if name not in self.new:
                continue
            table = self.models.metadata.tables[name]
            indexes, complaints = self._own_indexes(table)
            yield from complaints
            yield say("ensure_table", name, *parts_of(table))
            yield from indexes

    def _own_indexes(self, table: sa.Table) -> tuple[list[Said], list[Complaint]]:
        said, complaints = [], []
        with_columns = {f"ix_{table.name}_{column.name}" for column in table.columns if column.index}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if index.name in with_columns:
                continue
            if plain_index(index):
                said.append(_index(table.name, index))
            else:
                complaints.append(_unspoken(table.name, index))
        return said, complaints

    def renamed_columns(self) -> Iterator[Said]:
        for (table, new), old in self.found.columns.items():
            yield say("merge_column", table, old, new)
            yield say("ensure_column", table, bare(self._kept(table, new)))

    def columns(self) -> Iterator[Said | Complaint]:
        """Columns that are new, or other than before; a foreign key is part of its column."""
        changed = [*self.found.missing("column"), *self.found.missing("foreign key")]
        for table, name in dict.fromkeys((table, names[0]) for _, table, names in changed if len(names) == 1):
            if table in self.new or (table, name) in self.found.columns:
                continue
            column, was = self._kept(table, name), self.found.tables.get(table, table)
            if self._only_relabelled(table, column):
                continue
            if not self.former.has(was, name) and not column.nullable and column.server_default is None:
                yield Complaint(
                    tr(
                        "{column} is NOT NULL without a default: the rows that are there would have no value",
                        column=f"{table}.{name}",
                    ),
                    tr(
                        "give it server_default=..., or let it be NULL, fill it, "
                        "and make it NOT NULL in a revision after that"
                    ),
                )
            yield say("ensure_column", table, bare(column))

    def _only_relabelled(self, table: str, column: sa.Column[Any]) -> bool:
        """Whether a column differs in the labels of its type alone, which the type's own step sees to."""
        was = self.found.tables.get(table, table)
        if not (is_enum(column.type) and self.former.has(was, column.name)):
            return False
        old = bare(self.former.column(was, column.name), kind=column.type)
        relabelled = ("enum", "", (str(getattr(column.type, "name", "")),)) in self.found.lacking
        return relabelled and repr(described(old)) == repr(described(bare(column)))

    def keys_and_indexes(self) -> Iterator[Said | Complaint]:
        for thing in self.found.missing("unique"):
            if thing[1] not in self.new and thing[1] not in self.found.tables:
                yield say("ensure_unique", *_flat(thing))
        for thing in self.found.missing("index"):
            _, table, (name,) = thing
            was = self.found.tables.get(table, table)
            if table in self.new or (was != table and self.former.index(was, name.replace(table, was, 1))):
                continue
            index = next(each for each in self.models.metadata.tables[table].indexes if each.name == name)
            yield _index(table, index) if plain_index(index) else _unspoken(table, index)

    def gone_columns(self) -> Iterator[Said]:
        for thing in self.found.gone("column"):
            _, table, (name,) = thing
            if self._stays(thing) and (table, name) not in {(of, old) for (of, _), old in self.found.columns.items()}:
                yield say("retire_column", table, name)

    def gone_tables(self) -> Iterator[Said]:
        for name in self.former.children_first(self.gone):
            yield say("retire_table", name)


def _is_unique(definition: str) -> bool:
    return definition.upper().startswith("UNIQUE")


def _flat(thing: Thing) -> tuple[str, ...]:
    return thing[1], *thing[2]


def _index(table: str, index: sa.Index) -> Said:
    options = {"unique": True} if index.unique else {}
    return Said("ensure_index", (str(index.name), table, *(column.name for column in index.columns)), options)


def _unspoken(table: str, index: sa.Index) -> Complaint:
    names = ", ".join(str(getattr(expression, "name", expression)) for expression in index.expressions)
    return _complaint(
        table,
        tr("the index {index} on {table} ({columns})", index=index.name, table=table, columns=names),
        tr("the guarded operations know indexes on plain columns: write op.create_index(..., if_not_exists=True)"),
    )


def _complaint(table: str, what: str, todo: str) -> Complaint:
    return Complaint(what, or_left_alone(table, todo))
