"""The wheel beside the application's own pins, and at the lowest version of everything that it says it works with."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homecoming import cli
from homecoming.extras import EXTRAS
from painel_migrations import __version__
from tests.conftest import engine_of
from tests.support import installations, lineage, scars, servers
from tests.support.history import ROOT
from tests.support.installations import Installation

HERE = Path(__file__).parent
APPLICATION = HERE / "application.txt"
PINS = dict(re.findall(r"^([\w-]+)==(.+)$", APPLICATION.read_text(), re.MULTILINE))

ENVIRONMENTS = ("application", "lowest")

pytestmark = [
    pytest.mark.skipif(
        sys.version_info >= (3, 13), reason="the application's psycopg2 and SQLAlchemy have no wheel for Python 3.13"
    ),
    # One worker builds the wheel and makes an environment once.
    pytest.mark.xdist_group("installations"),
]


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def lowest() -> list[str]:
    """Every lower bound of pyproject.toml as a pin, of this interpreter."""
    extras = [line for name, lines in project()["optional-dependencies"].items() if name != "all" for line in lines]
    bounds = [line for line in [*project()["dependencies"], *extras] if ";" not in line]
    return sorted({re.sub(r">=([\w.]+).*", r"==\1", line) for line in bounds})


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installations.wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Installation]:
    """A function that gives the environment of a name, installed at the first call."""
    made: dict[str, Installation] = {}
    requirements = {
        "application": ["-r", str(APPLICATION), str(wheel)],
        "lowest": [*lowest(), f"{wheel}[all]"],
    }

    def get(name: str) -> Installation:
        if name not in made:
            made[name] = installations.install(tmp_path_factory.mktemp("env") / name, *requirements[name])
        return made[name]

    return get


@pytest.fixture
def urls(server_of: Callable[[int], servers.Server], tmp_path: Path) -> Iterator[list[str]]:
    """A damaged database of each kind."""
    server = server_of(16)
    postgres = engine_of(server.create_database("adoption"))
    sqlite = engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")
    for engine in (postgres, sqlite):
        lineage.build(engine, 18, 22, rows=3)
    scars.apply(postgres, scars.get("postgresql", "tipousuario_six_labels_rows_lowercase"))
    yield [engine.url.render_as_string(hide_password=False) for engine in (sqlite, postgres)]
    server.drop_database("adoption")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="some of the lowest versions have wheels for Python 3.11 alone")
def test_the_lowest_of_everything_works(
    installed: Callable[[str], Installation],
    urls: list[str],
    tmp_path: Path,
    run: Callable[..., tuple[int, str, str]],
    record_property: Callable[[str, object], None],
) -> None:
    environment = installed("lowest")
    (tmp_path / "application").mkdir()
    script = tmp_path / "application" / "fix_usuarios.py"
    script.write_text(ONE_OFF)
    done = environment.result(str(HERE / "suite.py"), *urls, folder=tmp_path)
    for verbs in done["databases"]:
        assert [(verb, how) for verb, how in verbs if how["code"]] == []
    assert {verb: how for verb, how in done["none"].items() if how["code"]} == {}
    assert done["page"] == {"": 200, "health": 200, "metrics": 200}
    assert not script.exists()
    assert "fix_usuarios.py" in (tmp_path / "application" / "archive" / "REGISTER.toml").read_text()
    logged = environment.run(
        "-m", "painel_migrations", "upgrade", folder=tmp_path, DATABASE_URL=urls[0], MIGRATION_LOG="json"
    )
    loggers = {json.loads(line)["logger"].partition(".")[0] for line in logged.stdout.splitlines()}
    assert loggers == {"painel_migrations"}
    # What is pasted is the same to the letter, whatever wrote it.
    for verb in ("sql", "sql-rollback --to 0017", "sql-verify"):
        code, out, _ = run(*verb.split())
        assert (code, done["none"][verb]["sha256"]) == (0, hashlib.sha256(out.encode()).hexdigest()), verb
    pins = dict(line.split("==") for line in lowest())
    assert {name: done["installed"][name] for name in pins} == pins
    record_property("summary", told("lowest", environment, done["installed"]))


ONE_OFF = """
import psycopg2
password = "uma-senha-Inventada-9"
connection = psycopg2.connect(host="db", password=password)
connection.cursor().execute("ALTER TABLE usuarios ADD COLUMN apelido VARCHAR(20)")
connection.commit()
"""

PLAIN = """
import json, sys
import fastapi
from painel_migrations.auto_migrate import run_auto_migration
sys.path.insert(0, sys.argv[1])
import suite, os, importlib.metadata
done = {"fastapi": fastapi.__version__, "hook": []}
for url in sys.argv[2:]:
    os.environ["DATABASE_URL"] = url
    done["hook"].append(run_auto_migration())
