"""Names that steer a terminal or forge a line, in a database: no command, no log of an application lets one through."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from painel_migrations.auto_migrate import run_auto_migration
from tests.support import lineage
from tests.support.command import Ran

NASTY = "x\x1b]0;t\x07\x1b[2J\u202e\n-> 0022  forged"


@pytest.fixture
def named(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """State 20 with rows, and whatever has a name bears a nasty one."""
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MIGRATION_METRICS_FILE", "")
    lineage.build(database, 20)
    with database.begin() as connection:
        for statement in (
            f'CREATE TABLE "tabela {NASTY}" (id integer)',
            f'ALTER TABLE produtos ADD COLUMN "coluna {NASTY}" integer',
            f'CREATE INDEX "indice {NASTY}" ON produtos (nome)',
            f'CREATE VIEW "visao {NASTY}" AS SELECT nome, evento_id FROM produtos',
        ):
            connection.exec_driver_sql(statement)
    return database


def steering(text: str) -> list[str]:
    """The characters of a text, but for line ends, that would steer who shows it."""
    return [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") and sign != "\n"]


def test_no_command_lets_one_through(named: sa.Engine, run: Callable[..., Ran], tmp_path: Path) -> None:
    verbs = [
        ("upgrade", "--plan"),
        ("upgrade",),
        ("verify",),
        ("repair", "--plan"),
        ("health",),
        ("metrics",),
        ("doctor",),
        ("history",),
        ("verify", "--format", "json"),
        ("dashboard", "--static", str(tmp_path / "page.html")),
        ("downgrade", "0017"),
    ]
    seen = ""
    for verb in verbs:
        code, out, err = run(*verb)
        assert code in (0, 1), (verb, err)
        assert steering(out + err) == [], verb
        # A name is in the middle of its own line, and begins none.
        assert not any(line.startswith("-> 0022  forged") for line in (out + err).splitlines()), verb
        seen += out + err
    assert r"tabela x\x1b]0;t\x07\x1b[2J\xe2\x80\xae\n" in seen
    page = (tmp_path / "page.html").read_text()
    assert steering(page) == []


def test_an_application_that_logs_the_hook(named: sa.Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "painel_migrations")
    assert run_auto_migration()
    lines = [record.getMessage() for record in caplog.records]
    assert any("tabela x" in line for line in lines)
    assert [line for line in lines if not line.isprintable()] == []
