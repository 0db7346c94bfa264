"""Stopped from outside, at whatever moment: the database is as it was, with a message, or at head. Nothing between."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from homecoming.connection.locks import lock_key
from tests.integration.console.conftest import VERSIONS, Clone, CloneOf
from tests.support import servers
from tests.support.pasting import NOTHING, Answer, Place, Session, script
from tests.support.refused import CPF

SINCE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"

WITHIN = 60.0
"""Seconds until a paste that does not end, or does not begin to wait, is given up."""

STOPPED = (
    "Nothing was changed. Paste it again; if a statement_timeout stopped it, SET statement_timeout = 0 first",
    "57014",
)


@contextmanager
def pasting(session: Session, text: str) -> Iterator[list[Answer]]:
    """Paste beside what the `with` does; the list holds the answer when it ends."""
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(session.paste(text)), daemon=True)
    thread.start()
    yield answers
    thread.join(WITHIN)
    assert answers, "the paste does not end"


def wait_until_waiting(watching: Session, pid: int) -> None:
    """Return when a session waits for a lock."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        if watching.rows(f"SELECT FROM pg_stat_activity WHERE pid = {pid} AND wait_event_type = 'Lock'"):
            return
        time.sleep(0.005)
    raise AssertionError("nothing waits for the lock")


@pytest.fixture(scope="module")
def seconds_of(model_of: Callable[[int, int], Clone]) -> Callable[[int], float]:
    """A function that gives how long a paste takes on a version, measured once on the same rows, then taken back."""
    measured: dict[int, float] = {}

    def get(version: int) -> float:
        if version not in measured:
            with model_of(version, 18).place.session() as session:
                session.paste("BEGIN")
                began = time.monotonic()
                assert session.paste(script("sql")).state is None
                measured[version] = time.monotonic() - began
                session.paste("ROLLBACK")
        return measured[version]

    return get


@pytest.mark.parametrize("tenth", range(1, 11))
def test_stopped_at_each_tenth(clone_of: CloneOf, seconds_of: Callable[[int], float], tenth: int) -> None:
    """Another session's pg_cancel_backend, and a statement_timeout that the operator's session came with, in turn."""
    version = VERSIONS[tenth % len(VERSIONS)]
    later = seconds_of(version) * tenth / 10
    clone = clone_of(version)
    clone.before  # noqa: B018  reads it now
    with clone.place.session() as session, clone.place.session() as other:
        if tenth % 2:
            session.paste(f"SET statement_timeout = {round(later * 1000)}")
        before = session.state()
        with pasting(session, script("sql")) as answers:
            if not tenth % 2:
                time.sleep(later)
                other.rows(f"SELECT pg_cancel_backend({session.pid})")
        assert session.state() == before
    assert_all_or_nothing(clone, answers[0])


def assert_all_or_nothing(clone: Clone, answer: Answer) -> None:
    """Cancelled with its message and nothing changed, or done; and the next paste arrives in any case."""
    if answer.state is None:
        clone.assert_at_head()
        return
    # One that comes before the script's first line, or after its last, gets PostgreSQL's own words.
    if answer.hint is not None:
        assert (answer.hint, answer.state) == STOPPED
        assert answer.message is not None
        assert answer.message.endswith(": cancelled")
    assert answer.state == "57014"
    assert CPF not in answer.said
    clone.assert_untouched()
    assert clone.place.paste(script("sql")).state is None
    clone.assert_at_head()


@contextmanager
def held(place: Place, statement: str) -> Iterator[Session]:
    """Another session that holds something."""
    with place.session() as holding:
        holding.paste("BEGIN")
        assert holding.paste(statement).state is None
        yield holding


TABLE = "LOCK TABLE produtos IN ACCESS SHARE MODE"
"""What a query that is not done holds."""

RUN = f"SELECT pg_advisory_xact_lock({lock_key()})"


@pytest.mark.parametrize(("statement", "step"), [(TABLE, "revision 00"), (RUN, "the lock")], ids=["table", "run"])
def test_cancelled_while_it_waits(target: Clone, statement: str, step: str) -> None:
    """For certain in the middle: the operator gives up waiting."""
    target.before  # noqa: B018  reads it now
    with target.place.session() as session, held(target.place, statement) as other:
        before = session.state()
        with pasting(session, script("sql", MIGRATION_LOCK_TIMEOUT="60")) as answers:
            wait_until_waiting(other, session.pid)
            other.rows(f"SELECT pg_cancel_backend({session.pid})")
        state, message, hint, _ = answers[0]
        assert (hint, state) == STOPPED
        assert message is not None
        assert message.startswith(step)
        assert message.endswith(": cancelled")
        assert session.state() == before
    target.assert_untouched()