done["page"] = suite.page()
done["installed"] = {each.metadata["Name"].lower(): each.version for each in importlib.metadata.distributions()}
print(json.dumps(done))
"""


def test_beside_the_application_no_pin_changes(
    installed: Callable[[str], Installation],
    urls: list[str],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """As deploy.md says it, in one resolution; then the application imports, migrates, and shows the page."""
    environment = installed("application")
    done = environment.result("-c", PLAIN, str(HERE), *urls, folder=tmp_path)
    assert {name: done["installed"][name] for name in PINS} == PINS
    assert (done["fastapi"], done["hook"]) == ("0.104.1", [True, True])
    assert done["page"] == {"": 200, "health": 200, "metrics": 501}
    # Nothing of an extra has come along but what the application has itself.
    theirs = {"starlette", "uvicorn", "markupsafe"}
    extras = {name for extra in EXTRAS.values() for name in extra.modules.values()}
    assert extras & set(done["installed"]) == theirs
    record_property("summary", told("application", environment, done["installed"]))


def told(name: str, environment: Installation, packages: dict[str, str]) -> str:
    number = ENVIRONMENTS.index(name) + 1
    how = f"{len(packages)} packages, {environment.seconds:.0f} s"
    return f"environments installed: {number} of {len(ENVIRONMENTS)}, {name} ({how})"


def test_what_a_plain_installation_leaves_out(
    installed: Callable[[str], Installation], urls: list[str], tmp_path: Path
) -> None:
    """Two lines and exit code 2; never a traceback. A run goes on whatever monitoring lacks."""
    environment = installed("application")

    def painel(*arguments: str, **variables: str) -> tuple[int, str]:
        ended = environment.run(
            "-m", "painel_migrations", *arguments, folder=tmp_path, DATABASE_URL=urls[0], **variables
        )
        return ended.returncode, ended.stderr

    def left_out(verb: str, missing: str, extra: str) -> tuple[int, str]:
        what = f"Error: {verb} needs what this installation leaves out: {missing}"
        return 2, f"{what}\nNext: pip install 'painel-migrations[{extra}]'\n"

    assert painel("archive", ".") == left_out("archive", "detect-secrets, rich, sqlparse, tomlkit", "archive")
    assert painel("history") == left_out("history", "rich", "history")
    assert painel("metrics") == left_out("metrics", "prometheus-client", "metrics")
    file = tmp_path / "homecoming.prom"
    code, said = painel("upgrade", MIGRATION_LOG="json", MIGRATION_METRICS_FILE=str(file))
    assert code == 0
    assert said == (
        "Warning: MIGRATION_LOG=json needs what this installation leaves out: structlog; lines of text instead. "
        "Next: pip install 'painel-migrations[logs]'\n"
    )
    assert not file.exists()
    assert painel("history", "--format", "json")[0] == 0
    assert painel("archive-undo", ".")[0] == 0
    assert painel("--version") == (0, "")


def test_what_the_message_says_brings_it(
    installed: Callable[[str], Installation], urls: list[str], tmp_path: Path
) -> None:
    """The advice as it is printed, with the pip of that environment; the application's pins stay."""
    environment = installed("application")
    said = environment.run("-m", "painel_migrations", "history", folder=tmp_path, DATABASE_URL=urls[0]).stderr
    *advice, requirement = shlex.split(said.splitlines()[-1].removeprefix("Next: "))
    assert advice == ["pip", "install"]
    done = installations.pip("--python", str(environment.python), "install", requirement)
    assert done.returncode == 0, done.stderr
    ended = environment.run("-m", "painel_migrations", "history", folder=tmp_path, DATABASE_URL=urls[0])
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_table_is_that_of_the_project() -> None:
    declared = {
        name: {re.match(r"[\w-]+", line)[0] for line in lines}  # type: ignore[index]  # every line begins with a name
        for name, lines in project()["optional-dependencies"].items()
    }
    assert declared.pop("all") == {"painel-migrations"}
    assert declared == {name: set(extra.modules.values()) for name, extra in EXTRAS.items()}
    (every,) = project()["optional-dependencies"]["all"]
    assert every == f"painel-migrations[{','.join(sorted(EXTRAS))}]"


def test_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"painel-migrations {__version__}\n")


def test_the_wheel_has_its_programs(installed: Callable[[str], Installation], tmp_path: Path) -> None:
    """`painel`, `homecoming`, and what `pipx run painel-migrations` looks for; completion at its lowest version."""
    environment = installed("application")
    for program in ("painel", "homecoming"):
        assert environment.python.with_name(program).is_file()
    script = "import importlib.metadata as m, sys; [e] = m.entry_points(group='pipx.run'); sys.exit(e.load()())"
    said = environment.run("-c", script, "--version", folder=tmp_path)
    assert (said.returncode, said.stdout) == (0, f"painel-migrations {__version__}\n")
    asked = ("-m", "painel_migrations", "--print-completion", "bash")
    lacking = environment.run(*asked, folder=tmp_path)
    assert (lacking.returncode, lacking.stderr) == (2, COMPLETION_LACKS)
    if sys.version_info < (3, 12):
        assert "upgrade" in installed("lowest").run(*asked, folder=tmp_path).stdout


COMPLETION_LACKS = (
    "Error: --print-completion needs what this installation leaves out: shtab\n"
    "Next: pip install 'painel-migrations[completion]'\n"
)


def test_the_wheel_says_that_it_is_typed(installed: Callable[[str], Installation], tmp_path: Path) -> None:
    where = "import painel_migrations as it, pathlib; print(pathlib.Path(it.__file__).with_name('py.typed').exists())"
    assert installed("application").run("-c", where, folder=tmp_path).stdout == "True\n"


def test_every_dependency_has_a_lower_bound() -> None:
    """`lowest()` reads every bound: one without would be tried at its newest, unseen."""
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in lowest()), lowest()
