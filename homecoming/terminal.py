"""The only way to standard output and standard error: what others have named is shown, and steers nothing.

A role, a table or a file may be called anything: an escape sequence would steer the terminal, a line end forge a line
of the log, a right-to-left mark turn round what follows.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from homecoming.errors import UsageError, why
from homecoming.language import localized, tr


def printable(text: str) -> str:
    """Return a text as one line in which nothing steers a terminal: what is not printable is shown as an escape.

    Args:
        text: anybody's, also with bytes of a file's name that are no text (surrogates).
    """
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def visible(text: str) -> str:
    """Return a text of many lines without what steers a reader unseen: control and format characters, surrogates.

    For a page: a non-breaking space stays, a right-to-left mark does not.
    """
    steers = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "".join("\ufffd" if unicodedata.category(sign) in steers and sign not in "\n\t" else sign for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("utf-8", "surrogateescape").decode("latin-1").encode("unicode_escape").decode("ascii")


def say(line: object = "", to: TextIO | None = None) -> None:
    """Print one line, at once, as ``printable`` has it, in the language that was chosen.

    Args:
        line: a message, or whatever it holds; it stays one line.
        to: standard output, or ``sys.stderr``.

    Raises:
        UsageError: standard output cannot be written. Nobody is told that standard error cannot.
        BrokenPipeError: its reader went away.
    """
    stream = sys.stdout if to is None else to
    shown = printable(localized(line))
    _write(f"{_coloured(shown) if _colours and stream.isatty() else shown}\n", stream)


# What a line may begin with, in either language, and the number of its colour on a terminal.
COLOURS = {
    **dict.fromkeys(("Error:", "Erro:", "FAIL", "ERRO", "FAILED", "FALHOU", "unhealthy:", "não saudável:"), 31),
    **dict.fromkeys(("ok", "OK", "healthy", "saudável", "Done:", "Pronto:"), 32),
    **dict.fromkeys(("Warning:", "Aviso:", "warning", "aviso", "note", "nota", "NOTE", "NOTA"), 33),
    **dict.fromkeys(("Next:", "Próximo passo:"), 36),
}
_BEGINS = re.compile(rf"( *)({'|'.join(sorted(map(re.escape, COLOURS), key=len, reverse=True))})(?=[ ,;]|$)")


_colours = False


def colour(wanted: bool) -> None:
    """Choose whether lines that are said have colours, where a terminal shows them."""
    global _colours
    _colours = wanted


def _coloured(line: str) -> str:
    """Return a line whose first word says how it stands, with that word in its colour."""
    found = _BEGINS.match(line)
    if found is None:
        return line
    return f"{found[1]}\x1b[{COLOURS[found[2]]}m{found[2]}\x1b[0m{line[found.end() :]}"


def show(document: str) -> None:
    """Print a document of many lines, ours or safe by its format (``as_json``). Raises: as ``say``."""
    _write(document if document.endswith("\n") else f"{document}\n", sys.stdout)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function that shows how far something is, in one line of a terminal; elsewhere it does nothing."""
    stream = sys.stderr
    if not stream.isatty():
        yield lambda _text: None
        return
    shown = ""

    def tell(text: str) -> None:
        nonlocal shown
        if text != shown:
            shown = text
            _write(f"\r{printable(text)}\x1b[K", stream)

    try:
        yield tell
    finally:
        if shown:
            _write("\r\x1b[K", stream)


def as_json(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON, exactly, with what is not printable written as an escape; letters stay readable.

    Args:
        value: of what JSON has.
        indent: blanks a level, None for one line.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # JSON's own line ends are the only ones in it: those of a text are escaped already.
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)


def _write(text: str, stream: TextIO) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        if stream is sys.stdout:
            _lose_output()
            raise _unwritable(error) from None


def _lose_output() -> None:
    """Lead standard output nowhere, so that what could not be written is tried, and complained about, only once."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stdout.flush()


def _unwritable(error: OSError | ValueError) -> UsageError:
    return UsageError(
        tr("standard output cannot be written: {why}", why=why(error)),
        tr("Write it to a file where there is room, with >"),
    )


class _Closed(io.TextIOBase):
    """What stands for a stream that the caller closed (``>&-``)."""

    encoding = "utf-8"

    def write(self, _text: str) -> int:
        raise OSError(errno.EBADF, tr("it is closed"))


def open_streams() -> None:
    """Make both streams fit to write to: one that was closed refuses, and no terminal is too narrow for a letter.

    A closed descriptor is taken, or the next connection or file would get its number, and be written into.
    """
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            taken = -1
            while taken < number:
                taken = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, _Closed())
        elif isinstance(stream, io.TextIOWrapper) and number:
            # Where the terminal's encoding has no ç it is shown as \xe7.
            stream.reconfigure(errors="backslashreplace")


def close_output() -> None:
    """Write what is still unwritten to standard output.

    Raises:
        UsageError: it cannot be written, and is lost; the interpreter does not try it again. A reader that went away
            has had enough, and nobody is told.
    """
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        _lose_output()
        if not isinstance(error, BrokenPipeError):
            raise _unwritable(error) from None
