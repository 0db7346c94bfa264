"""The table of `history`: what it shows of each line, on a terminal and in a file, and how long it takes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from homecoming.commands.history import _table, document, totals
from homecoming.history.lines import Edited, Line

AT = datetime(2026, 11, 2, 4, 5, 6, tzinfo=UTC)
LINE = Line(
    id=1,
    run="9f8b2c1e-0000-4000-8000-000000000001",
    revision="0001",
    direction="upgrade",
    applied_at=AT,
    seconds=0.036,
    way="start-up",
    role="painel",
    application_name="painel-migrations",
    project_version="1.0",
    script_sha256=None,
    revision_sha256="a" * 64,
    fingerprint_before="b" * 64,
    fingerprint_after="c" * 64,
    rows_retired=0,
)
PASTED = replace(
    LINE,
    id=3,
    run="41c0d7aa-0000-4000-8000-000000000002",
    revision="0002",
    direction="downgrade",
    applied_at=AT + timedelta(days=7),
    seconds=12.5,
    way="console",
    role="postgres",
    application_name="psql",
    script_sha256="d" * 64,
    rows_retired=17,
)
LINES = [LINE, replace(LINE, id=2, revision="0002", rows_retired=4), PASTED]


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a runner of tests says of its own terminal is not for these."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


def terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", str(columns))


def test_in_a_file_nothing_is_cut() -> None:
    assert _table(LINES, {2}) == (
        "When (UTC)       Run      By                                 Revision    Direction Seconds Retired\n"
        "2026-11-02 04:05 9f8b2c1e start-up, painel painel-migrations 0001        upgrade     0.036       0\n"
        "                                                             0002 edited upgrade     0.036       4\n"
        "2026-11-09 04:05 41c0d7aa console, postgres psql             0002        downgrade  12.500      17\n"
    )


def test_on_a_narrow_terminal_who_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch, 80)
    shown = _table(LINES, set()).splitlines()
    assert max(map(len, shown)) <= 80
    assert shown[1:] == [
        "2026-11-02 04:05 9f8b2c1e start-up, painel   0001     upgrade     0.036       0",
        "                          painel-migrations  0002     upgrade     0.036       4",
        "2026-11-09 04:05 41c0d7aa console, postgres  0002     downgrade  12.500      17",
        "                          psql",
    ]


def test_of_a_file_nobody_is_named() -> None:
    shown = _table([replace(LINE, role=None, application_name=None)], set())
    assert "9f8b2c1e start-up 0001" in shown


def test_names_do_not_steer_the_terminal() -> None:
    shown = _table([replace(LINE, role="[red]\x1b[2J", application_name="a\nb\x07")], set())
    assert "start-up, [red]\\x1b[2J a\\nb\\x07 0001" in shown


def test_totals() -> None:
    assert totals(LINES) == "Runs: 2, revisions: 3, seconds: 12.572, rows retired: 21"


def test_the_document_has_every_column() -> None:
    written = document("SQLite eventos.db", LINES, [Edited("0002", "a" * 64, "e" * 64)])
    assert written["database"] == "SQLite eventos.db"
    assert written["edited"] == [{"revision": "0002", "sha256_ran": "a" * 64, "sha256_file": "e" * 64}]
    assert written["totals"] == {"runs": 2, "revisions": 3, "seconds": 12.572, "rows_retired": 21}
    lines = written["lines"]
    assert isinstance(lines, list)
    assert lines[2] == {
        "id": 3,
        "run": "41c0d7aa-0000-4000-8000-000000000002",
        "revision": "0002",
        "direction": "downgrade",
        "applied_at": "2026-11-09T04:05:06+00:00",
        "seconds": 12.5,
        "way": "console",
        "role": "postgres",
        "application_name": "psql",
        "project_version": "1.0",
        "script_sha256": "d" * 64,
        "revision_sha256": "a" * 64,
        "fingerprint_before": "b" * 64,
        "fingerprint_after": "c" * 64,
        "rows_retired": 17,
        "edited": False,
    }
    # Of two times that a revision was applied, the last is what the database has.
    assert [line["edited"] for line in lines] == [False, True, False]


def test_many_lines_take_seconds() -> None:
    """3000 lines of as many runs take half a second, or 3 where rich is given a row each."""
    lines = [replace(LINE, id=number, run=f"{number:08d}") for number in range(3000)]
    began = time.monotonic()
    assert len(_table(lines, set()).splitlines()) == 3001
    assert time.monotonic() - began < 30
