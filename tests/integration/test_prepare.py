"""What is made ahead of an upgrade: seen by nobody, adopted by the run, gone with the way back, or taken away."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

from tests.conftest import engine_of
from tests.support import command, lineage, scars, servers, way_back_postgresql
from tests.support.pasting import script

STATE = 18
LARGE = "itens_venda_pdv"
ROWS = 3000

DAMAGE = {
    "a key to a copy": (
        "CREATE TABLE produtos_old (LIKE produtos INCLUDING ALL)",
        "INSERT INTO produtos_old SELECT * FROM produtos",
        f"ALTER TABLE {LARGE} DROP CONSTRAINT {LARGE}_produto_id_fkey",
        f"ALTER TABLE {LARGE} ADD CONSTRAINT {LARGE}_produto_id_fkey FOREIGN KEY (produto_id) REFERENCES produtos_old",
    ),
    "a key": (f"ALTER TABLE {LARGE} DROP CONSTRAINT {LARGE}_venda_id_fkey",),
    "a value that is required": (f"ALTER TABLE {LARGE} ALTER quantidade DROP NOT NULL",),
    "an index": (f"DROP INDEX ix_{LARGE}_id",),
    "a unique key": ("ALTER TABLE comandas DROP CONSTRAINT comandas_numero_comanda_key",),
    "a primary key": (f"ALTER TABLE {LARGE} DROP CONSTRAINT {LARGE}_pkey",),
    "all of it": (
        f"ALTER TABLE {LARGE} DROP CONSTRAINT {LARGE}_venda_id_fkey",
        f"ALTER TABLE {LARGE} ALTER quantidade DROP NOT NULL",
        f"DROP INDEX ix_{LARGE}_id",
        f"ALTER TABLE {LARGE} DROP CONSTRAINT {LARGE}_pkey",
    ),
}
SCAR = "startup_rebuild_sold_since"


class Made:
    """A damaged database, and the commands on it."""

    def __init__(self, server: servers.Server) -> None:
        self.server = server
        self.name = f"ahead_{secrets.token_hex(4)}"
        self.engine = engine_of(server.create_database(self.name))

    def build(self, *damage: str, scar: str | None = None) -> way_back_postgresql.Found:
        """Make it, and return all that it holds."""
        lineage.build(self.engine, STATE, rows=5)
        if scar:
            scars.apply(self.engine, scars.get("postgresql", scar))
        self.execute(
            f"INSERT INTO {LARGE} (venda_id, produto_id, quantidade, preco_unitario, preco_total) "
            f"SELECT 1 + n % 5, 1 + n % 5, 1, 5, 5 FROM generate_series(1, {ROWS}) n",
            *damage,
        )
        return way_back_postgresql.take(self.server, self.engine)

    def execute(self, *statements: str) -> None:
        for statement in statements:
            with self.engine.begin() as connection:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def run(self, *arguments: str, **variables: str) -> command.Ended:
        env = command.environment(self.engine.url, MIGRATION_BACKUP="off", **variables)
        return command.run(self.engine.url, *arguments, env=env)

    def connect(self) -> Any:
        """Return a connection of which each statement is a transaction, as a console's."""
        raw = psycopg2.connect(self.engine.url.set(drivername="postgresql").render_as_string(False))
        raw.autocommit = True
        return raw

    def ahead(self) -> list[str]:
        """Return the names of what was made ahead."""
        with self.engine.connect() as connection:
            return list(
                connection.exec_driver_sql(
                    "SELECT relname FROM pg_class WHERE relname LIKE 'homecoming_prepared_%%' AND relkind = 'i' "
                    "UNION ALL SELECT conname FROM pg_constraint WHERE conname LIKE 'homecoming_prepared_%%'"
                ).scalars()
            )

    def ids(self, table: str) -> list[str]:
        """Return which rows a table has."""
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql(f"SELECT id::text FROM {table} ORDER BY id").scalars())

    def rows_read(self) -> int:
        """Return how many rows of the large table were read one after the other, by sessions that have ended."""
        self.execute("SELECT pg_stat_clear_snapshot()", "SELECT pg_sleep(0.3)")
        with self.engine.connect() as connection:
            asked = f"SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = '{LARGE}'"
            return int(connection.exec_driver_sql(asked).scalar_one())


