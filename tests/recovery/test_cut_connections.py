"""A connection that is cut, wherever: the database is as it was or at head, the next run arrives, and no cell is lost.

The proxy counts the messages of a run that nothing disturbs, and then cuts after one of them. Before COMMIT is passed
on, nothing may have changed, to the last row of the system's tables; from then on all must be done. A run here makes
one attempt, so that what is between two attempts is seen.

Of the two thousand messages, some are chosen, evenly spread; RECOVERY=all takes each.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import pytest

from tests.conftest import VERSIONS
from tests.recovery.conftest import Original, Undisturbed
from tests.support import command
from tests.support.bench import Bench, bench, committing
from tests.support.history import HEAD
from tests.support.interruptions import Interruptions
from tests.support.proxy import Action, Fault, Moment, Proxy, Seen

ALL = os.environ.get("RECOVERY") == "all"
CUTS = 18
"""Chosen on each version and side."""
PIECES = 24 if ALL else 3
"""Tests that they are shared out to, for pytest-xdist."""
SIDES = {Moment.CLIENT_MESSAGE: "", Moment.SERVER_MESSAGE: "<"}


@dataclass(frozen=True)
class Cut:
    """A fault, and whether the server has heard COMMIT before."""

    fault: Fault
    committed: bool


def cuts(seen: list[Seen], moment: Moment) -> list[Cut]:
    """Return a cut after each message of one side, in the order they were seen."""
    found = []
    committed = False
    for connection, each in enumerate(seen, 1):
        number = 0
        for kind in each.types:
            committed |= kind == "COMMIT"
            if kind.startswith("<") == (moment is Moment.SERVER_MESSAGE):
                number += 1
                found.append(Cut(Fault(moment, number=number, connection=connection), committed))
    # The end of the last connection: nobody waits for anything any more.
    assert found[-1].committed
    return found[:-1]


def chosen(found: list[Cut], version: int) -> list[Cut]:
    """Return some, evenly spread, and on the other version those half-way between."""
    if ALL:
        return found
    shift = VERSIONS.index(version) / len(VERSIONS)
    return [found[int((step + shift) * len(found) / CUTS)] for step in range(CUTS)]


@pytest.mark.parametrize("piece", range(PIECES))
@pytest.mark.parametrize("moment", SIDES, ids=("client", "server"))
@pytest.mark.parametrize("version", VERSIONS)
def test_after_a_message(
    original: Original,
    undisturbed: Undisturbed,
    interruptions: Interruptions,
    version: int,
    moment: Moment,
    piece: int,
) -> None:
    picked = chosen(cuts(undisturbed(version), moment), version)
    with bench(original(version)) as made:
        for cut in picked[piece::PIECES]:
            with interruptions.one(f"cut after a {moment.value}"):
                assert_cut(made, cut)


def assert_cut(made: Bench, cut: Cut) -> None:
    with Proxy(made.server.port, cut.fault) as proxy:
        ended = made.run_once(proxy)
        assert proxy.struck == 1, cut
    assert_told(ended, cut.committed)
    made.assert_survived(cut.committed)


def assert_told(ended: command.Ended, committed: bool) -> None:
    """A run that changed nothing says so; one that did may say that it lost the answer, or that it is done."""
    if committed and ended.code == 0:
        return
    assert ended.code == 3, ended
    assert [line.split(":")[0] for line in ended.err.splitlines()[-2:]] == ["Error", "Next"]


COMMITS = [
    Cut(Fault(Moment.BEFORE_COMMIT, Action.CLOSE), committed=False),
    Cut(Fault(Moment.BEFORE_COMMIT, Action.RESET), committed=False),
    Cut(Fault(Moment.COMMIT_SENT, Action.CLOSE), committed=True),
    Cut(Fault(Moment.COMMITTED, Action.CLOSE), committed=True),
    Cut(Fault(Moment.COMMITTED, Action.RESET), committed=True),
]


@pytest.mark.parametrize("cut", COMMITS, ids=lambda cut: str(cut.fault))
@pytest.mark.parametrize("version", VERSIONS)
def test_around_the_commit(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions, version: int, cut: Cut
) -> None:
    with bench(original(version)) as made, interruptions.one(str(cut.fault)):
        assert_cut(made, replace(cut, fault=committing(undisturbed(version), cut.fault)))


@pytest.mark.parametrize("action", [Action.CLOSE, Action.RESET])
def test_commit_that_is_heard(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions, action: Action
) -> None:
    """The run has done all it was to do: what happens to the connection afterwards is no failure."""
    fault = committing(undisturbed(VERSIONS[-1]), Fault(Moment.COMMIT_ANSWERED, action))
    with bench(original(VERSIONS[-1])) as made, interruptions.one(str(fault)):
        with Proxy(made.server.port, fault) as proxy:
            ended = made.run_once(proxy)
            assert proxy.struck == 1
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.splitlines()[-1].startswith(f"Done: at {HEAD}")
        made.assert_survived(committed=True)


def test_commit_that_never_comes_and_the_server_not_told(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions
) -> None:
    """The network breaks between: to the server the run is still at work, and its locks are held.

    Another run says what it waits for, and changes nothing; once the server has heard, it arrives.
    """
    fault = committing(undisturbed(VERSIONS[0]), Fault(Moment.BEFORE_COMMIT, Action.PART))
    with bench(original(VERSIONS[0])) as made, interruptions.one(str(fault)):
        with Proxy(made.server.port, fault) as proxy:
            # Once parted, a look or another attempt of the same run must not wait for what nobody will end.
            ended = made.run_once(proxy, MIGRATION_LOCK_WAIT="0.1")
            assert proxy.struck == 1
            assert ended.code in (3, 5), ended
            again = made.run_once(proxy, MIGRATION_LOCK_WAIT="0.1")
            assert again.code == 5
            assert again.err.startswith("Error: another run holds the lock for more than 0.1 s: pid ")
        made.assert_survived(committed=False)


CONNECTING = [
    Fault(moment, action)
    for moment in (Moment.ACCEPTED, Moment.TLS_ASKED, Moment.AUTHENTICATION)
    for action in (Action.CLOSE, Action.RESET)
]


@pytest.mark.parametrize("version", VERSIONS)
def test_while_connecting(original: Original, interruptions: Interruptions, version: int) -> None:
    with bench(original(version)) as made:
        for fault in CONNECTING:
            with interruptions.one(str(fault)), Proxy(made.server.port, replace(fault, times=None)) as proxy:
                ended = made.run_once(proxy)
                assert proxy.struck >= 1
                assert_told(ended, committed=False)
                made.assert_survived(committed=False)
        with interruptions.one("refused"), Proxy(made.server.port) as proxy:
            proxy.shut()
            assert_told(made.run_once(proxy), committed=False)
            made.assert_survived(committed=False)


def test_server_that_says_nothing(original: Original, interruptions: Interruptions) -> None:
    """Given up after MIGRATION_CONNECT_TIMEOUT; two seconds are the least that libpq takes."""
    fault = Fault(Moment.ACCEPTED, Action.STALL, times=None)
    with bench(original(VERSIONS[-1])) as made, interruptions.one(str(fault)):
        with Proxy(made.server.port, fault) as proxy:
            ended = made.run_once(proxy, MIGRATION_CONNECT_TIMEOUT="2")
            assert proxy.struck >= 1
        assert_told(ended, committed=False)
        made.assert_survived(committed=False)


def test_slow_network(original: Original, interruptions: Interruptions) -> None:
    """A tenth of a second a message is a minute for a run; a two-hundredth is enough to see that nothing minds."""
    with bench(original(VERSIONS[0])) as made, interruptions.one("delayed"):
        with Proxy(made.server.port, Fault(delay=0.002, times=None)) as proxy:
            ended = made.run_once(proxy)
        assert (ended.code, ended.err) == (0, "")
        made.assert_survived(committed=True)
