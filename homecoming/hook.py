"""The application's start-up hook: `run_auto_migration`, and `deploy_monitor`, which logs about it.

Called after `create_all()`, before the first request. It is bounded in time, so that a platform's health check does
not run out; it never raises, so that the application starts whatever happens here; and any number of replicas may call
it at once: one applies, the others wait and find nothing to do.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import threading
from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.backup_settings import OFF
from homecoming.connection.failures import meaning
from homecoming.connection.interrupts import END_WITHIN, CancellationToken, Stage
from homecoming.connection.reach import reached
from homecoming.errors import FailedError, HomecomingError, UsageError, unexpected
from homecoming.events import Event, current_run, observed
from homecoming.history.bookkeeping import refuse_impostors
from homecoming.history.configuration import configuration
from homecoming.history.run_history import Saved
from homecoming.language import ENGLISH, mark, tr
from homecoming.logs import audible, get_logger, speak
from homecoming.monitoring.recorder import Recorder
from homecoming.monitoring.runs import report_run
from homecoming.prepare.prepare import prepared
from homecoming.project import project
from homecoming.run.attempts import run_to
from homecoming.run.reported import reported_run
from homecoming.settings import Settings, named_language, read_settings

log = get_logger("auto_migrate")

# In migration_history, and in the journal.
WAY = "start-up"

# Advice may be a sentence with its point, or none.
_NOT_MIGRATED = mark("Not migrated: %s. Next: %s The application starts on the database as it is")
_NOT_MIGRATED_EITHER = mark("Not migrated: %s. Next: %s. The application starts on the database as it is")


def run_auto_migration(limit: float | None = None) -> bool:
    """Bring the configured database to head.

    Arguments: ``limit``, seconds until it is given up and rolled back (``MIGRATION_STARTUP_LIMIT``, 60 by default).
    Returns whether the database is at head. It raises nothing: why not is one line of the log, at level ERROR. The log
    is standard error where the application has not configured its logging yet.
    """
    with audible():
        _speak()
        return _run(limit)


def _speak(is_told: bool = True) -> None:
    """Speak English into the application's log, or what the variable names: no locale tells what its readers read.

    Arguments: ``is_told``, whether a line says so where the variable cannot be followed.
    """
    try:
        speak(named_language() or ENGLISH)
    except UsageError as error:
        speak(ENGLISH)
        if is_told:
            log.warning("%s. Next: %s", error.what, error.todo)


def _run(limit: float | None) -> bool:
    token = CancellationToken()
    ended: list[HomecomingError | None] = []

    recorder = Recorder()

    def work() -> None:
        try:
            with observed(recorder):
                _migrate(settings, token)
        except BaseException as error:
            ended.append(_as_ours(error))
        else:
            ended.append(None)

    try:
        settings = read_settings()
        seconds = settings.startup_limit if limit is None else limit
        settings = replace(
            settings,
            connect_limit=min(settings.connect_limit, seconds),
            # Whoever waits longer than this is not there any more; a file's lock is waited for where nothing ends it.
            lock_wait=max(0.0, min(settings.lock_wait, seconds - 2 * END_WITHIN)),
            # Short enough for two attempts: the first one that ends at a held table is who asks for its holder.
            lock_timeout=min(settings.lock_timeout, max(seconds - END_WITHIN, seconds / 2) / 3),
        )
        worker = threading.Thread(target=work, name="homecoming", daemon=True)
        worker.start()
        # The end itself takes time: the connection is cut, and the thread has to come to it.
        worker.join(max(seconds - END_WITHIN, seconds / 2))
        if not ended:
            token.cancel()
            worker.join(min(END_WITHIN, seconds / 2))
        error = ended[0] if ended and not token.cancelled.is_set() else _overdue(seconds, token, ended)
        with contextlib.suppress(Exception):
            _record(settings, recorder, seconds, error)
    except Exception as unforeseen:
        error = _as_ours(unforeseen)
    if error is None:
        return True
    line = _NOT_MIGRATED if error.todo.endswith(".") else _NOT_MIGRATED_EITHER
    log.error(line, error.what, error.todo)
    return False


def _record(settings: Settings, recorder: Recorder, seconds: float, error: HomecomingError | None) -> None:
    """Write the journal; and tell who is to be told, meanwhile: the application does not wait for it."""
    if recorder.last_run is None:
        # Left behind: it tells nothing any more.
        fields = {"way": WAY, "direction": "upgrade", "result": "overdue", "exit_code": FailedError.exit_code}
        recorder(Event("run_ended", current_run(), fields | {"seconds": seconds}))
    recorder.write(settings)
    threading.Thread(target=_report, args=(settings, recorder, error), name="homecoming-report", daemon=True).start()


def _report(settings: Settings, recorder: Recorder, error: HomecomingError | None) -> None:
    try:
        report_run(settings, recorder, error)
    except Exception as unforeseen:
        log.warning("The start was not reported: %s", type(unforeseen).__name__)


def _migrate(settings: Settings, token: CancellationToken) -> None:
    with reported_run(WAY, "upgrade", "head") as report:
        head = ScriptDirectory.from_config(configuration()).get_current_head()
        if _revision(settings, token) == head:
            report.revision = head
            log.info("The database is at %s: nothing to do", head)
            return
        with _backup(settings, token) as saved, prepared(settings, "head", token, settings.startup_limit / 3) as ahead:
            outcome = run_to("upgrade", "head", settings, WAY, token, saved, ahead)
        report.revision, report.revisions = outcome.revision, outcome.steps
    log.info("The database is at %s, after %d revisions", outcome.revision, outcome.steps)


def _backup(settings: Settings, token: CancellationToken) -> contextlib.AbstractContextManager[Saved | None]:
    """Make a backup where somebody asked for one: a start has little time, and its container's disk is not kept."""
    if (mode := settings.backup.mode or OFF) == OFF:
        return contextlib.nullcontext()
    from homecoming.backup.before import before_run

    return before_run(settings, "head", mode, token)


