"""A connection that is lost once, and a network that is well again: the same command arrives, with nothing said twice.

The judge's words: exit code 0, and the last line says that it is done or that nothing was to do, or some line says that
the answer to COMMIT was lost. Whether it was carried out is looked up, never guessed: all or nothing of it is there.
"""

from __future__ import annotations

import signal
import threading
from dataclasses import replace

import pytest

from tests.conftest import VERSIONS
from tests.recovery.conftest import Original, Undisturbed
from tests.support import command
from tests.support.bench import Bench, bench, committing
from tests.support.history import HEAD
from tests.support.interruptions import Interruptions
from tests.support.proxy import VANISHING, Action, Fault, Moment, Proxy, Seen

PARTS = (0.1, 0.5, 0.95)
"""Of a side's messages: where a run is cut."""

ACTIONS = {VERSIONS[0]: Action.CLOSE, VERSIONS[-1]: Action.RESET}
"""Each on one version: what a run does about it depends on neither."""


def assert_arrived(made: Bench, ended: command.Ended) -> None:
    assert ended.code == 0, ended
    lines = ended.out.splitlines()
    assert lines[-1].startswith(f"Done: at {HEAD}"), ended
    made.damaged.wait_for_the_server()
    made.damaged.assert_at_head()
    made.arrive()


def in_the_middle(seen: list[Seen], fault: Fault, part: float) -> Fault:
    """Return the fault at some part of the messages of the connection that commits."""
    fault = committing(seen, fault)
    each = seen[fault.connection - 1]
    return replace(fault, number=int((each.client if fault.moment is Moment.CLIENT_MESSAGE else each.server) * part))


CONNECTING = [
    Fault(Moment.ACCEPTED, Action.RESET, times=2),
    Fault(Moment.TLS_ASKED, times=2),
    Fault(Moment.AUTHENTICATION, times=2),
]


def test_refused_twice_while_connecting(original: Original, interruptions: Interruptions) -> None:
    with bench(original(VERSIONS[0])) as made:
        for fault in CONNECTING:
            with interruptions.one(f"second attempt: {fault}"), Proxy(made.server.port, fault) as proxy:
                ended = made.run(proxy)
                assert proxy.struck == 2
                assert_arrived(made, ended)


def test_server_that_comes_late(original: Original, interruptions: Interruptions) -> None:
    with bench(original(VERSIONS[1])) as made, interruptions.one("second attempt: refused"):
        with Proxy(made.server.port) as proxy:
            proxy.shut()
            opening = threading.Timer(1, proxy.open)
            opening.start()
            ended = made.run(proxy)
            opening.join()
        assert_arrived(made, ended)


@pytest.mark.parametrize("moment", [Moment.CLIENT_MESSAGE, Moment.SERVER_MESSAGE], ids=("client", "server"))
@pytest.mark.parametrize("version", VERSIONS)
def test_cut_in_the_middle(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions, version: int, moment: Moment
) -> None:
    with bench(original(version)) as made:
        for part in PARTS:
            fault = in_the_middle(undisturbed(version), Fault(moment, ACTIONS[version]), part)
            with interruptions.one(f"second attempt: {fault.action.value} at a {moment.value}"):
                with Proxy(made.server.port, fault) as proxy:
                    ended = made.run(proxy)
                    assert proxy.struck == 1
                assert_arrived(made, ended)


@pytest.mark.parametrize("version", VERSIONS)
def test_cut_around_the_commit(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions, version: int
) -> None:
    faults = [Fault(moment, ACTIONS[version]) for moment in (Moment.BEFORE_COMMIT, Moment.COMMITTED)]
    with bench(original(version)) as made:
        for fault in [*faults, Fault(Moment.COMMIT_SENT)]:
            with interruptions.one(f"second attempt: {fault}"):
                with Proxy(made.server.port, committing(undisturbed(version), fault)) as proxy:
                    ended = made.run(proxy)
                    assert proxy.struck == 1
                assert_arrived(made, ended)


FOUND = f"Done: at {HEAD}; the answer to the commit was lost, and the database was found there"
IN_DOUBT = "; whether the changes were committed cannot be known from here\nNext: Look: make status\n"


def test_a_commit_that_arrived_unheard_is_found(original: Original, undisturbed: Undisturbed) -> None:
    version = VERSIONS[0]
    with bench(original(version)) as made:
        with Proxy(made.server.port, committing(undisturbed(version), Fault(Moment.COMMITTED))) as proxy:
            ended = made.run(proxy)
        assert (ended.code, ended.out.splitlines()[-1]) == (0, FOUND)


