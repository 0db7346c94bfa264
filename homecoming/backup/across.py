"""A PostgreSQL database's own copy as a SQLite file: its schema is made by the history, its rows by the schema's types.

A value goes in as the application itself would write it there, and is read again as the application would read it. What
is another then, in whatever table, is a difference, and the file is not made.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.backup import own_copy
from homecoming.backup.manifest import Count, Manifest
from homecoming.backup.sqlite import DamagedError, check, looked_at
from homecoming.candidates import Candidate
from homecoming.connection.engines import make_engine
from homecoming.connection.interrupts import CancellationToken
from homecoming.errors import FailedError, Refused
from homecoming.history.configuration import configuration
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.project import project
from homecoming.run.attempts import run_to
from homecoming.settings import Settings

log = get_logger("backup")

_ROWS_AT_A_TIME = 1000
_SIZE = 1 << 64
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_TODO = tr("Nothing was kept. Restore it into PostgreSQL, where every value fits")


def refuse_unfit(told: Manifest) -> None:
    """Go on where a backup is at the revision that the schema's types are of. Errors: Refused."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    if told.revision != head:
        raise Refused(
            tr(
                "{file} is at {revision}, and a SQLite file is made at {head} alone",
                file=told.file,
                revision=told.revision or tr("no revision"),
                head=head,
            ),
            tr("Restore it into PostgreSQL with INTO= and a name, upgrade that, and make a backup of it"),
        )


def write(file: Path, told: Manifest, draft: Path, settings: Settings, token: CancellationToken) -> None:
    """Write a copy's rows into an empty SQLite file, and compare them.

    Errors: DamagedError where they are not the same there; FailedError for a value that SQLite cannot hold.
    """
    url = sa.URL.create("sqlite", database=str(draft))
    run_to("upgrade", "head", replace(settings, candidates=(Candidate(url, tr("the new file")),)), "command", token)
    with zipfile.ZipFile(file) as archive:
        document = own_copy.document_of(archive, file)
        found = {str(table["name"]).removeprefix("public."): table for table in document["tables"]}
        known = {name: table for name, table in project().metadata.tables.items() if name in found}
        _say_left_out(found, known)
        triggers = _without_triggers(draft)
        sums = {}
        for name, table in known.items():
            columns = _columns(found[name], table)
            sums[name] = _load(archive.open(found[name]["entry"]), columns, table, draft, token)
        with closing(sqlite3.connect(draft)) as connection:
            for statement in triggers:
                connection.execute(statement)
            connection.commit()
    check(draft, file.name, token)
    _compare(told, draft, found, known, sums, token)


def _without_triggers(draft: Path) -> list[str]:
    """Drop the triggers, which would change what is written, and return what makes them again."""
    with closing(sqlite3.connect(draft)) as connection:
        listed = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in listed:
            quoted = name.replace('"', '""')
            connection.execute(f'DROP TRIGGER "{quoted}"')
        connection.commit()
    return [statement for _, statement in listed]


def _columns(found: dict[str, Any], table: sa.Table) -> list[sa.Column[Any] | None]:
    """Return the columns of a copy's rows as the schema has them, None for one that it does not know."""
    names = [re.sub(r'^"(.*)"$', lambda quoted: quoted[1].replace('""', '"'), name) for name in found["columns"]]
    return [table.columns.get(name) for name in names]


def _say_left_out(found: dict[str, dict[str, Any]], known: dict[str, sa.Table]) -> None:
    if beside := sorted(found.keys() - known.keys()):
        log.info("Left out, as the schema does not know them: %s", ", ".join(beside))
    for name, table in known.items():
        columns = zip(found[name]["columns"], _columns(found[name], table), strict=True)
        if unknown := [spelled for spelled, column in columns if column is None]:
            log.info("Left out of %s, as the schema does not know them: %s", name, ", ".join(unknown))


