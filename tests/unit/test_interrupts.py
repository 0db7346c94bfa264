"""A signal ends a command as one, whoever on the way swallows what it raises, and whatever it cuts meanwhile."""

import os
import signal
import time

import pytest

from homecoming.connection import interrupts
from homecoming.connection.interrupts import CancellationToken, Interrupted, interruptible
from homecoming.errors import LostError
from homecoming.run.attempts import until_through
from homecoming.settings import read_settings


def cut(token: CancellationToken) -> None:
    """End as a run does whose connection was cut, after a library swallowed the interrupt."""
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    except Interrupted:
        pass
    assert token.cancelled.wait(5)
    raise LostError("the connection was lost", "Run again")


def test_what_a_signal_cut_is_no_lost_connection(capsys: pytest.CaptureFixture[str]) -> None:
    token = CancellationToken()
    with pytest.raises(Interrupted) as ended, interruptible(token):
        cut(token)
    assert ended.value.exit_code == 143
    assert capsys.readouterr().err == "Interrupted: rolled back, nothing was changed\n"


def test_a_run_that_a_signal_cut_ends_as_interrupted() -> None:
    """So that its last event says so, too."""
    token = CancellationToken()
    with interruptible(token), pytest.raises(Interrupted) as ended:
        until_through(lambda: cut(token), read_settings(), token)
    assert ended.value.signum == signal.SIGTERM


def test_without_a_signal_it_is() -> None:
    with pytest.raises(LostError), interruptible(CancellationToken()):
        raise LostError("the connection was lost", "Run again")


def taken_away(token: CancellationToken, done: list[str], before: float) -> None:
    """Take something away for half a second; the signal comes before it, or within it."""
    try:
        if before:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(before)
    finally:
        with token.cleaning():
            if not before:
                os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.5)
            done.append("within")
    done.append("after")


@pytest.mark.parametrize("before", [0, 5])
def test_what_takes_something_away_comes_to_its_end(monkeypatch: pytest.MonkeyPatch, before: float) -> None:
    """The signal is heard afterwards, however long it takes."""
    monkeypatch.setattr(interrupts, "END_WITHIN", 0.1)
    token, done = CancellationToken(), list[str]()
    with pytest.raises(Interrupted), interruptible(token):
        taken_away(token, done, before)
    assert done == ["within"]
