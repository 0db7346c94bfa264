"""The command line: one verb a task, under the names of the make targets."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from painel_migrations.connection.interrupts import Breaker, Interrupted, interruptible
from painel_migrations.errors import FailedError, PainelError, UsageError
from painel_migrations.events import run_named
from painel_migrations.logs import log_json, log_lines, say_error
from painel_migrations.settings import read_log_style

# Their standard output is a document, for a pipe: what is said on the way goes to standard error.
DOCUMENTS = ("health", "history", "metrics")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every verb and option."""
    parser = argparse.ArgumentParser(
        prog="painel", description="Brings PainelUniversal's database home, and tells where it is."
    )
    parser.add_argument("--verbose", action="store_true", help="on an error, show where in the code it happened")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    upgrade = verbs.add_parser("upgrade", help="bring the database to the newest schema, or to REV")
    upgrade.add_argument("revision", nargs="?", default="head", metavar="REV")
    upgrade.add_argument("--plan", action="store_true", help="say what it would do and what is in its way; do nothing")
    downgrade = verbs.add_parser("downgrade", help="take it back to REV; what later revisions retired comes back")
    downgrade.add_argument("revision", metavar="REV")
    verbs.add_parser("status", help="say where it is and what is pending")
    _add_monitoring_verbs(verbs)
    verbs.add_parser("doctor", help="say, step by step, why it cannot be reached, or what an upgrade would meet there")
    verify = verbs.add_parser("verify", help="compare its catalogue with the schema; exit 1 if it drifted")
    verify.add_argument(
        "--format", choices=("text", "json"), default="text", help="lines to read, or one JSON document"
    )
    repair = verbs.add_parser("repair", help="go through the whole history again, where that mends what drifted")
    repair.add_argument("--plan", action="store_true", help="say what it would do and what would be left; do nothing")
    verbs.add_parser("metrics", help="print what monitoring knows of it, for Prometheus")
    _add_console_verbs(verbs)
    verbs.add_parser("check", help="find a change of the schema without a revision; exit 1 if there is one")
    revision = verbs.add_parser("revision", help="write the next revision from a change of the schema")
    revision.add_argument(
        "-m", required=True, dest="message", metavar="TEXT", help="what it does, as an imperative sentence"
    )
    _add_archive_verbs(verbs)
    return parser


def _add_monitoring_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs that tell how a database is, and what was done to it."""
    for name, about in (
        ("health", "say whether the database is healthy, and if not, what to do; exit 1 if it is not"),
        ("history", "show what was done to it, when, by whom; exit 1 if an applied revision was edited since"),
    ):
        verb = verbs.add_parser(name, help=about)
        verb.add_argument("--format", choices=("text", "json"), default="text", help="for people, or for machines")
        if name == "health":
            verb.add_argument(
                "--report", action="store_true", help="write MIGRATION_METRICS_FILE and send alerts, where they are set"
            )
    dashboard = verbs.add_parser("dashboard", help="serve the status page on this machine, or write it into a file")
    dashboard.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s); elsewhere, with a token")
    dashboard.add_argument("--port", default="8008", help="at which port (%(default)s)")
    dashboard.add_argument("--static", metavar="FILE", help="write the page into FILE, and serve nothing")


def _add_archive_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs that sort one-off scripts into an application's archive, and take that back."""
    archive = verbs.add_parser("archive", help="find one-off scripts in an application, and move them into its archive")
    back = verbs.add_parser("archive-undo", help="take the last move into the archive back")
    for verb in (archive, back):
        verb.add_argument("source", nargs="?", default=".", metavar="SRC", help="the application's folder (this one)")
    archive.add_argument("--apply", action="store_true", help="move them; without it nothing is changed")
    archive.add_argument("--redact", action="store_true", help="with --apply, take credentials out of what moves")


