"""What the way back of PostgreSQL gives back, and what it keeps where that is not possible: operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

import homecoming.operations  # noqa: F401  registers them
from homecoming.errors import Refused
from homecoming.operations.guarded import prepare

Run = Callable[[str], list[tuple[Any, ...]]]

METAS = "CREATE TABLE metas (id integer PRIMARY KEY, nome varchar(30), criado_em timestamptz, cor {})"
ROWS = "INSERT INTO metas VALUES (1, 'Bar', '2025-08-01', {0}), (2, 'Porta', '2025-08-02', {1})"
COR = sa.Column("cor", sa.String(7))


@pytest.fixture
def run(postgres: sa.Engine) -> Iterator[Run]:
    """A function that runs SQL in one transaction and returns its rows. Its `op` are the operations there."""
    with postgres.connect() as connection:

        def execute(statements: str) -> list[tuple[Any, ...]]:
            # An operation leaves the transaction with a search_path that shows nothing of public.
            if not statements.startswith("ROLLBACK TO"):
                connection.exec_driver_sql("SET LOCAL search_path = public")
            result = connection.exec_driver_sql(statements)
            return [tuple(row) for row in result] if result.returns_rows else []

        execute("SET TIME ZONE 'UTC'")
        execute.op = Operations(MigrationContext.configure(connection))  # type: ignore[attr-defined]
        yield execute


@pytest.fixture
def op(run: Any) -> Any:
    return run.op


def at(run: Run, direction: str, revision: str = "0099") -> None:
    """Note what was changed so far, and go on in a direction of the revision; in none, as somebody else."""
    safe = "SET LOCAL search_path = pg_catalog, pg_temp; "
    run(f"{safe}CALL pg_temp.note_changes()")
    for name, value in (("revision", revision), ("direction", direction)):
        run(f"{safe}SELECT set_config('homecoming.{name}', '{value}', true)")


def up(run: Run, op: Any, operate: Callable[[], object]) -> None:
    """Operate as a revision of a run that then ends."""
    prepare(op.get_context())
    at(run, "upgrade")
    operate()
    at(run, "")


def back(run: Run, op: Any, revision: str = "0099") -> None:
    """Take that revision back, in a run that then ends."""
    at(run, "downgrade", revision)
    op.undo()
    at(run, "")


def drop_unmanaged(run: Run, op: Any) -> None:
    """Drop what is on the columns of metas, as if the schema had that table with its key alone."""
    prepare(op.get_context())
    run(
        "INSERT INTO pg_temp.head_facts (kind, tables, columns) SELECT 'column', '{metas}', ARRAY[name] "
        "FROM unnest('{id,nome,criado_em,cor}'::text[]) AS name; "
        "CREATE FUNCTION pg_temp.head_names(text) RETURNS text[] LANGUAGE sql AS $$SELECT '{metas_pkey}'::text[]$$"
    )
    up(run, op, lambda: op.drop_unmanaged("metas"))


def kept(run: Run) -> list[tuple[Any, ...]]:
    """What the register still has of things retired, and how many rows of each: nothing where it has gone."""
    if run("SELECT to_regclass('retired.register')") == [(None,)]:
        return []
    return run("SELECT object, rows FROM retired.register ORDER BY id")


def test_every_stray_comes_back_the_last_one_too(run: Run, op: Any) -> None:
    """The register goes once it is empty, not while it is read."""
    run(METAS.format("text") + "; CREATE INDEX por_cor ON metas (cor)")
    drop_unmanaged(run, op)
    assert {name for name, _ in kept(run)} == {"metas.por_cor"}
    back(run, op)
    assert run("SELECT to_regclass('por_cor') IS NOT NULL, to_regnamespace('retired') IS NULL") == [(True, True)]


def test_what_an_earlier_revision_took_waits_for_its_own_way_back(run: Run, op: Any) -> None:
    there = "SELECT indexname FROM pg_indexes WHERE tablename = 'metas' AND indexname LIKE 'por%%' ORDER BY 1"
    run(METAS.format("text") + "; CREATE INDEX por_cor ON metas (cor)")
    drop_unmanaged(run, op)
    run("CREATE INDEX por_nome ON metas (nome)")
    at(run, "upgrade", "0100")
    op.drop_unmanaged("metas")
    at(run, "")
    assert run(there) == []
    back(run, op, "0100")
    assert run(there) == [("por_nome",)]
    back(run, op)
    assert run(there) == [("por_cor",), ("por_nome",)]


def test_a_stray_that_no_longer_fits_stays_and_its_rows_are_not_told(run: Run, op: Any, caplog: Any) -> None:
    run(METAS.format("text") + "; CREATE INDEX por_cor ON metas ((cor::bigint))")
    drop_unmanaged(run, op)
    run(ROWS.format("'98765432100x'", "'2'"))
    for logger in ("painel_migrations", "sqlalchemy.dialects.postgresql"):
        caplog.set_level("INFO", logger)
    back(run, op)
    assert kept(run) == [("metas.por_cor", None)]
    assert "index stays retired: metas.por_cor" in caplog.text
    assert "98765" not in caplog.text


def test_a_disabled_trigger_comes_back_with_its_function_and_disabled(run: Run, op: Any) -> None:
    body = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    run(METAS.format("text") + f"; CREATE FUNCTION nada() {body}")
    run("CREATE TRIGGER nada BEFORE UPDATE ON metas FOR EACH ROW EXECUTE FUNCTION nada()")
    run("ALTER TABLE metas DISABLE TRIGGER nada")
    drop_unmanaged(run, op)
    assert run("SELECT FROM pg_proc WHERE proname = 'nada'") == []
    back(run, op)
    assert run("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'nada'") == [("D",)]


def test_a_value_that_does_not_fit_on_the_way_back_stays_retired(run: Run, op: Any) -> None:
    """Somebody made the column anew meanwhile, as it suited them."""
    run(METAS.format("text") + ";" + ROWS.format("'vermelho'", "'azul'"))
    up(run, op, lambda: op.retire_column("metas", "cor"))
    run("ALTER TABLE metas ADD cor varchar(7)")
    back(run, op)
    assert run("SELECT id, cor FROM metas ORDER BY id") == [(1, None), (2, "azul")]
    assert run("SELECT id, cor FROM retired.metas__cor") == [(1, "vermelho")]
    assert kept(run) == [("metas.cor", 1)]
    up(run, op, lambda: op.retire_column("metas", "cor"))
    run("ALTER TABLE metas ADD cor varchar(30)")
    back(run, op)
    assert run("SELECT id, cor FROM metas ORDER BY id") == [(1, "vermelho"), (2, "azul")]
    assert run("SELECT to_regnamespace('retired')") == [(None,)]


def test_a_column_comes_back_with_its_own_type_and_all_that_was_said_of_it(run: Run, op: Any) -> None:
    """Whatever the schema once had it as: no value is cut, or rounded."""
    run(METAS.format("numeric NOT NULL DEFAULT 0.125") + ";" + ROWS.format("1.23456", "1.5"))
    up(run, op, lambda: op.retire_column("metas", "cor"))
    run("INSERT INTO metas VALUES (3, 'Palco', '2025-09-01')")
    back(run, op)
    assert run("SELECT id, cor::text FROM metas ORDER BY id") == [(1, "1.23456"), (2, "1.5"), (3, "0.125")]
    assert run("SELECT attnotnull FROM pg_attribute WHERE attrelid = 'metas'::regclass AND attname = 'cor'") == [
        (True,)
    ]
    assert run("SELECT to_regnamespace('retired')") == [(None,)]


def test_a_number_is_not_rounded_on_the_way_back(run: Run, op: Any) -> None:
    run(METAS.format("numeric") + ";" + ROWS.format("1.23456", "1.5"))
    up(run, op, lambda: op.retire_column("metas", "cor"))
    run("ALTER TABLE metas ADD cor numeric(10, 2)")
    back(run, op)
    assert run("SELECT id, cor::text FROM metas ORDER BY id") == [(1, None), (2, "1.50")]
    assert run("SELECT cor::text FROM retired.metas__cor") == [("1.23456",)]
    assert kept(run) == [("metas.cor", 1)]


def test_a_replaced_value_that_does_not_fit_stays_kept(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'vermelho'", "'azul'"))
    up(run, op, lambda: op.replace_values("metas", "cor", {"vermelho": "rubro", "azul": "anil"}))
    run("ALTER TABLE metas ALTER cor TYPE varchar(7)")
    back(run, op)
    assert run("SELECT cor FROM metas ORDER BY id") == [("rubro",), ("azul",)]
    assert run("SELECT cor FROM retired.metas__cor__before") == [("vermelho",)]
    assert kept(run) == [("metas.cor", 1)]


def test_a_replaced_value_that_is_another_since_keeps_that(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'vermelho'", "'azul'"))
    up(run, op, lambda: op.replace_values("metas", "cor", {"vermelho": "rubro", "azul": "anil"}))
    run("UPDATE metas SET cor = 'preto' WHERE id = 1")
    back(run, op)
    assert run("SELECT cor FROM metas ORDER BY id") == [("preto",), ("azul",)]
    assert run("SELECT cor FROM retired.metas__cor__before") == [("vermelho",)]
    assert kept(run) == [("metas.cor", 1)]


SWALLOWS = "CREATE TRIGGER r BEFORE UPDATE ON metas FOR EACH ROW EXECUTE FUNCTION nada(); ALTER TABLE metas ENABLE "


@pytest.mark.parametrize(
    "obstacle",
    [
        "CREATE RULE r AS ON UPDATE TO metas DO INSTEAD NOTHING",
        f"{SWALLOWS} ALWAYS TRIGGER r",
        f"{SWALLOWS} REPLICA TRIGGER r",
    ],
    ids=("rule", "always", "replica"),
)
def test_nothing_swallows_what_is_given_back(run: Run, op: Any, obstacle: str) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'verde'", "'azul'"))
    up(run, op, lambda: op.retire_column("metas", "cor"))
    run("CREATE FUNCTION nada() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    run(obstacle)
    state = (
        "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'r' UNION ALL SELECT ev_enabled::text FROM pg_rewrite "
    )
    before = run(state + "WHERE rulename = 'r'")
    back(run, op)
    assert run("SELECT cor FROM metas ORDER BY id") == [("verde",), ("azul",)]
    assert run(state + "WHERE rulename = 'r'") == before


def test_a_row_that_took_an_id_gets_nothing_that_was_another_s(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'verde'", "'azul'"))
    up(run, op, lambda: op.retire_column("metas", "cor"))
    run("UPDATE metas SET nome = 'Bar do Zé' WHERE id = 1; DELETE FROM metas WHERE id = 2")
    run("INSERT INTO metas VALUES (2, 'Palco', '2025-09-01')")
    back(run, op)
    assert run("SELECT nome, cor FROM metas ORDER BY id") == [("Bar do Zé", "verde"), ("Palco", None)]
    assert run("SELECT id, cor, of_row FROM retired.metas__cor") == [(2, "azul", ["Porta", "2025-08-02 00:00:00"])]


def test_a_row_whose_id_was_taken_stays_among_the_retired(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'verde'", "NULL"))
    run("CREATE TABLE lances (id integer PRIMARY KEY, meta_id integer REFERENCES metas (id))")
    run("INSERT INTO lances VALUES (1, 1), (2, 2)")
    up(run, op, lambda: op.ensure_renamed("metas", "alvos", required=["cor"]))
    run("INSERT INTO alvos VALUES (2, 'Palco', '2025-09-01', 'azul')")
    back(run, op)
    assert run("SELECT nome FROM metas ORDER BY id") == [("Bar",), ("Palco",)]
    assert run("SELECT nome FROM retired.metas") == [("Porta",)]
    assert run("SELECT id, meta_id FROM lances ORDER BY id") == [(1, 1), (2, None)]
    assert run("SELECT id, meta_id FROM retired.lances__meta_id__before") == [(2, 2)]
    assert dict(kept(run)) == {"metas": 1, "lances.meta_id": 1}


def test_a_row_that_moves_to_a_narrower_column_is_not_cut(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'vermelho'", "'azul'"))
    run("CREATE TABLE alvos (id integer PRIMARY KEY, nome varchar(30), cor varchar(7))")
    with pytest.raises(Refused) as caught:
        op.ensure_renamed("metas", "alvos")
    assert caught.value.what == "metas.cor: 1 value does not fit VARCHAR(7)"


def test_row_level_security_hides_no_row_from_an_owner(run: Run, op: Any) -> None:
    """Forced upon an owner who is no superuser, it would make tables look empty: copies, cells and rows would go."""
    run("CREATE TABLE metas (id integer PRIMARY KEY, nome varchar(30)); INSERT INTO metas VALUES (1, 'Bar')")
    run("CREATE TABLE metas_old AS SELECT 2 AS id, nome FROM metas")
    run("CREATE ROLE dono_das_metas; GRANT CREATE, USAGE ON SCHEMA public TO dono_das_metas")
    run(
        "DO $$ BEGIN EXECUTE format('GRANT CREATE, TEMP ON DATABASE %%I TO dono_das_metas', current_database()); END $$"
    )
    for table in ("metas", "metas_old"):
        run(f"ALTER TABLE {table} OWNER TO dono_das_metas")
        run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    run("CREATE POLICY nenhuma ON metas AS RESTRICTIVE FOR SELECT TO dono_das_metas USING (nome = '')")
    run("SET LOCAL ROLE dono_das_metas")
    up(run, op, lambda: op.retire_copies("metas"))
    assert run("SELECT id, nome FROM metas ORDER BY id") == [(1, "Bar"), (2, "Bar")]
    back(run, op)
    assert run(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname ~ '^metas(_old)?$'"
    ) == [
        ("metas", True, True),
        ("metas_old", True, True),
    ]
    assert run("SELECT policyname, permissive, roles::text, cmd, qual FROM pg_policies") == [
        ("nenhuma", "RESTRICTIVE", "{dono_das_metas}", "SELECT", "((nome)::text = ''::text)")
    ]
    assert run("SELECT to_regnamespace('retired')") == [(None,)]
    run("ALTER TABLE metas NO FORCE ROW LEVEL SECURITY; ALTER TABLE metas_old NO FORCE ROW LEVEL SECURITY")
    assert run("SELECT id, nome FROM metas") == [(1, "Bar")]
    assert run("SELECT id, nome FROM metas_old") == [(2, "Bar")]


def test_a_table_that_hides_its_rows_is_not_taken_for_an_empty_one(run: Run, op: Any, caplog: Any) -> None:
    """The revision made it; by the way back it holds rows, and a policy that shows none of them to the owner."""
    run("CREATE TABLE outra (id integer)")
    run("CREATE ROLE dono_das_metas; GRANT CREATE, USAGE ON SCHEMA public TO dono_das_metas")
    run(
        "DO $$ BEGIN EXECUTE format('GRANT CREATE, TEMP ON DATABASE %%I TO dono_das_metas', current_database()); END $$"
    )
    run("SET LOCAL ROLE dono_das_metas")
    up(run, op, lambda: op.ensure_table("metas", sa.Column("id", sa.Integer, primary_key=True), COR))
    run("INSERT INTO metas VALUES (1, 'azul'); CREATE POLICY nenhuma ON metas USING (false)")
    run("ALTER TABLE metas ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    caplog.set_level("INFO", "painel_migrations")
    back(run, op)
    assert "metas is not as it was: " in caplog.text
    assert "row-level security" in caplog.text
    run("ALTER TABLE metas NO FORCE ROW LEVEL SECURITY")
    assert run("SELECT * FROM metas") == [(1, "azul")]


def test_what_was_made_where_there_was_nothing_goes_again(run: Run, op: Any) -> None:
    up(run, op, lambda: op.ensure_table("metas", sa.Column("id", sa.Integer, primary_key=True), COR))
    back(run, op)
    assert run("SELECT to_regclass('metas'), to_regnamespace('retired')") == [(None, None)]


def test_rules_come_back_in_the_state_they_had(run: Run, op: Any) -> None:
    run(METAS.format("text") + "; CREATE RULE r AS ON UPDATE TO metas DO INSTEAD NOTHING")
    run("CREATE RULE s AS ON DELETE TO metas DO INSTEAD NOTHING; ALTER TABLE metas DISABLE RULE s")
    up(run, op, lambda: op.retire_copies("metas"))
    assert run("SELECT count(*) FROM pg_rules WHERE tablename = 'metas'") == [(0,)]
    back(run, op)
    states = "SELECT rulename, ev_enabled::text FROM pg_rewrite WHERE ev_class = 'metas'::regclass ORDER BY 1"
    assert run(states) == [("r", "O"), ("s", "D")]


def test_a_view_that_is_made_again_is_the_view_it_was(run: Run, op: Any) -> None:
    run(
        METAS.format("varchar(9)") + "; CREATE VIEW cores AS SELECT id, nome, cor FROM metas; CREATE ROLE leitor_de_cor"
    )
    run("GRANT SELECT ON cores TO leitor_de_cor; GRANT UPDATE (cor, nome) ON cores TO leitor_de_cor WITH GRANT OPTION")
    run("COMMENT ON COLUMN cores.cor IS 'como no cartaz'; ALTER VIEW cores ALTER cor SET DEFAULT 'azul'")
    run("CREATE RULE nada AS ON DELETE TO cores DO INSTEAD NOTHING")
    about = (
        "SELECT relacl::text, (SELECT array_agg(attname || attacl::text) FROM pg_attribute WHERE attrelid = c.oid), "
        "col_description(oid, 3), (SELECT pg_get_expr(adbin, oid) FROM pg_attrdef WHERE adrelid = c.oid), "
        "(SELECT array_agg(rulename::text) FROM pg_rewrite WHERE ev_class = c.oid) FROM pg_class c "
        "WHERE relname = 'cores'"
    )
    before = run(about)
    op.ensure_column("metas", sa.Column("cor", sa.Text))
    assert run(
        "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'cores'::regclass AND attnum = 3"
    ) == [("text",)]
    assert run(about) == before


def test_views_over_views_come_back_in_the_order_they_need(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'azul'", "'verde'"))
    run("CREATE VIEW um AS SELECT cor FROM metas; CREATE VIEW dois AS SELECT cor FROM um")
    up(run, op, lambda: op.retire_column("metas", "cor"))
    assert run("SELECT viewname FROM pg_views WHERE schemaname = 'public'") == []
    back(run, op)
    assert run("SELECT viewname FROM pg_views WHERE schemaname = 'public' ORDER BY 1") == [("dois",), ("um",)]


def test_what_names_a_stranger_s_code_stays_kept_and_is_named(run: Run, op: Any, caplog: Any) -> None:
    """It is not run on the way back, and neither lost nor passed over in silence."""
    run(METAS.format("text") + "; CREATE ROLE estranho")
    run(
        "CREATE FUNCTION alheia() RETURNS integer LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION alheia() OWNER TO estranho"
    )
    run("CREATE VIEW de_fora AS SELECT alheia() AS n")
    up(run, op, lambda: op.execute("DROP VIEW public.de_fora"))
    for logger in ("painel_migrations", "sqlalchemy.dialects.postgresql"):
        caplog.set_level("INFO", logger)
    back(run, op)
    assert run("SELECT to_regclass('de_fora')") == [(None,)]
    assert kept(run) == [("public.de_fora", None)]
    said = "view public.de_fora is not as it was: it names the code of a role that is not trusted"
    assert said in caplog.text


@pytest.mark.parametrize(("first", "second"), [("um", "dois"), ("dois", "um")])
def test_views_that_a_plain_statement_drops_come_back_in_the_order_they_need(
    run: Run, op: Any, first: str, second: str
) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'azul'", "'verde'"))
    run(f"CREATE VIEW {first} AS SELECT cor FROM metas; CREATE VIEW {second} AS SELECT cor FROM {first}")
    up(run, op, lambda: op.execute(f"DROP VIEW public.{first} CASCADE"))
    back(run, op)
    assert run("SELECT viewname FROM pg_views WHERE schemaname = 'public' ORDER BY 1") == [("dois",), ("um",)]


def test_the_only_copy_comes_back(run: Run, op: Any) -> None:
    """Its entry is the register's last: the register goes after it is read."""
    run(METAS.format("text") + "; CREATE TABLE metas_old AS SELECT * FROM metas")
    up(run, op, lambda: op.retire_copies("metas"))
    back(run, op)
    assert run("SELECT to_regclass('metas_old') IS NOT NULL, to_regnamespace('retired') IS NULL") == [(True, True)]


