"""Between a run's first lock and its commit nobody waits for the network: what it does then is one message."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import pytest

from tests.conftest import engine_of
from tests.support import command, lineage, scars, servers
from tests.support.proxy import Proxy


@pytest.mark.parametrize(("state", "scar"), [(3, None), (18, "startup_rebuild_sold_since"), (27, None)], ids=str)
def test_what_is_done_under_locks_is_one_message(
    server_of: Callable[[int], servers.Server], state: int, scar: str | None
) -> None:
    server = server_of(servers.available()[-1])
    name = f"trips_{secrets.token_hex(4)}"
    engine = engine_of(server.create_database(name))
    lineage.build(engine, state, rows=3)
    if scar:
        scars.apply(engine, scars.get("postgresql", scar))
    with Proxy(server.port) as proxy:
        ended = command.run(engine.url.set(port=proxy.port), "upgrade")
        assert ended.code == 0, ended.err
        (seen,) = [seen for seen in proxy.seen if seen.commits]
    assert re.search(r"^\d+ tables held for \d+\.\d\d s$", ended.out, re.MULTILINE)
    engine.dispose()
    server.drop_database(name)
    until = seen.types[: seen.types.index("COMMIT")]
    # Each question of the client, with how many messages the server answered it.
    asked = [place for place, kind in enumerate(until) if kind == "Q"]
    answered = [after - place for place, after in zip(asked, [*asked[1:], len(until)], strict=True)]
    batch = answered.index(max(answered))
    assert answered[batch] > 100
    # What it has left, and what of that no catalogue tells.
    assert len(answered) - batch - 1 == 2
