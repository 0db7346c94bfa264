"""What a role or a database may have set: no run, look or paste ends of it, and none of it changes what one leaves."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.operations.guarded import SESSION
from tests.conftest import engine_of
from tests.integration.test_convergence import copied
from tests.support import conservation, history, lineage, pasting, scars, servers
from tests.support.command import Ran

# By name: each by itself would end a run, or change what it leaves behind.
SET: dict[str, str] = {
    "idle_in_transaction_session_timeout": "300ms",
    "exit_on_error": "on",
    "TimeZone": "Asia/Kathmandu",
    "DateStyle": "German",
    "IntervalStyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "row_security": "on",
    "jit": "on",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "plpgsql.extra_errors": "all",
    "client_min_messages": "error",
    "default_tablespace": "outro",
    "quote_all_identifiers": "on",
    "search_path": "nada",
    "client_encoding": "SQL_ASCII",
    "lock_timeout": "1h",
    "statement_timeout": "1min",
    "check_function_bodies": "off",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "debug_parallel_query": "on",
    "plan_cache_mode": "force_generic_plan",
    "synchronous_commit": "off",
    "xmloption": "document",
    "backslash_quote": "off",
    "gin_fuzzy_search_limit": "1",
    "restrict_nonsystem_relation_kind": "view",
}
NEWER = {"debug_parallel_query": 16, "restrict_nonsystem_relation_kind": 17}


def set_on(engine: sa.Engine, settings: dict[str, str], version: int) -> None:
    """Set all of it for every later session in the database."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name, value in settings.items():
            if version >= NEWER.get(name, 0):
                connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET {name} = '{value}'")


@pytest.fixture
def tablespace(server: servers.Server) -> None:
    """A tablespace named `outro` on the server."""
    with server.connection("postgres") as cursor:
        cursor.execute("SET allow_in_place_tablespaces = on")
        cursor.execute("SELECT 1 FROM pg_tablespace WHERE spcname = 'outro'")
        if not cursor.fetchall():
            cursor.execute("CREATE TABLESPACE outro LOCATION ''")


def reset(engine: sa.Engine) -> None:
    """Take all of it back, for the judges."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} RESET ALL")


@pytest.mark.usefixtures("tablespace")
def test_whatever_a_database_has_set(
    server: servers.Server, postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it at once, online and pasted: home, every cell kept, and the same to the letter as without."""
    lineage.build(postgres, 22, rows=12)
    for scar in ("numbers_of_other_types", "timestamps_as_text", "usuarios_tipo_usuario_beside_tipo"):
        scars.apply(postgres, scars.get("postgresql", scar))
    before = conservation.take(postgres)
    with copied(server, postgres) as plain:
        # What the application's sessions take for their zone says which moment a text without one is.
        set_on(plain, {"TimeZone": SET["TimeZone"]}, server.version)
        history.upgrade(plain)
        reset(plain)
        wanted = server.dump_schema(str(plain.url.database))
        name = f"{postgres.url.database}_pasted"
        pasted = engine_of(server.create_database(name, template=str(postgres.url.database)))
        try:
            # A paste is told to set this one itself.
            set_on(pasted, SET | {"default_transaction_isolation": "read committed"}, server.version)
            pasting.paste(pasted, pasting.script("sql"))
            reset(pasted)
            assert server.dump_schema(name) == wanted
            assert pasting.differing_tables(plain, pasted) == []
        finally:
            server.drop_database(name)
        set_on(postgres, SET, server.version)
        monkeypatch.setenv("DATABASE_URL", server.url(str(postgres.url.database)))
        code, out, said = run("upgrade")
        assert code == 0, said
        assert "retired column usuarios.tipo_usuario" in out
        assert run("verify")[0] == run("status")[0] == 0
        reset(postgres)
        assert server.dump_schema(str(postgres.url.database)) == wanted
        assert pasting.differing_tables(plain, postgres) == []
    assert conservation.missing(before, postgres) == []


