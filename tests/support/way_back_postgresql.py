"""What a PostgreSQL database holds, to the letter, and whether the way back brought it back with the rows since.

Knows nothing of the library it judges.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import sqlalchemy as sa

from tests.support import servers


class Found(NamedTuple):
    """The objects of a schema, as a dump says them, and the rows of its tables."""

    objects: set[str]
    rows: dict[str, list[str]]


BOOKS = re.compile(r"\b(?:migration_history|alembic_version)")
_CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|\bARRAY\b|[()\[\]]")


def definitions(dump: str) -> set[str]:
    """What a dump of the schema says, but for the books; a check as it means, since the server spells it anew."""
    parts = (part.strip() for part in dump.split("\n\n"))
    lines = (
        "\n".join(_CASTS.sub("", line) if "CHECK" in line else line for line in part.splitlines()) for part in parts
    )
    return {part for part in lines if not BOOKS.search(part)}


def cells(engine: sa.Engine) -> dict[str, list[str]]:
    """Every row of schema public by its columns' names, and where each sequence stands."""
    found: dict[str, list[str]] = {}
    with engine.connect() as connection:
        tables = connection.exec_driver_sql(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'public'::regnamespace AND relname !~ '^(alembic_version|migration_history)$'"
        ).scalars()
        for table in tables.all():
            rows = connection.exec_driver_sql(f"SELECT to_jsonb(t)::text FROM public.{table} t").scalars()
            found[table] = sorted(rows)
        for sequence, last in connection.exec_driver_sql(
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
        ):
            if not BOOKS.search(sequence):
                found[f"position of {sequence}"] = [str(last)]
    return found


def take(server: servers.Server, engine: sa.Engine, dump: str = "") -> Found:
    """Read all of schema public that is not this project's own; its dump is given where there is one already."""
    return Found(definitions(dump or server.dump_schema(str(engine.url.database))), cells(engine))


def differences(server: servers.Server, engine: sa.Engine, found: Found) -> list[str]:
    """What is not as it was found."""
    before, rows = found
    after, there = take(server, engine)
    lines = [f"- {part}" for part in sorted(before - after)] + [f"+ {part}" for part in sorted(after - before)]
    for table in sorted(rows.keys() | there.keys()):
        old, new = rows.get(table, []), there.get(table, [])
        if old != new:
            lines.append(f"{table}: {sorted(set(old) - set(new))[:2]} -> {sorted(set(new) - set(old))[:2]}")
    return lines


def not_there(engine: sa.Engine, written: dict[str, list[dict[str, object]]]) -> list[str]:
    """Which rows that were written are in no table of theirs."""
    rows = [row for table, found in cells(engine).items() if not table.startswith("position") for row in found]
    lines = []
    for table, added in written.items():
        for row in added:
            texts = [f'"{value}"' for value in row.values() if isinstance(value, str) and value.isalnum()]
            if not any(all(text in there for text in texts) and f'"id": {row["id"]},' in there for there in rows):
                lines.append(f"{table} {row['id']}")
    return lines
