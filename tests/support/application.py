"""A made-up application on the disk, in a repository of its own; and what a folder looks like, to the last bit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.support.application_files import Made, files

SOME = (
    "Procfile", "README.md", "backend/app/models.py", "backend/check_db.py", "backend/init_db.py", "corrigirPrecos.py",
    "docs/auth.md", "migrate_simple.py", "migrate_simple_v2.py", "migrate_production.py",
)  # fmt: skip
"""Enough of the application for a test of one thing."""


def make(folder: Path, repository: bool = True, only: Iterable[str] = ()) -> dict[str, Made]:
    """Write the application into a folder, dated 20 August 2025, and commit it where that is asked for."""
    made = files()
    made = {path: made[path] for path in only or made}
    for path, one in made.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(one.data)
        place.chmod(one.mode)
        os.utime(place, (1755700000, 1755700000))
    if repository:
        git(folder, "init", "-q", "-b", "main")
        git(folder, "add", "-A")
        commit(folder, "A aplicação")
    return made


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as nobody, and return what it says."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {
        f"GIT_{role}_{what}": text
        for role in ("AUTHOR", "COMMITTER")
        for what, text in (("NAME", "Teste"), ("EMAIL", "teste@example.com"), ("DATE", "2025-08-20T12:00:00Z"))
    }
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", *arguments],
        cwd=folder,
        env={**environ, **who, "HOME": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def commit(folder: Path, message: str) -> None:
    """Commit what is staged."""
    git(folder, "commit", "-q", "-m", message)


Snapshot = dict[str, tuple[str, bytes | str, int, int]]


def snapshot(folder: Path) -> Snapshot:
    """Everything below a folder but git's own: kind, content, mode and time of change, by path."""
    found: Snapshot = {}
    for place in sorted(folder.rglob("*")):
        path = place.relative_to(folder).as_posix()
        if path.split("/")[0] == ".git":
            continue
        facts = place.lstat()
        if place.is_symlink():
            found[path] = ("link", str(place.readlink()), 0, 0)
        elif place.is_dir():
            found[path] = ("folder", "", facts.st_mode & 0o7777, 0)
        else:
            found[path] = ("file", place.read_bytes(), facts.st_mode & 0o7777, facts.st_mtime_ns)
    return found


def status(folder: Path) -> str:
    """git's own word for what was changed, with the index's objects."""
    return git(folder, "status", "--porcelain=v2", "--untracked-files=all", "--ignored") + git(folder, "ls-files", "-s")
