"""Whatever carries the pasted script to the server, it arrives at head, loses no cell, and changes nothing again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.console.conftest import VERSIONS, Clone, CloneOf
from tests.support.history import HEAD, REVISIONS, after, counted
from tests.support.pasting import DONE, NOTHING, script
from tests.support.transports import TRANSPORTS, Transport, one_message

HeadDump = Callable[[int], str]

CASES = [(transport, VERSIONS[number % len(VERSIONS)]) for number, transport in enumerate(TRANSPORTS)]
"""Each transport on one version, the versions in turn."""


def assert_arrives(clone: Clone, transport: Transport, head_dump: HeadDump) -> None:
    """Paste twice: head after the first, the same database to the byte after the second."""
    place = clone.place
    transport(place)
    clone.assert_at_head()
    assert place.server.dump_schema(place.name) == head_dump(place.server.version)
    arrived = place.whole()
    assert place.history() == (len(REVISIONS), 1)
    transport(place)
    assert place.whole() == arrived


@pytest.mark.parametrize(
    ("transport", "version"), CASES, ids=[f"{transport.__name__}-pg{version}" for transport, version in CASES]
)
def test_transport(clone_of: CloneOf, head_dump: HeadDump, transport: Transport, version: int) -> None:
    assert_arrives(clone_of(version), transport, head_dump)


@pytest.mark.parametrize("version", VERSIONS)
def test_another_state(clone_of: CloneOf, head_dump: HeadDump, version: int) -> None:
    """State 25 calls a column another name, which is the revision with the most rows to move."""
    assert_arrives(clone_of(version, state=25), one_message, head_dump)


@pytest.mark.parametrize("style", ["block", "escaped"])
def test_inside_a_transaction_of_the_operator(target: Clone, style: str) -> None:
    """The careful way: BEGIN, paste, look, and ROLLBACK takes all of it back; or paste again, and COMMIT keeps it."""
    text = script("sql", "--style", style)
    target.before  # noqa: B018  reads it now
    with target.place.session() as session:
        before = session.state()
        assert session.paste("BEGIN").state is None
        assert DONE in session.paste(text).said
        session.paste("ROLLBACK")
        assert session.state() == before
        target.assert_untouched()
        session.paste("BEGIN")
        assert DONE in session.paste(text).said
        assert NOTHING in session.paste(text).said
        session.paste("COMMIT")
        assert session.state() == before
    target.assert_at_head()


def test_there_and_back_in_one_transaction(target: Clone) -> None:
    """Temporary tables that the first paste made are still there for the second, and must not count twice."""
    with target.place.session() as session:
        session.paste("BEGIN")
        assert DONE in session.paste(script("sql")).said
        assert session.paste(script("sql-rollback", "--to", "0010")).state is None
        assert f"Done: at {HEAD} after {counted(after('0010'))}" in session.paste(script("sql")).said
        session.paste("COMMIT")
    target.assert_at_head()


@pytest.mark.parametrize("style", ["block", "escaped"])
def test_nothing_stays_behind(target: Clone, style: str) -> None:
    """The console may keep its session: no setting, helper, temporary table or lock is left in it."""
    with target.place.session() as session:
        # What the operator had made is theirs.
        session.paste(
            "SET search_path = pg_catalog; SET lock_timeout = 1234; SET jit = on; SET client_min_messages = notice;"
            "SET standard_conforming_strings = off; SET quote_all_identifiers = on;"
            "CREATE TEMP TABLE mine (id integer);"
            "CREATE FUNCTION pg_temp.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        )
        before = session.state()
        assert DONE in session.paste(script("sql", "--style", style)).said
        assert session.state() == before
        assert NOTHING in session.paste(script("sql", "--style", style)).said
        assert session.state() == before


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_another_isolation_is_refused(target: Clone, isolation: str) -> None:
    """Such a transaction does not see what the run did that it waited for: it would judge by a state that is gone."""
    target.before  # noqa: B018  reads it now
    with target.place.session() as session:
        session.paste(f"SET default_transaction_isolation = '{isolation}'")
        assert session.paste(script("sql")).error == (
            "PM004",
            "transactions of this session do not see what another run has done meanwhile",
            "SET default_transaction_isolation = 'read committed', then paste again",
        )
        target.assert_untouched()
        session.paste("SET default_transaction_isolation = 'read committed'")
        assert DONE in session.paste(script("sql")).said
