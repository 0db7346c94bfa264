"""What a guarded operation amounts to on a database at the revision before: the same steps as of statements.

What that database has is known from what the revisions before said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from homecoming.authoring.judging.statements import Masked, bare, quoted
from homecoming.authoring.models import is_enum
from homecoming.authoring.spelling import spelled
from homecoming.operations.describe import described
from homecoming.operations.literals import literal
from homecoming.operations.recorded import Past, Said


def amounts_to(said: Said, past: Past) -> Iterator[str]:
    """Yield the steps of an operation; none where it only looks, or does what nobody notices."""
    if spell := _SPELLED.get(said.name):
        yield from spell(past, **said.bound)


def tables(past: Past) -> set[str]:
    """Return the tables that the revisions so far have made."""
    return {table for table, _ in past.columns}


def widened(old: str, new: str) -> bool:
    """Whether a type takes every value of another as it is written: PostgreSQL leaves the rows alone then."""
    (kind, *of), (other, *to) = _parts(old), _parts(new)
    if kind == other == "numeric":
        return not to or (bool(of) and of[1:] == to[1:] and of[0] <= to[0])
    if {kind, other} <= {"varchar", "text"}:
        return not to or (bool(of) and of[0] <= to[0])
    return old == new


def type_of(column: sa.Column[Any]) -> str:
    """Return a column's type as PostgreSQL has it."""
    words = re.sub(r" (?:default .*|not null.*|references .*)$", "", described(column))
    return words.partition(" ")[2]


def changed(column: sa.Column[Any], target: str = "", is_required: bool = False) -> sa.Column[Any]:
    """Return a column that refers to another table, or is NOT NULL, and is the same for the rest."""
    targets = [f"{target}.id"] if target else [key.target_fullname for key in column.foreign_keys]
    default: Any = column.server_default.arg if isinstance(column.server_default, sa.DefaultClause) else None
    return sa.Column(
        column.name,
        column.type,
        *map(sa.ForeignKey, targets),
        primary_key=column.primary_key,
        nullable=column.nullable and not is_required,
        server_default=default,
        index=column.index,
        unique=column.unique,
    )


def guarded_way(rule: str, names: Mapping[str, str], past: Past) -> str:
    """Return the guarded operation in the place of a plain one, as a revision spells it; the empty text without one.

    Where what it makes true is there already, a plain one fails.
    """
    table = bare(names.get("table", ""))
    columns = [bare(column) for column in names.get("columns", names.get("column", "")).split(", ")]
    said = None
    if rule == "index-blocks-writes" and names["rest"] == f"{names['table']} ({names['columns']})":
        unique = {"unique": True} if names.get("unique") else {}
        said = Said("ensure_index", (bare(names["name"]), table, *columns), unique)
    elif rule == "unique-constraint" and names["kind"].upper() == "UNIQUE" and not names.get("nulls"):
        said = Said("ensure_unique", (table, *columns))
    elif (
        rule in {"not-null", "foreign-key-scan"}
        and not names.get("rest")
        and (column := past.columns.get((table, ", ".join(columns)))) is not None
    ):
        is_key = rule == "foreign-key-scan"
        said = Said("ensure_column", (table, changed(column, bare(names["other"]) if is_key else "", not is_key)))
    return spelled(said) if said is not None else ""


def unless_there(rule: str, names: Mapping[str, str]) -> str:
    """Return a plain operation that has no guarded one so that it finds what is there already; else as it is."""
    same = names["same"]
    if rule == "index-blocks-writes":
        same = re.sub(
            r"^(op\.create_index\((?!.*\bif_not_exists\b).*?),?\s*\)$", r"\1, if_not_exists=True)", same, flags=re.S
        )
        return re.sub(
            r"\b(CREATE (?:UNIQUE )?INDEX) (?!IF NOT EXISTS|CONCURRENTLY)", r"\1 IF NOT EXISTS ", same, flags=re.I
        )
    if rule in {"foreign-key-scan", "unique-constraint"} and names.get("name"):
        add = re.sub(r"^(ALTER TABLE) |\b(REFERENCES) ", lambda word: f"{word[0]}public.", names["text"])
        add = f"DO $$ BEGIN {add}; EXCEPTION WHEN duplicate_object OR duplicate_table THEN NULL; END $$"
        return f'if op.get_context().dialect.name == "postgresql":\n    op.execute({add!r})'
    return same


