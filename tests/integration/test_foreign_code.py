"""What would run the function of another role with the rights of a run is refused; what runs none comes home."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import psycopg2
import pytest
import sqlalchemy as sa

from homecoming.errors import Refused
from tests.conftest import engine_of
from tests.integration.test_trust import VISITOR, plant
from tests.support import advice, history, lineage, pasting, scars, servers
from tests.support.command import Ran

MADE = """
CREATE FUNCTION public.alheia(a text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql
AS $$ BEGIN RAISE WARNING 'planted'; RETURN true; END $$;
CREATE FUNCTION public.alheio() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE WARNING 'planted'; RETURN NEW; END $$;
CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = public.alheios);
CREATE DOMAIN public.alheia_nome AS text CHECK (public.alheia(VALUE));
CREATE VIEW public.vista AS SELECT public.alheia(nome::text) AS sim FROM public.usuarios;
CREATE MATERIALIZED VIEW public.espelho AS SELECT public.alheia(tipo::text) AS sim, tipo, id FROM public.usuarios;
CREATE INDEX ON public.espelho (id);
"""
TWO = (
    "CREATE FUNCTION public.alheios(a text, b text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql"
    " AS $$ BEGIN RAISE WARNING 'planted'; RETURN true; END $$;"
)
CALLERS = {
    "a check": (
        "ALTER TABLE usuarios ADD CONSTRAINT de_fora CHECK (public.alheia(nome::text)) NOT VALID",
        "table constraint de_fora on usuarios",
    ),
    "a default": (
        "ALTER TABLE usuarios ADD extra boolean DEFAULT public.alheia('a')",
        "default value for usuarios.extra",
    ),
    "an index of an expression": ("CREATE INDEX de_fora ON usuarios (public.alheia(nome::text))", "index de_fora"),
    "an index of some rows": ("CREATE INDEX de_fora ON eventos (id) WHERE public.alheia(nome::text)", "index de_fora"),
    "a generated column": (
        "ALTER TABLE usuarios ADD extra boolean GENERATED ALWAYS AS (public.alheia(nome::text)) STORED",
        "default value for usuarios.extra",
    ),
    "a trigger": (
        "CREATE TRIGGER de_fora BEFORE UPDATE ON usuarios FOR EACH ROW EXECUTE FUNCTION public.alheio()",
        "trigger de_fora on usuarios",
    ),
    "a rule": (
        "CREATE RULE de_fora AS ON UPDATE TO usuarios DO ALSO SELECT public.alheia('a')",
        "rule de_fora on usuarios",
    ),
    "an operator": (
        "ALTER TABLE usuarios ADD CONSTRAINT de_fora CHECK (nome::text OPERATOR(public.===) 'a')",
        "table constraint de_fora on usuarios",
    ),
    "a domain": ("ALTER TABLE usuarios ADD extra public.alheia_nome", "table usuarios"),
    "a table that refers to ours": (
        """CREATE TABLE recibos (dono integer REFERENCES usuarios (id) ON DELETE CASCADE);
        CREATE TRIGGER de_fora AFTER DELETE ON recibos FOR EACH ROW EXECUTE FUNCTION public.alheio()""",
        "trigger de_fora on recibos",
    ),
    "a materialized view of a view": (
        "CREATE MATERIALIZED VIEW resumo AS SELECT sim FROM vista",
        "materialized view resumo",
    ),
    "an index of a constant": ("CREATE INDEX de_fora ON espelho (public.alheia('a'))", "index de_fora"),
}


@pytest.fixture
def foreign(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A database with a type that is rebuilt, and functions of a visitor that warn when they run."""
    lineage.build(postgres, 22, rows=3)
    scars.apply(postgres, scars.get("postgresql", "tipousuario_six_labels_rows_mixed"))
    plant(postgres, "SELECT 1")
    with postgres.begin() as connection:
        connection.exec_driver_sql(f"GRANT SELECT ON usuarios, eventos TO {VISITOR}")
    plant(postgres, TWO + MADE)
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    return postgres


