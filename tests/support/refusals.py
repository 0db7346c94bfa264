"""Real servers that refuse a connection, each in its own way, and sessions that are ended: what libpq says of it.

`REFUSALS` is a table: a name, what is said, whether it can pass by itself, and how to bring it about. For each,
`with refusal.at(gate) as url` gives the URL that is refused just now.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa

from tests.support import pooler, tls
from tests.support.proxy import LOOPBACK, Action, Fault, Moment, Proxy
from tests.support.servers import USER, Server, runs, standing_for

PASSWORD = "p@s:s/w%r'd ü"
WITHIN = 60.0

MAX_CONNECTIONS = 8
SETTINGS = {
    "max_connections": str(MAX_CONNECTIONS),
    "superuser_reserved_connections": "2",
    "max_parallel_workers": "0",
    # Before 14 a password is kept as MD5 has it, and a rule that asks for scram takes none.
    "password_encryption": "scram-sha-256",
    # Without a file standby.signal it is not asked for.
    "restore_command": "sleep 60",
}

# A session that is stopped (SIGSTOP) holds the recovery from a crash up, for as long as it is.
SINCE_16 = {"send_abort_for_kill": "on"}

ROLES = f"""
    CREATE ROLE operador LOGIN PASSWORD '{PASSWORD.replace("'", "''")}';
    CREATE ROLE comum LOGIN;
    CREATE ROLE sem_login;
    CREATE ROLE so_tls LOGIN;
    CREATE ROLE de_fora LOGIN;
    CREATE ROLE esgotado LOGIN CONNECTION LIMIT 0;
