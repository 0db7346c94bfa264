"""`upgrade --plan`: it says what the run does, in the run's words, and the database is byte for byte as it was."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import VERSIONS, engine_of
from tests.support import command, history, lineage, pooler, scars, servers, whole
from tests.support.history import HEAD, REVISIONS, after, counted
from tests.support.refused import Target, here

ROWS = 6
_RETIRED = re.compile(r"^retired (row security|\S+) (.*?)(?: \((\d+) rows?\))?$", re.MULTILINE)
_PLANNED = re.compile(r"^  \d{4}  (row security|\S+) +(.*?)(?: +(\d+) rows?)?$", re.MULTILINE)
PLANNED = ("upgrade", "--plan")


@pytest.fixture(params=("postgresql", "sqlite"))
def target(
    request: pytest.FixtureRequest,
    server_of: Callable[[int], servers.Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Target]:
    """An empty database of each kind; of the PostgreSQL versions each case has one, the same on every run.

    Temporary files have a folder of their own, which is empty afterwards.
    """
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    if request.param == "sqlite":
        yield Target(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"), None)
        assert list(folder.iterdir()) == []
        assert {path.name for path in tmp_path.iterdir()} <= {"eventos.db", "temporary", ".painel-migrations"}
        return
    server = server_of(VERSIONS[len(request.node.name) % len(VERSIONS)])
    name = f"plan_{os.getpid()}"
    server.drop_database(name)
    yield Target(engine_of(server.create_database(name)), server)
    server.drop_database(name)


@pytest.fixture
def newest(server_of: Callable[[int], servers.Server]) -> Iterator[sa.Engine]:
    """An empty database on the newest version, for what does not differ by version."""
    server = server_of(VERSIONS[-1])
    name = f"planned_{os.getpid()}"
    yield engine_of(server.create_database(name))
    server.drop_database(name)


def damaged(target: Target, state: int, scar: str | None) -> None:
    lineage.build(target.engine, state, rows=ROWS)
    if scar:
        scars.apply(target.engine, scars.get(target.engine.dialect.name, scar))


def planned(target: Target, *revision: str, **variables: str) -> command.Ended:
    """Plan, and find the database as it was."""
    before = whole.of(target.engine, target.server)
    ended = here(target.url, *PLANNED, *revision, **variables)
    assert whole.of(target.engine, target.server) == before
    return ended


CASES = {
    "postgresql": [(1, None), (18, "startup_rebuild_sold_since"), (22, "unknown_tables_and_columns")],
    "sqlite": [(1, None), (18, "produtos_rebuild_sold_since"), (22, "unknown_tables_and_columns")],
}


@pytest.mark.parametrize("case", range(3))
def test_the_run_does_what_the_plan_says(target: Target, case: int) -> None:
    damaged(target, *CASES[target.engine.dialect.name][case])
    said = planned(target)
    assert (said.code, said.err) == (0, "")
    done = here(target.url, "upgrade")
    assert (done.code, done.err) == (0, "")
    section = said.out.partition("Would retire: ")[2].partition("Would change:")[0]
    retired = _RETIRED.findall(done.out)
    assert _PLANNED.findall(section) == retired
    assert section.startswith(f"{len(retired)} thing")
    pending = [line.removeprefix("-> ") for line in done.out.splitlines() if line.startswith("-> ")]
    assert [line.strip() for line in said.out.splitlines() if line.strip() in pending] == pending
    assert ("Left alone, unknown: table " in said.out) == (case == 2) == ("Left alone, unknown: table " in done.out)
    assert said.out.endswith("the run can go ahead. Nothing was changed\nNext: make upgrade\n")
    assert here(target.url, *PLANNED).out == done.out.splitlines()[0] + f"\nAt {HEAD}: nothing to do\n"


def test_a_plan_in_the_middle_moves_no_sequence(target: Target) -> None:
    """The register is there, and the rest of the run writes to it: a sequence's position outlives a rollback."""
    damaged(target, *CASES[target.engine.dialect.name][1])
    history.upgrade(target.engine, "0005")
    if target.server is None:
        target.run("CREATE INDEX idx_produtos_status ON produtos (status)")
    said = planned(target)
    assert said.code == 0, said.err
    assert re.search(r"^  0021  index +produtos\.idx_produtos_status$", said.out, re.MULTILINE)
    assert f"At: 0005\nPending: {counted(after('0005'))}\n  0006  " in said.out
    said = planned(target, "+1")
    assert "Pending: 1 revision\n  0006  Add the ticket code to transacoes\n" in said.out
    assert said.out.endswith("Next: make upgrade REV=+1\n")


def test_what_would_be_refused_is_refused_in_the_same_words(target: Target) -> None:
    damaged(target, 18, "itens_orphaned")
    said = planned(target)
    done = here(target.url, "upgrade")
    assert (said.code, said.err) == (done.code, done.err)
    assert said.code == 4
    assert said.err.startswith("Error: itens_venda_pdv.produto_id: ")
    # Keys are checked when all is done: a row referred to may be in a copy that is brought back until then.
    assert "\nEnded in the checks after the last revision, after " in said.out
    assert "Next: make upgrade" not in said.out


