"""Every check of health in every state, in its own words: what was found, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from homecoming.catalog.findings import Finding, Severity
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.health import document, healthy, judge, lines
from homecoming.monitoring.health_vitals import THRESHOLDS
from homecoming.monitoring.snapshot import (
    Backups,
    Journal,
    LastRun,
    LongTransaction,
    Problem,
    SequenceUse,
    Snapshot,
    Step,
    Vitals,
)

NOW = datetime(2026, 11, 2, 4, 5, 6, tzinfo=UTC)
NAMES = ["reachable", "latency", "revision", "drift", "long_transactions", "invalid_indexes", "sequences", "disk"]
NAMES += ["last_run", "edited", "backup"]

VITALS = Vitals("PostgreSQL 16.4", 0.00084, 10_230_807, None, sequences=(SequenceUse("eventos", "id", 50, 1000, "s"),))
STEPS = tuple(Step(number, "title", applied=True) for number in ("0001", "0002", "0003", "0004", "0005"))
WELL = Snapshot(
    NOW, "PostgreSQL painel on db:5432", "postgresql", "0005", revision="0005", steps=STEPS, vitals=VITALS, seconds=0.25
)
UNREACHABLE = replace(
    WELL,
    problem=Problem("the database cannot be reached: timeout", "Find out why: make doctor", 3),
    revision=None,
    vitals=None,
    steps=tuple(replace(step, applied=False) for step in STEPS),
)


def check(name: str, snapshot: Snapshot) -> Check:
    checks = judge(snapshot)
    assert [found.name for found in checks] == NAMES
    (found,) = [found for found in checks if found.name == name]
    return found


def told(name: str, snapshot: Snapshot) -> tuple[State, str, str]:
    found = check(name, snapshot)
    json.dumps(dict(found.values))
    return found.state, found.said, found.advice


def with_vitals(**changes: Any) -> Snapshot:
    return replace(WELL, vitals=replace(VITALS, **changes))


def test_all_is_well() -> None:
    checks = judge(WELL)
    assert {found.state for found in checks} == {State.OK}
    assert healthy(checks)
    assert [found.advice for found in checks] == [""] * len(NAMES)
    assert [found.said for found in checks] == [
        "PostgreSQL 16.4",
        "0.84 ms a round trip",
        "0005 (head)",
        "the catalogue is equal to the schema",
        "none open for more than 5 min",
        "none",
        "5 % used at most (eventos.id)",
        "10.2 MB used; what is free cannot be asked here",
        "none from here yet",
        "every applied revision is as it ran",
        "none is known here",
    ]


def test_what_cannot_be_asked_is_unknown() -> None:
    assert told("reachable", UNREACHABLE) == (
        State.FAILED,
        "the database cannot be reached: timeout",
        "Find out why: make doctor",
    )
    states = {found.name: found.state for found in judge(UNREACHABLE)}
    assert states == dict.fromkeys(NAMES, State.UNKNOWN) | {
        "reachable": State.FAILED,
        "last_run": State.OK,
        "backup": State.OK,
    }
    assert told("latency", UNREACHABLE) == (State.UNKNOWN, "not asked", "First reach it: make doctor")
    assert not healthy(judge(UNREACHABLE))


def test_latency() -> None:
    assert told("latency", with_vitals(latency=0.25))[0] == State.OK
    assert told("latency", with_vitals(latency=0.3)) == (
        State.WARNING,
        "300.00 ms a round trip",
        "Run it nearer to the database, or find what is slow on the way: make doctor",
    )


# Where it is.

PENDING = tuple(replace(step, applied=step.revision < "0003") for step in STEPS)


@pytest.mark.parametrize(
    ("changes", "said", "advice"),
    [
        ({"revision": "0002", "steps": PENDING}, "at 0002, 3 behind head 0005", "make upgrade"),
        ({"revision": None, "steps": UNREACHABLE.steps}, "no revision, 5 behind head 0005", "make upgrade"),
        ({"revision": None, "steps": UNREACHABLE.steps, "empty": True}, "the database is empty", "make upgrade"),
        (
            {"revision": "9999", "steps": UNREACHABLE.steps},
            "at 9999, which this history does not know",
            "It may be newer than this copy: update this repository, or correct DATABASE_URL",
        ),
    ],
    ids=["behind", "none", "empty", "unknown"],
)
def test_revision(changes: Mapping[str, Any], said: str, advice: str) -> None:
    snapshot = replace(WELL, **changes)
    assert told("revision", snapshot) == (State.FAILED, said, advice)
    assert told("drift", snapshot) == (
        State.UNKNOWN,
        "judged at head only",
        "make upgrade, which judges it at its end",
    )


def finding(name: str, severity: Severity = Severity.FAIL) -> Finding:
    return Finding("column", name, "integer", "nothing", severity, "it matters", "ALTER TABLE")


def test_drift() -> None:
    assert told("drift", replace(WELL, findings=(finding("eventos.cor", Severity.NOTE),)))[0] == State.OK
    snapshot = replace(WELL, findings=tuple(finding(f"eventos.{name}") for name in "abcd"))
    assert told("drift", snapshot) == (
        State.FAILED,
        "differences from the schema: 4 (column eventos.a, column eventos.b, column eventos.c and 1 more)",
        "make verify, which says for each why it matters and what mends it",
    )
    assert check("drift", snapshot).values["objects"] == [f"column eventos.{name}" for name in "abcd"]


def test_an_edited_revision() -> None:
    snapshot = replace(WELL, steps=(replace(STEPS[0], edited=True), *STEPS[1:]))
    assert told("edited", snapshot) == (
        State.WARNING,
        "edited since they were applied: 0001",
        "make repair, which applies the history again",
    )
    assert healthy(judge(snapshot))


# What the server tells.


def test_long_transactions() -> None:
    short = LongTransaction(1, "painel", "uvicorn", 299.0)
    assert told("long_transactions", with_vitals(long_transactions=(short,)))[0] == State.OK
    session = LongTransaction(4711, "painel", "curl", 1600.0)
    prepared = LongTransaction(None, "painel", None, 400_000.0, "it's")
    assert told("long_transactions", with_vitals(long_transactions=(prepared, session, short))) == (
        State.WARNING,
        "open for more than 5 min: 2, the longest for 4 days (prepared it's of painel, session 4711 of painel, curl)",
        "End them, where nobody needs them: ROLLBACK PREPARED 'it''s'; SELECT pg_terminate_backend(4711)",
    )
    assert check("long_transactions", with_vitals(long_transactions=(session,))).values["transactions"] == [
        {"pid": 4711, "prepared": None, "role": "painel", "application": "curl", "seconds": 1600.0}
    ]


def test_transactions_that_may_not_be_seen() -> None:
    assert told("long_transactions", with_vitals(hidden_sessions=3)) == (
        State.OK,
        "none open for more than 5 min that this role may see; sessions hidden from it: 3",
        "",
    )


def test_no_text_of_others_is_taken_for_a_field() -> None:
    long = LongTransaction(1, "{0}", "{name}", 1600.0)
    assert "{0}, {name}" in told("long_transactions", with_vitals(long_transactions=(long,)))[1]


def test_invalid_indexes() -> None:
    names = ("um", '"Dois"', "ix_ccnew", "quatro")
    assert told("invalid_indexes", with_vitals(invalid_indexes=names)) == (
        State.WARNING,
        'written to and never read: 4 (um, "Dois", ix_ccnew and 1 more)',
        (
            'REINDEX INDEX CONCURRENTLY public.um; REINDEX INDEX CONCURRENTLY public."Dois"; '
            "DROP INDEX CONCURRENTLY public.ix_ccnew. "
            "Where that fails too, rows stand against it: DROP INDEX CONCURRENTLY public.um; "
            'DROP INDEX CONCURRENTLY public."Dois"'
        ),
    )


@pytest.mark.parametrize(
    ("used", "state"), [(500, State.OK), (501, State.WARNING), (900, State.WARNING), (901, State.FAILED)]
)
def test_how_near_the_end_of_its_numbers_a_table_is(used: int, state: State) -> None:
    uses = (SequenceUse("eventos", "id", used, 1000, "public.s"), SequenceUse("usuarios", "id", 0, 1000, "public.t"))
    assert told("sequences", with_vitals(sequences=uses))[0] == state


def test_what_gives_a_table_more_numbers() -> None:
    uses = (
        SequenceUse("eventos", "id", 950, 1000, "public.eventos_id_seq"),
        SequenceUse("usuarios", "id", 600, 1000, "public.usuarios_id_seq", is_identity=True),
        SequenceUse("vendas", "id", 2**62 + 2**61, 2**63 - 1),
        SequenceUse("listas", "id", 0, 1000, "public.s"),
    )
    assert told("sequences", with_vitals(sequences=uses)) == (
        State.FAILED,
        "of all its numbers given: eventos.id 95 %, vendas.id 75 %, usuarios.id 60 %",
        (
            "ALTER TABLE public.eventos ALTER COLUMN id TYPE bigint; "
            "ALTER SEQUENCE public.eventos_id_seq AS bigint NO MINVALUE NO MAXVALUE; "
            "no type is wider: find the row that was given such a number: SELECT max(id) FROM vendas; "
            "ALTER TABLE public.usuarios ALTER COLUMN id TYPE bigint, ALTER COLUMN id SET NO MAXVALUE. "
            "It is drift until painel_migrations/schema says the same: make revision"
        ),
    )
    unknown = (SequenceUse("fotos", "id", 950, 1000, "public.s", is_identity=True),)
    assert told("sequences", with_vitals(sequences=unknown))[2] == (
        "ALTER TABLE public.fotos ALTER COLUMN id TYPE bigint, ALTER COLUMN id SET NO MAXVALUE"
    )
    assert told("sequences", with_vitals(sequences=())) == (State.OK, "no table gives numbers", "")


def test_disk() -> None:
    assert told("disk", with_vitals(size=None))[:2] == (State.OK, "this role may not ask for its size")
    assert told("disk", with_vitals(size=10**7, free=2 * 10**10))[:2] == (State.OK, "10.0 MB used, 20.0 GB free")
    needed = 10**7 + 2**20
    assert told("disk", with_vitals(size=10**7, free=needed))[0] == State.OK
    for free in (needed - 1, 0):
        assert told("disk", with_vitals(size=10**7, free=free)) == (
            State.FAILED,
            f"{free / 1e6:.1f} MB free, and an upgrade may need 11.0 MB: it would be refused",
            "Free space on the disk of the file",
        )


# What the journal tells.

RUN = LastRun("r1", "start-up", "upgrade", "nothing", 0, 1.5, NOW, 0.0)


@pytest.mark.parametrize("result", ["done", "nothing"])
def test_a_run_that_ended_well(result: str) -> None:
    snapshot = replace(WELL, journal=Journal(last_run=replace(RUN, result=result)))
    assert told("last_run", snapshot) == (State.OK, f"upgrade by start-up at 2026-11-02 04:05 UTC: {result}", "")


@pytest.mark.parametrize(("result", "code"), [("refused", 4), ("failed", 6)])
def test_a_run_that_would_end_so_again(result: str, code: int) -> None:
    """As long as the database is as it was: what leads on is what says why."""
    run = replace(RUN, result=result, exit_code=code)
    leads = "make upgrade PLAN=1 says what is in its way, and what to do"
    for revision, steps in (("0002", PENDING), (None, UNREACHABLE.steps)):
        behind = replace(WELL, revision=revision, steps=steps, journal=Journal(last_run=run))
        assert (told("revision", behind)[2], told("last_run", behind)[2]) == (leads, leads)
        down = replace(behind, journal=Journal(last_run=replace(run, direction="downgrade")))
        assert told("revision", down)[2] == "make upgrade"


@pytest.mark.parametrize(("result", "code"), [("lost", 6), ("interrupted", 130)])
def test_a_run_that_did_not(result: str, code: int) -> None:
    run = replace(RUN, result=result, exit_code=code)
    snapshot = replace(UNREACHABLE, journal=Journal(last_run=run))
    assert told("last_run", snapshot) == (
        State.WARNING,
        f"upgrade by start-up at 2026-11-02 04:05 UTC did not end well: {result}, exit code {code}",
        "make upgrade again, with the reason in its log (run r1); make doctor says what is in its way",
    )
    down = replace(snapshot, journal=Journal(last_run=replace(run, direction="downgrade")))
    assert told("last_run", down)[2] == "Read its log (run r1), then make status"


# All of it.


def test_thresholds_are_in_order() -> None:
    for threshold in THRESHOLDS.values():
        assert threshold.warns is not None or threshold.fails is not None
        if threshold.warns is not None and threshold.fails is not None:
            assert threshold.warns < threshold.fails


def test_the_text() -> None:
    behind = replace(with_vitals(latency=0.3), revision="0002", steps=PENDING)
    assert list(lines(behind, judge(behind))) == [
        "unhealthy: at 0002, 3 behind head 0005",
        "Database: PostgreSQL painel on db:5432",
        "  ok       reachable          PostgreSQL 16.4",
        "  warning  latency            300.00 ms a round trip",
        " " * 30 + "Next: Run it nearer to the database, or find what is slow on the way: make doctor",
        "  FAILED   revision           at 0002, 3 behind head 0005",
        "                              Next: make upgrade",
        "  unknown  drift              judged at head only",
        "  ok       long_transactions  none open for more than 5 min",
        "  ok       invalid_indexes    none",
        "  ok       sequences          5 % used at most (eventos.id)",
        "  ok       disk               10.2 MB used; what is free cannot be asked here",
        "  ok       last_run           none from here yet",
        "  ok       edited             every applied revision is as it ran",
        "  ok       backup             none is known here",
    ]


OLD = "See why no other was made: run scripts/maintenance/nightly.sh by hand"
OF_LATE = Backups(3, NOW - timedelta(hours=5), NOW - timedelta(days=60), NOW - timedelta(hours=5), NOW, 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (State.OK, "the newest is 5 h old", "")),
        ({"made_at": NOW - timedelta(hours=37)}, (State.WARNING, "the newest is 37 h old", OLD)),
        ({"made_at": NOW - timedelta(days=8)}, (State.FAILED, "the newest is 8 d old", OLD)),
        (
            {"proven_at": NOW - timedelta(days=4)},
            (State.WARNING, "the newest that is proven is 4 d old", "make backup-verify"),
        ),
        ({"proven_at": None}, (State.FAILED, "none is proven", "make backup-verify")),
        (
            {"proven_at": None, "first_at": NOW - timedelta(days=4)},
            (State.WARNING, "none is proven", "make backup-verify"),
        ),
        ({"proven_at": None, "first_at": NOW - timedelta(hours=5)}, (State.OK, "the newest is 5 h old", "")),
        ({"drilled_at": NOW - timedelta(days=16)}, (State.WARNING, "the last drill was 16 d ago", "make drill")),
        ({"drilled_at": None}, (State.FAILED, "none was drilled", "make drill")),
    ],
)
def test_backups_that_are_expected(changes: dict[str, Any], expected: tuple[State, str, str]) -> None:
    known = replace(OF_LATE, is_nightly=True, **changes)
    assert told("backup", replace(WELL, backups=known)) == expected
    # A folder that is named is a wish: it fails nothing. Without one, nothing is missed.
    state, said, advice = expected
    wished = replace(known, is_nightly=False, is_named=True)
    lower = State.WARNING if state is State.FAILED else state
    assert told("backup", replace(WELL, backups=wished)) == (lower, said, advice)
    unasked = replace(known, is_nightly=False)
    assert check("backup", replace(WELL, backups=unasked)).state is State.OK


def test_of_backups_the_worst_is_told() -> None:
    known = replace(OF_LATE, is_nightly=True, made_at=NOW - timedelta(hours=40), drilled_at=None)
    assert told("backup", replace(WELL, backups=known)) == (State.FAILED, "none was drilled", "make drill")


def test_no_backup_is_missed_only_where_a_folder_is_named() -> None:
    assert told("backup", WELL) == (State.OK, "none is known here", "")
    named = replace(WELL, backups=Backups(is_named=True))
    assert told("backup", named) == (State.WARNING, "none is in the folder that is named for them", "make backup")


def test_names_do_not_steer_the_terminal() -> None:
    odd = "a\nb\x1b[2J"
    snapshot = with_vitals(
        long_transactions=(LongTransaction(None, odd, None, 1600.0, odd),),
        sequences=(SequenceUse(odd, "id", 99, 100, "s"),),
    )
    shown = list(lines(snapshot, judge(snapshot)))
    assert len(shown) == 15
    assert [line for line in shown if not line.isprintable()] == []
    assert shown[0].startswith("unhealthy: of all its numbers given: a\\nb\\x1b[2J.id 99 %")


def test_the_verdict() -> None:
    assert next(lines(WELL, judge(WELL))) == "healthy"
    slow = with_vitals(latency=0.3, invalid_indexes=("um",))
    assert next(lines(slow, judge(slow))) == "healthy, with warnings: latency, invalid_indexes"
    full = replace(slow, findings=(finding("eventos.a"),), vitals=replace(VITALS, size=1, free=0))
    assert next(lines(full, judge(full))) == (
        "unhealthy: differences from the schema: 1 (column eventos.a); "
        "0.0 MB free, and an upgrade may need 1.0 MB: it would be refused"
    )


def test_the_document() -> None:
    written = json.loads(json.dumps(document(WELL, judge(WELL))))
    checks = written.pop("checks")
    assert written == {
        "healthy": True,
        "database": "PostgreSQL painel on db:5432",
        "taken_at": "2026-11-02T04:05:06+00:00",
        "revision": "0005",
        "head": "0005",
        "seconds": 0.25,
    }
    assert [found["name"] for found in checks] == NAMES
    assert checks[1] == {
        "name": "latency",
        "state": "ok",
        "what": "0.84 ms a round trip",
        "next": "",
        "values": {"seconds": 0.00084, "milliseconds": 0.84},
    }