"""
DATABASES = (
    "CREATE DATABASE painel",
    "CREATE DATABASE fechado ALLOW_CONNECTIONS false",
    "CREATE DATABASE privado",
    "REVOKE CONNECT ON DATABASE privado FROM public",
    "CREATE DATABASE lotado CONNECTION LIMIT 0",
)
RULES = (
    "host all operador 127.0.0.1/32 scram-sha-256",
    "hostssl all so_tls 127.0.0.1/32 trust",
    "host all postgres,comum,sem_login,esgotado,ninguem 127.0.0.1/32 trust",
)


class Gate:
    """A server of its own, small and with rules, that tests fill, stop and crash; `folder` is for files."""

    def __init__(self, version: int, folder: Path) -> None:
        self.server = Server(version, SETTINGS | (SINCE_16 if standing_for(version) >= 16 else {}))
        self.folder = folder
        self._certificate: tuple[Path, Path] | None = None
        with self.server.connection("postgres") as cursor:
            cursor.execute(ROLES)
            for statement in DATABASES:
                cursor.execute(statement)
        self.server.admit(*RULES)

    def url(self, user: str = "comum", database: str = "painel", **options: Any) -> sa.URL:
        """Return a URL; `port` and `password` are parts of it, all other options stand behind the question mark."""
        return sa.URL.create(
            "postgresql+psycopg2",
            username=user,
            password=options.pop("password", None),
            host=options.pop("host", LOOPBACK),
            port=options.pop("port", self.server.port),
            database=database,
            query={name: str(value) for name, value in options.items()},
        )

    def certificate(self) -> tuple[Path, Path]:
        """The files of a self-signed certificate for `localhost`."""
        if self._certificate is None:
            self._certificate = tls.certificate(self.folder)
        return self._certificate

    def wait_for_nobody(self) -> None:
        """Wait until all sessions have ended, which takes a moment after their connections have."""
        deadline = time.monotonic() + WITHIN
        with self.server.connection("postgres") as cursor:
            while time.monotonic() < deadline:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
                if cursor.fetchone() == (1,):
                    return
                time.sleep(0.01)
        raise AssertionError("a session does not end")


def connect(url: sa.URL, **options: Any) -> Any:
    """Connect with psycopg2, as SQLAlchemy would."""
    arguments, keywords = sa.make_url(url).get_dialect()().create_connect_args(url)
    return psycopg2.connect(*arguments, **keywords, **options)


def said(error: BaseException) -> str:
    """What a failed attempt says, in its first line, without the address that libpq puts before it."""
    line = str(error).splitlines()[0]
    return re.sub(r'^(connection to server at "[^"]+"( \([^)]+\))?, port \d+ failed: )', "", line)


At = Callable[[Gate], AbstractContextManager[sa.URL]]
Steps = Callable[[Gate], Iterator[sa.URL]]
"""Bring it about, yield the URL, and undo it."""


@dataclass(frozen=True)
class Refusal:
    """A way to be refused: `says` matches all of what is `said`; `passes`, whether it can pass by itself."""

    name: str
    says: str
    passes: bool
    at: At = field(repr=False)
    needs: str = ""
    """`openssl` or `pgbouncer`, where it cannot be brought about without."""


REFUSALS: list[Refusal] = []


def refusal(name: str, says: str, *, passes: bool, needs: str = "") -> Callable[[Steps], At]:
    """Enter the function below into the table."""

    def enter(function: Steps) -> At:
        at = contextlib.contextmanager(function)
        REFUSALS.append(Refusal(name, says, passes, at, needs))
        return at

    return enter


def missing(needs: str) -> str:
    """Return why something cannot be brought about on this machine, or nothing where it can."""
    found = {"": True, "openssl": tls.OPENSSL, "pgbouncer": pooler.PROGRAM}[needs]
    return "" if found else f"{needs} is not installed: apt-get install {needs} has it"


# The answer is no, and will be no.


@refusal("wrong password", 'FATAL:  password authentication failed for user "operador"', passes=False)
def _wrong_password(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url("operador", password=PASSWORD + "x")


@refusal("no password", "fe_sendauth: no password supplied", passes=False)
def _no_password(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url("operador")


@refusal("unknown role", 'FATAL:  role "ninguem" does not exist', passes=False)
def _unknown_role(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url("ninguem")


@refusal("role that may not log in", 'FATAL:  role "sem_login" is not permitted to log in', passes=False)
def _role_without_login(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url("sem_login")


@refusal("unknown database", 'FATAL:  database "nenhum" does not exist', passes=False)
def _unknown_database(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url(database="nenhum")


@refusal("database that the role may not enter", 'FATAL:  permission denied for database "privado"', passes=False)
def _private_database(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url(database="privado")


@refusal("closed database", 'FATAL:  database "fechado" is not currently accepting connections', passes=False)
def _closed_database(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url(database="fechado")


@refusal(
    "no rule for the role",
    r'FATAL:  no pg_hba\.conf entry for host "127\.0\.0\.1", user "de_fora", database "painel", no encryption',
    passes=False,
)
def _no_rule(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url("de_fora")


@refusal("TLS required, server without", "server does not support SSL, but SSL was required", passes=False)
def _server_without_tls(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url(sslmode="require")


@refusal(
    "TLS refused, server requires it",
    r'FATAL:  no pg_hba\.conf entry for host "127\.0\.0\.1", user "so_tls", database "painel", no encryption',
    passes=False,
)
def _server_with_tls_only(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url("so_tls", sslmode="disable")


@refusal("certificate that nobody signed", "SSL error: certificate verify failed", passes=False, needs="openssl")
def _unknown_certificate(gate: Gate) -> Iterator[sa.URL]:
    files = gate.certificate()
    other = gate.folder / "other"
    other.mkdir(exist_ok=True)
    root, _ = tls.certificate(other)
    with tls.front(gate.server.port, files) as port:
        yield gate.url(port=port, sslmode="verify-full", sslrootcert=root)


@refusal(
    "certificate of another host",
    r'server certificate for "localhost"( \(and 1 other name\))? does not match host name "127\.0\.0\.1"',
    passes=False,
    needs="openssl",
)
def _another_certificate(gate: Gate) -> Iterator[sa.URL]:
    files = gate.certificate()
    with tls.front(gate.server.port, files) as port:
        yield gate.url(port=port, sslmode="verify-full", sslrootcert=files[0])


@refusal("file of certificates that is not there", 'root certificate file "/nowhere.crt" does not exist', passes=False)
def _no_root(gate: Gate) -> Iterator[sa.URL]:
    with _answering(b"S") as port:
        yield gate.url(port=port, sslmode="verify-full", sslrootcert="/nowhere.crt")


# It can pass by itself.


@refusal(
    "unknown host",
    # The second is a resolver that cannot ask anybody.
    r'could not translate host name "nowhere\.invalid" to address: '
    "(Name or service not known|Temporary failure in name resolution|No address associated with hostname)",
    passes=True,
)
def _unknown_host(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url(host="nowhere.invalid")


@refusal("nobody listens", "Connection refused", passes=True)
def _nobody(gate: Gate) -> Iterator[sa.URL]:
    with Proxy(gate.server.port) as proxy:
        proxy.shut()
        yield gate.url(port=proxy.port)


def _struck(gate: Gate, fault: Fault, **options: Any) -> Iterator[sa.URL]:
    with Proxy(gate.server.port, fault) as proxy:
        yield gate.url(port=proxy.port, **options)


CLOSED = "server closed the connection unexpectedly"


@refusal("closed at once", CLOSED, passes=True)
def _closed(gate: Gate) -> Iterator[sa.URL]:
    yield from _struck(gate, Fault(Moment.ACCEPTED, times=None))


@refusal("reset at once", CLOSED + "|could not (receive|send) .*|Connection reset by peer", passes=True)
def _reset(gate: Gate) -> Iterator[sa.URL]:
    yield from _struck(gate, Fault(Moment.ACCEPTED, Action.RESET, times=None))


@refusal("closed when asked for TLS", CLOSED, passes=True)
def _closed_at_tls(gate: Gate) -> Iterator[sa.URL]:
    yield from _struck(gate, Fault(Moment.TLS_ASKED, times=None))


@refusal("closed at the authentication", CLOSED, passes=True)
def _closed_at_authentication(gate: Gate) -> Iterator[sa.URL]:
    yield from _struck(gate, Fault(Moment.AUTHENTICATION, times=None))


@refusal("closed while TLS begins", "SSL SYSCALL error: EOF detected", passes=True, needs="openssl")
def _closed_in_tls(gate: Gate) -> Iterator[sa.URL]:
    with (
        tls.front(gate.server.port, gate.certificate()) as port,
        Proxy(port, Fault(Moment.TLS_BEGUN, times=None)) as proxy,
    ):
        yield gate.url(port=proxy.port, sslmode="require")


@refusal(
    "reset while TLS begins", CLOSED + "|SSL SYSCALL error: Connection reset by peer", passes=True, needs="openssl"
)
def _reset_in_tls(gate: Gate) -> Iterator[sa.URL]:
    with (
        tls.front(gate.server.port, gate.certificate()) as port,
        Proxy(port, Fault(Moment.TLS_BEGUN, Action.RESET, times=None)) as proxy,
    ):
        yield gate.url(port=proxy.port, sslmode="require")


@refusal("no answer in time", "timeout expired", passes=True)
def _no_answer(gate: Gate) -> Iterator[sa.URL]:
    # Two seconds are the least that libpq takes.
    yield from _struck(gate, Fault(Moment.ACCEPTED, Action.STALL, times=None), connect_timeout=2)


@refusal("too many for the database", 'FATAL:  too many connections for database "lotado"', passes=True)
def _full_database(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url(database="lotado")


@refusal("too many for the role", 'FATAL:  too many connections for role "esgotado"', passes=True)
def _full_role(gate: Gate) -> Iterator[sa.URL]:
    yield gate.url("esgotado")


@refusal("no PostgreSQL at that port", "received invalid response to SSL negotiation: H", passes=True)
def _web_server(gate: Gate) -> Iterator[sa.URL]:
    # Where it is not the wrong port, something on the way answers so for a moment.
    with _answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        yield gate.url(port=port)


@contextlib.contextmanager
def _sessions(gate: Gate, user: str) -> Iterator[list[Any]]:
    """Connect as `user` until the server takes no more."""
    gate.wait_for_nobody()
    held = []
    try:
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                held.append(connect(gate.url(user)))
        yield held
    finally:
        for connection in held:
            connection.close()
        gate.wait_for_nobody()


@refusal(
    "too many but for superusers",
    "FATAL:  remaining connection slots are reserved for "
    "(roles with the SUPERUSER attribute|non-replication superuser connections)",
    passes=True,
)
def _reserved(gate: Gate) -> Iterator[sa.URL]:
    with _sessions(gate, "comum"):
        yield gate.url()


@refusal("too many", "FATAL:  sorry, too many clients already", passes=True)
def _full(gate: Gate) -> Iterator[sa.URL]:
    with _sessions(gate, USER):
        yield gate.url()


@refusal("server shutting down", "FATAL:  the database system is shutting down", passes=True)
def _shutting_down(gate: Gate) -> Iterator[sa.URL]:
    session = connect(gate.url())
    try:
        stopping = gate.server.begin_restart(signal.SIGTERM)
        # As long as there is a session, it does.
        _wait_for("shutting down", gate)
        yield gate.url()
    finally:
        session.close()
    gate.server.wait_for_restart(stopping)


@refusal("server starting up", "FATAL:  the database system is starting up", passes=True)
def _starting_up(gate: Gate) -> Iterator[sa.URL]:
    standby = gate.server.folder / "data" / "standby.signal"
    standby.touch()
    os.chown(standby, standby.parent.stat().st_uid, standby.parent.stat().st_gid)
    gate.server.begin_restart(signal.SIGQUIT)
    try:
        # It waits for its archive, whose command takes its time.
        _wait_for("starting up", gate)
        yield gate.url()
    finally:
        standby.unlink()
        gate.server.restart()


@refusal("server in recovery", "FATAL:  the database system is in recovery mode", passes=True)
def _in_recovery(gate: Gate) -> Iterator[sa.URL]:
    sessions = [connect(gate.url()) for _ in range(2)]
    stopped, killed = (session.get_backend_pid() for session in sessions)
    os.kill(stopped, signal.SIGSTOP)
    try:
        os.kill(killed, signal.SIGKILL)
        # All other sessions have to end first, and one of them does not.
        _wait_for("in recovery mode", gate)
        yield gate.url()
    finally:
        os.kill(stopped, signal.SIGKILL)
        for session in sessions:
            session.close()
    _wait_for("", gate)


@refusal(
    "pooler without its server",
    r"FATAL:  (client_login_timeout \(server down\)|server login has been failing.*|server login failed: .*)",
    passes=True,
    needs="pgbouncer",
)
def _pooler_alone(gate: Gate) -> Iterator[sa.URL]:
    # PgBouncer tries to reach it for 60 s before it says so: most clients have given up ("timeout expired") by then.
    impatient = "client_login_timeout = 1"
    with Proxy(gate.server.port) as proxy, pooler.running(gate.server, to=proxy.port, more=impatient) as port:
        proxy.shut()
        yield gate.url(USER, port=port)


@refusal(
    "pooler without the database",
    r'FATAL:  (database "nenhum" does not exist|server login has been failing.*|server login failed: .*)',
    passes=False,
    needs="pgbouncer",
)
def _pooler_without_database(gate: Gate) -> Iterator[sa.URL]:
    with pooler.running(gate.server) as port:
        yield gate.url(USER, database="nenhum", port=port)


@dataclass(frozen=True)
class Loss:
    """A way to lose a connection that was there: what the server has to say of it, and its code.

    libpq 17 keeps the last it hears, and that is mostly that the connection has ended: `LOST`, without a code. `busy`,
    whether a statement is under way at that moment.
    """

    name: str
    says: str
    code: str | None
    bring_about: Callable[[Gate, Any], None] = field(repr=False)
    busy: bool = False
    fault: Fault | None = None
    """What the proxy does in place of the server, at the first statement."""


LOST = "server closed the connection unexpectedly|could not receive data from server: .*|could not send .*"


def _terminate(gate: Gate, session: Any) -> None:
    with gate.server.connection("postgres") as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 60000)", [session.get_backend_pid()])


def _drop(gate: Gate, session: Any) -> None:
    gate.server.drop_database("painel")
    gate.server.create_database("painel")


def _restart(how: signal.Signals) -> Callable[[Gate, Any], None]:
    return lambda gate, session: gate.server.restart(how)


def _crash(gate: Gate, session: Any) -> None:
    """Another session's process dies, and the server ends all others: what they may have seen is not to be trusted."""
    pid = session.get_backend_pid()
    other = connect(gate.url())
    os.kill(other.get_backend_pid(), signal.SIGKILL)
    other.close()
    deadline = time.monotonic() + WITHIN
    while runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    _wait_for("", gate)


