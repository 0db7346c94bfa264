"""A SQLite file as it is opened for a look: by its real path, with not a byte changed of it or of what lies beside it.

Whoever opens a file to write takes over what another left beside it: pages in its log, a change that was cut short.
Whoever only reads it may still do some of that, or leave a log behind. So there are four ways to look, and the header
and the files beside it say which.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import sqlalchemy as sa

from homecoming.connection.failures import meaning
from homecoming.connection.sqlite_header import Header
from homecoming.errors import LockedError, Refused
from homecoming.language import tr

# What a reader gets of a file whose writer died amid a change.
CUT_SHORT = "SQLITE_READONLY_ROLLBACK"

# The bytes that a reader of a file locks; and how often a copy is begun anew while a writer is at work.
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
_COPIES = 5

# What a URI may say of how a file is reached, a look's included.
_OF_THE_PLACE = ("vfs", "nolock", "psow")

_kept: list[int] = []
_keeping = threading.Lock()


def file_of(url: sa.URL) -> Path | None:
    """Return the file that a URL names, by its real path: SQLite keeps its log and journal there, not beside a link.

    None for a database in memory.
    """
    name = url.database or ""
    if name.startswith("file:"):
        name = unquote(urlsplit(name).path)
    if name in ("", ":memory:") or url.query.get("mode") == "memory":
        return None
    return Path(os.path.realpath(name))


def beside(file: Path, suffix: str) -> Path:
    """Return the file of that ending beside a database: ``-wal``, ``-shm`` or ``-journal``."""
    return file.with_name(file.name + suffix)


def read_header(file: Path) -> Header | None:
    """Return the header of a database, None of an empty file, which SQLite takes for an empty database.

    Raises:
        PermissionError: this user may not read it.
    """
    with _raw(file) as descriptor:
        start = _read(descriptor, Header.SIZE, 0)
        return Header.of(start, os.fstat(descriptor).st_size) if start else None


class LookingConnection(sqlite3.Connection):
    """A connection that looks at ``file``; what it reads may be a copy in ``folder``, which goes when it is closed."""

    file: Path | None = None
    folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close it, and remove the copy."""
        super().close()
        if self.folder is not None:
            self.folder.cleanup()


def open_to_look(file: Path, timeout: float, options: Mapping[str, object] | None = None) -> LookingConnection:
    """Open a file that is there for a look that changes no byte, and leaves no file beside it.

    Args:
        file: its real path, as ``file_of`` returns it.
        timeout: seconds to wait for a process that keeps it closed.
        options: those of the URL; of a URI's, what says how the file is reached counts here as well.

    Returns:
        A connection to the file, or to a copy of it where only a writer could read the file itself.

    Raises:
        Refused: there is no room for a copy, or a newer SQLite made what is in it.
        HomecomingError: another process holds it, or it is damaged.
    """
    place = "".join(f"&{name}={value}" for name, value in (options or {}).items() if name in _OF_THE_PLACE)
    header = read_header(file)
    logged, log = header is not None and header.is_logged, beside(file, "-wal")
    if logged and not log.exists():
        # Nobody has it open; not told so, SQLite would make both files to read it.
        how = "immutable=1"
    elif logged and (_is_open_here(file) or not beside(file, "-shm").exists()):
        # To read it SQLite would have to make the index, or to share, and so to write, that of this process.
        return _copied(file, timeout, "-wal")
    else:
        how = "mode=ro&readonly_shm=1" if logged else "mode=ro"
    connection = sqlite3.connect(uri(file, how + place), uri=True, timeout=timeout, factory=LookingConnection)
    connection.file = file
    try:
        _probed(connection, header)
    except sqlite3.Error as error:
        connection.close()
        if error.sqlite_errorname == CUT_SHORT:
            # Only a writer may take back what was cut short.
            return _copied(file, timeout, "-journal")
        if logged and error.sqlite_errorname.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
            return _copied(file, timeout, "-wal")
        raise meaning(sa.exc.DBAPIError(None, None, error)) from error
    except Refused:
        connection.close()
        raise
    return connection


def place_of(connection: sa.Connection) -> Path | None:
    """Return the file that a connection is to, also where it reads a copy of it; None for a database in memory."""
    driver = connection.connection.dbapi_connection
    if isinstance(driver, LookingConnection):
        return driver.file
    place = connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar_one()
    return Path(place) if place else None


def uri(file: Path, how: str) -> str:
    """Return the URI of a file with SQLite's parameters ``how``."""
    return f"file:{quote(str(file.absolute()))}?{how}"


def is_cut_short(file: Path) -> bool:
    """Whether a process died amid a change of the file: its journal says how to take it back."""
    if not beside(file, "-journal").exists():
        return False
    with contextlib.closing(sqlite3.connect(uri(file, "mode=ro"), uri=True, timeout=0)) as reader:
        try:
            reader.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.Error as error:
            return error.sqlite_errorname == CUT_SHORT
    return False


def is_free_of_traces(file: Path) -> bool:
    """Whether a writer may open the file, and let go, and nothing has changed there: no log, and nothing cut short."""
    header = read_header(file)
    return not (header and header.is_logged) and not beside(file, "-wal").exists() and not is_cut_short(file)


