"""SQL that is advised where no run is refused: each statement is run for good, and what it was said for is gone.

Of refusals see tests/support/advice.py; of differences, test_drift.py; of what a server tells of itself,
test_vitals.py.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from homecoming.connection.answers import ANSWERS
from homecoming.connection.failures_sqlite import SQLITE_ANSWERS
from homecoming.connection.locks import RunLockedError, lock_key, lock_run
from homecoming.preflight import sessions
from homecoming.settings import read_settings
from tests.conftest import VERSIONS, engine_of
from tests.support import advice, history, lineage, servers
from tests.support.command import Ran

Run = Callable[..., Ran]
STATE = 12


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda version: f"pg{version}")
def own(request: pytest.FixtureRequest) -> Iterator[servers.Server]:
    """A server of its own: transactions in two phases, and roles, are a server's."""
    with servers.start(request.param, {"max_prepared_transactions": "2"}) as server:
        yield server


@pytest.fixture
def place(own: servers.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """A database behind head, which the commands work on without much patience."""
    engine = engine_of(own.create_database("festa"))
    lineage.build(engine, STATE, rows=2)
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    for name, value in {"LOCK_TIMEOUT": "0.2", "LOCK_PAUSES": "0.1", "LOCK_WAIT": "0.3"}.items():
        monkeypatch.setenv(f"MIGRATION_{name}", value)
    yield engine
    own.drop_database("festa")


@contextlib.contextmanager
def session(engine: sa.Engine, *statements: str) -> Iterator[sa.Connection]:
    """A session that has begun something, and may be ended from outside."""
    connection = sa.create_engine(engine.url, poolclass=NullPool).connect()
    try:
        for statement in statements:
            connection.exec_driver_sql(statement)
        yield connection
    finally:
        with contextlib.suppress(sa.exc.DBAPIError):
            connection.invalidate()
        connection.close()


def change(engine: sa.Engine, *statements: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


# Who is in the way.


def test_a_session_that_holds_a_table_is_ended(place: sa.Engine, run: Run) -> None:
    with session(place, "LOCK TABLE usuarios IN ACCESS EXCLUSIVE MODE"):
        code, _, err = run("upgrade")
        assert code == 5
        assert len(advice.carry_out(place, err)) == 1
        assert run("upgrade")[0] == 0


def test_a_run_that_hangs_is_ended(place: sa.Engine, run: Run) -> None:
    with session(place, f"SELECT pg_advisory_xact_lock({lock_key()})"):
        code, _, err = run("upgrade")
        assert (code, "If it hangs: " in err) == (5, True)
        advice.carry_out(place, err)
        assert run("upgrade")[0] == 0


def test_another_run_can_be_seen(place: sa.Engine) -> None:
    """As it is said where nobody can look who holds the lock."""
    theirs = sa.create_engine(place.url.update_query_dict({"application_name": "painel-migrations"}))
    with session(theirs, f"SELECT pg_advisory_xact_lock({lock_key()})"), place.connect() as connection:
        with pytest.raises(RunLockedError) as caught:
            lock_run(connection, read_settings())
        connection.rollback()
        [statement] = advice.carry_out(place, caught.value.todo)
        assert len(connection.exec_driver_sql(statement).all()) == 1


@pytest.mark.parametrize("which", [0, 1], ids=["commit", "rollback"])
def test_a_prepared_transaction_is_ended_either_way(place: sa.Engine, run: Run, which: int) -> None:
    with session(place, "UPDATE usuarios SET nome = 'Outra'", "PREPARE TRANSACTION 'em duas, it''s'"):
        pass
    _, out, _ = run("upgrade", "--plan")
    ways = [statement for statement in advice.statements(out) if " PREPARED " in statement]
    assert [way.split()[0] for way in ways] == ["COMMIT", "ROLLBACK"]
    advice.carry_out(place, ways[which])
    with place.connect() as connection:
        changed = connection.exec_driver_sql("SELECT count(*) FROM usuarios WHERE nome = 'Outra'").scalar_one()
    assert (changed > 0) == (which == 0)
    assert run("upgrade")[0] == 0


def test_a_prepared_transaction_that_holds_a_table_of_a_run(place: sa.Engine, run: Run) -> None:
    with session(place, "LOCK TABLE usuarios", "PREPARE TRANSACTION 'it''s'"):
        pass
    code, _, err = run("upgrade")
    assert code == 5
    assert [each.strip() for each in advice.carry_out(place, err)] == ["ROLLBACK PREPARED 'it''s'"]
    assert run("upgrade")[0] == 0


def test_sessions_that_a_plan_notes_are_ended(place: sa.Engine, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "HELD_FOR", 0)
    monkeypatch.setattr(sessions, "LINES", 2)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(session(place, "SELECT count(*) FROM usuarios"))
        _, out, _ = run("upgrade", "--plan")
        said = list(advice.statements(out))
        assert len(said) == 3
        # Who more there are, and then each end.
        [seen] = [statement for statement in said if "pg_stat_activity" in statement]
        with place.connect() as connection:
            assert len(connection.exec_driver_sql(seen).all()) >= 4
        advice.carry_out(place, out)
        with place.connect() as connection:
            left = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            assert connection.exec_driver_sql(left).scalar_one() <= 2
    assert run("upgrade")[0] == 0


# What verify finds that is no object's.


@pytest.fixture
def at_head(place: sa.Engine) -> sa.Engine:
    history.upgrade(place)
    return place


@pytest.fixture
def app(at_head: sa.Engine, own: servers.Server) -> Iterator[sa.Engine]:
    """The same as an application's role reaches it, whose name has to be quoted."""
    change(
        at_head,
        'CREATE ROLE "App 1" LOGIN',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "App 1"',
        'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "App 1"',
    )
    yield engine_of(at_head.url.set(username="App 1").render_as_string(hide_password=False))
    change(at_head, 'DROP OWNED BY "App 1" CASCADE', 'DROP ROLE "App 1"')


LACKING = {
    "table": ('REVOKE DELETE, UPDATE ON usuarios FROM "App 1"', "TABLE usuarios"),
    "sequence": ('REVOKE ALL ON SEQUENCE usuarios_id_seq FROM "App 1"', "SEQUENCE usuarios_id_seq"),
    "columns": (
        'REVOKE SELECT ON usuarios FROM "App 1"; GRANT SELECT (id, nome) ON usuarios TO "App 1"',
        "TABLE usuarios",
    ),
}


@pytest.mark.parametrize("case", LACKING)
@pytest.mark.parametrize("looks", ["itself", "the owner"])
def test_a_right_that_is_lacking_is_given(
    at_head: sa.Engine, app: sa.Engine, run: Run, monkeypatch: pytest.MonkeyPatch, case: str, looks: str
) -> None:
    """The statement names the role, whoever looks, and is run as the owner."""
    taken, thing = LACKING[case]
    change(at_head, taken)
    url = app.url if looks == "itself" else at_head.url
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    code, out, _ = run("verify")
    assert code == 1
    [statement] = [found for found in advice.statements(out) if found.startswith("GRANT")]
    assert statement.endswith(f' ON {thing} TO "App 1"')
    advice.carry_out(at_head, out)
    assert run("verify")[0] == 0


def test_the_schema_that_is_closed_is_opened(
    at_head: sa.Engine, app: sa.Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(at_head, "REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    monkeypatch.setenv("DATABASE_URL", at_head.url.render_as_string(hide_password=False))
    code, out, _ = run("verify")
    assert code == 1
    assert advice.carry_out(at_head, out) == ['GRANT USAGE ON SCHEMA public TO "App 1"']
    assert run("verify")[0] == 0


NOTED = {
    "open table": ("GRANT SELECT ON usuarios TO PUBLIC",),
    "open column": ("GRANT SELECT (nome) ON usuarios TO PUBLIC",),
    "open to come": ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",),
    "open to come in public": ("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",),
    "owner of a table": ('ALTER TABLE usuarios OWNER TO "App 1"',),
    "owner of an enum": ('ALTER TYPE tipolista OWNER TO "App 1"',),
}


@pytest.mark.parametrize("case", NOTED)
def test_what_is_noted_of_rights_is_mended(at_head: sa.Engine, app: sa.Engine, run: Run, case: str) -> None:
    before = run("verify")
    change(at_head, *NOTED[case])
    code, out, _ = run("verify")
    # Rows of a table of somebody who is not trusted are not read, which is a failure.
    assert (code, re.findall("^NOTE", out, re.MULTILINE)) == (int(case == "owner of a table"), ["NOTE"])
    assert len(advice.carry_out(at_head, out)) == 1
    if case == "owner of a table":
        # With the property go the rights that came of it: that is what is said next.
        advice.carry_out(at_head, run("verify")[1])
    assert run("verify") == before


def test_a_database_of_a_revision_that_nobody_has(at_head: sa.Engine, run: Run) -> None:
    change(at_head, "UPDATE alembic_version SET version_num = '9999'")
    code, out, _ = run("verify")
    assert code == 1
    advice.carry_out(at_head, out)
    assert run("verify")[0] == 0


def test_read_only_is_lifted_where_the_server_says_it(at_head: sa.Engine) -> None:
    """The statement that the answer to 25006 has, in the session that got it."""
    [answer] = [each for each in ANSWERS if each.codes == "25006"]
    with at_head.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = on")
        with pytest.raises(sa.exc.InternalError, match="read-only"):
            connection.exec_driver_sql("UPDATE usuarios SET nome = nome")
        [statement] = advice.statements(answer.todo)
        connection.exec_driver_sql(statement)
        advice.TRIED.append(statement)
        connection.exec_driver_sql("UPDATE usuarios SET nome = nome")


def test_an_enum_that_is_gone_is_made_again(at_head: sa.Engine, run: Run) -> None:
    change(at_head, "ALTER TABLE listas ALTER tipo TYPE text", "DROP TYPE tipolista")
    code, out, _ = run("verify")
    assert code == 1
    assert [found.partition(" AS ")[0] for found in advice.carry_out(at_head, out)] == ["CREATE TYPE tipolista"]
    assert run("repair")[0] == 0
    assert run("verify")[0] == 0


def test_triggers_of_a_file_can_be_seen(sqlite: sa.Engine) -> None:
    """As it is said where one refuses."""
    [answer] = [each for each in SQLITE_ANSWERS if "TRIGGER" in each.codes[0]]
    with sqlite.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
        connection.exec_driver_sql("CREATE TRIGGER nao BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'nao'); END")
    advice.try_out(sqlite, answer.todo)
    [statement] = advice.statements(answer.todo)
    with sqlite.connect() as connection:
        assert connection.exec_driver_sql(statement).scalars().all() == ["nao"]
