"""What keeps a one-off script where it is: a use that stays, a file or a folder that cannot be touched, a collision."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from homecoming.archive import git, text, tree, uses
from homecoming.archive.judge import NOT_ONE, Found
from homecoming.archive.tree import File
from homecoming.language import tr

# Who this process acts as, where the system can be asked that.
_EFFECTIVE = os.access in os.supports_effective_ids


def keep(rows: list[Found], whole: tree.Tree, repository: git.Repository | None) -> None:
    """Say what stays, and why. A script that only moving ones use moves with them; a staying one keeps what it uses."""
    scripts = {row.file.path: row for row in rows if row.verdict != NOT_ONE}
    conflicts = set()
    if repository is not None and scripts:
        index = repository.entries(scripts)
        conflicts = {path for path, lines in index.items() if len(lines) > 1}
    taken: dict[str, str] = {}
    for path, row in scripts.items():
        row.left = row.left or _cannot_move(row.file) or (tr("in a merge conflict") if path in conflicts else "")
    users = uses.find(whole.files, scripts, _links(whole))
    changed = True
    while changed:
        changed = False
        for path, row in scripts.items():
            if row.left:
                continue
            staying = [use for use in users[path] if use.user not in scripts or scripts[use.user].left]
            if staying:
                row.left = tr("in use: {use}", use=staying[0].told)
                changed = True
    source = None
    for row in scripts.values():
        if row.left:
            continue
        source = source or row.file.root / row.file.path.removesuffix(row.path)
        key = row.target.casefold()
        if key in taken:
            row.left = tr("collides with {other} in the archive", other=taken[key])
        elif os.path.lexists(source / row.target):
            row.left = tr("collides: {target} is there", target=row.target)
        else:
            taken[key] = row.path
            blocked = _blocked(source, row.target)
            row.left = tr("collides: {folder} is no folder", folder=blocked) if blocked else ""


def _blocked(source: Path, target: str) -> str:
    """The folder on the way to a target that is a link or a file: following it could lead anywhere."""
    way = PurePosixPath(target).parents
    for folder in list(way)[:-1]:
        place = source / folder
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            return folder.as_posix()
    return ""


def _links(whole: tree.Tree) -> list[tuple[str, str]]:
    found = []
    for file in whole.files:
        if file.is_link:
            try:
                target = Path(os.path.realpath(file.place)).relative_to(os.path.realpath(whole.root)).as_posix()
            except (OSError, ValueError):
                continue
            found.append((file.path, target))
    return found


def _cannot_move(file: File) -> str:
    if not file.mode & stat.S_IWUSR:
        return tr("read-only")
    if file.place.lstat().st_nlink > 1:
        return tr("has another name (a hard link)")
    folder = file.place.parent
    if not folder.stat().st_mode & stat.S_IWUSR or not os.access(folder, os.W_OK, effective_ids=_EFFECTIVE):
        return tr("in a read-only folder")
    read = text.read(file.data) if file.data is not None else None
    if read is None or not read.is_utf8:
        return tr("not UTF-8 ({encoding})", encoding=read.encoding if read else tr("no text"))
    try:
        file.path.encode()
    except UnicodeEncodeError:
        return tr("a name that is not UTF-8")
    return ""
