"""What PostgreSQL answers to what people did: a refusal that names it, and a way out that works, online and pasted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from tests.conftest import VERSIONS, engine_of
from tests.support import lineage, servers
from tests.support.command import Ran
from tests.support.pasting import DONE, Place, script

SECRET = "canario-do-valor"
ROLE, OTHER = f"app_painel_{os.getpid()}", f"metabase_{os.getpid()}"


@dataclass(frozen=True)
class Case:
    """What was done to a state, what both refusals name, the statement that ends it, and the exit code."""

    damage: str
    says: tuple[str, ...]
    cure: str
    state: int = 22
    code: int = 4


CASES = {
    # What a change of the C library's collation leaves behind.
    "duplicates_under_a_valid_unique_index": Case(
        "ALTER TABLE usuarios ALTER nome TYPE text;"
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'ix_usuarios_cpf'::regclass;"
        "INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo)"
        " SELECT cpf, nome, 'segundo@example.com', senha_hash, tipo FROM usuarios ORDER BY id LIMIT 1;"
        "UPDATE pg_index SET indisready = true WHERE indexrelid = 'ix_usuarios_cpf'::regclass",
        (
            "usuarios.cpf: 2 rows hold values that occur more than once under ix_usuarios_cpf, a unique index",
            "Correct them, REINDEX INDEX public.ix_usuarios_cpf, then ",
            "See them: SELECT * FROM (SELECT ctid, cpf, ",
        ),
        "DELETE FROM usuarios WHERE email = 'segundo@example.com'; REINDEX INDEX ix_usuarios_cpf",
    ),
    "duplicates_under_an_index_over_an_expression": Case(
        "ALTER TABLE usuarios ALTER nome TYPE text;"
        "CREATE UNIQUE INDEX so_um ON usuarios (lower(email)) WHERE ativo;"
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'so_um'::regclass;"
        "INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo, ativo)"
        " SELECT '1', nome, upper(email), senha_hash, tipo, true FROM usuarios WHERE ativo ORDER BY id LIMIT 1;"
        "UPDATE pg_index SET indisready = true WHERE indexrelid = 'so_um'::regclass",
        ("usuarios.lower(", ": 2 rows hold values that occur more than once under so_um, ", "ativo AND num_nulls("),
        "DELETE FROM usuarios WHERE cpf = '1'; REINDEX INDEX so_um",
    ),
    "an_event_trigger_that_raises": Case(
        "CREATE FUNCTION nada_muda() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{SECRET}' USING DETAIL = '{SECRET}', HINT = '{SECRET}', TABLE = '{SECRET}'; END $$;"
        "CREATE EVENT TRIGGER nada_muda ON ddl_command_end WHEN TAG IN ('CREATE SCHEMA', 'DROP TABLE', 'CREATE INDEX')"
        " EXECUTE FUNCTION nada_muda()",
        ("nada_muda()", "refuses (P0001)", "Switch it off", "ALTER EVENT TRIGGER nada_muda DISABLE"),
        "ALTER EVENT TRIGGER nada_muda DISABLE",
    ),
    "a_function_of_an_index_that_fails": Case(
        "ALTER TABLE usuarios ALTER nome TYPE text;"
        "CREATE FUNCTION limpa(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN t; END $$;"
        "CREATE INDEX limpos ON usuarios (limpa(senha_hash));"
        "CREATE OR REPLACE FUNCTION limpa(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN t::integer; END $$",
        ("limpa(text)", "a value does not fit its column (22P02)", "Drop what calls "),
        "DROP FUNCTION limpa CASCADE",
    ),
    "a_table_with_too_many_columns": Case(
        "DO $$ BEGIN EXECUTE (SELECT 'ALTER TABLE listas ' || string_agg('ADD c' || i || ' bool', ',') ||"
        " ', DROP COLUMN descricao' FROM generate_series(1, 1600 - (SELECT max(attnum) FROM pg_attribute"
        " WHERE attrelid = 'listas'::regclass)) i); END $$",
        ("listas: ", "1600", "(54011)", "Drop columns that nobody needs"),
        "CREATE TABLE nova (LIKE listas INCLUDING ALL)",
    ),
    "a_view_of_another_role": Case(
        f"GRANT SELECT ON produtos TO {OTHER}; GRANT USAGE, CREATE ON SCHEMA public TO {OTHER}; SET ROLE {OTHER};"
        "CREATE VIEW public.bi_cardapio AS SELECT nome, evento_id FROM public.produtos; RESET ROLE",
        ("bi_cardapio", f"Connect as {OTHER}", f"GRANT {OTHER} TO {ROLE}"),
        f"GRANT {OTHER} TO {ROLE}",
        state=20,
    ),
    "a_materialized_view_of_another_role": Case(
        f"GRANT SELECT ON produtos TO {OTHER}; GRANT USAGE, CREATE ON SCHEMA public TO {OTHER}; SET ROLE {OTHER};"
        "CREATE MATERIALIZED VIEW public.bi AS SELECT nome, evento_id FROM public.produtos; RESET ROLE",
        ("bi", f"GRANT {OTHER} TO {ROLE}", f"drop public.bi as {OTHER}"),
        f"SET ROLE {OTHER}; DROP MATERIALIZED VIEW public.bi; RESET ROLE",
        state=20,
    ),
}
CURED = [name for name in CASES if name != "a_table_with_too_many_columns"]


@pytest.fixture(params=VERSIONS, ids=lambda version: f"pg{version}")
def place(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[Place]:
    """A database whose tables belong to a role that is no superuser, and that has not its schema; and another role."""
    server = server_of(request.param)
    place = Place(server, ROLE)
    server.create_database(place.name)
    place.run(f"CREATE ROLE {ROLE} LOGIN", f"CREATE ROLE {OTHER}", f"GRANT ALL ON SCHEMA public TO {ROLE}")
    place.run(f"GRANT CREATE ON DATABASE {ROLE} TO {ROLE}")
    yield place.as_(ROLE)
    server.drop_database(place.name)
    Place(server, "postgres").run(f"DROP ROLE {ROLE}", f"DROP ROLE {OTHER}")


def url_of(place: Place) -> sa.URL:
    return engine_of(place.server.url(place.name)).url.set(username=ROLE)


@pytest.mark.parametrize("name", CASES)
def test_what_people_do(place: Place, name: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    lineage.build(engine_of(url_of(place).render_as_string()), case.state, rows=12)
    place.run(case.damage)
    before = place.whole()
    monkeypatch.setenv("DATABASE_URL", url_of(place).render_as_string())
    code, out, err = run("upgrade")
    # A rehearsal is a run: it says the same of what ends it.
    planned = run("upgrade", "--plan")
    assert (planned[0], planned[2]) == (code, err)
    answer = place.paste(script("sql"))
    online = " ".join(err.split())
    pasted = f"{answer.message} {answer.hint}"
    for said in case.says:
        assert said in online, online
        assert said in pasted, pasted
    assert SECRET not in out + err + answer.said
    assert "report it" not in (online + pasted).lower()
    assert code == case.code
    assert place.whole() == before
    if name in CURED:
        place.run(case.cure)
        assert DONE in place.paste(script("sql")).said
