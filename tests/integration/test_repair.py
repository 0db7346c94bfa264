"""`repair`: what drifted comes home by the history, in one transaction, after the plan, and nothing is lost."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command as alembic_command

from homecoming import catalog
from homecoming.catalog import Finding, Severity
from homecoming.commands import repair
from homecoming.events import Event, observed
from homecoming.history.lines import Line, read_lines
from homecoming.run.environment import Outcome
from tests.conftest import engine_of
from tests.integration.test_drift import Drift, create_head, drifts, make_again
from tests.integration.test_drift import run as run_sql
from tests.integration.test_round_trip import REPLACED
from tests.support import conservation, history, lineage, servers
from tests.support.command import Ran
from tests.support.history import HEAD, REVISIONS

# Whoever meets these is told what to do: a name that is taken, inheriting tables, rows that only a person can judge.
REFUSED = {
    "view in place of a table",
    "table inherited by another",
    "table inherits from another",
    "row with a value nobody knows",
    # The row of this drift refers to an event that is not there.
    "row in lower case",
}


def is_for_repair(drift: Drift) -> bool:
    """Whether the history mends it: it is a failure, is nobody's right, and is not refused."""
    # Whose a table is, which its rows are not read for, is one too.
    rights = any(line.startswith(("access", "note owner")) for line in drift.found)
    return bool(failures_of(drift)) and not rights and drift.name not in REFUSED


def failures_of(drift: Drift) -> set[str]:
    return {line for line in drift.found if not line.startswith("note ")}


def apply_some(connection: sa.Connection, waiting: list[Drift]) -> list[Drift]:
    """Make as many of the drifts as stand beside one another; return the rest."""
    later = []
    for drift in waiting:
        try:
            with connection.begin_nested():
                if connection.dialect.name == "postgresql":
                    run_sql(connection, f"{drift.sql}\nSET search_path = DEFAULT")
                else:
                    for statement in re.split(r";\n", drift.sql):
                        connection.exec_driver_sql(statement)
                for table in {table for table, _, _ in drift.replaced}:
                    remake(connection, table, drift)
        except (sa.exc.DBAPIError, AssertionError, ValueError):
            later.append(drift)
    return later


def remake(connection: sa.Connection, table: str, drift: Drift) -> None:
    """As the drift tests do, within the transaction."""
    commit, connection.commit = connection.commit, lambda: None  # type: ignore[method-assign]
    try:
        make_again(connection, table, drift.replaced)
    finally:
        connection.commit = commit  # type: ignore[method-assign]


def repaired(connection: sa.Connection) -> Outcome:
    config = history.config(connection)
    config.attributes.update(repair=True, way="repair")
    alembic_command.upgrade(config, "head")
    outcome: Outcome = config.attributes["outcome"]
    return outcome


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_every_drift_that_the_history_mends(
    dialect: str, server_of: Callable[[int], servers.Server], tmp_path: Path, record_property: Any
) -> None:
    """In a few databases: each takes as many drifts as stand beside one another; a repair of one takes a second."""
    name = f"repair_{os.getpid()}"
    url = server_of(18).create_database(name) if dialect == "postgresql" else f"sqlite:///{tmp_path / 'head.db'}"
    every = drifts(dialect)
    waiting = [drift for drift in every if is_for_repair(drift)]
    failing = [drift for drift in every if failures_of(drift)]
    record_property("summary", f"Repair: mends {len(waiting)} of {len(failing)} drifts of {dialect}")
    engine = engine_of(url)
    with engine.begin() as connection:
        create_head(connection)
    with engine.connect() as connection:
        while waiting:
            begun = connection.begin()
            later = apply_some(connection, waiting)
            outcome = repaired(connection)
            assert [finding.line for finding in outcome.left] == []
            # One that another covers, such as a column of a table that is gone, waits for the next database.
            found = {f"{finding.kind} {finding.object}" for finding in outcome.found}
            later = [drift for drift in waiting if drift in later or not found & failures_of(drift)]
            assert len(later) < len(waiting), [drift.name for drift in later]
            assert not [finding for finding in catalog.verify(connection) if finding.severity is Severity.FAIL]
            waiting = later
            begun.rollback()
    if dialect == "postgresql":
        server_of(18).drop_database(name)


