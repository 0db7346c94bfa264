"""A SQLite file that is not there: SQLite would make it, whatever was meant. And two that one URL may stand for."""

from __future__ import annotations

import shlex
import unicodedata
from pathlib import Path
from urllib.parse import unquote

from homecoming.errors import UsageError
from homecoming.language import tr


def refuse_missing(path: Path, read_only: bool) -> None:
    """Go on where a file is there, or is to be made and nothing speaks against it.

    Args:
        path: The file as the URL names it; it counts from the current folder where it is relative.
        read_only: True for a command that looks, and so makes none.

    Raises:
        UsageError: Its folder is missing; it is to be looked at, and missing; or another file lies there that may be
            the one that is meant.
    """

    def advised(todo: str) -> str:
        return (
            todo if path.is_absolute() else tr("From this folder it is {path}. {todo}", path=path.absolute(), todo=todo)
        )

    if not path.parent.is_dir():
        if path.parts[0].startswith("~"):
            raise UsageError(
                tr("the folder of {path} does not exist: in a URL ~ is no home folder", path=path),
                tr("Write the path out in DATABASE_URL: sqlite:///{path}", path=path.expanduser()),
            )
        folder = str(path.parent.absolute())
        raise UsageError(
            tr("the folder of {path} does not exist", path=path),
            tr("Make it, or correct DATABASE_URL: mkdir -p {folder}", folder=shlex.quote(folder)),
        )
    _refuse_decoded(path)
    if path.exists():
        return
    if twin := _twin(path):
        raise UsageError(
            tr(
                "{path} does not exist, and {twin} does, another only in case, blanks, accents or % codes",
                path=path,
                twin=twin,
            ),
            advised(tr("Correct DATABASE_URL, or move the other one away where a new file is meant")),
        )
    if read_only:
        raise UsageError(tr("{path} does not exist", path=path), advised(tr("Make it with: make upgrade")))


def _refuse_decoded(path: Path) -> None:
    decoded = Path(unquote(str(path)))
    if decoded != path and path.exists() and decoded.exists():
        raise UsageError(
            tr(
                "{path} and {decoded} both exist: SQLAlchemy 2.0 opens the first, 2.1 the second",
                path=path,
                decoded=decoded,
            ),
            tr("Move away the one the application does not use, then name the other one without % in DATABASE_URL"),
        )


def _twin(path: Path) -> Path | None:
    """The file beside a missing one that a person, or another system, would take for it."""
    try:
        names = sorted(one.name for one in path.parent.iterdir() if one.is_file())
    except OSError:
        return None
    return next((path.with_name(name) for name in names if _plain(name) == _plain(path.name)), None)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name)).casefold().replace(" ", "").strip()
