"""The way back of a PostgreSQL database: whatever it was, it comes back as found, with the rows written since."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import command

from painel_migrations.catalog import Severity, verify
from tests.conftest import VERSIONS
from tests.integration.test_convergence import EMPTY, STATES, copied, damaged, name, places
from tests.integration.test_way_back_sqlite import LAYERED, UP
from tests.support import conservation, history, lineage, pasting, scars, servers, way_back

BOOKS = re.compile(r"\b(?:migration_history|alembic_version)")
_CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|\bARRAY\b|[()\[\]]")
# A dump whose rows break a key that was there all the same: the key comes back, and is not asked to hold for them, or
# the rows that it refers to stay.
BROKEN_WHEN_FOUND = {"row_in_another_copy", "rows_in_several_copies"}


def definitions(server: servers.Server, engine: sa.Engine) -> set[str]:
    """What a dump of the schema says, but for the books; a check as it means, since the server spells it anew."""
    parts = (part.strip() for part in server.dump_schema(str(engine.url.database)).split("\n\n"))
    lines = (
        "\n".join(_CASTS.sub("", line) if "CHECK" in line else line for line in part.splitlines()) for part in parts
    )
    return {part for part in lines if not BOOKS.search(part)}


def cells(engine: sa.Engine) -> dict[str, list[str]]:
    """Every row of schema public by its columns' names, and where each sequence stands."""
    found: dict[str, list[str]] = {}
    with engine.connect() as connection:
        tables = connection.exec_driver_sql(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'public'::regnamespace AND relname !~ '^(alembic_version|migration_history)$'"
        ).scalars()
        for table in tables.all():
            rows = connection.exec_driver_sql(f"SELECT to_jsonb(t)::text FROM public.{table} t").scalars()
            found[table] = sorted(rows)
        for sequence, last in connection.exec_driver_sql(
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
        ):
            if not BOOKS.search(sequence):
                found[f"position of {sequence}"] = [str(last)]
    return found


def differences(server: servers.Server, engine: sa.Engine, found: tuple[set[str], dict[str, list[str]]]) -> list[str]:
    """What is not as it was found."""
    before, rows = found
    after, there = definitions(server, engine), cells(engine)
    lines = [f"- {part}" for part in sorted(before - after)] + [f"+ {part}" for part in sorted(after - before)]
    for table in sorted(rows.keys() | there.keys()):
        old, new = rows.get(table, []), there.get(table, [])
        if old != new:
            lines.append(f"{table}: {sorted(set(old) - set(new))[:2]} -> {sorted(set(new) - set(old))[:2]}")
    return lines


def comes_back(server: servers.Server, engine: sa.Engine, written_to: bool = True) -> None:
    """Go up and back; then, where asked, up, write as the application would, back with the rows, and up again."""
    found, origin = (definitions(server, engine), cells(engine)), conservation.take(engine)
    history.upgrade(engine)
    history.downgrade(engine, "base")
    assert differences(server, engine, found) == []
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT to_regnamespace('retired')").scalar() is None
    if not written_to:
        return
    history.upgrade(engine)
    written = way_back.write(engine)
    history.downgrade(engine, "base")
    assert conservation.missing(origin, engine) == []
    assert not_there(engine, written) == []
    history.upgrade(engine)
    with engine.connect() as connection:
        assert [finding for finding in verify(connection) if finding.severity is Severity.FAIL] == []
    assert conservation.missing(origin, engine) == []
    assert not_there(engine, written) == []


def not_there(engine: sa.Engine, written: dict[str, list[dict[str, object]]]) -> list[str]:
    """Which rows that were written are in no table of theirs."""
    rows = [row for table, found in cells(engine).items() if not table.startswith("position") for row in found]
    lines = []
    for table, added in written.items():
        for row in added:
            texts = [f'"{value}"' for value in row.values() if isinstance(value, str) and value.isalnum()]
            if not any(all(text in there for text in texts) and f'"id": {row["id"]},' in there for there in rows):
                lines.append(f"{table} {row['id']}")
    return lines


