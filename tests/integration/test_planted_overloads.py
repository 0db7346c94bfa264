"""No overload of any function or operator that our SQL calls is ever run: the names are taken from the SQL itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from tests.integration.test_trust import VISITOR, plant
from tests.support import lineage, pasting
from tests.support.command import Ran

postgast = pytest.importorskip("postgast", reason="postgast has no wheel for a Mac with an Intel processor")

VERBS = ("status", "history", "metrics", "doctor", "upgrade", "verify", "health", "history", "metrics", "repair")
_STRING = re.compile(r"\$(\w*)\$(.*?)\$\1\$|'((?:[^']|'')*)'", re.DOTALL)
_CALLED = re.compile(r"\b(?:pg_catalog\.)?([a-z_]\w*)\s*\(")
_SIGN = re.compile(r"[-+*/<>=~!@#%^&|`?]+")

# For each name of a function, each signature that pg_catalog has, and some that it lacks; for each sign, each pair of
# plain types. A body that ran would say so, whatever calls it.
MAKE = """
CREATE TABLE public.planted (what text);
GRANT INSERT ON public.planted TO PUBLIC;
DO $do$
DECLARE
    name text; args text; l text; r text; n integer := 0; o integer := 0;
    types CONSTANT text[] :=
        '{text,varchar,name,"char",int2,int4,int8,oid,regclass,bool,text[],name[],varchar[],json,jsonb,timestamptz}';
BEGIN
    FOR name, args IN
        SELECT proname, oidvectortypes(proargtypes) FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
            AND proname = ANY (%(functions)s) AND oidvectortypes(proargtypes) !~ 'internal|cstring|any'
        UNION SELECT f, a FROM unnest(%(functions)s) f, unnest(types) a
            WHERE EXISTS (SELECT FROM pg_proc WHERE proname = f AND pronamespace = 'pg_catalog'::regnamespace)
        UNION SELECT f, 'text, ' || a FROM unnest(%(functions)s) f, unnest('{text,name,varchar,int4}'::text[]) a
            WHERE EXISTS (SELECT FROM pg_proc WHERE proname = f AND pronamespace = 'pg_catalog'::regnamespace)
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION public.%%I(%%s) RETURNS text LANGUAGE plpgsql AS $b$ BEGIN '
                'RAISE WARNING ''planted %%s''; INSERT INTO public.planted VALUES (%%L); RETURN NULL; END $b$',
                name, args, name, name);
            n := n + 1;
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    FOREACH l IN ARRAY types LOOP
        FOREACH r IN ARRAY types LOOP
            EXECUTE format('CREATE FUNCTION public.planted_sign(%%s, %%s) RETURNS boolean LANGUAGE plpgsql '
                'AS $b$ BEGIN RAISE WARNING ''planted sign''; INSERT INTO public.planted VALUES (''sign''); '
                'RETURN NULL; END $b$', l, r);
            FOREACH name IN ARRAY %(signs)s LOOP
                BEGIN
                    EXECUTE format('CREATE OPERATOR public.%%s (LEFTARG = %%s, RIGHTARG = %%s, '
                        'FUNCTION = public.planted_sign)', name, l, r);
                    o := o + 1;
                EXCEPTION WHEN OTHERS THEN NULL;
                END;
            END LOOP;
        END LOOP;
    END LOOP;
    INSERT INTO public.planted VALUES (format('count: %%s functions, %%s operators', n, o));
END $do$
"""


def texts(sql: str) -> Iterator[str]:
    """A text of SQL, and the texts within its literals and bodies, which EXECUTE and format() may run."""
    yield sql
    for found in _STRING.finditer(sql):
        yield from texts(found[2] if found[2] is not None else found[3].replace("''", "'"))


def called(sent: set[str]) -> tuple[list[str], list[str]]:
    """The names of functions and the signs of operators in statements: by the grammar where it takes them, and in

    pieces of statements, as format() has them, by how a call looks.
    """
    functions: set[str] = set()
    signs: set[str] = set()

    def walk(node: Any) -> None:
        for field, value in node.ListFields():
            if field.name in ("funcname", "name") and node.DESCRIPTOR.name in ("FuncCall", "A_Expr"):
                word = value[-1].string.sval
                (functions if node.DESCRIPTOR.name == "FuncCall" else signs).add(word)
            if field.message_type is not None:
                for child in value if not hasattr(value, "ListFields") else (value,):
                    if hasattr(child, "ListFields"):
                        walk(child)

    for statement in sent:
        try:
            walk(postgast.parse(statement))
        except postgast.PgQueryError:
            signs.update(_SIGN.findall(statement))
        for text in texts(statement):
            functions.update(_CALLED.findall(text))
            signs.update(_SIGN.findall(text))
    return sorted(functions), sorted(sign for sign in signs if 0 < len(sign) < 4 and "--" not in sign)


def everything(engine: sa.Engine, run: Callable[..., Ran], scripts: list[str]) -> None:
    for verb in VERBS:
        code, out, err = run(verb)
        # In a look, which only reads, the planted INSERT is an error; what a run inserts is found at the end.
        assert code in (0, 1), (verb, out, err)
    for text in scripts:
        assert "planted " not in "".join(pasting.paste(engine, text))
    code, out, err = run("downgrade", "base")
    assert code == 0, (out, err)


def test_no_overload_of_what_we_call_runs(
    postgres: sa.Engine,
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    up, down, verify = (
        pasting.script("sql"),
        pasting.script("sql-rollback", "--to", "base"),
        pasting.script("sql-verify"),
    )
    scripts = [down, up, verify, down, pasting.script("sql", "--style", "escaped"), verify, down]
    scripts += [*pasting.folder_of(tmp_path / "fix", "sql"), verify]
    sent: set[str] = {up, down, verify}
    lineage.build(postgres, 22, rows=2)

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.add(statement)

    sa.event.listen(Engine, "before_cursor_execute", note)
    try:
        everything(postgres, run, [])
    finally:
        sa.event.remove(Engine, "before_cursor_execute", note)
    functions, signs = called(sent)
    assert {"format", "concat", "array_remove", "to_regclass", "ts_stat"} <= set(functions)
    assert {"=", "||", "<>", "~", "&&"} <= set(signs)
    plant(postgres, "SELECT 1")
    with postgres.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {VISITOR}")
        connection.exec_driver_sql(MAKE, {"functions": functions, "signs": signs})
        (count,) = connection.exec_driver_sql("DELETE FROM public.planted RETURNING what").scalars()
    name = postgres.url.database
    for path in ('"$user", public', "public, pg_catalog"):
        with postgres.begin() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET search_path = {path}')
        everything(postgres, run, scripts)
    with postgres.connect() as connection:
        assert connection.exec_driver_sql("SELECT DISTINCT what FROM public.planted").scalars().all() == []
    record_property("summary", f"planted: {count.removeprefix('count: ')}; {len(functions)} names, {len(signs)} signs")
