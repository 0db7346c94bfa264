"""The command line as a user meets it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from homecoming.errors import Refused
from tests.support import advice
from tests.support.history import ROOT

WITHIN = 120.0
"""Seconds until a process that does not end is given up; the longest run of a test takes 5 on an idle machine."""


Ran = tuple[int, str, str]
"""How a verb ended in this process: its exit code, standard output, standard error."""


class Ended(NamedTuple):
    """How a process ended: its exit code, and what it wrote to standard output and to standard error."""

    code: int
    out: str
    err: str


def environment(url: sa.URL | str, **variables: str) -> dict[str, str]:
    """Return the environment of a process that is to work on the database `url`."""
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # In the test's folder, whichever one the process runs in.
    ours = {"PYTHONPATH": path, "PYTHONWARNINGS": "error", "MIGRATION_STATE": str(Path(".painel-migrations").resolve())}
    return {**os.environ, **ours, "DATABASE_URL": text, **variables}


def start(url: sa.URL | str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start `python -m painel_migrations`, its output in pipes; `options` go to Popen."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options = {"env": environment(url), **pipes, **options}
    process: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, "-m", "painel_migrations", *arguments], **options
    )
    return process


def end(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process of `start()`. Raises TimeoutExpired, and kills it, where it does not end."""
    try:
        out, err = process.communicate(timeout=WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, out, err)


def of(url: sa.URL | str, *command: str, **variables: str) -> Ended:
    """Run any command to its end, with the database of `url`."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return end(subprocess.Popen(command, env=environment(url, **variables), **pipes))


def run(url: sa.URL | str, *arguments: str, **options: Any) -> Ended:
    """Run `python -m painel_migrations` to its end; what a refusal advises is run too."""
    ended = end(start(url, *arguments, **options))
    if ended.code == Refused.exit_code and "env" not in options:
        advice.try_out(url, ended.err)
    return ended