def test_a_column_that_is_computed_where_it_is_read_becomes_a_plain_one(run: Run, op: Any) -> None:
    if run("SHOW server_version_num")[0][0] < "180000":
        pytest.skip("virtual columns are of PostgreSQL 18")
    run(METAS.format("varchar(7) GENERATED ALWAYS AS (left(nome, 7)) VIRTUAL"))
    run("INSERT INTO metas (id, nome) VALUES (1, 'Bar')")
    op.ensure_column("metas", COR)
    assert run("SELECT cor FROM metas") == [("Bar",)]
    assert run(
        "SELECT attgenerated::text FROM pg_attribute WHERE attrelid = 'metas'::regclass AND attname = 'cor'"
    ) == [("",)]


def test_an_array_of_an_enum_keeps_its_type_and_its_values(run: Run, op: Any) -> None:
    run("CREATE TYPE tipolista AS ENUM ('FREE', 'VIP'); CREATE TABLE metas (id integer PRIMARY KEY, todos tipolista[])")
    run("INSERT INTO metas VALUES (1, '{VIP,FREE}')")
    op.ensure_enum(sa.Enum("VIP", "FREE", "NOVO", name="tipolista"))
    assert run("SELECT todos::text FROM metas") == [("{VIP,FREE}",)]


def test_a_moment_as_text_is_one_only_where_nothing_is_guessed(run: Run, op: Any) -> None:
    column = sa.Column("cor", sa.DateTime(timezone=True))
    run(METAS.format("text") + ";" + ROWS.format("'2025-08-01 10:00:00'", "'2025-08-01T10:00:00.25-03:00'"))
    op.ensure_column("metas", column)
    assert run("SELECT cor::text FROM metas ORDER BY id") == [
        # Read in the zone of the servers' sessions, which a session's own setting is not.
        ("2025-08-01 13:00:00+00",),
        ("2025-08-01 13:00:00.25+00",),
    ]
    run("ALTER TABLE metas ALTER cor TYPE text; UPDATE metas SET cor = CASE id WHEN 1 THEN 'now' ELSE '01/08/2025' END")
    with pytest.raises(Refused) as caught:
        op.ensure_column("metas", column)
    assert caught.value.what == "metas.cor: 2 values do not fit TIMESTAMPTZ"


