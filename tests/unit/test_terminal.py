"""What reaches a terminal, a file or a page: names steer nothing; an output that cannot be written is one line."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from homecoming.language import localized, tr
from homecoming.terminal import COLOURS, _coloured, as_json, printable, visible
from tests.conftest import engine_of
from tests.support import command, history
from tests.support.history import ROOT

NASTY = "a\x1b[2J\x07\r\n\x85\u202eb\u2028\udce7ç"


def test_printable_is_one_line_and_says_what_it_hides() -> None:
    assert printable(NASTY) == r"a\x1b[2J\x07\r\n\xc2\x85\xe2\x80\xaeb\xe2\x80\xa8\xe7ç"
    assert printable("ação | 10 %") == "ação | 10 %"


def test_visible_keeps_lines_and_spaces_of_a_page() -> None:
    assert visible("a\n\tb\xa0c\u202fd") == "a\n\tb\xa0c\u202fd"
    assert visible("a\x1b\u202eb\x85") == "a\ufffd\ufffdb\ufffd"


@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_exact_and_escaped(indent: int | None) -> None:
    value = {"nome": [NASTY, "ação"], "n": 1}
    text = as_json(value, indent)
    assert json.loads(text) == value
    assert "ação" in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert ("\n" in text) == (indent is not None)


def test_everything_is_said_by_way_of_the_terminal() -> None:
    """One escape for all: a print() of its own would be a second way."""
    direct = []
    for path in sorted((ROOT / "homecoming").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if name == "print" or name.endswith(("stdout.write", "stderr.write", "stdout.buffer.write")):
                direct.append(f"{path.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    # The page of the register is written by hand, for a shell to redirect.
    assert [place for place in direct if not place.startswith("homecoming/archive/readme.py")] == []


def test_every_logger_has_the_filter() -> None:
    """The start-up hook's lines go through the application's formatter: their arguments have to be safe before it."""
    plain = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in sorted((ROOT / "homecoming").rglob("*.py"))
        for line in path.read_text().splitlines()
        if line.startswith(("log = ", "logger = ")) and "get_logger(" not in line
    ]
    assert plain == []


@pytest.fixture(scope="module")
def at_head(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('head') / 'eventos.db'}"
    history.upgrade(engine_of(url))
    return url


FULL = [
    ("--help", ""),
    ("status", ""),
    ("status", "1"),
    ("metrics", ""),
    ("history --format json", "1"),
    ("doctor", ""),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full to write to")
@pytest.mark.parametrize(("verb", "unbuffered"), FULL)
def test_a_full_disk_takes_no_output(at_head: str, verb: str, unbuffered: str) -> None:
    environment = command.environment(at_head, PYTHONUNBUFFERED=unbuffered)
    with Path("/dev/full").open("w") as full:
        ended = command.run(at_head, *verb.split(), stdout=full, env=environment)
    assert ended.code == 2
    assert ended.err.splitlines() == [
        "Error: standard output cannot be written: No space left on device",
        "Next: Write it to a file where there is room, with >",
    ]


@pytest.mark.parametrize("verb", ["sql", "status", "--help"])
def test_a_closed_output(at_head: str, verb: str) -> None:
    # The script is for PostgreSQL, and needs none.
    url = "postgresql://painel@127.0.0.1:9/painel" if verb == "sql" else at_head
    ended = shell(url, '"$@" >&-', verb)
    assert ended.code == 2
    assert ended.err.splitlines() == [
        "Error: standard output cannot be written: it is closed",
        "Next: Write it to a file where there is room, with >",
    ]


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_a_run_is_a_run_whoever_hears_of_it(at_head: str, closed: str) -> None:
    """And nothing is written into the database's file, which would have got the number of the closed output."""
    assert shell(at_head, f'"$@" {closed}', "downgrade", "0017").code == 0
    assert shell(at_head, f'"$@" {closed}', "upgrade").code == 0
    assert command.run(at_head, "verify").code == 0


def test_a_terminal_without_the_letter(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ação.db'}"
    environment = command.environment(url, LC_ALL="C", PYTHONIOENCODING="ascii")
    ended = command.run(url, "upgrade", env=environment)
    assert (ended.code, ended.err) == (0, "")
    said = command.run(url, "status", env=environment)
    assert (said.code, "a\\xe7\\xe3o.db" in said.out) == (0, True)
    narrow = command.run(url, "status", env=command.environment(url, LC_ALL="C", PYTHONUTF8="0"))
    assert (narrow.code, narrow.err.splitlines()) == (
        2,
        ["Error: a name cannot be written in this locale's encoding, ascii", "Next: Set PYTHONUTF8=1"],
    )


def shell(url: str, line: str, *arguments: str) -> command.Ended:
    """Run a verb by way of a shell, which can close what a program expects open."""
    done = subprocess.run(
        ["sh", "-c", line, "sh", sys.executable, "-m", "painel_migrations", *arguments],
        env=command.environment(url, PATH=os.environ["PATH"]),
        capture_output=True,
        text=True,
        check=False,
        timeout=command.WITHIN,
    )
    return command.Ended(done.returncode, done.stdout, done.stderr)


def on_terminal(folder: Path, *verb: str, **variables: str) -> str:
    """Run a verb with its output on a terminal. Returns all that it says."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "DATABASE_URL")}
    done = subprocess.Popen(
        [sys.executable, "-m", "painel_migrations", *verb],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT), "TERM": "xterm", **variables},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    # A terminal whose last writer is gone is an error on Linux, not an end.
    with contextlib.suppress(OSError):
        while block := os.read(ours, 65536):
            said += block
    done.wait()
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def test_the_word_that_says_how_it_stands_has_a_colour_on_a_terminal(tmp_path: Path) -> None:
    said = on_terminal(tmp_path, "verify")
    assert said.startswith("\x1b[31mError:\x1b[0m eventos.db does not exist\n\x1b[36mNext:\x1b[0m From this folder")
    assert said.count("\x1b[") == 4
    portuguese = on_terminal(tmp_path, "verify", MIGRATION_LANG="pt")
    assert portuguese.startswith("\x1b[31mErro:\x1b[0m ")
    assert "\n\x1b[36mPróximo passo:\x1b[0m " in portuguese


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_nobody_gets_colours_who_wants_none(variables: dict[str, str], tmp_path: Path) -> None:
    assert "\x1b[" not in on_terminal(tmp_path, "verify", **variables)


def test_a_colour_is_for_the_first_word_and_no_other() -> None:
    assert _coloured("  ok    revision  at 0022") == "  \x1b[32mok\x1b[0m    revision  at 0022"
    for plain in ("okay", "it is ok", "Errors: 2", ""):
        assert _coloured(plain) == plain


def test_what_has_a_colour_is_said_in_both_languages() -> None:
    for english in ("FAIL", "FAILED", "ok", "healthy", "warning", "note"):
        assert COLOURS[localized(english, "pt")] == COLOURS[english]
    for template in ("Error: {what}", "Next: {todo}"):
        words = {localized(tr(template, what="", todo=""), language).strip() for language in ("en", "pt")}
        assert words <= set(COLOURS)
