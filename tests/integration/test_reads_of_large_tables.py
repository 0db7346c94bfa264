"""How often a run reads a table that may be large: what it puts right costs one look at the rows."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.conftest import engine_of
from tests.support import history, lineage, scars, servers

STATE = 18
SCAR = "startup_rebuild_sold_since"
LARGE = "itens_venda_pdv"

_numbers = itertools.count(1)

Reads = Callable[..., int]

DAMAGE = {
    "a key that is missing": f"ALTER TABLE {LARGE} DROP CONSTRAINT {LARGE}_venda_id_fkey",
    "a key that was never looked at": (
        f"ALTER TABLE {LARGE} DROP CONSTRAINT {LARGE}_venda_id_fkey, ADD CONSTRAINT {LARGE}_venda_id_fkey "
        "FOREIGN KEY (venda_id) REFERENCES vendas_pdv (id) NOT VALID"
    ),
    "a column that may be empty": f"ALTER TABLE {LARGE} ALTER quantidade DROP NOT NULL",
}


@pytest.fixture
def reads(server: servers.Server) -> Reads:
    """A function that says how many times an upgrade read the large table from its first row on, after some damage."""

    def count(engine: sa.Engine) -> int:
        # The counts of a session are there when it has ended.
        time.sleep(0.3)
        with engine.connect() as connection:
            asked = sa.text("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = :name").bindparams(name=LARGE)
            return int(connection.scalar(asked))

    def get(*statements: str, scar: str | None = None) -> int:
        name = f"reads_{os.getpid()}_{next(_numbers)}"
        engine = engine_of(server.create_database(name))
        lineage.build(engine, STATE, rows=5)
        if scar is not None:
            scars.apply(engine, scars.get("postgresql", scar))
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        before = count(engine)
        history.upgrade(engine)
        after = count(engine)
        server.drop_database(name)
        return after - before

    return get


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_is_put_right_costs_one_look(reads: Reads, damage: str) -> None:
    assert reads(damage) - reads() == 1


def test_a_key_that_is_turned_round_costs_one_look(reads: Reads) -> None:
    """No row refers to one of the copy that is another live one: what refers to it is not read for that."""
    assert reads(scar=SCAR) - reads() == 1
