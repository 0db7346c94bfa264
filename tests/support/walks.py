"""The documents that are walked through: their blocks for a shell in order, and what is shown below each.

A block ```sh is run, ```python is saved under the name that the text before it says, ```diff is applied to the clone,
and ```text holds what the block before it prints: each line in its order, where `...` stands for whatever there is, a
line of nothing else for any number of lines.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.history import ROOT

WITHIN = 120.0
"""Seconds until a block is given up; it takes 3."""
LEFT_OUT = (".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "*.db", "*.sqlite3", ".painel-migrations")

_BLOCK = re.compile(r"^```(sh|text|python|diff)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass
class Walk:
    """A clone in which a page is followed.

    Attributes:
        folder: The clone: this tree, with the interpreter of the tests.
        commands: What was run.
        shown: How many blocks were compared with what was printed.
    """

    folder: Path
    commands: list[str] = field(default_factory=list)
    shown: int = 0

    def __post_init__(self) -> None:
        shutil.copytree(ROOT, self.folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        python = self.folder / ".venv/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        for stamp in ("runtime", "development"):
            (self.folder / ".venv" / stamp).touch()

    def follow(self, page: Path) -> None:
        """Do what a page says, block by block. Errors: AssertionError where it says something else than happens."""
        printed = ""
        text = page.read_text("utf-8")
        for found in _BLOCK.finditer(text):
            kind, block = found.groups()
            if kind == "sh":
                printed = "".join(map(self.run, block.splitlines()))
            elif kind == "text":
                missing = unlike(block, printed)
                assert missing is None, f"{page.name} shows {missing!r}; printed was:\n{printed}"
                self.shown += 1
            elif kind == "python":
                [name] = re.findall(r"`(\w+\.py)`", text[: found.start()].rpartition("\n## ")[2])
                (self.folder / name).write_text(block, "utf-8")
            else:
                done = subprocess.run(["git", "apply"], cwd=self.folder, input=block, capture_output=True, text=True)
                assert done.returncode == 0, done.stderr

    def run(self, line: str) -> str:
        """Run a line of a block, and return what it prints to both streams."""
        command = line.partition(" #")[0].strip()
        self.commands.append(command)
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        return done.stdout


def unlike(shown: str, printed: str) -> str | None:
    """Return the first line that is shown and not printed where it should be, or None."""
    rest, skips = printed.splitlines(), False
    for line in shown.splitlines():
        if line == "...":
            skips = True
            continue
        pattern = re.compile(".*".join(map(re.escape, line.split("..."))))
        at = next((number for number, there in enumerate(rest) if pattern.fullmatch(there)), None)
        if at is None or (at and not skips):
            return line
        rest, skips = rest[at + 1 :], False
    return None if skips or not rest else rest[0]
