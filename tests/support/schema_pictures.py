"""The schema as pictures, one a domain: its tables with all columns, and a line from each reference to its table."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from html import escape

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from painel_migrations import schema

COLUMNS = 3
"""Tables side by side."""
WIDTH, LINE, GAP, PAD = 330, 18, 60, 8
"""A table's, a column's height, and what is between tables, all in pixels."""
STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1b1b1f}"
    ".name{font-weight:700;fill:#fff}.type{fill:#5c5f66}.key{font-weight:700}"
    ".box{fill:#fff;stroke:#30506e}.head{fill:#30506e}.line{fill:none;stroke:#b35900;stroke-width:1.5}"
)


def domains() -> dict[str, list[sa.Table]]:
    """Return the tables of each file of the schema, by its name."""
    found: dict[str, list[sa.Table]] = {}
    for module in sorted(pkgutil.iter_modules(schema.__path__), key=lambda module: module.name):
        names = vars(importlib.import_module(f"{schema.__name__}.{module.name}"))
        tables = {value.name: value for value in names.values() if isinstance(value, sa.Table)}
        seen = {table.name for others in found.values() for table in others}
        if own := [tables[name] for name in tables if name not in seen]:
            found[module.name] = own
    return found


def drawn() -> dict[str, str]:
    """Return each domain's picture as SVG, by the name of its file."""
    return {f"schema-{domain}.svg": _picture(tables) for domain, tables in domains().items()}


def page() -> str:
    """Return the document that shows them."""
    lines = [
        "# The schema at head",
        "",
        "Written by `python -m tests.support.documents` from `painel_migrations/schema`, a file a domain; a test holds",
        "it. Bold is what a row is told by; an orange line leads from a reference to its table, and an arrow names a",
        "table of another domain.",
        "",
    ]
    for domain, tables in domains().items():
        names = ", ".join(f"`{table.name}`" for table in tables)
        lines += [f"## {domain}", "", names, "", f"![The tables of {domain}](pictures/schema-{domain}.svg)", ""]
    return "\n".join(lines)


def _picture(tables: list[sa.Table]) -> str:
    places: dict[str, tuple[int, int]] = {}
    bottoms = [PAD] * min(COLUMNS, len(tables))
    for table in tables:
        # Each goes where there is room the highest.
        column = bottoms.index(min(bottoms))
        places[table.name] = (PAD + column * (WIDTH + GAP), bottoms[column])
        bottoms[column] += (len(table.columns) + 1) * LINE + PAD + GAP // 2
    width, height = len(bottoms) * (WIDTH + GAP) - GAP + 2 * PAD, max(bottoms) - GAP // 2 + PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<style>{STYLE}</style>",
    ]
    for table in tables:
        parts += _box(table, *places[table.name], inside=places)
    for table in tables:
        parts += _lines(table, places)
    return "\n".join([*parts, "</svg>", ""])


def _box(table: sa.Table, x: int, y: int, inside: dict[str, tuple[int, int]]) -> Iterator[str]:
    height = (len(table.columns) + 1) * LINE + PAD
    yield f'<rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{height}"/>'
    yield f'<rect class="head" x="{x}" y="{y}" width="{WIDTH}" height="{LINE + 2}"/>'
    yield f'<text class="name" x="{x + PAD}" y="{y + 14}">{escape(table.name)}</text>'
    for number, column in enumerate(table.columns, 1):
        at = y + number * LINE + 16
        elsewhere = [key.column.table.name for key in column.foreign_keys if key.column.table.name not in inside]
        told = f"→ {elsewhere[0]}" if elsewhere else _type(column)
        key = ' class="key"' if column.primary_key else ""
        yield f'<text{key} x="{x + PAD}" y="{at}">{escape(column.name)}</text>'
        yield f'<text class="type" x="{x + WIDTH - PAD}" y="{at}" text-anchor="end">{escape(told)}</text>'


def _lines(table: sa.Table, places: dict[str, tuple[int, int]]) -> Iterator[str]:
    for number, column in enumerate(table.columns, 1):
        for name in (key.column.table.name for key in column.foreign_keys if key.column.table.name in places):
            (x, y), (to_x, to_y) = places[table.name], places[name]
            # Out at the side that is nearer, and in at the side that looks back.
            start, end = (x + WIDTH, to_x) if to_x > x else (x, to_x + WIDTH)
            if to_x == x:
                start = end = x + WIDTH
            bend = GAP // 2 if start >= x + WIDTH else -GAP // 2
            back = bend if to_x == x else -bend
            begin, arrive = y + number * LINE + 12, to_y + LINE // 2
            curve = f"M{start} {begin}C{start + bend} {begin} {end + back} {arrive} {end} {arrive}"
            yield f'<path class="line" d="{curve}"/>'


def _type(column: sa.Column[object]) -> str:
    told = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return told.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ").replace("WITHOUT TIME ZONE", "").strip()
