"""The states of another application's models, out of its git history, and the tests of convergence over them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from homecoming.errors import FailedError, UsageError
from homecoming.language import localized
from homecoming.states.commits import Models, State, Unread, states
from tests.conftest import engine_of
from tests.second.test_second_application import ROOT, Kennel, begun
from tests.support import servers

IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
NOW = Path(__file__).with_name("kennel").joinpath("models.py").read_text("utf-8")
PHONE = "    phone: Mapped[str | None] = mapped_column(sa.String(30))\n"
NAME = "    name: Mapped[str] = mapped_column(sa.String(80))\n"
FIRST = (
    NOW.replace(PHONE, "    fax: Mapped[str | None] = mapped_column(sa.String(30))\n")
    .replace(NAME, NAME.replace("80", "40"))
    .replace("    marks: ", "    # marks: ")
)
COMMITS = {
    "Keep animals": FIRST,
    "Break it": f"{FIRST}\nraise RuntimeError('at import, with a secret')\n",
    "Say why": f"# Only a comment.\n{FIRST}",
    "Have a phone as well": FIRST.replace("    fax: ", f"{PHONE}    fax: "),
    "Have what there is": NOW,
}


def committed(folder: Path, commits: dict[str, str]) -> Path:
    """A repository of an application with its models in a folder of it, a commit a text."""
    models = folder / "backend/kennel/models.py"
    models.parent.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    git(folder, "init", "-q")
    for number, (title, text) in enumerate(commits.items()):
        models.write_text(text, "utf-8")
        git(folder, "add", "-A")
        moment = f"2026-01-0{number + 1}T12:00:00+00:00"
        git(folder, *IDENTITY, "commit", "-q", "-m", title, GIT_COMMITTER_DATE=moment)
    return folder / "backend"


def git(folder: Path, *words: str, **variables: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "-C", str(folder), *words], check=True, env=environ | variables)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The application's repository with its project, and what `states` did in it."""
    folder = tmp_path_factory.mktemp("states")
    clone = committed(folder / "clone", COMMITS)
    one = begun(Kennel(folder / "repository", engine_of(f"sqlite:///{folder / 'kennel.sqlite'}")))
    return one.folder, one.run("states", "--into", "tests/states", str(clone))