def as_trigger(names: Mapping[str, str], past: Past) -> dict[str, str]:
    """Return what looks at new rows as a CHECK would: the body for PostgreSQL, and the statements for SQLite."""
    table, masked = bare(names["table"]), Masked(names["value"])
    name = quoted(bare(names.get("name", "")) or f"{table}_check")
    own = "|".join(re.escape(quoted(column)) for of, column in past.columns if of == table)
    passes = masked.statements[0]
    if own:
        passes = re.sub(rf"(?<![\w\".])(?:{own})(?![\w\"(])", r"NEW.\g<0>", passes)
    passes, said = masked.shown(passes), literal(f"{table}: {bare(name)}")
    one = "CREATE TRIGGER {} BEFORE {} ON {} FOR EACH ROW WHEN NOT {} BEGIN SELECT RAISE(ABORT, {}); END"
    return {
        "body": f"BEGIN IF NOT {passes} THEN RAISE check_violation USING MESSAGE = {said}; END IF; RETURN NEW; END",
        "inserts": one.format(quoted(f"{bare(name)}_insert"), "INSERT", quoted(table), passes, said),
        "updates": one.format(quoted(f"{bare(name)}_update"), "UPDATE", quoted(table), passes, said),
    }


def _parts(kind: str) -> tuple[Any, ...]:
    kind = re.split(r" (?:using|collate) ", kind.lower())[0]
    name, *numbers = re.findall(r"[a-z][a-z ]*[a-z]|\d+", kind)
    return (name.replace("character varying", "varchar"), *map(int, numbers))


def _table(past: Past, table: str, parts: Sequence[Any], unless: str, **_: Any) -> Iterator[str]:
    is_new = table not in tables(past) and not unless
    if is_new:
        yield f"CREATE TABLE {quoted(table)} ()"
    for part in parts:
        if isinstance(part, sa.Column):
            old = past.columns.get((table, part.name))
            yield from _column(past, table, part)
            if part.index and not is_new and not (old is not None and old.index):
                yield from _index(past, f"ix_{table}_{part.name}", table, [part.name], bool(part.unique))
            elif part.unique and not is_new and not (old is not None and old.unique):
                yield from _unique(past, table, [part.name])
        elif isinstance(part, sa.UniqueConstraint) and not is_new:
            yield from _unique(past, table, [str(name) for name in part._pending_colargs])


def _column(past: Past, table: str, column: sa.Column[Any]) -> Iterator[str]:
    old = past.columns.get((table, column.name))
    target = next((key.target_fullname.split(".")[0] for key in column.foreign_keys), "")
    kind = type_of(column)
    alter, name = f"ALTER TABLE {quoted(table)}", quoted(column.name)
    if old is None:
        # Of a column that may be NULL the default comes after it, and no row gets it.
        late = r" default .*$" if column.nullable else r" references \w+$"
        words = re.sub(rf" references \w+$|{late}", "", described(column))
        rest = words.partition(" ")[2]
        yield f"{alter} ADD COLUMN {name} {re.sub(' (default|not null)', _capitals, rest)}"
        if target:
            yield f"{alter} ADD FOREIGN KEY ({name}) REFERENCES {quoted(target)} OF A NEW COLUMN {kind}"
        return
    if type_of(old) != kind:
        yield f"{alter} ALTER COLUMN {name} TYPE {kind}"
    if old.nullable and not column.nullable:
        yield f"{alter} ALTER COLUMN {name} SET NOT NULL"
    if target and target not in {key.target_fullname.split(".")[0] for key in old.foreign_keys}:
        yield f"{alter} ADD FOREIGN KEY ({name}) REFERENCES {quoted(target)} (id)"


