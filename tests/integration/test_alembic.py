"""Plain Alembic works too, as safely: pytest-alembic's tests, the `alembic` command, and its offline mode."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command as alembic_command
from alembic.autogenerate import render_python_code
from alembic.config import Config
from pytest_alembic.runner import MigrationContext
from pytest_alembic.tests import (
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from pytest_alembic.tests.experimental import test_all_models_register_on_metadata as _all_models_register
from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace

from homecoming.catalog import Severity, verify
from homecoming.history.run_history import helpers
from homecoming.operations.batch import Batch
from homecoming.operations.guarded import prologue
from tests.conftest import engine_of
from tests.support import command, history, servers
from tests.support.history import HEAD, REVISIONS

__all__ = [
    "test_downgrade_leaves_no_trace",
    "test_model_definitions_match_ddl",
    "test_single_head_revision",
    "test_up_down_consistency",
    "test_upgrade",
]

# SQLite's keys have no names, as create_all() of the application made them; what autogenerate says of it is compared,
# not run.
pytestmark = pytest.mark.filterwarnings("ignore:Autogenerate rendered a drop_constraint.. directive for an unnamed")


@pytest.fixture(autouse=True)
def in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare what autogenerate finds without its order, which is a set's: it hangs on the hash seed and the columns'.

    A column that comes back stands last in its table; PostgreSQL has no other place for it.
    """
    monkeypatch.setattr(
        "pytest_alembic.tests.experimental.downgrade_leaves_no_trace.render_python_code",
        lambda found: "\n".join(sorted(render_python_code(found).splitlines())),
    )


@pytest.fixture(params=("postgresql", "sqlite"))
def alembic_engine(
    request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server], tmp_path: Path
) -> Iterator[sa.Engine]:
    """An empty database of each kind, for pytest-alembic."""
    if request.param == "sqlite":
        yield engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")
        return
    server = server_of(18)
    name = f"alembic_{os.getpid()}"
    yield engine_of(server.create_database(name))
    server.drop_database(name)


@pytest.fixture
def alembic_config() -> Config:
    """This repository's alembic.ini."""
    return Config(str(history.ROOT / "alembic.ini"))


def test_all_models_register_on_metadata(alembic_runner: MigrationContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Autogenerate does not see a table whose module nobody imports. It looks for alembic.ini in the current folder."""
    monkeypatch.chdir(history.ROOT)
    _all_models_register(alembic_runner, "painel_migrations.schema")


def alembic(url: sa.URL | str, *arguments: str) -> command.Ended:
    """Run the `alembic` command in this repository's folder."""
    return command.end(
        subprocess.Popen(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=history.ROOT,
            env=command.environment(url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def test_the_command_brings_a_database_to_head(alembic_engine: sa.Engine) -> None:
    ended = alembic(alembic_engine.url, "upgrade", "head")
    assert ended.code == 0, ended.err
    with alembic_engine.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []
    assert alembic(alembic_engine.url, "current").out == f"{HEAD} (head)\n"
    assert alembic(alembic_engine.url, "check")[:2] == (0, "No new upgrade operations detected.\n")


def test_the_command_knows_the_history(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nenhum.db'}"
    assert alembic(url, "heads").out == f"{HEAD} (head)\n"
    lines = alembic(url, "history").out.splitlines()
    assert len(lines) == len(REVISIONS)
    assert lines[0].startswith(f"{REVISIONS[-2]} -> {HEAD} (head), ")
    assert f"0021 -> 0022{' (head)' * (HEAD == '0022')}, Index what the application looks for" in lines
    assert lines[-1] == "<base> -> 0001, Bring back what leftover copies hold, and retire them"
    # Nothing asked for the database, and nothing made it.
    assert not (tmp_path / "nenhum.db").exists()


def test_the_command_refuses_as_ours_does(tmp_path: Path) -> None:
    """Another application's database: Alembic's own command ends with our refusal, nothing changed."""
    engine = engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE pedidos (id INTEGER PRIMARY KEY)")
    before = (tmp_path / "eventos.db").read_bytes()
    ended = alembic(engine.url, "upgrade", "head")
    assert ended.code != 0
    assert "the database has 1 table, and none of this application's" in ended.err
    assert (tmp_path / "eventos.db").read_bytes() == before


def test_check_finds_a_change_without_a_revision(alembic_engine: sa.Engine) -> None:
    history.upgrade(alembic_engine)
    with alembic_engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE produtos ADD COLUMN sabor VARCHAR(20)")
    ended = alembic(alembic_engine.url, "check")
    assert ended.code != 0
    assert "sabor" in ended.err


def test_check_leaves_out_what_nobody_knows(alembic_engine: sa.Engine) -> None:
    history.upgrade(alembic_engine)
    with alembic_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE planilha_da_festa (id INTEGER PRIMARY KEY)")
    assert alembic(alembic_engine.url, "check").code == 0


# Offline: what is printed is what runs.


def offline(revision: str = "head") -> str:
    """Return what `alembic upgrade <revision> --sql` prints."""
    config = Config(str(history.ROOT / "alembic.ini"), output_buffer=io.StringIO(), attributes={"painel": True})
    alembic_command.upgrade(config, revision, sql=True)
    return str(config.output_buffer.getvalue())  # type: ignore[union-attr]


def online(engine: sa.Engine) -> list[str]:
    """Upgrade, and return the statements that were sent to change something, from the first helper on."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append(statement % parameters if parameters else statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    history.upgrade(engine)
    sa.event.remove(engine, "before_cursor_execute", note)
    return sent


def statements(sent: list[str]) -> list[str]:
    """Return the statements of the history itself: helpers, calls, revisions; with one kind of blank."""
    # What a fault is called is asked of a temporary table, which learn_head fills: it changes nothing.
    ours = re.compile(r"CALL pg_temp\.(?!learn_head)|(INSERT INTO|UPDATE) public.alembic_version")
    wanted = [text for text in sent if ours.match(text) or text in (*prologue(), *helpers())]
    # Alembic's own statements are laid out and quoted in one way for a driver, and in another for a script.
    return [re.sub(r"\s+", " ", text.replace("%(version_num)s", "'0001'")).strip() for text in wanted]


def test_what_is_printed_is_what_runs(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every statement of a run is in the script, to the letter and in the same order. Here each is sent alone."""
    add = Batch.add

    def alone(batch: Batch, statement: str) -> None:
        add(batch, statement)
        batch.send()

    monkeypatch.setattr(Batch, "add", alone)
    script = re.sub(r"\s+", " ", offline()).replace("begin_run('alembic'", "begin_run('command'")
    at = 0
    sent = statements(online(postgres))
    assert len(sent) > 200
    for statement in sent:
        found = script.find(f"{statement.removesuffix(';')};", at)
        assert found >= 0, statement[:300]
        between = script[at:found].strip()
        assert not between or between.startswith(("BEGIN;", "--", "CREATE TABLE public.alembic_version")), between[:300]
        at = found + len(statement.removesuffix(";")) + 1
    assert script[at:].strip() == "COMMIT;"


def test_what_is_printed_runs_by_psql(
    postgres: sa.Engine, server: servers.Server, head_dump: Callable[[int], str]
) -> None:
    url = postgres.url.set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run(
        [server.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", url],
        input=alembic(postgres.url, "upgrade", "base:head", "--sql").out,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert server.dump_schema(str(postgres.url.database)) == head_dump(server.version)
    assert alembic(postgres.url, "current").out == f"{HEAD} (head)\n"
