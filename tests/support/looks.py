"""Snapshots that nobody took: a database that is well, one that drifted, is behind, is silent, is new."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from homecoming.catalog.findings import ABSENT, Finding, Severity
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.snapshot import (
    Attempts,
    Backups,
    Journal,
    LastRun,
    LongTransaction,
    Problem,
    Retired,
    SequenceUse,
    Snapshot,
    Step,
    Vitals,
)

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)

JOURNAL = Journal(
    attempts=(
        Attempts("direct", "connected", 41, 3.5),
        Attempts("direct", "silent", 2, 20.0),
        Attempts("pooler", "connected", 1, 0.25),
    ),
    last_run=LastRun("6f1a", "command", "upgrade", "done", 0, 2.5, NOON - timedelta(hours=1), 0.75),
    last_success=NOON - timedelta(hours=1),
    lock_wait=12.5,
)

BACKUPS = Backups(
    count=3,
    made_at=NOON - timedelta(hours=9),
    first_at=NOON - timedelta(days=3),
    proven_at=NOON - timedelta(hours=9),
    drilled_at=NOON - timedelta(days=2),
    size=6_000_000,
    is_nightly=True,
)

VITALS = Vitals(
    version="16.4",
    latency=0.0015,
    size=48_000_000,
    free=2_000_000_000,
    sequences=(
        SequenceUse("usuarios", "id", 1200, 2**31 - 1),
        SequenceUse("checkins", "id", 2_000_000_000, 2**31 - 1),
    ),
)

HEALTHY = Snapshot(
    taken_at=NOON,
    database="PostgreSQL painel on db:5432",
    dialect="postgresql",
    head="0003",
    revision="0003",
    steps=(
        Step("0001", "Retire what scripts left", True, NOON - timedelta(days=2), 0.5, 120),
        Step("0002", "Fold tipo_usuario back into tipo", True, NOON - timedelta(days=2), 0.25, 0),
        Step("0003", "Add capa to eventos", True),
    ),
    fingerprint="5e" * 32,
    vitals=VITALS,
    retired=(
        Retired("column", "produtos.evento_id", "0001", 100, NOON - timedelta(days=2)),
        Retired("column", "eventos.ativo", "0001", 20, NOON - timedelta(days=2)),
        Retired("index", "produtos.ix_produtos_evento", "0001", None, NOON - timedelta(days=2)),
    ),
    journal=JOURNAL,
    backups=BACKUPS,
    seconds=0.125,
)


def found(kind: str, thing: str, severity: Severity = Severity.FAIL) -> Finding:
    return Finding(kind, thing, "a definition", ABSENT, severity, "It matters.", "make repair")


DRIFTED = replace(
    HEALTHY,
    steps=(HEALTHY.steps[0], replace(HEALTHY.steps[1], edited=True), HEALTHY.steps[2]),
    findings=(
        found("primary key", "usuarios.usuarios_pkey"),
        found("index", "usuarios.ix_usuarios_cpf"),
        found("index", "usuarios.ix_usuarios_email"),
        found("column", "usuarios.apelido", Severity.NOTE),
    ),
    vitals=replace(
        VITALS,
        free=None,
        long_transactions=(
            LongTransaction(4711, "painel", "relatorio", 900.0),
            LongTransaction(None, None, None, 60.0, prepared="gid"),
        ),
        invalid_indexes=("usuarios.ix_usuarios_email",),
    ),
    journal=replace(
        JOURNAL,
        last_run=LastRun("6f1b", "start-up", "upgrade", "HeldError", 5, 31.0, NOON - timedelta(minutes=5), 30.5),
    ),
)

BEHIND = replace(
    HEALTHY,
    revision="0002",
    steps=(*HEALTHY.steps[:2], replace(HEALTHY.steps[2], applied=False)),
    journal=replace(JOURNAL, behind_since=NOON - timedelta(hours=3)),
)

UNREACHABLE = Snapshot(
    taken_at=NOON,
    database="PostgreSQL painel on db:5432",
    dialect="postgresql",
    head="0003",
    steps=tuple(Step(step.revision, step.title, applied=False) for step in HEALTHY.steps),
    problem=Problem("the database cannot be reached: timeout expired", "Start it, then run again", 3),
    journal=JOURNAL,
    seconds=10.0,
)

EMPTY = Snapshot(
    taken_at=NOON,
    database="SQLite eventos.db",
    dialect="sqlite",
    head="0003",
    empty=True,
    steps=tuple(
        replace(step, applied=False, applied_at=None, seconds=None, rows_retired=None) for step in HEALTHY.steps
    ),
    vitals=Vitals(version="3.46.1", latency=0.00002, size=0, free=5_000_000_000),
    seconds=0.01,
)

WELL = (Check("reachable", State.OK, "It answers."), Check("drift", State.OK, "Equal to head."))
ILL = (Check("reachable", State.OK, "It answers."), Check("drift", State.FAILED, "It drifted.", "make verify"))
SILENT = (Check("reachable", State.FAILED, "No answer.", "make doctor"), Check("drift", State.UNKNOWN, "Nobody knows."))
