"""No look reads rows where reading runs, or could run, the code of another role: it says so instead."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from homecoming.commands.verify import FIX
from tests.conftest import engine_of
from tests.integration.test_trust import VISITOR, plant
from tests.support import lineage, pasting, servers, verdicts
from tests.support.command import Ran

SAYS = "BEGIN RAISE WARNING 'planted runs as %', current_user; RETURN true; END"
CODE = f"""
CREATE FUNCTION public.mira(a text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ {SAYS} $$;
CREATE FUNCTION public.miram(a text, b text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ {SAYS} $$;
CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = public.miram);
CREATE DOMAIN public.vale AS integer CHECK (public.mira(VALUE::text));
"""
TABLE = "CREATE TABLE public.formas_pagamento (id {0}serial PRIMARY KEY, nome text{1})"
# What a stranger makes in the place of a table that is not there yet.
PLANTED = {
    "a policy": TABLE.format("", "") + "; ALTER TABLE public.formas_pagamento ENABLE ROW LEVEL SECURITY;"
    " CREATE POLICY p ON public.formas_pagamento USING (public.mira(nome))",
    "an index of a constant": TABLE.format("", "") + "; CREATE INDEX ON public.formas_pagamento (public.mira('a'))",
    "an index of some rows": TABLE.format("", "") + "; CREATE INDEX ON public.formas_pagamento (id)"
    " WHERE public.mira('a')",
    "an operator": TABLE.format("", "")
    + "; CREATE INDEX ON public.formas_pagamento ((text 'a' OPERATOR(public.===) 'b'))",
    "statistics": TABLE.format("", "") + "; CREATE STATISTICS public.s ON (public.mira('a')), nome"
    " FROM public.formas_pagamento",
    "a check": TABLE.format("", " CHECK (public.mira('a'))"),
    "a default": TABLE.format("", ", x boolean DEFAULT public.mira('a')"),
    "a generated column": TABLE.format("", ", x boolean GENERATED ALWAYS AS (public.mira(nome)) STORED"),
    "a rule": TABLE.format("", "") + "; CREATE RULE r AS ON UPDATE TO public.formas_pagamento DO ALSO"
    " SELECT public.mira('a')",
    "a domain": "CREATE SEQUENCE public.formas_pagamento_id_seq; CREATE TABLE public.formas_pagamento (id public.vale"
    " PRIMARY KEY DEFAULT nextval('public.formas_pagamento_id_seq'), nome text);"
    " ALTER SEQUENCE public.formas_pagamento_id_seq OWNED BY public.formas_pagamento.id",
    "a parent": TABLE.format("", "") + "; CREATE TABLE public.filha () INHERITS (public.formas_pagamento)",
    "a view": "CREATE SEQUENCE public.formas_pagamento_id_seq; CREATE VIEW public.formas_pagamento AS"
    " SELECT 1 AS id, 'a'::text AS nome WHERE public.mira('a')",
}
OPEN = "; GRANT ALL ON public.formas_pagamento, public.formas_pagamento_id_seq TO PUBLIC"
FILLED = "; INSERT INTO public.formas_pagamento (nome) VALUES ('a')"
LOOKS = (["verify"], ["health"])
ALL = (
    *(["status"], ["history"], ["metrics"], ["doctor"], ["verify"], ["health"], ["dashboard", "--static", "x.html"]),
    *(["repair", "--plan"], ["upgrade", "--plan"], ["repair"], ["upgrade"]),
)


class Watched:
    """A server's log, from now on: whatever a planted function says is there, whoever hides it."""

    def __init__(self, server: servers.Server) -> None:
        self._log = server.folder / "log"
        self.begin()

    def begin(self) -> None:
        self._size = self._log.stat().st_size

    @property
    def said(self) -> list[str]:
        with self._log.open(errors="replace") as log:
            log.seek(self._size)
            return sorted({line.partition("WARNING:")[2].strip() for line in log if "planted runs" in line})


@pytest.fixture
def watched(server: servers.Server) -> Watched:
    return Watched(server)


@pytest.fixture
def owned(server: servers.Server, postgres: sa.Engine) -> Iterator[sa.Engine]:
    """State 20, made by the database's owner, who is no superuser, beside what a visitor may create."""
    name = f"dono_{os.getpid()}"
    with postgres.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        connection.exec_driver_sql(f'ALTER DATABASE "{postgres.url.database}" OWNER TO {name}')
        connection.exec_driver_sql(f"ALTER SCHEMA public OWNER TO {name}")
    theirs = engine_of(postgres.url.set(username=name).render_as_string(hide_password=False))
    lineage.build(theirs, 20, rows=3)
    plant(postgres, CODE)
    yield theirs
    theirs.dispose()
    server.drop_database(str(postgres.url.database))
    with server.connection("postgres") as cursor:
        cursor.execute(f"DROP ROLE {name}")


def verdict(engine: sa.Engine) -> list[tuple[str, ...]]:
    """The pasted SELECT, as the engine's role: its rows that fail, without the last."""
    with engine.connect() as connection:
        checks, _ = verdicts.judge(connection)
    return [tuple(check) for check in checks if check[3] == "FAIL"]


def look(engine: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, commands: object = LOOKS) -> str:
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    said = ""
    for command in commands:  # type: ignore[attr-defined]
        code, out, err = run(*command)
        assert "unexpected error" not in out + err, (command, code, out, err)
        said += out + err
    return said


@pytest.mark.parametrize("who", ["the owner", "a superuser"])
@pytest.mark.parametrize("statement", PLANTED.values(), ids=PLANTED)
def test_rows_of_a_stranger_s_table_are_not_read(
    owned: sa.Engine,
    postgres: sa.Engine,
    statement: str,
    who: str,
    run: Callable[..., Ran],
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = owned if who == "the owner" else postgres
    plant(postgres, statement + ("" if "VIEW" in statement else FILLED) + OPEN)
    watched.begin()
    found = verdict(engine)
    said = look(engine, run, monkeypatch)
    assert watched.said == []
    if "VIEW" not in statement:
        row = next(row for row in found if row[0] == "rows formas_pagamento")
        assert row[2].startswith(f"belongs to {VISITOR}")
        assert f"FAIL  rows formas_pagamento: {row[4]}" in said
    # What is ours is asked as before.
    with engine.connect() as connection:
        checks, _ = verdicts.judge(connection)
    assert ("position usuarios_id_seq", "OK") in [(check[0], check[3]) for check in checks]


@pytest.mark.parametrize("who", ["the owner", "a superuser"])
@pytest.mark.parametrize("planted", ["a policy", "an index of a constant"])
def test_no_command_reads_them(
    owned: sa.Engine,
    postgres: sa.Engine,
    who: str,
    planted: str,
    run: Callable[..., Ran],
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(postgres, PLANTED[planted] + FILLED + OPEN)
    watched.begin()
    said = look(owned if who == "the owner" else postgres, run, monkeypatch, ALL)
    assert watched.said == []
    assert FIX in said


CASTS = {
    "to text": "CREATE CAST (public.tipousuario AS text) WITH FUNCTION public.vira(public.tipousuario)",
    "to text, by itself": "CREATE CAST (public.tipousuario AS text) WITH FUNCTION public.vira(public.tipousuario)"
    " AS IMPLICIT",
    "from text": "CREATE CAST (text AS public.tipousuario) WITH FUNCTION public.volta(text) AS IMPLICIT",
    "to varchar": "CREATE CAST (public.tipousuario AS varchar) WITH FUNCTION public.vira(public.tipousuario)",
}
TYPE = f"""
CREATE TYPE public.tipousuario AS ENUM ('ADMIN', 'admin');
CREATE FUNCTION public.vira(a public.tipousuario) RETURNS text LANGUAGE plpgsql AS $$ {SAYS.replace("true", "'x'")} $$;
CREATE FUNCTION public.volta(a text) RETURNS public.tipousuario LANGUAGE plpgsql
AS $$ {SAYS.replace("true", "'ADMIN'")} $$;
"""
USERS = "CREATE TABLE usuarios (id serial PRIMARY KEY, nome text, tipo public.tipousuario)"


@pytest.mark.parametrize("whose", ["theirs", "ours, of their type"])
@pytest.mark.parametrize("cast", CASTS.values(), ids=CASTS)
def test_no_cast_of_a_stranger_runs(
    postgres: sa.Engine,
    cast: str,
    whose: str,
    run: Callable[..., Ran],
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An empty database in which the superuser looks; or a table of ours whose enum is another's."""
    made = f"SET search_path = public; {USERS}; GRANT ALL ON usuarios TO PUBLIC"
    if whose == "theirs":
        plant(postgres, TYPE + cast + ";" + made)
    else:
        plant(postgres, TYPE + cast)
        with postgres.begin() as connection:
            connection.exec_driver_sql(f"{made}; RESET search_path")
    with postgres.begin() as connection:
        connection.exec_driver_sql(
            "SET LOCAL search_path = pg_catalog; INSERT INTO public.usuarios (tipo) VALUES ('admin')"
        )
    watched.begin()
    found = [row[0] for row in verdict(postgres)]
    look(postgres, run, monkeypatch)
    assert watched.said == []
    # By the type's own output, which is nobody's code, our table is looked at all the same.
    assert ("rows usuarios" in found, "rows usuarios.tipo" in found) == (whose == "theirs", whose != "theirs")


CALLS = {
    "an index": ("CREATE INDEX de_fora ON public.usuarios (public.mira('a'))", f"calls mira(text) of {VISITOR}"),
    "a policy that binds its owner": (
        (
            "ALTER TABLE public.usuarios ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
            "CREATE POLICY de_fora ON public.usuarios USING (public.mira(nome))"
        ),
        "has row security that applies to",
    ),
}


@pytest.mark.parametrize("how", CALLS)
def test_a_table_of_ours_that_calls_a_stranger_s_function_is_not_read(
    owned: sa.Engine,
    how: str,
    run: Callable[..., Ran],
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its owner made it, and the function's owner may give it another body at any time."""
    statement, why = CALLS[how]
    with owned.begin() as connection:
        connection.exec_driver_sql(statement)
    watched.begin()
    [row] = [row for row in verdict(owned) if row[0] == "rows usuarios"]
    assert row[2].startswith(why)
    look(owned, run, monkeypatch)
    pasting.paste(owned, pasting.script("sql-verify"))
    assert watched.said == []
