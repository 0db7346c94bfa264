"""`history` as it is called, on the lines that every way of a run leaves."""

from __future__ import annotations

import json
from collections.abc import Callable

import psycopg2
import pytest
import sqlalchemy as sa

from painel_migrations.auto_migrate import run_auto_migration
from tests.support import command, history
from tests.support.command import Ran
from tests.support.history import after
from tests.support.pasting import script
from tests.support.refused import PASSWORD


@pytest.fixture
def database(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """An empty database of each kind, which DATABASE_URL names."""
    database.connect().close()
    url = database.url if database.dialect.name == "sqlite" else database.url.set(password=PASSWORD)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return database


def paste(engine: sa.Engine, *arguments: str) -> None:
    url = engine.url
    with psycopg2.connect(host=url.host, port=url.port, user=url.username, dbname=url.database) as connection:
        connection.cursor().execute(script("sql", *arguments))
    connection.close()


def test_the_lines_of_every_way(
    database: sa.Engine, run: Callable[..., Ran], capsys: pytest.CaptureFixture[str]
) -> None:
    first_way = "command"
    if database.dialect.name == "postgresql":
        first_way = "console"
        paste(database, "--to", "0001")
    assert run("upgrade", "0002")[0] == 0
    assert run("downgrade", "0001")[0] == 0
    assert run_auto_migration()
    # The hook logs where this process does.
    capsys.readouterr()
    ways = [first_way, "command", "command", *["start-up"] * after("0001")]
    code, said, errors = run("history", "--format", "json")
    assert (code, errors) == (0, "")
    written = json.loads(said)
    lines = written["lines"]
    assert [line["way"] for line in lines] == ways
    assert [line["revision"] for line in lines[:5]] == ["0001", "0002", "0002", "0002", "0003"]
    assert [line["direction"] for line in lines[:4]] == ["upgrade", "upgrade", "downgrade", "upgrade"]
    assert [line["script_sha256"] is not None for line in lines] == [way == "console" for way in ways]
    assert {len(line["revision_sha256"]) for line in lines} == {64}
    assert written["edited"] == []
    assert written["totals"]["runs"] == (4 if first_way == "console" else 3)
    assert written["totals"]["revisions"] == len(lines)

    code, said, errors = run("history")
    assert (code, errors) == (0, "")
    first, heading, *rows, total = said.splitlines()
    rows, here = rows[: len(lines)], rows[len(lines) :]
    # What each did to this database: 0016 found nothing to do, and 0019 made a table.
    assert here[0] == "Changed here:"
    assert [line.split()[0] for line in here[1:]] == sorted(written["changes"])
    assert "0016" not in written["changes"]
    assert "made" in written["changes"]["0019"]
    assert "table formas_pagamento" in written["changes"]["0019"]
    assert first.startswith("Database: ")
    assert PASSWORD not in said
    assert heading.split() == ["When", "(UTC)", "Run", "By", "Revision", "Direction", "Seconds", "Retired"]
    assert [row.split()[-4] for row in rows] == [line["revision"] for line in lines]
    assert total.startswith(f"Runs: {written['totals']['runs']}, revisions: {len(lines)}, seconds: ")


def test_an_applied_revision_that_was_edited_since(database: sa.Engine, run: Callable[..., Ran]) -> None:
    history.upgrade(database, "0002")
    columns = "run, direction, applied_at, seconds, way, role, application_name, project_version, fingerprint_before"
    columns += ", fingerprint_after, rows_retired, revision"
    with database.begin() as connection:
        # As if the file had been another one when it ran; the line is added, as lines are.
        connection.exec_driver_sql(
            f"INSERT INTO migration_history ({columns}, revision_sha256)"
            f" SELECT {columns}, '{'0' * 64}' FROM migration_history WHERE revision = '0002'"
        )
    code, said, errors = run("history")
    assert code == 1
    assert "0002 edited upgrade" in said
    assert errors == (
        "Error: revision 0002 was edited after having been applied:"
        " this database has what the earlier file did, others will not\n"
        "Next: Bring the earlier file back; or let the history run again: make repair\n"
    )
    code, said, errors = run("history", "--format", "json")
    written = json.loads(said)
    assert code == 1
    assert [revision["revision"] for revision in written["edited"]] == ["0002"]
    assert [line["edited"] for line in written["lines"]] == [False, False, True]
    assert errors.startswith("Error: revision 0002 was edited")

    # What is said to do settles it.
    code, said, _ = run("repair")
    assert code == 0
    assert "revision 0002" in said
    assert run("history")[0] == 0
    assert run("repair")[1].endswith("Equal to head: nothing to repair\n")


def test_no_history_yet(database: sa.Engine, run: Callable[..., Ran]) -> None:
    code, said, errors = run("history")
    assert (code, said.splitlines()[1:], errors) == (0, ["No history yet: make upgrade writes it"], "")
    code, said, _ = run("history", "--format", "json")
    assert (code, json.loads(said)["lines"]) == (0, [])


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE migration_history (id INTEGER, run TEXT)",
        "CREATE TABLE migration_history (id INTEGER, fingerprint_after TEXT)",
        "CREATE VIEW migration_history AS SELECT 1 AS id",
    ],
)
def test_a_history_that_is_another_s(statement: str, database: sa.Engine, run: Callable[..., Ran]) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(statement)
    # SQLite renames no view.
    is_view = statement.startswith("CREATE VIEW") and database.dialect.name == "sqlite"
    advice = "DROP VIEW migration_history" if is_view else "ALTER TABLE migration_history RENAME TO ..."
    code, out, err = run("history")
    assert (code, out, err.splitlines()[0]) == (
        4,
        "",
        "Error: the name migration_history is taken by something that is not this project's",
    )
    assert err.splitlines()[1].endswith(advice)


def test_nobody_answers() -> None:
    """A whole process: what is said of the attempt leaves standard output to the document."""
    url = f"postgresql://painel:{PASSWORD}@127.0.0.1:1/painel"
    environ = command.environment(url, MIGRATION_CONNECT_ATTEMPTS="1")
    ended = command.run(url, "history", "--format", "json", env=environ)
    assert (ended.code, ended.out) == (3, "")
    assert "Error: " in ended.err
    assert PASSWORD not in ended.err
