"""What Prometheus is told of a database: the samples of one look, and their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from homecoming.catalog.findings import KINDS
from homecoming.discretion import discreet
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.families import DATABASE, FAMILIES, Family
from homecoming.monitoring.replaced_file import write as write
from homecoming.monitoring.snapshot import Backups, Journal, LastRun, SequenceUse, Snapshot, Vitals
from homecoming.project import project
from homecoming.terminal import printable

# The kinds of retired.register that keep rows. That is a table anybody may write to: another kind counts as "other", so
# that neither a text of a row nor any number of series comes in by it.
KEEPING_KINDS = ("column", "table", "rows", "cells")
OTHER_KIND = "other"

# The application has 33 tables; a server with a thousand more is not told in full.
MOST_SEQUENCES = 100

NO_REVISION = "none"

# Of one family: a value for each set of label values, in the family's order. No set is there twice.
Samples = dict[tuple[str, ...], float]
Named = tuple[str, Samples]


def exposition(snapshot: Snapshot, checks: Sequence[Check]) -> bytes:
    """Return all that is known as Prometheus' text format, version 0.0.4, UTF-8.

    What is not known has no sample: of a database that could not be looked at only what the journal keeps, since a zero
    would be taken for the truth.

    Arguments: ``snapshot``, one look; ``checks``, its judgement, empty where nobody judged it.
    """
    registry = CollectorRegistry()
    registry.register(_Look(snapshot, checks))
    return generate_latest(registry)


class _Look(Collector):
    """One look as metric families, in the order of ``FAMILIES``; those that nothing is known of are left out."""

    def __init__(self, snapshot: Snapshot, checks: Sequence[Check]) -> None:
        self._database = printable(snapshot.database)
        self._found = dict(_found(snapshot, checks))

    def collect(self) -> Iterator[Metric]:
        for family in FAMILIES:
            if samples := self._found.get(family.stem):
                yield _metric(family, self._database, samples)


def _metric(family: Family, database: str, samples: Samples) -> Metric:
    if family.type == "info":
        info = InfoMetricFamily(family.name.removesuffix("_info"), family.help, labels=[DATABASE])
        for values in samples:
            info.add_metric([database], dict(zip(family.labels, map(printable, values), strict=True)))
        return info
    kind = CounterMetricFamily if family.type == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.help, labels=[DATABASE, *family.labels])
    for values, value in samples.items():
        metric.add_metric([database, *map(printable, values)], value)
    return metric


def _found(snapshot: Snapshot, checks: Sequence[Check]) -> Iterator[Named]:
    yield from _look(snapshot)
    yield from _health(checks)
    yield from _journal(snapshot.journal)
    yield from _backups(snapshot.backups)
    if snapshot.problem is not None:
        yield "database_problem_info", {(str(snapshot.problem.exit_code),): 1}
        return
    yield from _history(snapshot)
    if snapshot.revision == snapshot.head:
        # Of a database that is behind, nobody compared the catalogue.
        yield from _drift(snapshot)
    if "retired" not in snapshot.hidden:
        yield "retired_rows", _retired(snapshot)
    if snapshot.vitals is not None:
        yield "server_info", {(snapshot.dialect, snapshot.vitals.version): 1}
        yield from _vitals(snapshot.vitals)


def _look(snapshot: Snapshot) -> Iterator[Named]:
    yield "database_up", {(): snapshot.problem is None}
    yield "snapshot_timestamp_seconds", {(): snapshot.taken_at.timestamp()}
    yield "snapshot_duration_seconds", {(): snapshot.seconds}
    yield "head_info", {(snapshot.head, project().version): 1}


def _health(checks: Sequence[Check]) -> Iterator[Named]:
    if checks:
        yield "healthy", {(): all(check.state is not State.FAILED for check in checks)}
        yield (
            "health_check_state",
            {(check.name, state): check.state is state for check in checks for state in State},
        )


def _journal(journal: Journal) -> Iterator[Named]:
    if journal.attempts:
        # Every look adds its own: without any the journal could not be read, and a zero would look like a restart.
        yield "lock_wait_seconds_total", {(): journal.lock_wait}
    count: Counter[tuple[str, ...]] = Counter()
    seconds: dict[tuple[str, ...], float] = {}
    for made in journal.attempts:
        which = (made.strategy, made.result)
        count[which] += made.count
        seconds[which] = seconds.get(which, 0) + made.seconds
    yield "connection_attempts_total", dict(count)
    yield "connection_attempt_duration_seconds_total", seconds
    if journal.last_run is not None:
        yield from _last_run(journal.last_run)
    if journal.last_success is not None:
        yield "last_success_timestamp_seconds", {(): journal.last_success.timestamp()}
    if journal.behind_since is not None:
        yield "behind_since_timestamp_seconds", {(): journal.behind_since.timestamp()}


def _backups(known: Backups) -> Iterator[Named]:
    yield "backups", {(): known.count}
    moments = {"": known.made_at, "_proven": known.proven_at, "_drilled": known.drilled_at}
    for which, moment in moments.items():
        if moment is not None:
            yield f"backup{which}_timestamp_seconds", {(): moment.timestamp()}
    if known.size is not None:
        yield "backup_size_bytes", {(): known.size}


def _last_run(run: LastRun) -> Iterator[Named]:
    yield "last_run_info", {(run.way, run.direction, run.result, str(run.exit_code)): 1}
    yield "last_run_success", {(): run.exit_code == 0}
    yield "last_run_timestamp_seconds", {(): run.ended_at.timestamp()}
    yield "last_run_duration_seconds", {(): run.seconds}
    yield "last_run_lock_wait_seconds", {(): run.lock_wait}


def _history(snapshot: Snapshot) -> Iterator[Named]:
    steps = snapshot.steps
    yield "revision_info", {(snapshot.revision or NO_REVISION,): 1}
    yield "pending_revisions", {(): len(snapshot.pending)}
    if "lines" not in snapshot.hidden:
        yield "edited_revisions", {(): len(snapshot.edited)}
    yield (
        "revision_duration_seconds",
        {(step.revision,): step.seconds for step in steps if step.seconds is not None},
    )
    yield (
        "revision_retired_rows",
        {(step.revision,): step.rows_retired for step in steps if step.rows_retired is not None},
    )


def _drift(snapshot: Snapshot) -> Iterator[Named]:
    """Every kind, also with 0: a line that vanishes from a graph cannot be told from one that nobody drew."""
    count = Counter(finding.kind for finding in snapshot.drift)
    yield "drift_findings", {(kind,): count[kind] for kind in KINDS}


def _retired(snapshot: Snapshot) -> Samples:
    kept: Samples = {(kind,): 0 for kind in KEEPING_KINDS}
    for thing in snapshot.retired:
        if thing.rows is not None:
            kind = (thing.kind if thing.kind in KEEPING_KINDS else OTHER_KIND,)
            kept[kind] = kept.get(kind, 0) + thing.rows
    return kept


def _vitals(vitals: Vitals) -> Iterator[Named]:
    yield "database_latency_seconds", {(): vitals.latency}
    if vitals.size is not None:
        yield "database_size_bytes", {(): vitals.size}
    if vitals.free is not None:
        yield "database_free_bytes", {(): vitals.free}
    open_for = [transaction.seconds for transaction in vitals.long_transactions]
    yield "long_transactions", {(): len(open_for)}
    yield "long_transaction_oldest_seconds", {(): max(chain([0], open_for))}
    yield "invalid_indexes", {(): len(vitals.invalid_indexes)}
    fullest = sorted(vitals.sequences, key=_fullness, reverse=True)[:MOST_SEQUENCES]
    yield "sequence_used_ids", {_named(each): each.used for each in fullest}
    yield "sequence_limit_ids", {_named(each): each.limit for each in fullest}


def _named(sequence: SequenceUse) -> tuple[str, str]:
    """A table of nobody's that was called by somebody's number is not to be called by it here."""
    return discreet(sequence.table), discreet(sequence.column)


def _fullness(sequence: SequenceUse) -> float:
    return sequence.used / sequence.limit
