"""The environment and `.env` as one typed object: the only reader of variables, with `env_file.py`."""

import contextlib
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL

from homecoming.backup_settings import BACKUP_COUNTS, BACKUP_VARIABLES, COMMAND_LIMIT, Backups, backups_of
from homecoming.candidates import DATABASE_VARIABLES, LIBPQ_VARIABLES, Candidate, find_candidates
from homecoming.env_file import filled, read_env_file
from homecoming.errors import UsageError
from homecoming.language import ENGLISH, LANGUAGES, PORTUGUESE, tr
from homecoming.project import project

# PostgreSQL takes its timeouts as milliseconds in 32 bits.
LONGEST_SECONDS = 2_147_483


@dataclass(frozen=True)
class Seconds:
    """A duration a variable sets: its default in seconds, whether 0 is allowed."""

    default: float
    zero: bool


DURATIONS = {
    # A statement that waits for a table lock makes every later query on that table wait behind it.
    "MIGRATION_LOCK_TIMEOUT": Seconds(4.0, zero=False),
    "MIGRATION_STATEMENT_TIMEOUT": Seconds(0.0, zero=True),
    # Another replica's whole run, with its rewrite of the largest table, fits in.
    "MIGRATION_LOCK_WAIT": Seconds(300.0, zero=True),
    # A server that answers at all does so within a second; a middlebox that drops packets never does.
    "MIGRATION_CONNECT_TIMEOUT": Seconds(10.0, zero=False),
    # All candidates together, pauses included: an operator waits a minute before trying the console.
    "MIGRATION_CONNECT_LIMIT": Seconds(60.0, zero=False),
    # Platforms give up on a health check after one to five minutes.
    "MIGRATION_STARTUP_LIMIT": Seconds(60.0, zero=False),
    # A deploy brings the files first and the database minutes later: that is nobody's alarm.
    "MIGRATION_BEHIND_LIMIT": Seconds(3600.0, zero=True),
    # A file of some gigabytes by a slow line.
    COMMAND_LIMIT: Seconds(3600.0, zero=False),
}

COUNTS = {
    # A path that fails half of the time lets one of six attempts through in 98 of 100 cases.
    "MIGRATION_CONNECT_ATTEMPTS": 6,
    # Of a run whose connection is lost on the way, the first included.
    "MIGRATION_RUN_ATTEMPTS": 3,
    **BACKUP_COUNTS,
}

# Seconds between two attempts at a table that is held, outside any transaction: the application's queue drains
# meanwhile. Short ones first, for a query that just takes a little longer; half a minute in all, for a report.
LOCK_PAUSES = "MIGRATION_LOCK_PAUSES"
DEFAULT_LOCK_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)

# From how many rows on a table is large: an upgrade has ready what it needs of it before it takes a lock.
PREPARE_ROWS, DEFAULT_PREPARE_ROWS, NEVER = "MIGRATION_PREPARE_ROWS", 100_000, "off"

# Which sessions a run may end that hold what it has to change: none, unless somebody says so.
END_BLOCKERS, BLOCKERS = "MIGRATION_END_BLOCKERS", ("none", "idle-in-transaction")

# How often whoever called will try a run again that ended without a connection; predeploy.sh says it.
ATTEMPTS_LEFT = "MIGRATION_ATTEMPTS_LEFT"

# How a process of ours logs: lines for people, or a JSON object a line.
LOG, LOG_STYLES = "MIGRATION_LOG", ("text", "json")

# The language of what people are shown; where it is unset the locale says it, as POSIX reads it: the first that is set.
LANGUAGE, LOCALES = "MIGRATION_LANG", ("LC_ALL", "LC_MESSAGES", "LANG")

# Monitoring: where it writes and whom it tells. None of them ends a run, whatever its value: it only reports on it.
STATE = "MIGRATION_STATE"
METRICS_FILE = "MIGRATION_METRICS_FILE"
ALERT_URL = "MIGRATION_ALERT_URL"
ALERT_STYLE = "MIGRATION_ALERT_STYLE"
STATUS_TOKEN = "MIGRATION_STATUS_TOKEN"
MONITORING_DEFAULTS = {ALERT_STYLE: "auto"}

VARIABLES = (
    *DATABASE_VARIABLES,
    *LIBPQ_VARIABLES,
    *DURATIONS,
    *COUNTS,
    LOCK_PAUSES,
    END_BLOCKERS,
    PREPARE_ROWS,
    ATTEMPTS_LEFT,
    LOG,
    LANGUAGE,
    STATE,
    METRICS_FILE,
    ALERT_URL,
    ALERT_STYLE,
    STATUS_TOKEN,
    *BACKUP_VARIABLES,
)
_OURS = frozenset(VARIABLES)


