"""What PostgreSQL and the way to it can answer: one table, the first that fits counts.

PostgreSQL's codes are those of its manual, appendix A. Before the log-in psycopg2 hands on no code, only libpq's text,
which holds the server's own (``src/interfaces/libpq``, ``src/backend/utils/init/postinit.c``, ``libpq/auth.c``,
``storage/lmgr/proc.c``) and never the password. A server words it in its own language: English, or Portuguese as a
developer's may be. ``tests/recovery`` asks real servers for each of them.
"""

from __future__ import annotations

from dataclasses import replace

from homecoming.connection.answers import ANSWERS
from homecoming.connection.failure import Failure
from homecoming.errors import (
    FailedError,
    HeldError,
    LostError,
    NoConnectionError,
)
from homecoming.language import mark, tr

_REFUSES = mark("the server refuses the connection: {said}")
_SILENT = mark("the database cannot be reached: {said}")
_BUSY = mark("the server takes no connection now: {said}")
_LOST = mark("the connection was lost: {said}")

_PERMISSION = Failure(
    "permission",
    False,
    NoConnectionError,
    _REFUSES,
    mark("Another attempt would say the same. Let this user connect, or name another in {source}, then run again"),
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
        mark("an option of the connection does not fit: {said}"),
        mark("Another attempt would say the same. Correct what stands behind the ? in {source}, then run again"),
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
        mark("Another attempt would say the same. Correct user and password in {source}, then run again"),
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
        mark("no TLS as it was asked for: {said}"),
        mark("Another attempt would say the same. Change sslmode in {source}, or the server, then run again"),
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
        mark("Another attempt would say the same. Correct the database's name in {source}, then run again"),
        codes=("3D000",),
        texts=(r"database \".*\" does not exist|banco de dados \".*\" não existe", r"no such database"),
        by_console=False,
    ),
    Failure(
        "role",
        False,
        NoConnectionError,
        _REFUSES,
        mark("Another attempt would say the same. Correct the user in {source}, then run again"),
        texts=(r"role \".*\" (?:does not exist|is not permitted to log in|não existe)", r"no such user"),
        by_console=False,
    ),
    _PERMISSION,
    Failure(
        "connections",
        True,
        NoConnectionError,
        _BUSY,
        mark("Close connections or raise max_connections, then run again"),
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
        mark("Wait until it has started, then run again"),
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
        mark("Correct {source}, then run again. What is wrong, step by step: make doctor"),
        texts=(r"FATAL:  (?!terminating connection)", r"ERROR:  "),
        doctor=mark("Correct {source} by what the server says, then run again"),
    ),
    Failure(
        "railway name",
        True,
        NoConnectionError,
        _SILENT,
        mark(
            "That is Railway's private name, known only inside its network: from elsewhere name the database in"
            " DATABASE_PUBLIC_URL in place of {source}, then run again"
        ),
        texts=(r"could not translate host name \"[^\"]*\.railway\.internal\"",),
    ),
    Failure(
        "private name",
        True,
        NoConnectionError,
        _SILENT,
        mark(
            "That is a private name, known only inside its own network: from elsewhere put its public one into"
            " {source}, then run again"
        ),
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
        mark("Correct the host in {source}, or mend name resolution, then run again"),
        texts=(r"could not translate host name", r"Name or service not known", r"name resolution"),
    ),
    Failure(
        "refused",
        True,
        NoConnectionError,
        _SILENT,
        mark("See that the server runs and {source} has its host and port, then run again"),
        texts=(r"Connection refused",),
    ),
    Failure(
        "timeout",
        True,
        NoConnectionError,
        _SILENT,
        mark("See that the network lets you through to the host and port in {source}, then run again"),
        texts=(r"timeout expired", r"timed out"),
    ),
    Failure(
        "network",
        True,
        NoConnectionError,
        _SILENT,
        mark("Mend the network to the host in {source}, then run again"),
        texts=(r"unreachable", r"No route to host", r"Network is down", r"Host is down"),
    ),
    Failure(
        "socket",
        True,
        NoConnectionError,
        _SILENT,
        mark("See that the server runs and {source} has the folder of its socket, then run again"),
        texts=(r"No such file or directory",),
    ),
    Failure(
        "closed",
        True,
        LostError,
        _LOST,
        mark("Nothing is half done. Run again; where it stays so: make doctor"),
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
        doctor=mark("See the log of the server behind the host and port in {source}, or of what stands in front of it"),
    ),
    # After it.
    Failure(
        "lock",
        True,
        HeldError,
        mark("a table this run has to change is held by another session"),
        mark("Nothing was changed. End the other session, then run again"),
        codes=("55P03", "40P01"),
    ),
    Failure(
        "serialization",
        True,
        HeldError,
        mark("another session changed the same rows meanwhile"),
        mark("Nothing was changed. Run again"),
        codes=("40001",),
    ),
    Failure(
        "stopped",
        False,
        FailedError,
        mark("a statement was stopped: {said}"),
        mark("Nothing was changed. If it was the timeout, set MIGRATION_STATEMENT_TIMEOUT higher; then run again"),
        codes=("57014",),
    ),
    *(
        Failure(
            answer.name,
            False,
            answer.ends,
            answer.cause or "{said}",
            tr("Nothing was changed. {todo}, then run again", todo=tr(answer.todo)),
            (answer.codes,),
            doctor=tr("{todo}, then run again", todo=tr(answer.todo)),
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
    mark("Check {source} and the network, then run again. What is wrong, step by step: make doctor"),
    doctor=mark("Check {source} and the network, then run again"),
)
# What nobody has listed is not what people do.
UNKNOWN_SQL = Failure(
    "sql",
    False,
    FailedError,
    "{said}",
    mark("Nothing was changed. Run again with --verbose, and report it"),
    codes=("",),
)  # What is answered to SQL, and not of a connection: of these, the database itself knows more.
ANSWERED = (*FAILURES[-len(ANSWERS) :], UNKNOWN_SQL)
