"""A console behind PgBouncer in transaction mode: sessions are shared, so nothing may stay in one, right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.integration.console.conftest import CloneOf
from tests.support import pooler, servers
from tests.support.pasting import DONE, NOTHING, Place, script

pytestmark = pytest.mark.skipif(
    pooler.PROGRAM is None, reason="PgBouncer is not installed: apt-get install pgbouncer has it"
)

VERSION = 16


@pytest.fixture(scope="module")
def pooled(server_of: Callable[[int], servers.Server]) -> Iterator[int]:
    """The port of a pooler that has one connection a database."""
    with pooler.running(server_of(VERSION)) as port:
        yield port


@pytest.mark.parametrize("style", ["block", "escaped"])
def test_through_a_pooler(clone_of: CloneOf, pooled: int, style: str) -> None:
    """Two clients take turns on one connection of the server: neither finds anything of the other's paste."""
    clone = clone_of(VERSION)
    place = replace(clone.place, port=pooled)
    text = script("sql", "--style", style)
    with place.session() as one, place.session() as other:
        before = other.state()
        assert one.rows("SELECT pg_backend_pid()") == other.rows("SELECT pg_backend_pid()")
        assert DONE in one.paste(text).said
        assert other.state() == before
        clone.assert_at_head()
        arrived = clone.place.whole()
        assert NOTHING in other.paste(text).said
        assert other.state() == before
    assert clone.place.whole() == arrived


def test_refused_through_a_pooler(clone_of: CloneOf, pooled: int) -> None:
    clone = clone_of(VERSION)
    clone.place.run(ORPHANS)
    clone.before  # noqa: B018  reads it now
    with replace(clone.place, port=pooled).session() as one:
        before = one.state()
        assert one.paste(script("sql")).state == "PM004"
        assert one.state() == before
    clone.assert_untouched()


def test_psql_and_folder_through_a_pooler(clone_of: CloneOf, pooled: int) -> None:
    """psql, and the way back and forth again, on the same connection of the server."""
    clone = clone_of(VERSION)
    place: Place = replace(clone.place, port=pooled)
    assert place.psql("-v", "ON_ERROR_STOP=1", text=script("sql")).returncode == 0
    assert place.psql("-v", "ON_ERROR_STOP=1", text=script("sql-rollback", "--to", "base")).returncode == 0
    assert place.psql("-v", "ON_ERROR_STOP=1", text=script("sql")).returncode == 0
    clone.assert_at_head()


ORPHANS = """ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey;
UPDATE itens_venda_pdv SET produto_id = 90 + id"""
