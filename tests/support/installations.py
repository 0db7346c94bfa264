"""The library as others install it: its wheel, in a virtual environment of its own, from the package index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.history import ROOT

WITHIN = 600.0
"""Seconds until an installation is given up; with a warm cache it takes twenty."""


@dataclass(frozen=True)
class Installation:
    """A virtual environment: its interpreter, and the seconds that it took to install."""

    python: Path
    seconds: float

    def run(self, *arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run its interpreter in a folder, without a word of this process' own libraries."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=folder,
            env=environment | {"MIGRATION_STATE": str(folder / "state")} | variables,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )

    def result(self, *arguments: str, folder: Path, **variables: str) -> Any:
        """Run a script that prints a JSON document as its last line, and return that."""
        ended = self.run(*arguments, folder=folder, **variables)
        assert ended.returncode == 0, ended.stderr[-3000:]
        return json.loads(ended.stdout.splitlines()[-1])


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pip, as this machine has it configured, wheels only."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)


def wheel(folder: Path) -> Path:
    """Build the wheel of this tree. Skips the test, with the reason, where no package index can be reached."""
    reachable = pip("download", "--no-deps", "--dest", str(folder / "probe"), "hatchling")
    if reachable.returncode:
        pytest.skip(f"no package index can be reached: {reachable.stderr.strip().splitlines()[-1]}")
    built = pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


def install(folder: Path, *requirements: str) -> Installation:
    """Make a virtual environment in a folder and install all of this in one resolution."""
    began = time.monotonic()
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    done = pip("--python", str(python), "install", "--only-binary", ":all:", *requirements)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return Installation(python, time.monotonic() - began)
