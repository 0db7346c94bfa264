"""`upgrade --plan` and `downgrade --plan`: what a run would do, what is in its way, and nothing done."""

from __future__ import annotations

import shlex
import shutil
import textwrap
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

import sqlalchemy as sa
from alembic.runtime.migration import MigrationStep
from alembic.script import Script, ScriptDirectory

from homecoming.connection.engines import check_sqlite_file, make_engine
from homecoming.connection.failures import meaning
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import RunLockedError, Timeouts
from homecoming.connection.reach import reached
from homecoming.connection.sqlite_file import file_of, is_free_of_traces
from homecoming.errors import HomecomingError, LockedError
from homecoming.history.bookkeeping import versions_of
from homecoming.history.configuration import configuration
from homecoming.history.retired_objects import changes, read_entries
from homecoming.history.words import kind_and_name, kind_word, title
from homecoming.language import joined, localized, tr, trn
from homecoming.preflight import on_postgresql, on_sqlite
from homecoming.preflight.issue import Issue
from homecoming.preflight.preflight import refuse, refuse_foreign_database
from homecoming.preflight.sessions import holders
from homecoming.rehearsal.giving_way import GaveWayError
from homecoming.rehearsal.rehearsal import Changed, Effects, rehearse
from homecoming.rehearsal.sqlite_copy import copied
from homecoming.run.check import failures
from homecoming.run.environment import Outcome
from homecoming.run.steps import steps, upgraded
from homecoming.settings import Settings, read_settings
from homecoming.terminal import say


def plan(direction: str, revision: str, token: CancellationToken | None = None) -> int:
    """Print what an upgrade or a downgrade of the configured database would do. Returns 0 where it could go ahead.

    Arguments: ``direction``; ``revision``; ``token``, which ends it where the user does.
    Errors: HomecomingError, as the run would raise it: the same words and the same exit code.
    """
    settings = read_settings()
    with place(settings, token) as (connection, surroundings):
        script = ScriptDirectory.from_config(configuration())
        migration = versions_of(connection)
        refuse_foreign_database(connection, migration, script)
        at = migration.get_current_heads()
        pending = steps(script, direction, revision, at)
        if not pending:
            say(tr("At {revision}: nothing to do", revision=at[0] if at else "base"))
            return 0
        _print_pending(direction, at, pending)
        if direction == "downgrade":
            _print_noted(connection, pending)
        print_issues([*surroundings, *find_issues(connection, upgraded(pending)), *orphans(connection)])
        outcome, seconds = print_rehearsal(connection, direction, revision, settings)
        if outcome is not None:
            say(tr("Rehearsed in {seconds:.1f} s: the run can go ahead. Nothing was changed", seconds=seconds))
        elif direction == "upgrade":
            _print_differences(connection)
    try_to_write(settings)
    say(tr("Next: {todo}", todo=_command(direction, revision)))
    return 0


def _command(direction: str, revision: str) -> str:
    return f"make {direction}{'' if revision == 'head' else f' REV={shlex.quote(revision)}'}"


@contextmanager
def place(settings: Settings, token: CancellationToken | None) -> Iterator[tuple[sa.Connection, list[Issue]]]:
    """Give a connection in a transaction that is rolled back, and what is to be said of the place it stands for."""
    url = settings.database_url
    if (file := file_of(url)) is None or url.get_backend_name() != "sqlite":
        timeouts = Timeouts(settings.statement_timeout, settings.lock_timeout)
        with reached(settings, token=token, timeouts=timeouts) as endpoint:
            say(tr("Database: {database}", database=endpoint.candidate))
            yield endpoint.connection, []
            endpoint.connection.rollback()
        return
    say(tr("Database: {database}", database=settings.candidates[0]))
    check_sqlite_file(url, read_only=False)
    issues = list(on_sqlite.surroundings(file))
    with copied(file, settings.lock_timeout) as copy:
        engine = make_engine(url.set(database=str(copy), query={}))
        with engine.connect() as connection:
            # Or an interrupt would leave the copy behind.
            if token is not None:
                token.watch(connection.connection.dbapi_connection)
            try:
                yield connection, issues
            finally:
                if token is not None:
                    token.release()