BY = "ALTER TABLE metas ALTER id SET DEFAULT nextval"


@pytest.mark.parametrize(
    ("made", "position"),
    [
        ("ALTER TABLE metas ALTER id ADD GENERATED ALWAYS AS IDENTITY (START 500)", 500),
        (f"CREATE SCHEMA app; CREATE SEQUENCE app.s START 900; {BY}('app.s')", 900),
        (f"CREATE SEQUENCE s START 700; {BY}('s'); CREATE TABLE outra (id integer DEFAULT nextval('s'))", 700),
        ("CREATE SEQUENCE metas_id_seq INCREMENT -1 MINVALUE -9 MAXVALUE 9 START -5 OWNED BY metas.id", 3),
        ("CREATE SEQUENCE metas_id_seq START 3000000000 OWNED BY metas.id", 3),
    ],
    ids=("identity", "schema", "shared", "down", "beyond"),
)
def test_ids_of_rows_that_are_gone_are_not_given_again(run: Run, op: Any, made: str, position: int) -> None:
    run(METAS.format("text") + ";" + ROWS.format("NULL", "NULL") + ";" + made)
    op.ensure_column("metas", sa.Column("id", sa.Integer, primary_key=True))
    assert run("INSERT INTO metas (nome) VALUES ('Palco') RETURNING id") == [(position,)]


