"""What a stranger could plant where PUBLIC may create: tables of our names, and expressions that run text as SQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import psycopg2
import pytest
import sqlalchemy as sa

from tests.conftest import engine_of
from tests.integration.test_trust import VISITOR, plant
from tests.support import lineage, pasting, servers
from tests.support.command import Ran

HOSTILE = """
CREATE FUNCTION public.mira(a text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql
AS $$ BEGIN RAISE WARNING 'planted'; RETURN true; END $$;
CREATE FUNCTION public.olha() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE WARNING 'planted'; RETURN NEW; END $$;
"""
PLANTED = {
    "a check": "CREATE TABLE usuarios (id serial PRIMARY KEY, tipo text, nome text CHECK (public.mira(nome)))",
    "a default": "CREATE TABLE usuarios (id serial PRIMARY KEY, tipo text, ativo boolean DEFAULT public.mira('a'))",
    "a trigger": "CREATE TABLE usuarios (id serial PRIMARY KEY, tipo text);"
    "CREATE TRIGGER olha BEFORE INSERT OR UPDATE ON usuarios FOR EACH ROW EXECUTE FUNCTION public.olha()",
    "the version table beside it": "CREATE TABLE usuarios (id serial PRIMARY KEY, tipo text);"
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
}


def execute(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def refused(engine: sa.Engine, run: Callable[..., Ran], said: str) -> None:
    """Upgrade and paste: refused in the same words, with nothing of the stranger's run."""
    code, out, err = run("upgrade")
    assert code == 4, (out, err)
    assert said in err
    session = pasting.Session(engine.url.set(drivername="postgresql").render_as_string())
    answer = session.paste(pasting.script("sql"))
    session.close()
    assert (answer.state, said in (answer.message or "")) == ("PM004", True), answer
    assert "planted" not in answer.said + out + err


@pytest.fixture
def empty(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    return postgres


@pytest.mark.parametrize("public", [True, False], ids=["PUBLIC may create", "the stranger may create"])
@pytest.mark.parametrize("statement", PLANTED.values(), ids=PLANTED)
def test_the_owner_of_a_planted_table_is_not_trusted(
    empty: sa.Engine, statement: str, public: bool, run: Callable[..., Ran]
) -> None:
    plant(empty, "SELECT 1")
    if public:
        execute(empty, f"REVOKE ALL ON SCHEMA public FROM {VISITOR}; GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC")
    execute(empty, f"SET ROLE {VISITOR}; SET search_path = public; {HOSTILE}{statement}; RESET ROLE")
    refused(empty, run, f"belongs to {VISITOR}" if "alembic_version" in statement else f"of {VISITOR}, which would run")


@pytest.fixture
def application(server: servers.Server, postgres: sa.Engine) -> Iterator[str]:
    """A role that may log in, and create in the database and its schema, whose owner it is not."""
    name = f"aplicacao_{os.getpid()}"
    execute(
        postgres,
        f"CREATE ROLE {name} LOGIN",
        f"GRANT ALL ON DATABASE {postgres.url.database} TO {name}",
        f"GRANT ALL ON SCHEMA public TO {name}",
    )
    yield name
    server.drop_database(str(postgres.url.database))
    with server.connection("postgres") as cursor:
        cursor.execute(f"DROP ROLE {name}")


def test_the_application_s_role_is_trusted_by_another_that_migrates(
    empty: sa.Engine, application: str, run: Callable[..., Ran]
) -> None:
    """It made the tables and migrated once; a superuser migrates now."""
    theirs = engine_of(empty.url.set(username=application).render_as_string(hide_password=False))
    lineage.build(theirs, 22, rows=2)
    execute(
        theirs,
        "CREATE FUNCTION public.fica() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER fica BEFORE UPDATE ON eventos FOR EACH ROW EXECUTE FUNCTION public.fica()",
    )
    pasting.paste(theirs, pasting.script("sql", "--to", "0003"))
    code, out, err = run("upgrade")
    assert code == 0, (out, err)
    assert run("verify")[0] == 0


# A leftover copy that a stranger made, by what it hides and what of it is named.
COPY = "CREATE TABLE usuarios_backup (id integer, nome varchar(255), email varchar(255), {0})"
RUNS = "query_to_xml('SELECT public.mira(''a'')', true, true, '') IS NOT NULL"
HIDDEN = {
    "a check that runs a query": (COPY.format(f"CHECK ({RUNS})"), "query_to_xml"),
    "a default that changes the path": (
        COPY.format("x text DEFAULT set_config('search_path', 'public', false)"),
        "set_config",
    ),
    "a check that reads a file": (COPY.format("CHECK (pg_read_file('PG_VERSION') <> '')"), "pg_read_file"),
    "a domain": (
        f"CREATE DOMAIN public.vale AS text CHECK ({RUNS}); " + COPY.format("x public.vale"),
        "query_to_xml",
    ),
    "an operator": (
        "CREATE OPERATOR public.@@@ (LEFTARG = tsquery, RIGHTARG = text, FUNCTION = ts_rewrite); "
        + COPY.format("CHECK ('a'::tsquery OPERATOR(public.@@@) nome IS NOT NULL)"),
        "ts_rewrite",
    ),
    "a function of ours": (COPY.format("CHECK (public.executa('SELECT public.mira(''a'')'))"), "executa"),
    "a rule": (
        COPY.format("x text") + f"; CREATE RULE r AS ON DELETE TO usuarios_backup DO ALSO SELECT {RUNS}",
        "query_to_xml",
    ),
}


@pytest.fixture
def executes(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """State 22 beside a function of the superuser that runs any text, as hosts and people have them."""
    lineage.build(postgres, 22, rows=2)
    execute(
        postgres,
        "CREATE FUNCTION public.executa(a text) RETURNS boolean LANGUAGE plpgsql"
        " AS $$ BEGIN EXECUTE a; RETURN true; END $$",
    )
    plant(postgres, HOSTILE)
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    return postgres


@pytest.mark.parametrize(("statement", "named"), HIDDEN.values(), ids=HIDDEN)
def test_what_runs_text_as_sql_is_another_s_code(
    executes: sa.Engine, statement: str, named: str, run: Callable[..., Ran]
) -> None:
    plant(executes, f"SET search_path = public; {statement}")
    refused(executes, run, f"calls {named}(")


def test_a_view_of_a_stranger_under_ours(executes: sa.Engine, run: Callable[..., Ran]) -> None:
    plant(executes, f"CREATE VIEW public.contas AS SELECT 1 AS id WHERE {RUNS}")
    execute(
        executes,
        f"GRANT {VISITOR} TO postgres; CREATE MATERIALIZED VIEW usuarios_resumo AS SELECT contas.id, nome FROM contas,"
        f" usuarios WITH NO DATA; REVOKE {VISITOR} FROM postgres",
    )
    # As it is once somebody has filled it.
    execute(executes, "UPDATE pg_class SET relispopulated = true WHERE relname = 'usuarios_resumo'")
    refused(executes, run, "materialized view usuarios_resumo calls query_to_xml(")


def test_what_calls_them_and_is_ours_comes_home(executes: sa.Engine, run: Callable[..., Ran]) -> None:
    """A materialized view of words, as PostgreSQL's manual has it; a stranger's table with plain defaults."""
    execute(
        executes,
        "CREATE MATERIALIZED VIEW palavras AS SELECT word, (SELECT count(tipo) FROM usuarios) AS n"
        " FROM ts_stat('SELECT to_tsvector(''simple'', nome) FROM public.usuarios')",
        "ALTER TABLE eventos ADD CONSTRAINT nosso CHECK (set_config('homecoming.x', nome, true) IS NOT NULL)",
        f"GRANT REFERENCES ON usuarios TO {VISITOR}",
    )
    plant(
        executes,
        "CREATE TABLE public.convites (id serial, quem uuid DEFAULT gen_random_uuid(), quando timestamptz"
        " DEFAULT clock_timestamp(), dono integer REFERENCES public.usuarios (id), CHECK (length(quem::text) > 3))",
    )
    code, out, err = run("upgrade")
    assert code == 0, (out, err)


@pytest.mark.parametrize("who", [VISITOR, "PUBLIC"])
def test_who_may_create_among_what_is_retired(executes: sa.Engine, who: str, run: Callable[..., Ran]) -> None:
    execute(executes, f"ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO {who}")
    execute(executes, "CREATE INDEX avulso ON usuarios (telefone)")
    assert run("upgrade", "0021")[0] == 0
    # What default privileges would have given is taken back, and nothing is in the next run's way.
    assert run("upgrade", "--plan")[0] == 0
    execute(executes, f"GRANT CREATE ON SCHEMA retired TO {who}")
    said = f"schema retired is not this project's: it lets {who} create in it"
    refused(executes, run, said)
    for verb in ("status", "verify"):
        code, _, err = run(verb)
        assert (code, said in err) == (4, True), err
    with pytest.raises(psycopg2.Error, match="create in it"):
        pasting.paste(executes, pasting.script("sql-rollback", "--to", "base"))
    execute(executes, f"REVOKE CREATE ON SCHEMA retired FROM {who}")
    assert run("upgrade")[0] == 0


def test_an_event_trigger_whose_function_is_a_stranger_s(executes: sa.Engine, run: Callable[..., Ran]) -> None:
    plant(
        executes,
        "CREATE FUNCTION public.ouve() RETURNS event_trigger LANGUAGE plpgsql"
        " AS $$ BEGIN IF current_setting('homecoming.began', true) <> '' THEN RAISE WARNING 'planted'; END IF; END $$",
    )
    execute(executes, "CREATE EVENT TRIGGER ouve ON ddl_command_end EXECUTE FUNCTION public.ouve()")
    refused(executes, run, f"event trigger ouve calls ouve() of {VISITOR}")
