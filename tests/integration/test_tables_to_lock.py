"""What a run locks is foreseen before it locks anything: no more and no less than what it then takes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator

import psycopg2
import pytest
import sqlalchemy as sa

from tests.conftest import engine_of
from tests.support import history, lineage, scars, servers
from tests.support.pasting import script

CASES = [
    *((state, None) for state in range(1, 28)),
    (18, "startup_rebuild_sold_since"),
    (3, "produtos_temp_holds_the_rows"),
    (3, "copies_that_refer_to_copies"),
    (3, "row_in_another_copy"),
    (3, "foreign_keys_dropped"),
    (1, "indexes_of_another_shape"),
    (1, "tipousuario_six_labels_rows_mixed"),
    (25, "usuarios_tipo_blank_beside_tipo_usuario"),
]

STRONG = "'AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock'"
# What is locked in the end, by the names that the tables had at the beginning; as an error, so that nothing is kept.
SEEN = f"""our_step := 'the end';
RAISE EXCEPTION USING ERRCODE = 'PM004', MESSAGE = format('foreseen %s taken %s',
    current_setting('homecoming.foreseen'), (
    SELECT string_agg(DISTINCT a.relname || ' ' || (mode = 'AccessExclusiveLock'), ',') FROM pg_locks
    JOIN pg_temp.at_first a ON a.oid = relation WHERE pid = pg_backend_pid() AND mode IN ({STRONG})));"""
FIRST = """CREATE TEMP TABLE at_first ON COMMIT DROP AS SELECT oid, relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND relname NOT IN ('alembic_version', 'migration_history');
PERFORM set_config('homecoming.foreseen',
    (SELECT string_agg(t, ',') FROM unnest((pg_temp.locks_needed('0001')).locks) t), true);
CALL pg_temp.begin_revision('0001')"""


@pytest.fixture
def engine(server_of: Callable[[int], servers.Server]) -> Iterator[sa.Engine]:
    server = server_of(servers.available()[-1])
    name = f"locks_{secrets.token_hex(4)}"
    made = engine_of(server.create_database(name))
    yield made
    made.dispose()
    server.drop_database(name)


@pytest.mark.parametrize(("state", "scar"), CASES, ids=str)
def test_what_is_foreseen_is_what_is_taken(engine: sa.Engine, state: int, scar: str | None) -> None:
    lineage.build(engine, state, rows=3)
    if scar:
        scars.apply(engine, scars.get("postgresql", scar))
    text = (
        script("sql").replace("CALL pg_temp.begin_revision('0001')", FIRST, 1).replace("our_step := 'the end';", SEEN)
    )
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as raised:
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
    assert isinstance(raised.value.orig, psycopg2.Error)
    found = re.search(r"foreseen (.*) taken (.*)", str(raised.value.orig))
    assert found is not None, raised.value.orig
    foreseen = dict(re.findall(r"TABLE public\.(\S+) IN (.*?) MODE", found[1]))
    locks = [lock.split() for lock in found[2].split(",")]
    taken = {table for table, _ in locks}
    assert set(foreseen) >= taken, f"not foreseen: {taken - set(foreseen)}"
    assert set(foreseen) == taken, f"foreseen in vain: {set(foreseen) - taken}"
    order = list(foreseen)
    with engine.connect() as connection:
        keys = connection.exec_driver_sql(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        ).all()
    crossed = [key for key in keys if set(key) <= set(order) and order.index(key[0]) > order.index(key[1])]
    assert crossed == [], "an application takes the lock of what refers first"
    alone = {table for table, is_exclusive in locks if is_exclusive == "true"}
    assert {table for table, mode in foreseen.items() if mode == "ACCESS EXCLUSIVE"} == alone


BACK = [
    (18, "startup_rebuild_sold_since", "base"),
    (18, None, "0017"),
    (3, None, "base"),
    (1, None, "0012"),
    (12, "tipousuario_six_labels_rows_mixed", "base"),
]
UNTIL = """CREATE TEMP TABLE at_first ON COMMIT DROP AS SELECT oid, relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND relname NOT IN ('alembic_version', 'migration_history');
PERFORM set_config('homecoming.foreseen',
    (SELECT string_agg(t, ',') FROM unnest(pg_temp.locks_to_undo('{until}')) t), true);
CALL pg_temp.begin_revision('0022', 'downgrade', '{until}')"""


@pytest.mark.parametrize(("state", "scar", "until"), BACK, ids=str)
def test_the_way_back_locks_what_it_takes(engine: sa.Engine, state: int, scar: str | None, until: str) -> None:
    lineage.build(engine, state, rows=3)
    if scar:
        scars.apply(engine, scars.get("postgresql", scar))
    history.upgrade(engine)
    begin = f"CALL pg_temp.begin_revision('0022', 'downgrade', '{until}')"
    text = script("sql-rollback", "--to", until)
    assert begin in text
    text = text.replace(begin, UNTIL.format(until=until), 1).replace("our_step := 'the end';", SEEN)
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as raised:
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
    found = re.search(r"foreseen (.*) taken (.*)", str(raised.value.orig))
    assert found is not None, raised.value.orig
    foreseen = re.findall(r"TABLE public\.(\S+) IN", found[1])
    taken = {lock.split()[0] for lock in found[2].split(",")}
    assert set(foreseen) == taken


def test_the_way_back_leaves_alone_what_is_only_read(engine: sa.Engine) -> None:
    """Neither a table that a view reads, nor one that another schema's table of the same name refers to."""
    lineage.build(engine, 18, rows=3)
    history.upgrade(engine)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE public.alheia (id integer PRIMARY KEY)",
            "CREATE SCHEMA outra",
            "CREATE TABLE outra.produtos (evento_id integer REFERENCES public.alheia)",
            (
                "INSERT INTO retired.register (revision, kind, object, definition) "
                "VALUES ('0021', 'view', 'public.vista', 'CREATE VIEW public.vista AS SELECT id FROM public.alheia')"
            ),
        ):
            connection.exec_driver_sql(statement)
    with engine.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM public.alheia")
        history.downgrade(engine, "base")