def test_each_schema_is_written_once_and_in_order(
    written: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = written
    files = sorted((folder / "tests/states").iterdir())
    assert [re.sub(r"[0-9a-f]{7}\.json", "", file.name) for file in files] == [
        "01-2026-01-01-",
        "02-2026-01-04-",
        "03-2026-01-05-",
    ]
    first, second, third = (json.loads(file.read_text("utf-8")) for file in files)
    assert first["committed"].startswith("2026-01-01T12:00:00")
    assert first["enums"] == {"species": ["dog", "cat", "other"]}
    assert first["tables"]["pets"] == {
        "columns": {
            "id": "SERIAL NOT NULL",
            "owner_id": "INTEGER NOT NULL",
            "breed_code": "VARCHAR(12)",
            "name": "VARCHAR(40) NOT NULL",
            "species": "ENUM species NOT NULL",
            "born": "DATE",
        },
        "primary_key": ["id"],
        "foreign_keys": {
            "pets_breed_code_fkey": "breed_code -> breeds(code)",
            "pets_owner_id_fkey": "owner_id -> owners(id)",
        },
        "unique": {},
        "indexes": {"ix_pets_owner_id": "owner_id"},
    }
    assert first["tables"]["owners"]["unique"] == {"owners_email_key": ["email"]}
    assert set(second["tables"]["owners"]["columns"]) == {"id", "email", "fax", "phone"}
    assert third["tables"]["pets"]["columns"]["marks"] == "JSONB"
    # In a schema of its own, which no state has.
    assert "invoices" not in first["tables"]


def test_a_commit_that_cannot_be_read_is_said(written: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, ended = written
    assert ended.returncode == 1
    said = r"Not read: [0-9a-f]{7} of 2026-01-02: its models ended with RuntimeError\n"
    assert re.fullmatch(said, ended.stderr), ended.stderr


def test_models_are_run_apart_and_for_a_limited_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They see none of our variables, write into a folder that goes, and what they start ends with them."""
    left = tmp_path / "left"
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@h/d")
    looked = "import os, pathlib\nassert 'secret' not in str(os.environ)\nassert os.getcwd().endswith('backend')\n"
    child = f"import time, pathlib; time.sleep(6); pathlib.Path({str(left)!r}).touch()"
    hangs = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(60)\n"
    clone = committed(tmp_path / "clone", {"one": NOW + looked, "two": NOW + hangs})
    began = time.monotonic()
    read, unread = states(Models(clone, "kennel.models", "Base"), seconds=4.0)
    assert time.monotonic() - began < 30
    assert isinstance(read, State)
    assert isinstance(unread, Unread)
    assert unread.why == "its models took longer than 4 s"
    assert localized(unread.why, "pt") == "os modelos dele demoraram mais de 4 s"
    # Longer than what they started would have taken.
    time.sleep(3)
    assert not left.exists()
    assert git_is_clean(clone)


def git_is_clean(clone: Path) -> bool:
    return subprocess.run(["git", "-C", str(clone), "status", "-s"], capture_output=True, check=True).stdout == b""


def test_what_is_no_history_is_refused(tmp_path: Path, written: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    with pytest.raises(UsageError, match="is in no git repository"):
        list(states(Models(tmp_path, "kennel.models", "Base")))
    clone = committed(tmp_path / "clone", {"one": "raise SystemExit(3)\n"})
    with pytest.raises(UsageError, match=r"no commit of .* has backend/other\.py"):
        list(states(Models(clone, "other", "Base")))
    folder, _ = written
    one = Kennel(folder, engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}"))
    full = one.run("states", "--into", "tests/states", str(clone))
    assert (full.returncode, full.stderr.splitlines()[0]) == (2, "Error: tests/states has files already")
    none = one.run("states", "--into", "none", str(clone))
    assert none.returncode == FailedError.exit_code
    assert "Error: the models of no commit could be read\n" in none.stderr


def converged(folder: Path, server: servers.Server | None, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the plugin's tests in a project, as its developers do."""
    plugin = ["-p", "homecoming.states.plugin", "-p", "no:cacheprovider"]
    given = ["--homecoming-postgresql", server.url("postgres")] if server is not None else []
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, *given, *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_every_state_of_another_application_converges(
    written: tuple[Path, subprocess.CompletedProcess[str]], server_of: Callable[[int], servers.Server], tmp_path: Path
) -> None:
    """On a file and on a server: each state comes home with its rows, goes back, and comes home by the script."""
    folder, _ = written
    one = Kennel(folder, engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}"))
    one.done("revision", "-m", "Create the kennel")
    (folder / "pytest.ini").write_text("[pytest]\nhomecoming_states = tests/states\n")
    (folder / "tests/test_convergence.py").write_text("from homecoming.states.convergence import *\n")
    ended = converged(folder, server_of(18))
    assert ended.returncode == 0, ended.stdout
    # Three states, three tests, two kinds; a file has no script.
    assert "15 passed, 3 skipped" in ended.stdout
    # A history that forgets a column's cells is found out.
    revision = next((folder / "alembic/versions").glob("0001_*.py"))
    text = revision.read_text()
    forgets = 'op.execute("UPDATE owners SET email = id")\n\n\ndef downgrade'
    revision.write_text(text.replace("\n\ndef downgrade", f"    {forgets}"))
    found = converged(folder, None, "-k", "comes_home_with and 01")
    assert found.returncode == 1, found.stdout


def test_the_plugin_is_found_by_pytest_where_the_engine_is_installed() -> None:
    for name in ("pyproject.toml", "homecoming/pyproject.toml"):
        project = tomllib.loads((ROOT / name).read_text())["project"]
        assert project["entry-points"]["pytest11"] == {"homecoming": "homecoming.states.plugin"}