def find_issues(connection: sa.Connection, revisions: Collection[str] = ()) -> list[Issue]:
    """Return what is in the way of a run on this connection, and what is worth knowing.

    Arguments: ``revisions``, those whose upgrade is to come.
    """
    if connection.dialect.name == "sqlite":
        return list(on_sqlite.pages(connection))
    facts = on_postgresql.read(connection, revisions)
    return [*on_postgresql.judge(facts), on_postgresql.room(facts)]


def orphans(connection: sa.Connection) -> Iterator[Issue]:
    """Yield what refers to nothing behind a valid key: no run looks again, and nobody else has the time."""
    from homecoming import catalog

    for each in catalog.orphans(connection, catalog.head(connection.dialect.name), catalog.read(connection)):
        if each.found:
            yield Issue(
                False,
                trn(
                    "{column}: {n} row refers to rows of {target} that do not exist, behind {key}, which is valid",
                    "{column}: {n} rows refer to rows of {target} that do not exist, behind {key}, which is valid",
                    each.found,
                    column=f"{each.key.table}.{each.column}",
                    target=each.target,
                    key=each.key.own_name,
                ),
                tr("The run leaves them. Restore or correct them. See them: {seen}", seen=each.seen),
            )


def print_rehearsal(
    connection: sa.Connection, direction: str, revision: str, settings: Settings
) -> tuple[Outcome | None, float]:
    """Rehearse, and print what came of it: all of it, or as far as it came.

    Returns the outcome, None where it gave way to others, and the seconds.
    """
    if connection.dialect.name == "postgresql":
        # In one line, and before it: who starts one by day must know.
        say(tr("Rehearsal: holds the tables as a run does, until somebody else waits for one; is rolled back"))
    else:
        say(tr("Rehearsal: on a copy of the file"))
    effects = Effects()
    try:
        outcome = rehearse(connection, direction, revision, settings, effects)
    except (HomecomingError, sa.exc.SQLAlchemyError) as error:
        connection.rollback()
        ended = error
        if not isinstance(error, HomecomingError):
            ended = meaning(error, connection=connection, revision=effects.at)
        say(tr("Ended {where}, after {seconds:.1f} s; so far:", where=effects.where, seconds=effects.seconds))
        _print_effects(effects, connection.dialect.name)
        if isinstance(ended, LockedError) and connection.dialect.name == "postgresql":
            found = list(holders(on_postgresql.read(connection)))
            _print_lines(found)
            # Nobody holds one for long: those who are at work change all the time.
            if not found and not isinstance(ended, RunLockedError):
                ended = GaveWayError(tr("its tables are in use, and it did not wait for them"), "")
        if isinstance(ended, GaveWayError):
            again = f"{_command(direction, revision)} PLAN=1"
            what = ended.what
            say(tr("Not rehearsed: {what}. Nothing was changed. At a quieter time: {again}", what=what, again=again))
            return None, effects.seconds
        raise ended from error
    _print_effects(effects, connection.dialect.name)
    return outcome, effects.seconds


def try_to_write(settings: Settings) -> None:
    """Take SQLite's write lock as a run would, and let go: another process may hold it for long.

    Errors: the driver's, as a run raises them.
    """
    file = file_of(settings.database_url)
    if settings.database_url.get_backend_name() != "sqlite" or file is None or not file.exists():
        return
    if is_free_of_traces(file):
        engine = make_engine(settings.database_url, lock_wait=settings.lock_timeout)
        with engine.connect() as connection, connection.begin() as transaction:
            transaction.rollback()


def _print_pending(direction: str, at: Sequence[str], pending: Sequence[MigrationStep]) -> None:
    say(tr("At: {at}", at=at[0] if at else tr("no revision")))
    revisions = trn("{n} revision", "{n} revisions", len(pending))
    is_back = direction == "downgrade"
    say(tr("To undo: {revisions}", revisions=revisions) if is_back else tr("Pending: {revisions}", revisions=revisions))
    for script in _scripts(pending):
        say(joined("  ", ["", script.revision, title(script)]))