@pytest.mark.parametrize(("statement", "named"), CALLERS.values(), ids=CALLERS)
def test_what_would_run_another_role_s_function_is_refused(
    foreign: sa.Engine, statement: str, named: str, run: Callable[..., Ran]
) -> None:
    with foreign.begin() as connection:
        connection.exec_driver_sql(statement)
    code, out, err = run("upgrade")
    assert code == 4, (out, err)
    assert f"{named} calls alhei" in err
    assert f"of {VISITOR}, which would run with the rights of postgres" in err
    assert "ALTER ROUTINE public.alhei" in err
    session = pasting.Session(foreign.url.set(drivername="postgresql").render_as_string())
    answer = session.paste(pasting.script("sql"))
    session.close()
    assert (answer.state, named in (answer.message or "")) == ("PM004", True), answer
    assert "planted" not in answer.said


@pytest.mark.parametrize("way", ["online", "pasted"])
def test_what_runs_nothing_of_another_role_s_comes_home(foreign: sa.Engine, way: str, run: Callable[..., Ran]) -> None:
    """A view, a materialized view with an index, a policy: made again, never filled, with no warning of theirs."""
    with foreign.begin() as connection:
        connection.exec_driver_sql("CREATE POLICY de_fora ON usuarios USING (public.alheia(nome::text))")
    said = []
    if way == "online":
        code, out, err = run("upgrade")
        assert code == 0, (out, err)
        said.append(err)
    else:
        said += pasting.paste(foreign, pasting.script("sql"))
    said += pasting.paste(foreign, pasting.script("sql-rollback", "--to", "base"))
    assert "planted" not in "".join(said)
    with foreign.connect() as connection:
        made = connection.exec_driver_sql(
            "SELECT relispopulated, relowner::regrole::text FROM pg_class WHERE oid = to_regclass('public.espelho')"
        ).one()
    assert tuple(made) == (False, VISITOR)


# Functions of PostgreSQL's own that run a text as SQL, change a setting or have effects of their own, as a rule of
# another role would call each.
OF_ITS_OWN = {
    "query_to_xml": "query_to_xml('SELECT 1', true, true, '')",
    "query_to_xmlschema": "query_to_xmlschema('SELECT 1', true, true, '')",
    "query_to_xml_and_xmlschema": "query_to_xml_and_xmlschema('SELECT 1', true, true, '')",
    "cursor_to_xml": "cursor_to_xml('c', 1, true, true, '')",
    "table_to_xml": "table_to_xml('usuarios', true, true, '')",
    "schema_to_xml": "schema_to_xml('public', true, true, '')",
    "database_to_xml": "database_to_xml(true, true, '')",
    "ts_stat": "ts_stat('SELECT to_tsvector(nome) FROM usuarios')",
    "ts_rewrite": "ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')",
    "set_config": "set_config('role', 'none', false)",
    "setval": "setval('recibos_numero_seq', 1)",
    "pg_input_is_valid": "pg_input_is_valid('a', 'text')",
    "pg_cancel_backend": "pg_cancel_backend(1)",
    "pg_terminate_backend": "pg_terminate_backend(1)",
    "pg_notify": "pg_notify('a', 'b')",
    "lo_create": "lo_create(0)",
    "lo_unlink": "lo_unlink(1)",
    "pg_read_file": "pg_read_file('a')",
}


