"""What the twins did otherwise, or did not give back, one world each: both do the same, and all of it comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.errors import UsageError
from homecoming.operations.operation import OPERATIONS
from tests.support import servers, twins
from tests.support.twins import Operate, World

ROWS: twins.Rows = [
    {"id": 1, "nome": "Bar", "cor": "Azul ", "outra": "x"},
    {"id": 2, "nome": None, "cor": None, "outra": "y"},
    {"id": 3, "nome": "Porta", "cor": "100%", "outra": None},
]
LEVEL = sa.Enum("100%", "azul", name="nivel")


def notes(table: str = "notas") -> World:
    """A table whose rows are told by their name alone."""
    metadata = sa.MetaData()
    columns = [sa.Column(name, sa.String(8)) for name in ("nome", "cor", "outra")]
    sa.Table(table, metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    return World(metadata, {table: ROWS})


def _labels(op: Any) -> None:
    op.ensure_enum(LEVEL)
    op.ensure_column("notas", sa.Column("cor", LEVEL))


def _replace_and_delete(op: Any) -> None:
    op.replace_values("notas", "cor", {"azul": "AZUL", "100%": "tudo"})
    op.delete_rows("notas", where="cor = 'AZUL'", reason="de prova")


def _replace_around_a_deletion(op: Any) -> None:
    _replace_and_delete(op)
    op.replace_values("notas", "outra", {"y": "z"})


def _of_table(name: str) -> dict[str, tuple[World, Operate]]:
    world = notes(name)
    return {
        f"{name}: a value replaced": (world, lambda op: op.replace_values(name, "cor", {"azul": "AZUL"})),
        f"{name}: a column retired": (world, lambda op: op.retire_column(name, "cor")),
        f"{name}: a column folded": (world, lambda op: op.merge_column(name, "outra", "cor")),
        f"{name}: rows changed": (
            world,
            lambda op: op.change_rows(name, {"cor": "'lilás'"}, where="true", reason="outra"),
        ),
        f"{name}: rows deleted": (world, lambda op: op.delete_rows(name, where="id > 1", reason="de prova")),
        f"{name}: a table retired": (world, lambda op: op.retire_table(name)),
        f"{name}: a unique key": (world, lambda op: op.ensure_unique(name, "nome")),
    }


def _delete_and_rename(op: Any) -> None:
    _replace_and_delete(op)
    op.merge_column("notas", "outra", "nova")


GIVEN_BACK: dict[str, tuple[World, Operate]] = {
    "a label with %": (notes(), _labels),
    "a row deleted after its value was replaced": (notes(), _replace_and_delete),
    "another value replaced after that": (notes(), _replace_around_a_deletion),
    "a column renamed after that": (notes(), _delete_and_rename),
    "the name that tells a row, replaced": (notes(), lambda op: op.replace_values("notas", "nome", {"bar": "Novo"})),
    "the name that tells a row, filled": (notes(), lambda op: op.merge_column("notas", "outra", "nome")),
    **_of_table("no.tas"),
}

REFUSED: dict[str, tuple[Operate, str]] = {
    "a value that is too long": (
        lambda op: op.replace_values("notas", "cor", {"azul": "azul-marinho"}),
        "notas.cor: 1 new value does not fit the column",
    ),
}


@pytest.fixture(scope="module", params=(16, 18))
def postgresql(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[Any]:
    with twins.on_server(server_of(request.param)) as side:
        yield side


@pytest.mark.parametrize("case", GIVEN_BACK)
def test_it_is_done_once_and_given_back(case: str, postgresql: Any, tmp_path: Path) -> None:
    """The same on both, nothing more the second time, and all of it back."""
    world, operate = GIVEN_BACK[case]
    for made in (
        twins.on_sqlite(tmp_path / "eventos.db", world, operate),
        twins.PostgreSQL.outcome(postgresql, world, operate),
    ):
        assert (made.refused, made.again, made.back) == ("", [], [])


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_words(case: str, postgresql: Any, tmp_path: Path) -> None:
    """What cannot be kept, or would not fit, is a refusal on both."""
    operate, words = REFUSED[case]
    for made in (
        twins.on_sqlite(tmp_path / "eventos.db", notes(), operate),
        twins.PostgreSQL.outcome(postgresql, notes(), operate),
    ):
        assert made.refused.startswith(words)


@pytest.mark.parametrize("values", [{"id": "id + 10"}, {"cor": "nome", "ID": "id + 10"}])
def test_a_key_is_not_changed(values: dict[str, str]) -> None:
    """What tells rows apart would tell nothing afterwards: it is said as the revision is read."""
    with pytest.raises(UsageError, match=r"(?i)notas\.id is what tells the rows of notas apart") as refusal:
        list(OPERATIONS["change_rows"].calls("notas", values, where="true", reason="outra"))
    assert "op.delete_rows()" in refusal.value.todo


@pytest.mark.parametrize("kind", [sa.String(8, collation="C"), sa.Text(collation="C")])
def test_a_collation_by_hand_goes_and_comes_back(postgresql: Any, kind: sa.String) -> None:
    """It is a part of the type that the way back gives back."""
    metadata = sa.MetaData()
    sa.Table("notas", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("nome", kind))
    world, found = World(metadata, {"notas": [{"id": 1, "nome": "a"}]}), []
    look = "SELECT attcollation::regcollation::text FROM pg_attribute WHERE attrelid = 'public.notas'::regclass"
    side = postgresql.connection

    with side.begin_nested() as nested:
        world.make(side.execution_options(schema_translate_map={None: "public"}))
        for direction in ("upgrade", "downgrade"):
            postgresql.begin(direction)
            if direction == "upgrade":
                postgresql.op.ensure_column("notas", sa.Column("nome", sa.String(8)))
            else:
                postgresql.op.undo()
            postgresql.end()
            found.append(side.exec_driver_sql(f"{look} AND attname = 'nome'").scalar_one())
        nested.rollback()
    assert found == ['"default"', '"C"']
