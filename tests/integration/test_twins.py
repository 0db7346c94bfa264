"""Every operation does the same on both dialects: rows, keys, register, messages, a second time, and the way back.

Tables and rows are generated. ``HYPOTHESIS_PROFILE=deep`` looks further, at other examples each time: an hour for all,
minutes for one (``-k retire_column``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, note, settings
from hypothesis import strategies as st

from homecoming.operations.operation import OPERATIONS
from tests.support import servers, twins
from tests.support.twins import Operate, World

# Nothing to compare: what each does on SQLite, and why that is nothing.
ONE_SIDED = {
    "ensure_enum": "SQLite has no enum types: a column's own operation folds its values",
    "rename_label": "SQLite has no enum types: replace_values() gives the rows the other word",
    "drop_enum": "SQLite has no enum types",
}

# Of every example: it is taken back by it.
EVERYWHERE = {"undo"}

Drawn = tuple[World, Operate]
NAMES = ["Bar", " bar ", "BAR", "Porta", "", "É", "é", "1", " 2", "x" * 20, None]
COLOURS = ["azul", "Azul ", "vermelho", "", "7", "7.5", None]
NUMBERS = [None, 0, 1, 1, 7, -3, 2147483647]


@st.composite
def worlds(draw: st.DrawFn, main: str = "notas", copy: str = "", others: bool = False) -> World:
    """Two tables, perhaps one of the same shape under another name, and rows that their keys allow."""
    metadata = sa.MetaData()
    sa.Table("outras", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("nome", sa.String(20)))
    rows: dict[str, list[dict[str, Any]]] = {
        "outras": [{"id": n, "nome": name} for n, name in enumerate(draw(_some(["Casa", "Rua", None], 3)), 1)]
    }
    refers = draw(st.booleans())
    unique = draw(st.sampled_from([(), ("nome",), ("nome", "quantia"), ("outra_id",)]))
    index = draw(st.sampled_from([(), ("nome",), ("quantia", "nome")]))
    for name in filter(None, (main, copy if not copy or draw(st.booleans()) or not others else "")):
        table = sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("nome", sa.String(20), nullable=True),
            sa.Column("cor", sa.Text),
            sa.Column("outra_cor", sa.Text),
            sa.Column("quantia", sa.Integer, server_default=draw(st.sampled_from([None, "0"]))),
            sa.Column("outra_id", sa.Integer, *([sa.ForeignKey("outras.id")] if refers else [])),
        )
        if unique and name == main:
            table.append_constraint(sa.UniqueConstraint(*unique))
        if index and name == main:
            sa.Index(f"idx_{name}_a", *(table.c[column] for column in index), unique=draw(st.booleans()))
        rows[name] = draw(_rows(table, len(rows["outras"]), refers))
    written = {"id": 500, "nome": "Dep"}
    return World(metadata, rows, (main, written) if draw(st.booleans()) else None)


def _some(pool: list[Any], most: int = 5) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(pool), max_size=most)


@st.composite
def _rows(draw: st.DrawFn, table: sa.Table, others: int, refers: bool) -> list[dict[str, Any]]:
    targets: list[int | None] = [None, *range(1, others + 1), *([] if refers else [99])]
    keys = [c for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    unique = [tuple(key.columns.keys()) for key in keys]
    unique += [tuple(index.columns.keys()) for index in table.indexes if index.unique]
    found: list[dict[str, Any]] = []
    for number in draw(st.lists(st.integers(1, 9), unique=True, max_size=5)):
        row = {
            "id": number,
            "nome": draw(st.sampled_from(NAMES)),
            "cor": draw(st.sampled_from(COLOURS)),
            "outra_cor": draw(st.sampled_from(COLOURS)),
            "quantia": draw(st.sampled_from(NUMBERS)),
            "outra_id": draw(st.sampled_from(targets)),
        }
        if not any(all(row[c] == other[c] is not None for c in key) for key in unique for other in found):
            found.append(row)
    return found


def _column(name: str, keyed: bool = True) -> st.SearchStrategy[Callable[[], sa.Column[Any]]]:
    """What makes a column: Alembic and SQLAlchemy bind each to one table."""
    every: dict[str, list[Any]] = {
        "nome": [sa.String(20), sa.String(40), sa.Text(), sa.String(3)],
        "cor": [sa.Text(), sa.String(10), sa.Integer(), sa.Numeric(10, 2)],
        "quantia": [sa.Integer(), sa.String(20), sa.BigInteger(), sa.Numeric(10, 2)],
        "outra_id": [sa.Integer()],
        "nova": [sa.Integer(), sa.String(10), sa.Boolean()],
    }
    kinds = every[name]

    def make(kind: Any, nullable: bool, unique: bool, index: bool, default: bool, refers: bool) -> Any:
        text = not isinstance(kind, sa.Integer | sa.Numeric | sa.Boolean)
        said = ("x" if text else sa.false() if isinstance(kind, sa.Boolean) else "0") if default else None
        refers = refers and name == "outra_id"

        def column() -> sa.Column[Any]:
            keys = [sa.ForeignKey("outras.id")] if refers else []
            # SQLite holds nobody to a foreign key during a run: a default that refers to nothing is written there.
            given = None if refers else said
            return sa.Column(name, kind, *keys, nullable=nullable, unique=unique, index=index, server_default=given)

        return column

    key = st.booleans() if keyed else st.just(False)
    return st.builds(make, st.sampled_from(kinds), st.booleans(), key, key, st.booleans(), st.booleans())


ANY = st.sampled_from(["nome", "cor", "quantia", "outra_id"])
SETS = st.sampled_from([("nome",), ("quantia",), ("nome", "quantia"), ("outra_id",), ("nome", "cor")])
WHERE = st.sampled_from(["true", "nome = 'Bar'", "quantia IS NULL", "id > 4", "cor <> 'azul'"])
EITHER = st.sampled_from(["nome", "cor", "quantia", "outra_id", "nova"])
COLUMNS = EITHER.flatmap(_column)
# A column that only has to be there brings no key: an operation of its own says that.
BARE = EITHER.flatmap(lambda name: _column(name, keyed=False))


def _with(world: st.SearchStrategy[World], *parts: st.SearchStrategy[Any], do: Any) -> st.SearchStrategy[Drawn]:
    return st.tuples(world, *parts).map(lambda drawn: (drawn[0], lambda op: do(op, *drawn[1:])))


def _table(op: Any, columns: list[Any], unique: tuple[str, ...]) -> None:
    made = {column().name: column for column in columns}
    keys = [sa.UniqueConstraint(*unique)] if unique and set(unique) <= set(made) else []
    op.ensure_table("notas", sa.Column("id", sa.Integer, primary_key=True), *(c() for c in made.values()), *keys)


def _trigger(op: Any) -> None:
    to = "UPDATE notas SET nome = upper(nome) WHERE id = NEW.id"
    body = "BEGIN NEW.nome = upper(NEW.nome); RETURN NEW; END"
    sqlite = {"em_maiusculas": f"CREATE TRIGGER em_maiusculas AFTER INSERT ON notas BEGIN {to}; END"}
    op.ensure_trigger("em_maiusculas", "notas", "BEFORE INSERT", body, sqlite)


NOTAS = worlds()
# No value is another's key: a second time would replace it again, as it should.
PAIRS = st.fixed_dictionaries(
    {"azul": st.sampled_from(["AZUL", "Novo"])},
    optional={"vermelho": st.sampled_from(["Novo", "Outro"]), "7": st.sampled_from(["Novo", "", "É"])},
)

# How each operation is tried. A new one needs a line here.
STRATEGIES: dict[str, st.SearchStrategy[Drawn]] = {
    "ensure_table": _with(NOTAS, st.lists(COLUMNS, min_size=1, max_size=4), SETS, do=_table),
    "ensure_renamed": _with(
        worlds("notas", "antigas"), st.sampled_from([(), ("nome",)]),
        do=lambda op, required: op.ensure_renamed("antigas", "notas", required),
    ),
    "retire_table": _with(NOTAS, do=lambda op: op.retire_table("notas")),
    "retire_copies": _with(
        worlds("notas", "notas_old"), do=lambda op: op.retire_copies("outras", "notas")
    ),
    "ensure_column": _with(NOTAS, COLUMNS, do=lambda op, made: op.ensure_column("notas", made())),
    "transitional_column": _with(NOTAS, BARE, do=lambda op, made: op.transitional_column("notas", made())),
    "lacking_column": _with(NOTAS, BARE, do=lambda op, made: op.lacking_column("notas", made())),
    "merge_column": _with(NOTAS, do=lambda op: op.merge_column("notas", "outra_cor", "cor")),
    "ensure_no_foreign_key": _with(NOTAS, ANY, do=lambda op, name: op.ensure_no_foreign_key("notas", name)),
    "retire_column": _with(NOTAS, ANY, do=lambda op, name: op.retire_column("notas", name)),
    "replace_values": _with(NOTAS, PAIRS, do=lambda op, pairs: op.replace_values("notas", "cor", pairs)),
    "fill_column": _with(
        NOTAS, st.sampled_from(["nome", "cor"]), st.sampled_from(["'x'", "cor", "upper(nome)"]),
        do=lambda op, name, value: op.fill_column("notas", name, value, reason="vazio"),
    ),
    "change_rows": _with(
        NOTAS, st.sampled_from([{"cor": "'lilás'"}, {"quantia": "id + 1"}, {"cor": "nome", "nome": "cor"}]), WHERE,
        do=lambda op, values, where: op.change_rows("notas", values, where=where, reason="outra cor"),
    ),
    "delete_rows": _with(
        NOTAS, st.sampled_from(["notas", "outras"]), st.sampled_from(["true", "id > 1", "nome = 'Casa'"]),
        do=lambda op, table, where: op.delete_rows(table, where=where, reason="de prova"),
    ),
    "ensure_unique": _with(NOTAS, SETS, do=lambda op, names: op.ensure_unique("notas", *names)),
    "try_add_unique": _with(NOTAS, SETS, do=lambda op, names: op.try_add_unique("notas", *names)),
    "ensure_no_unique": _with(NOTAS, SETS, do=lambda op, names: op.ensure_no_unique("notas", *names)),
    "ensure_index": _with(
        NOTAS, SETS, st.booleans(),
        do=lambda op, names, unique: op.ensure_index("idx_notas_novo", "notas", *names, unique=unique),
    ),
    "ensure_no_index": _with(NOTAS, do=lambda op: op.ensure_no_index("idx_notas_a", "notas")),
    "ensure_trigger": _with(NOTAS, do=_trigger),
    "ensure_no_trigger": _with(NOTAS, do=lambda op: op.ensure_no_trigger("em_maiusculas", "notas", "em_maiusculas")),
    "drop_unmanaged": _with(worlds("formas_pagamento"), do=lambda op: op.drop_unmanaged("formas_pagamento")),
}  # fmt: skip

# What the twins say or do otherwise: the operation, what is compared, what one of them does, as a whole, and why.
KNOWN: list[tuple[str, str, str, str]] = [
    (
        "ensure_renamed",
        "says",
        r"SQLite: notas: \d+ rows? from antigas",
        "how many rows moved; in the script a notice costs bytes",
    ),
    (
        "retire_copies",
        "says",
        r"SQLite: .* not back from .*",
        "what stays retired; both keep it in the register",
    ),
    *(
        (name, field, rf"(SQLite|PostgreSQL): {line}", "SQLite keeps a NULL too: it is newer than an earlier cell")
        for name in ("retire_column", "merge_column")
        for field, line in (
            ("says", r"retired column notas\.\w+ \(\d+ rows?\)"),
            ("register", r"\('column', 'notas\.\w+', \d+\)"),
        )
    ),
    *(
        (
            name,
            "back",
            r"PostgreSQL: \('column', 'notas\.nova', \d+\)",
            "it keeps what a column that goes held by default",
        )
        for name in ("ensure_table", "ensure_column", "transitional_column", "lacking_column")
    ),
]


def test_every_operation_has_a_strategy_or_a_reason() -> None:
    """A new operation is compared from its first day."""
    assert set(STRATEGIES) | set(ONE_SIDED) | EVERYWHERE == set(OPERATIONS)
    assert not set(STRATEGIES) & set(ONE_SIDED)


@pytest.fixture(scope="module", params=(16, 18))
def postgresql(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[Any]:
    with twins.on_server(server_of(request.param)) as side:
        yield side


@pytest.mark.parametrize("name", STRATEGIES)
def test_both_dialects_do_the_same(name: str, postgresql: Any, tmp_path: Path) -> None:
    """Whatever is there."""

    @settings(max_examples=settings().max_examples * 5 // 8)
    @given(STRATEGIES[name])
    def compare(drawn: Drawn) -> None:
        world, operate = drawn
        note(repr(world))
        one = twins.on_sqlite(tmp_path / "eventos.db", world, operate)
        other = twins.PostgreSQL.outcome(postgresql, world, operate)
        for field in fields(one):
            here, there = getattr(one, field.name), getattr(other, field.name)
            if unknown := [line for line in _differing(here, there) if not _is_known(name, field.name, line)]:
                note(f"not known: {unknown}")
                raise AssertionError(f"{name}, {field.name}:\nSQLite     {here}\nPostgreSQL {there}")

    compare()


def _differing(here: Any, there: Any) -> list[str]:
    """Each thing that one says or does and the other does not, with who does."""
    if not isinstance(here, list):
        return [] if here == there else [f"SQLite: {here} / PostgreSQL: {there}"]
    alone = [
        (name, list((Counter(map(str, own)) - Counter(map(str, other))).elements()))
        for name, own, other in (("SQLite", here, there), ("PostgreSQL", there, here))
    ]
    return [f"{name}: {line}" for name, lines in alone for line in lines]


def _is_known(name: str, field: str, differs: str) -> bool:
    return any(of == name and about == field and re.fullmatch(what, differs) for of, about, what, _ in KNOWN)


# What was found in this way, on a table with an index on nome: the twins did it otherwise, or not a second time.
FOUND: dict[str, Operate] = {
    "deleted rows, and nothing else in the register": lambda op: op.delete_rows(
        "notas", where="true", reason="de prova"
    ),
    "a value that differs from its key in case": lambda op: op.replace_values("notas", "cor", {"azul": "AZUL"}),
    "an index under another name": lambda op: op.ensure_index("idx_notas_novo", "notas", "nome"),
    "a column with its key": lambda op: op.ensure_column("notas", sa.Column("quantia", sa.Integer, unique=True)),
    "a column with its index": lambda op: op.ensure_column("notas", sa.Column("quantia", sa.Integer, index=True)),
}


@pytest.mark.parametrize("operate", FOUND.values(), ids=FOUND)
def test_what_was_found_stays_mended(operate: Operate, postgresql: Any, tmp_path: Path) -> None:
    """The same on both, nothing more the second time, and all of it back."""
    metadata = sa.MetaData()
    columns = sa.Column("nome", sa.String(20), index=True), sa.Column("cor", sa.Text), sa.Column("quantia", sa.Integer)
    sa.Table("notas", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    rows: twins.Rows = [
        {"id": 1, "nome": "Bar", "cor": "Azul ", "quantia": 1},
        {"id": 2, "nome": None, "cor": None, "quantia": 2},
    ]
    world = World(metadata, {"notas": rows})
    one = twins.on_sqlite(tmp_path / "eventos.db", world, operate)
    assert twins.PostgreSQL.outcome(postgresql, world, operate) == one
    assert (one.refused, one.again, one.back) == ("", [], [])
