"""`history`: what was done to a database, when, by whom, how long it took, and what was edited since."""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.commands import add_format
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.reach import reached
from homecoming.errors import EditedError, Refused
from homecoming.history.bookkeeping import make_way, refuse_impostors
from homecoming.history.configuration import configuration
from homecoming.history.lines import RAN, Edited, Line, edited, read_lines
from homecoming.history.retired_objects import changes, read_entries
from homecoming.language import localized, mark, tr, trn
from homecoming.settings import read_settings
from homecoming.terminal import as_json, printable, show

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.text import Text

# How much of a run's id tells it from the others.
SHORT = 8

MARK = "edited"
_MARKED = mark("{revision} edited")

# What the columns of a line say of a run, for people: a pasted script may say anything.
_SAID = (
    mark("alembic"),
    mark("backup auto"),
    mark("backup require"),
    mark("command"),
    mark("console"),
    mark("downgrade"),
    mark("purge"),
    mark("repair"),
    mark("stamp"),
    mark("start-up"),
    mark("upgrade"),
)

FOLDS, REVISION = tr("By"), tr("Revision")
NUMBERS = (tr("Seconds"), tr("Retired"))
HEADINGS = (tr("When (UTC)"), tr("Run"), FOLDS, REVISION, tr("Direction"), *NUMBERS)

