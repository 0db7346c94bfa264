"""The shell scripts where the names of folders, interpreter and database are of the kind that a shell takes apart.

A name may have blanks, quotes, a line's end, what a shell expands, or begin with a hyphen or a tilde.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.history import HEAD, ROOT

WITHIN = 60.0
"""Seconds until a script that does not end is given up; it takes 3 on an idle machine."""

NAMES = ["a b", "it's", 'say "hi"', "$HOME `id` $(id)", "~", "a;b&c|d", "*[a]", "-rf", "--", "a\nb", "%s\\n", "ação"]


class Odd:
    """A clone's scripts and library, an application's folder, an interpreter and a database, all of one odd name."""

    def __init__(self, folder: Path, name: str) -> None:
        self.clone = folder / "clone" / name
        shutil.copytree(ROOT / "scripts", self.clone / "scripts")
        for part in ("homecoming", "painel_migrations", "alembic", "alembic.ini"):
            (self.clone / part).symlink_to(ROOT / part)
        self.application = folder / "app" / name
        self.application.mkdir(parents=True)
        self.file = self.application / f"{name}.db"
        python = folder / "bin" / name / name
        python.parent.mkdir(parents=True)
        # No link: an interpreter finds its libraries beside its own name.
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        (folder / "tmp" / name).mkdir(parents=True)
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp" / name),
            "PREDEPLOY_PYTHON": str(python),
            "WATCH_PYTHON": str(python),
        }
        # Relative to the current folder; a file's path stands in a URL as it is.
        self.environment["DATABASE_URL"] = f"sqlite:///{name}.db"

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["sh", *command],
            cwd=self.application,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str) -> tuple[int, str, str]:
        process = self.start(*command)
        out, err = process.communicate(timeout=WITHIN)
        return process.returncode, out, err

    def script(self, name: str) -> str:
        return str(self.clone / "scripts" / name)

    @property
    def revision(self) -> str:
        # By its path, and not by a URI.
        connection = sqlite3.connect(os.fsencode(self.file))
        try:
            return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        finally:
            connection.close()


@pytest.fixture(params=NAMES)
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Odd:
    return Odd(tmp_path, request.param)


def test_start_hands_its_words_on_as_they_are(odd: Odd) -> None:
    """It calls predeploy.sh, which upgrades the database of the current folder, and becomes the application."""
    code, out, err = odd.run(odd.script("deploy/start.sh"), "printf", "<%s>", "a b", "*", "", odd.file.name, "a\nb")
    assert (code, err) == (0, "")
    assert odd.revision == HEAD
    assert out.endswith(f"ended with exit code 0\n<a b><*><><{odd.file.name}><a\nb>")
    # What follows the name of a script goes to the upgrade as one word: no revision, and nothing else.
    code, _, err = odd.run(odd.script("deploy/predeploy.sh"), "--plan", "--", odd.file.stem)
    assert code == 2, err


def test_watch_looks_from_there(odd: Odd) -> None:
    process = odd.start(odd.script("monitoring/watch.sh"), "60")
    try:
        assert process.stdout is not None
        assert " unhealthy: " in process.stdout.readline()
    finally:
        process.terminate()
        out, err = process.communicate(timeout=WITHIN)
    assert (process.returncode, err, out.splitlines()[-1].endswith(" stopped")) == (0, "", True)
    assert list(Path(odd.environment["TMPDIR"]).iterdir()) == []


@pytest.mark.parametrize(
    ("script", "variable"), [("deploy/predeploy.sh", "PREDEPLOY"), ("monitoring/watch.sh", "WATCH")]
)
def test_an_interpreter_that_is_not_there(odd: Odd, script: str, variable: str) -> None:
    """It is looked for by its whole name, and nothing else is run."""
    odd.environment[f"{variable}_PYTHON"] += " nao"
    code, _, _ = odd.run(odd.script(script))
    assert code in (126, 127)
