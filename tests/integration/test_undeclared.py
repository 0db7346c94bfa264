"""What a revision does to rows without saying so is refused before the commit, by whichever way it runs."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command as alembic_command

from homecoming.errors import Refused
from homecoming.history import configuration
from painel_migrations import auto_migrate
from tests.conftest import engine_of
from tests.support import lineage, next_revision, pasting, servers, whole
from tests.support.command import Ran
from tests.support.history import HEAD, NEXT
from tests.support.refused import Target, here

ROWS = 6

# Tables of somebody else, too: rows that nobody knows count as well.
STRANGERS = {
    "postgresql": """
        CREATE TABLE public.pais (id integer PRIMARY KEY, nome varchar(20));
        CREATE TABLE public.filhos (id integer PRIMARY KEY, pai integer REFERENCES public.pais ON DELETE CASCADE);
        CREATE TABLE public.netos (id integer PRIMARY KEY, pai integer REFERENCES public.pais ON DELETE SET NULL);
        CREATE TABLE public.gatilhos (id integer PRIMARY KEY);
        CREATE FUNCTION public.leva() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN DELETE FROM public.vistos; RETURN NULL; END $$;
        CREATE TRIGGER leva AFTER INSERT ON public.gatilhos EXECUTE FUNCTION public.leva();
        CREATE TABLE public.vistos (id integer PRIMARY KEY, nome varchar(20), idade integer);
    """,
    "sqlite": """
        CREATE TABLE pais (id integer PRIMARY KEY, nome varchar(20));
        CREATE TABLE filhos (id integer PRIMARY KEY, pai integer);
        CREATE TABLE netos (id integer PRIMARY KEY, pai integer);
        CREATE TABLE gatilhos (id integer PRIMARY KEY);
        CREATE TABLE vistos (id integer PRIMARY KEY, nome varchar(20), idade integer);
        CREATE TRIGGER leva AFTER INSERT ON gatilhos BEGIN DELETE FROM vistos WHERE 1; END;
    """,
}

FILL = """
    INSERT INTO {p}pais VALUES (1, 'Ana'), (2, 'Rui');
    INSERT INTO {p}filhos VALUES (1, 1), (2, 1), (3, 2);
    INSERT INTO {p}netos VALUES (1, 1), (2, 2);
    INSERT INTO {p}vistos VALUES (1, 'a', 1), (2, NULL, 2), (3, 'c', 3);