_COLUMNS = {
    "postgresql": "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass('public.migration_history')"
    " AND attnum > 0 AND NOT attisdropped",
    "sqlite": "SELECT name FROM pragma_table_xinfo('migration_history')",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add_format(parser)


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Show what was done to the database."""
    return history(given.format, token)


def history(style: str = "text", token: CancellationToken | None = None) -> int:
    """Print the lines of migration_history, the newest last.

    Arguments: ``style``, ``text`` or ``json``; ``token``, which watches the connection.
    Returns 0. Errors: EditedError, after the lines, where an applied revision was edited since; Refused where the name
    is another's table; NoConnectionError; UsageError for a variable.
    """
    script = ScriptDirectory.from_config(configuration())
    with reached(read_settings(), read_only=True, token=token) as endpoint:
        refuse_impostors(endpoint.connection)
        lines = read_lines(endpoint.connection)
        here = list(changes(read_entries(endpoint.connection)))
        if not lines:
            _refuse_another_history(endpoint.connection)
    changed = edited(lines, script)
    marked = _marked(lines, changed)
    database = endpoint.candidate.place
    if style == "json":
        text = as_json(document(database, lines, changed) | {"changes": dict(here)}, indent=2)
    elif lines:
        told = [localized(tr("Changed here:"))] if here else []
        told += [f"  {revision}  {printable(localized(text))}" for revision, text in here]
        told.append(localized(totals(lines)))
        text = f"{_heading(database)}\n{_table(lines, marked)}" + "\n".join(told)
    else:
        text = f"{_heading(database)}\n{localized(tr('No history yet: make upgrade writes it'))}"
    # Who reads may have enough (`make history | head`).
    with contextlib.suppress(BrokenPipeError):
        show(text)
    _tell_edited(changed)
    return 0


def _heading(database: str) -> str:
    return localized(tr("Database: {database}", database=database))


def document(database: str, lines: Sequence[Line], changed: Sequence[Edited]) -> dict[str, object]:
    """Return all that is known as a value that JSON can hold: every column, and no hash shortened."""
    marked = _marked(lines, changed)
    return {
        "database": database,
        "lines": [
            asdict(line) | {"applied_at": line.applied_at.isoformat(), MARK: line.id in marked} for line in lines
        ],
        "edited": [revision._asdict() for revision in changed],
        "totals": _totals(lines),
    }


def totals(lines: Sequence[Line]) -> str:
    """Return what all lines come to, in one line."""
    return tr(
        "Runs: {runs}, revisions: {revisions}, seconds: {seconds}, rows retired: {rows_retired}", **_totals(lines)
    )


def _totals(lines: Sequence[Line]) -> Mapping[str, float]:
    return {
        "runs": len({line.run for line in lines}),
        "revisions": sum(line.direction in RAN for line in lines),
        "seconds": round(sum(line.seconds for line in lines), 3),
        "rows_retired": sum(line.rows_retired for line in lines),
    }


def _refuse_another_history(connection: sa.Connection) -> None:
    """Refuse where there is something of that name that lacks columns of a line: ``read_lines`` reads nothing there."""
    name = "migration_history"
    columns = set(connection.exec_driver_sql(_COLUMNS[connection.dialect.name]).scalars())
    if columns and not columns.issuperset(field.name for field in fields(Line)):
        raise Refused(
            tr("the name {name} is taken by something that is not this project's", name=name),
            make_way(connection, name),
        )


def _marked(lines: Iterable[Line], changed: Iterable[Edited]) -> set[int]:
    """Return the lines that ran another file than there is now: the last upgrade of each edited revision."""
    last = {line.revision: line.id for line in lines if line.direction == "upgrade"}
    return {last[revision.revision] for revision in changed}


def _tell_edited(changed: Sequence[Edited]) -> None:
    if not changed:
        return
    names = ", ".join(revision.revision for revision in changed)
    raise EditedError(
        trn(
            "revision {names} was edited after having been applied: this database has what the earlier file did,"
            " others will not",
            "revisions {names} were edited after having been applied: this database has what the earlier file did,"
            " others will not",
            len(changed),
            names=names,
        ),
        tr("Bring the earlier file back; or let the history run again: make repair"),
    )


def _table(lines: Sequence[Line], marked: set[int]) -> str:
    """Return the lines as a table: as wide as the terminal, or as it needs to be where there is none."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table

    terminal = Console()
    rows = [
        list(map(localized, HEADINGS)),
        *(_cells(list(run), marked) for _, run in groupby(lines, key=lambda line: line.run)),
    ]
    widest = [
        max(cell_len(line) for row in rows for line in row[column].split("\n")) for column in range(len(HEADINGS))
    ]
    needed = sum(widest) + len(HEADINGS)
    plain = not terminal.is_terminal
    if plain or needed <= terminal.width:
        # Nothing folds, so one row can hold all of them: rich takes half a millisecond for each.
        rows = [rows[0], ["\n".join(cells) for cells in zip(*map(_level, rows[1:]), strict=True)]]
    # As narrow as can be: on 80 columns, who did it has 19.
    table = Table(box=None, padding=(0, 1, 0, 0))
    for heading in HEADINGS:
        justify: JustifyMethod = "right" if heading in NUMBERS else "left"
        table.add_column(localized(heading), no_wrap=heading != FOLDS, overflow="fold", justify=justify)
    for row in rows[1:]:
        table.add_row(*_texts(row))
    text = io.StringIO()
    width = max(needed, terminal.width) if plain else terminal.width
    Console(file=text, width=width, force_terminal=not plain, color_system=None if plain else "auto").print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _cells(run: Sequence[Line], marked: set[int]) -> list[str]:
    """Return the cells of a run: what belongs to all of it once, and a line a revision."""
    return [
        f"{run[0].applied_at:%Y-%m-%d %H:%M}",
        run[0].run[:SHORT],
        printable(_by(run[0])),
        "\n".join(printable(_revision(line, marked)) for line in run),
        "\n".join(printable(_word(line.direction)) for line in run),
        "\n".join(f"{line.seconds:.3f}" for line in run),
        "\n".join(str(line.rows_retired) for line in run),
    ]


def _level(row: Sequence[str]) -> list[str]:
    """Return the cells of a row with as many lines each."""
    height = max(cell.count("\n") for cell in row)
    return [cell + "\n" * (height - cell.count("\n")) for cell in row]


def _texts(row: Sequence[str]) -> list[Text]:
    """Return a row for rich: as texts, since what stands in square brackets would be its markup."""
    from rich.text import Text

    texts = [Text(cell) for cell in row]
    texts[HEADINGS.index(REVISION)].highlight_words([localized(tr(_MARKED, revision="")).strip()], style="red")
    return texts


def _by(line: Line) -> str:
    """Return by which way it came, and who."""
    who = " ".join(filter(None, (line.role, line.application_name)))
    way = _word(line.way)
    return f"{way}, {who}" if who else way


def _revision(line: Line, marked: set[int]) -> str:
    return localized(tr(_MARKED, revision=line.revision)) if line.id in marked else line.revision


def _word(said: str) -> str:
    return localized(tr(said)) if said in _SAID else said