def test_a_limit_for_whole_transactions(
    server_of: Callable[[int], servers.Server], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From PostgreSQL 17 on a database may end every transaction that takes longer: not one of ours."""
    server = server_of(18)
    name = f"limited_{os.getpid()}"
    engine = engine_of(server.create_database(name))
    try:
        lineage.build(engine, 22, rows=12)
        set_on(engine, {"transaction_timeout": "150ms", "idle_session_timeout": "150ms"}, 18)
        with copied(server, engine) as copy:
            set_on(copy, {"transaction_timeout": "150ms"}, 18)
            assert pasting.paste(copy, pasting.script("sql"))[-1].endswith(pasting.DONE)
        monkeypatch.setenv("DATABASE_URL", server.url(name))
        # Slow enough that the limit would have ended it.
        monkeypatch.setattr("homecoming.run.environment.refuse_foreign_database", _slowly)
        assert run("upgrade", "--plan")[0] == 0
        code, out, said = run("upgrade")
        assert code == 0, said
        assert "the connection was lost" not in out + said
        assert run("verify")[0] == run("health")[0] == 0
    finally:
        server.drop_database(name)


@pytest.mark.parametrize("whose", ["DATABASE {0}", "ROLE {1}", "ROLE {1} IN DATABASE {0}"])
def test_a_limit_of_statements_is_ours(
    server: servers.Server, postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """What a database or a role has set ends no look; MIGRATION_STATEMENT_TIMEOUT does, and says so."""
    history.at_head(postgres)
    name, role = str(postgres.url.database), f"breve_{os.getpid()}"
    with server.connection("postgres") as cursor:
        cursor.execute(f"CREATE ROLE {role} SUPERUSER LOGIN")
    try:
        for setting in ("statement_timeout = '60ms'", "lock_timeout = '1ms'"):
            with server.connection("postgres") as cursor:
                cursor.execute(f"ALTER {whose.format(name, role)} SET {setting}")
        monkeypatch.setenv("DATABASE_URL", postgres.url.set(username=role).render_as_string(hide_password=False))
        sa.event.listen(sa.Engine, "before_cursor_execute", _asked_slowly, retval=True)
        for command in (
            ["verify"],
            ["status"],
            ["history"],
            ["health"],
            ["doctor"],
            ["upgrade"],
            ["upgrade", "--plan"],
        ):
            code, out, said = run(*command)
            assert (code, "timeout" in out + said) == (0, False), (command, out, said)
        monkeypatch.setenv("MIGRATION_STATEMENT_TIMEOUT", "0.02")
        for verb in ("verify", "status", "history", "health"):
            code, out, said = run(verb)
            assert code != 0, verb
            assert "MIGRATION_STATEMENT_TIMEOUT" in out + said, (verb, out, said)
        monkeypatch.delenv("MIGRATION_STATEMENT_TIMEOUT")
        # That is what a run may hold others up for; who only looks holds up nobody.
        monkeypatch.setenv("MIGRATION_LOCK_TIMEOUT", "0.1")
        with postgres.connect() as holder:
            holder.exec_driver_sql("LOCK TABLE usuarios")
            threading.Timer(0.5, holder.rollback).start()
            assert run("verify")[0] == 0
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", _asked_slowly)
        server.drop_database(name)
        with server.connection("postgres") as cursor:
            cursor.execute(f"DROP ROLE {role}")


def test_a_limit_of_temporary_files_is_named_with_what_lifts_it(
    server: servers.Server, postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A superuser alone may set it: online and pasted, the refusal has the statement, after which the run passes."""
    name, role = str(postgres.url.database), f"apertada_{os.getpid()}"
    with server.connection("postgres") as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN")
        cursor.execute(f"ALTER DATABASE {name} OWNER TO {role}")
    owned = engine_of(postgres.url.set(username=role).render_as_string(hide_password=False))
    try:
        with postgres.begin() as connection:
            connection.exec_driver_sql(f"GRANT ALL ON SCHEMA public TO {role}")
        lineage.build(owned, 22, rows=2)
        with owned.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo)"
                " SELECT i, repeat('n', 90), i || '@example.com',"
                " 's', tipo FROM generate_series(1, 20000) AS i, (SELECT tipo FROM usuarios LIMIT 1) AS one"
            )
        set_on(postgres, {"temp_file_limit": "0", "work_mem": "64kB"}, server.version)
        monkeypatch.setenv("DATABASE_URL", owned.url.render_as_string(hide_password=False))
        pasted = pasting.Place(server, name, role).paste(pasting.script("sql"))
        lifts = f"ALTER ROLE {role} IN DATABASE {name} SET temp_file_limit = -1"
        for command in (["upgrade"], ["verify"]):
            code, _, said = run(*command)
            assert (code, "temp_file_limit" in said, lifts in said) == (6, True, True), said
        assert lifts in str(pasted.error)
        with server.connection(name) as cursor:
            cursor.execute(lifts)
        code, _, said = run("upgrade")
        assert code == 0, said
    finally:
        owned.dispose()
        server.drop_database(name)
        with server.connection("postgres") as cursor:
            cursor.execute(f"DROP ROLE {role}")


def _asked_slowly(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> tuple[str, Any]:
    """Have each question take longer than what is set, whatever the machine."""
    is_question = statement.lstrip().startswith(("SELECT", "WITH"))
    return f"SELECT pg_catalog.pg_sleep(0.08);{statement}" if is_question else statement, parameters


def _slowly(*_arguments: object, **_named: object) -> None:
    time.sleep(0.4)


def test_the_list_is_sent_and_pasted() -> None:
    """One list: each setting of it is in the pasted script, and none has another value there."""
    text = pasting.script("sql")
    for line in SESSION.splitlines():
        assert line.removeprefix("SELECT ") in text