def _idle(gate: Gate, session: Any) -> None:
    pid = session.get_backend_pid()
    with session.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 1")
    deadline = time.monotonic() + WITHIN
    while runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _nothing(gate: Gate, session: Any) -> None:
    """The proxy does it."""


ADMINISTRATOR = "terminating connection due to administrator command"
CRASH = "terminating connection because of crash of another server process"
IMMEDIATE = "terminating connection due to immediate shutdown command"
IDLE = "terminating connection due to idle-in-transaction timeout"

LOSSES = (
    Loss("ended by an administrator", ADMINISTRATOR, "57P01", _terminate),
    Loss("ended at work by an administrator", ADMINISTRATOR, "57P01", _terminate, busy=True),
    Loss("database dropped", ADMINISTRATOR, "57P01", _drop),
    Loss("server restarted", ADMINISTRATOR, "57P01", _restart(signal.SIGINT)),
    Loss("server restarted at work", ADMINISTRATOR, "57P01", _restart(signal.SIGINT), busy=True),
    Loss("server restarted at once", IMMEDIATE, "57P01", _restart(signal.SIGQUIT), busy=True),
    Loss("server crashed", CRASH, "57P02", _crash, busy=True),
    Loss("idle for too long", IDLE, "25P03", _idle),
    Loss("closed on the way", LOST, None, _nothing, fault=Fault(Moment.CLIENT_MESSAGE, number=3)),
    Loss("reset on the way", LOST, None, _nothing, fault=Fault(Moment.CLIENT_MESSAGE, Action.RESET, number=3)),
)


