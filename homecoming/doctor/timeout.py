"""Waiting for no longer than so many seconds, also for what cannot be interrupted: a resolver, libpq, a slow query."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from homecoming.language import tr

Result = TypeVar("Result")


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what ``work`` returns, or raise what it raises.

    It runs in a thread that is left behind where it takes longer, and ends with the process.
    Errors: TimeoutError where it is not done in so many seconds.
    """
    results: list[Result] = []
    errors: list[Exception] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    if not done.wait(seconds):
        raise TimeoutError(tr("timed out: no answer in {seconds:g} s", seconds=seconds))
    if errors:
        raise errors[0]
    return results[0]
