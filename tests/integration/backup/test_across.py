"""A copy of a PostgreSQL database becomes a SQLite file that the application reads as it read the server's."""

from __future__ import annotations

import datetime
import decimal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.catalog import Severity, verify
from homecoming.project import project
from tests.conftest import engine_of
from tests.integration.backup.test_backup import address, made
from tests.support import history, lineage
from tests.support.command import Ran

TEXT = 'a\tb\\c\nd\re\b\f\v \\N "ação" \U0001f600'


@pytest.fixture
def home(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A database at head with rows, as DATABASE_URL, of which backups are copies of our own."""
    lineage.build(postgres, 18, rows=4)
    history.upgrade(postgres)
    monkeypatch.setenv("DATABASE_URL", address(postgres))
    monkeypatch.setenv("MIGRATION_PG_DUMP", "none")
    return postgres


def copied(run: Callable[..., Ran]) -> str:
    assert run("backup")[0] == 0
    file, told = made()
    assert told.kind == "copy"
    return str(file)


def as_read(engine: sa.Engine) -> dict[str, list[list[Any]]]:
    """Every row as the application reads it, moments in UTC."""
    found = {}
    with engine.connect() as connection:
        for name, table in project().metadata.tables.items():
            rows = connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            found[name] = [[comparable(value) for value in row] for row in rows]
    return found


def comparable(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value
    return value.normalize() if isinstance(value, decimal.Decimal) else value


def test_every_value_is_the_same_to_the_application(home: sa.Engine, run: Callable[..., Ran]) -> None:
    with home.begin() as connection:
        connection.execute(sa.text("UPDATE eventos SET descricao = :text WHERE id = 1"), {"text": TEXT})
        connection.exec_driver_sql("UPDATE eventos SET descricao = NULL WHERE id = 2")
        connection.exec_driver_sql("UPDATE eventos SET descricao = '' WHERE id = 3")
        connection.exec_driver_sql("UPDATE eventos SET criado_em = '2026-02-28 23:59:59.123456-03' WHERE id = 1")
    file = copied(run)
    code, out, err = run("restore", file, "--into", "sqlite:///trial.db")
    assert code == 0, err
    target = engine_of("sqlite:///trial.db")
    assert as_read(target) == as_read(home)
    assert sum(map(len, as_read(target).values())) > 50
    with target.connect() as connection:
        assert [finding for finding in verify(connection) if finding.severity is Severity.FAIL] == []
        moment = connection.exec_driver_sql("SELECT criado_em FROM eventos WHERE id = 1").scalar_one()
    assert moment == "2026-03-01 02:59:59.123456"
    assert "Restored in " in out
    # The application goes on: numbers follow, and triggers are there.
    with closing(sqlite3.connect("trial.db")) as there:
        assert there.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()[0] > 0


def test_what_the_schema_does_not_know_is_named(home: sa.Engine, run: Callable[..., Ran]) -> None:
    with home.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE public.alheia (id integer)")
        connection.exec_driver_sql("ALTER TABLE usuarios ADD COLUMN \"Apelido Dele\" text DEFAULT 'x'")
    code, out, err = run("restore", copied(run), "--into", "sqlite:///trial.db")
    assert code == 0, err
    assert "Left out, as the schema does not know them: alembic_version, alheia, migration_history" in out
    assert 'Left out of usuarios, as the schema does not know them: "Apelido Dele"' in out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE eventos SET criado_em = 'infinity' WHERE id = 1", "eventos.criado_em has a value that SQLite has no"),
        ("UPDATE produtos SET preco = 'NaN' WHERE id = 1", "produtos.preco has a value that SQLite has no place for"),
    ],
)
def test_a_value_that_has_no_place_makes_no_file(
    home: sa.Engine, run: Callable[..., Ran], change: str, said: str
) -> None:
    with home.begin() as connection:
        connection.exec_driver_sql(change)
    code, _, err = run("restore", copied(run), "--into", "sqlite:///trial.db")
    assert (code, said in err) == (6, True)
    assert not list(Path().glob("trial.db*"))


def test_a_value_that_is_another_there_makes_no_file(
    home: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number with more digits than SQLite keeps is found as the rows are read again."""
    from homecoming.backup import across

    file = copied(run)
    monkeypatch.setattr(across, "_number", lambda text: decimal.Decimal(text) + decimal.Decimal("0.000000000000000001"))
    code, _, err = run("restore", file, "--into", "sqlite:///trial.db")
    assert (code, "rows are not the same in SQLite: " in err) == (1, True)
    assert not list(Path().glob("trial.db*"))


def test_a_file_with_tables_is_kept(home: sa.Engine, run: Callable[..., Ran]) -> None:
    with closing(sqlite3.connect("trial.db")) as there:
        there.execute("CREATE TABLE minha (n)")
    file = copied(run)
    code, _, err = run("restore", file, "--into", "sqlite:///trial.db")
    assert (code, "CONFIRM=trial.db" in err) == (4, True)
    code, out, err = run("restore", file, "--into", "sqlite:///trial.db", "--confirm", "trial.db")
    assert code == 0, err
    (before,) = Path().glob("trial.before-*.db")
    assert before.name in out
    with closing(sqlite3.connect(before)) as there:
        assert there.execute("SELECT count(*) FROM minha").fetchone() == (0,)


def test_only_at_head(home: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("downgrade", "0017")[0] == 0
    code, _, err = run("restore", copied(run), "--into", "sqlite:///trial.db")
    assert (code, "is at 0017, and a SQLite file is made at 0022 alone" in err) == (4, True)
    assert not Path("trial.db").exists()


def test_a_dump_is_for_postgresql(home: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIGRATION_PG_DUMP")
    assert run("backup")[0] == 0
    code, _, err = run("restore", str(made()[0]), "--into", "sqlite:///trial.db")
    assert (code, "Make another with MIGRATION_PG_DUMP=none" in err) == (4, True)