@pytest.fixture(params=("pg18", "sqlite"))
def database(
    request: pytest.FixtureRequest,
    server_of: Callable[[int], servers.Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[sa.Engine]:
    """A database at head with its history, and the one that the variables name."""
    if request.param == "sqlite":
        engine = engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")
        history.upgrade(engine)
        monkeypatch.setenv("DATABASE_URL", str(engine.url))
        yield engine
        return
    yield from _of_server(server_of(18), monkeypatch)


@pytest.fixture
def postgres(server_of: Callable[[int], servers.Server], monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """The same, PostgreSQL alone."""
    yield from _of_server(server_of(18), monkeypatch)


def _of_server(server: servers.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    template, name = f"repair_head_{os.getpid()}", f"repaired_{os.getpid()}"
    with server.connection("postgres") as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (template,))
        made = cursor.fetchone()
    if not made:
        history.upgrade(engine_of(server.create_database(template)))
    url = server.create_database(name, template)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("MIGRATION_LOCK_TIMEOUT", "0.3")
    yield engine_of(url)
    server.drop_database(name)


def execute(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def seen(engine: sa.Engine) -> tuple[list[Finding], list[Line], list[str]]:
    """What differs, the lines of the history, the revision."""
    table = "public.alembic_version" if engine.dialect.name == "postgresql" else "alembic_version"
    with engine.connect() as connection:
        findings = [finding for finding in catalog.verify(connection) if finding.severity is Severity.FAIL]
        at = list(connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalars())
        return findings, read_lines(connection), at


DAMAGE = ("DROP TABLE formas_pagamento", "DROP INDEX ix_usuarios_id", "CREATE INDEX stray ON usuarios (nome)")


def test_nothing_to_repair(database: sa.Engine, run: Callable[..., Ran]) -> None:
    before = seen(database)
    code, said, errors = run("repair")
    assert (code, errors) == (0, "")
    assert said.splitlines()[1:] == [f"At: {HEAD}", "Equal to head: nothing to repair"]
    assert seen(database) == before


def test_what_drifted_is_shown_then_mended(database: sa.Engine, run: Callable[..., Ran]) -> None:
    execute(database, *DAMAGE)
    # Whatever it claims to be at.
    alembic_command.stamp(history.config(database), "0010")
    _, before, _ = seen(database)
    code, said, errors = run("repair")
    assert (code, errors) == (0, "")
    findings, lines, at = seen(database)
    assert (findings, at) == ([], [HEAD])
    added = lines[len(before) :]
    assert [(line.revision, line.direction, line.way) for line in added] == [
        (revision, "upgrade", "repair") for revision in REVISIONS
    ]
    assert len({line.run for line in added}) == 1
    order = [
        "At: 0010",
        "Drifted: 3 differences",
        "FAIL  index usuarios.stray: ",
        "FAIL  table formas_pagamento: ",
        "FAIL  index usuarios.ix_usuarios_id: ",
        "Preflight: ",
        "Rehearsal: ",
        "Would retire: 1 thing",
        "Would change:",
        "Rehearsed in ",
        "-> 0001 ",
        f"-> {HEAD} ",
        f"Repaired: 3 of 3 differences, at {HEAD}, ",
    ]
    places = [said.find(text) for text in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)
    assert run("repair")[0] == 0
    assert len(seen(database)[1]) == len(lines)


def test_the_plan_changes_nothing(database: sa.Engine, run: Callable[..., Ran]) -> None:
    execute(database, *DAMAGE)
    before = seen(database)
    code, said, errors = run("repair", "--plan")
    assert (code, errors) == (0, "")
    assert "it mends 3 of 3. Nothing was changed yet" in said
    assert said.splitlines()[-1] == "Next: make repair"
    assert seen(database) == before


def test_without_a_version_table_it_begins_at_the_first(database: sa.Engine, run: Callable[..., Ran]) -> None:
    execute(database, "DROP TABLE alembic_version", "DROP INDEX ix_usuarios_id")
    assert run("repair")[0] == 0
    assert seen(database)[::2] == ([], [HEAD])


@pytest.mark.parametrize("revisions", [("0021",), ("9999",)], ids=["two", "unknown"])
def test_a_damaged_version_table_is_refused(
    database: sa.Engine, run: Callable[..., Ran], revisions: tuple[str, ...]
) -> None:
    execute(database, "DROP INDEX ix_usuarios_id")
    if revisions == ("9999",):
        execute(database, "DELETE FROM alembic_version")
    execute(database, *(f"INSERT INTO alembic_version VALUES ('{revision}')" for revision in revisions))
    before = seen(database)
    code, _, errors = run("repair")
    assert code == 4
    words = {"0021": f"has 2 rows where it may have one: 0021, {HEAD}", "9999": "which this history does not know"}
    assert words[revisions[0]] in errors
    assert seen(database) == before


def test_another_application_s_database_is_refused_whatever_it_is_stamped(
    database: sa.Engine, run: Callable[..., Ran]
) -> None:
    names = catalog.head(database.dialect.name).tables
    if database.dialect.name == "sqlite":
        execute(database, *(f"DROP TABLE {name}" for name in names))
    else:
        execute(database, *(f"DROP TABLE {name} CASCADE" for name in names))
    execute(database, "CREATE TABLE clientes (id INTEGER)")
    code, _, errors = run("repair")
    assert code == 4
    assert "none of this application's" in errors
    with database.connect() as connection:
        assert not catalog.read(connection).tables & names


def test_rows_that_only_a_person_can_judge_are_refused(database: sa.Engine, run: Callable[..., Ran]) -> None:
    """Two rows of one number, in a table that has lost its key."""
    if database.dialect.name == "sqlite":
        execute(database, "INSERT INTO produtos (nome, tipo, preco) VALUES ('n', 'SORVETE', 1)")
    else:
        execute(
            database,
            "ALTER TABLE formas_pagamento DROP CONSTRAINT formas_pagamento_pkey",
            "INSERT INTO formas_pagamento (id, nome, codigo, tipo) VALUES (1, 'a', 'a', 'PIX'), (1, 'b', 'b', 'PIX')",
        )
    before = seen(database)
    code, said, errors = run("repair")
    assert code == 4
    assert "FAIL  " in said
    assert "Next: " in errors
    assert seen(database) == before


ROLE = (
    "DROP ROLE IF EXISTS repair_app",
    "CREATE ROLE repair_app LOGIN",
    "GRANT ALL ON ALL TABLES IN SCHEMA public TO repair_app",
    "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO repair_app",
    "REVOKE DELETE ON produtos FROM repair_app",
)
GRANT = "      mend:     GRANT DELETE ON TABLE produtos TO repair_app"


@pytest.fixture
def locked_out(postgres: sa.Engine) -> Iterator[sa.Engine]:
    """An application's role that lacks a right: no revision gives it."""
    execute(postgres, *ROLE)
    yield postgres
    execute(postgres, "DROP OWNED BY repair_app", "DROP ROLE repair_app")


def test_what_is_left_is_told_with_what_mends_it(locked_out: sa.Engine, run: Callable[..., Ran]) -> None:
    execute(locked_out, "DROP INDEX ix_usuarios_id")
    code, said, _ = run("repair", "--plan")
    assert code == 1
    assert "it mends 1 of 2. Nothing was changed yet" in said
    told: list[Event] = []
    with observed(told.append):
        code, said, errors = run("repair")
    assert (code, errors) == (1, "")
    assert (told[-1].name, told[-1].fields["result"], told[-1].fields["exit_code"]) == ("run_ended", "done", 1)
    assert f"Repaired: 1 of 2 differences, at {HEAD}, " in said
    assert said.splitlines()[-1] == GRANT
    findings, lines, _ = seen(locked_out)
    assert [f"{finding.kind} {finding.object}" for finding in findings] == ["access produtos for repair_app"]
    # Nothing more can be mended: nothing is written.
    code, said, errors = run("repair")
    assert (code, errors) == (1, "")
    assert "Not repaired: " in said
    assert said.splitlines()[-1] == GRANT
    assert seen(locked_out)[1] == lines


GRANTS = [
    "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE formas_pagamento TO repair_app",
    "GRANT USAGE ON SEQUENCE formas_pagamento_id_seq TO repair_app",
]


@pytest.fixture
def with_application(postgres: sa.Engine) -> Iterator[sa.Engine]:
    """An application's role that may do all it needs, and gets nothing on new tables by itself."""
    execute(postgres, *ROLE[:-1])
    yield postgres
    execute(postgres, "DROP OWNED BY repair_app", "DROP ROLE repair_app")


def test_a_table_made_again_is_told_with_the_rights_it_lacks(
    with_application: sa.Engine, run: Callable[..., Ran]
) -> None:
    execute(with_application, "DROP TABLE formas_pagamento")
    code, said, errors = run("repair")
    assert (code, errors) == (1, "")
    assert "it mends 1 of 1. Nothing was changed yet" in said
    assert f"Repaired: 1 of 1 difference, at {HEAD}, " in said
    assert [finding.run for finding in seen(with_application)[0]] == GRANTS
    assert all(f"      mend:     {grant}\n" in said for grant in GRANTS)
    execute(with_application, *GRANTS)
    assert run("repair")[0] == 0


def test_a_revision_that_makes_a_table_is_not_refused_for_the_rights_of_others(
    with_application: sa.Engine, run: Callable[..., Ran]
) -> None:
    assert run("downgrade", "0018")[0] == 0
    code, said, errors = run("upgrade", "--plan")
    assert (code, errors) == (0, "")
    assert "Lacking: formas_pagamento for repair_app" in said
    code, said, errors = run("upgrade")
    assert (code, errors) == (0, "")
    assert all(f". Next: {grant}\n" in said for grant in GRANTS)
    # Of tables that later revisions make, and their sequences, the same is said.
    later = catalog.head("postgresql").tables - set(lineage.load(22)["tables"])
    lacking = [finding.run for finding in seen(with_application)[0]]
    assert [grant for grant in lacking if not any(table in str(grant) for table in later)] == GRANTS


def test_mended_by_somebody_else_since_the_plan(
    database: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(database, "DROP INDEX ix_usuarios_id")
    _, lines, _ = seen(database)
    rehearsed = repair._rehearsed

    def then(*arguments: Any) -> Outcome:
        outcome = rehearsed(*arguments)
        execute(database, "CREATE INDEX ix_usuarios_id ON usuarios (id)")
        return outcome

    monkeypatch.setattr(repair, "_rehearsed", then)
    code, said, errors = run("repair")
    assert (code, errors) == (0, "")
    assert said.splitlines()[-1] == "Equal to head: nothing left to repair (since the plan)"
    assert seen(database)[1] == lines


def test_damaged_by_somebody_else_since_the_plan(
    postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run judges by itself: what it cannot mend, and does not mend alone, is rolled back."""
    execute(postgres, "DROP INDEX ix_usuarios_id")
    _, lines, _ = seen(postgres)
    rehearsed = repair._rehearsed

    def then(*arguments: Any) -> Outcome:
        outcome = rehearsed(*arguments)
        execute(postgres, "CREATE INDEX ix_usuarios_id ON usuarios (id)", *ROLE)
        return outcome

    monkeypatch.setattr(repair, "_rehearsed", then)
    told: list[Event] = []
    with observed(told.append):
        code, said, _ = run("repair")
    assert (told[-1].fields["result"], told[-1].fields["exit_code"]) == ("nothing", 1)
    execute(postgres, "DROP OWNED BY repair_app", "DROP ROLE repair_app")
    assert code == 1
    assert said.splitlines()[-1] == GRANT
    assert seen(postgres)[1] == lines


def test_a_table_that_somebody_holds_is_waited_for(
    postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_LOCK_PAUSES", "0.2,0.2,1,5,5,5,5")
    execute(postgres, "DROP INDEX ix_usuarios_id")
    with postgres.connect() as holder:
        holder.exec_driver_sql("LOCK TABLE usuarios")
        timer = threading.Timer(1.5, holder.rollback)
        timer.start()
        code, said, errors = run("repair")
        timer.join()
    assert (code, errors) == (0, "")
    assert "; again in 0.2 s" in said
    assert seen(postgres)[::2] == ([], [HEAD])


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_no_cell_is_lost_by_a_repair_nor_by_the_way_back(
    dialect: str, server_of: Callable[[int], servers.Server], tmp_path: Path
) -> None:
    name = f"kept_{os.getpid()}"
    url = server_of(18).create_database(name) if dialect == "postgresql" else f"sqlite:///{tmp_path / 'kept.db'}"
    engine = engine_of(url)
    lineage.build(engine, 14, rows=6)
    history.upgrade(engine)
    execute(
        engine,
        "ALTER TABLE produtos ADD COLUMN evento_id INTEGER",
        "UPDATE produtos SET evento_id = 1",
        "ALTER TABLE usuarios RENAME COLUMN telefone TO fone",
        "DROP INDEX ix_usuarios_id",
        "ALTER TABLE formas_pagamento RENAME TO formas_old",
    )
    before = conservation.take(engine)
    with engine.begin() as connection:
        assert repaired(connection).left == ()
    assert conservation.missing(before, engine) == []
    for revision in ("0017", "0009", "base"):
        history.downgrade(engine, revision)
        lost = [line for line in conservation.missing(before, engine) if not line.startswith(REPLACED)]
        assert lost == [], revision
    history.upgrade(engine)
    lost = [line for line in conservation.missing(before, engine) if not line.startswith(REPLACED)]
    assert lost == []
    if dialect == "postgresql":
        server_of(18).drop_database(name)


def test_a_file_that_is_not_there_is_not_made(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'nowhere.db'}")
    code, _, errors = run("repair")
    assert code == 2
    assert errors.splitlines()[-1] == "Next: Make it with: make upgrade"
    assert not (tmp_path / "nowhere.db").exists()


def test_what_asked_for_a_value_comes_back_with_a_downgrade(postgres: sa.Engine) -> None:
    """A domain, or a check, on a column that the application does not know, and so cannot fill."""
    execute(
        postgres,
        "CREATE DOMAIN codigo AS integer NOT NULL",
        "ALTER TABLE formas_pagamento ADD selo codigo",
        "ALTER TABLE usuarios ADD selo integer CONSTRAINT selo_pedido CHECK (selo IS NOT NULL)",
    )

    def asked() -> list[str]:
        with postgres.connect() as connection:
            facts = catalog.read(connection)
        return [facts["column", f"{table}.selo"].definition for table in ("formas_pagamento", "usuarios")]

    assert asked() == ["codigo NOT NULL BY DOMAIN", "integer NOT NULL BY CHECK"]
    with postgres.begin() as connection:
        assert repaired(connection).left == ()
    assert asked() == ["integer", "integer"]
    history.downgrade(postgres, "0020")
    assert asked() == ["codigo NOT NULL BY DOMAIN", "integer NOT NULL BY CHECK"]
    history.upgrade(postgres)
    assert asked() == ["integer", "integer"]