def _load(
    entry: Any, columns: Sequence[sa.Column[Any] | None], table: sa.Table, draft: Path, token: CancellationToken
) -> Count:
    """Write the rows of a table, and return how many there are, with their checksum."""
    engine = make_engine(sa.URL.create("sqlite", database=str(draft)))
    known = [column for column in columns if column is not None]
    insert = sa.insert(table)
    total = rows = 0
    try:
        with engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            # Tables come in any order; what refers to nothing was so in the backup.
            raw.execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                for block in _blocks(_rows(entry, columns, table)):
                    connection.execute(insert, [{c.name: v for c, v in zip(known, row, strict=True)} for row in block])
                    total += sum(map(_hash, block))
                    rows += len(block)
                    token.check()
    except sa.exc.SQLAlchemyError as error:
        token.check()
        # Its text may quote a row.
        raise FailedError(tr("rows of {name} do not fit into SQLite", name=table.name), _TODO) from error
    finally:
        entry.close()
        engine.dispose()
    return Count(rows, f"{total % _SIZE:016x}")


def _rows(entry: Any, columns: Sequence[sa.Column[Any] | None], table: sa.Table) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that COPY wrote, each value as Python has it."""
    readers = [(column, _reader(column.type)) if column is not None else None for column in columns]
    for line in io.TextIOWrapper(entry, "utf-8", newline="\n"):
        values = []
        for reader, text in zip(readers, line.removesuffix("\n").split("\t"), strict=True):
            if reader is None:
                continue
            column, read = reader
            try:
                values.append(None if text == r"\N" else read(_unescaped(text)))
            except (ValueError, ArithmeticError):
                raise FailedError(
                    tr(
                        "{table}.{column} has a value that SQLite has no place for",
                        table=table.name,
                        column=column.name,
                    ),
                    _TODO,
                ) from None
        yield tuple(values)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)


def _reader(kind: sa.types.TypeEngine[Any]) -> Callable[[str], Any]:
    """Return what makes a value of a type of PostgreSQL's text for it."""
    readers: tuple[tuple[type, Callable[[str], Any]], ...] = (
        (sa.Boolean, lambda text: {"t": True, "f": False}[text]),
        (sa.Integer, int),
        (sa.Float, float),
        (sa.Numeric, _number),
        (sa.DateTime, _moment),
        (sa.Date, datetime.date.fromisoformat),
        (sa.Time, datetime.time.fromisoformat),
        (sa.LargeBinary, lambda text: bytes.fromhex(text.removeprefix(r"\x"))),
        (sa.JSON, json.loads),
    )
    return next((read for type_, read in readers if isinstance(kind, type_)), str)


def _number(text: str) -> decimal.Decimal:
    value = decimal.Decimal(text)
    if not value.is_finite():
        raise ValueError("no number")
    return value


def _moment(text: str) -> datetime.datetime:
    """Return a moment as the application keeps it in SQLite: UTC, without a zone."""
    moment = datetime.datetime.fromisoformat(text)
    return moment.astimezone(datetime.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _blocks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    block: list[tuple[Any, ...]] = []
    for row in rows:
        block.append(row)
        if len(block) == _ROWS_AT_A_TIME:
            yield block
            block = []
    if block:
        yield block


def _hash(row: Sequence[Any]) -> int:
    """Return the first bytes of a row's SHA-256; 10.10 and 10.1 are one number."""
    said = repr([str(value.normalize()) if isinstance(value, decimal.Decimal) else value for value in row])
    return int.from_bytes(hashlib.sha256(said.encode("utf-8", "surrogateescape")).digest()[:8], "big")


def _compare(
    told: Manifest,
    draft: Path,
    found: dict[str, dict[str, Any]],
    known: dict[str, sa.Table],
    sums: dict[str, Count],
    token: CancellationToken,
) -> None:
    """Read every row again, as the application would. Errors: DamagedError, with the tables that differ."""
    wrong = []
    with looked_at(draft, token) as connection:
        for name, table in known.items():
            columns = [column for column in _columns(found[name], table) if column is not None]
            total = rows = 0
            for row in connection.execute(sa.select(*columns)):
                total += _hash([_as_written(value) for value in row])
                rows += 1
            token.check()
            if (Count(rows, f"{total % _SIZE:016x}"), rows) != (sums[name], told.tables[found[name]["name"]].rows):
                wrong.append(name)
    if wrong:
        raise DamagedError(tr("rows are not the same in SQLite: {wrong}", wrong=", ".join(wrong)), _TODO)


def _as_written(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value
