"""Every verb of the command line: its options, and what it runs, side by side.

A verb loads what it needs when it runs, so that help and a usage error come at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from painel_migrations import __version__
from painel_migrations.connection.interrupts import Breaker
from painel_migrations.terminal import show

Run = Callable[[argparse.Namespace, Breaker], int]


class _Parser(argparse.ArgumentParser):
    """Prints help the way everything is printed: argparse's own keeps silent where it cannot be written."""

    def print_help(self, file: Any = None) -> None:
        show(self.format_help())


if TYPE_CHECKING:
    # A class of its own only for the type checker.
    _Verbs = argparse._SubParsersAction[_Parser]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every verb and option.

    What it parses has ``run``, the verb itself, and ``document``: its standard output is for a pipe, so that what is
    said on the way goes to standard error; and ``changes``, whether
    its work is another than its output. Who runs the verb adds ``afterwards``, an ExitStack, for what is done once
    its end was said.
    """
    parser = _Parser(prog="painel", description="Brings PainelUniversal's database home, and tells where it is.")
    parser.add_argument("--verbose", action="store_true", help="on an error, show where in the code it happened")
    parser.add_argument("--version", action="version", version=f"painel-migrations {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for add in (_add_runs, _add_looks, _add_backups, _add_monitoring, _add_console, _add_archive, _add_development):
        add(verbs)
    return parser


def _add(
    verbs: _Verbs, name: str, run: Run, about: str, document: bool = False, changes: bool = False
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=about)
    verb.set_defaults(run=run, document=document, changes=changes)
    return verb


# What changes the database.


def _add_runs(verbs: _Verbs) -> None:
    upgrade = _add(verbs, "upgrade", _upgrade, "bring the database to the newest schema, or to REV", changes=True)
    upgrade.add_argument("revision", nargs="?", default="head", metavar="REV")
    upgrade.add_argument("--plan", action="store_true", help="say what it would do and what is in its way; do nothing")
    about = "take it back to REV: what later revisions did to this database is undone"
    downgrade = _add(verbs, "downgrade", _downgrade, about, changes=True)
    downgrade.add_argument("revision", metavar="REV")
    downgrade.add_argument("--plan", action="store_true", help="say what it would undo and what would stay; do nothing")
    about = "go through the whole history again, where that mends what drifted"
    repair = _add(verbs, "repair", _repair, about, changes=True)
    repair.add_argument("--plan", action="store_true", help="say what it would do and what would be left; do nothing")


def _upgrade(given: argparse.Namespace, breaker: Breaker) -> int:
    if given.plan:
        from painel_migrations.deploy import plan

        return plan.plan("upgrade", given.revision, breaker)
    from painel_migrations.deploy import upgrade
    from painel_migrations.monitoring.runs import recorded

    with recorded(given.afterwards):
        return upgrade.upgrade(given.revision, breaker)


def _downgrade(given: argparse.Namespace, breaker: Breaker) -> int:
    if given.plan:
        from painel_migrations.deploy import plan

        return plan.plan("downgrade", given.revision, breaker)
    from painel_migrations.deploy import upgrade
    from painel_migrations.monitoring.runs import recorded

    with recorded(given.afterwards):
        return upgrade.downgrade(given.revision, breaker)


def _repair(given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.deploy import repair
    from painel_migrations.monitoring.runs import recorded

    with recorded(given.afterwards):
        return repair.repair(given.plan, breaker)


# What looks at it, and changes nothing.


def _add_looks(verbs: _Verbs) -> None:
    _add(verbs, "status", _status, "say where it is and what is pending")
    about = "compare its catalogue with the schema; exit 1 if it drifted"
    _add_format(_add(verbs, "verify", _verify, about, document=True))
    about = "show what was done to it, when, by whom; exit 1 if an applied revision was edited since"
    _add_format(_add(verbs, "history", _history, about, document=True))
    _add(verbs, "doctor", _doctor, "say, step by step, why it cannot be reached, or what an upgrade would meet there")


def _add_format(verb: argparse.ArgumentParser, *more: str) -> None:
    forms = ("text", "json", *more)
    verb.add_argument("--format", choices=forms, default="text", help="lines for people (%(default)s), or one document")


def _status(_given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.deploy import look

    return look.status(breaker)


def _verify(given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.deploy import look

    return look.verify(breaker, given.format == "json")


def _history(given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.monitoring import history

    return history.history(given.format, breaker)


def _doctor(_given: argparse.Namespace, _breaker: Breaker) -> int:
    from painel_migrations.deploy.doctor import doctor

    return doctor()


# Backups.


def _add_backups(verbs: _Verbs) -> None:
    about = "write everything in it into one file, with a manifest of what it holds"
    _add(verbs, "backup", _backup, about, changes=True)
    about = "restore a backup where nobody is, compare it, and note that it is proven; exit 1 if it is not"
    prove = _add(verbs, "backup-verify", _backup_verify, about)
    about = "prove a backup, take the restored one to head and back, and say how long each took"
    for verb in (prove, _add(verbs, "drill", _drill, about)):
        verb.add_argument("file", nargs="?", metavar="FILE", help="the backup (the newest of this database)")

    about = "restore a backup beside what is there, compare it, then swap the names; what was there is kept"
    restore = _add(verbs, "restore", _restore, about, changes=True)
    restore.add_argument("file", metavar="FILE", help="the backup")
    restore.add_argument("--into", metavar="NAME", help="another database of the server, or another SQLite file")
    restore.add_argument("--confirm", metavar="NAME", help="the database that is to go, where the backup is of another")


def _backup(_given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.backup import take

    return take.backup(breaker)


def _restore(given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.backup import restore

    return restore.restore(given.file, given.into, given.confirm, breaker)


def _backup_verify(given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.backup import verify

    return verify.backup_verify(given.file, breaker)


def _drill(given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.backup import verify

    return verify.drill(given.file, breaker)


# Whether it is well.


def _add_monitoring(verbs: _Verbs) -> None:
    about = "say whether it is healthy, and if not, what to do; exit 1 if it is not"
    health = _add(verbs, "health", _health, about, document=True)
    _add_format(health)
    health.add_argument(
        "--report", action="store_true", help="write MIGRATION_METRICS_FILE and send alerts, where they are set"
    )
    _add(verbs, "metrics", _metrics, "print what monitoring knows of it, for Prometheus", document=True)
    dashboard = _add(verbs, "dashboard", _dashboard, "serve the status page on this machine, or write it into a file")
    dashboard.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s); elsewhere, with a token")
    dashboard.add_argument("--port", default="8008", help="at which port (%(default)s)")
    dashboard.add_argument("--static", metavar="FILE", help="write the page into FILE, and serve nothing")


def _health(given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.monitoring import commands

    return commands.health(given.format, breaker, given.report)


def _metrics(_given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.monitoring import commands

    return commands.metrics(breaker)


def _dashboard(given: argparse.Namespace, breaker: Breaker) -> int:
    from painel_migrations.monitoring.web import dashboard

    if given.static is not None:
        return dashboard.write_file(given.static, breaker)
    return dashboard.serve(given.host, given.port)


# SQL for the database's own console, where no client reaches it.


def _add_console(verbs: _Verbs) -> None:
    about = "print one SQL statement that does what upgrade does, to paste into a console"
    sql = _add(verbs, "sql", _sql, about)
    rollback = _add(verbs, "sql-rollback", _sql_rollback, "print the way back to TO in the same form")
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
    _add(verbs, "sql-verify", _sql_verify, "print one SELECT that judges the database it is pasted into")


def _sql(given: argparse.Namespace, _breaker: Breaker) -> int:
    from painel_migrations.deploy import console

    return console.sql(given.start, given.end, given.style, given.folder)


def _sql_rollback(given: argparse.Namespace, _breaker: Breaker) -> int:
    from painel_migrations.deploy import console

    return console.sql_rollback(given.start, given.end, given.style, given.folder)


def _sql_verify(_given: argparse.Namespace, _breaker: Breaker) -> int:
    from painel_migrations.deploy import console

    return console.sql_verify()


# One-off scripts that lie about in an application.


def _add_archive(verbs: _Verbs) -> None:
    archive = _add(verbs, "archive", _archive, "find one-off scripts in an application, and move them into its archive")
    back = _add(verbs, "archive-undo", _archive_undo, "take the last move into the archive back")
    for verb in (archive, back):
        verb.add_argument("source", nargs="?", default=".", metavar="SRC", help="the application's folder (this one)")
    archive.add_argument("--apply", action="store_true", help="move them; without it nothing is changed")
    archive.add_argument("--redact", action="store_true", help="with --apply, take credentials out of what moves")


def _archive(given: argparse.Namespace, _breaker: Breaker) -> int:
    from painel_migrations.archive import command

    return command.archive(given.source, given.apply, given.redact)


def _archive_undo(given: argparse.Namespace, _breaker: Breaker) -> int:
    from painel_migrations.archive import command

    return command.archive_undo(given.source)


# The next change of the schema.


def _add_development(verbs: _Verbs) -> None:
    about = "judge new revisions, and find a change of the schema without one; exit 1 where there is something to do"
    check = _add(verbs, "check", _check, about, document=True)
    _add_format(check, "markdown")
    check.add_argument(
        "--from", dest="start", metavar="REV", help="judge what comes after REV (what the main branch does not have)"
    )
    revision = _add(verbs, "revision", _revision, "write the next revision from a change of the schema")
    revision.add_argument(
        "-m", required=True, dest="message", metavar="TEXT", help="what it does, as an imperative sentence"
    )


def _check(given: argparse.Namespace, _breaker: Breaker) -> int:
    from painel_migrations.deploy import write

    return write.check(given.format, given.start)


def _revision(given: argparse.Namespace, _breaker: Breaker) -> int:
    from painel_migrations.deploy import write

    return write.revision(given.message)
