"""What a table becomes where a revision is undone: as it is now, but for what the revision made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from homecoming.operations.sqlite.table import CHECK, UNIQUE, Column, Constraint, Table
from homecoming.operations.sqlite.text import key, meaning


@dataclasses.dataclass(frozen=True)
class Merged:
    """The table to be made. Arguments: ``sources``, for its columns the live one, or nothing where it was taken.

    ``gone``, live columns that it has no more; ``as_found``, whether it is the one that the revision found;
    ``restored``, constraints that come back.
    """

    table: Table
    sources: dict[str, str]
    gone: tuple[Column, ...]
    as_found: bool
    restored: tuple[Constraint, ...]


def merged(live: Table, old: Table, made: Table, name_now: Callable[[str], str]) -> Merged:
    """Return what a table becomes.

    Arguments: ``live``, as it is; ``old``, as the revision found it; ``made``, as the revision left it; ``name_now``,
    from the name of a column in ``old`` to that in ``made``.
    """
    sources: dict[str, str] = {}
    columns: list[Column] = []
    for column in old.columns:
        became = made.column(name_now(column.name))
        there = live.column(became.name) if became else live.column(column.name)
        if became and there:
            same = dataclasses.replace(became, name=column.name).meaning == column.meaning
            columns.append(dataclasses.replace(there, name=column.name) if same else column)
            sources[column.name] = there.name
        elif not became:
            # It was taken; unless somebody has made it anew.
            columns.append(there or column)
            sources[column.name] = there.name if there else ""
    used = set(map(key, sources.values()))
    others = [column for column in live.columns if key(column.name) not in used]
    since = [column for column in others if not made.has(column.name)]
    columns += since
    sources |= {column.name: column.name for column in since}
    was, became_ = {c.meaning for c in old.constraints}, {c.meaning for c in made.constraints}
    restored = tuple(c for c in old.constraints if c.meaning not in became_ and _fits(c, columns))
    kept = tuple(
        c for c in live.constraints if not (c.meaning in became_ and c.meaning not in was) and _fits(c, columns)
    )
    kept = tuple(c for c in kept if c.meaning not in {r.meaning for r in restored})
    target = Table(
        old.name,
        tuple(columns),
        (*kept, *restored),
        live.autoincrement if old.autoincrement == made.autoincrement else old.autoincrement,
        live.options if meaning(old.options) == meaning(made.options) else old.options,
    )
    gone = tuple(column for column in others if made.has(column.name))
    return Merged(target, sources, gone, target.meaning == old.meaning, restored)


def _fits(constraint: Constraint, columns: list[Column]) -> bool:
    return {key(column.name) for column in columns}.issuperset(map(key, constraint.columns))


def loosened(target: Table, live: Table, restored: tuple[Constraint, ...]) -> Table:
    """Return a table without what comes back and rows may break: checks, unique constraints, NOT NULL."""
    columns = []
    for column in target.columns:
        there = live.column(column.name)
        columns.append(column if there and there.not_null else dataclasses.replace(column, not_null=""))
    bare = dataclasses.replace(target, columns=tuple(columns))
    return bare.dropping(lambda constraint: constraint in restored and constraint.kind in (CHECK, UNIQUE))