@dataclass(frozen=True)
class Monitoring:
    """Where monitoring writes and whom it tells; its text has none of the secrets.

    Attributes: ``state``, the folder of the journal; ``metrics_file``, for Prometheus' textfile collector;
    ``alert_url`` and ``alert_style`` as they were given; ``status_token``, which the status page asks for;
    ``behind_limit``, seconds after which a database behind head is told.
    """

    state: Path
    metrics_file: Path | None
    alert_url: str | None = field(repr=False)
    alert_style: str
    status_token: str | None = field(repr=False)
    behind_limit: float


@dataclass(frozen=True)
class Settings:
    """What the environment asks for.

    Durations are in seconds; 0 means no limit for a statement, and no wait for another run. ``attempts_left`` is None
    where nobody tries again; ``prepare_rows``, where an upgrade prepares nothing by itself.
    """

    candidates: tuple[Candidate, ...]
    lock_timeout: float
    statement_timeout: float
    lock_wait: float
    lock_pauses: tuple[float, ...]
    end_blockers: str
    prepare_rows: int | None
    connect_timeout: float
    connect_limit: float
    connect_attempts: int
    run_attempts: int
    attempts_left: int | None
    startup_limit: float
    monitoring: Monitoring
    backup: Backups

    @property
    def database_url(self) -> URL:
        """The preferred database."""
        return self.candidates[0].url

    @property
    def source(self) -> str:
        """Where the preferred database was named: ``DATABASE_URL``, ``DATABASE_URL in .env``, ``default``, ..."""
        return self.candidates[0].source


def read_settings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings from the environment and from `.env`.

    Arguments: ``environ``, the environment (that of this process); ``folder``, where `.env` may lie (the current one).
    Errors: UsageError for whatever cannot be followed; never with a value in its text, which may hold a password.
    """
    real = filled(os.environ if environ is None else environ, _OURS)
    file = read_env_file((folder or Path()) / ".env", _OURS)
    both = file | real
    durations = {name: _seconds(name, both.get(name)) for name in DURATIONS}
    counts = {name: _count(name, both.get(name)) for name in COUNTS}
    return Settings(
        candidates=find_candidates(real, file),
        lock_timeout=durations["MIGRATION_LOCK_TIMEOUT"],
        statement_timeout=durations["MIGRATION_STATEMENT_TIMEOUT"],
        lock_wait=durations["MIGRATION_LOCK_WAIT"],
        lock_pauses=_pauses(both.get(LOCK_PAUSES)),
        end_blockers=_one_of(END_BLOCKERS, both.get(END_BLOCKERS), BLOCKERS),
        prepare_rows=_rows(both.get(PREPARE_ROWS)),
        connect_timeout=durations["MIGRATION_CONNECT_TIMEOUT"],
        connect_limit=durations["MIGRATION_CONNECT_LIMIT"],
        connect_attempts=counts["MIGRATION_CONNECT_ATTEMPTS"],
        run_attempts=counts["MIGRATION_RUN_ATTEMPTS"],
        attempts_left=_attempts_left(both.get(ATTEMPTS_LEFT)),
        startup_limit=durations["MIGRATION_STARTUP_LIMIT"],
        monitoring=Monitoring(
            state=Path(both.get(STATE) or project().state_folder),
            metrics_file=Path(both[METRICS_FILE]) if METRICS_FILE in both else None,
            alert_url=both.get(ALERT_URL),
            alert_style=both.get(ALERT_STYLE) or MONITORING_DEFAULTS[ALERT_STYLE],
            status_token=both.get(STATUS_TOKEN),
            behind_limit=durations["MIGRATION_BEHIND_LIMIT"],
        ),
        backup=backups_of(both, durations, counts),
    )


def read_log_style(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """Read how to log, ``text`` or ``json``, before anything is said.

    Arguments: as ``read_settings``. A `.env` that cannot be read says nothing here: who needs it will tell.
    Errors: UsageError for another style.
    """
    return _one_of(LOG, _before_all(environ, folder).get(LOG), LOG_STYLES)


def read_language(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """Read which language to speak, one of ``language.LANGUAGES``, before anything is said.

    Arguments and errors: as ``read_log_style``. A locale of any other language is English; ``pt_BR`` is ``pt``.
    """
    if named := named_language(environ, folder):
        return named
    real = os.environ if environ is None else environ
    locale = next(filter(None, (real.get(name) for name in LOCALES)), "")
    return PORTUGUESE if re.match(r"pt(?:[_.@-]|$)", locale, re.IGNORECASE) else ENGLISH


def read_colours(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether a terminal may show colours: not with NO_COLOR (no-color.org), or a TERM that has none."""
    real = os.environ if environ is None else environ
    return not real.get("NO_COLOR") and real.get("TERM") != "dumb"