def test_a_commit_nobody_could_look_for_stays_in_doubt(original: Original, undisturbed: Undisturbed) -> None:
    """It is said so, and no word of nothing having changed: here it had."""
    version = VERSIONS[1]
    with bench(original(version)) as made:
        with Proxy(made.server.port, committing(undisturbed(version), Fault(Moment.COMMITTED))) as proxy:
            ended = made.run_once(proxy)
        assert ended.code == 3
        assert ended.err.startswith("Error: the connection was lost: ")
        assert ended.err.endswith(IN_DOUBT)
        made.damaged.assert_at_head()


def test_a_commit_behind_which_nobody_gets_stays_in_doubt(original: Original, undisturbed: Undisturbed) -> None:
    """The lost session holds the lock of runs, longer than this run may wait."""
    version = VERSIONS[0]
    with bench(original(version)) as made:
        fault = committing(undisturbed(version), Fault(Moment.BEFORE_COMMIT, Action.PART))
        with Proxy(made.server.port, fault) as proxy:
            ended = made.run(proxy, MIGRATION_LOCK_WAIT="0.1")
        assert ended.code == 3
        assert ended.err.startswith("Error: another run holds the lock for more than 0.1 s: pid ")
        assert ended.err.endswith(IN_DOUBT)
        made.assert_survived(committed=False)


@pytest.mark.parametrize("late", [True, False], ids=("arrives late", "never arrives"))
def test_commit_that_the_server_waits_for(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions, late: bool
) -> None:
    """The client hears that its connection is gone while COMMIT is still on its way: who looks now sees nothing done.

    The transaction is not over, and holds the lock: it has to be waited for, and only then be looked at.
    """
    version = VERSIONS[1]
    fault = committing(undisturbed(version), Fault(Moment.BEFORE_COMMIT, Action.PART))
    with bench(original(version)) as made, interruptions.one(f"second attempt: {fault}"):
        with Proxy(made.server.port, fault) as proxy:
            process = command.start(made.damaged.url(proxy.port), "upgrade")
            # Somebody waits for the lock, or the run has ended, which is wrong.
            made.wait_until(lambda: process.poll() is not None or waits_for_the_lock(made))
            if late:
                proxy.deliver()
            proxy.release()
            ended = command.end(process)
        assert_arrived(made, ended)


def test_server_that_does_not_hear_of_the_end(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions
) -> None:
    """The first attempt's transaction holds the lock until the server hears: the second waits, then does the work."""
    version = VERSIONS[0]
    fault = in_the_middle(undisturbed(version), Fault(Moment.CLIENT_MESSAGE, Action.PART), 0.5)
    with bench(original(version)) as made, interruptions.one("second attempt: parted in the middle"):
        assert_waits_and_arrives(made, fault)


@pytest.mark.skipif(not VANISHING, reason="packets can be dropped on Linux only")
@pytest.mark.parametrize("moment", [Moment.CLIENT_MESSAGE, Moment.SERVER_MESSAGE, Moment.COMMITTED])
def test_network_that_is_gone_without_a_word(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions, moment: Moment
) -> None:
    """Keepalives tell a client that waits for an answer, TCP's own time limit one that has just asked."""
    version = VERSIONS[-1]
    fault = committing(undisturbed(version), Fault(moment, Action.VANISH))
    if moment is not Moment.COMMITTED:
        fault = in_the_middle(undisturbed(version), fault, 0.5)
    with bench(original(version)) as made, interruptions.one(f"second attempt: vanished at {moment.value}"):
        assert_waits_and_arrives(made, fault, **IMPATIENT)


IMPATIENT = {
    "keepalives_idle": "1",
    "keepalives_interval": "1",
    "keepalives_count": "1",
    "tcp_user_timeout": "2000",
}
"""A minute by default: what is asked here is only that the kernel's word for it is understood."""


def assert_waits_and_arrives(made: Bench, fault: Fault, **options: str) -> None:
    with Proxy(made.server.port, fault) as proxy:
        url = made.damaged.url(proxy.port).update_query_dict(options)
        process = command.start(url, "upgrade")
        made.wait_until(lambda: process.poll() is not None or waits_for_the_lock(made))
        proxy.release()
        ended = command.end(process)
    assert_arrived(made, ended)


def waits_for_the_lock(made: Bench) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with made.server.connection(made.name) as cursor:
        cursor.execute(query)
        return bool(cursor.fetchone()[0])


def test_server_restarted_in_the_middle(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions
) -> None:
    version = VERSIONS[1]
    fault = in_the_middle(undisturbed(version), Fault(Moment.CLIENT_MESSAGE, Action.STALL), 0.6)
    with bench(original(version)) as made, interruptions.one("second attempt: server restarted"):
        with Proxy(made.server.port, fault) as proxy:
            process = command.start(made.damaged.url(proxy.port), "upgrade")
            made.wait_until(lambda: proxy.struck == 1)
            stopping = made.server.begin_restart(signal.SIGQUIT)
            # The server is away or starting up when the second attempt begins.
            proxy.release()
            made.server.wait_for_restart(stopping)
            ended = command.end(process)
        assert_arrived(made, ended)
