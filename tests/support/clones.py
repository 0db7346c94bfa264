"""A clone of this repository, for tests that change the schema or write a revision."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.history import ROOT

WITHIN = 900.0
"""Seconds until a process in a clone is given up."""

PARTS = (
    *("homecoming", "painel_migrations", "alembic", "tests"),
    *("alembic.ini", "pyproject.toml", "docs", "Makefile", "archive"),
)
LIBRARY = ("homecoming", "painel_migrations", "alembic", "alembic.ini")


class Clone:
    """A copy of the working tree in a folder of its own."""

    def __init__(self, folder: Path, parts: tuple[str, ...] = LIBRARY) -> None:
        """Copy the parts, and what starts PostgreSQL and is asked by the tests."""
        self.folder = folder
        ignore = shutil.ignore_patterns("__pycache__", ".mypy_cache")
        for name in (*parts, "pyproject.toml", "tests/support", "tests/__init__.py"):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=ignore, dirs_exist_ok=True)
            elif source.exists():
                shutil.copy2(source, folder / name)

    def edit(self, path: str, *changes: tuple[str, str]) -> None:
        """Change a file: each text that is given stands in it once."""
        file = self.folder / path
        text = file.read_text("utf-8")
        for old, new in changes:
            assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
            text = text.replace(old, new)
        file.write_text(text, "utf-8")

    def python(self, *arguments: str, given: Any = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Python in it; ``given``, as JSON on standard input."""
        own = {"PYTHONPATH": str(self.folder), "MIGRATION_STATE": str(self.folder / ".state"), **variables}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, **own},
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=WITHIN,
        )

    def revision(self, message: str = "Change the schema") -> subprocess.CompletedProcess[str]:
        """Write the next revision."""
        return self.python("-m", "painel_migrations", "revision", f"-m={message}")

    @property
    def revisions(self) -> list[Path]:
        """The files of the history, in their order."""
        return sorted((self.folder / "alembic" / "versions").glob("[0-9]*.py"))
