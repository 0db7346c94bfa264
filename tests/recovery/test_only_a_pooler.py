"""PgBouncer in transaction mode as the only way in, as on Railway: the whole command, up and down, alone and at once.

Between two transactions its clients share the server's sessions, so a run must leave nothing in one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.conftest import VERSIONS, engine_of
from tests.recovery.conftest import Original
from tests.recovery.test_one_run_at_a_time import assert_one_applies
from tests.support import command, lineage, pooler
from tests.support.damaged import Damaged

pytestmark = pytest.mark.skipif(
    pooler.PROGRAM is None, reason="PgBouncer is not installed: apt-get install pgbouncer has it"
)

ROWS = 6
LEFT = """
    SELECT name, setting, source FROM pg_settings
    WHERE name IN (
        'search_path', 'lock_timeout', 'statement_timeout', 'idle_session_timeout', 'TimeZone', 'DateStyle', 'role'
    )
        -- Every transaction begins with its own isolation, whatever the last one asked for.
        OR source = 'session' AND name NOT IN ('application_name', 'client_encoding', 'transaction_isolation')
"""


def state(engine: sa.Engine) -> tuple[list[object], list[object]]:
    """Return what the next client of the server's session finds: its settings, and the locks that others hold."""
    with engine.connect() as connection:
        settings = connection.exec_driver_sql(LEFT).all()
        locks = connection.exec_driver_sql("SELECT * FROM pg_locks WHERE locktype = 'advisory'").all()
    return list(settings), list(locks)


@pytest.fixture
def pooled(on_postgresql: Damaged) -> Iterator[sa.Engine]:
    """The damaged database by way of a pooler that has one session for all."""
    assert on_postgresql.server is not None
    with pooler.running(on_postgresql.server) as port:
        yield engine_of(on_postgresql.url(port).render_as_string(hide_password=False))


def test_up_and_down(on_postgresql: Damaged, pooled: sa.Engine) -> None:
    assert on_postgresql.server is not None
    if on_postgresql.server.version < 14:
        pytest.skip("before 14 there is no idle_session_timeout")
    with on_postgresql.engine.begin() as connection:
        # A run lifts it, and has to put it back.
        connection.exec_driver_sql(f"ALTER DATABASE {connection.engine.url.database} SET idle_session_timeout = '1h'")
    before = state(pooled)
    ended = command.run(pooled.url, "upgrade")
    assert (ended.code, ended.err) == (0, "")
    assert state(pooled) == before
    on_postgresql.assert_at_head()
    down = command.run(pooled.url, "downgrade", "0017")
    assert (down.code, down.err) == (0, "")
    assert state(pooled) == before
    up = command.run(pooled.url, "upgrade")
    assert (up.code, up.err) == (0, "")
    on_postgresql.assert_at_head()
    for verb in ("status", "verify"):
        assert command.run(pooled.url, verb).code == 0
    assert state(pooled) == before


@pytest.mark.parametrize(("version", "sessions"), [(VERSIONS[0], 1), (VERSIONS[-1], 8)])
def test_eight_at_once(original: Original, version: int, sessions: int) -> None:
    """With one session they wait for the pooler, with eight for each other's lock."""
    server = original(version).server
    assert server is not None
    name = f"crowd_{os.getpid()}"
    direct = engine_of(server.create_database(name))
    lineage.build(direct, 18, rows=ROWS)
    with pooler.running(server, more=f"default_pool_size = {sessions}\n") as port:
        engine = engine_of(direct.url.set(port=port).render_as_string(hide_password=False))
        assert_one_applies(engine, 8)
        assert state(engine)[1] == []
    server.drop_database(name)
