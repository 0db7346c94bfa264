"""Pastes and commands at once: one applies, the others wait for it and do nothing, and the history is written once.

A lock held by the test makes them overlap for certain: all of them wait for it before the first begins.
"""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from homecoming.connection.locks import lock_key
from tests.integration.console.conftest import Clone
from tests.support import command
from tests.support.history import HEAD, REVISIONS, after
from tests.support.pasting import DONE, NOTHING, Answer, Session, script

TOGETHER = {
    "two_pastes": ("block", "block"),
    "paste_then_command": ("block", "command"),
    "command_then_paste": ("command", "block"),
    "five": ("escaped", "block", "block", "escaped", "block"),
}
"""Who is at work, in the order in which they ask."""


def wait_for_waiting(watching: Session, number: int) -> None:
    """Return when so many sessions wait for the lock of a run."""
    deadline = time.monotonic() + command.WITHIN
    query = f"SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = {lock_key() & 0xFFFFFFFF}"
    while len(watching.rows(query)) < number:
        assert time.monotonic() < deadline, "they do not wait"
        time.sleep(0.01)


@pytest.mark.parametrize("workers", TOGETHER.values(), ids=TOGETHER)
def test_one_applies(target: Clone, workers: tuple[str, ...]) -> None:
    place = target.place
    texts = {worker: script("sql", "--style", worker) for worker in workers if worker != "command"}
    with contextlib.ExitStack() as stack:
        holding = stack.enter_context(place.session())
        threads = stack.enter_context(ThreadPoolExecutor(len(workers)))
        # Left first, on an error as well: nobody waits for a test that failed.
        stack.callback(holding.close)
        holding.paste(f"BEGIN; SELECT pg_advisory_xact_lock({lock_key()})")
        running: list[Future[Any]] = []
        for number, worker in enumerate(workers, 1):
            if worker == "command":
                running.append(threads.submit(command.run, place.engine.url, "upgrade"))
            else:
                running.append(threads.submit(place.paste, texts[worker]))
            wait_for_waiting(holding, number)
        holding.paste("COMMIT")
        said = [_succeeded(future.result(command.WITHIN)) for future in running]
    assert DONE in said[0]
    assert all(NOTHING in text for text in said[1:])
    assert place.history() == (len(REVISIONS), 1)
    with place.session() as session:
        ways = session.rows("SELECT DISTINCT way FROM migration_history")
    assert ways == [("command" if workers[0] == "command" else "console",)]
    target.assert_at_head()


def _succeeded(ended: Answer | command.Ended) -> str:
    """What it said, after a look that it succeeded."""
    if isinstance(ended, Answer):
        assert ended.state is None, ended.said
        return ended.said
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def test_forth_and_back_at_once(target: Clone) -> None:
    """Whoever asks first goes first: the way back then finds what it takes back."""
    place = target.place
    with place.session() as holding, ThreadPoolExecutor(2) as threads:
        holding.paste(f"BEGIN; SELECT pg_advisory_xact_lock({lock_key()})")
        forth = threads.submit(place.paste, script("sql"))
        wait_for_waiting(holding, 1)
        back = threads.submit(place.paste, script("sql-rollback", "--to", "0021"))
        wait_for_waiting(holding, 2)
        holding.paste("COMMIT")
        assert DONE in _succeeded(forth.result(command.WITHIN))
        assert "Done: at 0021" in _succeeded(back.result(command.WITHIN))
    assert place.history() == (len(REVISIONS) + after("0021"), 2)
    assert f"Done: at {HEAD}" in place.paste(script("sql")).said
    target.assert_at_head()
