"""What env.py runs: one transaction, one run at a time, refusals before changes, a check before the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationInfo, MigrationStep
from alembic.script import Script

import homecoming.operations
import homecoming.operations.plain  # noqa: F401  as does this
from homecoming.connection.engines import prepare_sqlite, secure
from homecoming.connection.failures import classify
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import Timeouts, lock_run, tell_waited
from homecoming.connection.reach import reached
from homecoming.connection.reflection import reflects_public
from homecoming.errors import FailedError, HomecomingError, NoConnectionError
from homecoming.history.bookkeeping import version_schema
from homecoming.history.run_history import history_of
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.operations.batch import answered, batched
from homecoming.operations.guarded import run
from homecoming.operations.undeclared import watched
from homecoming.preflight.preflight import preflight, refuse_foreign_database
from homecoming.run.asked import changes, is_known, is_ours, is_writing, write_revision
from homecoming.run.check import Left, left_by, refuse_other_than_head, say_what_is_beside, to_repair
from homecoming.run.foresight import looking_ahead, say_head
from homecoming.run.steps import bind, upgraded
from homecoming.run.telling import Telling
from homecoming.schema.dialects import schema_for
from homecoming.settings import Settings, read_settings

if TYPE_CHECKING:
    from homecoming.catalog import Finding

log = get_logger("deploy")


@dataclass
class Outcome:
    """What a run did: where the database is, after how many revisions, whether its catalogue was found right.

    ``found_after_loss``: an earlier run's commit had no answer, and this one found that it had arrived.
    ``found``, ``left``: of a repair, what differed from head before it, and what still does.
    ``is_known``: whether a rehearsal came to its end.
    """

    revision: str
    steps: int
    verified: bool = False
    found_after_loss: bool = False
    found: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()
    is_known: bool = True

    @property
    def mended(self) -> int:
        """How many of the differences that a repair found it mends."""
        left = {(finding.kind, finding.object) for finding in self.left}
        return sum((finding.kind, finding.object) not in left for finding in self.found)

    @property
    def brought(self) -> tuple[Finding, ...]:
        """What differs after a repair, and did not before; rights of others on what it made again come beside it."""
        found = {(finding.kind, finding.object) for finding in self.found}
        return tuple(
            finding
            for finding in self.left
            if (finding.kind, finding.object) not in found
            and not (finding.is_other_role_grant or finding.is_unloadable or finding.is_unread)
        )

    @property
    def mends(self) -> bool:
        """Whether a repair mends some of what it found, and brings nothing to light that was not there before."""
        return self.mended > 0 and not self.brought


class UnmendedError(HomecomingError):
    """A repair that mends nothing, or that would bring another difference: it is rolled back."""

    exit_code = 1

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(
            tr("the history mends none of the {found} differences", found=len(outcome.found)),
            tr("Mend them as said above, one by one"),
        )
        self.outcome = outcome


def run_online(context: EnvironmentContext) -> None:
    """Run an Alembic command on the database of ``config.attributes["connection"]``, or on that of the settings.

    Errors: HomecomingError where it is refused or fails; nothing is changed then.
    """
    given = context.config.attributes.get("connection")
    if given is None and is_writing(context):
        write_revision(context, _configure)
        return
    settings = context.config.attributes.get("settings") or read_settings()
    if given is None:
        # Who brings a connection, such as a test of the revisions, says itself whether the run is to leave lines.
        context.config.attributes.setdefault("way", "alembic")
        with reached(settings, read_only=not changes(context)) as found:
            _run(context, found.connection, settings)
        return
    if isinstance(given, sa.Connection):
        _run(context, given, settings)
        return
    if isinstance(given, sa.Engine) and given.dialect.name == "sqlite":
        prepare_sqlite(given)
    # An engine, or what pytest-alembic gives in place of one.
    with given.connect() as connection:
        _run(context, connection, settings)


def run_offline(context: EnvironmentContext) -> None:
    """Print the SQL of an Alembic command; PostgreSQL only, since SQLite's operations have to look at the file.

    Errors: UsageError for another dialect than PostgreSQL.
    """
    context.config.attributes.setdefault("way", "alembic")
    environment = _configure(context, dialect_name="postgresql", literal_binds=True, as_sql=True)
    # A console script is one statement, which needs no transaction around it.
    with nullcontext() if context.config.attributes.get("bare") else environment.begin_transaction():
        environment.get_context().run_migrations()


def _run(context: EnvironmentContext, connection: sa.Connection, settings: Settings) -> None:
    environment = _configure(context, connection=connection)
    if not changes(context):
        secure(connection, timeouts=Timeouts(settings.statement_timeout, settings.lock_timeout))
        with reflects_public(connection):
            environment.get_context().run_migrations()
        return
    # Alembic is not asked to begin: it would commit a refused run's version table on its own, and not know
    # SQLite's BEGIN.
    asked = time.monotonic()
    begun = None if connection.in_transaction() else connection.begin()
    try:
        if connection.dialect.name == "sqlite":
            # It began with the write lock, which another run may have held.
            tell_waited("run", time.monotonic() - asked)
            asked = time.monotonic()
        secure(connection)
        lock_run(connection, settings)
        if saved := context.config.attributes.get("saved"):
            saved.begun()
        _apply(environment, connection)
    except BaseException:
        if begun is not None:
            # Of a connection that was lost or cut, the server does it.
            with suppress(sa.exc.DBAPIError):
                begun.rollback()
        raise
    if begun is not None:
        _commit(begun, _token(context.config.attributes))
        if connection.dialect.name == "sqlite" and context.config.attributes.get("steps"):
            log.info("The file was held for %.2f s", time.monotonic() - asked)
    outcome: Outcome | None = context.config.attributes.get("outcome")
    if outcome and outcome.verified and outcome.steps and not context.config.attributes.get("repair"):
        # What is committed stays, whether or not the connection does.
        with suppress(sa.exc.DBAPIError):
            if begun is not None:
                secure(connection, timeouts=Timeouts(settings.statement_timeout, settings.lock_timeout))
            say_what_is_beside(connection)


def _commit(begun: sa.Transaction, token: CancellationToken) -> None:
    token.committing()
    try:
        begun.commit()
    except sa.exc.DBAPIError as error:
        if not issubclass(classify(error)[0].ends, NoConnectionError):
            # There was an answer: what a server, or a file that is held, refuses is not committed.
            token.looked()
        raise
    token.committed()


def _apply(context: EnvironmentContext, connection: sa.Connection) -> None:
    """Run the migrations, and check what they leave behind while they can still be undone."""
    migration = context.get_context()
    is_repair = bool(context.config.attributes.get("repair"))
    refuse_foreign_database(connection, migration, context.script, whatever_revision=is_repair)
    before = migration.get_current_heads()
    _token(context.config.attributes).looked()
    if is_repair:
        _apply_again(context, connection)
        return
    # A stamp changes one row, and a run at head nothing: neither is to pay.
    pending = list(migration.opts["pending"](before, migration))
    if any(not step.info.is_stamp for step in pending):
        preflight(connection, upgraded(pending))
    left = _run_migrations(context)
    after = left.at
    outcome = Outcome(after[0] if after else "base", context.config.attributes.get("steps", 0))
    context.config.attributes["outcome"] = outcome
    if before == after:
        return
    # A reference is what the history alone makes: `check` looks for where the schema differs from it.
    if after == tuple(context.script.get_heads()) and not context.config.attributes.get("reference"):
        refuse_other_than_head(connection, left)
        outcome.verified = True


def _run_migrations(context: EnvironmentContext) -> Left:
    """Run the steps, their statements together. Returns what they leave.

    Errors: FailedError where alembic_version does not say what the last step left: somebody has written it meanwhile.
    """
    migration, attributes = context.get_context(), context.config.attributes
    with batched(migration, run):
        migration.run_migrations()
    left = left_by(migration, has_lines=bool(attributes.get("way") and attributes.get("steps")))
    if set(left.at) != set(attributes.get("destination", left.at)):
        says = ", ".join(left.at) or tr("nothing")
        raise FailedError(
            tr("alembic_version would say {says}, and not what was done", says=says),
            tr("Nothing was changed: run again"),
        )
    return left


def _apply_again(context: EnvironmentContext, connection: sa.Connection) -> None:
    """Run the whole history on what is there, where that mends a difference, whatever revision it claims to be at.

    Errors: UnmendedError where it mends none, or brings another.
    """
    migration = context.get_context()
    head = context.script.get_current_head() or "base"
    # Judged here, under the lock of runs: since the plan was shown, somebody may have changed it, or mended it.
    found = to_repair(connection)
    outcome = context.config.attributes["outcome"] = Outcome(head, 0, verified=not found, found=found)
    if not found:
        return
    preflight(connection)
    was_at = migration.get_current_heads()
    applied = context.script.iterate_revisions(was_at, "base") if was_at else ()
    context.config.attributes["applied"] = [each.revision for each in applied]
    migration.stamp(context.script, "base")
    _run_migrations(context)
    outcome.steps = context.config.attributes["steps"]
    outcome.left = to_repair(connection, say_notes=True)
    outcome.verified = not outcome.left
    if not outcome.mends:
        raise UnmendedError(outcome)


def _configure(context: EnvironmentContext, **options: Any) -> EnvironmentContext:
    connection: sa.Connection | None = options.get("connection")
    dialect = connection.dialect.name if connection is not None else options["dialect_name"]
    options = {
        "version_table_schema": version_schema(dialect),
        "in_public": True,
        "homecoming_reference": context.config.attributes.get("reference", False),
        "target_metadata": schema_for(dialect),
        "include_name": is_ours,
        "include_object": is_known,
        "compare_type": True,
        "compare_server_default": True,
        "transaction_per_migration": False,
        "transactional_ddl": True,
        "render_as_batch": dialect == "sqlite",
        **options,
    }
    context.configure(**options)
    # The module `alembic.context` shows no more than its functions; the environment behind it knows what the
    # command is.
    environment = context.get_context().environment_context
    assert environment is not None
    work = environment.context_opts["fn"]
    # MigrationContext runs it, not EnvironmentContext, which would set up the module `alembic.op` of the whole process.
    context.configure(**options, fn=_told(work, environment), pending=work)
    return environment


def _told(
    work: Callable[[Any, MigrationContext], Iterable[MigrationStep]], environment: EnvironmentContext
) -> Callable[[Any, MigrationContext], Iterator[MigrationStep]]:
    """The same steps, each told to the history: Alembic asks for the next one when a step's version is written."""
    attributes = environment.config.attributes

    def steps(heads: Any, migration: MigrationContext) -> Iterator[MigrationStep]:
        telling = Telling(attributes, is_printed=migration.as_sql)
        history = history_of(migration, attributes.get("way"), telling, attributes.get("saved"))
        count = 0
        ahead = list(work(heads, migration))
        until = "".join(ahead[-1].info.destination_revision_ids) if ahead else ""  # type: ignore[attr-defined]
        for step in looking_ahead(ahead, migration, attributes.get("applied", ())):
            count += 1
            if count == 1:
                history.begin_run()
            info: MigrationInfo = step.info  # type: ignore[attr-defined]  # a property of both kinds of step
            revision = info.up_revision
            _token(attributes).check()
            assert isinstance(revision, Script)
            direction = "stamp" if info.is_stamp else "upgrade" if info.is_upgrade else "downgrade"
            bind(revision, environment)
            telling.knows(revision, direction)
            history.begin_revision(revision, direction, until or "base")
            if not info.is_stamp:
                step.migration_fn = watched(step.migration_fn, migration)
            yield step
            history.end_revision(revision)
            attributes["destination"] = info.destination_revision_ids
        if "section" in attributes:
            # A plan tells what is of a revision, and what comes after the last one.
            answered(migration)
        telling.over()
        if attributes.get("repair"):
            say_head(migration)
        if count:
            history.end_run()
        attributes["steps"] = count

    return steps


def _token(attributes: dict[str, Any]) -> CancellationToken:
    """What ends the run: that of who started it, or one that nobody uses."""
    token: CancellationToken = attributes.setdefault("token", CancellationToken())
    return token