@pytest.mark.parametrize("child", ["app.metas_de_hoje", "metas_de_hoje"])
def test_a_reference_that_cannot_be_kept_is_refused(run: Run, op: Any, child: str) -> None:
    """Its rows have no id to keep the old value by, or are in a schema that nobody here knows."""
    run(METAS.format("text") + ";" + ROWS.format("NULL", "NULL") + "; CREATE SCHEMA app")
    run(f"CREATE TABLE {child} (meta_id integer REFERENCES metas (id)); INSERT INTO {child} VALUES (1)")
    with pytest.raises(Refused) as caught:
        op.ensure_renamed("metas", "alvos", required=["cor"])
    assert caught.value.what == f"{child}.meta_id: values change, and are kept by an id in schema public only"


def test_a_publication_that_stops_changes_of_rows_is_named(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'azul'", "'verde'"))
    run("CREATE PUBLICATION espelho FOR TABLE metas WHERE (cor = 'azul')")
    with pytest.raises(Refused, match="Column used in the publication WHERE expression"):
        op.replace_values("metas", "nome", {"Bar": "Copa"})


def test_not_null_that_children_do_not_inherit_becomes_a_plain_one(run: Run, op: Any) -> None:
    if run("SHOW server_version_num")[0][0] < "180000":
        pytest.skip("NOT NULL is a constraint from PostgreSQL 18 on")
    run(METAS.format("varchar(7)") + "; ALTER TABLE metas ADD CONSTRAINT n NOT NULL cor NO INHERIT")
    op.ensure_column("metas", sa.Column("cor", sa.String(7), nullable=False))
    assert run(
        "SELECT conname, connoinherit FROM pg_constraint WHERE conrelid = 'metas'::regclass AND contype = 'n' "
        "AND conname <> 'metas_id_not_null'"
    ) == [("metas_cor_not_null", False)]


def test_the_longest_name_makes_way_for_a_number(run: Run, op: Any) -> None:
    """Cut where PostgreSQL cuts it, by bytes, a name with a number after it would be the name itself."""
    for letter in ("x", "ç"):
        name = f"metas_old_{letter * 53}"[: 63 if letter == "x" else 36]
        run(f"CREATE TABLE {name} (id integer, cor text)")
        run(f"CREATE SCHEMA IF NOT EXISTS retired; CREATE TABLE retired.{name} ()")
    run(METAS.format("text"))
    op.retire_copies("metas")
    assert run("SELECT count(*) FROM pg_tables WHERE schemaname = 'retired' AND tablename ~ '^metas_old_'") == [(4,)]
