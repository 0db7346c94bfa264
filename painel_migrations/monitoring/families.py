"""Every metric there is: its name, type, labels and meaning. What one look yields of them is ``metrics.py``'s.

Names by Prometheus' conventions: base units, ``_total`` for counters, ``_info`` for what is text. Other people's graphs
and alert rules read them: they are not to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DATABASE = "database"
"""The label that every series has: files of several databases lie side by side in a textfile collector's folder."""


@dataclass(frozen=True)
class Family:
    """A metric: its full ``name``, its ``type``, what it means in one sentence, its labels beside ``DATABASE``."""

    name: str
    type: Literal["gauge", "counter", "info"]
    help: str
    labels: tuple[str, ...] = ()


FAMILIES = (
    Family("painel_database_up", "gauge", "Whether the database could be looked at."),
    Family("painel_database_problem_info", "info", "Why it could not, as the exit code of a command.", ("exit_code",)),
    Family("painel_healthy", "gauge", "Whether no check of health failed."),
    Family("painel_health_check_state", "gauge", "Which state a check of health is in: 1.", ("check", "state")),
    Family("painel_snapshot_timestamp_seconds", "gauge", "When the database was looked at, in Unix time."),
    Family("painel_snapshot_duration_seconds", "gauge", "How long the look took."),
    # Where it is.
    Family("painel_head_info", "info", "The newest revision, and the version of this project.", ("head", "version")),
    Family("painel_revision_info", "info", "The revision the database is at, none before the first.", ("revision",)),
    Family("painel_pending_revisions", "gauge", "Revisions the database has not had: its distance from head."),
    Family("painel_behind_since_timestamp_seconds", "gauge", "When it was first seen behind head, in Unix time."),
    Family("painel_drift_findings", "gauge", "Objects of a database at head that differ from it, by kind.", ("kind",)),
    Family("painel_edited_revisions", "gauge", "Applied revisions whose file is another than the one that ran."),
    Family("painel_revision_duration_seconds", "gauge", "How long a revision took when it was applied.", ("revision",)),
    Family("painel_revision_retired_rows", "gauge", "Rows a revision retired when it was applied.", ("revision",)),
    Family("painel_retired_rows", "gauge", "Rows and cells kept out of the application's way, by kind.", ("kind",)),
    # Runs.
    Family(
        "painel_last_run_info",
        "info",
        "How the last run ended: done, nothing, or the class of the error.",
        ("way", "direction", "result", "exit_code"),
    ),
    Family("painel_last_run_success", "gauge", "Whether the last run ended with exit code 0."),
    Family("painel_last_run_timestamp_seconds", "gauge", "When the last run ended, in Unix time."),
    Family("painel_last_run_duration_seconds", "gauge", "How long the last run took."),
    Family("painel_last_run_lock_wait_seconds", "gauge", "How long the last run waited for other runs and sessions."),
    Family("painel_last_success_timestamp_seconds", "gauge", "When a run last ended with exit code 0, in Unix time."),
    Family("painel_lock_wait_seconds_total", "counter", "How long all runs waited for other runs and sessions."),
    Family(
        "painel_connection_attempts_total",
        "counter",
        "Attempts to connect, by layer of the way and result: connected, or the class of failure.",
        ("strategy", "result"),
    ),
    Family(
        "painel_connection_attempt_duration_seconds_total",
        "counter",
        "How long the attempts to connect took.",
        ("strategy", "result"),
    ),
    # Vitals.
    Family("painel_server_info", "info", "The database's product and version.", ("dialect", "version")),
    Family("painel_database_latency_seconds", "gauge", "How long a round trip to the database takes: median of five."),
    Family("painel_database_size_bytes", "gauge", "How large the database is."),
    Family("painel_database_free_bytes", "gauge", "Free space on its disk, where it tells."),
    Family("painel_long_transactions", "gauge", "Transactions that have been open for long."),
    Family("painel_long_transaction_oldest_seconds", "gauge", "How long the oldest of them has been open, 0 without."),
    Family("painel_invalid_indexes", "gauge", "Indexes that are not valid: they cost and do not serve."),
    Family("painel_sequence_used_ids", "gauge", "The highest id given; the fullest 100 columns.", ("table", "column")),
    Family("painel_sequence_limit_ids", "gauge", "The highest id its column can hold.", ("table", "column")),
)
