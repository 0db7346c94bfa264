"""Snapshots that alerts are made of; and processes of their own that report one."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from homecoming.catalog.findings import Finding, Severity
from homecoming.connection.interrupts import CancellationToken, Interrupted, interruptible
from homecoming.monitoring.alerts import report
from homecoming.monitoring.alerts.webhook import Limits
from homecoming.monitoring.snapshot import Journal, LastRun, Problem, SequenceUse, Snapshot, Step, Vitals
from homecoming.settings import Settings, read_settings

NOON = datetime(2025, 9, 1, 12, tzinfo=UTC)
DATABASE = "PostgreSQL painel on db.example:5432"

PASSWORD = "canario-senha-5521"
"""In the database's URL: it is in no alert and no line."""

SECRET = "T00CANARIO/B00/segredo"
"""In the webhook's: it is in no line."""

CPF = "529.982.247-25"
"""In a definition that drifted: it is in no alert and no line."""

BRIEF = Limits(attempt=0.4, total=1.2, pause=0.02)
"""Limits that a test can wait for, of a server that does not answer."""

PATIENT = Limits(attempt=20.0, total=60.0, pause=0.02)
"""Limits that a server of this machine keeps however busy that is."""


def settings(folder: Path, url: str, **variables: str) -> Settings:
    """Return settings whose journal is in `folder`, and whose webhook is `url`."""
    named = {
        "DATABASE_URL": f"postgresql://painel:{PASSWORD}@db.example/painel",
        "MIGRATION_ALERT_URL": url,
        "MIGRATION_STATE": str(folder),
    }
    return read_settings(named | variables, folder.parent)


def at_head(database: str = DATABASE) -> Snapshot:
    """A database that is well, after a run that had nothing to do."""
    steps = (Step("0001", "first", applied=True), Step("0002", "second", applied=True))
    return Snapshot(NOON, database, "postgresql", "0002", revision="0002", steps=steps, journal=after("nothing"))


def drifted(database: str = DATABASE, tables: int = 1) -> Snapshot:
    """One whose catalogue drifted; the definitions hold what no alert may."""
    names = ["usuarios", "eventos", "produtos", "vendas", "cupons"][:tables]
    findings = [
        Finding("check", f"{name}.ck_cpf", f"cpf <> '{CPF}'", f"cpf = '{CPF}'", Severity.FAIL, CPF, CPF)
        for name in names
    ]
    note = Finding("table", "extra", "nothing", "a table", Severity.NOTE, "", "")
    return replace(at_head(database), findings=(*findings, note))


def unreachable(database: str = DATABASE, exit_code: int = 3) -> Snapshot:
    """One that could not be looked at."""
    problem = Problem("the database cannot be reached: timeout expired", "Run make doctor", exit_code)
    steps = tuple(replace(step, applied=False) for step in at_head().steps)
    return replace(at_head(database), problem=problem, revision=None, steps=steps)


def behind(seconds: float) -> Snapshot:
    """One that has been behind head for a while."""
    steps = (Step("0001", "first", applied=True), Step("0002", "second", applied=False))
    journal = replace(after("nothing"), behind_since=NOON - timedelta(seconds=seconds))
    return replace(at_head(), revision="0001", steps=steps, journal=journal)


def filled(used: int) -> Snapshot:
    """One with a sequence that has given so many of a hundred ids."""
    sequences = (SequenceUse("eventos", "id", 1, 100), SequenceUse("vendas", "id", used, 100))
    return replace(at_head(), vitals=Vitals("16.4", 0.001, 1, None, sequences=sequences))


def edited() -> Snapshot:
    """One that has had a revision whose file is another by now."""
    steps = at_head().steps
    return replace(at_head(), steps=(replace(steps[0], edited=True), steps[1]))


def after(result: str, direction: str = "upgrade") -> Journal:
    """The journal after a run that ended so."""
    codes = {"done": 0, "nothing": 0, "unreachable": 3, "lost": 3, "in doubt": 3, "refused": 4, "locked": 5}
    run = LastRun("7a1c", "command", direction, result, codes.get(result, 6), 1.5, NOON, 0.0)
    return Journal(last_run=run)


def ended(result: str, direction: str = "upgrade", pending: bool = True) -> Snapshot:
    """A database, behind head or at it, after a run that ended so."""
    seen = behind(0) if pending else at_head()
    since = seen.journal.behind_since
    return replace(seen, journal=replace(after(result, direction), behind_since=since))


def at_once(folder: str, url: str, processes: str) -> int:
    """Report a drift in several processes, which begin together."""
    barrier, opening = os.pipe()
    children = []
    for _ in range(int(processes)):
        child = os.fork()
        if child == 0:
            os.close(opening)
            os.read(barrier, 1)
            os._exit(interruptibly(folder, url))
        children.append(child)
    os.close(opening)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


def interruptibly(folder: str, url: str) -> int:
    """Report a drift, and end as the command does."""
    try:
        with interruptible(CancellationToken()):
            report(settings(Path(folder), url), drifted())
    except Interrupted as interrupted:
        return interrupted.exit_code
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    sys.exit(at_once(*sys.argv[1:]) if len(sys.argv) > 3 else interruptibly(*sys.argv[1:]))
