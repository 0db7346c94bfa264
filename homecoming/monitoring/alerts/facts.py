"""What the rules of alerts are asked of: named facts of one look, and the fields of their texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from homecoming.language import tr, trn
from homecoming.monitoring.checks import run_word
from homecoming.monitoring.health_backups import backup
from homecoming.monitoring.health_vitals import named
from homecoming.monitoring.snapshot import LastRun, SequenceUse, Snapshot

Fact = str | float

# How a run ends, as the event ``run_ended`` says it, or the start-up hook of one that it left behind ("overdue"); and
# two more: that none has ended yet, and that what an upgrade did not do is done all the same: by another replica, or by
# the pasted script.
RESULTS = (
    *("done", "nothing", "failed", "in doubt", "lost", "unreachable", "locked", "refused", "usage", "interrupted"),
    *("overdue", "never", "overtaken"),
)
# Why a look saw nothing: exit codes; 0 where it saw the database.
PROBLEMS = (0, 2, 3, 4, 5, 6)

# Each fact with the values it can have; none listed: a number.
FACTS: Mapping[str, tuple[Fact, ...]] = {
    "result": RESULTS,
    "problem": PROBLEMS,
    "drift": (),
    "edited": (),
    "behind_seconds": (),
    "sequence_percent": (),
    "backup": ("ok", "warning", "failed"),
}

FIELDS = (
    *("result", "direction", "way", "run"),
    *("problem", "problem_todo"),
    *("drift", "objects", "edited_revisions", "pending", "behind_for"),
    *("sequence", "sequence_percent"),
    *("backup", "backup_todo"),
)
"""What a text of a rule may name in braces."""


def facts(snapshot: Snapshot) -> dict[str, Fact | None]:
    """Return the value of every name of ``FACTS``, None where this look cannot see it."""
    problem = snapshot.problem
    found: dict[str, Fact | None] = dict.fromkeys(FACTS)
    found |= {"result": _result(snapshot), "problem": problem.exit_code if problem else 0}
    found["backup"] = str(backup(snapshot).state)
    if problem:
        return found
    if "lines" not in snapshot.hidden:
        found["edited"] = len(snapshot.edited)
    found["behind_seconds"] = _behind_seconds(snapshot)
    if not snapshot.pending:
        # Before head the catalogue differs from head by what is pending: only there a difference is drift.
        found["drift"] = len(snapshot.drift)
    if snapshot.vitals is not None:
        fullest = _fullest(snapshot)
        found["sequence_percent"] = 100 * _share(fullest) if fullest else 0
    return found


def fields(snapshot: Snapshot) -> dict[str, str]:
    """Return the text of every name of ``FIELDS``: names of the schema's objects, never a definition or a value."""
    run, problem, fullest = snapshot.journal.last_run, snapshot.problem, _fullest(snapshot)
    none = tr("none")
    return {
        "result": run_word(run.result) if run else none,
        "direction": run.direction if run else none,
        "way": run_word(run.way) if run else none,
        "run": run.run if run else none,
        "problem": problem.what if problem else none,
        "problem_todo": problem.todo if problem else "",
        "drift": trn("{n} object", "{n} objects", len(snapshot.drift)),
        "objects": named([tr("{kind} {object}", kind=each.kind_word, object=each.object) for each in snapshot.drift]),
        "edited_revisions": named([step.revision for step in snapshot.edited]),
        "pending": trn("{n} revision", "{n} revisions", len(snapshot.pending)),
        "behind_for": _duration(_behind_seconds(snapshot) or 0),
        "sequence": f"{fullest.table}.{fullest.column}" if fullest else none,
        "sequence_percent": f"{100 * _share(fullest):.0f}" if fullest else "0",
        "backup": backup(snapshot).said,
        "backup_todo": backup(snapshot).advice,
    }


def _result(snapshot: Snapshot) -> str:
    run = snapshot.journal.last_run
    if run is None:
        return "never"
    return "overtaken" if _overtaken(run, snapshot) else run.result


def _overtaken(run: LastRun, snapshot: Snapshot) -> bool:
    """Whether an upgrade that did not get through has nothing left to do."""
    reached = snapshot.problem is None and bool(snapshot.steps) and not snapshot.pending
    return reached and run.direction == "upgrade" and run.exit_code != 0


def _behind_seconds(snapshot: Snapshot) -> float | None:
    if not snapshot.pending:
        return 0.0
    since = snapshot.journal.behind_since
    return (snapshot.taken_at - since).total_seconds() if since else None


def _fullest(snapshot: Snapshot) -> SequenceUse | None:
    sequences = snapshot.vitals.sequences if snapshot.vitals else ()
    return max(sequences, key=_share, default=None)


def _share(sequence: SequenceUse) -> float:
    return sequence.used / sequence.limit


def _duration(seconds: float) -> str:
    """Two units are enough: ``3 d 4 h``, ``1 h 5 min``, ``40 s``."""
    whole = timedelta(seconds=round(seconds))
    hours, rest = divmod(whole.seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(whole.days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    said = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or "0 s"