"""

DELETE = 'op.delete_rows("{}", where="...", reason="...")'
CHANGE = 'op.change_rows("{}", {{"...": "..."}}, where="...", reason="...")'

# What a revision does, with what is said of it: "<verb> <object> (<rows>)", and what to write instead.
CASES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "delete": (
        'op.execute("DELETE FROM {p}vistos")',
        [("deletes from vistos (3 rows)", DELETE.format("vistos"))],
    ),
    "delete one of a known table": (
        'op.execute("DELETE FROM {p}checkins WHERE id = 1")',
        [("deletes from checkins (1 row)", DELETE.format("checkins"))],
    ),
    "update": (
        "op.execute(\"UPDATE {p}vistos SET nome = 'x'\")",
        [("changes vistos (3 rows)", CHANGE.format("vistos"))],
    ),
    "upsert": (
        "op.execute(\"INSERT INTO {p}vistos VALUES (1, 'x', 1) ON CONFLICT (id) DO UPDATE SET nome = 'x'\")",
        [("changes vistos (1 row)", CHANGE.format("vistos"))],
    ),
    "drop table": (
        'op.drop_table("vistos")',
        [("drops vistos (3 rows)", 'op.retire_table("vistos")')],
    ),
    "drop column": (
        'op.drop_column("vistos", "nome")',
        [("drops vistos.nome (2 rows)", 'op.retire_column("vistos", "nome")')],
    ),
    "on the connection": (
        'op.get_bind().execute(sa.text("DELETE FROM {p}vistos WHERE id > 1"))',
        [("deletes from vistos (2 rows)", DELETE.format("vistos"))],
    ),
    "on the driver's own cursor": (
        'op.get_bind().connection.cursor().execute("DELETE FROM {p}vistos WHERE id > 1")',
        [("deletes from vistos (2 rows)", DELETE.format("vistos"))],
    ),
    "on a cursor that was there before an operation": (
        """
        cursor = op.get_bind().connection.cursor()
        op.ensure_column("eventos", sa.Column("forro_de_teste", sa.String(20)))
        cursor.execute("SELECT forro_de_teste FROM {p}eventos")
        cursor.execute("DELETE FROM {p}vistos WHERE id > 1")
        """,
        [("deletes from vistos (2 rows)", DELETE.format("vistos"))],
    ),
    "a trigger": (
        'op.execute("INSERT INTO {p}gatilhos VALUES (1)")',
        [("deletes from vistos (3 rows)", DELETE.format("vistos"))],
    ),
    "between guarded operations": (
        """
        op.execute("DELETE FROM {p}vistos WHERE id = 3")
        op.ensure_column("eventos", sa.Column("forro_de_teste", sa.String(20)))
        """,
        [("deletes from vistos (1 row)", DELETE.format("vistos"))],
    ),
    "after a guarded operation": (
        """
        op.ensure_column("eventos", sa.Column("forro_de_teste", sa.String(20)))
        op.execute("SELECT 1")
        op.ensure_column("eventos", sa.Column("tecido_de_teste", sa.String(20)))
        op.execute("DELETE FROM {p}vistos WHERE id = 3")
        """,
        [("deletes from vistos (1 row)", DELETE.format("vistos"))],
    ),
}

ONLY_POSTGRESQL: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "truncate": (
        'op.execute("TRUNCATE public.vistos")',
        [("empties vistos (3 rows)", DELETE.format("vistos"))],
    ),
    "truncate and fill": (
        """
        op.execute("TRUNCATE public.vistos")
        op.execute("INSERT INTO public.vistos VALUES (7, 'x', 7), (8, 'x', 7), (9, 'x', 7), (10, 'x', 7)")
        """,
        [("empties vistos (3 rows)", DELETE.format("vistos"))],
    ),
    "truncate what this run has rewritten": (
        """
        op.ensure_column("checkins", sa.Column("cpf", sa.Text))
        op.execute("TRUNCATE public.checkins")
        """,
        [("empties checkins (6 rows)", DELETE.format("checkins"))],
    ),
    "cascade": (
        'op.execute("DELETE FROM public.pais WHERE id = 1")',
        [
            ("deletes from pais (1 row)", DELETE.format("pais")),
            ("deletes from filhos (2 rows)", DELETE.format("filhos")),
            ("changes netos (1 row)", CHANGE.format("netos")),
        ],
    ),
    "rewrite": (
        'op.alter_column("vistos", "idade", type_=sa.Text, postgresql_using="\'?\'")',
        [("rewrites vistos.idade (3 rows)", 'op.ensure_column("vistos", sa.Column("idade", ...))')],
    ),
    "several statements in one": (
        'op.execute("DO $x$ BEGIN DELETE FROM public.vistos WHERE id = 1; DROP TABLE public.netos; END $x$")',
        [
            ("drops netos (2 rows)", 'op.retire_table("netos")'),
            ("deletes from vistos (1 row)", DELETE.format("vistos")),
        ],
    ),
    "another schema": (
        'op.execute("DELETE FROM retired.register")',
        [("deletes from retired.register (2 rows)", DELETE.format("retired.register"))],
    ),
}

ONLY_SQLITE: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "replace": (
        "op.execute(\"INSERT OR REPLACE INTO vistos VALUES (1, 'x', 1), (9, 'x', 1)\")",
        [("deletes from vistos (1 row)", DELETE.format("vistos"))],
    ),
    "batch that drops a column": (
        """
        with op.batch_alter_table("vistos", recreate="always") as batch:
            batch.drop_column("nome")
        """,
        [("drops vistos.nome (2 rows)", 'op.retire_column("vistos", "nome")')],
    ),
    "batch that loses a type": (
        """
        with op.batch_alter_table("vistos") as batch:
            batch.alter_column("nome", type_=sa.Integer, existing_type=sa.String(20))
        """,
        [("rewrites vistos.nome (2 rows)", 'op.ensure_column("vistos", sa.Column("nome", ...))')],
    ),
    "dropped on the driver's own cursor": (
        """
        cursor = op.get_bind().connection.cursor()
        cursor.execute("ALTER TABLE vistos DROP COLUMN nome")
        cursor.execute("DROP TABLE pais")
        """,
        [("drops pais", 'op.retire_table("pais")'), ("drops vistos.nome", 'op.retire_column("vistos", "nome")')],
    ),
    "rebuilt without some rows": (
        """
        op.execute("CREATE TABLE outra AS SELECT * FROM vistos WHERE id > 1")
        op.execute("DROP TABLE vistos")
        op.execute("ALTER TABLE outra RENAME TO vistos")
        """,
        [("drops vistos (1 row)", 'op.retire_table("vistos")')],
    ),
}

# What loses nothing, and passes.
HARMLESS = """
op.create_table("festas_de_teste", sa.Column("id", sa.Integer, primary_key=True), sa.Column("nome", sa.String(20)))
festas = sa.table("festas_de_teste", sa.column("id", sa.Integer), sa.column("nome", sa.String))
op.bulk_insert(festas, [{"id": 1, "nome": "junina"}])
op.execute("UPDATE {p}festas_de_teste SET nome = 'natal'")
op.ensure_column("eventos", sa.Column("forro_de_teste", sa.String(20)))
op.execute("DELETE FROM {p}festas_de_teste")
op.drop_table("festas_de_teste")
op.execute("ALTER TABLE {p}vistos ADD COLUMN nota integer")
op.execute("ALTER TABLE {p}vistos DROP COLUMN nota")
op.execute("INSERT INTO {p}vistos VALUES (12, 'novo', 12)")
op.execute("UPDATE {p}vistos SET nome = 'x' WHERE id = 99")
op.execute("CREATE TEMP TABLE passageira (id integer)")
op.execute("INSERT INTO passageira VALUES (1)")
op.execute("DELETE FROM passageira")
op.execute("DROP TABLE passageira")
op.get_bind().execute(sa.text("SELECT count(*) FROM {p}vistos")).scalar()
op.drop_column("pais", "vazia")
op.drop_table("vazias")
op.execute("ALTER TABLE {p}filhos RENAME TO criancas")
op.ensure_no_index("eventos", "forro_de_teste")
"""


def in_(dialect: str, text: str) -> str:
    return text.replace("{p}", "public." if dialect == "postgresql" else "")


def refusal(found: list[tuple[str, str]]) -> tuple[str, str]:
    marks = [f"{number}. " if len(found) > 1 else "" for number in range(1, len(found) + 1)]
    whats = [
        f"{mark}revision {NEXT} {what}, and no operation declares it"
        for mark, (what, _) in zip(marks, found, strict=True)
    ]
    ahead = "In its place, or before it where a trigger or a key does it, write"
    return "\n".join(whats), "\n".join(f"{mark}{ahead} {todo}" for mark, (_, todo) in zip(marks, found, strict=True))


def fill(engine: sa.Engine) -> None:
    """A database at head with rows, and tables of somebody else."""
    lineage.build(engine, 22, rows=ROWS)
    ended = here(engine.url, "upgrade", HEAD)
    assert ended.code == 0, ended.err
    dialect = engine.dialect.name
    statements = STRANGERS[dialect] + in_(dialect, FILL)
    statements += in_(dialect, "CREATE TABLE {p}vazias (id integer); ALTER TABLE {p}pais ADD COLUMN vazia integer;")
    statements += in_(dialect, "INSERT INTO {p}vazias VALUES (1); DELETE FROM {p}vazias;")
    if dialect == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql(statements, execution_options={"no_parameters": True})
        return
    with engine.connect() as connection:
        connection.connection.dbapi_connection.executescript(statements)  # type: ignore[union-attr]


@pytest.fixture(scope="session")
def models(server_of: Callable[[int], servers.Server], tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What is made once: a database of each kind, by the name of its kind."""
    return {"folder": tmp_path_factory.mktemp("models"), "server_of": server_of}


