"""Nothing of another role's runs with our rights: planted overloads, and things that bear names of ours."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
import sqlalchemy as sa

from painel_migrations.auto_migrate import run_auto_migration
from tests.support import history, lineage, pasting, verdicts
from tests.support.command import Ran

VISITOR = "visita_de_fora"

# As anybody could before PostgreSQL 15: better matches than pg_catalog's own.
PLANTED = """
CREATE FUNCTION public.array_remove(a text[], b text) RETURNS text[] LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE FUNCTION public.format(a text, b text) RETURNS text LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE FUNCTION public.concat(a text, b text) RETURNS text LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE FUNCTION public.planted(a name, b text) RETURNS boolean LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE OPERATOR public.|| (LEFTARG = name, RIGHTARG = text, FUNCTION = public.planted);
CREATE OPERATOR public.<> (LEFTARG = "char", RIGHTARG = text, FUNCTION = public.planted_char);
"""

BOOK = """
CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE FUNCTION public.olha() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE TRIGGER olha BEFORE INSERT OR UPDATE ON public.alembic_version FOR EACH ROW EXECUTE FUNCTION public.olha();
"""

CHARS = (
    'CREATE FUNCTION public.planted_char(a "char", b text) RETURNS boolean LANGUAGE plpgsql'
    " AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;"
)


def plant(engine: sa.Engine, statements: str) -> None:
    """Run statements as a role that may create in public and nothing else."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"DO $do$ BEGIN CREATE ROLE {VISITOR}; EXCEPTION WHEN duplicate_object THEN END $do$;"
            f"GRANT USAGE, CREATE ON SCHEMA public TO {VISITOR}; SET ROLE {VISITOR}; {statements}; RESET ROLE",
            execution_options={"no_parameters": True},
        )


@pytest.fixture
def planted(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    lineage.build(postgres, 22, rows=2)
    plant(postgres, CHARS + PLANTED)
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    return postgres


def test_no_planted_overload_runs_in_any_command(planted: sa.Engine, run: Callable[..., Ran]) -> None:
    for verb in ("status", "history", "metrics", "upgrade", "verify", "health", "history", "metrics", "doctor"):
        code, out, err = run(verb)
        # What ran would raise, and end the verb.
        assert code == 0 or (code == 1 and verb in ("health", "doctor")), (verb, code, out, err)
        assert "unexpected error" not in out + err


def test_no_planted_overload_runs_in_a_pasted_script(planted: sa.Engine) -> None:
    for arguments in (("sql",), ("sql-verify",), ("sql-rollback", "--to", "base")):
        pasting.paste(planted, pasting.script(*arguments))


def test_a_book_of_another_role_is_refused_by_every_command(
    postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    history.at_head(postgres)
    with postgres.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    plant(postgres, BOOK)
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    said = f"alembic_version is not this project's: it belongs to {VISITOR}, has the trigger olha"
    for verb in ("status", "verify", "history", "upgrade", "health"):
        code, out, err = run(verb)
        assert said in out + err, (verb, code, out, err)
    assert run("status")[0] == run("verify")[0] == run("history")[0] == run("upgrade")[0] == 4
    assert run_auto_migration() is False


def test_a_materialized_view_of_another_role_is_not_filled_with_our_rights(
    postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(postgres, 22, rows=2)
    with postgres.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE usuarios ALTER nome TYPE varchar(300)")
    plant(postgres, "SELECT 1")
    with postgres.begin() as connection:
        connection.exec_driver_sql(f"GRANT SELECT ON usuarios TO {VISITOR}")
    # It raises for whoever is not its owner.
    plant(
        postgres,
        "CREATE FUNCTION public.quem() RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
        f" IF current_user <> '{VISITOR}' THEN RAISE EXCEPTION 'planted'; END IF; RETURN current_user; END $$;"
        "CREATE MATERIALIZED VIEW public.espelho AS SELECT public.quem() AS quem, nome, id FROM usuarios",
    )
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    code, out, err = run("upgrade")
    assert code == 0, (out, err)
    with postgres.connect() as connection:
        made = connection.exec_driver_sql(
            "SELECT relispopulated, relowner::regrole::text FROM pg_class WHERE oid = to_regclass('public.espelho')"
        ).one()
    assert tuple(made) == (False, VISITOR)


OURS = "DROP TABLE IF EXISTS alembic_version CASCADE;"
GUARD = "migration_history_only_grows"
BOOKS = {
    "a view": (
        f"{OURS} CREATE VIEW alembic_version AS SELECT '0001'::varchar AS version_num",
        "the name alembic_version is taken by something that is not Alembic's",
    ),
    "a policy": (
        "CREATE POLICY so ON alembic_version USING (false)",
        "alembic_version is not this project's: it has row security",
    ),
    "a child": (
        "CREATE TABLE filha () INHERITS (migration_history)",
        "migration_history is not this project's: it shares its rows with public.filha",
    ),
    "a guard with another body": (
        f"CREATE OR REPLACE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        f"migration_history is not this project's: it has the trigger {GUARD}",
    ),
    "a rule": (
        "CREATE RULE eco AS ON INSERT TO alembic_version DO ALSO NOTIFY eco",
        "alembic_version is not this project's: it has the rule eco",
    ),
    "a register of another": (
        (
            f"CREATE SCHEMA IF NOT EXISTS retired; CREATE TABLE IF NOT EXISTS retired.register (id integer);"
            f"ALTER TABLE retired.register OWNER TO {VISITOR}"
        ),
        f"retired.register is not this project's: it belongs to {VISITOR}",
    ),
    "a schema of another": (
        f"CREATE SCHEMA IF NOT EXISTS retired; ALTER SCHEMA retired OWNER TO {VISITOR}",
        f"schema retired is not this project's: it belongs to {VISITOR}",
    ),
}


@pytest.mark.parametrize(("statement", "said"), BOOKS.values(), ids=BOOKS)
def test_what_bears_a_name_of_ours_is_refused_by_commands_and_pastes(
    postgres: sa.Engine, statement: str, said: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    history.upgrade(postgres, "0003")
    plant(postgres, "SELECT 1")
    with postgres.begin() as connection:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    for verb in ("status", "verify", "upgrade"):
        code, out, err = run(verb)
        assert code == 4, (verb, out, err)
        assert said in err, verb
    with postgres.connect() as connection:
        checks, verdict = verdicts.judge(connection)
    assert [found for _, _, found, result, _ in checks if result == "FAIL" and found.startswith(said)]
    assert verdict[3] == "FAIL"
    for arguments in (
        ("sql",),
        ("sql", "--style", "escaped"),
        ("sql", "--to", "0004"),
        ("sql-rollback", "--to", "base"),
    ):
        with pytest.raises(psycopg2.Error) as refused:
            pasting.paste(postgres, pasting.script(*arguments))
        assert (refused.value.pgcode, said in refused.value.diag.message_primary) == ("PM004", True), arguments
