"""The environment and `.env` as one typed object: the only reader of variables."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from sqlalchemy import URL

from painel_migrations.database_url import PRODUCTS, libpq_url, parse_url
from painel_migrations.errors import UsageError

DEFAULT_DATABASE_URL = "sqlite:///eventos.db"

# The order of preference. A migration keeps its session, and a transaction pooler promises none: unpooled comes first.
DATABASE_VARIABLES = ("DATABASE_UNPOOLED_URL", "DATABASE_URL", "DATABASE_PUBLIC_UNPOOLED_URL", "DATABASE_PUBLIC_URL")

# libpq's own names. Without both a host and a database they are a developer's habits, not a database to migrate.
LIBPQ_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE")
LIBPQ_NEEDED = ("PGHOST", "PGDATABASE")

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
}


@dataclass(frozen=True)
class Candidate:
    """A database to connect to, and the variable that named it; its text is safe to print."""

    url: URL = field(repr=False)
    source: str

    def __str__(self) -> str:
        product = PRODUCTS[self.url.get_backend_name()]
        place = f" on {self.url.host}" if self.url.host else ""
        port = f":{self.url.port}" if self.url.port else ""
        return f"{product} {self.url.database}{place}{port} ({self.source})"


@dataclass(frozen=True)
class Settings:
    """What the environment asks for.

    Durations are in seconds; 0 means no limit for a statement, and no wait for another run.
    """

    candidates: tuple[Candidate, ...]
    lock_timeout: float
    statement_timeout: float
    lock_wait: float

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
    file = _filled(_read_file((folder or Path()) / ".env"))
    durations = {name: _seconds(name, (file | real).get(name)) for name in DURATIONS}
    return Settings(
        candidates=_candidates(real, file),
        lock_timeout=durations["MIGRATION_LOCK_TIMEOUT"],
        statement_timeout=durations["MIGRATION_STATEMENT_TIMEOUT"],
        lock_wait=durations["MIGRATION_LOCK_WAIT"],
    )


def _filled(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Our variables that say something: an empty one counts as unset, as Railway leaves a reference to nothing."""
    names = (*DATABASE_VARIABLES, *LIBPQ_VARIABLES, *DURATIONS)
    found = {name: variables.get(name) or "" for name in names}
    # A pasted value brings a blank or a line end along, but a password may really end in one.
    return {name: value if name == "PGPASSWORD" else value.strip() for name, value in found.items() if value.strip()}


def _read_file(path: Path) -> Mapping[str, str | None]:
    """The variables of `.env`; a garbled line of ours is refused, since the default would take its place."""
    try:
        # utf-8-sig: Windows editors open a file with a byte order mark, which would become part of the first name.
        with path.open(encoding="utf-8-sig") as stream:
            broken = [line.original for line in parse_stream(stream) if line.error]
        for original in broken:
            if any(name in original.string for name in (*DATABASE_VARIABLES, *LIBPQ_VARIABLES, *DURATIONS)):
                raise UsageError(
                    f".env: line {original.line} cannot be read", "Write it as NAME=value, with every quote closed"
                )
        return dotenv_values(path, encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            ".env cannot be read", "Make it a UTF-8 text file that this user may read, or remove it"
        ) from None


def _candidates(real: Mapping[str, str], file: Mapping[str, str]) -> tuple[Candidate, ...]:
    """The databases named, best first.

    The environment and `.env` are never mixed: `DATABASE_URL=sqlite:///copy.db make upgrade` must not reach the
    production database that `.env` gives as DATABASE_UNPOOLED_URL, nor may a password of one go to the other's host.
    """
    sources = ((real, ""), (file, " in .env"))
    for variables, where in sources:
        found = tuple(
            Candidate(parse_url(variables[name], name + where), name + where)
            for name in DATABASE_VARIABLES
            if name in variables
        )
        if found:
            _refuse_two_products(found)
            return found
    for variables, where in sources:
        if all(name in variables for name in LIBPQ_NEEDED):
            return (Candidate(libpq_url(variables, where), f"PGHOST{where}"),)
    return (Candidate(parse_url(DEFAULT_DATABASE_URL, "default"), "default"),)


def _refuse_two_products(candidates: tuple[Candidate, ...]) -> None:
    """The variables are names of one database; on two products they cannot be."""
    first = candidates[0]
    for other in candidates[1:]:
        if other.url.get_backend_name() != first.url.get_backend_name():
            raise UsageError(
                f"{first.source} names a {PRODUCTS[first.url.get_backend_name()]} database,"
                f" {other.source} a {PRODUCTS[other.url.get_backend_name()]} one",
                "They must be names of the same database: unset one of them",
            )


def _seconds(name: str, text: str | None) -> float:
    rule = DURATIONS[name]
    if text is None:
        return rule.default
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (0 <= seconds <= LONGEST_SECONDS and (rule.zero or seconds > 0)):
        least = "0 or more" if rule.zero else "more than 0"
        raise UsageError(
            f"{name} is not a number of seconds",
            f"Set it to {least}, at most {LONGEST_SECONDS}; unset, it is {rule.default:g}",
        )
    return seconds
