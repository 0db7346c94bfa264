"""What is retired is listed, and deleted for good where somebody asks; the way back goes on, and says what it lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.catalog import Severity, verify
from homecoming.connection.locks import lock_key
from homecoming.history.lines import read_lines
from homecoming.history.retired_objects import Kept, read_kept
from tests.integration.backup.test_backup import address
from tests.integration.test_convergence import damaged, places
from tests.support import history, scars
from tests.support.command import Ran
from tests.support.history import HEAD


def kept(engine: sa.Engine) -> list[Kept]:
    with engine.connect() as connection:
        return read_kept(connection)


def confirmed(engine: sa.Engine) -> str:
    return Path(str(engine.url.database)).name


def live(engine: sa.Engine) -> dict[str, int]:
    """The rows of the application's tables."""
    with engine.connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if not name.startswith("retired_")]
        counts = {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one() for name in names}
        counts.pop("migration_history", None)
        return counts


def assert_at_head(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert [finding for finding in verify(connection) if finding.severity is Severity.FAIL] == []


def some_places(dialect: str) -> list[tuple[scars.Scar, int]]:
    return [(scar, state) for scar, state in places(dialect) if scar.refused is None][::12]


SOME = [("sqlite", *place) for place in some_places("sqlite")]
SOME += [("pg16" if number % 2 else "pg18", *place) for number, place in enumerate(some_places("postgresql"))]


@pytest.fixture
def at_head(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A damaged database of each kind that came home, as DATABASE_URL."""
    damaged(database, (13, 16))
    history.upgrade(database)
    monkeypatch.setenv("DATABASE_URL", address(database))
    return database


def age(engine: sa.Engine, days: int, revisions: tuple[str, ...] = ()) -> None:
    """Have what was retired, or what some revisions retired, be older."""
    postgresql = engine.dialect.name == "postgresql"
    register = "retired.register" if postgresql else "retired_register"
    moment = f"retired_at - interval '{days} days'" if postgresql else f"datetime(retired_at, '-{days} days')"
    of = f" WHERE revision IN ({', '.join(map(repr, revisions))})" if revisions else ""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {register} SET retired_at = {moment}{of}")


def purges_and_goes_on(engine: sa.Engine, run: Callable[..., Ran]) -> str:
    """Purge, verify, back to base, up again. Returns what the way back says."""
    before, there = live(engine), kept(engine)
    code, _, err = run("purge-retired", "--older-than=0d", f"--confirm={confirmed(engine)}")
    assert code == 0, err
    assert sum(thing.rows or 0 for thing in kept(engine)) == 0
    assert len(kept(engine)) == len(there)
    assert live(engine) == before
    assert run("verify")[0] == 0
    code, said, err = run("downgrade", "base")
    assert code == 0, err
    for thing in there:
        if thing.rows:
            rows = "1 row" if thing.rows == 1 else f"{thing.rows} rows"
            assert f"{thing.name}: {rows} purged on 2" in said + err
    history.upgrade(engine)
    assert_at_head(engine)
    return said + err


@pytest.mark.parametrize(("database", "scar", "state"), SOME, ids=str, indirect=["database"])
def test_damaged_databases(
    database: sa.Engine, scar: scars.Scar, state: int, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged(database, (state,), (scar,))
    history.upgrade(database)
    monkeypatch.setenv("DATABASE_URL", address(database))
    said = purges_and_goes_on(database, run)
    assert "do not come back" in said or not kept(database)


@pytest.mark.parametrize("states", [(13, 16), (3, 14, 22), (25, 18), (1,)], ids=str)
def test_states_over_one_another(
    database: sa.Engine, states: tuple[int, ...], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged(database, states)
    history.upgrade(database)
    monkeypatch.setenv("DATABASE_URL", address(database))
    purges_and_goes_on(database, run)


def test_what_is_listed(at_head: sa.Engine, run: Callable[..., Ran]) -> None:
    there = kept(at_head)
    code, out, err = run("retired")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1].split() == ["Since", "(UTC)", "Revision", "Rows", "Size", "What"]
    for thing, line in zip(there, lines[2:], strict=False):
        assert line.startswith(f"{thing.entry.at:%Y-%m-%d %H:%M}  {thing.entry.revision}")
        assert line.endswith(f"  {thing.name}")
        assert f" {'-' if thing.rows is None else thing.rows} " in line
    assert any(thing.rows for thing in there)
    assert f"make purge-retired OLDER_THAN=90d CONFIRM={confirmed(at_head)}" in lines[-1]
    document = json.loads(run("retired", "--format", "json")[1])
    assert [thing["rows"] for thing in document["retired"]] == [thing.rows for thing in there]
    if at_head.dialect.name == "postgresql":
        assert all(thing["bytes"] > 0 for thing in document["retired"] if thing["rows"])
    assert not [word for word in document["retired"] if "definition" in word]


def test_nothing_is_retired(database: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    history.upgrade(database)
    monkeypatch.setenv("DATABASE_URL", address(database))
    assert run("retired")[1].splitlines()[-1] == "Nothing is retired"
    code, out, _ = run("purge-retired", "--older-than=0d", f"--confirm={confirmed(database)}")
    assert (code, out.splitlines()[-1]) == (0, "Nothing that is older keeps a row")


def test_what_is_younger_stays(at_head: sa.Engine, run: Callable[..., Ran]) -> None:
    with_rows = [thing for thing in kept(at_head) if thing.rows]
    old = with_rows[0].entry.revision
    age(at_head, 91, (old,))
    code, _, err = run("purge-retired", "--older-than=90d", f"--confirm={confirmed(at_head)}")
    assert code == 0, err
    now = {thing.id: thing for thing in kept(at_head)}
    for thing in with_rows:
        assert now[thing.id].rows == (0 if thing.entry.revision == old else thing.rows)
        assert now[thing.id].entry.rows == now[thing.id].rows


def test_it_is_in_the_history(at_head: sa.Engine, run: Callable[..., Ran]) -> None:
    rows = sum(thing.rows or 0 for thing in kept(at_head))
    assert run("purge-retired", "--older-than=0d", f"--confirm={confirmed(at_head)}")[0] == 0
    with at_head.connect() as connection:
        line = read_lines(connection)[-1]
    assert (line.direction, line.revision, line.rows_retired, line.way) == ("purge", HEAD, rows, "command")
    assert line.fingerprint_before == line.fingerprint_after
    code, out, _ = run("history")
    assert (code, "purge" in out) == (0, True)


@pytest.mark.parametrize("given", ["another", ""])
def test_another_name_deletes_nothing(at_head: sa.Engine, run: Callable[..., Ran], given: str) -> None:
    before = kept(at_head)
    code, _, err = run("purge-retired", "--older-than=0d", f"--confirm={given}")
    assert (code, f"the database is {confirmed(at_head)}, and CONFIRM names another" in err) == (2, True)
    assert [thing.rows for thing in kept(at_head)] == [thing.rows for thing in before]


def test_days_that_are_none(at_head: sa.Engine, run: Callable[..., Ran]) -> None:
    code, _, err = run("purge-retired", "--older-than=90", f"--confirm={confirmed(at_head)}")
    assert (code, "OLDER_THAN is not a number of days" in err) == (2, True)


def test_it_waits_for_a_run(at_head: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_LOCK_WAIT", "0.2")
    before = [thing.rows for thing in kept(at_head)]
    with at_head.connect() as other:
        if at_head.dialect.name == "postgresql":
            other.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
        else:
            other.exec_driver_sql("CREATE TABLE of_a_run (id integer)")
        code, _, err = run("purge-retired", "--older-than=0d", f"--confirm={confirmed(at_head)}")
    assert code == 5, err
    assert [thing.rows for thing in kept(at_head)] == before


@pytest.mark.parametrize("database", ["pg18"], indirect=True)
def test_what_others_refer_to_is_not_deleted(at_head: sa.Engine, run: Callable[..., Ran]) -> None:
    (table,) = [thing.table for thing in kept(at_head) if thing.rows and thing.entry.kind == "table"][:1] or [""]
    if not table:
        with_id = [thing for thing in kept(at_head) if thing.rows and thing.entry.kind in ("column", "cells")]
        table = with_id[0].table
    with at_head.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY UNIQUE")
        connection.exec_driver_sql(f"CREATE TABLE public.reader (r integer REFERENCES {table} (number))")
    before = [thing.rows for thing in kept(at_head)]
    code, _, err = run("purge-retired", "--older-than=0d", f"--confirm={confirmed(at_head)}")
    assert (code, f"reader refers to the rows of {table} by its foreign key reader_r_fkey" in err) == (4, True)
    assert [thing.rows for thing in kept(at_head)] == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_not_a_byte_is_left_in_the_file(at_head: sa.Engine, journal: str, run: Callable[..., Ran]) -> None:
    """What was deleted is overwritten, also in the log beside the file."""
    who = "Zulmira Quixada Xerez"
    with at_head.connect() as connection:
        connection.connection.dbapi_connection.execute(f"PRAGMA journal_mode = {journal}")  # type: ignore[union-attr]
    thing = next(thing for thing in kept(at_head) if thing.rows and thing.entry.kind in ("table", "rows", "deleted"))
    with at_head.begin() as connection:
        columns = connection.exec_driver_sql("SELECT name FROM pragma_table_info(?)", (thing.kept_in,)).scalars().all()
        assert "nome" in columns
        connection.exec_driver_sql(f"UPDATE {thing.table} SET nome = ?", (who * 40,))

    def everything() -> bytes:
        return b"".join(path.read_bytes() for path in Path.cwd().glob("eventos.db*"))

    assert who.encode() in everything()
    assert run("purge-retired", "--older-than=0d", "--confirm=eventos.db")[0] == 0
    assert who.encode() not in everything()
