"""An event trigger that forbids or undoes what a run does is named, with who may switch it off; no harmless one is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support import lineage, pasting, servers
from tests.support.command import Ran

OFF = "As postgres or a superuser, switch it off, then run again: ALTER EVENT TRIGGER vigia DISABLE"
SUSPECTED = f"An event trigger may be why. {OFF}"
TRIGGER = "CREATE FUNCTION public.vigia() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {0} END $$;"
ON = "CREATE EVENT TRIGGER vigia ON {0} EXECUTE FUNCTION public.vigia();"
IN_A_RUN = "IF coalesce(current_setting('homecoming.began', true), '') <> '' THEN {0} END IF;"

# What it does in a run, when, and what is said: what, and what to do.
MEDDLERS = {
    "an index goes": (
        "DROP INDEX IF EXISTS public.idx_produtos_nome;",
        "ddl_command_end WHEN TAG IN ('CREATE INDEX')",
        "index produtos.idx_produtos_nome",
        SUSPECTED,
    ),
    "a schema is gone before it is used": (
        "DROP SCHEMA IF EXISTS retired;",
        "ddl_command_end WHEN TAG IN ('CREATE SCHEMA')",
        "retired",
        SUSPECTED,
    ),
    "what it calls raises": (
        "PERFORM public.proibe();",
        "sql_drop",
        "public.proibe(text)",
        "Switch it off, then run again: ALTER EVENT TRIGGER vigia DISABLE",
    ),
    "a rewrite is forbidden": (
        "RAISE EXCEPTION 'no rewrite';",
        "table_rewrite",
        "public.vigia()",
        "Switch it off, then run again: ALTER EVENT TRIGGER vigia DISABLE",
    ),
}
FORBIDS = (
    "CREATE FUNCTION public.proibe(a text DEFAULT '') RETURNS void LANGUAGE plpgsql"
    " AS $$ BEGIN RAISE EXCEPTION 'proibido'; END $$;"
)


def execute(engine: sa.Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


@pytest.fixture
def database(server: servers.Server, postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """State 22, with a column that a run makes anew."""
    lineage.build(postgres, 22, rows=2)
    execute(postgres, f"ALTER TABLE usuarios ALTER telefone TYPE integer USING 1; {FORBIDS}")
    monkeypatch.setenv("DATABASE_URL", server.url(str(postgres.url.database)))
    return postgres


@pytest.mark.parametrize(("does", "on", "what", "todo"), MEDDLERS.values(), ids=MEDDLERS)
def test_what_meddles_is_named(
    server: servers.Server, database: sa.Engine, does: str, on: str, what: str, todo: str, run: Callable[..., Ran]
) -> None:
    execute(database, TRIGGER.format(IN_A_RUN.format(does)) + ON.format(on))
    before = server.dump_schema(str(database.url.database))
    for verb in (("upgrade", "--plan"), ("upgrade",)):
        code, out, err = run(*verb)
        assert code in (4, 6), (out, err)
        assert what in err
        assert todo in err, err
    answer = pasting.Place(server, str(database.url.database)).paste(pasting.script("sql"))
    assert what in (answer.message or "")
    assert todo.replace("run again", "paste again") in (answer.hint or ""), answer.hint
    assert server.dump_schema(str(database.url.database)) == before
    execute(database, "ALTER EVENT TRIGGER vigia DISABLE")
    assert run("upgrade")[0] == 0


def test_those_that_change_nothing_are_in_no_one_s_way(
    server: servers.Server, database: sa.Engine, run: Callable[..., Ran]
) -> None:
    """As hosts install them; the plan says that they are there, but for those that no run of ours fires."""
    execute(
        database,
        TRIGGER.format("NOTIFY pgrst;")
        + "".join(
            f"CREATE EVENT TRIGGER {name} ON {on} EXECUTE FUNCTION public.vigia();"
            for name, on in {
                "ouve": "ddl_command_end",
                "ouve_o_que_sai": "sql_drop",
                "de_extensoes": "ddl_command_end WHEN TAG IN ('CREATE EXTENSION')",
                **({"na_entrada": "login"} if server.version >= 17 else {}),
            }.items()
        ),
    )
    code, out, err = run("upgrade", "--plan")
    assert code == 0, (out, err)
    assert "the event trigger ouve calls vigia at each change of the schema" in out + err
    assert "the event trigger ouve_o_que_sai calls vigia" in out + err
    assert "de_extensoes" not in out + err
    assert "na_entrada" not in out + err
    assert run("upgrade")[0] == 0


def test_an_error_that_has_another_cause_suspects_none(
    server: servers.Server, database: sa.Engine, run: Callable[..., Ran]
) -> None:
    execute(database, TRIGGER.format("NULL;") + ON.format("ddl_command_end"))
    execute(database, "ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey")
    execute(database, "UPDATE itens_venda_pdv SET produto_id = 900 + id")
    code, _, err = run("upgrade")
    assert (code, "EVENT TRIGGER" in err) == (4, False), err
    answer = pasting.Place(server, str(database.url.database)).paste(pasting.script("sql"))
    assert (answer.state, "EVENT TRIGGER" in answer.said) == ("PM004", False)