@pytest.fixture(params=["oldest", "newest"])
def made(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[Made]:
    server = server_of(servers.available()[0 if request.param == "oldest" else -1])
    made = Made(server)
    yield made
    made.engine.dispose()
    server.drop_database(made.name)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_run_adopts_what_was_made_ahead(made: Made, damage: str) -> None:
    """It is of no revision before, and of the one that would have made it after: the way back takes it along."""
    found = made.build(*DAMAGE[damage])
    said = made.run("upgrade", "--prepare")
    assert (said.code, made.ahead() != []) == (0, True), said
    assert "Not prepared" not in said.out
    assert made.run("status").code == 0
    said = made.run("upgrade")
    assert (said.code, made.ahead()) == (0, []), said
    assert made.run("verify").code == 0
    assert made.run("downgrade", "base").code == 0
    assert way_back_postgresql.differences(made.server, made.engine, found) == []


def test_a_run_that_finds_it_reads_no_large_table(made: Made) -> None:
    made.build(*DAMAGE["all of it"], *DAMAGE["a key to a copy"])
    assert made.run("upgrade", "--prepare").code == 0
    made.engine.dispose()
    before = made.rows_read()
    assert made.run("upgrade", MIGRATION_PREPARE_ROWS="off").code == 0
    # What finds duplicates under unique indexes reads it once, before the locks.
    assert made.rows_read() - before < 1.5 * ROWS


def test_a_paste_adopts_it_too(made: Made) -> None:
    made.build(*DAMAGE["all of it"], *DAMAGE["a key to a copy"])
    asked = script("sql-prepare")
    with contextlib.closing(made.connect()) as raw, raw.cursor() as cursor:
        cursor.execute(asked)
        statements = [row[1] for row in cursor.fetchall()]
        assert any("VALIDATE" in statement for statement in statements)
        for statement in statements:
            cursor.execute(statement)
        ahead = made.ahead()
        cursor.execute(asked)
        assert cursor.fetchall() == []
        cursor.execute(script("sql"))
    assert (len(ahead) > 4, made.ahead()) == (True, [])
    assert made.run("verify").code == 0


def test_what_does_not_come_is_taken_away(made: Made) -> None:
    found = made.build(*DAMAGE["all of it"], scar=SCAR)
    assert made.run("upgrade", "--prepare").code == 0
    ended = made.run("prepare-undo")
    assert (ended.code, ended.out.count("Taken away: ") > 4, made.ahead()) == (0, True, [])
    assert way_back_postgresql.differences(made.server, made.engine, found) == []
    assert made.run("prepare-undo").out == "Nothing was made ahead here\n"


def test_an_upgrade_prepares_large_tables_by_itself(made: Made) -> None:
    made.build(*DAMAGE["all of it"])
    ended = made.run("upgrade", MIGRATION_PREPARE_ROWS="1000")
    assert ended.code == 0
    assert f"Prepared: foreign key {LARGE}.{LARGE}_venda_id_fkey, about " in ended.out
    assert "produtos" not in "".join(line for line in ended.out.splitlines() if line.startswith("Prepared: "))
    assert made.run("verify").code == 0


@pytest.mark.parametrize("rows", ["off", "1000000"])
def test_small_tables_are_left_to_the_run(made: Made, rows: str) -> None:
    made.build(*DAMAGE["all of it"])
    ended = made.run("upgrade", MIGRATION_PREPARE_ROWS=rows)
    assert (ended.code, "Prepared: " in ended.out) == (0, False)


def test_a_run_that_is_refused_leaves_nothing_of_it(made: Made) -> None:
    found = made.build(*DAMAGE["all of it"], f"UPDATE {LARGE} SET quantidade = NULL WHERE id = 7")
    found = way_back_postgresql.take(made.server, made.engine)
    ended = made.run("upgrade", MIGRATION_PREPARE_ROWS="0")
    assert ended.code == 4
    assert "Not prepared: NOT NULL " in ended.out
    assert made.ahead() == []
    assert way_back_postgresql.differences(made.server, made.engine, found) == []


def test_what_was_half_made_is_named_and_gone_on_with(made: Made) -> None:
    """As a process leaves it that is killed while an index is built, or before rows were looked at."""
    made.build(*DAMAGE["all of it"])
    with contextlib.closing(made.connect()) as raw, raw.cursor() as cursor:
        cursor.execute(script("sql-prepare"))
        statements = [row[1] for row in cursor.fetchall()]
        index = next(each for each in statements if f"ON public.{LARGE} USING" in each)
        cursor.execute(next(each for each in statements if "FOREIGN KEY" in each))
        # It waits for this one, and is ended.
        with made.engine.connect() as other:
            other.exec_driver_sql(f"UPDATE {LARGE} SET quantidade = 2 WHERE id = 1")
            cursor.execute("SET statement_timeout = 300")
            with pytest.raises(psycopg2.errors.QueryCanceled):
                cursor.execute(index)
    status = made.run("status")
    assert status.out.count("half made") == 2, status
    assert made.run("verify").code == 1
    assert "half made" not in made.run("verify").out
    assert made.run("upgrade", "--prepare").code == 0
    assert "half made" not in made.run("status").out
    assert made.run("upgrade").code == 0
    assert made.ahead() == []


def test_a_run_takes_away_what_is_half_made(made: Made) -> None:
    made.build()
    made.execute(
        f"ALTER TABLE {LARGE} ADD CONSTRAINT homecoming_prepared_0 CHECK (quantidade > 0) NOT VALID",
        f"CREATE INDEX homecoming_prepared_1 ON {LARGE} (quantidade)",
    )
    assert made.run("upgrade").code == 0
    assert made.ahead() == []
    assert made.run("verify").code == 0


def test_who_holds_a_table_is_not_waited_for_long(made: Made) -> None:
    """Nobody waits behind what is made ahead, and what cannot be made is left to the run."""
    made.build(*DAMAGE["a key"])
    waited: list[float] = []
    done = threading.Event()

    def work() -> None:
        with made.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as mine:
            while not done.is_set():
                took = mine.exec_driver_sql(
                    f"WITH t AS (SELECT clock_timestamp() AS at), n AS (UPDATE {LARGE} SET quantidade = 3 WHERE id = 5 "
                    "RETURNING 1) SELECT extract(epoch FROM clock_timestamp() - at)::float FROM t, n"
                ).scalar_one()
                waited.append(took)

    with made.engine.connect() as holder:
        holder.exec_driver_sql(f"UPDATE {LARGE} SET quantidade = 2 WHERE id = 9")
        worker = threading.Thread(target=work)
        worker.start()
        ended = made.run("upgrade", "--prepare", MIGRATION_LOCK_TIMEOUT="1")
        done.set()
        worker.join()
    assert ended.code == 0
    assert f"Not prepared: foreign key {LARGE}.{LARGE}_venda_id_fkey; the run does it itself (" in ended.out
    assert f"{LARGE}_venda_id_fkey" not in made.run("status").out
    assert max(waited) < 0.25, max(waited)


def test_rows_that_are_only_in_a_copy_are_left_to_the_run(made: Made) -> None:
    """A key finds them when the run has brought them back."""
    made.build(scar=SCAR)
    ended = made.run("upgrade", "--prepare")
    assert f"Not prepared: foreign key {LARGE}.{LARGE}_produto_id_fkey; " in ended.out
    assert made.run("upgrade").code == 0
    assert made.run("verify").code == 0


def test_replicas_prepare_one_at_a_time(made: Made) -> None:
    made.build(*DAMAGE["all of it"])
    env = command.environment(made.engine.url, MIGRATION_BACKUP="off", MIGRATION_PREPARE_ROWS="0")
    started = [command.start(made.engine.url, "upgrade", env=env) for _ in range(3)]
    assert [command.end(each).code for each in started] == [0, 0, 0]
    assert made.ahead() == []
    assert made.run("verify").code == 0


def test_an_upgrade_elsewhere_than_head_prepares_nothing(made: Made) -> None:
    made.build(*DAMAGE["all of it"])
    ended = made.run("upgrade", "0017", MIGRATION_PREPARE_ROWS="0")
    assert (ended.code, "Prepared: " in ended.out) == (0, False)


def test_at_head_there_is_nothing_to_make(made: Made) -> None:
    made.build()
    assert made.run("upgrade").code == 0
    ended = made.run("upgrade", "--prepare")
    assert (ended.code, "There is nothing to make ahead" in ended.out) == (0, True)


IN_A_COPY = {
    "that lacks a value which a revision fills": (
        "ALTER TABLE usuarios ALTER tipo DROP NOT NULL, ADD tipo_usuario text",
        "CREATE TABLE usuarios_old (LIKE usuarios INCLUDING ALL)",
        "INSERT INTO usuarios_old SELECT * FROM usuarios WHERE id = 2",
        "UPDATE usuarios_old SET id = 900, cpf = '99988877766', email = 'x@y', tipo_usuario = tipo::text, tipo = NULL",
    ),
    "that refers to nothing": (
        *DAMAGE["a key"],
        f"CREATE TABLE {LARGE}_old (LIKE {LARGE} INCLUDING ALL)",
        f"INSERT INTO {LARGE}_old SELECT * FROM {LARGE}",
        f"UPDATE {LARGE}_old SET venda_id = 4711 WHERE id = 7",
        f"DELETE FROM {LARGE} WHERE id = 7",
    ),
    "that lacks a value": (
        *DAMAGE["a value that is required"],
        f"CREATE TABLE {LARGE}_old (LIKE {LARGE} INCLUDING ALL)",
        f"INSERT INTO {LARGE}_old SELECT * FROM {LARGE}",
        f"UPDATE {LARGE}_old SET quantidade = NULL WHERE id = 7",
        f"DELETE FROM {LARGE} WHERE id = 7",
    ),
}


@pytest.mark.parametrize("row", IN_A_COPY)
def test_what_is_made_ahead_does_not_decide_which_rows_come_back(made: Made, row: str) -> None:
    """A row that is only in a copy comes back, or is refused, as it would be without."""
    made.build(*IN_A_COPY[row])
    assert made.run("upgrade", "--prepare").code == 0
    ahead = made.run("upgrade")
    rows = [name for name in ("usuarios", LARGE) if ahead.code == 0 for name in [name, *made.ids(name)]]
    other = Made(made.server)
    try:
        other.build(*IN_A_COPY[row])
        alone = other.run("upgrade", MIGRATION_PREPARE_ROWS="off")
        assert (ahead.code, ahead.err) == (alone.code, alone.err)
        assert rows == [name for name in ("usuarios", LARGE) if alone.code == 0 for name in [name, *other.ids(name)]]
    finally:
        other.engine.dispose()
        other.server.drop_database(other.name)


def test_a_way_back_lets_go_of_it(made: Made) -> None:
    found = made.build(*DAMAGE["all of it"])
    assert made.run("upgrade", "0012", MIGRATION_PREPARE_ROWS="off").code == 0
    assert made.run("upgrade", "--prepare").code == 0
    assert made.run("downgrade", "base").code == 0
    assert made.ahead() == []
    assert way_back_postgresql.differences(made.server, made.engine, found) == []


def test_a_table_that_is_held_is_given_up_once(made: Made) -> None:
    """Not each of its keys anew: an upgrade that gets through behind who holds it is to come to that."""
    made.build(*DAMAGE["a key"], *DAMAGE["a value that is required"])
    with made.engine.connect() as holder:
        holder.exec_driver_sql(f"UPDATE {LARGE} SET quantidade = 2 WHERE id = 9")
        ended = made.run("upgrade", "--prepare", MIGRATION_LOCK_TIMEOUT="1")
        assert ended.out.count("Not prepared: ") == 1, ended
        refused = made.run("prepare-undo", MIGRATION_LOCK_TIMEOUT="1")
    assert (refused.code, made.ahead()) == (0, [])


def test_a_look_waits_for_no_table_without_a_limit(made: Made) -> None:
    made.build()
    with made.engine.connect() as holder:
        holder.exec_driver_sql(f"LOCK TABLE {LARGE}")
        ended = made.run("upgrade", MIGRATION_LOCK_TIMEOUT="0.3", MIGRATION_LOCK_PAUSES="0.1")
    assert ended.code == 5


def test_a_snapshot_that_is_old_is_waited_for_once(made: Made) -> None:
    """An index that is built concurrently waits for every one; so would each other."""
    made.build(*DAMAGE["an index"], *DAMAGE["a key"])
    with made.engine.connect().execution_options(isolation_level="REPEATABLE READ") as report:
        report.exec_driver_sql("SELECT count(*) FROM empresas")
        ended = made.run("upgrade", MIGRATION_PREPARE_ROWS="1", MIGRATION_LOCK_TIMEOUT="1")
    assert ended.code == 0, ended
    assert ended.out.count("Not prepared: ") == 1, ended
    assert f"Prepared: foreign key {LARGE}.{LARGE}_venda_id_fkey" in ended.out
    assert made.ahead() == []
