"""What could stop a run is found before the first change: each thing really there, and the words for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from unittest.mock import MagicMock, patch

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.connection import make_engine
from homecoming.history.configuration import configuration
from homecoming.preflight import on_postgresql, sessions
from homecoming.preflight.issue import Issue
from homecoming.preflight.preflight import find_issues
from homecoming.project import project
from tests.conftest import VERSIONS, engine_of
from tests.support import advice, lineage, servers

STATE = 1


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda version: f"pg{version}")
def place(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """A database of the application on a server of its own: roles, and transactions in two phases, are a server's."""
    with servers.start(request.param, {"max_prepared_transactions": "2"}) as server:
        engine = engine_of(server.create_database("festa"))
        lineage.build(engine, STATE, rows=2)
        run(
            engine,
            "CREATE ROLE dona",
            "CREATE ROLE membro LOGIN IN ROLE dona",
            "CREATE ROLE leitor LOGIN",
            "ALTER DATABASE festa OWNER TO dona",
            *(f"ALTER TABLE {table} OWNER TO dona" for table in sa.inspect(engine).get_table_names()),
            *(f"ALTER TYPE {name} OWNER TO dona" for name in lineage.load(STATE)["enums"]),
        )
        yield engine


def run(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def found(engine: sa.Engine, role: str = "postgres") -> list[Issue]:
    """What preflight says to a role, after what it advises was run."""
    theirs = engine_of(engine.url.set(username=role).render_as_string(hide_password=False))
    with theirs.connect() as connection:
        issues = find_issues(connection)
    for issue in issues:
        advice.try_out(theirs, f"{issue.what}. {issue.todo}")
    return issues


def test_nothing_is_in_the_way_of_a_member_of_the_owner(place: sa.Engine) -> None:
    assert found(place) == found(place, "membro") == []


@pytest.mark.parametrize(
    ("taken", "given_back", "what", "todo"),
    [
        (
            "REVOKE TEMPORARY ON DATABASE festa FROM PUBLIC, dona",
            "GRANT TEMPORARY ON DATABASE festa TO PUBLIC, dona",
            "the role membro may not make temporary objects, which the run's helpers are",
            "As the database's owner: GRANT TEMPORARY ON DATABASE festa TO membro",
        ),
        (
            "REVOKE CREATE ON DATABASE festa FROM dona",
            "GRANT CREATE ON DATABASE festa TO dona",
            "the role membro may not create the schema retired, which keeps what is taken out of the way",
            "As the database's owner: GRANT CREATE ON DATABASE festa TO membro",
        ),
        (
            "REVOKE CREATE ON SCHEMA public FROM pg_database_owner",
            "GRANT CREATE ON SCHEMA public TO pg_database_owner",
            "the role membro may not create tables in schema public",
            "As the schema's owner: GRANT USAGE, CREATE ON SCHEMA public TO membro",
        ),
        (
            "CREATE SCHEMA retired",
            "DROP SCHEMA retired",
            "the role membro may not create tables in schema retired",
            "As the schema's owner: GRANT USAGE, CREATE ON SCHEMA retired TO membro",
        ),
        (
            "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
            "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC",
            "the role membro may not use the language plpgsql, which the run's helpers are written in",
            "As a superuser: CREATE EXTENSION IF NOT EXISTS plpgsql; GRANT USAGE ON LANGUAGE plpgsql TO membro",
        ),
        (
            "ALTER SCHEMA public RENAME TO publico",
            "ALTER SCHEMA publico RENAME TO public",
            "the database has no schema public",
            "Make it, then run again: CREATE SCHEMA public",
        ),
        (
            "CREATE TABLE alembic_version (version_num varchar(32)); GRANT SELECT ON alembic_version TO PUBLIC",
            "DROP TABLE alembic_version",
            "the role membro may not write to alembic_version",
            "Connect as postgres, or as it: GRANT SELECT, INSERT, UPDATE, DELETE ON alembic_version TO membro",
        ),
        (
            (
                "CREATE TABLE usuarios_backup (LIKE usuarios);"
                " CREATE TABLE usuarios_backup_notas (id integer, nota text, outra text)"
            ),
            "DROP TABLE usuarios_backup, usuarios_backup_notas",
            "the role membro may not alter what postgres owns: usuarios_backup",
            "Connect as postgres",
        ),
        (
            (
                "CREATE ROLE outra; ALTER TABLE eventos OWNER TO outra; ALTER TYPE tipousuario OWNER TO outra;"
                " ALTER TYPE tipolista OWNER TO outra"
            ),
            (
                "ALTER TABLE eventos OWNER TO dona; ALTER TYPE tipousuario OWNER TO dona;"
                " ALTER TYPE tipolista OWNER TO dona; DROP ROLE outra"
            ),
            # The labels of tipolista are head's: it is not altered.
            "the role membro may not alter what outra owns: eventos, type tipousuario",
            "Connect as outra, or let it: GRANT outra TO membro",
        ),
    ],
    ids=["temp", "retired", "public", "retired_there", "language", "no_public", "version", "leftover", "owner"],
)
def test_a_privilege_that_is_missing(place: sa.Engine, taken: str, given_back: str, what: str, todo: str) -> None:
    run(place, taken)
    try:
        assert found(place, "membro") == [Issue(True, what, todo)]
        assert found(place) == [] or what == "the database has no schema public"
    finally:
        run(place, given_back)


def test_an_empty_database_needs_no_schema_retired(place: sa.Engine) -> None:
    run(place, "CREATE SCHEMA parado", "ALTER SCHEMA public RENAME TO cheio", "ALTER SCHEMA parado RENAME TO public")
    run(place, "GRANT USAGE, CREATE ON SCHEMA public TO leitor")
    try:
        assert found(place, "leitor") == []
    finally:
        run(place, "DROP SCHEMA public", "ALTER SCHEMA cheio RENAME TO public")


@pytest.mark.parametrize("whose", ["ROLE membro", "ROLE membro IN DATABASE festa", "DATABASE festa"])
def test_transactions_set_to_read_only(place: sa.Engine, whose: str) -> None:
    """Whosever setting it is, the role itself can lift it by what is said."""
    lift = (
        "SET default_transaction_read_only = off",
        "ALTER ROLE membro IN DATABASE festa SET default_transaction_read_only = off",
    )
    run(place, f"ALTER {whose} SET default_transaction_read_only = on")
    try:
        assert found(place, "membro") == [
            Issue(
                True,
                "transactions of the role membro in the database festa are set to read-only",
                f"Connect to the primary server, or lift it: {'; '.join(lift)}",
            )
        ]
        theirs = engine_of(place.url.set(username="membro").render_as_string(hide_password=False))
        with theirs.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in lift:
                connection.exec_driver_sql(statement)
        assert found(place, "membro") == []
    finally:
        for each in (whose, "ROLE membro IN DATABASE festa"):
            with place.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("SET default_transaction_read_only = off")
                connection.exec_driver_sql(f"ALTER {each} RESET default_transaction_read_only")


def test_who_holds_tables(place: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "LONG", 1)
    other = sa.create_engine(place.url, poolclass=sa.pool.NullPool, connect_args={"application_name": "a b"})
    with other.connect() as holding, other.connect() as idle, other.connect() as preparing:
        (pid, waiting) = (c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for c in (holding, idle))
        holding.exec_driver_sql("LOCK TABLE usuarios, eventos IN ACCESS EXCLUSIVE MODE")
        preparing.exec_driver_sql("LOCK TABLE listas IN SHARE MODE")
        preparing.exec_driver_sql("PREPARE TRANSACTION 'em duas fases'")
        try:
            fresh = found(place)
            time.sleep(1.1)
            began = time.monotonic()
            seen, unseen = found(place), found(place, "membro")
            # A look that waited for a table would wait for ever.
            assert time.monotonic() - began < 10
        finally:
            preparing.rollback()
            with place.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ROLLBACK PREPARED 'em duas fases'")
    prepared = Issue(
        False,
        "listas is held by the prepared transaction 'em duas fases', for 1 s",
        "No time-out ends it: COMMIT PREPARED 'em duas fases', or ROLLBACK PREPARED 'em duas fases'",
    )
    assert [(c.what.replace("for 0 s", "for 1 s"), c.todo) for c in fresh] == [prepared[1:]]

    def expected(details: str) -> list[Issue]:
        return [
            Issue(
                False,
                f"eventos, usuarios are held by session {pid} of postgres (a b){details}",
                f"End it: SELECT pg_terminate_backend({pid})",
            ),
            prepared,
        ]

    long = Issue(
        False,
        f"a transaction is open in session {waiting} of postgres (a b), for 1 s, idle in transaction",
        f"End it: SELECT pg_terminate_backend({waiting})",
    )
    shown, *more = expected(", for 1 s, idle in transaction")
    assert seen == [shown, long, *more]
    assert unseen == expected("")


def test_what_listens_to_changes(place: sa.Engine) -> None:
    in_schema = "CREATE PUBLICATION publico FOR TABLES IN SCHEMA public"
    run(
        place,
        "CREATE FUNCTION vigia() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER vigia ON ddl_command_end EXECUTE FUNCTION vigia()",
        # As hosts have them: it is never in the way.
        "CREATE EVENT TRIGGER extensoes ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION vigia()",
        "CREATE TABLE alheia (id integer)",
        "CREATE PUBLICATION alheias FOR TABLE alheia",
        "CREATE PUBLICATION poucas FOR TABLE usuarios, alheia",
        in_schema,
    )
    tables = len(lineage.load(STATE)["tables"])
    try:
        assert found(place) == [
            Issue(
                False,
                "the event trigger vigia calls vigia at each change of the schema",
                "Where it refuses or undoes one, the run is rolled back."
                " Off for a while, as postgres: ALTER EVENT TRIGGER vigia DISABLE",
            ),
            *(
                Issue(
                    False,
                    f"the publication {name} sends {number} of this application's to subscribers,"
                    " which do not follow changes of the schema",
                    "Upgrade the subscribers as well, or their replication stops",
                )
                for name, number in (("poucas", "1 table"), ("publico", f"{tables} tables"))
            ),
        ]
    finally:
        run(place, "DROP PUBLICATION alheias, poucas, publico", "DROP TABLE alheia", "DROP FUNCTION vigia CASCADE")


@pytest.mark.parametrize(
    ("version", "issue"),
    [
        (
            120022,
            Issue(
                True,
                "the server is PostgreSQL 12, and 13 is the oldest that will do",
                "Upgrade the server, then run again",
            ),
        ),
        (130000, None),
        (180004, None),
        (
            190000,
            Issue(False, "the server is PostgreSQL 19, and 18 is the newest this was tried on", "Try it on a copy"),
        ),
    ],
)
def test_another_version(place: sa.Engine, version: int, issue: Issue | None) -> None:
    """No machine here has such servers: the answer of this one is given another number."""
    with place.connect() as connection:
        facts = on_postgresql.read(connection)
    facts[0].facts["version"] = version
    assert list(on_postgresql.judge(facts)) == ([issue] if issue else [])


class Standby(servers.Server):
    """A server that waits for a primary, which will never come."""

    def _init(self) -> None:
        super()._init()
        signal = self.folder / "data" / "standby.signal"
        signal.touch()
        os.chown(signal, self.folder.stat().st_uid, self.folder.stat().st_gid)


def test_a_standby(monkeypatch: pytest.MonkeyPatch, run: Callable[..., tuple[int, str, str]]) -> None:
    for name in ("wal_level", "max_wal_senders"):
        monkeypatch.delitem(servers.SETTINGS, name)
    with Standby(VERSIONS[0]) as server:
        monkeypatch.setenv("DATABASE_URL", server.url())
        ended = run("upgrade")
        planned = run("upgrade", "--plan")
    said = (
        "Error: the server is a standby, which can only be read\nNext: Connect to the primary server, then run again\n"
    )
    assert (ended[0], ended[2]) == (planned[0], planned[2]) == (4, said)


VIEW_OF_ANOTHER = (
    "CREATE ROLE metabase",
    "GRANT USAGE, CREATE ON SCHEMA public TO metabase",
    "GRANT SELECT ON usuarios TO metabase",
    "CREATE VIEW bi AS SELECT nome, empresa_id FROM usuarios",
    "CREATE MATERIALIZED VIEW bi_contados AS SELECT empresa_id, count(*) FROM bi GROUP BY 1",
    "CREATE VIEW bi_nomes AS SELECT nome FROM usuarios",
    *(f"ALTER VIEW {name} OWNER TO metabase" for name in ("bi", "bi_nomes")),
    "ALTER MATERIALIZED VIEW bi_contados OWNER TO metabase",
    "ALTER SCHEMA public OWNER TO postgres",
    "GRANT USAGE, CREATE ON SCHEMA public TO dona",
)
TAKEN_BACK = (
    "DROP OWNED BY metabase CASCADE",
    "DROP ROLE metabase",
    "ALTER SCHEMA public OWNER TO pg_database_owner",
    "REVOKE ALL ON SCHEMA public FROM dona",
)


def views_found(engine: sa.Engine, role: str, *revisions: str) -> list[tuple[str, str]]:
    theirs = engine_of(engine.url.set(username=role).render_as_string(hide_password=False))
    with theirs.connect() as connection:
        return [(found.what, found.todo) for found in find_issues(connection, revisions) if "bi" in found.todo]


@pytest.fixture
def shown(place: sa.Engine) -> Iterator[sa.Engine]:
    """Views of a role that nothing else in the database belongs to."""
    run(place, *VIEW_OF_ANOTHER)
    yield place
    run(place, *TAKEN_BACK)


def test_views_of_another_role_over_a_column_that_goes(shown: sa.Engine) -> None:
    assert views_found(shown, "membro", "0007", "0010") == [
        (
            "the role membro may not drop what metabase owns, over columns that this run retires: bi, bi_contados",
            (
                "Connect as metabase, or let this role be it, then run again: GRANT metabase TO membro;"
                " or drop bi, bi_contados as metabase"
            ),
        )
    ]
    # No revision that takes it away, or a role that may drop it.
    assert views_found(shown, "membro", "0007", "0011") == []
    assert views_found(shown, "postgres", "0010") == []
    run(shown, "ALTER SCHEMA public OWNER TO dona")
    assert views_found(shown, "membro", "0010") == []
    run(shown, "ALTER SCHEMA public OWNER TO postgres", "GRANT metabase TO membro")
    assert views_found(shown, "membro", "0010") == []


def test_the_columns_that_revisions_retire_are_those_of_the_history() -> None:
    script = ScriptDirectory.from_config(configuration())
    history = {}
    for revision in script.walk_revisions():
        recorder = MagicMock()
        with patch.dict(vars(revision.module), op=recorder):
            revision.module.upgrade()
        if gone := tuple(f"{call.args[0]}.{call.args[1]}" for call in recorder.retire_column.call_args_list):
            history[revision.revision] = gone
    assert history == project().former.retired


@pytest.mark.parametrize("whose", ["DATABASE festa", "ROLE postgres", "ROLE postgres IN DATABASE festa"])
def test_a_role_that_a_setting_takes_is_the_cause(place: sa.Engine, whose: str) -> None:
    """Who logged in as the owner is not told to log in as the owner."""
    with place.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ALTER {whose} SET role = 'leitor'")
    theirs = make_engine(place.url)
    try:
        with theirs.connect() as connection:
            first, *others = find_issues(connection)
        assert others
        reset = f"ALTER {whose} RESET role"
        assert first == Issue(
            True,
            "this session acts as the role leitor, though postgres logged in, and leitor may not do what a run needs",
            f"A setting makes it so. As postgres, then connect anew: SET ROLE NONE; {reset}",
        )
        advice.try_out(engine_of(place.url.render_as_string(hide_password=False)), f"{first.what}. {first.todo}")
        with theirs.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET ROLE NONE")
            connection.exec_driver_sql(reset)
        with theirs.connect() as connection:
            assert find_issues(connection) == []
    finally:
        with place.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET ROLE NONE")
            connection.exec_driver_sql(f"ALTER {whose} RESET role")
