"""Backups in the reader's language: nothing said bypasses the catalogue, and the manifest stays English."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from homecoming.language import ENGLISH, use
from tests.integration.backup.test_backup import filled, made
from tests.support import history, pseudo
from tests.support.command import Ran

__all__ = ["filled"]

# Names of a database, of its place and of what restores there; a run's own words are another room's.
NAMES = ("eventos.db", "pg_dump", "verify", "upgrade", "MB", "temporary", "db", "on")


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    use(ENGLISH)


def test_in_portuguese(filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    history.upgrade(filled)
    monkeypatch.setenv("MIGRATION_LANG", "pt")
    code, out, err = run("backup")
    assert (code, err) == (0, "")
    assert " tabelas, " in out
    assert ", em 0022\n" in out
    assert "Próximo passo: prove que ele se restaura: make backup-verify\n" in out
    code, out, err = run("backup-verify")
    assert (code, err) == (0, "")
    assert "Restaurando em um " in out
    assert "\nProvado: " in out
    assert "\nLevou: hash " in out
    assert ", banco temporário " in out
    file, told = made()
    # What machines read is English.
    assert told.proven is not None
    assert told.proven.where.startswith("a ")
    assert "scratch" in told.proven.seconds
    file.write_bytes(file.read_bytes()[:-1])
    code, _, err = run("backup-verify")
    assert code == 1
    assert "bytes, e o manifesto diz" in err
    assert "Próximo passo: Use outro backup, ou traga este arquivo de volta" in err


def test_nothing_bypasses_the_catalogue(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    history.upgrade(filled)
    monkeypatch.setenv("MIGRATION_LANG", pseudo.LANGUAGE)
    said = "".join("".join(run(verb)[1:]) for verb in ("backup", "backup-verify"))
    file, told = made()
    said += "".join(run("restore", str(file))[1:])
    file.write_bytes(b"")
    said += "".join(run("restore", str(file))[1:])
    for line in said.splitlines():
        assert pseudo.words_outside(line, (*NAMES, told.database)) == [], line
