"""Where backups lie: a folder closed to others, room that is asked for first, files that are whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from homecoming.errors import Refused, UsageError
from homecoming.language import tr

# What a file is called until it is whole.
UNFINISHED = ".unfinished"

# Bytes that a backup leaves to everybody else: what fills a disk breaks the database that it was for.
RESERVE = 16_000_000

_BLOCK = 1 << 20

# File systems in memory, and of a container's own layer, which is gone with it.
_NOT_KEPT = frozenset({"overlay", "fuse-overlayfs", "aufs", "tmpfs", "ramfs"})


def open_folder(folder: Path) -> Path:
    """Make the folder of backups where it is missing, closed to others, and remove what a killed process left in it.

    Raises:
        UsageError: it cannot be made, or written.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)
            # A umask takes bits away from `mode`, and parents have none of it.
            folder.chmod(0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError
    except OSError as error:
        why = getattr(error, "strerror", None) or tr("this user may not write there")
        raise UsageError(
            tr("the folder for backups, {folder}, cannot be used: {why}", folder=folder, why=why),
            tr("Name another in MIGRATION_BACKUP_DIR"),
        ) from None
    for left in folder.glob(f"*{UNFINISHED}"):
        _remove_abandoned(left)
    return folder


def ask_for_room(folder: Path, needed: int) -> None:
    """Go on where a folder has room for so many bytes, and some to spare. Errors: Refused, with the estimate."""
    free = shutil.disk_usage(folder).free
    if free < needed + RESERVE:
        raise Refused(
            tr(
                "no room for a backup in {folder}: it may need {needed} (estimated) beside {reserve} to spare, "
                "and {free} are free",
                folder=folder,
                needed=megabytes(needed),
                reserve=megabytes(RESERVE),
                free=megabytes(free),
            ),
            tr("Free space there, or name another folder in MIGRATION_BACKUP_DIR"),
        )


def megabytes(size: int) -> str:
    """Return a size in words."""
    return f"{size / 1e6:.1f} MB"


def name_of(database: str, revision: str | None, moment: datetime, ending: str) -> str:
    """Return the name of a backup: which database, at which revision, when (UTC)."""
    kept = re.sub(r"[^A-Za-z0-9_.]+", "_", database).strip("._")[:80] or "database"
    at = re.sub(r"[^A-Za-z0-9_]+", "_", revision or "none")[:40]
    return f"{kept}-{at}-{moment:%Y%m%dT%H%M%S}Z{ending}"


@contextlib.contextmanager
def written(final: Path) -> Iterator[Path]:
    """Give the path of a file to write, readable by this user alone; at the end it is on disk, and under its name.

    Whatever is raised inside, nothing stays. A process that is killed leaves a file under an unfinished name, which the
    next backup removes.
    """
    draft = final.with_name(final.name + UNFINISHED)
    # What was killed and begun again has the same name.
    _remove_abandoned(draft)
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        _lock(descriptor)
        yield draft
        os.fsync(descriptor)
        draft.replace(final)
        sync_folder(final.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk; what cannot be synced, such as a share, is left to its own."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256_of(file: Path, check: Callable[[], None] = lambda: None) -> str:
    """Return the SHA-256 of a file, in hexadecimal; ``check`` is called now and then, and may raise."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            check()
    return digest.hexdigest()


@contextlib.contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a folder while the block runs; gives whether it is held, and not by another process."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folder.
        yield True
        return
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def is_kept(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether what is written in a folder is there tomorrow: not in memory, and not in a container's own layer.

    Arguments: ``mounts``, where the system lists what is mounted; one that has no such list keeps what it is given.
    """
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return True
    real, found = os.path.realpath(folder), ("", "")
    for point, kind in ((_unescaped(words[1]), words[2]) for line in lines if len(words := line.split(" ")) > 2):
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        # The last one at a place is on top.
        if inside and len(point) >= len(found[0]):
            found = point, kind
    return found[1] not in _NOT_KEPT


def _unescaped(point: str) -> str:
    """Return a name of that list as it is: a blank is \\040 there."""
    return re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), point)


def _lock(descriptor: int) -> bool:
    """Hold a file as one that is being written; whether nobody else does."""
    try:
        import fcntl
    except ImportError:  # Windows has no such lock, and lets nobody remove a file that is open.
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_abandoned(draft: Path) -> None:
    """Remove a file whose writer is gone; the lock goes with its process, and with the client it had started."""
    with contextlib.suppress(OSError):
        descriptor = os.open(draft, os.O_RDWR)
        try:
            if _lock(descriptor):
                # With what SQLite keeps beside a file that it writes.
                for suffix in ("", "-journal", "-wal", "-shm"):
                    draft.with_name(draft.name + suffix).unlink(missing_ok=True)
        finally:
            os.close(descriptor)