def _capitals(word: re.Match[str]) -> str:
    return word[0].upper()


def _merge(past: Past, table: str, old: str, into: str) -> Iterator[str]:
    if (table, into) in past.columns:
        yield f"CHANGE ROWS OF {quoted(table)}"
        yield f"RETIRE COLUMN {quoted(table)}.{quoted(old)}"
    else:
        yield f"ALTER TABLE {quoted(table)} RENAME COLUMN {quoted(old)} TO {quoted(into)}"


def _enum(past: Past, enum: sa.Enum, transitional: bool) -> Iterator[str]:
    old, new = past.labels.get(str(enum.name)), tuple(enum.enums)
    used = sorted(
        {quoted(table) for (table, _), column in past.columns.items() if is_enum(column.type, str(enum.name))}
    )
    if transitional or old is None or not used:
        return
    added = [label for label in new if label not in old]
    spellings = {label.lower() for label in old}
    if new == (*old, *added) and all(label.lower() in spellings for label in added):
        return
    gone = ", ".join(literal(label) for label in old if label not in new)
    if gone or [label for label in new if label in old] != list(old):
        yield f"ALTER TYPE {quoted(str(enum.name))} ANEW WITHOUT {gone or 'their order'} IN {', '.join(used)}"
        return
    for label in added:
        before, after = new[: new.index(label)], new[new.index(label) + 1 :]
        place = f"AFTER {literal(before[-1])}" if before else f"BEFORE {literal(after[0])}"
        yield f"ALTER TYPE {quoted(str(enum.name))} ANEW WITH {literal(label)} {place} IN {', '.join(used)}"


def _label(_past: Past, enum: sa.Enum, old: str, new: str) -> Iterator[str]:
    yield f"ALTER TYPE {quoted(str(enum.name))} RENAME VALUE {literal(old)} TO {literal(new)}"


def _unique(_past: Past, table: str, columns: Sequence[str]) -> Iterator[str]:
    name = quoted(f"{table}_{'_'.join(columns)}_key")
    yield f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {name} UNIQUE ({', '.join(map(quoted, columns))})"


def _index(_past: Past, name: str, table: str, columns: Sequence[str], unique: bool) -> Iterator[str]:
    names = ", ".join(map(quoted, columns))
    yield f"CREATE {'UNIQUE ' * unique}INDEX {quoted(name)} ON {quoted(table)} ({names})"


def _of_table(words: str) -> Callable[..., Iterator[str]]:
    def spell(_past: Past, **bound: Any) -> Iterator[str]:
        yield words.format(**{name: quoted(value) for name, value in bound.items() if isinstance(value, str)})

    return spell


_SPELLED: dict[str, Callable[..., Iterator[str]]] = {
    "ensure_table": _table,
    "ensure_column": _column,
    "transitional_column": _column,
    "lacking_column": _column,
    "merge_column": _merge,
    "ensure_renamed": _of_table("ALTER TABLE {old} RENAME TO {new}"),
    "retire_column": _of_table("RETIRE COLUMN {table}.{column}"),
    "retire_table": _of_table("RETIRE TABLE {table}"),
    "replace_values": _of_table("CHANGE ROWS OF {table}"),
    "fill_column": _of_table("CHANGE ROWS OF {table}"),
    "change_rows": _of_table("CHANGE ROWS OF {table}"),
    "delete_rows": _of_table("DELETE ROWS OF {table}"),
    "ensure_enum": _enum,
    "rename_label": _label,
    "ensure_unique": _unique,
    "try_add_unique": _unique,
    "ensure_index": _index,
}
