"""Which revisions are new: those that the main branch does not have, as it is known here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alembic.script import Script, ScriptDirectory

from homecoming.archive.git import GitError, Repository, top_of
from homecoming.errors import UsageError
from homecoming.operations.foreseen import is_by_hand
from homecoming.project import project

# Where a clone knows the main branch by: as it was last fetched, or its own.
_BRANCHES = ("origin/main", "main")


def newest(script: ScriptDirectory, start: str | None) -> tuple[list[Script], list[Script], str]:
    """Return the revisions that are there already, those that are new, and by what they are told apart.

    Those that bring databases home (``is_by_hand``) are never new by themselves: every database has to pass them.

    Args:
        script: The history.
        start: The last revision that is not new, or ``base``; None for what the main branch has.

    Raises:
        CommandError: For a revision nobody knows.
    """
    revisions = list(script.walk_revisions())[::-1]
    if start is not None:
        old = {each.revision for each in script.walk_revisions("base", start)} if start != "base" else set()
        return *_told_apart(revisions, old), start
    known = {each.revision for each in revisions if is_by_hand(each.revision)}
    branch = _on_main(Path(script.versions))
    if branch is None:
        return *_told_apart(revisions, known), f"{project().former.last_revision:04}"
    name, files = branch
    return *_told_apart(revisions, known | {each.revision for each in revisions if Path(each.path).name in files}), name


def _told_apart(revisions: Sequence[Script], old: set[str]) -> tuple[list[Script], list[Script]]:
    return (
        [each for each in revisions if each.revision in old],
        [each for each in revisions if each.revision not in old],
    )


def _on_main(versions: Path) -> tuple[str, set[str]] | None:
    """Return the main branch's name and the files of its history; None outside of a clone, and without that branch."""
    versions = versions.resolve()
    if (top := top_of(versions)) is None:
        return None
    try:
        repository = Repository(top)
        for branch in _BRANCHES:
            folder = versions.relative_to(top).as_posix()
            try:
                said = repository.ask("ls-tree", "--name-only", "-z", f"refs/{_ref(branch)}", "--", f"{folder}/")
            except GitError:
                continue
            return branch, {Path(path).name for path in said.split("\0") if path}
    except UsageError:
        # No git, or a repository that it refuses: a check goes on without.
        return None
    return None


def _ref(branch: str) -> str:
    return f"remotes/{branch}" if "/" in branch else f"heads/{branch}"
