"""A server that is restarted in the middle of a run, at once: it comes up again with nothing changed."""

from __future__ import annotations

import pytest

from tests.conftest import VERSIONS
from tests.recovery.conftest import Original, Undisturbed
from tests.support import command
from tests.support.bench import ONE_ATTEMPT, bench, committing
from tests.support.interruptions import Interruptions
from tests.support.proxy import Action, Fault, Moment, Proxy


@pytest.mark.parametrize(("version", "part"), [(VERSIONS[0], 0.2), (VERSIONS[-1], 0.5), (VERSIONS[0], 0.9)])
def test_in_the_middle_of_a_run(
    original: Original, undisturbed: Undisturbed, interruptions: Interruptions, version: int, part: float
) -> None:
    """The immediate mode: PostgreSQL recovers from its log afterwards, as after a power failure.

    The proxy holds the run at a message meanwhile, so that it is in the middle, however slow the machine.
    """
    fault = committing(undisturbed(version), Fault(Moment.CLIENT_MESSAGE, Action.STALL))
    number = int(undisturbed(version)[fault.connection - 1].client * part)
    with bench(original(version)) as made, interruptions.one("server restarted"):
        with Proxy(made.server.port, Fault(fault.moment, fault.action, number, fault.connection)) as proxy:
            url = made.damaged.url(proxy.port)
            process = command.start(url, "upgrade", env=command.environment(url, **ONE_ATTEMPT))
            made.wait_until(lambda: proxy.struck == 1)
            made.server.restart()
            proxy.release()
            ended = command.end(process)
        assert ended.code == 3, ended
        made.assert_survived(committed=False)