def scratch_folder(file: Path, needed: int) -> tempfile.TemporaryDirectory[str]:
    """Make a folder for a copy, closed to others: in the system's place, or beside the file.

    Args:
        file: what is to be copied; it may not be there yet.
        needed: bytes that there has to be room for.

    Raises:
        Refused: neither can be written, or has room.
    """
    places = [file.parent]
    with contextlib.suppress(FileNotFoundError):
        places.insert(0, Path(tempfile.gettempdir()))
    roomy = [place for place in places if shutil.disk_usage(place).free >= needed]
    for place in roomy:
        with contextlib.suppress(OSError):
            return tempfile.TemporaryDirectory(prefix="homecoming-plan-", dir=place)
    one, *others = dict.fromkeys(map(str, places))
    neither = tr("{one} nor {other}", one=one, other=others[0]) if others else one
    if roomy:
        raise Refused(
            tr(
                "no folder to copy {name} to: this user can write to neither {neither}", name=file.name, neither=neither
            ),
            tr("Name one in TMPDIR, then run again"),
        )
    raise Refused(
        tr(
            "no room to rehearse: the copy and its run need {needed:.1f} MB, free in neither {neither}",
            needed=needed / 1e6,
            neither=neither,
        ),
        tr("Free space there, or name another folder in TMPDIR"),
    )


def probe(connection: sqlite3.Connection, file: Path) -> None:
    """Have SQLite read the catalogue of a file, which it does at the first statement only. Nothing is waited for.

    Raises:
        Refused: it cannot read the definition of an object. Whatever else is wrong, the run itself meets.
    """
    (timeout,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    with contextlib.suppress(sqlite3.Error):
        _probed(connection, read_header(file))
    connection.execute(f"PRAGMA busy_timeout = {timeout}")


def _probed(connection: sqlite3.Connection, header: Header | None) -> None:
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if header is not None and (refusal := header.refusal_of(str(error))):
            raise refusal from error
        raise


def _copied(file: Path, timeout: float, suffix: str) -> LookingConnection:
    """Copy a file with what a writer would take over from beside it, and open the copy as a writer."""
    other = beside(file, suffix)
    folder = scratch_folder(file, 2 * (file.stat().st_size + (other.stat().st_size if other.exists() else 0)))
    try:
        copy = Path(folder.name) / file.name
        _copy(file, other, copy, beside(copy, suffix))
        connection = sqlite3.connect(copy, timeout=timeout, factory=LookingConnection)
        connection.file, connection.folder = file, folder
        _probed(connection, read_header(copy))
    except sqlite3.Error as error:
        folder.cleanup()
        raise meaning(sa.exc.DBAPIError(None, None, error)) from error
    except BaseException:
        folder.cleanup()
        raise
    return connection


def _copy(file: Path, other: Path, copy: Path, other_copy: Path) -> None:
    """Copy two files as they are at one moment: again, where a writer changed the first or began the second anew.

    Raises:
        LockedError: a writer has the file for itself, or changes it without a pause.
    """
    with _raw(file) as source:
        _share(source)
        for _ in range(_COPIES):
            before = _moment(source, other)
            _write(source, copy)
            if other.exists():
                with _raw(other) as descriptor:
                    _write(descriptor, other_copy)
            if _moment(source, other) == before:
                return
    raise LockedError(tr("another process changes the file"), tr("Close the application, then run again"))


def _moment(descriptor: int, other: Path) -> tuple[int, int, bytes]:
    """Return what changes where a log is merged, or a log or a journal begun anew; a log that grows changes none."""
    status, start = os.fstat(descriptor), b""
    with contextlib.suppress(FileNotFoundError), _raw(other) as beginning:
        start = _read(beginning, 32, 0)
    return status.st_mtime_ns, status.st_size, start


def _write(source: int, target: Path) -> None:
    with target.open("wb") as opened:
        at = 0
        while block := _read(source, 1 << 20, at):
            opened.write(block)
            at += len(block)


def _share(descriptor: int) -> None:
    """Lock a file as one of its readers, for as long as it is open: no writer changes it meanwhile, but by a log."""
    try:
        import fcntl
    except ImportError:  # Windows: a copy there is told from a torn one by its moment alone.
        return
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
    except OSError:
        raise LockedError(
            tr("another process holds the file"), tr("Close the application or wait for the other run, then run again")
        ) from None


@contextlib.contextmanager
def _raw(file: Path) -> Iterator[int]:
    """Open a file to read its bytes.

    POSIX takes every lock of a process off a file when any descriptor of it is closed, those of the application's own
    connections included: where it has some, the descriptor stays open as long as they do.
    """
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        yield descriptor
    finally:
        with _keeping:
            _kept.append(descriptor)
            opened = _open_here()
            ours = Counter(_place(os.fstat(kept)) for kept in _kept)
            for kept in tuple(_kept):
                place = _place(os.fstat(kept))
                if opened[place] <= ours[place]:
                    _kept.remove(kept)
                    os.close(kept)


def _read(descriptor: int, size: int, at: int) -> bytes:
    os.lseek(descriptor, at, os.SEEK_SET)
    return os.read(descriptor, size)


def _place(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _open_here() -> Counter[tuple[int, int]]:
    """Return how many descriptors this process has of each file, by device and number; none where it cannot be seen."""
    found: Counter[tuple[int, int]] = Counter()
    with contextlib.suppress(OSError):
        for name in os.listdir("/dev/fd"):  # noqa: PTH208  its entries are no paths to follow
            with contextlib.suppress(OSError):
                found[_place(os.fstat(int(name)))] += 1
    return found


def _is_open_here(file: Path) -> bool:
    """Whether a connection of this very process has the file open."""
    with _keeping:
        place = _place(file.stat())
        ours = sum(_place(os.fstat(kept)) == place for kept in _kept)
    return _open_here()[place] > ours
