"""What Prometheus is told: read back by its official parsers, named by its conventions, and true of what was seen."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as as_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from homecoming.catalog.findings import KINDS
from homecoming.monitoring import metrics
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.families import DATABASE, FAMILIES, Family
from homecoming.monitoring.snapshot import Attempts, Journal, Retired, SequenceUse, Snapshot
from painel_migrations import __version__
from tests.support.looks import BEHIND, DRIFTED, EMPTY, HEALTHY, ILL, NOON, SILENT, UNREACHABLE, VITALS, WELL

LOOKS: Mapping[str, tuple[Snapshot, tuple[Check, ...]]] = {
    "healthy": (HEALTHY, WELL),
    "drifted": (DRIFTED, ILL),
    "behind": (BEHIND, ILL),
    "unreachable": (UNREACHABLE, SILENT),
    "empty": (EMPTY, WELL),
    "unjudged": (HEALTHY, ()),
}

# Prometheus' base units and what a number may count: https://prometheus.io/docs/practices/naming/
UNITS = ("seconds", "bytes", "info")
COUNTED = (
    "revisions",
    "findings",
    "rows",
    "attempts",
    "transactions",
    "indexes",
    "ids",
    "backups",
)
YES_OR_NO = ("painel_database_up", "painel_healthy", "painel_health_check_state", "painel_last_run_success")


def families(snapshot: Snapshot, checks: tuple[Check, ...] = ()) -> list[Metric]:
    return list(read_text(metrics.exposition(snapshot, checks).decode()))


def series(snapshot: Snapshot, checks: tuple[Check, ...] = ()) -> dict[str, dict[tuple[str, ...], float]]:
    """Each metric's values by its label values, those of the database's name left out."""
    labels = {family.name: family.labels for family in FAMILIES}
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in families(snapshot, checks):
        for sample in family.samples:
            assert sample.labels[DATABASE] == snapshot.database
            key = tuple(sample.labels[label] for label in labels[sample.name])
            found.setdefault(sample.name, {})[key] = sample.value
    return found


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> tuple[Snapshot, tuple[Check, ...]]:
    return LOOKS[request.param]


# The format


def test_every_line_is_read_by_the_official_parser(look: tuple[Snapshot, tuple[Check, ...]]) -> None:
    text = metrics.exposition(*look).decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert sum(len(family.samples) for family in read_text(text)) == len(lines) > 5
    assert text.endswith("\n")


def test_openmetrics_takes_the_same_families(look: tuple[Snapshot, tuple[Check, ...]]) -> None:
    """The stricter parser: it refuses a counter without _total, and samples that are mixed up."""
    registry = CollectorRegistry()
    registry.register(metrics._Look(*look))
    read = list(read_openmetrics(as_openmetrics(registry).decode()))  # type: ignore[no-untyped-call]
    samples = [sample for family in read for sample in family.samples]
    assert len(samples) == sum(len(family.samples) for family in families(*look))


def test_no_series_is_there_twice(look: tuple[Snapshot, tuple[Check, ...]]) -> None:
    found = [(sample.name, *sorted(sample.labels.items())) for family in families(*look) for sample in family.samples]
    assert len(found) == len(set(found))


def test_each_family_is_told_once_with_the_type_and_the_text_of_the_list() -> None:
    text = metrics.exposition(DRIFTED, ILL).decode()
    told = re.findall(r"^# HELP (\w+) (.+)\n# TYPE \1 (\w+)$", text, re.MULTILINE)
    names = [name for name, *_ in told]
    listed = {family.name: family for family in FAMILIES}
    assert len(names) == len(set(names)) == text.count("# TYPE") == text.count("# HELP")
    for name, help_text, kind in told:
        assert (help_text, kind) == (listed[name].help, "counter" if listed[name].type == "counter" else "gauge")


def test_every_family_of_the_list_can_be_seen() -> None:
    seen = {name for look in LOOKS.values() for name in series(*look)}
    assert seen == {family.name for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_name_follows_the_conventions(family: Family) -> None:
    assert re.fullmatch(r"painel(_[a-z]+)+", family.name)
    assert (family.type == "counter") == family.name.endswith("_total")
    assert (family.type == "info") == family.name.endswith("_info")
    last = family.name.removesuffix("_total").rsplit("_", 1)[1]
    assert (last in (*UNITS, *COUNTED)) != (family.name in YES_OR_NO)
    assert not re.search(
        r"_(percent|ratio|milliseconds|minutes|hours|megabytes|count|sum|bucket|created)(_|$)", family.name
    )
    assert ("timestamp" in family.name) == family.name.endswith("_timestamp_seconds")
    # A label is no part of the name, and none is Prometheus' own.
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", label) for label in family.labels)
    assert not {"le", "quantile", "job", "instance", DATABASE} & set(family.labels)
    assert re.fullmatch(r"[A-Z].+\.", family.help)


def test_the_page_has_the_list() -> None:
    page = (Path(__file__).parents[3] / "docs/monitoring/README.md").read_text()
    rows = re.findall(r"^\| `(painel_\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$", page, re.MULTILINE)
    listed = [(each.name, each.type, ", ".join(f"`{label}`" for label in each.labels), each.help) for each in FAMILIES]
    assert [(name, kind, labels, f"{meaning}.") for name, kind, labels, meaning in rows] == listed


def test_what_is_odd_in_a_name_is_escaped() -> None:
    odd = replace(HEALTHY, database='SQLite C:\\dados\\"painel"\nção.db')
    assert {sample.labels[DATABASE] for family in families(odd) for sample in family.samples} == {
        'SQLite C:\\dados\\"painel"\\nção.db'
    }


def test_nothing_of_this_process_is_told() -> None:
    assert {family.name for family in families(HEALTHY) if not family.name.startswith("painel_")} == set()


# What it says


def test_of_a_database_that_is_well() -> None:
    found = series(HEALTHY, WELL)
    assert found.pop("painel_drift_findings") == dict.fromkeys([(kind,) for kind in KINDS], 0)
    assert found == {
        "painel_database_up": {(): 1},
        "painel_healthy": {(): 1},
        "painel_health_check_state": {
            **{(name, state): 0 for name in ("reachable", "drift") for state in ("warning", "failed", "unknown")},
            **{(name, "ok"): 1 for name in ("reachable", "drift")},
        },
        "painel_snapshot_timestamp_seconds": {(): NOON.timestamp()},
        "painel_snapshot_duration_seconds": {(): 0.125},
        "painel_head_info": {("0003", __version__): 1},
        "painel_revision_info": {("0003",): 1},
        "painel_pending_revisions": {(): 0},
        "painel_edited_revisions": {(): 0},
        "painel_backups": {(): 3},
        "painel_backup_timestamp_seconds": {(): NOON.timestamp() - 9 * 3600},
        "painel_backup_proven_timestamp_seconds": {(): NOON.timestamp() - 9 * 3600},
        "painel_backup_drilled_timestamp_seconds": {(): NOON.timestamp() - 48 * 3600},
        "painel_backup_size_bytes": {(): 6_000_000},
        "painel_revision_duration_seconds": {("0001",): 0.5, ("0002",): 0.25},
        "painel_revision_retired_rows": {("0001",): 120, ("0002",): 0},
        "painel_retired_rows": {("column",): 120, ("table",): 0, ("rows",): 0, ("cells",): 0},
        "painel_last_run_info": {("command", "upgrade", "done", "0"): 1},
        "painel_last_run_success": {(): 1},
        "painel_last_run_timestamp_seconds": {(): NOON.timestamp() - 3600},
        "painel_last_run_duration_seconds": {(): 2.5},
        "painel_last_run_lock_wait_seconds": {(): 0.75},
        "painel_last_success_timestamp_seconds": {(): NOON.timestamp() - 3600},
        "painel_lock_wait_seconds_total": {(): 12.5},
        "painel_connection_attempts_total": {
            ("direct", "connected"): 41,
            ("direct", "silent"): 2,
            ("pooler", "connected"): 1,
        },
        "painel_connection_attempt_duration_seconds_total": {
            ("direct", "connected"): 3.5,
            ("direct", "silent"): 20,
            ("pooler", "connected"): 0.25,
        },
        "painel_server_info": {("postgresql", "16.4"): 1},
        "painel_database_latency_seconds": {(): 0.0015},
        "painel_database_size_bytes": {(): 48e6},
        "painel_database_free_bytes": {(): 2e9},
        "painel_long_transactions": {(): 0},
        "painel_long_transaction_oldest_seconds": {(): 0},
        "painel_invalid_indexes": {(): 0},
        "painel_sequence_used_ids": {("usuarios", "id"): 1200, ("checkins", "id"): 2e9},
        "painel_sequence_limit_ids": {("usuarios", "id"): 2**31 - 1, ("checkins", "id"): 2**31 - 1},
    }


def test_of_a_database_that_drifted() -> None:
    found = series(DRIFTED, ILL)
    assert {kind: value for (kind,), value in found["painel_drift_findings"].items() if value} == {
        "primary key": 1,
        "index": 2,
    }
    assert len(found["painel_drift_findings"]) == len(KINDS)
    assert found["painel_healthy"] == {(): 0}
    assert found["painel_health_check_state"]["drift", "failed"] == 1
    assert found["painel_edited_revisions"] == {(): 1}
    assert found["painel_last_run_success"] == {(): 0}
    assert found["painel_last_run_info"] == {("start-up", "upgrade", "HeldError", "5"): 1}
    assert (found["painel_long_transactions"], found["painel_long_transaction_oldest_seconds"]) == ({(): 2}, {(): 900})
    assert found["painel_invalid_indexes"] == {(): 1}
    assert "painel_database_free_bytes" not in found


def test_of_a_database_that_is_behind() -> None:
    found = series(BEHIND, WELL)
    assert found["painel_revision_info"] == {("0002",): 1}
    assert found["painel_pending_revisions"] == {(): 1}
    assert found["painel_behind_since_timestamp_seconds"] == {(): NOON.timestamp() - 3 * 3600}
    assert "painel_drift_findings" not in found, "its catalogue is compared with head only at head"


def test_of_a_silent_database_only_what_is_still_known() -> None:
    found = series(UNREACHABLE, SILENT)
    assert found["painel_database_up"] == {(): 0}
    assert found["painel_database_problem_info"] == {("3",): 1}
    assert found["painel_healthy"] == {(): 0}
    assert found["painel_health_check_state"]["drift", "unknown"] == 1
    assert found["painel_last_success_timestamp_seconds"] == {(): NOON.timestamp() - 3600}
    assert set(found) == {
        "painel_database_up",
        "painel_database_problem_info",
        "painel_healthy",
        "painel_health_check_state",
        "painel_snapshot_timestamp_seconds",
        "painel_snapshot_duration_seconds",
        "painel_head_info",
        "painel_last_run_info",
        "painel_last_run_success",
        "painel_last_run_timestamp_seconds",
        "painel_last_run_duration_seconds",
        "painel_last_run_lock_wait_seconds",
        "painel_last_success_timestamp_seconds",
        "painel_lock_wait_seconds_total",
        "painel_connection_attempts_total",
        "painel_connection_attempt_duration_seconds_total",
        # By the folder, whatever the database says.
        "painel_backups",
    }


def test_of_an_empty_database() -> None:
    found = series(EMPTY, WELL)
    assert found["painel_revision_info"] == {("none",): 1}
    assert found["painel_pending_revisions"] == {(): 3}
    assert not {
        "painel_drift_findings",
        "painel_last_run_info",
        "painel_last_success_timestamp_seconds",
        "painel_lock_wait_seconds_total",
        "painel_revision_duration_seconds",
    } & set(found)


def test_what_nobody_judged_is_neither_healthy_nor_ill() -> None:
    assert not {"painel_healthy", "painel_health_check_state"} & set(series(HEALTHY))


def test_a_check_in_each_state() -> None:
    checks = tuple(Check(state.name, state, "") for state in State)
    found = series(HEALTHY, checks)["painel_health_check_state"]
    assert {key for key, value in found.items() if value} == {(state.name, state.value) for state in State}
    warned = (Check("drift", State.WARNING, ""), Check("revision", State.UNKNOWN, ""))
    assert series(HEALTHY, warned)["painel_healthy"] == {(): 1}


# Bounds


def test_the_number_of_series_is_bounded() -> None:
    sequences = tuple(SequenceUse(f"tabela_{number}", "id", number, 2**31 - 1) for number in range(5000))
    retired = tuple(Retired(f"Maria {number}", "x", "0001", 2, NOON) for number in range(500))
    many = replace(HEALTHY, vitals=replace(VITALS, sequences=sequences), retired=(*HEALTHY.retired, *retired))
    found = series(many, WELL)
    # The fullest are kept: they are those that somebody has to know of.
    assert set(found["painel_sequence_used_ids"]) == {(f"tabela_{number}", "id") for number in range(4900, 5000)}
    assert found["painel_retired_rows"] == {
        ("column",): 120,
        ("table",): 0,
        ("rows",): 0,
        ("cells",): 0,
        ("other",): 1000,
    }


def test_what_is_told_twice_is_one_series() -> None:
    """Two of one series and Prometheus takes nothing of the whole file."""
    journal = Journal(attempts=(Attempts("direct", "connected", 1, 0.5), Attempts("direct", "connected", 2, 0.25)))
    sequence = SequenceUse("usuarios", "id", 1, 2)
    twice = replace(HEALTHY, journal=journal, vitals=replace(VITALS, sequences=(sequence, sequence)))
    found = families(twice, (*WELL, *WELL))
    for name, value in {"painel_connection_attempts": 3, "painel_connection_attempt_duration_seconds": 0.75}.items():
        [counter] = [family for family in found if family.name == name]
        assert [sample.value for sample in counter.samples] == [value]
    told = [(sample.name, *sorted(sample.labels.items())) for family in found for sample in family.samples]
    assert len(told) == len(set(told))


def test_no_name_of_a_person_or_a_session_is_told() -> None:
    text = metrics.exposition(DRIFTED, ILL).decode()
    assert "relatorio" not in text
    assert 'gid"' not in text
    assert "4711" not in text
    # Names of columns and what was found there belong to `verify`.
    assert "usuarios_pkey" not in text


# The file


@pytest.fixture
def strict() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("strict")
def test_the_file_is_replaced_as_a_whole_and_everybody_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "homecoming.prom"
    path.write_text("old")
    with path.open() as reader:
        metrics.write(path, b"new\n")
        assert reader.read() == "old", "a reader of the old file reads it to its end"
    assert path.read_bytes() == b"new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["homecoming.prom"]


def test_the_unfinished_file_is_none_that_the_collector_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.extend(entry.name for entry in tmp_path.iterdir()))
    metrics.write(tmp_path / "homecoming.prom", b"x")
    assert len(seen) == 1, "it is written to the disk before it takes the place of the other"
    assert not seen[0].endswith(".prom")


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "homecoming.prom"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        metrics.write(path, b"new")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("homecoming.prom", "old")]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "homecoming.prom"
    link.symlink_to(tmp_path / "there" / "homecoming.prom")
    metrics.write(link, b"x")
    assert link.is_symlink()
    assert link.read_bytes() == b"x"


def test_a_folder_that_is_not_there_and_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        metrics.write(tmp_path / "nowhere" / "homecoming.prom", b"x")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        with pytest.raises(OSError, match="is not a regular file"):
            metrics.write(path, b"x")
    assert stat.S_ISFIFO(pipe.stat().st_mode), "a device has no file put in its place"
    assert list(tmp_path.iterdir()) == [pipe]
