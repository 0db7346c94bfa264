"""What documents show for pip, line by line in one environment, as an image has it: `pip` on the path, and this folder
as `migrations` in the current one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support import installations, shell_lines
from tests.support.history import ROOT

WITHIN = 300.0
"""Seconds until an installation that does not end is given up; it takes 20 here."""

# With the other environments, in one worker.
pytestmark = pytest.mark.xdist_group("installations")

PINNED = "SQLAlchemy==2.0.36\n"
"""Stands for the application's requirements, of which no line has an extra."""


def test_each_line_for_pip_installs_the_library(tmp_path: Path) -> None:
    probe = installations.pip("download", "--no-deps", "--dest", str(tmp_path / "probe"), "hatchling")
    if probe.returncode:
        pytest.skip(f"no package index can be reached: {probe.stderr.strip().splitlines()[-1]}")
    venv.create(tmp_path / "venv", with_pip=True)
    image = tmp_path / "image"
    for name in ("homecoming", "painel_migrations", "alembic", "archive"):
        shutil.copytree(ROOT / name, image / "migrations" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*"):
        if path.is_file() and path.suffix in (".toml", ".md", ".txt", ".ini", ""):
            shutil.copy(path, image / "migrations")
    (image / "requirements.txt").write_text(PINNED)
    # How this machine reaches an index is in its environment; where its libraries are is not for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PATH"] = f"{tmp_path / 'venv/bin'}:/usr/bin:/bin"

    def shell(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=image,
            env=environment,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    # What the image has by then, of which nothing is to change.
    shell("pip install -r requirements.txt")
    for line in shell_lines.PIP:
        shell(line)
        assert "painel-migrations" in shell("painel --version")
        assert "SQLAlchemy==2.0.36" in shell("pip freeze")
    assert "known, nothing to cover" not in shell("painel archive .")


def test_the_engine_alone_can_be_installed(tmp_path: Path) -> None:
    """As docs/adopt.md says it, beside what it needs: the folder is a project of its own."""
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--target", str(tmp_path / "installed"), str(ROOT / "homecoming")], check=True)
    found = {path.relative_to(tmp_path / "installed").parts[0] for path in (tmp_path / "installed").iterdir()}
    assert {name for name in found if not name.endswith(".dist-info")} == {"homecoming", "bin"}
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    begun = [sys.executable, "-m", "homecoming", "init", "shop"]
    subprocess.run(begun, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "installed")}, check=True)
    assert (tmp_path / "alembic/script.py.mako").is_file()
