"""What `make load` measures and writes, at a small size."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from tests.conftest import engine_of
from tests.load import backups, performance, starts, waits
from tests.support import command, history, lineage, servers
from tests.support.traffic import customers

WAYS = ["nobody", "make upgrade", "make sql, pasted", "alembic autogenerate", "one table copied and renamed"]
"""All but the one that has a report run for its 20 seconds."""


def test_the_ways_are_measured_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    figures = waits.measure(servers.available()[0], [500], 30, 1, WAYS, told.append)
    cases = [(way, state, 500) for state in waits.STATES for way in WAYS]
    assert figures.cases == cases
    assert len(told) == len(cases)
    ours = [each for each in figures.rounds if each.way.startswith("make ")]
    # Nobody is hurt, and everybody arrives.
    assert [(each.failed, each.error) for each in ours] == [(0, "")] * 2 * len(waits.STATES)
    assert all(0 < each.longest < 60 and each.done > 20 for each in figures.rounds)
    waits.write(figures, tmp_path / "build")
    written = json.loads((tmp_path / "build" / "waits.json").read_text())
    assert [(each["way"], each["state"], each["rows"]) for each in written["rounds"]] == cases
    page = (tmp_path / "build" / "waits.html").read_text()
    assert page.count("<rect ") == len(cases)
    assert "http" not in page


def test_a_backup_is_measured_beside_pg_dump(tmp_path: Path) -> None:
    told: list[str] = []
    figures = backups.measure(servers.available()[0], [10, 200], 1, told.append)
    assert len(told) == 8
    assert {(run.rows, run.way) for run in figures.runs} == {
        (rows, way) for rows in (10, 200) for way in (backups.OURS, backups.PLAIN)
    }
    assert all(run.seconds > 0 and run.bytes > 1000 for run in figures.runs)
    # Of both the rows are there: four large tables, a tenth in usuarios.
    assert figures.contents[200][0] - figures.contents[10][0] == 4 * 190 + 19
    *_, memory = figures.lines()
    assert memory.startswith("peak memory ") or not any(run.peak for run in figures.runs)
    backups.write(figures, tmp_path / "build")
    written = json.loads((tmp_path / "build" / "backups.json").read_text())
    assert written["ratios"]["200"] == figures.ratio(200) > 1
    page = (tmp_path / "build" / "backups.html").read_text()
    assert (page.count("<rect "), "http" in page) == (4, False)


def test_the_page_is_made_of_what_was_measured() -> None:
    assert performance.page(json.loads(performance.JSON.read_text())) == performance.PAGE.read_text()


def test_an_upgrade_at_head_is_measured_beside_alembic() -> None:
    figures = starts.measure(servers.available()[0], 1)
    assert figures.interpreter < min(figures.upgrade, figures.current)
    assert figures.ratio == figures.upgrade / figures.current


def test_nobody_fails_while_a_database_is_taken_back(server: servers.Server) -> None:
    """The way back takes its locks all at once, too: a customer who holds what it wants is waited for."""
    name = f"back_{secrets.token_hex(4)}"
    engine = engine_of(server.create_database(name))
    lineage.build(engine, waits.STATE, rows=5)
    history.upgrade(engine)
    dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with customers(dsn, 60) as met:
        for revision in ("0017", "head", "0016"):
            verb = "upgrade" if revision == "head" else "downgrade"
            ended = command.run(engine.url, verb, revision, env=command.environment(engine.url, **waits.PATIENCE))
            assert ended.code == 0, ended.err
    server.drop_database(name)
    assert met.failed == []
    assert len(met.done) > 60
