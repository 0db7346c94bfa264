"""What `make check` says of locks is true: each step is taken on a server, and its locks, reads and writes are seen.

Before the commit: which locks the session has, whether a table has another file, how many of its rows were read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.authoring.judging import judge
from homecoming.authoring.judging.reading import done_by
from homecoming.authoring.judging.rules import rules
from homecoming.history import configuration
from homecoming.run.migrate import migrate
from tests.conftest import engine_of
from tests.support import history as real
from tests.support import servers
from tests.support.judged import CASES, Case, History

ROWS = 50
FILLED = (
    "INSERT INTO empresas (nome, cnpj, email) VALUES ('a', '1', 'a@a')",
    "INSERT INTO usuarios (nome, cpf, email, senha_hash, tipo) VALUES ('u', '1', 'u@a', 'h', 'ADMIN')",
    (
        "INSERT INTO eventos (nome, data_evento, local, criador_id, empresa_id, status, limite_idade) "
        f"SELECT 'e' || n, '2025-01-01', 'praia', 1, 1, 'ATIVO', 1 FROM generate_series(1, {ROWS}) n"
    ),
)
EVERYBODY = {"AccessExclusiveLock"}
WRITERS = {"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", *EVERYBODY}

# A table's own locks, and those on indexes that were there before: who reads the table asks for these as well.
LOOK = """
SELECT ARRAY(SELECT l.mode FROM pg_catalog.pg_locks l
             WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.locktype = 'relation'
               AND l.relation = ANY (ARRAY[CAST(:table AS oid)] || CAST(:indexes AS oid[]))),
    ARRAY(SELECT pg_catalog.pg_relation_filenode(each)
          FROM unnest(CAST(:table AS oid) || CAST(:indexes AS oid[])) each),
    pg_catalog.pg_stat_get_xact_tuples_returned(:table)
"""


class Measured(NamedTuple):
    """The locks on a table, whether it or an index of it was written again, and how many of its rows were read."""

    locks: set[str]
    is_rewritten: bool
    rows_read: int

    def does(self, effect: str) -> bool:
        """Whether it is what a rule calls so."""
        return {
            "locks": bool(self.locks & EVERYBODY),
            "blocks writes": bool(self.locks & WRITERS),
            "rewrites": self.is_rewritten,
            "scans": self.rows_read >= ROWS,
        }[effect]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A copy of the history, for all tests of this file."""
    return History(tmp_path_factory.mktemp("history"))


@pytest.fixture(autouse=True)
def _there(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "history_file", lambda: history.file)


@pytest.fixture(scope="module", params=(16, 18))
def template(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[servers.Server]:
    """A server that has a database at 0022 with rows, to clone."""
    server = server_of(request.param)
    engine = engine_of(server.create_database("judged_template"))
    real.upgrade(engine, "0022")
    with engine.begin() as connection:
        for statement in FILLED:
            connection.exec_driver_sql(statement)
    yield server
    server.drop_database("judged_template")


@pytest.fixture
def database(template: servers.Server) -> Iterator[sa.Engine]:
    """A database of its own."""
    yield engine_of(template.create_database("judged", "judged_template"))
    template.drop_database("judged")


def measured(history: History, database: sa.Engine, code: str, table: str) -> Measured:
    """Take a revision's steps in a transaction that is rolled back, and look before its end."""
    history.write(code)
    script = ScriptDirectory.from_config(configuration.configuration())
    revision = script.get_revision("0023")
    assert revision is not None
    done = done_by(script, revision, "upgrade")
    with database.connect() as connection, connection.begin() as transaction:
        oid = connection.exec_driver_sql(f"SELECT 'public.{table}'::regclass::oid").scalar_one()
        of_it = f"SELECT ARRAY(SELECT indexrelid FROM pg_index WHERE indrelid = {oid})"
        indexes = connection.exec_driver_sql(of_it).scalar_one()
        at = {"table": oid, "indexes": indexes}
        before = connection.execute(sa.text(LOOK), at).one()
        if all(not isinstance(each.what, str) for each in done):
            migrate(configuration.configuration(connection=connection, reference=True), "upgrade", "0023")
        else:
            # A run would refuse some of these; here they are to be looked at.
            connection.exec_driver_sql("SET LOCAL search_path = public")
            for each in done:
                connection.exec_driver_sql(str(each.what), execution_options={"no_parameters": True})
        after = connection.execute(sa.text(LOOK), at).one()
        transaction.rollback()
    # An index that is gone was not written again.
    is_rewritten = any(now not in (None, was) for was, now in zip(before[1], after[1], strict=True))
    return Measured(set(after[0]), is_rewritten, after[2] - before[2])


def table_of(code: str) -> str:
    return "previsoes_ia" if "previsoes_ia" in code and "eventos" not in code else "eventos"


EFFECTS = ("locks", "blocks writes", "rewrites", "scans")
TIMED = [case for case in CASES if set(rules()[case.rule].does) & set(EFFECTS)]


@pytest.mark.parametrize("case", TIMED, ids=lambda case: case.rule)
def test_a_step_holds_reads_and_writes_what_the_rule_says(history: History, database: sa.Engine, case: Case) -> None:
    found = measured(history, database, case.found, table_of(case.found))
    claimed = rules()[case.rule].does
    assert [effect for effect in EFFECTS if effect in claimed and not found.does(effect)] == [], found
    # Nor does it say less than there is.
    if "locks" not in claimed:
        assert not found.does("locks"), found
    if "rewrites" not in claimed and "locks" in claimed:
        assert not found.does("rewrites"), found


@pytest.mark.parametrize(
    "case",
    [case for case in TIMED if set(rules()[case.rule].does) & {"rewrites", "scans"} and "eventos" in case.passed],
    ids=lambda case: case.rule,
)
def test_what_is_not_found_reads_and_writes_no_table(history: History, database: sa.Engine, case: Case) -> None:
    if "USING INDEX" in case.passed:
        run(database, ["CREATE UNIQUE INDEX eventos_nome_key ON eventos (nome)"])
    found = measured(history, database, case.passed, "eventos")
    for effect in {"rewrites", "scans"} & set(rules()[case.rule].does):
        assert not found.does(effect), found


def run(database: sa.Engine, statements: Sequence[str]) -> None:
    """Run statements, each by itself, as in a console."""
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


@pytest.mark.parametrize("case", [case for case in CASES if rules()[case.rule].before], ids=lambda case: case.rule)
def test_what_is_done_before_the_release_is_done(history: History, database: sa.Engine, case: Case) -> None:
    """The SQL for the console passes, and the revision that is advised then finds it, and holds nobody up."""
    history.write(case.found)
    (finding,) = [each for each in judge("0022").open if each.rule == case.rule]
    run(database, finding.advice.before)
    (code,) = finding.advice.code
    if code == "pass":
        return
    found = measured(history, database, code, "eventos")
    assert not found.does("rewrites"), found
    assert not found.does("scans"), found


def test_a_new_column_with_a_default_costs_no_look_at_the_rows(history: History, database: sa.Engine) -> None:
    """NOT NULL comes with the column, not after it: every row has the default."""
    code = 'op.ensure_column("eventos", sa.Column("capa", sa.String(9), nullable=False, server_default="x"))'
    history.write(code)
    assert judge("0022").is_clean
    found = measured(history, database, code, "eventos")
    assert not found.does("rewrites"), found
    assert not found.does("scans"), found
