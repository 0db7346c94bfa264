"""The script is right whatever revision a database is at: begun, half way, or at head."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from homecoming.catalog import Severity, verify
from tests.conftest import engine_of
from tests.support import conservation, history, lineage, pasting, servers
from tests.support.history import HEAD, REVISIONS, after, counted

STATES = (4, 14, 18, 25)
"""The discount window, kinds of product that went, leftover columns, `tipo` renamed."""


@pytest.mark.parametrize("revision", REVISIONS)
def test_from_each_revision(
    revision: str, server_of: Callable[[int], servers.Server], head_dump: Callable[[int], str]
) -> None:
    """What `make upgrade` began, a paste finishes; nothing is lost on the way."""
    number, left = REVISIONS.index(revision), after(revision)
    version = (16, 18)[number % 2]
    server = server_of(version)
    name = f"middle_{revision}"
    engine = engine_of(server.create_database(name))
    try:
        lineage.build(engine, STATES[number % len(STATES)], rows=6)
        before = conservation.take(engine)
        history.upgrade(engine, revision)
        notices = pasting.paste(engine, pasting.script("sql"))
        assert len([notice for notice in notices if "migration: ->" in notice]) == left
        if left:
            assert notices[-1] == f"NOTICE:  Done: at {HEAD} after {counted(left)}"
        assert server.dump_schema(name) == head_dump(version)
        with engine.connect() as connection:
            assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []
            lines = connection.exec_driver_sql("SELECT revision, way FROM public.migration_history ORDER BY id").all()
        assert conservation.missing(before, engine) == []
        assert [tuple(line) for line in lines] == [
            (one, "command" if one <= revision else "console") for one in REVISIONS
        ]
    finally:
        server.drop_database(name)


@pytest.mark.parametrize("number", [1, 8, 15, 21])
def test_a_paste_begins_and_an_upgrade_finishes(number: int, postgres: sa.Engine) -> None:
    lineage.build(postgres, 18, rows=3)
    pasting.paste(postgres, pasting.script("sql", "--to", f"{number:04d}"))
    history.upgrade(postgres)
    with postgres.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []


def test_the_line_in_the_history(postgres: sa.Engine) -> None:
    """Who, how, and what was pasted: the SHA-256 is that of the script's header, the fingerprints chain."""
    lineage.build(postgres, 18, rows=3)
    text = pasting.script("sql")
    pasting.paste(postgres, pasting.script("sql", "--to", REVISIONS[-2]))
    pasting.paste(postgres, text)
    with postgres.connect() as connection:
        lines = connection.exec_driver_sql("SELECT * FROM migration_history ORDER BY id").mappings().all()
    before, last = lines[REVISIONS.index("0017")], lines[-1]
    assert last["script_sha256"] in text
    assert last["script_sha256"] != before["script_sha256"]
    facts = (last["revision"], last["direction"], last["way"], last["role"])
    assert facts == (
        HEAD,
        "upgrade",
        "console",
        "postgres",
    )
    assert last["fingerprint_before"] == before["fingerprint_after"]
    assert before["rows_retired"] > 0
    assert last["run"] != before["run"]


def test_the_history_only_grows(postgres: sa.Engine) -> None:
    history.at_head(postgres)
    for statement in (
        "UPDATE migration_history SET way = 'nobody'",
        "DELETE FROM migration_history",
        "TRUNCATE migration_history",
    ):
        with postgres.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="only ever added to"):
            connection.exec_driver_sql(statement)