def test_another_application_s_database(target: Target) -> None:
    target.run("CREATE TABLE pedidos (id INTEGER PRIMARY KEY)")
    said, done = planned(target), here(target.url, "upgrade")
    assert (
        said.err
        == done.err
        == (
            "Error: the database has 1 table, and none of this application's\n"
            "Next: Correct DATABASE_URL; an empty database will do\n"
        )
    )
    assert said.code == done.code == 4


def test_a_revision_that_is_none(target: Target) -> None:
    damaged(target, 18, None)
    said = planned(target, "9999")
    assert (said.code, said.err) == (
        2,
        "Error: Can't locate revision identified by '9999'\nNext: See the revisions: .venv/bin/alembic history\n",
    )


def test_what_is_held(target: Target) -> None:
    """By whom is said, and the rest of the plan."""
    damaged(target, 18, None)
    before = whole.of(target.engine, target.server)
    holder = sa.create_engine(target.engine.url, poolclass=sa.pool.NullPool)
    with holder.connect() as holding:
        if target.server is None:
            holding.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            holding.exec_driver_sql("LOCK TABLE eventos IN SHARE MODE")
            pid = holding.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        said = here(target.url, *PLANNED, MIGRATION_LOCK_TIMEOUT="0.3")
        holding.rollback()
    assert said.code == 5
    assert f"Pending: {counted(len(REVISIONS))}\n" in said.out
    assert "Would retire: " in said.out
    if target.server is None:
        assert said.err.startswith("Error: another process holds the file\n")
    else:
        assert said.err.startswith("Error: a table this run has to change is held by another session\n")
        assert re.search(
            rf"\n  Note: eventos is held by session {pid} of postgres, for \d+ s, idle in transaction\n"
            rf"      End it: SELECT pg_terminate_backend\({pid}\)\n$",
            said.out,
        )
    assert whole.of(target.engine, target.server) == before


def test_tables_that_nobody_holds_for_long(newest: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who are at work change all the time: a plan says what it knows without them."""
    lineage.build(newest, 18, rows=ROWS)
    monkeypatch.setattr("homecoming.rehearsal.plan.holders", lambda _facts: [])
    with newest.connect() as holding:
        holding.exec_driver_sql("LOCK TABLE eventos IN SHARE MODE")
        said = here(newest.url, *PLANNED)
    assert (said.code, said.err) == (0, "")
    assert "\nNot rehearsed: its tables are in use, and it did not wait for them. Nothing was changed. " in said.out
    assert "Differs from head: " in said.out
    assert said.out.endswith("\nNext: make upgrade\n")


def test_another_run_at_work(newest: sa.Engine) -> None:
    with newest.connect() as holding:
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({0x7061696E656C})")
        said = here(newest.url, *PLANNED, MIGRATION_LOCK_TIMEOUT="0.3")
    assert said.code == 5
    assert said.err.startswith("Error: another run holds the lock for more than 0.3 s\n")


def test_every_refusal_is_listed(newest: sa.Engine) -> None:
    lineage.build(newest, 1)
    with newest.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE planejador LOGIN")
    try:
        said = here(newest.url.set(username="planejador"), *PLANNED)
        done = here(newest.url.set(username="planejador"), "upgrade")
    finally:
        with newest.begin() as connection:
            connection.exec_driver_sql("DROP ROLE planejador")
    assert (said.code, said.err) == (done.code, done.err)
    assert said.err.startswith("Error: the role planejador may not alter what postgres owns: ")
    assert "Preflight: 3 refusals, 1 note\n" in said.out
    assert said.out.count("  Refused: ") == done.out.count("Refused: ") == 3
    assert "Rehearsal" not in said.out


@pytest.mark.skipif(pooler.PROGRAM is None, reason="PgBouncer is not installed: apt-get install pgbouncer")
def test_by_way_of_a_pooler(server_of: Callable[[int], servers.Server]) -> None:
    server = server_of(16)
    name = f"pooled_{os.getpid()}"
    engine = engine_of(server.create_database(name))
    lineage.build(engine, 1, rows=2)
    before = whole.of(engine, server)
    with pooler.running(server) as port:
        said = here(engine.url.set(port=port), *PLANNED)
    assert (said.code, said.err) == (0, "")
    # This one has a single session to give, and nobody could look who waits for it.
    assert "\nNot rehearsed: no second session could look whether somebody waits for it. " in said.out
    assert whole.of(engine, server) == before
    server.drop_database(name)


def test_a_plan_says_which_labels_get_another_spelling(
    postgres: sa.Engine, run: Callable[..., command.Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows of a label follow it, and no statement of ours touches them: nothing else would say so."""
    lineage.build(postgres, 22, rows=4)
    with postgres.begin() as connection:
        connection.exec_driver_sql("ALTER TYPE tipousuario RENAME VALUE 'ADMIN' TO 'admin'")
    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    for arguments in (("--plan",), ()):
        code, out, err = run("upgrade", *arguments)
        assert code == 0
        assert "enum tipousuario: admin is now ADMIN" in out + err
