"""What a driver's error means to the user: one line of what, one of what to do, never a row's data."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from painel_migrations.errors import FailedError, LockedError, NoConnectionError, PainelError, Refused

# PostgreSQL's classes whose message may quote a row's value: bad data, broken constraints, and what a script's
# trigger raises.
QUOTING = ("22", "23", "P0")

WHO_BLOCKS = "SELECT pid, usename, application_name, query_start FROM pg_stat_activity WHERE state <> 'idle'"


def meaning(error: sa.exc.SQLAlchemyError) -> PainelError:
    """Translate a driver's error.

    Arguments: ``error``, as SQLAlchemy raises it. Returns the error to end with; the source of PostgreSQL's codes
    is its manual,
    appendix A.
    """
    original = getattr(error, "orig", None)
    if isinstance(original, sqlite3.Error):
        return _sqlite(original)
    code = getattr(original, "pgcode", None)
    if original is None:
        return FailedError(
            f"{type(error).__name__} while working", "Nothing was changed. Run again with --verbose, and report it"
        )
    if code is None:
        lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
        return _lost(_first_line(original)) if lost else _unreachable(_first_line(original))
    said = type(original).__name__ if code[:2] in QUOTING else _first_line(original)
    if code in ("55P03", "40P01"):
        return LockedError(
            "a table this run has to change is held by another session",
            f"Nothing was changed. End the other session, then run again. See it: {WHO_BLOCKS}",
        )
    if code == "57014":
        return FailedError(
            f"a statement was stopped: {said}",
            "Nothing was changed. If it was the timeout, set MIGRATION_STATEMENT_TIMEOUT higher; then run again",
        )
    if code[:2] in ("08", "57"):
        return _lost(said)
    if code[:2] == "53":
        return FailedError(
            f"the server ran out of something: {said}", "Nothing was changed. Give it more, then run again"
        )
    if code == "42501":
        return Refused(
            f"this role may not do what is needed: {said}", "Connect as the owner of the tables, then run again"
        )
    if code == "25006":
        return Refused("the server is read-only", "Connect to the primary server, then run again")
    return FailedError(f"{said} ({code})", "Nothing was changed. Run again with --verbose, and report it")


def _lost(said: str) -> PainelError:
    """A connection that was there: whether the server got as far as the commit, nobody can know from here."""
    return NoConnectionError(f"the connection was lost: {said}", "Nothing is half done. Run again")


def _unreachable(said: str) -> PainelError:
    """No connection: psycopg2 has no code for it, only libpq's text, which never holds the password."""
    _, answered, reason = said.partition("FATAL:  ")
    if answered:
        return NoConnectionError(f"the server refuses the connection: {reason}", "Check DATABASE_URL, then run again")
    return NoConnectionError(
        f"the database cannot be reached: {said}", "Check DATABASE_URL and the network, then run again"
    )


def _sqlite(error: sqlite3.Error) -> PainelError:
    text = str(error)
    if "readonly" in text or "unable to open" in text:
        return Refused(
            "the file cannot be written by this user", "Change its permissions or its folder's, then run again"
        )
    if "locked" in text:
        return LockedError(
            "another process holds the file", "Close the application or wait for the other run, then run again"
        )
    if "not a database" in text or "malformed" in text:
        return Refused("the file is damaged, or is no SQLite database", "Bring it back from a backup, or move it away")
    if "full" in text:
        return FailedError("the disk is full", "Nothing was changed. Free space, then run again")
    return FailedError(f"SQLite: {text}", "Nothing was changed. Run again with --verbose, and report it")


def _first_line(error: BaseException) -> str:
    diagnosis = getattr(getattr(error, "diag", None), "message_primary", None)
    text = diagnosis or str(error).strip() or type(error).__name__
    return str(text).splitlines()[0].removesuffix(":")
