"""The shell scripts in a place of their own, under each shell, with a stub for the interpreter."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.history import ROOT

WITHIN = 20.0
"""Seconds until what does not happen is given up; it takes 0.1 on an idle machine."""

SHELLS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "sh"]}
"""Dash is Debian's sh, BusyBox Alpine's."""

TOOLS = ("dirname", "env", "od", "readlink", "sed", "sh", "sleep", "wc")

SLEEP = '#!/bin/sh\necho "$1" >>"$SLEPT"\n'


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Never through a link: it leads to the machine's own tool.
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Place:
    """A folder with a clone's scripts, a stub for the interpreter, and nothing else on the path than the tools.

    Arguments: ``shell``, a key of ``SHELLS``, or another command that is a shell; ``stub``, the interpreter's text;
    ``room``, the folder of scripts; ``tools``, which they need beside ``TOOLS``.
    """

    def __init__(self, folder: Path, shell: str, stub: str, room: str, tools: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.scripts = folder / "um clone" / "scripts" / room
        shutil.copytree(ROOT / "scripts", self.scripts.parent)
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in (*TOOLS, *tools):
            found = shutil.which(tool)
            assert found is not None
            (self.bin / tool).symlink_to(found)
        command = SHELLS.get(shell, [shell])
        path = shutil.which(command[0])
        if path is None:
            pytest.skip(f"{shell} is not installed")
        self.shell = [path, *command[1:]]
        self.called = folder / "calls"
        self.slept = folder / "slept"
        self.stub = program(folder / "o stub" / "python", stub)

    def start(self, script: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        self.called.write_text("")
        environment = {
            "PATH": str(self.bin),
            "CALLS": str(self.called),
            "SLEPT": str(self.slept),
            "PREDEPLOY_PYTHON": str(self.stub),
            "WATCH_PYTHON": str(self.stub),
            **variables,
        }
        return subprocess.Popen(
            [*self.shell, str(self.scripts / script), *arguments],
            cwd=self.folder,
            env={name: value for name, value in environment.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, script: str, *arguments: str, **variables: str) -> Ran:
        process = self.start(script, *arguments, **variables)
        return end(process)

    @property
    def calls(self) -> list[str]:
        return self.called.read_text().splitlines()

    def wait_for_call(self, text: str) -> None:
        eventually(lambda: any(call.startswith(text) for call in self.calls), f"no call {text}")

    def without_sleeping(self) -> None:
        """Put a stub in the place of `sleep`. (BusyBox may have its own inside.)"""
        (self.bin / "sleep").unlink()
        program(self.bin / "sleep", SLEEP)


def eventually(happened: Callable[[], bool], complaint: str) -> None:
    limit = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < limit, complaint
        time.sleep(0.01)


def group_is_gone(process: subprocess.Popen[str]) -> bool:
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def end(process: subprocess.Popen[str]) -> Ran:
    """Wait for a script, and see that it leaves no process behind."""
    try:
        out, err = process.communicate(timeout=WITHIN)
        eventually(lambda: group_is_gone(process), "a process was left behind")
    except BaseException:
        if not group_is_gone(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return Ran(process.returncode, out, err)