def named_language(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> str | None:
    """Return the language that the variable names, whatever the locale says; None where it is unset.

    Arguments and errors: as ``read_log_style``.
    """
    named = _before_all(environ, folder).get(LANGUAGE)
    if named is None:
        return None
    short = named.partition("_")[0].lower()
    if short not in LANGUAGES:
        raise UsageError(
            tr("{name} is none of {names}", name=LANGUAGE, names=f"{ENGLISH}, {PORTUGUESE}"),
            tr("Unset, the locale says it, or {language}", language=ENGLISH),
        )
    return short


def read_status_token(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> str | None:
    """Read what the status page asks for, whatever else there is to say about the settings; None where it is unset.

    Arguments: as ``read_settings``. Errors: UsageError where `.env` cannot be read.
    """
    real = filled(os.environ if environ is None else environ, _OURS)
    return real.get(STATUS_TOKEN) or read_env_file((folder or Path()) / ".env", _OURS).get(STATUS_TOKEN)


def _before_all(environ: Mapping[str, str] | None, folder: Path | None) -> dict[str, str]:
    """The variables of ours that count, with nothing said of those that cannot be read."""
    real = filled(os.environ if environ is None else environ, _OURS)
    file: dict[str, str] = {}
    with contextlib.suppress(UsageError):
        file = read_env_file((folder or Path()) / ".env", _OURS)
    return file | real


def handed_on(**more: str) -> dict[str, str]:
    """Return this process's environment for a program that it starts, with ``more`` in it."""
    return {**os.environ, **more}


def _seconds(name: str, text: str | None) -> float:
    rule = DURATIONS[name]
    if text is None:
        return rule.default
    seconds = _number(text)
    if not (0 <= seconds <= LONGEST_SECONDS and (rule.zero or seconds > 0)):
        raise UsageError(
            tr("{name} is not a number of seconds", name=name),
            tr(
                "Set it to {least}, at most {most}; unset, it is {default:g}",
                least=tr("0 or more") if rule.zero else tr("more than 0"),
                most=LONGEST_SECONDS,
                default=rule.default,
            ),
        )
    return seconds


def _count(name: str, text: str | None) -> int:
    if text is None:
        return COUNTS[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= 1000):
        raise UsageError(
            tr("{name} is not a count", name=name),
            tr("Set it to 1 or more, at most 1000; unset, it is {default}", default=COUNTS[name]),
        )
    return int(text)


def _rows(text: str | None) -> int | None:
    if text is None:
        return DEFAULT_PREPARE_ROWS
    if text.lower() == NEVER:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise UsageError(
            tr("{name} is not a number of rows", name=PREPARE_ROWS),
            tr("Set it to 0 or more, or to {never}; unset, it is {default}", never=NEVER, default=DEFAULT_PREPARE_ROWS),
        )
    return int(text)


def _attempts_left(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise UsageError(
            tr("{name} is not a count", name=ATTEMPTS_LEFT),
            tr("Unset it: it is for a script that tries again"),
        )
    return int(text)


def _pauses(text: str | None) -> tuple[float, ...]:
    if text is None:
        return DEFAULT_LOCK_PAUSES
    pauses = tuple(_number(part) for part in text.split(","))
    if not all(0 <= pause <= LONGEST_SECONDS for pause in pauses):
        default = ",".join(f"{pause:g}" for pause in DEFAULT_LOCK_PAUSES)
        raise UsageError(
            tr("{name} is not a list of seconds", name=LOCK_PAUSES),
            tr("Write numbers with commas between; unset, it is {default}", default=default),
        )
    return pauses


def _one_of(name: str, text: str | None, allowed: tuple[str, ...]) -> str:
    if text is None:
        return allowed[0]
    if text.lower() not in allowed:
        raise UsageError(
            tr("{name} is none of {names}", name=name, names=", ".join(allowed)),
            tr("Unset, it is {default}", default=allowed[0]),
        )
    return text.lower()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
