"""Is a database healthy, and if not, what to do: a snapshot judged by thresholds, and how that is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from homecoming.discretion import discreet, discreet_document
from homecoming.language import Message, joined, localized, mark, tr
from homecoming.monitoring.checks import Check, State, run_word
from homecoming.monitoring.health_backups import backup
from homecoming.monitoring.health_vitals import (
    disk,
    invalid_indexes,
    latency,
    long_transactions,
    named,
    sequences,
    unknown,
)
from homecoming.monitoring.snapshot import Snapshot
from homecoming.terminal import printable

# Names in a document: whoever wants all of them asks `make verify`.
MOST_NAMES = 100

# What a run that ended well is recorded as.
WELL = ("done", "nothing")

# What another upgrade would end in again, as long as the database is as it was; a rehearsal says why, and what to do.
AGAIN = ("refused", "failed")
REHEARSE = mark("make upgrade PLAN=1 says what is in its way, and what to do")


def judge(snapshot: Snapshot) -> list[Check]:
    """Return the checks of a database, always the same and in the same order.

    They are reachable, latency, revision, drift, long_transactions, invalid_indexes, sequences, disk, last_run,
    edited and backup. What could not be asked is ``UNKNOWN``.
    """
    asked = snapshot.vitals if snapshot.problem is None else None
    return [
        _reachable(snapshot),
        latency(asked),
        _revision(snapshot),
        _drift(snapshot),
        long_transactions(asked),
        invalid_indexes(asked),
        sequences(asked),
        disk(asked),
        _last_run(snapshot),
        _edited(snapshot),
        backup(snapshot),
    ]


def healthy(checks: Sequence[Check]) -> bool:
    """Return whether no check failed: a warning alone is for office hours."""
    return all(check.state is not State.FAILED for check in checks)


def document(snapshot: Snapshot, checks: Sequence[Check]) -> dict[str, object]:
    """Return what was found as a value that JSON can hold."""
    found = {
        "healthy": healthy(checks),
        "database": snapshot.database,
        "taken_at": snapshot.taken_at.isoformat(),
        "revision": snapshot.revision,
        "head": snapshot.head,
        "seconds": round(snapshot.seconds, 3),
        "checks": [
            {
                "name": check.name,
                "state": str(check.state),
                "what": check.said,
                "next": check.advice,
                "values": dict(check.values),
            }
            for check in checks
        ],
    }
    return {name: discreet_document(value) for name, value in found.items()}


def lines(snapshot: Snapshot, checks: Sequence[Check]) -> Iterator[str]:
    """Yield what was found for people: the verdict first, then a line a check, and what to do below it."""
    yield _shown(_verdict(checks))
    yield _shown(tr("Database: {database}", database=snapshot.database))
    wide = max(len(localized(state.word)) for state in State)
    wider = max(len(localized(check.word)) for check in checks)
    for check in checks:
        state, name = localized(check.state.word), localized(check.word)
        yield f"  {state:<{wide}}  {name:<{wider}}  {_shown(check.said)}"
        # What could not be asked waits for what failed.
        if check.todo and check.state is not State.UNKNOWN:
            yield f"  {'':<{wide}}  {'':<{wider}}  {_shown(tr('Next: {todo}', todo=check.advice))}"


def _shown(text: Message) -> str:
    return printable(discreet(localized(text)))


def _verdict(checks: Sequence[Check]) -> Message:
    failed = [check.said for check in checks if check.state is State.FAILED]
    if failed:
        return tr("unhealthy: {reasons}", reasons=joined("; ", failed))
    warned = [check.word for check in checks if check.state is State.WARNING]
    return tr("healthy, with warnings: {names}", names=joined(", ", warned)) if warned else tr("healthy")


def _reachable(snapshot: Snapshot) -> Check:
    if snapshot.problem is not None:
        values = {"problem": snapshot.problem.what, "todo": snapshot.problem.todo}
        return Check("reachable", State.FAILED, mark("{problem}"), mark("{todo}"), values)
    if snapshot.vitals is None:
        return Check("reachable", State.OK, mark("yes"))
    return Check("reachable", State.OK, mark("{version}"), values={"version": snapshot.vitals.version})


def _revision(snapshot: Snapshot) -> Check:
    name, pending = "revision", snapshot.pending
    values: dict[str, object] = {"revision": snapshot.revision, "head": snapshot.head, "pending": len(pending)}
    if snapshot.problem is not None:
        return unknown(name)
    if snapshot.empty:
        return Check(name, State.FAILED, mark("the database is empty"), "make upgrade", values)
    if snapshot.revision not in {None, *(step.revision for step in snapshot.steps)}:
        what = mark("at {revision}, which this history does not know")
        todo = mark("It may be newer than this copy: update this repository, or correct DATABASE_URL")
        return Check(name, State.FAILED, what, todo, values)
    if snapshot.revision == snapshot.head:
        return Check(name, State.OK, mark("{revision} (head)"), values=values)
    what = (
        mark("no revision, {pending} behind head {head}")
        if snapshot.revision is None
        else mark("at {revision}, {pending} behind head {head}")
    )
    if _in_the_way(snapshot):
        return Check(name, State.FAILED, what, REHEARSE, values)
    return Check(name, State.FAILED, what, "make upgrade", values)


def _in_the_way(snapshot: Snapshot) -> bool:
    """Return whether the last upgrade from here ended in something that trying again does not end, and is pending."""
    run = snapshot.journal.last_run
    if snapshot.revision == snapshot.head:
        # Somebody brought it there another way.
        return False
    return run is not None and run.direction == "upgrade" and run.result in AGAIN


def _drift(snapshot: Snapshot) -> Check:
    if snapshot.problem is not None:
        return unknown("drift")
    if snapshot.revision != snapshot.head:
        # What is pending differs from head: that is no drift, and the upgrade itself compares when it has done it.
        return Check(
            "drift",
            State.UNKNOWN,
            mark("judged at head only"),
            mark("make upgrade, which judges it at its end"),
        )
    drift = snapshot.drift
    if not drift:
        return Check("drift", State.OK, mark("the catalogue is equal to the schema"), values={"count": 0})
    objects = [tr("{kind} {object}", kind=finding.kind_word, object=finding.object) for finding in drift]
    values = {"count": len(drift), "names": named(objects), "objects": [str(each) for each in objects[:MOST_NAMES]]}
    return Check(
        "drift",
        State.FAILED,
        mark("differences from the schema: {count} ({names})"),
        mark("make verify, which says for each why it matters and what mends it"),
        values,
    )


def _last_run(snapshot: Snapshot) -> Check:
    run = snapshot.journal.last_run
    if run is None:
        return Check("last_run", State.OK, mark("none from here yet"))
    values: dict[str, object] = {
        "run": run.run,
        "way": run_word(run.way),
        "direction": run_word(run.direction),
        "result": run_word(run.result),
        "exit_code": run.exit_code,
        "seconds": run.seconds,
        "ended_at": run.ended_at.isoformat(),
        "when": f"{run.ended_at:%Y-%m-%d %H:%M} UTC",
    }
    if run.result in WELL:
        return Check("last_run", State.OK, mark("{direction} by {way} at {when}: {result}"), values=values)
    what = mark("{direction} by {way} at {when} did not end well: {result}, exit code {exit_code}")
    if _in_the_way(snapshot):
        return Check("last_run", State.WARNING, what, REHEARSE, values)
    todo = (
        mark("make {direction} again, with the reason in its log (run {run}); make doctor says what is in its way")
        if run.direction == "upgrade"
        else mark("Read its log (run {run}), then make status")
    )
    return Check("last_run", State.WARNING, what, todo, values)


def _edited(snapshot: Snapshot) -> Check:
    if snapshot.problem is not None or "lines" in snapshot.hidden:
        return unknown("edited")
    revisions = [step.revision for step in snapshot.edited]
    if not revisions:
        return Check("edited", State.OK, mark("every applied revision is as it ran"), values={"count": 0})
    values = {"count": len(revisions), "names": named(revisions), "revisions": revisions}
    what = mark("edited since they were applied: {names}")
    return Check("edited", State.WARNING, what, mark("make repair, which applies the history again"), values)
