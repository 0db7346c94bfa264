"""The ways a script takes from the screen to the server, as consoles have them; each fails where the server says no."""

from __future__ import annotations

import importlib
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.support.pasting import Place, script

Transport = Callable[[Place], None]


def _each(place: Place, texts: Iterable[str]) -> None:
    """Send each text on a connection of its own, as consoles do that keep none."""
    for text in texts:
        answer = place.paste(text)
        assert answer.state is None, answer.said


def _psql(place: Place, *arguments: str, text: str | None = None, version: int = 0) -> None:
    ended = place.psql(*arguments, text=text, version=version)
    assert (ended.returncode, "ERROR" in ended.stderr) == (0, False), ended.stderr


def _file(place: Place, text: str, *options: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fix.sql"
        file.write_bytes(text.encode())
        _psql(place, *options, "-f", str(file))


def psql_file(place: Place) -> None:
    """`psql -f fix.sql`."""
    _file(place, script("sql"), "-v", "ON_ERROR_STOP=1")


def psql_file_in_one_transaction(place: Place) -> None:
    """`psql --single-transaction -f fix.sql`."""
    _file(place, script("sql"), "--single-transaction")


def psql_file_from_windows(place: Place) -> None:
    """An editor that begins a file with a byte order mark and ends lines with CR LF."""
    _file(place, "\ufeff" + _crlf(script("sql")))


def psql_input(place: Place) -> None:
    """`psql < fix.sql`, or the paste at its prompt: it reads line by line, and does not stop at an error."""
    _psql(place, text=script("sql"))


def psql_input_escaped(place: Place) -> None:
    """psql has its own backslashes, which are none inside a string."""
    _psql(place, text=script("sql", "--style", "escaped"))


def one_message(place: Place) -> None:
    """The whole text as one message of the simple protocol, as most web consoles send it."""
    _each(place, [script("sql")])


def one_message_between_others(place: Place) -> None:
    """One message with other statements around it: PostgreSQL makes one transaction of it."""
    _each(place, [f"SELECT 1;\n{script('sql')}\nSELECT 2"])


def extended_protocol(place: Place) -> None:
    r"""Parse, Bind and Execute, as drivers do that prepare everything: psql 16 sends that at `\bind \g`."""
    for style in ("block", "escaped"):
        text = script("sql", "--style", style).rstrip().removesuffix(";")
        _psql(place, text=f"{text}\n\\bind \\g\n", version=16)


def connection_per_statement(place: Place) -> None:
    """A console that splits with PostgreSQL's own parser."""
    if (sys.platform, platform.machine()) == ("darwin", "x86_64"):
        pytest.skip("postgast has no wheel for a Mac with an Intel processor")
    # Its type information is no Python, so mypy must not see it.
    statements = importlib.import_module("postgast").split(script("sql"))
    assert len(statements) == 1
    _each(place, statements)


def cut_at_every_semicolon(place: Place) -> None:
    """A console that knows neither strings nor comments: pieces that are not blank, each on a connection."""
    _each(place, _cut(script("sql", "--style", "escaped")))


def cut_at_every_semicolon_without_comments(place: Place) -> None:
    """The same, and it takes away what looks like a line of comment, blank lines, and blanks at a line's end."""
    lines = (line.rstrip() for line in script("sql", "--style", "escaped").splitlines())
    _each(place, _cut("\n".join(line for line in lines if line and not line.lstrip().startswith("--"))))


def line_ends_of_windows(place: Place) -> None:
    """An editor that changes line ends to CR LF: no trigger's text or constraint may be another by it."""
    _each(place, [_crlf(script("sql"))])


def line_ends_of_windows_escaped(place: Place) -> None:
    _each(place, [_crlf(script("sql", "--style", "escaped"))])


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def _cut(text: str) -> list[str]:
    pieces = [piece for piece in text.split(";") if piece.strip()]
    assert len(pieces) == 1
    return pieces


TRANSPORTS: tuple[Transport, ...] = (
    psql_file,
    psql_input,
    one_message,
    psql_file_in_one_transaction,
    psql_file_from_windows,
    psql_input_escaped,
    one_message_between_others,
    extended_protocol,
    connection_per_statement,
    cut_at_every_semicolon,
    cut_at_every_semicolon_without_comments,
    line_ends_of_windows,
    line_ends_of_windows_escaped,
)
