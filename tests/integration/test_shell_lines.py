"""Every line for a shell that is shown anywhere is run here where it is for, or stands in a table with the reason.

Those of make and painel: tests/integration/test_advice.py. A line that is in no table fails, so that whoever writes one
says how it was tried.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import engine_of
from tests.integration.test_advice import handed_over as handed_over
from tests.integration.test_advice import said
from tests.support import history, shell_lines
from tests.support.application import git
from tests.support.browser import PROGRAM
from tests.support.command import Ran
from tests.support.history import ROOT

WITHIN = 60.0
"""Seconds until what does not happen is given up; an idle machine takes 3."""

APPLICATION = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"up"})
"""
LEFT_OUT = (".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "*.db", "*.sqlite3", ".painel-migrations")


class Scene:
    """A copy of this repository with the interpreter of the tests, and an application that has it as `migrations`."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "um clone"
        shutil.copytree(ROOT, self.clone, ignore=shutil.ignore_patterns(*LEFT_OUT))
        (self.clone / ".venv").symlink_to(sys.prefix)
        self.application = folder / "a aplicação"
        (self.application / "app").mkdir(parents=True)
        (self.application / "app/main.py").write_text(APPLICATION)
        (self.application / "migrations").symlink_to(self.clone)
        self.file = folder / "eventos.db"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        # The scripts' own folder: a document may name one of them alone.
        path = [str(Path(sys.prefix, "bin")), str(self.clone / "scripts/deploy"), "/usr/bin", "/bin"]
        self.environment = {
            "PATH": os.pathsep.join(path),
            "HOME": str(folder),
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{self.file}",
        }

    def start(self, command: str, folder: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["sh", "-c", command],
            cwd=folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str, folder: Path | None = None) -> str:
        """Run a line to its end, in the clone or elsewhere; it has to succeed. Returns what it says."""
        process = self.start(command, folder or self.clone)
        said, _ = process.communicate(timeout=WITHIN)
        assert process.returncode == 0, f"{command}\n{said}"
        return said

    @property
    def revision(self) -> str:
        connection = sqlite3.connect(self.file)
        try:
            return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        finally:
            connection.close()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


# The situations.


def head() -> str:
    return sorted((ROOT / "alembic/versions").glob("[0-9]*.py"))[-1].name[:4]


def upgrades(scene: Scene, command: str) -> None:
    scene.run(command)
    assert scene.revision == head()


def deploys(scene: Scene, command: str) -> None:
    scene.run(command, scene.application)
    assert scene.revision == (re.findall(r" (\d{4})$", command) or [head()])[0]


def says_its_verbs(scene: Scene, command: str) -> None:
    assert re.search("^ +upgrade +bring ", scene.run(f"{command} --help"), re.MULTILINE)


def serves(scene: Scene, command: str) -> None:
    """The application answers, and SIGTERM ends it."""
    process = scene.start(command, scene.application)
    try:
        deadline = time.monotonic() + WITHIN
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{scene.port}/healthz") as answer:
                    assert answer.read() == b"up"
                break
            except OSError:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=WITHIN)
    assert "start.sh" not in command or scene.revision == head()


def watches(scene: Scene, command: str) -> None:
    history.upgrade(engine_of(scene.environment["DATABASE_URL"]))
    # In the place of the shell that starts it, so that the signal is for it alone, and not for what it calls.
    process = scene.start(f"exec {command}", scene.application)
    try:
        assert process.stdout is not None
        assert re.fullmatch(r"watch: \S+Z healthy\n", process.stdout.readline())
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=WITHIN)
    assert re.fullmatch(r"watch: \S+Z stopped", said.splitlines()[-1])


def works_by_night(scene: Scene, command: str) -> None:
    history.upgrade(engine_of(scene.environment["DATABASE_URL"]))
    assert "nightly: health ended with exit code 0" in scene.run(command, scene.application)
    assert len(list((scene.application / "backups").glob("*.json"))) == 1


def makes_a_token(scene: Scene, command: str) -> None:
    assert len(scene.run(command).strip()) >= 32


def writes_the_same_readme(scene: Scene, command: str) -> None:
    scene.run(command)
    assert (scene.clone / "archive/README.md").read_bytes() == (ROOT / "archive/README.md").read_bytes()


def ends_the_exercise(scene: Scene, command: str) -> None:
    (scene.clone / "eventos.db").touch()
    (scene.clone / "backups").mkdir()
    scene.run(command)
    assert not [name for name in ("eventos.db", "backups") if (scene.clone / name).exists()]


def writes_the_documents(scene: Scene, command: str) -> None:
    (scene.clone / "docs/reference.md").unlink()
    scene.run(command)
    assert (scene.clone / "docs/reference.md").read_bytes() == (ROOT / "docs/reference.md").read_bytes()


def draws_the_pictures(scene: Scene, command: str) -> None:
    if PROGRAM is None:
        pytest.skip("chromium is not installed")
    (scene.clone / "docs/pictures/page.png").unlink()
    scene.run(command)
    assert (scene.clone / "docs/pictures/page.png").read_bytes().startswith(b"\x89PNG")


def puts_the_formatting_right(scene: Scene, command: str) -> None:
    file = scene.clone / "tests/torto.py"
    file.write_text("x = [1,2 ]\n")
    scene.run(command)
    assert file.read_text() == "x = [1, 2]\n"


def has_git_run_the_linters(scene: Scene, command: str) -> None:
    git(scene.clone, "init", "-q")
    scene.run(command)
    assert "pre_commit" in (scene.clone / ".git/hooks/pre-commit").read_text()


def removes_the_environment(scene: Scene, command: str) -> None:
    # Not the one that the link leads to.
    (scene.clone / ".venv").unlink()
    (scene.clone / ".venv/bin").mkdir(parents=True)
    scene.run(command)
    assert not (scene.clone / ".venv").exists()


def lists_revisions(scene: Scene, command: str) -> None:
    assert f"-> {head()} (head)" in scene.run(command)


def shows_a_revisions_changes(scene: Scene, command: str) -> None:
    git(scene.clone, "init", "-q")
    git(scene.clone, "add", "-f", "alembic")
    git(scene.clone, "commit", "-q", "-m", "Um")
    file = next((scene.clone / "alembic/versions").glob("0017*.py"))
    file.write_text(file.read_text() + "# edited\n")
    git(scene.clone, "commit", "-q", "-a", "-m", "Dois")
    assert "+# edited" in scene.run(command.replace("0017", file.name))


RUN: dict[str, Callable[[Scene, str], None]] = {
    ".venv/bin/python -m homecoming.archive.readme > archive/README.md": writes_the_same_readme,
    ".venv/bin/alembic upgrade head": upgrades,
    ".venv/bin/alembic history": lists_revisions,
    ".venv/bin/python -m painel_migrations upgrade": upgrades,
    "python -m painel_migrations": says_its_verbs,
    ".venv/bin/ruff format .": puts_the_formatting_right,
    ".venv/bin/pre-commit install": has_git_run_the_linters,
    "rm -r eventos.db backups": ends_the_exercise,
    "python -m tests.support.documents": writes_the_documents,
    "python -m tests.support.pictures": draws_the_pictures,
    "rm -rf .venv": removes_the_environment,
    "rm -r .venv": removes_the_environment,
    "git log -p -- alembic/versions/0017": shows_a_revisions_changes,
    "sh migrations/scripts/deploy/predeploy.sh": deploys,
    "predeploy.sh 0017": deploys,
    'sh migrations/scripts/deploy/start.sh uvicorn app.main:app --host 0.0.0.0 --port "$PORT"': serves,
    "/bin/sh -c 'exec uvicorn app.main:app --host 0.0.0.0 --port $PORT'": serves,
    (
        "/bin/sh -c 'exec sh migrations/scripts/deploy/start.sh uvicorn app.main:app --host 0.0.0.0 --port $PORT'"
    ): serves,
    "sh migrations/scripts/monitoring/watch.sh 60": watches,
    "/bin/sh migrations/scripts/monitoring/watch.sh 60": watches,
    "sh migrations/scripts/maintenance/nightly.sh": works_by_night,
    'python3 -c "import secrets; print(secrets.token_urlsafe(32))"': makes_a_token,
}
"""The lines that are run here, each in its situation."""

_PIP = "tests/adoption/test_documented_pip.py::test_each_line_for_pip_installs_the_library"
_HERE = "tests/integration/test_shell_lines.py"
_GENERATED = "tests/integration/test_generated_revisions.py"
_STATES = "tests/second/test_states.py"
_WALK = "tests/integration/test_walks.py::test_a_tutorial_happens_as_it_is_told"
BY_OTHERS = {
    "python3 damage.py": _WALK,
    "cat alembic/versions/0023_*.py": _WALK,
    **dict.fromkeys(shell_lines.of_walks(), _WALK),
    **dict.fromkeys(shell_lines.PIP, _PIP),
    "pip install ./homecoming": "tests/adoption/test_documented_pip.py::test_the_engine_alone_can_be_installed",
    "pip install '0017[0017]'": ("tests/adoption/test_installations.py::test_what_the_message_says_brings_it"),
    "mkdir -p 0017": "tests/integration/test_advice.py::test_the_folder_of_a_new_file_is_made_as_it_is_said",
    "git -C 0017 add archive && git -C 0017 commit": f"{_HERE}::test_a_move_is_kept_as_it_is_said",
    "alembic revision --autogenerate": f"{_GENERATED}::test_plain_alembic_writes_the_same",
    "alembic revision -m": f"{_GENERATED}::test_an_empty_file_has_the_number_it_is_given",
    'alembic revision --rev-id 0023 -m "..."': f"{_GENERATED}::test_an_empty_file_has_the_number_it_is_given",
    "sh scripts/deploy/kubernetes/jobs.sh loja-1 loja-2 | kubectl apply -f -": (
        "tests/unit/test_packaging.py::test_each_database_has_a_job_of_its_own"
    ),
    "pytest --homecoming-postgresql=URL": f"{_STATES}::test_every_state_of_another_application_converges",
    "git diff": f"{_HERE}::test_an_edit_goes_back_as_it_is_said",
    "git checkout": f"{_HERE}::test_an_edit_goes_back_as_it_is_said",
}
"""The lines that another test runs, and which."""

_NO_RAILWAY = "Railway's command line, and an account there; tests/unit/test_deploy_examples.py evaluates the file"
_NO_UV = "uv is no requirement of this repository, and it asks a package index for every version there is"
_NO_ENGINE = "a container engine; tests/adoption/test_image.py carries out the Dockerfile's steps without one"
CANNOT = {
    "docker build -t painel-migrations:0.1.0 .": _NO_ENGINE,
    "docker run --rm --read-only --tmpfs /work:uid=10001 -e DATABASE_URL painel-migrations:0.1.0": _NO_ENGINE,
    "railway config plan": _NO_RAILWAY,
    "railway config apply": _NO_RAILWAY,
    "npm install railway": _NO_RAILWAY,
    "pipx run --spec 'painel-migrations[all]' painel status": (
        "pipx, and the library on an index; tests/adoption/test_installations.py runs the program that it looks for"
    ),
    "pg_dump -Fc": "no advice: what a backup was measured against",
    "alembic autogenerate": "no advice: what an upgrade was measured against",
    "alembic current": "no advice: what an upgrade with nothing to do was measured against",
    "python -m tests.load.performance": "it measures for ten minutes; tests/recovery/test_load.py runs its parts",
    "git mv": "no advice: says how `make archive` moves",
    "git status": "no advice: what `make archive-undo` brings back",
    **{command: _NO_UV for command, place in shell_lines.shown().items() if place.startswith("requirements")},
}
"""The lines that cannot be run here, and why. What they name is looked for all the same."""

NO_COMMANDS = {
    "git cannot read the repository 0017: 0017",
    "railway name",
    # What pg_dump says of itself, and what a backup says of it.
    "pg_dump \\(PostgreSQL\\",
    "pg_dump 0017",
    # What stops the server of a proof, in backup/server.py.
    'rm -rf "$0"',
    "kill -QUIT $server",
}
"""Words of messages that begin as a command does."""


def advised() -> set[str]:
    """The commands of messages."""
    python = (text for file, text in said() if file.endswith((".py", ".toml")))
    return {command for text in python for command in shell_lines.of_message(text)} - NO_COMMANDS


def test_each_line_stands_in_one_table() -> None:
    found = {*shell_lines.shown(), *advised()}
    tables = [*RUN, *BY_OTHERS, *CANNOT]
    assert len(tables) == len(set(tables))
    assert found - set(tables) == set(), "say in a table of this file how it is run"
    assert set(tables) - found == set(), "nothing shows it any more"


@pytest.mark.parametrize("command", RUN)
def test_each_line_does_what_it_is_shown_for(command: str, scene: Scene) -> None:
    RUN[command](scene, command)


@pytest.mark.parametrize("test", sorted(set(BY_OTHERS.values())))
def test_who_runs_the_others_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("command", CANNOT)
def test_what_cannot_be_run_is_well_formed(command: str) -> None:
    """A shell takes it as it is, and the files and extras that it names are there."""
    done = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [name for name in re.findall(r"[\w/.-]+\.(?:txt|toml|sh|py)\b", command) if not (ROOT / name).exists()] == []
    extras = re.findall(r"--extra (\w+)", command)
    assert [name for name in extras if f"\n{name} = [" not in (ROOT / "pyproject.toml").read_text()] == []
    assert re.findall(r"\$(\w+)", command) == []


def test_the_example_of_variables_can_be_copied_and_taken(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its head says: copied to .env, with every # in front of a variable taken away."""
    text = (ROOT / ".env.example").read_text()
    taken, count = re.subn(r"^# ([A-Z_]+=)", r"\1", text, flags=re.MULTILINE)
    assert count > 20
    (tmp_path / ".env").write_text(taken)
    assert run("upgrade")[0] == 0
    assert (tmp_path / "eventos.db").exists()


# What `make archive` says.


@pytest.fixture(params=["aplicação", "a b", "it's", "-rf", "~"])
def moved(request: pytest.FixtureRequest, small: Path, run: Callable[..., Ran]) -> tuple[Path, str]:
    """An application whose scripts were moved, and what was said; another folder is the current one."""
    folder = small.rename(small.parent / request.param)
    code, out, err = run("archive", "--apply", "--redact", "--", str(folder))
    assert code == 0
    return folder, out + err


def shell(command: str) -> str:
    """Run a line as a person does who has told git their name."""
    who = {f"GIT_{role}_{what}": "teste@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "GIT_EDITOR": "echo Move >"}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_move_is_kept_as_it_is_said(moved: tuple[Path, str]) -> None:
    """From the folder in which `make archive` was called, which need not be the application's."""
    folder, text = moved
    [command] = re.findall(r"; to keep it: (.*)$", text, re.MULTILINE)
    shell(command)
    assert "archive/REGISTER.toml" in git(folder, "ls-files", "archive")
    assert not re.search(r"^.. \"?archive", git(folder, "status", "--porcelain"), re.MULTILINE)


def test_an_edit_goes_back_as_it_is_said(small: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("archive", "--apply", "--redact", "--", str(small))[0] == 0
    git(small, "add", "archive")
    file = next(path for path in sorted((small / "archive").rglob("*.py")))
    file.write_text("edited\n")
    code, _, err = run("archive-undo", "--", str(small))
    assert (code, "(git diff, git checkout)" in err) == (4, True)
    monkeypatch.chdir(small)
    assert "+edited" in shell("git diff")
    shell(f"git checkout '{file}'")
    assert run("archive-undo", "--", str(small))[0] == 0
