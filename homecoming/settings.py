"""The environment and `.env` as one typed object: the only reader of variables."""

import contextlib
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables
from sqlalchemy import URL

from homecoming.backup_settings import BACKUP_COUNTS, BACKUP_VARIABLES, COMMAND_LIMIT, Backups, backups_of
from homecoming.candidates import DATABASE_VARIABLES, LIBPQ_VARIABLES, Candidate, find_candidates
from homecoming.errors import UsageError
from homecoming.language import ENGLISH, LANGUAGES, PORTUGUESE, and_joined, tr
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
_UNSTRIPPED = frozenset((*DATABASE_VARIABLES, "PGPASSWORD"))


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
    where nobody tries again.
    """

    candidates: tuple[Candidate, ...]
    lock_timeout: float
    statement_timeout: float
    lock_wait: float
    lock_pauses: tuple[float, ...]
    end_blockers: str
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
    real = _filled(os.environ if environ is None else environ)
    file = _read_file((folder or Path()) / ".env")
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
    real = _filled(os.environ if environ is None else environ)
    return real.get(STATUS_TOKEN) or _read_file((folder or Path()) / ".env").get(STATUS_TOKEN)


def _before_all(environ: Mapping[str, str] | None, folder: Path | None) -> dict[str, str]:
    """The variables of ours that count, with nothing said of those that cannot be read."""
    real = _filled(os.environ if environ is None else environ)
    file: dict[str, str] = {}
    with contextlib.suppress(UsageError):
        file = _read_file((folder or Path()) / ".env")
    return file | real


def handed_on(**more: str) -> dict[str, str]:
    """Return this process's environment for a program that it starts, with ``more`` in it."""
    return {**os.environ, **more}


def _filled(variables: Mapping[str, str | None], lines: Mapping[str, int] | None = None) -> dict[str, str]:
    """Our variables that say something: an empty one counts as unset, as Railway leaves a reference to nothing.

    Whatever the case of their names, as the application reads them.

    Args:
        variables: The environment, or what `.env` has; no value is looked at but those of ours.
        lines: Of `.env`: where each name stands.

    Raises:
        UsageError: Two spellings of one name have different values: which one counts is not to be guessed.
    """
    found: dict[str, dict[str, str]] = {}
    for spelled in variables:
        # str.upper() makes an I of a Turkish dotless one.
        name = spelled.upper() if spelled.isascii() else spelled
        if name in _OURS and (value := variables[spelled] or "").strip():
            # A pasted value brings a blank or a line end along, but a password may really end in one; and the
            # application takes what a file's name ends in for a part of it.
            found.setdefault(name, {})[spelled] = value if name in _UNSTRIPPED else value.strip()
    for name, spellings in found.items():
        if len(set(spellings.values())) > 1:
            names = and_joined(spellings)
            what = tr("there are {names}, with different values", names=names)
            if lines:
                numbers = and_joined(lines[one] for one in spellings)
                what = tr(".env: lines {lines} set {names}, with different values", lines=numbers, names=names)
            raise UsageError(
                what,
                tr("To the application they are one name: leave one of them, best {name}", name=name),
            )
    return {name: next(iter(spellings.values())) for name, spellings in found.items()}


def _read_file(path: Path) -> dict[str, str]:
    """The variables of `.env`; a line of ours that cannot be followed is refused: the default would take its place."""
    try:
        # utf-8-sig: Windows editors open a file with a byte order mark, which would become part of the first name.
        with path.open(encoding="utf-8-sig") as stream:
            bindings = list(parse_stream(stream))
        _refuse_broken(bindings)
        _refuse_unresolved(bindings)
        lines = {binding.key: _line(binding) for binding in bindings if binding.key}
        return _filled(dotenv_values(path, encoding="utf-8-sig"), lines)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            tr(".env cannot be read"), tr("Make it a UTF-8 text file that this user may read, or remove it")
        ) from None


def _line(binding: Binding) -> int:
    """Where it stands; the parser counts the empty lines before it to it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _refuse_broken(bindings: Iterable[Binding]) -> None:
    for binding in bindings:
        if binding.error and any(name in binding.original.string.upper() for name in VARIABLES):
            raise UsageError(
                tr(".env: line {line} cannot be read", line=_line(binding)),
                tr("Write it as NAME=value, with every quote closed"),
            )


def _refuse_unresolved(bindings: Iterable[Binding]) -> None:
    """Refuse a database that refers to a variable nobody has set: nothing would be left of it, and count as unset."""
    known = dict(os.environ)
    for binding in bindings:
        if binding.key is None:
            # A comment, or a line nobody can read.
            continue
        atoms = list(parse_variables(binding.value or ""))
        for atom in atoms:
            if not isinstance(atom, Variable) or atom.default is not None or known.get(atom.name, "").strip():
                continue
            if binding.key.upper() in (*DATABASE_VARIABLES, *LIBPQ_VARIABLES):
                raise UsageError(
                    tr(
                        ".env: line {line}, {key}, holds a reference to another variable that nothing has resolved",
                        line=_line(binding),
                        key=binding.key,
                    ),
                    tr("Set it to the value itself, or set the variable it refers to"),
                )
        known[binding.key] = "".join(atom.resolve(known) for atom in atoms)


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