def _revision(settings: Settings, token: CancellationToken) -> str | None:
    """The database's revision, None where it has none yet: all that a start at head costs."""
    try:
        with reached(settings, read_only=True, token=token) as endpoint:
            refuse_impostors(endpoint.connection)
            schema = "public" if endpoint.connection.dialect.name == "postgresql" else "main"
            found = (
                endpoint.connection.exec_driver_sql(f"SELECT version_num FROM {schema}.alembic_version").scalars().all()
            )
            return found[0] if len(found) == 1 else None
    except (sa.exc.ProgrammingError, sa.exc.OperationalError, UsageError):
        # No such table, or no such file. Anything else the run itself meets again, and tells.
        return None


def _as_ours(error: BaseException) -> HomecomingError:
    if isinstance(error, HomecomingError):
        return error
    if isinstance(error, sa.exc.SQLAlchemyError):
        return meaning(error)
    return unexpected(error, tr("See why: make upgrade, with --verbose"))


def _overdue(seconds: float, token: CancellationToken, ended: list[HomecomingError | None]) -> HomecomingError | None:
    """What to say after the time was up; nothing where the run got through all the same."""
    if ended and ended[0] is None:
        return None
    what = tr("not through within {seconds:g} s; {stage}", seconds=seconds, stage=tr(token.stage))
    if token.met is not None and token.stage is Stage.UNCHANGED:
        return FailedError(tr("{what}; met on the way: {met}", what=what, met=token.met.what), token.met.todo)
    return FailedError(what, tr("make upgrade, before the deploy, where there is no such limit"))


_DONE, _DONE_IN = mark("Migration: done"), mark("Migration: done in %s s")
_NOT_DONE = mark("Migration: not done; see the error above")
_NOT_DONE_IN = mark("Migration: not done in %s s; see the error above")


class DeployMonitor:
    """What the application logs about its start; none of it raises."""

    def log_startup_info(self) -> None:
        """Log which version runs where, and which database it is to migrate, without a secret."""
        place: object = tr("unknown")
        with contextlib.suppress(Exception):
            place = read_settings().candidates[0]
        with audible(), _without_a_project_told():
            _speak(is_told=False)
            ours = project()
            log.info("%s %s, Python %s, database: %s", ours.program, ours.version, platform.python_version(), place)

    def log_migration_status(self, success: bool, duration: float | None = None) -> None:
        """Log how the start-up migration ended; ``duration`` in seconds."""
        level = logging.INFO if success else logging.WARNING
        with audible():
            _speak(is_told=False)
            if isinstance(duration, (int, float)):
                line = _DONE_IN if success else _NOT_DONE_IN
                log.log(level, line, f"{duration:.1f}")
            else:
                log.log(level, _DONE if success else _NOT_DONE)


@contextlib.contextmanager
def _without_a_project_told() -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        log.error("%s. Next: %s", error.what, error.todo)


deploy_monitor = DeployMonitor()
"""The application's own name for it."""