def _target(kind: str, models: dict[str, object], tmp_path: Path) -> Iterator[Target]:
    if kind == "sqlite":
        model = models["folder"] / "model.db"  # type: ignore[operator]
        if not model.exists():
            fill(engine_of(f"sqlite:///{model}"))
        shutil.copy(model, tmp_path / "eventos.db")
        yield Target(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"), None)
        return
    server = models["server_of"](int(kind[2:]))  # type: ignore[operator]
    # Two files have these models, and one process may run both.
    model, name = f"undeclared_{models['folder'].name}_{os.getpid()}", f"undeclared_{os.getpid()}"  # type: ignore[attr-defined]
    if kind not in models:
        fill(engine_of(server.create_database(model)))
        models[kind] = True
    url = server.create_database(name, template=model)
    yield Target(engine_of(url), server)
    server.drop_database(name)


@pytest.fixture(params=("pg16", "pg18", "sqlite"))
def target(request: pytest.FixtureRequest, models: dict[str, object], tmp_path: Path) -> Iterator[Target]:
    yield from _target(request.param, models, tmp_path)


@pytest.fixture(params=("pg16", "pg18"))
def on_server(request: pytest.FixtureRequest, models: dict[str, object], tmp_path: Path) -> Iterator[Target]:
    yield from _target(request.param, models, tmp_path)


@pytest.fixture
def on_file(models: dict[str, object], tmp_path: Path) -> Iterator[Target]:
    yield from _target("sqlite", models, tmp_path)


class Revision:
    """What writes the revision of a test: `revision(target, body, downgrade)`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch

    def __call__(self, target: Target, upgrade: str, downgrade: str = "pass") -> None:
        dialect = target.engine.dialect.name
        next_revision.add(self.folder, self.monkeypatch, in_(dialect, upgrade), in_(dialect, downgrade))


@pytest.fixture
def revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Revision:
    return Revision(tmp_path / "history", monkeypatch)


def pasted(target: Target, *arguments: str) -> pasting.Answer:
    assert target.server is not None
    place = pasting.Place(target.server, str(target.engine.url.database))
    ended = here(pasting.NOWHERE, *(arguments or ("sql",)))
    assert ended.code == 0, ended.err
    return place.paste(ended.out)


def assert_refused(target: Target, found: list[tuple[str, str]], offline: bool = True) -> None:
    """By the command and, where there is one, by a paste."""
    what, todo = refusal(found)
    before = whole.of(target.engine, target.server)
    ended = here(target.url, "upgrade")
    assert (ended.code, ended.err) == (4, f"Error: {what}\nNext: {todo}\n")
    if target.server is not None and offline:
        assert pasted(target).error == ("PM004", what, todo)
    assert whole.of(target.engine, target.server) == before


@pytest.mark.parametrize("case", CASES)
def test_both_dialects_refuse(case: str, target: Target, revision: Revision) -> None:
    body, found = CASES[case]
    revision(target, body)
    assert_refused(target, found, offline="get_bind" not in body)


@pytest.mark.parametrize("case", ONLY_POSTGRESQL)
def test_postgresql_refuses(case: str, on_server: Target, revision: Revision) -> None:
    body, found = ONLY_POSTGRESQL[case]
    if case == "another schema":
        on_server.run("CREATE SCHEMA IF NOT EXISTS retired", "DROP TABLE IF EXISTS retired.register")
        on_server.run(
            "CREATE TABLE retired.register (id integer, revision text, kind text, object text, kept_in text,"
            " definition text, rows bigint, retired_at timestamptz)",
            "INSERT INTO retired.register VALUES (1), (2)",
        )
    revision(on_server, body)
    assert_refused(on_server, found)


@pytest.mark.parametrize("case", ONLY_SQLITE)
def test_sqlite_refuses(case: str, on_file: Target, revision: Revision) -> None:
    body, found = ONLY_SQLITE[case]
    revision(on_file, body)
    assert_refused(on_file, found)


def test_what_loses_nothing_passes(target: Target, revision: Revision) -> None:
    revision(target, HARMLESS)
    ended = here(target.url, "upgrade")
    assert (ended.code, ended.err) == (0, "")


def test_a_paste_of_what_loses_nothing_passes(on_server: Target, revision: Revision) -> None:
    revision(on_server, "\n".join(line for line in HARMLESS.splitlines() if "get_bind" not in line))
    assert pasted(on_server).error == (None, None, None)


def test_a_cursor_sees_what_was_sent_before(target: Target, revision: Revision) -> None:
    revision(
        target,
        """
        cursor = op.get_bind().connection.cursor()
        op.ensure_column("eventos", sa.Column("forro_de_teste", sa.String(20)))
        cursor.execute("SELECT forro_de_teste FROM {p}eventos")
        """,
    )
    ended = here(target.url, "upgrade")
    assert (ended.code, ended.err) == (0, "")


def test_a_silenced_session_tells_which_revision_runs(on_server: Target, revision: Revision) -> None:
    body = '    op.execute("SELECT 1/0")'
    last = next_revision.REVISION.format(number="9998", before=NEXT, upgrade=body, downgrade="    pass")
    revision(on_server, 'op.execute("SET LOCAL client_min_messages = error")')
    (revision.folder / "alembic/versions/9998_last.py").write_text(last, encoding="utf-8")
    ended = here(on_server.url, "upgrade")
    assert ended.code != 0
    assert "9998" in ended.err, ended.err


LOSS, FOUND = CASES["delete"]


def test_the_plan_tells_it_beforehand(target: Target, revision: Revision) -> None:
    revision(target, LOSS)
    what, todo = refusal(FOUND)
    before = whole.of(target.engine, target.server)
    ended = here(target.url, "upgrade", "--plan")
    assert (ended.code, ended.err) == (4, f"Error: {what}\nNext: {todo}\n")
    assert f"\nEnded in revision {NEXT}, after " in ended.out
    assert whole.of(target.engine, target.server) == before


def test_the_hook_refuses(
    target: Target, revision: Revision, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    revision(target, LOSS)
    monkeypatch.setenv("DATABASE_URL", target.engine.url.render_as_string(hide_password=False))
    before = whole.of(target.engine, target.server)
    assert auto_migrate.run_auto_migration() is False
    assert refusal(FOUND)[0] in caplog.text
    assert whole.of(target.engine, target.server) == before


def test_plain_alembic_refuses(target: Target, revision: Revision) -> None:
    revision(target, LOSS)
    config = configuration.configuration(connection=target.engine)
    before = whole.of(target.engine, target.server)
    with pytest.raises(Refused) as refused:
        alembic_command.upgrade(config, "head")
    assert (refused.value.what, refused.value.todo) == refusal(FOUND)
    assert whole.of(target.engine, target.server) == before


def test_a_repair_refuses(target: Target, revision: Revision) -> None:
    revision(target, LOSS)
    target.run(in_(target.engine.dialect.name, "DROP INDEX {p}ix_usuarios_cpf"))
    before = whole.of(target.engine, target.server)
    ended = here(target.url, "repair")
    assert (ended.code, ended.err) == (4, "Error: {}\nNext: {}\n".format(*refusal(FOUND)))
    assert whole.of(target.engine, target.server) == before


def test_a_way_back_that_loses_rows_is_refused(target: Target, revision: Revision) -> None:
    revision(target, "op.ensure_no_index('eventos', 'forro_de_teste')", LOSS)
    assert here(target.url, "upgrade").code == 0
    what, todo = refusal(FOUND)
    before = whole.of(target.engine, target.server)
    ended = here(target.url, "downgrade", HEAD)
    assert (ended.code, ended.err) == (4, f"Error: {what}\nNext: {todo}\n")
    if target.server is not None:
        assert pasted(target, "sql-rollback", "--to", HEAD).error == ("PM004", what, todo)
    assert whole.of(target.engine, target.server) == before


def test_a_table_is_retired_and_comes_back(target: Target, revision: Revision) -> None:
    """What the refusal advises: its rows are kept, and back with the downgrade."""
    revision(target, 'op.retire_table("vistos")', "op.undo()")
    assert here(target.url, "upgrade").code == 0
    with target.engine.connect() as connection:
        assert not sa.inspect(connection).has_table("vistos", "public" if target.server else None)
    assert here(target.url, "downgrade", HEAD).code == 0
    with target.engine.connect() as connection:
        statement = in_(target.engine.dialect.name, "SELECT id, nome, idade FROM {p}vistos ORDER BY id")
        rows = [tuple(row) for row in connection.exec_driver_sql(statement)]
    assert rows == [(1, "a", 1), (2, None, 2), (3, "c", 3)]


def test_keys_of_strangers_that_were_broken_before_are_no_reason(on_file: Target, revision: Revision) -> None:
    """A run of plain operations alone, which begins with no look of an operation's."""
    on_file.run("CREATE TABLE soltos (id integer PRIMARY KEY, pai integer REFERENCES pais (id))")
    on_file.run("INSERT INTO soltos VALUES (1, 99)")
    revision(on_file, "op.execute(\"INSERT INTO pais (id, nome) VALUES (5, 'Eva')\")")
    ended = here(on_file.url, "upgrade")
    assert (ended.code, ended.err) == (0, "")


def test_counting_switched_off_is_refused(on_server: Target, revision: Revision) -> None:
    """The server counts what statements do, unless it was told not to; a superuser may switch it on for a run."""
    revision(on_server, LOSS)
    on_server.run(f"ALTER DATABASE {on_server.engine.url.database} SET track_counts = off")
    assert_refused(on_server, FOUND)


def test_who_may_not_switch_counting_on_is_told_what_does(
    on_server: Target, revision: Revision, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    revision(on_server, LOSS)
    name = str(on_server.engine.url.database)
    role = f"dono_{name}"
    on_server.run(
        f"CREATE ROLE {role} LOGIN",
        f"ALTER DATABASE {name} OWNER TO {role}",
        # What a column owns goes along. What a revision changed here is noted in schema retired.
        "DO $$ DECLARE thing text; BEGIN FOR thing IN SELECT 'TABLE ' || oid::regclass FROM pg_class"
        " WHERE relnamespace::regnamespace::text IN ('public', 'retired') AND relkind = 'r'"
        " UNION ALL SELECT 'TYPE ' || oid::regtype FROM pg_type"
        " WHERE typnamespace::regnamespace::text IN ('public', 'retired') AND typtype = 'e'"
        " UNION ALL SELECT 'SCHEMA ' || nspname FROM pg_namespace WHERE nspname = 'retired'"
        f" LOOP EXECUTE concat('ALTER ', thing, ' OWNER TO {role}'); END LOOP; END $$",
        f"ALTER DATABASE {name} SET track_counts = off",
    )
    url = on_server.engine.url.set(username=role)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    code, _, err = run("upgrade")
    lifts = f"ALTER ROLE {role} IN DATABASE {name} SET track_counts = on"
    assert (code, f"Next: As a superuser, then connect anew: {lifts}" in err) == (4, True), err
    on_server.run(lifts)
    # What it refuses now is the revision.
    assert "track_counts" not in run("upgrade")[2]


def test_a_history_of_guarded_operations_pays_nothing() -> None:
    """No statement more, and no helper more in the script."""
    for arguments in (("sql",), ("sql-rollback", "--to", "base")):
        script = pasting.script(*arguments)
        assert not {"watch_rows", "check_rows", "undeclared", "rows_now"} & set(re.findall(r"\w+", script))
