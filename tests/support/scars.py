"""Scars: the damage the one-off scripts left, one SQL file each, with what it needs to find and how an upgrade ends.

A file of `tests/scars/<dialect>/` opens with comments: what it is, then, each on one line,

    -- scripts: backend/fix_enum_simple.py          who left it, as `scripts_catalogue.json` names them
    -- needs: states 3-18, 20                       the lineage states it can follow
    -- touches: produtos                            tables it must find as those states have them (if any)
    -- absent: produtos_categorias                  tables it must not find (only if there are any)
    -- outcome: home                                or `refused: <part of the message>`

and then SQL. A line `-- next transaction` divides transactions. The outcome holds for a database with rows, 5 or more a
table; an empty one may come home where another is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.support import lineage

SCARS = Path(__file__).resolve().parents[1] / "scars"
DIALECTS = ("postgresql", "sqlite")
LAST_STATE = 27

# SQLite's defaults, which the scripts had: a rename rewrites other tables' foreign keys. And no wait for the disk.
SQLITE_SETTINGS = {"foreign_keys": 0, "legacy_alter_table": 0, "synchronous": 0}

_FIELD = re.compile(r"-- (scripts|needs|touches|absent|outcome): (.+)")


@dataclass(frozen=True)
class Scar:
    """One file: `refused` is a part of the message an upgrade ends with, None where it comes home."""

    dialect: str
    name: str
    what: str
    scripts: tuple[str, ...]
    needs: frozenset[int]
    touches: tuple[str, ...]
    absent: tuple[str, ...]
    refused: str | None
    transactions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.dialect}/{self.name}"

    def applicable(self, states: Sequence[int]) -> bool:
        """Return whether the scar can follow `states`, layered in this order by `lineage.build`.

        A table, or an enum, is as the first state that has it made it: so those it touches must be as in one it needs.
        """
        made = _made(tuple(states))
        wanted = [_made((number,)) for number in self.needs]
        return not any(table in made for table in self.absent) and all(
            any(table in made and made[table] == state.get(table) for state in wanted) for table in self.touches
        )


@cache
def _made(states: tuple[int, ...]) -> dict[str, dict[str, str]]:
    """Return the columns of the tables that layering `states` makes, enums spelled by their labels."""
    enums: dict[str, list[str]] = {}
    tables: dict[str, dict[str, str]] = {}
    for number in states:
        state = lineage.load(number)
        enums = state["enums"] | enums
        tables = {name: facts["columns"] for name, facts in state["tables"].items()} | tables

    def spell(column_type: str) -> str:
        return re.sub(r"(?<=^ENUM )\w+", lambda enum: str(enums[enum[0]]), column_type)

    return {name: {column: spell(kind) for column, kind in columns.items()} for name, columns in tables.items()}


def load(dialect: str) -> list[Scar]:
    """Return the scars of `dialect` ("postgresql" or "sqlite") by name. Raises ValueError for a wrong header."""
    return [_read(dialect, path) for path in sorted((SCARS / dialect).glob("*.sql"))]


def get(dialect: str, name: str) -> Scar:
    """Return the scar `name` of `dialect`. Raises FileNotFoundError if there is none."""
    return _read(dialect, SCARS / dialect / f"{name}.sql")


def apply(target: sa.Engine | sa.Connection, scar: Scar) -> None:
    """Inflict `scar`, each of its transactions committed; what was open on a connection before is committed with it.

    PostgreSQL's time zone is the server's, as it is of the application's sessions. SQLite runs statement by
    statement, as the scripts had it. Raises the driver's error when the database is not one the scar needs.
    """
    if isinstance(target, sa.Engine):
        with target.connect() as connection:
            apply(connection, scar)
        return
    driver: Any = target.connection.driver_connection
    if target.dialect.name == "sqlite":
        driver.commit()
        were = {name: driver.execute(f"PRAGMA {name}").fetchone()[0] for name in SQLITE_SETTINGS}
        _set(driver, SQLITE_SETTINGS)
        for transaction in scar.transactions:
            driver.executescript(transaction)
        _set(driver, were)
        return
    for transaction in scar.transactions:
        with driver.cursor() as cursor:
            cursor.execute(transaction)
        driver.commit()


def _set(driver: Any, settings: dict[str, int]) -> None:
    for name, value in settings.items():
        driver.execute(f"PRAGMA {name} = {value}")


def _read(dialect: str, path: Path) -> Scar:
    text = path.read_text(encoding="utf-8")
    header = re.match(r"(?:--.*\n)+", text)
    lines = header[0].splitlines() if header else []
    fields = {match[1]: match[2] for line in lines if (match := _FIELD.fullmatch(line))}
    what = " ".join(line.removeprefix("-- ") for line in lines if not _FIELD.fullmatch(line))
    missing = {"scripts", "needs", "outcome"} - fields.keys()
    if missing or not what:
        raise ValueError(f"{path.name}: the header lacks {', '.join(sorted(missing)) or 'a sentence'}")
    outcome, _, message = fields["outcome"].partition(": ")
    if outcome not in ("home", "refused") or (outcome == "refused") != bool(message):
        raise ValueError(f"{path.name}: outcome is 'home' or 'refused: <part of the message>'")
    return Scar(
        dialect=dialect,
        name=path.stem,
        what=what,
        scripts=_names(fields["scripts"]),
        needs=_states(path.name, fields["needs"]),
        touches=_names(fields.get("touches", "")),
        absent=_names(fields.get("absent", "")),
        refused=message or None,
        transactions=tuple(text[len(header[0]) if header else 0 :].split("-- next transaction\n")),
    )


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(", ")) if listed else ()


def _states(file: str, spelled: str) -> frozenset[int]:
    """Return the numbers in "states 3-18, 20"."""
    if not re.fullmatch(r"states? \d+(-\d+)?(, \d+(-\d+)?)*", spelled):
        raise ValueError(f"{file}: needs is not like 'states 3-18, 20'")
    ranges = [(int(first), int(last or first)) for first, last in re.findall(r"(\d+)(?:-(\d+))?", spelled)]
    states = [number for first, last in ranges for number in range(first, last + 1)]
    if sorted(set(states)) != states or states[-1] > LAST_STATE:
        raise ValueError(f"{file}: needs is in order, without repeats, and at most {LAST_STATE}")
    return frozenset(states)
