"""What differs, for people."""

from __future__ import annotations

from collections.abc import Iterator

from homecoming.authoring.differences import Differences, Thing
from homecoming.history.words import kind_and_name, kind_word
from homecoming.language import tr


def words(found: Differences) -> Iterator[str]:
    """Yield a line for each difference; what goes along with a table or a column that is new or gone has none."""
    whole = {thing[1] for thing in (*found.missing("table"), *found.gone("table"))}
    columns = {(thing[1], thing[2]) for thing in (*found.missing("column"), *found.gone("column"))}
    for is_gone, things in ((False, found.lacking), (True, found.surplus)):
        for thing in things:
            kind, table, names = thing
            alone = kind in {"table", "column"} or (table not in whole and (table, names) not in columns)
            if alone and not (kind == "column" and table in whole):
                word, name = kind_word(kind), _named(thing)
                yield tr("no longer {kind} {name}", kind=word, name=name) if is_gone else kind_and_name(kind, name)


def _named(thing: Thing) -> str:
    kind, table, names = thing
    if kind in {"unique", "foreign key", "check", "primary key"}:
        return f"{table} ({', '.join(names)})"
    return ".".join(part for part in (table, *names) if part)
