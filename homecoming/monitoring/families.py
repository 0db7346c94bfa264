"""Every metric there is: its name, type, labels and meaning. What one look yields of them is ``metrics.py``'s.

Names by Prometheus' conventions: base units, ``_total`` for counters, ``_info`` for what is text. Other people's graphs
and alert rules read them: they are not to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from homecoming.project import project

DATABASE = "database"
"""The label that every series has: files of several databases lie side by side in a textfile collector's folder."""


@dataclass(frozen=True)
class Family:
    """A metric: its name after the project's prefix, ``type``, meaning in one sentence, labels beside ``DATABASE``."""

    stem: str
    type: Literal["gauge", "counter", "info"]
    help: str
    labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its whole name."""
        return f"{project().prefix}_{self.stem}"


FAMILIES = (
    Family("database_up", "gauge", "Whether the database could be looked at."),
    Family("database_problem_info", "info", "Why it could not, as the exit code of a command.", ("exit_code",)),
    Family("healthy", "gauge", "Whether no check of health failed."),
    Family("health_check_state", "gauge", "Which state a check of health is in: 1.", ("check", "state")),
    Family("snapshot_timestamp_seconds", "gauge", "When the database was looked at, in Unix time."),
    Family("snapshot_duration_seconds", "gauge", "How long the look took."),
    # Where it is.
    Family("head_info", "info", "The newest revision, and the version of this project.", ("head", "version")),
    Family("revision_info", "info", "The revision the database is at, none before the first.", ("revision",)),
    Family("pending_revisions", "gauge", "Revisions the database has not had: its distance from head."),
    Family("behind_since_timestamp_seconds", "gauge", "When it was first seen behind head, in Unix time."),
    Family("drift_findings", "gauge", "Objects of a database at head that differ from it, by kind.", ("kind",)),
    Family("edited_revisions", "gauge", "Applied revisions whose file is another than the one that ran."),
    Family("revision_duration_seconds", "gauge", "How long a revision took when it was applied.", ("revision",)),
    Family("revision_retired_rows", "gauge", "Rows a revision retired when it was applied.", ("revision",)),
    Family("retired_rows", "gauge", "Rows and cells kept out of the application's way, by kind.", ("kind",)),
    # Runs.
    Family(
        "last_run_info",
        "info",
        "How the last run ended: done, nothing, or the class of the error.",
        ("way", "direction", "result", "exit_code"),
    ),
    Family("last_run_success", "gauge", "Whether the last run ended with exit code 0."),
    Family("last_run_timestamp_seconds", "gauge", "When the last run ended, in Unix time."),
    Family("last_run_duration_seconds", "gauge", "How long the last run took."),
    Family("last_run_lock_wait_seconds", "gauge", "How long the last run waited for other runs and sessions."),
    Family("last_success_timestamp_seconds", "gauge", "When a run last ended with exit code 0, in Unix time."),
    Family("lock_wait_seconds_total", "counter", "How long all runs waited for other runs and sessions."),
    Family(
        "connection_attempts_total",
        "counter",
        "Attempts to connect, by layer of the way and result: connected, or the class of failure.",
        ("strategy", "result"),
    ),
    Family(
        "connection_attempt_duration_seconds_total",
        "counter",
        "How long the attempts to connect took.",
        ("strategy", "result"),
    ),
    # Backups.
    Family("backups", "gauge", "How many backups of it are in the folder of backups here."),
    Family("backup_timestamp_seconds", "gauge", "When the newest of them was made, in Unix time."),
    Family("backup_proven_timestamp_seconds", "gauge", "When the newest was made that is proven, in Unix time."),
    Family("backup_drilled_timestamp_seconds", "gauge", "When one was last drilled, in Unix time."),
    Family("backup_size_bytes", "gauge", "How large the newest of them is."),
    # Vitals.
    Family("server_info", "info", "The database's product and version.", ("dialect", "version")),
    Family("database_latency_seconds", "gauge", "How long a round trip to the database takes: median of five."),
    Family("database_size_bytes", "gauge", "How large the database is."),
    Family("database_free_bytes", "gauge", "Free space on its disk, where it tells."),
    Family("long_transactions", "gauge", "Transactions that have been open for long."),
    Family("long_transaction_oldest_seconds", "gauge", "How long the oldest of them has been open, 0 without."),
    Family("invalid_indexes", "gauge", "Indexes that are not valid: they cost and do not serve."),
    Family("sequence_used_ids", "gauge", "The highest id given; the fullest 100 columns.", ("table", "column")),
    Family("sequence_limit_ids", "gauge", "The highest id its column can hold.", ("table", "column")),
)