def lose(gate: Gate, loss: Loss) -> psycopg2.Error:
    """Lose a connection in one of the ways, and return the error that a statement on it ends with."""
    with contextlib.ExitStack() as stack:
        port = gate.server.port
        if loss.fault is not None:
            port = stack.enter_context(Proxy(port, loss.fault)).port
        session = connect(gate.url(port=port))
        stack.callback(session.close)
        cursor = session.cursor()
        if not loss.busy:
            loss.bring_about(gate, session)
            return _error(cursor, "SELECT 1")
        errors: list[psycopg2.Error] = []
        working = threading.Thread(target=lambda: errors.append(_error(cursor, "SELECT pg_sleep(600)")))
        working.start()
        _wait_for_work(gate, session.get_backend_pid())
        loss.bring_about(gate, session)
        working.join()
        return errors[0]


def _error(cursor: Any, statement: str) -> psycopg2.Error:
    try:
        cursor.execute(statement)
    except psycopg2.Error as error:
        return error
    raise AssertionError("the connection is not lost")


def _wait_for_work(gate: Gate, pid: int) -> None:
    deadline = time.monotonic() + WITHIN
    with gate.server.connection("postgres") as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT wait_event FROM pg_stat_activity WHERE pid = %s", [pid])
            if cursor.fetchone() == ("PgSleep",):
                return
            time.sleep(0.01)
    raise AssertionError("the session does not begin its work")


def _wait_for(text: str, gate: Gate) -> None:
    """Wait until an attempt is refused with a text, or is not refused where there is none to wait for."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        try:
            connect(gate.url()).close()
            if not text:
                return
        except psycopg2.OperationalError as error:
            if text and text in str(error):
                return
        time.sleep(0.01)
    raise AssertionError(f"the server does not say: {text}")


@contextlib.contextmanager
def _answering(answer: bytes) -> Iterator[int]:
    """Give the port of a server that has one answer to everything, and then closes."""
    door = socket.create_server((LOOPBACK, 0))
    port = int(door.getsockname()[1])
    ending = threading.Event()

    def serve() -> None:
        while True:
            client, _ = door.accept()
            with client, contextlib.suppress(OSError):
                if ending.is_set():
                    return
                client.recv(1024)
                client.sendall(answer)
                # Until the client goes away: what it has not read yet would be lost.
                client.recv(1024)

    thread = threading.Thread(target=serve, name="answering")
    thread.start()
    try:
        yield port
    finally:
        ending.set()
        socket.create_connection((LOOPBACK, port)).close()
        thread.join()
        door.close()
