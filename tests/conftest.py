"""Databases for the tests: real servers, one a version and worker; a fresh database a test; nobody's environment."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from sqlalchemy.pool import NullPool

import painel_migrations  # noqa: F401  names the project
from homecoming import cli, language
from homecoming.archive import inventory
from homecoming.connection import prepare_sqlite
from homecoming.errors import Refused
from homecoming.settings import LOCALES, VARIABLES, read_settings
from tests.support import advice, advice_templates, application_files, bytecode, history, interruptions, lanes, servers
from tests.support import application as applications
from tests.support.command import Ran

# Before anything is started: pytest-xdist's workers are processes of this one.
bytecode.keep()

# The wheel's two, which `make test` promises; others that a machine has are for trying by hand.
VERSIONS = (16, 18)

# The same examples on every run: a test that fails now and then says nothing. HYPOTHESIS_PROFILE=deep looks further.
_ALWAYS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile(
    # Without shrinking: an example here is a whole database, and five minutes of making it smaller are not CI's.
    "ci",
    max_examples=8,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    **_ALWAYS,
)
settings.register_profile("lane", parent=settings.get_profile("ci"), max_examples=2)
settings.register_profile("deep", max_examples=400, **_ALWAYS)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take `--lane`."""
    lanes.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Have a lane try fewer examples."""
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", lanes.profile(config)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many workers `-n logical` means: one more than processors, since a third of the time a test only waits.

    Five at most: each worker has servers of its own.
    """
    return min(lanes.processors() + 1, 5)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what the lane runs, after `-k` and its like."""
    lanes.keep(config, items)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear of a worker what its lane left out."""
    lanes.hear(node)


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no `.env` of the person at the keyboard: a test must not find their database."""
    # Whoever tests in a Portuguese locale tests the same.
    for name in (*VARIABLES, *LOCALES):
        monkeypatch.delenv(name, raising=False)
    # A test of an upgrade is about the upgrade; those of backups before one say so.
    monkeypatch.setenv("MIGRATION_BACKUP", "off")
    monkeypatch.chdir(tmp_path)
    # It is the process's, and an earlier test may have chosen another one.
    language.use(language.ENGLISH)


PASSED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Note whether a test ran to its end: what one that was skipped or failed did not run says nothing."""
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture(autouse=True)
def advised(request: pytest.FixtureRequest) -> Iterator[None]:
    """Note which statements that are advised were run in this test; those it is known for have to be among them."""
    yield
    tried = sorted(advice.TRIED)
    advice.TRIED.clear()
    if tried:
        request.node.user_properties.append(("advice", tried))
    advice_templates.record(request.node.nodeid, tried)
    if request.node.stash.get(PASSED, False):
        advice_templates.check(request.node.nodeid, tried)


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[int], servers.Server]]:
    """A function that gives the running server of a version, started at the first call."""
    running: dict[int, servers.Server] = {}

    def get(version: int) -> servers.Server:
        if version not in running:
            running[version] = servers.start(version)
        return running[version]

    yield get
    for server in running.values():
        server.stop()


@pytest.fixture(params=VERSIONS, ids=lambda version: f"pg{version}")
def server(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> servers.Server:
    """A running PostgreSQL server; a test that asks for it runs once a version."""
    return server_of(request.param)


_numbers = itertools.count(1)


def engine_of(url: str) -> sa.Engine:
    """An engine as the commands use it: no pool, and SQLite's transactions real."""
    engine = sa.create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    return engine


@pytest.fixture
def postgres(server: servers.Server) -> Iterator[sa.Engine]:
    """An empty database on each PostgreSQL version."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield engine_of(server.create_database(name))
    server.drop_database(name)


@pytest.fixture
def sqlite(tmp_path: Path) -> sa.Engine:
    """A SQLite file that is not there yet."""
    return engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")


@pytest.fixture(params=("pg16", "pg18", "sqlite"))
def database(
    request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server], tmp_path: Path
) -> Iterator[sa.Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")
        return
    server = server_of(int(request.param[2:]))
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield engine_of(server.create_database(name))
    server.drop_database(name)


@pytest.fixture(scope="session")
def head_dump(server_of: Callable[[int], servers.Server]) -> Callable[[int], str]:
    """A function that gives pg_dump's text of a database upgraded from empty, by version."""
    dumps: dict[int, str] = {}

    def get(version: int) -> str:
        if version not in dumps:
            server = server_of(version)
            name = f"head_{os.getpid()}"
            history.upgrade(engine_of(server.create_database(name)))
            dumps[version] = server.dump_schema(name)
            server.drop_database(name)
        return dumps[version]

    return get


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """A function that runs the command line in this process and returns exit code, standard output, standard error."""

    def main(*arguments: str) -> Ran:
        code = cli.main(arguments)
        said = capsys.readouterr()
        if code == Refused.exit_code:
            advice.try_out(read_settings().database_url, said.err)
        return code, said.out, said.err

    return main


@pytest.fixture(scope="session")
def register_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The register, with the hashes of the made-up scripts that stand for the real ones."""
    place = tmp_path_factory.mktemp("register") / "REGISTER.toml"
    place.write_text(application_files.register_text())
    return place


@pytest.fixture
def registered(register_of_the_tests: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`make archive` reads the register of the tests."""
    monkeypatch.setattr(inventory, "shipped", lambda: register_of_the_tests)
    return register_of_the_tests


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "aplicação"
    folder.mkdir()
    applications.make(folder)
    return folder


@pytest.fixture(scope="session")
def _made_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "aplicação"
    folder.mkdir()
    applications.make(folder, only=applications.SOME)
    return folder


@pytest.fixture
def small(_made_small: Path, registered: Path, tmp_path: Path) -> Path:
    """A fresh copy of a few files of it: a test takes a fifth of the time."""
    return shutil.copytree(_made_small, tmp_path / "aplicação", symlinks=True)


@pytest.fixture
def application(_made: Path, registered: Path, tmp_path: Path) -> Path:
    """A fresh copy of the made-up application, with its repository."""
    return shutil.copytree(_made, tmp_path / "aplicação", symlinks=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests record under the name `summary`."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "summary" and getattr(report, "when", "") == "call":
                    terminalreporter.write_line(str(value))
    interruptions.summarise(terminalreporter)
    advice.summarise(terminalreporter)
    lanes.summarise(terminalreporter)