def test_what_another_role_wrote_calls_nothing_that_runs_text(
    postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    """Each by its name, all in one refusal: such a function is nobody's but PostgreSQL's, and does what it is told."""
    lineage.build(postgres, 22, rows=2)
    scars.apply(postgres, scars.get("postgresql", "tipousuario_six_labels_rows_mixed"))
    plant(postgres, "SELECT 1")
    with postgres.begin() as connection:
        connection.exec_driver_sql(f"GRANT SELECT, REFERENCES ON usuarios TO {VISITOR}")
        # What not everybody may call is refused by its rights.
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {VISITOR}")
    made = "CREATE TABLE public.recibos (numero serial, dono integer REFERENCES public.usuarios (id));"
    for name, call in OF_ITS_OWN.items():
        made += f"CREATE RULE r_{name} AS ON UPDATE TO public.recibos DO ALSO SELECT {call};"
    plant(postgres, "SET LOCAL search_path = public;" + made)
    monkeypatch.setenv("DATABASE_URL", str(postgres.url))
    code, out, err = run("upgrade")
    assert code == 4, (out, err)
    named = {name for name in OF_ITS_OWN if f"rule r_{name} on recibos calls {name}(" in err}
    assert set(OF_ITS_OWN) - named == set()


LEFT = "CREATE FUNCTION public.soma(a text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN a; END $$;"


def test_a_register_that_another_could_write_is_not_run(postgres: sa.Engine) -> None:
    lineage.build(postgres, 22, rows=2)
    plant(postgres, "SELECT 1")
    with postgres.begin() as connection:
        connection.exec_driver_sql(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {VISITOR}")
        connection.exec_driver_sql("CREATE INDEX avulso ON usuarios (telefone)")
    history.upgrade(postgres)
    back = pasting.script("sql-rollback", "--to", "base")
    with postgres.begin() as connection:
        # What default privileges would have given is taken: only reading is left.
        may = f"has_table_privilege('{VISITOR}', 'retired.register', '%s')"
        assert tuple(
            connection.exec_driver_sql(f"SELECT {may % 'SELECT'}, {may % 'INSERT'}, {may % 'TRIGGER'}").one()
        ) == (True, False, False)
        connection.exec_driver_sql(f"GRANT INSERT (definition) ON retired.register TO {VISITOR}")
    with pytest.raises(Refused, match=f"retired.register can be written by {VISITOR}, and its definitions would run"):
        history.downgrade(postgres, "base")
    with pytest.raises(psycopg2.Error, match=r"retired\.register can be written by") as refused:
        pasting.paste(postgres, back)
    assert refused.value.pgcode == "PM004"
    # A right on a column goes with that on the table.
    advice.carry_out(postgres, str(refused.value.diag.message_hint))
    history.downgrade(postgres, "base")
    with postgres.connect() as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('public.avulso') IS NOT NULL").scalar()


def test_a_definition_that_names_a_function_made_since_stays_retired(postgres: sa.Engine) -> None:
    """The index went to the register, its function is gone, and another role has made one of its name."""
    lineage.build(postgres, 22, rows=2)
    plant(postgres, "SELECT 1")
    with postgres.begin() as connection:
        connection.exec_driver_sql(LEFT + "CREATE INDEX avulso ON usuarios (public.soma(telefone::text))")
    history.upgrade(postgres)
    with postgres.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION public.soma(text) CASCADE")
    plant(postgres, LEFT.replace("RETURN a", "RAISE WARNING 'planted'; RETURN a"))
    said = pasting.paste(postgres, pasting.script("sql-rollback", "--to", "base"))
    assert "planted" not in "".join(said)
    with postgres.connect() as connection:
        kept = connection.exec_driver_sql("SELECT object FROM retired.register WHERE kind = 'index'").scalars().all()
    assert "usuarios.avulso" in kept


# How another role may write what a way back would run: what gives it the right, and what is then said of whom.
WRITERS = {
    "a role of PostgreSQL's own": ("GRANT pg_write_all_data TO {0}", "{0}"),
    "one that another role passes on": (
        "CREATE ROLE {0}_grupo; GRANT pg_write_all_data TO {0}_grupo; GRANT {0}_grupo TO {0}",
        "{0}, {0}_grupo",
    ),
    "one that is taken on": ("ALTER ROLE {0} NOINHERIT; GRANT pg_write_all_data TO {0}", "{0}"),
    "a role that was given the right": (
        "CREATE ROLE {0}_grupo; GRANT {0}_grupo TO {0}; GRANT UPDATE ON retired.register TO {0}_grupo",
        "{0}, {0}_grupo",
    ),
    "a role that we are of, too": (
        "CREATE ROLE {0}_grupo; GRANT {0}_grupo TO {0}, {1}; GRANT INSERT ON retired.register TO {0}_grupo",
        "{0}(, {0}_grupo)?",
    ),
    "everybody": ("GRANT INSERT (definition) ON retired.register TO PUBLIC", "PUBLIC"),
    "both ways": ("GRANT INSERT ON retired.register TO {0}; GRANT pg_write_all_data TO {0}", "{0}"),
}


@pytest.fixture
def owner(server: servers.Server, postgres: sa.Engine) -> Iterator[sa.Engine]:
    """State 18, brought home by the database's owner, who is no superuser; a visitor whose rights end with it."""
    name = f"dono_{os.getpid()}"
    with postgres.begin() as connection:
        connection.exec_driver_sql(
            f'CREATE ROLE {name} LOGIN; ALTER DATABASE "{postgres.url.database}" OWNER TO {name}'
        )
        connection.exec_driver_sql(f"ALTER SCHEMA public OWNER TO {name}")
    theirs = engine_of(postgres.url.set(username=name).render_as_string(hide_password=False))
    lineage.build(theirs, 18, rows=2)
    history.upgrade(theirs)
    plant(postgres, "SELECT 1")
    yield theirs
    theirs.dispose()
    server.drop_database(str(postgres.url.database))
    with server.connection("postgres") as cursor:
        cursor.execute(f"DROP ROLE IF EXISTS {VISITOR}_grupo; DROP ROLE IF EXISTS {name}; DROP ROLE {VISITOR}")


@pytest.mark.parametrize("who", ["the owner", "a superuser"])
@pytest.mark.parametrize(("given", "named"), WRITERS.values(), ids=WRITERS)
def test_whoever_may_write_the_register_is_refused(
    postgres: sa.Engine, owner: sa.Engine, given: str, named: str, who: str
) -> None:
    """What is written there would make the writer a superuser, whichever kind of entry it is."""
    engine = owner if who == "the owner" else postgres
    if "pg_write_all_data" in given and (postgres.dialect.server_version_info or (0,)) < (14,):
        pytest.skip("PostgreSQL 13 has no pg_write_all_data")
    made = f"ALTER ROLE {VISITOR} SUPERUSER"
    with postgres.begin() as connection:
        connection.exec_driver_sql(given.format(VISITOR, owner.url.username))
        connection.exec_driver_sql(
            "INSERT INTO retired.register (revision, kind, object, definition) SELECT '0018', kind, 'produtos.x', %s"
            " FROM unnest('{view,constraint,index,trigger,function,rule,policy,reference,type}'::text[]) AS kind",
            (made,),
        )
    back = pasting.script("sql-rollback", "--to", "0017")
    said = f"retired.register can be written by {named.format(VISITOR)}, and"
    with pytest.raises(Refused, match=said):
        history.downgrade(engine, "0017")
    with pytest.raises(psycopg2.Error, match=said) as refused:
        pasting.paste(engine, back)
    assert refused.value.pgcode == "PM004"
    with postgres.begin() as connection:
        assert not connection.exec_driver_sql(f"SELECT rolsuper FROM pg_roles WHERE rolname = '{VISITOR}'").scalar()
        connection.exec_driver_sql("DELETE FROM retired.register WHERE definition = %s", (made,))
    # All ways at once, by one piece of advice.
    advice.carry_out(postgres, str(refused.value.diag.message_hint))
    history.downgrade(engine, "0017")


def test_members_of_the_owner_may_write_the_register(postgres: sa.Engine, owner: sa.Engine) -> None:
    """Who may become the owner could write anything anyhow, and a right of PostgreSQL's own that nobody has is none."""
    with postgres.begin() as connection:
        connection.exec_driver_sql(
            f"GRANT {owner.url.username} TO {VISITOR}; GRANT INSERT ON retired.register TO {VISITOR}"
        )
    history.downgrade(owner, "0017")
