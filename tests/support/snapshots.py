"""Made-up looks at databases in every state, for what judges or shows a look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from homecoming.catalog import reasons
from homecoming.catalog.findings import ABSENT, Finding, Severity
from homecoming.language import tr, trn
from homecoming.monitoring.snapshot import (
    Attempts,
    Journal,
    LastRun,
    Problem,
    Retired,
    SequenceUse,
    Snapshot,
    Step,
    Vitals,
)

NOW = datetime(2026, 11, 25, 9, 10, 11, tzinfo=UTC)
REVISIONS = 22

CPF = "123.456.789-09"
PLAIN_CPF = "12345678909"
PASSWORD = "canario-secreto"
EMAIL = "maria.canario@example.com"
CANARIES = (CPF, PLAIN_CPF, PASSWORD, EMAIL)


def steps(applied: int, edited: tuple[int, ...] = (), count: int = REVISIONS) -> tuple[Step, ...]:
    """Return a history of which so many revisions are applied."""
    return tuple(
        Step(f"{number:04}", f"Do thing {number}", False)
        if number > applied
        else Step(
            *(f"{number:04}", f"Do thing {number}", True, NOW - timedelta(days=60 - number)),
            seconds=2.5 if number == 18 else number / 100,
            rows_retired=3402 if number == 18 else 0,
            edited=number in edited,
        )
        for number in range(1, count + 1)
    )


def finding(name: str, kind: str = "column", found: str = ABSENT, severity: Severity = Severity.FAIL) -> Finding:
    """Return a finding about an object of that name."""
    why = reasons.MISSING["column"] if severity is Severity.FAIL else reasons.LEFT_ALONE
    run = f"ALTER TABLE usuarios ADD COLUMN {name} text" if severity is Severity.FAIL else ""
    return Finding(kind, name, "character varying(14) NOT NULL", found, severity, why, run)


_JOURNAL = Journal(
    attempts=(
        Attempts("direct", "connected", 412, 3.2),
        Attempts("direct", "refused", 3, 0.4),
        Attempts("pooler", "connected", 2, 0.1),
    ),
    last_run=LastRun("run-1", "command", "upgrade", "done", 0, 2.4, NOW - timedelta(hours=3), 0.2),
    last_success=NOW - timedelta(hours=3),
)

HEALTHY = Snapshot(
    taken_at=NOW,
    database="PostgreSQL painel on db.railway.internal:5432",
    dialect="postgresql",
    head="0022",
    revision="0022",
    steps=steps(REVISIONS),
    findings=(finding("sobras", "table", severity=Severity.NOTE),),
    vitals=Vitals("PostgreSQL 16.4", 0.0006, 48_300_000, None, sequences=(SequenceUse("usuarios", "id", 40, 2**31),)),
    retired=(
        Retired("column", "produtos.evento_id", "0018", 3402, NOW),
        Retired("index", "ix_sobra", "0021", None, NOW),
    ),
    journal=_JOURNAL,
    seconds=0.3,
)
DRIFTED = replace(
    HEALTHY,
    findings=(finding("usuarios.cpf"), finding("tipousuario", "enum", "'ADMIN'"), *HEALTHY.findings),
    steps=steps(REVISIONS, edited=(20,)),
)
BEHIND = replace(HEALTHY, revision="0017", steps=steps(17), findings=())
EMPTY = Snapshot(
    *(NOW, HEALTHY.database, "postgresql", "0022"),
    empty=True,
    steps=steps(0),
    vitals=HEALTHY.vitals,
)
UNREACHABLE = Snapshot(
    *(NOW, HEALTHY.database, "postgresql", "0022"),
    problem=Problem(
        tr(
            "the database cannot be reached: {said}",
            said="connection to server at db.railway.internal failed: Connection refused",
        ),
        tr("See that the server runs and {source} has its host and port, then run again", source="DATABASE_URL"),
        3,
    ),
    steps=steps(0),
    journal=_JOURNAL,
)
FOREIGN = replace(
    UNREACHABLE,
    problem=Problem(
        trn(
            "the database has {n} table, and none of this application's",
            "the database has {n} tables, and none of this application's",
            4,
        ),
        tr("Correct DATABASE_URL; an empty database will do"),
        4,
    ),
)
UNCONFIGURED = Snapshot(
    *(NOW, "", "", ""),
    problem=Problem(tr("{name} is not a number of seconds", name="MIGRATION_LOCK_WAIT"), tr("Set it to 0 or more"), 2),
)
STATES = {
    "healthy": HEALTHY,
    "drifted": DRIFTED,
    "behind": BEHIND,
    "empty": EMPTY,
    "unreachable": UNREACHABLE,
    "foreign": FOREIGN,
    "unconfigured": UNCONFIGURED,
}


def with_canaries() -> Snapshot:
    """Return a look in which personal data and a password stand wherever somebody could have put them."""
    said = f"postgresql://painel:{PASSWORD}@host/painel {CPF} {EMAIL} {PLAIN_CPF}"
    stray = finding(f"usuarios.{PLAIN_CPF}", found=f"text DEFAULT '{CPF}'::text, CHECK (email <> '{EMAIL}')")
    return replace(
        DRIFTED,
        findings=(replace(stray, run=f"{stray.run} DEFAULT '{CPF}'"), *DRIFTED.findings),
        retired=(Retired("cells", f"usuarios.{PLAIN_CPF}", "0018", 1, NOW), Retired(EMAIL, "x", CPF, 1, NOW)),
        vitals=replace(HEALTHY.vitals, invalid_indexes=(f"ix_{EMAIL}", PLAIN_CPF)) if HEALTHY.vitals else None,
        journal=replace(_JOURNAL, attempts=(Attempts(CPF, EMAIL, 1, 1.0),)),
        database=said,
    )