def _scripts(pending: Sequence[MigrationStep]) -> list[Script]:
    return [step.info.up_revision for step in pending]  # type: ignore[attr-defined]  # a property of both kinds of step


def _print_noted(connection: sa.Connection, pending: Sequence[MigrationStep]) -> None:
    """Print what the revisions that go did to this database: it is undone, and nothing else."""
    going = {script.revision for script in _scripts(pending)}
    found = list(changes(entry for entry in read_entries(connection) if entry.revision in going))
    say(
        tr("What they did here, and what is undone:")
        if found
        else tr("What they did here, and what is undone: nothing")
    )
    for revision, text in reversed(found):
        _say_wrapped(joined("  ", ["", revision, text]))


def print_issues(issues: Sequence[Issue]) -> None:
    """Print what is in the way, refusals first. Errors: Refused, where there is one."""
    refusals = [issue for issue in issues if issue.refuses]
    notes = [issue for issue in issues if not issue.refuses]
    counts = [trn("{n} refusal", "{n} refusals", len(refusals))] if refusals else []
    counts += [trn("{n} note", "{n} notes", len(notes))] if notes else []
    say(tr("Preflight: {found}", found=joined(", ", counts) if counts else tr("nothing in the way")))
    _print_lines([*refusals, *notes])
    refuse(refusals)


def _print_differences(connection: sa.Connection) -> None:
    """Print what the catalogue tells without a rehearsal: where it is not as head has it."""
    found = [kind_and_name(each.kind, each.object) for each in failures(connection)]
    differs = joined(", ", found) if found else tr("nothing that the catalogue tells")
    _say_wrapped(tr("Differs from head: {differs}", differs=differs))


def _print_lines(issues: Sequence[Issue]) -> None:
    for issue in issues:
        say(tr("  Refused: {what}", what=issue.what) if issue.refuses else tr("  Note: {what}", what=issue.what))
        say(joined("      ", ["", issue.todo]))


def _print_effects(effects: Effects, dialect: str) -> None:
    """Print what is retired, aligned, then the rest, with what is made or added on one line a revision."""
    things = trn("{n} thing", "{n} things", len(effects.retired))
    if not effects.retired:
        say(tr("Would retire: {things}", things=things))
    elif dialect == "postgresql":
        say(tr("Would retire: {things}, kept in schema retired", things=things))
    else:
        say(tr("Would retire: {things}, kept in tables retired_*", things=things))
    kind = max((len(localized(kind_word(found.kind))) for found in effects.retired), default=0)
    name = max((len(found.name) for found in effects.retired), default=0)
    for found in effects.retired:
        rows = "" if found.rows is None else localized(trn("{n} row", "{n} rows", found.rows))
        say(f"  {found.revision}  {localized(kind_word(found.kind)):{kind}}  {found.name:{name}}  {rows:>12}".rstrip())
    lines = _gathered(effects.changed)
    say(tr("Would change:") if lines else tr("Would change: nothing else"))
    for revision, text in lines:
        _say_wrapped(joined("  ", ["", revision, text]))
    for line in effects.left_alone:
        _say_wrapped(line)


def _say_wrapped(text: str) -> None:
    width = shutil.get_terminal_size((100, 24)).columns
    options = {"subsequent_indent": " " * 10, "break_on_hyphens": False, "break_long_words": False}
    for line in textwrap.wrap(localized(text), width, **options):  # type: ignore[arg-type]
        say(line)


def _gathered(changed: Sequence[Changed]) -> list[tuple[str, str]]:
    """Set on one line what a revision says in a row of things created, or added."""
    lines: list[tuple[str, str]] = []
    for (revision, verb), found in groupby(changed, _of_a_row):
        if verb:
            names = ", ".join(each.text.removesuffix(f" {verb}") for each in found)
            text = tr("created: {names}", names=names) if verb == "created" else tr("added: {names}", names=names)
            lines.append((revision, text))
        else:
            lines += [(revision, each.shown) for each in found]
    return lines


def _of_a_row(each: Changed) -> tuple[str, str]:
    """Return the revision, and which of both it says of a name alone; nothing where it says more."""
    name, _, verb = each.text.rpartition(" ")
    return each.revision, verb if verb in ("created", "added") and " " not in name else ""