def _add_console_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs that write SQL for the database's own console, where no client reaches it."""
    sql = verbs.add_parser("sql", help="print one SQL statement that does what upgrade does, to paste into a console")
    rollback = verbs.add_parser("sql-rollback", help="print the way back to TO in the same form")
    for verb, start, end in ((sql, "base", "head"), (rollback, "head", None)):
        verb.add_argument("--from", dest="start", default=start, metavar="REV", help="where it begins (%(default)s)")
        verb.add_argument("--to", dest="end", default=end, required=end is None, metavar="REV", help="where it leads")
        verb.add_argument(
            "--style",
            default="block",
            metavar="STYLE",
            help="block (default), or escaped for a console that splits at every semicolon",
        )
        verb.add_argument("--split", dest="folder", metavar="FOLDER", help="write a file a revision into FOLDER")
    verbs.add_parser("sql-verify", help="print one SELECT that judges the database it is pasted into")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb. Returns the exit code: docs/commands.md says what each means."""
    try:
        return _main(arguments)
    finally:
        _let_go_of_output()


def _main(arguments: Sequence[str] | None) -> int:
    given = build_parser().parse_args(arguments)
    breaker = Breaker()
    style = "text"
    with run_named():
        try:
            style = read_log_style()
            (log_json if style == "json" else log_lines)(sys.stderr if given.verb in DOCUMENTS else None)
            with interruptible(breaker):
                return _run(given, breaker)
        except PainelError as error:
            return _ended(error, error.__cause__ or error.__context__ or error, given.verbose, style)
        except Interrupted as interrupt:
            return interrupt.exit_code
        except Exception as error:
            return _ended(_as_ours(error), error, given.verbose, style)


def _run(given: argparse.Namespace, breaker: Breaker) -> int:
    # Each verb loads what it needs: help and a usage error come at once.
    if given.verb == "upgrade" and given.plan:
        from painel_migrations.deploy import plan

        return plan.plan(given.revision, breaker)
    if given.verb in ("upgrade", "downgrade"):
        from painel_migrations.deploy import upgrade
        from painel_migrations.monitoring.recorder import recorded

        with recorded():
            return (upgrade.upgrade if given.verb == "upgrade" else upgrade.downgrade)(given.revision, breaker)
    if given.verb in ("status", "verify"):
        from painel_migrations.deploy import look

        return look.status(breaker) if given.verb == "status" else look.verify(breaker, given.format == "json")
    if given.verb == "health":
        from painel_migrations.monitoring import health

        return health.health(given.format, breaker, given.report)
    if given.verb == "history":
        from painel_migrations.monitoring import history

        return history.history(given.format, breaker)
    if given.verb == "repair":
        from painel_migrations.deploy import repair
        from painel_migrations.monitoring.recorder import recorded

        with recorded():
            return repair.repair(given.plan, breaker)
    if given.verb == "dashboard":
        from painel_migrations.monitoring import dashboard

        if given.static is not None:
            return dashboard.write_file(given.static, breaker)
        return dashboard.serve(given.host, given.port)
    if given.verb == "doctor":
        from painel_migrations.deploy.doctor import doctor

        return doctor()
    if given.verb == "metrics":
        from painel_migrations.monitoring.metrics import metrics

        return metrics(breaker)
    if given.verb.startswith("sql"):
        from painel_migrations.deploy import console

        if given.verb == "sql-verify":
            return console.sql_verify()
        write_sql = console.sql if given.verb == "sql" else console.sql_rollback
        return write_sql(given.start, given.end, given.style, given.folder)
    if given.verb.startswith("archive"):
        from painel_migrations.archive import command

        if given.verb == "archive-undo":
            return command.archive_undo(given.source)
        return command.archive(given.source, given.apply, given.redact)
    from painel_migrations.deploy import write

    return write.check() if given.verb == "check" else write.revision(given.message)


def _as_ours(error: Exception) -> PainelError:
    """What Alembic, a driver or a defect raised, as an error of ours; a defect's text may quote a row: unsaid."""
    import sqlalchemy as sa
    from alembic.util.exc import CommandError

    from painel_migrations.connection.failures import meaning

    if isinstance(error, CommandError):
        return UsageError(str(error).splitlines()[0], "See the revisions: make status")
    if isinstance(error, sa.exc.SQLAlchemyError):
        return meaning(error)
    return FailedError(
        f"an error nobody foresaw: {type(error).__name__}",
        "Nothing was changed. Run again with --verbose, and report it",
    )


def _ended(error: PainelError, raised: BaseException, verbose: bool, style: str) -> int:
    if verbose:
        # Places, not values: a driver's own text may quote a row.
        for line in traceback.format_tb(raised.__traceback__):
            print(line, end="", file=sys.stderr)
    say_error(error, style)
    return error.exit_code


def _let_go_of_output() -> None:
    """Write what is still unwritten; where the reader went away, lose it here, not in the interpreter's last words."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
