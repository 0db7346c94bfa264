"""What real servers say when they refuse, word for word: the table of failures is judged by these."""

from __future__ import annotations

import re

import psycopg2
import pytest

from homecoming.connection.failures import classify
from homecoming.errors import LostError
from tests.support import refusals
from tests.support.refusals import LOSSES, REFUSALS, Gate, Loss, Refusal


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_says(gate: Gate, refusal: Refusal) -> None:
    if reason := refusals.missing(refusal.needs):
        pytest.skip(reason)
    with refusal.at(gate) as url:
        with pytest.raises(psycopg2.OperationalError) as caught:
            refusals.connect(url).close()
        # No code comes with a refusal: the text is all there is.
        assert caught.value.pgcode is None
        assert re.fullmatch(refusal.says, refusals.said(caught.value)), str(caught.value)
        assert refusals.PASSWORD not in str(caught.value)
        found, words = classify(caught.value)
        assert (found.passes, refusals.PASSWORD in words) == (refusal.passes, False)


def test_password_with_every_sign(gate: Gate) -> None:
    """The right one is let in, so that the wrong one is refused for what it is."""
    with refusals.connect(gate.url("operador", password=refusals.PASSWORD)) as session, session.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("operador",)
    session.close()


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_says_of_a_session(gate: Gate, loss: Loss) -> None:
    """Once it was there, a lost connection is said in the server's words, with a code, or in libpq's without one."""
    error = refusals.lose(gate, loss)
    wanted = refusals.LOST if error.pgcode is None else loss.says
    assert error.pgcode in (None, loss.code)
    assert re.fullmatch(wanted, error.diag.message_primary or refusals.said(error)), str(error)
    found, _ = classify(error)
    assert (found.passes, found.ends) == (True, LostError)
