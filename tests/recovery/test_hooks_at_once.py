"""Several runs in one process: hooks at once, hooks beside somebody else's Alembic, a hook after one left behind.

Alembic's modules `context` and `op` are one a process, so whoever runs through them takes them from the others.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command as alembic_command
from alembic.config import Config

from homecoming.catalog import Severity, verify
from painel_migrations.auto_migrate import run_auto_migration
from tests.conftest import engine_of
from tests.recovery.test_startup import WITHIN, asked, ended, errors, free_port, production, served
from tests.support import command, lineage
from tests.support.history import REVISIONS, ROOT

AT_ONCE = 3


def text_of(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def threads_at_once(work: Callable[[], bool]) -> list[bool]:
    """Call ``work`` in so many threads, begun at one moment, and return what each returned."""
    results: list[bool] = []
    together = threading.Barrier(AT_ONCE)

    def one() -> None:
        together.wait()
        results.append(work())

    threads = [threading.Thread(target=one) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def tasks_at_once(work: Callable[[], bool]) -> list[bool]:
    """The same as tasks of one event loop, as an asynchronous application has them."""

    async def all_of_them() -> list[bool]:
        return await asyncio.gather(*(asyncio.to_thread(work) for _ in range(AT_ONCE)))

    return asyncio.run(all_of_them())


@pytest.mark.parametrize(
    ("at_once", "state"), [(threads_at_once, None), (tasks_at_once, 18)], ids=["threads, empty", "asyncio, state 18"]
)
def test_hooks_at_once_in_one_process(
    database: sa.Engine,
    at_once: Callable[[Callable[[], bool]], list[bool]],
    state: int | None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One applies, the others wait and find nothing to do."""
    if state is not None:
        lineage.build(database, state, rows=4)
    monkeypatch.setenv("DATABASE_URL", text_of(database))
    assert at_once(run_auto_migration) == [True] * AT_ONCE
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    with database.connect() as connection:
        ran = connection.exec_driver_sql("SELECT count(DISTINCT run), count(*) FROM migration_history").one()
        assert tuple(ran) == (1, len(REVISIONS))
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []


def test_hooks_at_once_on_databases_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None waits for another: what one revision does goes to the database that it is run on."""
    urls = iter([f"sqlite:///{tmp_path / name}.db" for name in ("a", "b", "c")])
    turn = threading.Lock()

    def one() -> bool:
        with turn:
            # Settings are read at once, before the hook's own thread begins.
            os.environ["DATABASE_URL"] = next(urls)
            begun = threading.Event()
            results: list[bool] = []

            def hook() -> None:
                results.append(run_auto_migration())

            monkeypatch.setattr("homecoming.hook.read_settings", noting(begun))
            thread = threading.Thread(target=hook)
            thread.start()
            begun.wait()
        thread.join()
        return results[0]

    monkeypatch.setenv("DATABASE_URL", "unused")
    assert threads_at_once(one) == [True] * AT_ONCE
    for name in ("a", "b", "c"):
        with engine_of(f"sqlite:///{tmp_path / name}.db").connect() as connection:
            assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []


def noting(begun: threading.Event) -> Callable[[], object]:
    """``read_settings``, which says when it has read."""
    from homecoming.settings import read_settings

    def noted() -> object:
        try:
            return read_settings()
        finally:
            begun.set()

    return noted


FOREIGN_ENV = """
import os
import sqlalchemy as sa
from alembic import context
with sa.create_engine(context.config.get_main_option("database")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

FOREIGN_REVISION = """
import sqlalchemy as sa
from alembic import context, op
revision, down_revision = "a1", None
def upgrade():
    op.create_table("deles", sa.Column("id", sa.Integer, primary_key=True))
    context.config.attributes["meanwhile"]()
    op.add_column("deles", sa.Column("nome", sa.Text))
def downgrade():
    op.drop_table("deles")
"""


@pytest.fixture
def foreign(tmp_path: Path) -> Config:
    """A project of somebody else's with a database of its own, whose one revision calls ``meanwhile`` half way."""
    folder = tmp_path / "theirs"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(FOREIGN_ENV)
    (folder / "versions" / "a1.py").write_text(FOREIGN_REVISION)
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("database", f"sqlite:///{folder / 'theirs.db'}")
    config.attributes["meanwhile"] = lambda: None
    return config


def columns_of_theirs(config: Config) -> list[str]:
    columns = sa.inspect(engine_of(str(config.get_main_option("database")))).get_columns("deles")
    return [column["name"] for column in columns]


def in_a_thread(work: Callable[[], object]) -> list[object]:
    """Call ``work`` in a thread and wait for it; what it returned or raised."""
    results: list[object] = []

    def one() -> None:
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    # Not waited for at the end of the tests where it never ends.
    thread = threading.Thread(target=one, daemon=True)
    thread.start()
    thread.join(WITHIN)
    return results


def test_a_hook_while_somebody_elses_alembic_is_half_way(
    database: sa.Engine, foreign: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", text_of(database))
    results: list[object] = []
    foreign.attributes["meanwhile"] = lambda: results.extend(in_a_thread(run_auto_migration))
    alembic_command.upgrade(foreign, "head")
    assert results == [True]
    assert columns_of_theirs(foreign) == ["id", "nome"]
    assert not sa.inspect(database).has_table("deles")


class _AtRevision(logging.Handler):
    """Calls ``work``, once, when the log says that a revision begins: a run is held half way."""

    def __init__(self, revision: str, work: Callable[[], object]) -> None:
        super().__init__()
        self.revision, self.work = revision, work

    def handle(self, record: logging.LogRecord) -> bool:
        # Not emit(), which holds the handler's lock: another thread logs, too.
        work = self.work
        if getattr(record, "revision", None) == self.revision and record.levelno == logging.INFO:
            self.work = bool
            work()
        return True


@pytest.fixture
def half_way() -> Iterator[Callable[[Callable[[], object]], None]]:
    """A function that has something called in the middle of the next run."""
    logger = logging.getLogger("painel_migrations.deploy")
    handlers: list[logging.Handler] = []
    level = logger.level
    logger.setLevel(logging.INFO)

    def call(work: Callable[[], object]) -> None:
        handlers.append(_AtRevision("0012", work))
        logger.addHandler(handlers[-1])

    yield call
    logger.setLevel(level)
    for handler in handlers:
        logger.removeHandler(handler)


def test_somebody_elses_alembic_while_a_hook_is_half_way(
    database: sa.Engine,
    foreign: Config,
    half_way: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", text_of(database))
    results: list[object] = []
    half_way(lambda: results.extend(in_a_thread(lambda: alembic_command.upgrade(foreign, "head"))))
    assert run_auto_migration() is True
    assert results == [None]
    assert columns_of_theirs(foreign) == ["id", "nome"]
    assert not sa.inspect(database).has_table("deles")


def test_plain_alembic_of_ours_while_a_hook_is_half_way(
    tmp_path: Path, half_way: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same history on another database, by way of env.py."""
    other = engine_of(f"sqlite:///{tmp_path / 'other.db'}")
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes.update(connection=other, painel=True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'eventos.db'}")
    results: list[object] = []
    half_way(lambda: results.extend(in_a_thread(lambda: alembic_command.upgrade(config, "head"))))
    assert run_auto_migration() is True
    assert results == [None]
    for engine in (other, engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")):
        with engine.connect() as connection:
            assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []


def test_a_hook_after_one_that_was_left_behind(
    database: sa.Engine,
    tmp_path: Path,
    half_way: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What nothing can end holds nothing that the next one needs."""
    end, behind = threading.Event(), threading.Event()

    def hang() -> None:
        end.wait(WITHIN)
        behind.set()

    half_way(hang)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'hanging.db'}")
    try:
        assert run_auto_migration(8) is False
        monkeypatch.setenv("DATABASE_URL", text_of(database))
        assert run_auto_migration() is True
    finally:
        end.set()
    assert behind.wait(WITHIN)
    for thread in threading.enumerate():
        if thread.name == "painel-migrations":
            thread.join(WITHIN)
    assert sa.inspect(engine_of(f"sqlite:///{tmp_path / 'hanging.db'}")).get_table_names() == []


def test_workers_of_one_server(postgres: sa.Engine) -> None:
    production(postgres)
    port = free_port()
    process = served(postgres.url, port, WEB_CONCURRENCY=str(AT_ONCE))
    try:
        assert {asked(process, port, "/") for _ in range(20)} == {True}
    finally:
        log = ended(process)
    assert errors(log) == []
    assert log.count("painel_migrations.auto_migrate Migration: done in ") == AT_ONCE


LEFT_ALONE = """
import logging, logging.config, signal, sys, threading, warnings
def state():
    loggers = {None: logging.getLogger(), **logging.root.manager.loggerDict}
    return [
        {name: (of.level, of.handlers[:], of.filters[:], of.propagate, of.disabled) for name, of in loggers.items()
         if isinstance(of, logging.Logger) and (of.level or of.handlers or of.disabled or not of.propagate)},
        logging.raiseExceptions, logging.lastResort, logging.root.manager.disable, list(sys.path), sys.excepthook,
        threading.excepthook, signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT), warnings.filters[:],
    ]
# What is imported by way of these two may set up loggers of its own.
import alembic.op, alembic.config, sqlalchemy
logging.basicConfig(level=logging.WARNING)
before = state()
from painel_migrations.auto_migrate import deploy_monitor, run_auto_migration
print(state() == before)
deploy_monitor.log_startup_info()
print(run_auto_migration(), state() == before)
print(sorted(name for name in sys.modules if name.startswith(tuple(sys.argv[1:]))))
"""

NOT_NEEDED = (
    "detect_secrets",
    "homecoming.archive",
    "homecoming.cli",
    "homecoming.console",
    "homecoming.doctor",
    "homecoming.console.manual",
    "homecoming.rehearsal.rehearsal",
    "homecoming.monitoring.alerts",
    "homecoming.monitoring.health",
    "homecoming.monitoring.metrics",
    "homecoming.monitoring.page",
    "homecoming.monitoring.web",
    "homecoming.parser",
    "prometheus_client",
    "rich",
    "starlette",
    "structlog",
    "tomlkit",
    "uvicorn",
)


def test_the_hook_leaves_the_process_as_it_was(database: sa.Engine) -> None:
    """Its logging, its search path for modules, its signals; and it loads nothing that it does not need."""
    process = command.of(database.url, sys.executable, "-c", LEFT_ALONE, *NOT_NEEDED)
    assert process.out.splitlines() == ["True", "True True", "[]"], process.err
