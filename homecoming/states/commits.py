"""The states of an application's models: each schema that they had, read from the commits of its repository.

Models of an old commit are somebody's code. They are run in a process of their own, in a temporary folder that holds
that commit's files alone, without this process's variables, and for a limited time.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homecoming.archive.git import GitError, Repository, top_of
from homecoming.errors import UsageError
from homecoming.language import Message, tr
from homecoming.settings import handed_on

SECONDS = 60.0
"""How long the models of one commit may take to be imported."""

_VARIABLES = {"DATABASE_URL": "sqlite://", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
"""What models find in their environment beside PATH: where they want a database at their import, one in memory."""


@dataclass(frozen=True)
class Models:
    """Where an application's models are.

    Attributes:
        folder: A folder of its repository, from which they are imported.
        module: Their module, as the application imports it.
        base: The declarative base, or the metadata, in it.
    """

    folder: Path
    module: str
    base: str


@dataclass(frozen=True)
class State:
    """A state: its commit, when that was made, and tables and enums as `read_models.py` has them."""

    commit: str
    committed: str
    facts: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """What its file holds."""
        return {"application_commit": self.commit, "committed": self.committed, **self.facts}


@dataclass(frozen=True)
class Unread:
    """A commit whose models could not be read, and why."""

    commit: str
    committed: str
    why: str


def states(models: Models, seconds: float = SECONDS, python: str = sys.executable) -> Iterator[State | Unread]:
    """Yield each schema that the models had, in the order of the commits that brought it; and what could not be read.

    Args:
        models: Where they are.
        seconds: How long those of one commit may take.
        python: The interpreter that imports them: the application's, where they need more than SQLAlchemy.

    Raises:
        UsageError: The folder is in no repository, or no commit has the module.
    """
    folder = models.folder.resolve()
    top = top_of(folder)
    if top is None:
        raise UsageError(
            tr("{folder} is in no git repository", folder=models.folder),
            tr("Name a folder of a clone of the application"),
        )
    repository, inside = Repository(top), folder.relative_to(top)
    path = (inside / models.module.replace(".", "/")).as_posix()
    log = repository.ask("log", "--reverse", "--topo-order", "--format=%H %cI", "--", f"{path}.py", path)
    if not log.strip():
        raise UsageError(
            tr("no commit of {repository} has {file}", repository=top, file=f"{path}.py"),
            tr("Name the folder that the models are imported from, and their module"),
        )
    seen: set[str] = set()
    for line in log.splitlines():
        commit, committed = line.split()
        found = _read(repository, commit, inside, models, seconds, python)
        if isinstance(found, str):
            yield Unread(commit[:7], committed, found)
        elif (text := json.dumps(found, sort_keys=True)) not in seen and found["tables"]:
            seen.add(text)
            yield State(commit[:7], committed, found)


def _read(
    repository: Repository, commit: str, inside: Path, models: Models, seconds: float, python: str
) -> dict[str, Any] | str:
    """Return what a commit's models make, or why it cannot be told."""
    with tempfile.TemporaryDirectory(prefix="models-") as place:
        here, tar, output = Path(place) / "commit", Path(place) / "commit.tar", Path(place) / "facts.json"
        try:
            repository.ask("archive", "--format=tar", f"--output={tar}", commit)
        except GitError as error:
            return str(error).strip().splitlines()[-1]
        _unpack(tar, here)
        said = _run(
            [python, str(Path(__file__).with_name("read_models.py")), models.module, models.base, str(output)],
            here / inside,
            seconds,
        )
        if said is not None:
            return said
        found: dict[str, Any] = json.loads(output.read_text("utf-8"))
        return found


def _unpack(tar: Path, folder: Path) -> None:
    """Write the plain files of an archive below a folder: no link, and nothing that would lie outside."""
    with tarfile.open(tar) as files:
        for member in files:
            target, data = folder / member.name, files.extractfile(member) if member.isfile() else None
            if data is not None and ".." not in Path(member.name).parts and not Path(member.name).is_absolute():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data.read())


def _run(command: list[str], folder: Path, seconds: float) -> Message | None:
    """Run a command in a folder, with everything it starts ended after some seconds; return why it failed, or None."""
    environ = {"PATH": handed_on().get("PATH", os.defpath), "HOME": str(folder), "PYTHONPATH": str(folder)} | _VARIABLES
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return tr("its models took longer than {seconds:g} s", seconds=seconds)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # What it left behind, too.
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return _why(said) if process.returncode else None


def _why(said: str) -> Message:
    """Return why models could not be imported: the class of what they raised, since its text may hold anything."""
    last = said.strip().rpartition("\n")[2]
    if last.startswith("ModuleNotFoundError: "):
        return tr("its models want another module: {said}", said=last.partition(": ")[2])
    kind = re.match(r"[A-Za-z_][\w.]*(?=:|$)", last)
    return tr("its models ended with {error}", error=kind[0] if kind else tr("an error"))
