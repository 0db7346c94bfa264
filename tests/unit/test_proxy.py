"""The proxy that judges the others is judged itself: each fault strikes where it says, and nothing of it stays."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.support import servers
from tests.support.proxy import LOOPBACK, SSL_REQUEST, VANISHING, Action, Fault, Moment, Proxy

VERSION = 18
WITHIN = 30.0
STARTUP = 3 << 16
# libpq hears of an end when it reads, in most of its versions in the same words for FIN and RST, or when it writes.
LOST = "server closed the connection unexpectedly|Connection reset by peer|could not send"


@pytest.fixture
def server(server_of: Callable[[int], servers.Server]) -> servers.Server:
    return server_of(VERSION)


@pytest.fixture
def database(server: servers.Server) -> Iterator[str]:
    """A database with an empty table `t`."""
    name = f"proxy_{os.getpid()}"
    server.create_database(name)
    with server.connection(name) as cursor:
        cursor.execute("CREATE TABLE t (n int)")
    yield name
    server.drop_database(name)


def connect(port: int, database: str = "postgres", **options: Any) -> Any:
    return psycopg2.connect(host=LOOPBACK, port=port, user=servers.USER, dbname=database, **options)


def insert(port: int, database: str) -> None:
    """One transaction with one row, whose messages are: SSLRequest, start-up, BEGIN, INSERT, COMMIT."""
    connection = connect(port, database)
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (1)")
        connection.commit()
    finally:
        connection.close()


def rows(server: servers.Server, database: str) -> int:
    """Count the rows when no other session is in the database."""
    deadline = time.monotonic() + WITHIN
    with server.connection(database) as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [database])
            if cursor.fetchone()[0] == 1:
                cursor.execute("SELECT count(*) FROM t")
                return int(cursor.fetchone()[0])
            time.sleep(0.01)
    raise AssertionError("a session did not end")


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_counts_a_healthy_connection(server: servers.Server, database: str) -> None:
    with Proxy(server.port) as proxy:
        insert(proxy.port, database)
        insert(proxy.port, database)
        wait_until(lambda: all("X" in seen.types for seen in proxy.seen))
    assert [(seen.client, seen.commits, seen.requests) for seen in proxy.seen] == [(6, 1, [SSL_REQUEST, STARTUP])] * 2
    types = "".join(proxy.seen[0].types)
    assert types.startswith("packet<Npacket<R<S")
    assert types.endswith("Q<C<ZQ<C<ZCOMMIT<C<ZX")
    assert proxy.seen[0].server == types.count("<")
    assert proxy.struck == 0
    assert rows(server, database) == 2


def test_nothing_stays(server: servers.Server) -> None:
    files = Path("/proc/self/fd")
    if not files.exists():
        pytest.skip("no list of open files on this system")
    before = (threading.active_count(), len(list(files.iterdir())))
    with Proxy(server.port, Fault(Moment.ACCEPTED, Action.STALL, times=None)) as proxy:
        stalled = [socket.create_connection((LOOPBACK, proxy.port)) for _ in range(3)]
        wait_until(lambda: proxy.struck == 3)
        proxy.fault = Fault()
        talking = connect(proxy.port)
    for connection in (*stalled, talking):
        connection.close()
    assert (threading.active_count(), len(list(files.iterdir()))) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, proxy.port))


def test_refuses_until_it_opens(server: servers.Server) -> None:
    with Proxy(server.port) as proxy:
        for _ in range(2):
            proxy.shut()
            for _ in range(3):
                with pytest.raises(psycopg2.OperationalError, match="Connection refused"):
                    connect(proxy.port)
            proxy.open()
            connect(proxy.port).close()
        assert len(proxy.seen) == 2


def test_shut_door_leaves_who_is_inside(server: servers.Server, database: str) -> None:
    with Proxy(server.port) as proxy:
        inside = connect(proxy.port, database)
        proxy.shut()
        with inside.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (1)")
        inside.commit()
        inside.close()
    assert rows(server, database) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(Moment.ACCEPTED), LOST),
        (Fault(Moment.ACCEPTED, Action.RESET), LOST),
        (Fault(Moment.TLS_ASKED), LOST),
        (Fault(Moment.TLS_ASKED, Action.RESET), LOST),
        (Fault(Moment.AUTHENTICATION), LOST),
        (Fault(Moment.ACCEPTED, Action.STALL), "timeout expired"),
        (Fault(Moment.CLIENT_MESSAGE, Action.STALL, number=2), "timeout expired"),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault) else "",
)
def test_connecting(server: servers.Server, fault: Fault, said: str) -> None:
    """The first connections are struck, the one after them is not."""
    with Proxy(server.port, fault) as proxy:
        # Two seconds are the least that libpq takes.
        with pytest.raises(psycopg2.OperationalError, match=said):
            connect(proxy.port, connect_timeout=2)
        assert proxy.struck >= 1
        proxy.fault = Fault()
        connect(proxy.port).close()


def test_strikes_the_connections_it_concerns(server: servers.Server) -> None:
    with Proxy(server.port, Fault(Moment.TLS_ASKED, connection=2, times=2)) as proxy:
        ended = []
        for _ in range(4):
            try:
                connect(proxy.port).close()
                ended.append("well")
            except psycopg2.OperationalError:
                ended.append("struck")
    assert ended == ["well", "struck", "struck", "well"]
    assert proxy.struck == 2


@pytest.mark.parametrize(
    ("fault", "heard", "left"),
    [
        (Fault(Moment.CLIENT_MESSAGE, number=1), False, 0),
        (Fault(Moment.CLIENT_MESSAGE, number=3), False, 0),
        (Fault(Moment.CLIENT_MESSAGE, number=4), False, 0),
        (Fault(Moment.CLIENT_MESSAGE, number=5), False, 1),
        (Fault(Moment.CLIENT_MESSAGE, Action.RESET, number=4), False, 0),
        (Fault(Moment.SERVER_MESSAGE, number=1), False, 0),
        (Fault(Moment.SERVER_MESSAGE, number=5), False, 0),
        (Fault(Moment.BEFORE_COMMIT), False, 0),
        (Fault(Moment.BEFORE_COMMIT, Action.RESET), False, 0),
        (Fault(Moment.COMMIT_SENT), False, 1),
        (Fault(Moment.COMMITTED), False, 1),
        (Fault(Moment.COMMITTED, Action.RESET), False, 1),
        (Fault(Moment.COMMIT_ANSWERED), True, 1),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault) else "",
)
def test_cuts(server: servers.Server, database: str, fault: Fault, heard: bool, left: int) -> None:
    """`heard`: whether the client knows of its commit; `left`: the rows there are."""
    with Proxy(server.port, fault) as proxy:
        if heard:
            insert(proxy.port, database)
        else:
            with pytest.raises(psycopg2.OperationalError):
                insert(proxy.port, database)
        assert proxy.struck == 1
        assert rows(server, database) == left
        insert(proxy.port, database)
    assert rows(server, database) == left + 1


def test_cut_after_every_message_of_the_server(server: servers.Server, database: str) -> None:
    """The number that a healthy connection counts is the number of its last message."""
    with Proxy(server.port) as proxy:
        insert(proxy.port, database)
        count = proxy.seen[0].server
        for number in range(1, count + 2):
            proxy.fault = Fault(Moment.SERVER_MESSAGE, number=number, connection=1, times=None)
            try:
                insert(proxy.port, database)
                ended = True
            except psycopg2.OperationalError:
                ended = False
            assert ended == (number >= count)
            assert proxy.struck == min(number, count)


def test_a_parted_client_and_its_commit(server: servers.Server, database: str) -> None:
    """The client is gone, the server does not know: what the transaction holds stays held until COMMIT arrives late."""
    with Proxy(server.port, Fault(Moment.BEFORE_COMMIT, Action.PART)) as proxy:
        with pytest.raises(psycopg2.OperationalError):
            insert(proxy.port, database)
        with server.connection(database) as cursor:
            held = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state = 'idle in transaction'"
            cursor.execute(held, [database])
            assert cursor.fetchone() == (1,)
            cursor.execute("SELECT count(*) FROM t")
            assert cursor.fetchone() == (0,)
        proxy.deliver()
        proxy.release()
        assert rows(server, database) == 1


def test_delays_each_message(server: servers.Server, database: str) -> None:
    with Proxy(server.port, Fault(delay=0.005)) as proxy:
        began = time.monotonic()
        insert(proxy.port, database)
        assert time.monotonic() - began > 0.005 * (proxy.seen[0].client - 1)
    assert rows(server, database) == 1


@pytest.mark.skipif(not VANISHING, reason="a socket's packets can be dropped on Linux only")
def test_keepalives_notice_a_server_that_vanished(server: servers.Server) -> None:
    with Proxy(server.port, Fault(Moment.CLIENT_MESSAGE, Action.VANISH, number=3)) as proxy:
        impatient: dict[str, Any] = {
            "keepalives_idle": 1,
            "keepalives_interval": 1,
            "keepalives_count": 1,
            "tcp_user_timeout": 2000,
        }
        connection = connect(proxy.port, **impatient)
        with pytest.raises(psycopg2.OperationalError, match=os.strerror(errno.ETIMEDOUT)):
            connection.cursor().execute("SELECT 1")
        connection.close()
    assert proxy.struck == 1
