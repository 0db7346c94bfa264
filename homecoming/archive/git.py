"""What is asked of git, by its own command line: where a repository is, what it tracks, and moves."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from homecoming.errors import UsageError
from homecoming.language import tr
from homecoming.project import project

# Paths of one call: the kernel takes 128 kB an argument list at least, and a path may be 4 kB long.
_AT_ONCE = 30


class GitError(Exception):
    """git said no; its text is what it wrote."""


def top_of(folder: Path) -> Path | None:
    """Return the top folder of the repository a folder lies in, found without git; None outside of one."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


# A repository's own configuration may name programs, and it came with the folder that is looked at. What the verbs used
# here would run is switched off: git's documentation, git-config(1). Filters are added by their names.
_PROGRAMS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "log.showSignature": "false",
    # An object that is missing is not fetched: a remote may be a command.
    "protocol.allow": "never",
}
_FILTER = {"clean": "", "smudge": "", "process": "", "required": "false"}


class Repository:
    """A repository, by its top folder; no program that it names is run.

    Errors: UsageError where there is no git, it refuses the repository, or the repository's files lie elsewhere.
    """

    def __init__(self, top: Path) -> None:
        self.top = top
        if shutil.which("git") is None:
            raise UsageError(
                tr("{top} is a git repository, and there is no git on PATH", top=top),
                tr("Install git, or put it on PATH"),
            )
        self._settings = dict(_PROGRAMS)
        try:
            self._settings |= self._filters()
            self.state = Path(self.ask("rev-parse", "--absolute-git-dir").rstrip("\n")) / f"{project().prefix}-archive"
            files = Path(self.ask("rev-parse", "--show-toplevel").rstrip("\n"))
        except GitError as error:
            said = str(error).strip().splitlines()
            raise UsageError(
                tr(
                    "git cannot read the repository {top}: {why}",
                    top=top,
                    why=said[0] if said else tr("no reason given"),
                ),
                tr("See git status there"),
            ) from None
        if not files.samefile(top):
            raise UsageError(
                tr("the repository {top} keeps its files elsewhere (core.worktree)", top=top),
                tr("Take that out of its configuration"),
            )

    def _filters(self) -> dict[str, str]:
        """Return the settings that switch off every filter of the repository."""
        names = self.ask("config", "--list", "--name-only", "-z").split("\0")
        filters = {name.rpartition(".")[0] for name in names if name.lower().startswith("filter.")}
        return {f"{each}.{key}": value for each in filters for key, value in _FILTER.items()}

    def ask(self, *arguments: str, given: str | None = None) -> str:
        """Run git and return what it writes. Errors: GitError."""
        # A hook's or a caller's GIT_DIR would lead to another repository, and a language to other words.
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        # By way of the environment: a filter's name may hold an equals sign, at which -c would cut it.
        environ["GIT_CONFIG_COUNT"] = str(len(self._settings))
        for number, (name, value) in enumerate(self._settings.items()):
            environ |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        done = subprocess.run(
            ["git", "-C", str(self.top), *arguments],
            input=None if given is None else os.fsencode(given),
            stdin=subprocess.DEVNULL if given is None else None,
            env={
                **environ,
                "LC_ALL": "C",
                "GIT_OPTIONAL_LOCKS": "0",
                "GIT_NO_LAZY_FETCH": "1",
                "GIT_TERMINAL_PROMPT": "0",
                "GIT_LITERAL_PATHSPECS": "1",
            },
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise GitError(os.fsdecode(done.stderr))
        return os.fsdecode(done.stdout)

    def entries(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """Return the lines of the index for each path that is tracked: mode, object and stage."""
        found: dict[str, list[str]] = {}
        for some in _batches(list(paths)):
            for line in filter(None, self.ask("ls-files", "-s", "-z", "--", *some).split("\0")):
                facts, _, path = line.partition("\t")
                found.setdefault(path, []).append(facts)
        return found

    def added(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the year and month each path came into the history, by the first commit of its name."""
        found: dict[str, str] = {}
        for some in _batches(list(paths)):
            try:
                said = self.ask(
                    "log",
                    "--diff-filter=A",
                    "--name-only",
                    "--format=%x01%ad",
                    "--date=format:%Y-%m-%d",
                    "-z",
                    "--",
                    *some,
                )
            except GitError:  # no commit yet
                return found
            date = ""
            for part in said.replace("\n", "\0").split("\0"):
                if part.startswith("\x01"):
                    date = part[1:]
                elif part:
                    found[part] = date  # the log begins with the newest: the oldest stays
        return found

    def is_locked(self) -> bool:
        """Say whether another git is writing the index."""
        return (self.state.parent / "index.lock").exists()

    def move(self, sources: Sequence[str], folder: str) -> None:
        """`git mv` files into a folder, under their own names. Errors: GitError."""
        for some in _batches(list(sources)):
            self.ask("mv", "--", *some, folder)

    def rename(self, source: str, target: str) -> None:
        """`git mv` one file. Errors: GitError."""
        self.ask("mv", "--", source, target)

    def stage(self, paths: Iterable[str]) -> None:
        """Put what files hold now into the index. Errors: GitError."""
        for some in _batches(list(paths)):
            self.ask("add", "--force", "--", *some)

    def untrack(self, path: str) -> None:
        """Take a path out of the index, and leave the file. Errors: GitError."""
        self.ask("update-index", "--force-remove", "--", path)

    def restore_entries(self, entries: dict[str, list[str]]) -> None:
        """Put lines of the index back as `entries()` gave them. Errors: GitError."""
        lines = [f"{facts}\t{path}\0" for path, several in entries.items() for facts in several]
        if lines:
            self.ask("update-index", "-z", "--index-info", given="".join(lines))


def _batches(paths: list[str]) -> Iterable[list[str]]:
    return (paths[start : start + _AT_ONCE] for start in range(0, len(paths), _AT_ONCE))