def places_that_come_home() -> list[tuple[scars.Scar, int]]:
    return [(scar, state) for scar, state in places("postgresql") if scar.refused is None]


def version_of(request: pytest.FixtureRequest) -> int:
    """Of the versions each case has one, the same on every run."""
    return VERSIONS[len(request.node.name) % len(VERSIONS)]


@pytest.fixture
def server(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> servers.Server:
    return server_of(version_of(request))


@pytest.mark.parametrize("state", STATES)
def test_every_state(state: int, server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (state,))
    comes_back(server, postgres)


@pytest.mark.parametrize("states", LAYERED, ids=str)
def test_states_over_one_another(states: tuple[int, ...], server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, states)
    comes_back(server, postgres)


@pytest.mark.parametrize("states", EMPTY, ids=str)
def test_tables_without_rows(states: tuple[int, ...], server: servers.Server, postgres: sa.Engine) -> None:
    lineage.build(postgres, *states)
    comes_back(server, postgres)


@pytest.mark.parametrize(("scar", "state"), places_that_come_home(), ids=name)
def test_every_scar(scar: scars.Scar, state: int, server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (state,), (scar,))
    if scar.name in BROKEN_WHEN_FOUND:
        before = conservation.take(postgres)
        history.upgrade(postgres)
        history.downgrade(postgres, "base")
        assert conservation.missing(before, postgres) == []
    else:
        # Twice the way takes twice the time: every second one goes it with rows written meanwhile.
        comes_back(server, postgres, written_to=places_that_come_home().index((scar, state)) % 2 == 0)


def test_back_to_each_revision_it_is_as_when_it_was_reached(server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (13, 16))
    reached = {"base": (definitions(server, postgres), cells(postgres))}
    for revision in UP:
        history.upgrade(postgres, revision)
        reached[revision] = (definitions(server, postgres), cells(postgres))
    for revision in reversed(["base", *UP[:-1]]):
        history.downgrade(postgres, revision)
        lines = [line for line in differences(server, postgres, reached[revision]) if "retired" not in line]
        assert lines == [], revision


def test_what_stood_before_stays(server: servers.Server, postgres: sa.Engine) -> None:
    """Found at 22 and taken back to 17: no earlier revision had anything to do, so nothing of theirs is undone."""
    damaged(postgres, (22,))
    found = (definitions(server, postgres), cells(postgres))
    history.upgrade(postgres)
    history.downgrade(postgres, "0017")
    assert differences(server, postgres, found) == []


def test_a_schema_nobody_upgraded(server: servers.Server, postgres: sa.Engine) -> None:
    """`create_all()` and a stamp: nothing was done, so nothing is undone."""
    damaged(postgres, (22,))
    found = (definitions(server, postgres), cells(postgres))
    command.stamp(history.config(postgres), "0021")
    history.downgrade(postgres, "base")
    assert differences(server, postgres, found) == []


def test_the_same_by_paste_and_rollback_script(server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (18,), (scars.get("postgresql", "startup_rebuild_sold_since"),))
    found = (definitions(server, postgres), cells(postgres))
    with copied(server, postgres) as copy:
        pasting.paste(copy, pasting.script("sql"))
        pasting.paste(copy, pasting.script("sql-rollback", "--to", "base"))
        assert differences(server, copy, found) == []
        # What a command did a pasted script undoes, and the other way round.
        history.upgrade(copy)
        pasting.paste(copy, pasting.script("sql-rollback", "--to", "0017"))
        history.downgrade(copy, "base")
        assert differences(server, copy, found) == []


def test_a_second_run_from_the_start_is_undone_first(server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (14,))
    found = (definitions(server, postgres), cells(postgres))
    history.upgrade(postgres)
    with postgres.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_usuarios_cpf")
        connection.exec_driver_sql("CREATE INDEX somebodys ON usuarios (telefone)")
        connection.exec_driver_sql("DELETE FROM alembic_version")
    history.upgrade(postgres)
    history.downgrade(postgres, "base")
    lines = differences(server, postgres, found)
    assert [line for line in lines if "somebodys" not in line and "ix_usuarios_cpf" not in line] == []
