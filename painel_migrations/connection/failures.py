"""What a driver's error means: one table says which may pass by itself, what to tell, and what to do.

PostgreSQL's codes are those of its manual, appendix A. Before the log-in psycopg2 hands on no code, only libpq's text,
which holds the server's own (``src/interfaces/libpq``, ``src/backend/utils/init/postinit.c``, ``libpq/auth.c``,
``storage/lmgr/proc.c``) and never the password. A server words it in its own language: English, or Portuguese as a
developer's may be. ``tests/recovery`` asks real servers for each of them.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, replace

import sqlalchemy as sa

from painel_migrations.connection.answers import ANSWERS, QUOTING, REPORT, THEN, explain
from painel_migrations.errors import (
    FailedError,
    HeldError,
    LockedError,
    LostError,
    NoConnectionError,
    PainelError,
    Refused,
)

UNCHANGED = "Nothing was changed."


@dataclass(frozen=True)
class Failure:
    """One class of failure.

    Attributes:
        name: for reports and logs.
        passes: whether it may pass by itself, so that another attempt makes sense.
        ends: the error it becomes.
        what: what happened, with ``{said}`` in the server's or the driver's words.
        todo: with ``{source}`` for the variable that named the database.
        codes: expressions that SQLSTATEs begin with.
        texts: expressions that libpq's text is searched for where no code came.
        doctor: what `make doctor` says to do, where ``todo`` sends to it.
        by_console: whether the database's console is a way, which it is not where a variable only has to be corrected.
    """

    name: str
    passes: bool
    ends: type[PainelError]
    what: str
    todo: str
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    doctor: str = ""
    by_console: bool = True


_REFUSES = "the server refuses the connection: {said}"
_SILENT = "the database cannot be reached: {said}"
_BUSY = "the server takes no connection now: {said}"
_LOST = "the connection was lost: {said}"
_AGAIN = "Another attempt would say the same."

_PERMISSION = Failure(
    "permission",
    False,
    NoConnectionError,
    _REFUSES,
    f"{_AGAIN} Let this user connect, or name another in {{source}}, then run again",
    codes=("28",),
    texts=(
        r"no pg_hba\.conf entry",
        r"pg_hba\.conf rejects connection",
        r"permission denied for database",
        r"not currently accepting connections",
        r"authentication failed",
    ),
)

# The first that fits counts: what a server itself answered comes before what was heard of its other addresses.
FAILURES = (
    # Before the log-in.
    Failure(
        "options",
        False,
        NoConnectionError,
        "an option of the connection does not fit: {said}",
        f"{_AGAIN} Correct what stands behind the ? in {{source}}, then run again",
        texts=(
            r"^invalid (?:\w+ value|integer value|connection option)",
            r"private key file",
            r"could not open certificate file",
        ),
        by_console=False,
    ),
    # Where both ways were tried, with TLS and without, TLS is not what is missing.
    replace(_PERMISSION, codes=(), texts=(r"no pg_hba\.conf entry .*(?:SSL on|SSL encryption)",)),
    Failure(
        "password",
        False,
        NoConnectionError,
        _REFUSES,
        f"{_AGAIN} Correct user and password in {{source}}, then run again",
        codes=("28P01",),
        texts=(
            r"password authentication failed|autenticação do tipo senha falhou",
            r"no password supplied",
            r"SASL authentication failed",
        ),
        by_console=False,
    ),
    Failure(
        "tls",
        False,
        NoConnectionError,
        "no TLS as it was asked for: {said}",
        f"{_AGAIN} Change sslmode in {{source}}, or the server, then run again",
        texts=(
            r"server does not support SSL",
            r"no pg_hba\.conf entry .*(?:SSL off|no encryption)",
            r"SSL error: (?!unexpected eof|decryption failed|tlsv1 alert internal error)",
            r"certificate verify failed",
            r"certificate for .* does not match",
            r"root certificate file",
            r"SSL connection is required|connection requires a valid client certificate|SSL required",
        ),
        by_console=False,
    ),
    Failure(
        "database",
        False,
        NoConnectionError,
        _REFUSES,
        f"{_AGAIN} Correct the database's name in {{source}}, then run again",
        codes=("3D000",),
        texts=(r"database \".*\" does not exist|banco de dados \".*\" não existe", r"no such database"),
        by_console=False,
    ),
    Failure(
        "role",
        False,
        NoConnectionError,
        _REFUSES,
        f"{_AGAIN} Correct the user in {{source}}, then run again",
        texts=(r"role \".*\" (?:does not exist|is not permitted to log in|não existe)", r"no such user"),
        by_console=False,
    ),
    _PERMISSION,
    Failure(
        "connections",
        True,
        NoConnectionError,
        _BUSY,
        "Close connections or raise max_connections, then run again",
        codes=("53300",),
        texts=(
            r"too many (?:clients|connections)|muitos clientes conectados|muitas conexões",
            r"remaining connection slots",
            r"canceling authentication due to timeout",
            r"out of memory|Too many open files",
            r"no more connections allowed",
            r"query_wait_timeout|client_login_timeout|pooler error|cached error",
        ),
    ),
    Failure(
        "starting",
        True,
        NoConnectionError,
        _BUSY,
        "Wait until it has started, then run again",
        codes=("57P03",),
        texts=(
            r"the database system is (?:starting up|shutting down|in recovery|not (?:yet )?accepting)",
            r"sistema de banco de dados está (?:iniciando|desligando|em modo de recuperação)",
            r"server_login_retry|server login has been failing|pgbouncer cannot connect|server is (?:down|not ready)",
        ),
    ),
    Failure(
        "refused by the server",
        False,
        NoConnectionError,
        _REFUSES,
        "Correct {source}, then run again. What is wrong, step by step: make doctor",
        texts=(r"FATAL:  (?!terminating connection)", r"ERROR:  "),
        doctor="Correct {source} by what the server says, then run again",
    ),
    Failure(
        "railway name",
        True,
        NoConnectionError,
        _SILENT,
        "That is Railway's private name, known only inside its network: from elsewhere name the database in"
        " DATABASE_PUBLIC_URL in place of {source}, then run again",
        texts=(r"could not translate host name \"[^\"]*\.railway\.internal\"",),
    ),
    Failure(
        "private name",
        True,
        NoConnectionError,
        _SILENT,
        "That is a private name, known only inside its own network: from elsewhere put its public one into {source},"
        " then run again",
        # Of a cloud's network, of a home's, or a service of docker compose.
        texts=(
            r"could not translate host name \"[^\"]*\.(?:internal|flycast|local|lan|home\.arpa)\"",
            r"could not translate host name \"[\w-]+\"",
        ),
    ),
    Failure(
        "name",
        True,
        NoConnectionError,
        _SILENT,
        "Correct the host in {source}, or mend name resolution, then run again",
        texts=(r"could not translate host name", r"Name or service not known", r"name resolution"),
    ),
    Failure(
        "refused",
        True,
        NoConnectionError,
        _SILENT,
        "See that the server runs and {source} has its host and port, then run again",
        texts=(r"Connection refused",),
    ),
    Failure(
        "timeout",
        True,
        NoConnectionError,
        _SILENT,
        "See that the network lets you through to the host and port in {source}, then run again",
        texts=(r"timeout expired", r"timed out"),
    ),
    Failure(
        "network",
        True,
        NoConnectionError,
        _SILENT,
        "Mend the network to the host in {source}, then run again",
        texts=(r"unreachable", r"No route to host", r"Network is down", r"Host is down"),
    ),
    Failure(
        "socket",
        True,
        NoConnectionError,
        _SILENT,
        "See that the server runs and {source} has the folder of its socket, then run again",
        texts=(r"No such file or directory",),
    ),
    Failure(
        "closed",
        True,
        LostError,
        _LOST,
        "Nothing is half done. Run again; where it stays so: make doctor",
        codes=("08", "57P01", "57P02", "57P04", "57P05", "25P03", "25P04"),
        texts=(
            r"closed the connection unexpectedly",
            r"terminating connection",
            r"reset by peer",
            r"Broken pipe",
            r"SSL SYSCALL error",
            r"SSL error: (?:unexpected eof|decryption failed|tlsv1 alert internal error)",
            r"unexpected eof",
            r"(?:connection|cursor) already closed",
            r"lost synchronization",
            r"received invalid response",
            r"could not (?:receive data from|send data to) server",
            r"Software caused connection abort",
            r"no results to fetch",
        ),
        doctor="See the log of the server behind the host and port in {source}, or of what stands in front of it",
    ),
    # After it.
    Failure(
        "lock",
        True,
        HeldError,
        "a table this run has to change is held by another session",
        f"{UNCHANGED} End the other session, then run again",
        codes=("55P03", "40P01"),
    ),
    Failure(
        "serialization",
        True,
        HeldError,
        "another session changed the same rows meanwhile",
        f"{UNCHANGED} Run again",
        codes=("40001",),
    ),
    Failure(
        "stopped",
        False,
        FailedError,
        "a statement was stopped: {said}",
        f"{UNCHANGED} If it was the timeout, set MIGRATION_STATEMENT_TIMEOUT higher; then run again",
        codes=("57014",),
    ),
    *(
        Failure(
            answer.name,
            False,
            answer.ends,
            answer.cause or "{said}",
            f"{UNCHANGED} {answer.todo}{THEN}",
            (answer.codes,),
            doctor=f"{answer.todo}{THEN}",
        )
        for answer in ANSWERS
    ),
)

LOST = next(failure for failure in FAILURES if failure.name == "closed")

# What a network does that nobody has listed is more likely to pass than not.
UNKNOWN_NETWORK = Failure(
    "unreachable",
    True,
    NoConnectionError,
    _SILENT,
    "Check {source} and the network, then run again. What is wrong, step by step: make doctor",
    doctor="Check {source} and the network, then run again",
)
# What nobody has listed is not what people do.
UNKNOWN_SQL = Failure(
    "sql", False, FailedError, "{said}", f"{UNCHANGED} {REPORT}", codes=("",)
)  # What is answered to SQL, and not of a connection: of these, the database itself knows more.
ANSWERED = (*FAILURES[-len(ANSWERS) :], UNKNOWN_SQL)

_CLOSED_FILE = "the file cannot be written by this user"
_DAMAGED = "the file is damaged, or is no SQLite database"
SQLITE_FAILURES = (
    Failure(
        "rights",
        False,
        Refused,
        _CLOSED_FILE,
        "Change its permissions or its folder's, then run again",
        texts=("readonly", "unable to open"),
    ),
    Failure(
        "lock",
        False,
        LockedError,
        "another process holds the file",
        "Close the application or wait for the other run, then run again",
        texts=("locked",),
    ),
    Failure(
        "missing",
        False,
        Refused,
        "something in the file needs what only the application's own connections have: {said}",
        "Where the application has it, drop what needs it, then run again",
        texts=("no such (?:function|collation sequence|module|tokenizer)", r"unknown function"),
    ),
    Failure(
        "damaged",
        False,
        Refused,
        _DAMAGED,
        "Bring it back from a backup, or move it away",
        texts=("not a database", "malformed"),
    ),
    Failure(
        "resources",
        False,
        FailedError,
        "the disk is full",
        f"{UNCHANGED} Free space, then run again",
        texts=("full",),
    ),
)
# By SQLite's own names of its errors, where texts do not tell: a trigger may say anything, a row's values as well.
SQLITE_ANSWERS = (
    Failure(
        "sql",
        False,
        Refused,
        "a trigger of the file refuses",
        f"{UNCHANGED} Drop it, then run again. See them: SELECT name FROM sqlite_master WHERE type = 'trigger'",
        codes=("SQLITE_CONSTRAINT_TRIGGER",),
    ),
    Failure(
        "sql",
        False,
        Refused,
        "{said}",
        f"{UNCHANGED} Correct those rows, or drop what they break, then run again",
        codes=("SQLITE_CONSTRAINT",),
    ),
    Failure(
        "sql",
        False,
        Refused,
        "{said}",
        f"{UNCHANGED} Correct those values, then run again",
        codes=("SQLITE_(TOOBIG|MISMATCH)",),
    ),
    Failure(
        "resources",
        False,
        FailedError,
        "{said}",
        f"{UNCHANGED} See to the disk that the file lies on, then run again",
        codes=("SQLITE_IOERR",),
    ),
)
UNKNOWN_SQLITE = Failure(
    "sql", False, FailedError, "SQLite: {said}", f"{UNCHANGED} Run again with --verbose, and report it"
)


def classify(error: BaseException) -> tuple[Failure, str]:
    """Return the class of a driver's error, as SQLAlchemy or the driver raises it, and its words, without a row's data.

    The words are one line; of several addresses that were tried, that of the one that tells most.
    """
    original = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    if isinstance(original, UnicodeDecodeError):
        # Before the log-in psycopg2 takes for UTF-8 what a server says in its own encoding: on Windows, in Portuguese,
        # it is Latin-1. After it, it would be a row's data: not to be asked about here.
        original = ConnectionError(original.object.decode("latin-1"))
    if isinstance(original, sqlite3.Error):
        text = str(original)
        name = getattr(original, "sqlite_errorname", None) or ""
        for failure in SQLITE_ANSWERS:
            if re.match(failure.codes[0], name):
                return failure, text
        return _searched(SQLITE_FAILURES, text, UNKNOWN_SQLITE)[0], text
    code: str | None = getattr(original, "pgcode", None)
    if code is None:
        found, said = _searched(FAILURES, str(original).strip() or type(original).__name__, UNKNOWN_NETWORK)
        if found is UNKNOWN_NETWORK and isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
            found = LOST
        return found, _first_line(said)
    message = getattr(getattr(original, "diag", None), "message_primary", None) or str(original)
    said = type(original).__name__ if code[:2] in QUOTING else _first_line(message)
    for failure in FAILURES:
        if any(re.match(beginning, code) for beginning in failure.codes):
            return failure, said
    return UNKNOWN_SQL, said


def meaning(
    error: sa.exc.SQLAlchemyError,
    source: str = "DATABASE_URL",
    connection: sa.Connection | None = None,
    revision: str | None = None,
) -> PainelError:
    """Translate a driver's error into the one to end with.

    Args:
        error: as SQLAlchemy raises it.
        source: the variable that named the database.
        connection: the one it came from, rolled back, to ask what its names and rows are about.
        revision: the one that was under way.
    """
    if not isinstance(error, sa.exc.DBAPIError) or error.orig is None:
        return FailedError(f"{type(error).__name__} while working", UNKNOWN_SQL.todo)
    failure, said = classify(error)
    ended = ending(failure, said, source)
    code = getattr(error.orig, "pgcode", None)
    if code is None or failure not in ANSWERED:
        return ended
    asked = explain(connection, error) if connection is not None else None
    what, todo = asked or (ended.what, ended.todo.removeprefix(f"{UNCHANGED} "))
    where = f"revision {revision}: " if revision else ""
    return failure.ends(f"{where}{what} ({code})", f"{UNCHANGED} {todo}")


def ending(failure: Failure, said: str, source: str) -> PainelError:
    """Return the error a failure ends with; arguments as ``classify`` returns them."""
    return failure.ends(failure.what.format(said=said), failure.todo.format(source=source))


def _searched(failures: tuple[Failure, ...], text: str, unknown: Failure) -> tuple[Failure, str]:
    """The first failure one of whose expressions is found, and the line it is found in."""
    for failure in failures:
        for expression in failure.texts:
            for line in text.splitlines():
                if re.search(expression, line):
                    return failure, line
    return unknown, text


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else "no reason given"
    _, answered, reason = line.partition("FATAL:  ")
    return (reason if answered else line).strip().removesuffix(":")
