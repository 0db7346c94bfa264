"""`retired`: what migrations keep out of the application's way: what, since when, rows, size."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Sequence

from homecoming.commands import add_format
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.reach import reached
from homecoming.connection.sqlite_file import file_of
from homecoming.history.bookkeeping import refuse_impostors
from homecoming.history.retired_objects import Kept, read_kept
from homecoming.language import localized, tr
from homecoming.settings import read_settings
from homecoming.terminal import as_json, printable, say, show


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add_format(parser)


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Print what is kept. Returns 0; errors: HomecomingError."""
    settings = read_settings()
    with reached(settings, read_only=True, token=token) as endpoint:
        refuse_impostors(endpoint.connection)
        found = read_kept(endpoint.connection)
    if given.format == "json":
        show(
            as_json({"database": endpoint.candidate.place, "retired": [_document(thing) for thing in found]}, indent=2)
        )
        return 0
    say(tr("Database: {database}", database=endpoint.candidate.place))
    if not found:
        say(tr("Nothing is retired"))
        return 0
    for line in _lines(found):
        say(line)
    if any(thing.rows for thing in found if thing.id):
        file = file_of(settings.database_url) if endpoint.candidate.url.get_backend_name() == "sqlite" else None
        name = shlex.quote(file.name if file else str(endpoint.candidate.url.database))
        say(
            tr(
                "What is not to be kept any more goes for good: make purge-retired OLDER_THAN=90d CONFIRM={name}",
                name=name,
            )
        )
    return 0


def _document(thing: Kept) -> dict[str, object]:
    return {
        "what": thing.name,
        "revision": thing.entry.revision or None,
        "since": thing.entry.at.isoformat() if thing.id else None,
        "rows": thing.rows,
        "bytes": thing.size,
        "kept_in": thing.table or None,
    }


def _lines(found: Sequence[Kept]) -> Iterator[str]:
    names = tr("Since (UTC)"), tr("Revision"), tr("Rows"), tr("Size"), tr("What")
    since, revision, rows, size, what = map(localized, names)
    yield f"{since:<16}  {revision:<8}  {rows:>9}  {size:>10}  {what}"
    for thing in found:
        since = f"{thing.entry.at:%Y-%m-%d %H:%M}" if thing.id else "-"
        rows = "-" if thing.rows is None else str(thing.rows)
        what = printable(localized(thing.name))
        yield f"{since:<16}  {thing.entry.revision or '-':<8}  {rows:>9}  {_size(thing):>10}  {what}"
    kept = sum(thing.rows or 0 for thing in found)
    size_of_all = sum(thing.size or 0 for thing in found) / 1000
    yield tr("Together: {rows} rows, {size:.1f} kB", rows=kept, size=size_of_all)


def _size(thing: Kept) -> str:
    return "-" if thing.size is None else f"{thing.size / 1000:.1f} kB"
