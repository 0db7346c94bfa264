"""What head holds on PostgreSQL, and why differences matter, as the text that ``verdict.sql`` reads.

A fact that follows PostgreSQL's own way of naming is a word behind its column; any other is written out, so nothing of
the schema is beyond the text. ``verdict.sql`` says how it is read.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from homecoming.catalog import expected_postgresql, reasons
from homecoming.catalog.facts import ACCESS, Catalogue, Fact, Key
from homecoming.catalog.rows import NO_LABEL, stored_labels
from homecoming.language import localized

WIDTH = 118
# What "serial" in the text brings along.
_SERIAL = {"serial", "key", "index"}
# Consoles split what is pasted at each semicolon, quoted or not.
_SEMICOLON = "{semicolon}"
# Types in the words of a CREATE TABLE.
_SHORT = {"character varying": "varchar", "timestamp with time zone": "timestamptz"}
# What half of the columns have.
_SIGNS = {" NOT NULL": "!", " DEFAULT ": "="}


def facts_text(head: Catalogue, rows: bool = True) -> str:
    """Return the facts of ``head``, a section a table.

    Args:
        rows: whether what the rows of a column may hold is among them.

    Raises:
        ValueError: a name or a definition that the text cannot carry.
    """
    by_table: dict[str, list[Fact]] = {table: [] for table in sorted(head.tables)}
    shared: dict[str, list[Fact]] = {"enum": [], "function": []}
    for fact in head.values():
        if fact.kind in shared:
            shared[fact.kind].append(fact)
        elif fact.kind == "table":
            if fact.definition != "TABLE" or re.search(r"\s|^@", fact.name):
                raise ValueError(f"the text of head cannot carry {fact.definition} {fact.name!r}")
        elif fact.kind != ACCESS:
            by_table[fact.table].append(fact)
    for name, (stored, folded) in stored_labels("postgresql").items():
        table, column = name.split(".")
        if rows and folded and table in by_table:
            never = ", ".join(f"'{label}'" for label in folded)
            only = f"only {', '.join(stored)}, never {never}"
            by_table[table].append(Fact(NO_LABEL, name, only, (table,), (column,)))
    sections = [_section(table, _entries(facts)) for table, facts in by_table.items()]
    sections += (
        _section(f"@{kind}", (f"{fact.name} {fact.definition}" for fact in sorted(facts, key=_name)))
        for kind, facts in shared.items()
    )
    return "\n".join(sections)


def reasons_text() -> str:
    """Return why each difference matters, in the language that was chosen, a section a kind of difference."""
    changed = [f"{kind} / {words}: {localized(why)}" for kind, words, why in reasons.DETAILS if words != "ON CONFLICT"]
    sections = {
        "missing": _sentences(reasons.MISSING),
        # The parts of a definition come first: they say more.
        "changed": [*changed, *_sentences(reasons.CHANGED)],
        "unknown": _sentences(reasons.UNKNOWN),
        "renamed": [f"any: {localized(reasons.RENAMED)}"],
        "left": [f"any: {localized(reasons.LEFT_ALONE)}"],
        "behind": [f"any: {localized(reasons.BEHIND)}"],
        "no_label": [f"any: {localized(reasons.NO_LABEL)}"],
        "orphan": [f"any: {localized(reasons.ORPHAN)}"],
        "large": [f"any: {localized(reasons.LARGE)}"],
        "unread": [f"any: {localized(reasons.UNREAD)}"],
        "role": [f"any: {localized(reasons.ROLE)}"],
        "owner": [f"any: {localized(reasons.OWNER)}"],
        "elsewhere": [f"any: {localized(reasons.ELSEWHERE)}"],
        "book": [f"any: {localized(reasons.BOOK)}"],
    }
    return "\n".join(_section(f"@why {topic}", entries, letters=True) for topic, entries in sections.items())


def _sentences(by_kind: Mapping[str, str]) -> list[str]:
    return [f"{kind}: {localized(why)}" for kind, why in by_kind.items()]


def _name(fact: Fact) -> str:
    return fact.name


def _section(name: str, entries: Iterable[str], letters: bool = False) -> str:
    return "\n".join([name, *(_wrapped(entry, letters) for entry in entries)])


def _wrapped(entry: str, letters: bool) -> str:
    spelled = entry.replace(";", _SEMICOLON)
    if len(spelled) < WIDTH and entry.isprintable() and entry == entry.strip():
        # Nearly all of them: there is nothing to wrap.
        lines = [f" {spelled}"]
    else:
        lines = textwrap.wrap(
            spelled,
            WIDTH,
            initial_indent=" ",
            subsequent_indent="   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    text = " ".join(line.strip() for line in lines).replace(_SEMICOLON, ";")
    if text != entry or not (letters or entry.isascii()) or max(map(len, lines)) > WIDTH or "$head$" in entry:
        raise ValueError(f"the text of head cannot carry {entry!r}")
    return "\n".join(lines)


def _entries(facts: list[Fact]) -> Iterator[str]:
    """Yield a line for each column with what goes with it, then one for each fact that is left."""
    left = {fact.key: fact for fact in facts}
    for column in [fact for fact in facts if fact.kind == "column"]:
        yield _column(column, left)
    for fact in sorted(left.values(), key=lambda fact: fact.key):
        if re.search(r"[\s,()]", "".join(fact.columns)) or re.search(r"\s", fact.name):
            raise ValueError(f"the text of head cannot carry the name {fact.name!r}")
        yield f"{fact.kind}({','.join(fact.columns)}): {fact.name} {fact.definition}"


def _column(column: Fact, left: dict[Key, Fact]) -> str:
    """Return the line of a column, and take out of ``left`` what it tells."""
    name = column.columns[0]
    marks = {mark: fact for mark, fact in _usual(column, left) if left.get(fact.key) == fact}
    definition = column.definition
    for long, short in _SHORT.items():
        if definition.startswith(long):
            definition = re.sub(rf"^{long}\b", short, definition)
    plain = not re.search("[!=]", definition)
    for long, short in _SIGNS.items():
        definition = definition.replace(long, short)
    told = [column, *marks.values()]
    if marks.keys() >= _SERIAL:
        definition = "serial"
        marks = {mark: fact for mark, fact in marks.items() if mark not in _SERIAL}
    elif fact := marks.pop("serial", None):
        told.remove(fact)
    for fact in told:
        del left[fact.key]
    if (
        not plain
        or re.search(r"\s", name)
        or " | " in definition
        or re.match(r"[a-z ]+\([^)]*\): ", f"{name} {definition}")
    ):
        raise ValueError(f"the text of head cannot carry the column {column.name!r}")
    return " | ".join([f"{name} {definition}", *marks])


def _usual(column: Fact, left: dict[Key, Fact]) -> Iterator[tuple[str, Fact]]:
    """Yield each mark that could go with a column, and the fact it stands for: as ``owned`` in verdict.sql."""
    table, name = column.table, column.columns[0]
    quoted = expected_postgresql.quoted(name)

    def fact(kind: str, own: str, definition: str) -> Fact:
        return Fact(kind, f"{table}.{own}", definition)

    sequence = f"{table}_{name}_seq"
    if column.definition == f"integer NOT NULL DEFAULT nextval('{expected_postgresql.quoted(sequence)}'::regclass)":
        yield "serial", Fact("sequence", sequence, expected_postgresql.sequence_definition("integer", table, name))
    yield "key", fact("primary key", f"{table}_pkey", f"PRIMARY KEY ({quoted})")
    yield "unique", fact("unique", f"{table}_{name}_key", f"UNIQUE ({quoted})")
    for other in [fact for fact in left.values() if fact.columns == (name,)]:
        if other.kind == "index":
            for unique in ("", "unique "):
                shown = "" if other.own_name == f"ix_{table}_{name}" else f" {other.own_name}"
                yield f"{unique}index{shown}", fact("index", other.own_name, f"{unique.upper()}btree ({quoted})")
        elif other.kind == "foreign key" and (to := re.search(r" REFERENCES (\w+)\(id\)$", other.definition)):
            definition = f"FOREIGN KEY ({quoted}) REFERENCES {to[1]}(id)"
            yield f"-> {to[1]}", fact("foreign key", f"{table}_{name}_fkey", definition)