def test_backend_ended(target: Clone) -> None:
    """A restart of the server, or pg_terminate_backend, when revisions are done already."""
    target.before  # noqa: B018  reads it now
    with target.place.session() as session, held(target.place, TABLE) as other:
        with pasting(session, script("sql", MIGRATION_LOCK_TIMEOUT="60")) as answers:
            wait_until_waiting(other, session.pid)
            other.rows(f"SELECT pg_terminate_backend({session.pid})")
        # The server's word for it, or libpq's where that did not arrive.
        assert answers[0].state in ("57P01", None)
        assert "terminating connection" in answers[0].said or "closed the connection" in answers[0].said
        other.paste("COMMIT")
    target.assert_untouched()
    assert target.place.paste(script("sql")).state is None
    target.assert_at_head()


def who(holding: Session, application: str = "sales") -> str:
    """What a hint says of a session that holds what a paste needs, and how to end it; as a pattern."""
    said = f"pid {holding.pid} of user {servers.USER}, application {application}, idle in transaction since "
    return re.escape(said) + SINCE + re.escape(f": SELECT pg_terminate_backend({holding.pid})")


@pytest.mark.parametrize(("mode", "step"), [("SHARE", "revision 0001"), ("EXCLUSIVE", "the start")])
def test_table_held_by_another_session(target: Clone, mode: str, step: str) -> None:
    """The application's longest query must not make a console hang; its hint names whom to end."""
    target.before  # noqa: B018  reads it now
    held_table = held(target.place, f"LOCK TABLE produtos IN ACCESS {mode} MODE")
    # One that holds a table nobody asked for is not in the way.
    beside = held(target.place, "LOCK TABLE pg_class IN ACCESS SHARE MODE")
    with target.place.session() as session, held_table as other, beside:
        other.paste("SET application_name = sales")
        before = session.state()
        state, message, hint, _ = session.paste(script("sql", MIGRATION_LOCK_TIMEOUT="0.2"))
        assert (state, message) == ("55P03", f"{step}: a table this run has to change is held by another session")
        assert re.fullmatch(
            f"Nothing was changed. End the other session, then paste again: {who(other)}", hint or ""
        ), hint
        assert session.state() == before
        assert session.rows(f"SELECT pg_terminate_backend({other.pid})") == [(True,)]
        target.assert_untouched()
        assert session.paste(script("sql")).state is None
    target.assert_at_head()


def test_each_session_is_named_in_portuguese_and_without_a_name(target: Clone) -> None:
    """Two queries that are not done, of sessions that say nothing of themselves: the older one first."""
    with target.place.session() as session, held(target.place, TABLE) as one, held(target.place, TABLE) as two:
        hint = session.paste(script("sql", MIGRATION_LOCK_TIMEOUT="0.2", MIGRATION_LANG="pt")).hint or ""
    each = "; ".join(
        rf"pid {other.pid} do usuário {servers.USER}, aplicação \?, idle in transaction desde {SINCE}"
        rf": SELECT pg_terminate_backend\({other.pid}\)"
        for other in (one, two)
    )
    assert re.fullmatch(f"Nada foi alterado. Encerre a outra sessão, e cole de novo: {each}", hint), hint


@pytest.mark.parametrize("wait", ["0", "0.3"])
def test_lock_held_by_a_run_that_hangs(target: Clone, wait: str) -> None:
    target.before  # noqa: B018  reads it now
    # Who holds a table is not who runs.
    with target.place.session() as session, held(target.place, RUN) as other, held(target.place, TABLE):
        other.paste("SET application_name = sales")
        before = session.state()
        state, message, hint, _ = session.paste(script("sql", MIGRATION_LOCK_WAIT=wait))
        assert (state, message) == ("55P03", f"another run holds the lock for more than {wait} s")
        assert re.fullmatch(f"Nothing was changed. Wait for it, then paste again: {who(other)}", hint or ""), hint
        assert session.state() == before
    target.assert_untouched()


def test_nothing_to_do_is_said_while_a_table_is_held(target: Clone) -> None:
    """At head a paste needs no table: it does not wait for the application."""
    assert target.place.paste(script("sql")).state is None
    with held(target.place, "LOCK TABLE produtos IN ACCESS EXCLUSIVE MODE"):
        assert NOTHING in target.place.paste(script("sql", MIGRATION_LOCK_TIMEOUT="0.2")).said
