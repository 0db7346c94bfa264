"""The console script as text: what its reader sees, what a console can take, what is refused before it is written."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from homecoming.console.block import minified
from homecoming.console.collect import collect
from homecoming.history.run_history import helpers
from homecoming.operations.closure import needed
from homecoming.operations.foreseen import is_by_hand
from homecoming.operations.guarded import SESSION, prologue
from painel_migrations import __version__
from tests.support import command
from tests.support.command import Ran
from tests.support.history import HEAD, REVISIONS, ROOT, after
from tests.support.pasting import helpers_of, script

postgast = pytest.importorskip("postgast", reason="postgast has no wheel for a Mac with an Intel processor")

SCRIPTS = {
    "block": ("sql",),
    "escaped": ("sql", "--style", "escaped"),
    "narrow": ("sql", "--from", "0017", "--to", "0019"),
    "rollback": ("sql-rollback", "--to", "base"),
    "escaped rollback": ("sql-rollback", "--to", "0015", "--style", "escaped"),
    "verify": ("sql-verify",),
}


def room(size: int) -> int:
    """A limit of size, and the kilobyte that each revision after 0022 may add: its section, and facts for the check."""
    return size + 1_000 * after("0022")


def spelled(text: str) -> str:
    """A script with its helpers as PostgreSQL has them, once it has unpacked them."""
    before, _, after = text.split("$gzip$")
    return before + helpers_of(text) + after


def body(text: str) -> str:
    """What PostgreSQL runs as PL/pgSQL, whichever way the script is encoded."""
    if "DO $run$" in text:
        return text.partition("DO $run$\n")[2].rpartition("$run$;")[0]
    literal = text.partition("DO E'\n")[2].rpartition("';")[0]
    # A literal that goes on in the next line has one quote more on either side than one that holds quotes there.
    literal = re.sub(
        r"('+)\n('+)", lambda found: found[0] if len(found[1]) % 2 == 0 else found[0].replace("'\n'", ""), literal
    )
    return re.sub(r"\\x3b|\\x24|\\\\|''", lambda found: ESCAPED[found[0]], literal)


ESCAPED = {"\\x3b": ";", "\\x24": "$", "\\\\": "\\", "''": "'"}


def code(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.lstrip().startswith("--")]


def blanks(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize("arguments", SCRIPTS.values(), ids=SCRIPTS)
def test_a_console_can_take_it(arguments: tuple[str, ...]) -> None:
    """One statement by PostgreSQL's own grammar, plain ASCII, no long line, small enough to paste."""
    text = script(*arguments)
    assert text.isascii()
    # In Portuguese it has room as well, in the bytes that a console counts.
    portuguese = script(*arguments, MIGRATION_LANG="pt")
    assert portuguese != text
    assert max(map(len, portuguese.splitlines())) <= 120
    assert len(postgast.split(portuguese)) == 1
    assert len(portuguese.encode()) < room(125_000)
    assert max(map(len, text.splitlines())) <= 120
    assert len(postgast.split(text)) == 1
    assert len(text) < room(125_000)


def test_the_page_says_how_large_they_are(tmp_path: Path, run: Callable[..., Ran]) -> None:
    said = (ROOT / "docs/console.md").read_text().partition("\nSizes: ")[2].partition("\n\n")[0]
    assert run("sql", "--split", str(tmp_path / "fix"))[0] == 0
    largest = max(path.stat().st_size for path in (tmp_path / "fix").glob("*-up-00*.sql") if is_by_hand(path.stem[-4:]))
    sizes = [len(script(*SCRIPTS[name])) for name in ("block", "escaped")] + [largest, len(script("sql-verify"))]
    for number, size in zip(map(int, re.findall(r"(\d+) kB", said)), sizes, strict=True):
        assert number == pytest.approx(size / 1000, rel=0.12)


def test_it_is_the_same_every_time() -> None:
    assert script("sql") == script.__wrapped__("sql")


def test_escaped_holds_nothing_to_split_at() -> None:
    text = script("sql", "--style", "escaped")
    assert text.count(";") == 1
    assert text.rstrip().endswith("';")
    assert "$" not in text
    header = text.partition("DO E'")[0]
    assert "'" not in header
    # A comment that is too long goes on as another one.
    assert code(body(text)) == code(body(script("sql")))


def test_the_header_says_what_and_how() -> None:
    header = script("sql").partition("DO $run$")[0]
    plain = collect("upgrade", "base", HEAD)
    assert header == (
        f"-- PainelUniversal: brings the database to revision {HEAD} (head), schema public, PostgreSQL 13 to 18.\n"
        f"-- Written by painel-migrations {__version__} with: make sql TO={HEAD}\n"
        f"-- SHA-256 of the plain statements: {plain.sha256}\n"
        "--\n"
        "-- Paste all of it. It is one statement: all of it happens, or nothing does. Pasting it again is safe.\n"
        "-- It makes no backup: take one before, by make backup, or by the platform.\n"
        "-- It starts at any revision from base (also where there is no alembic_version), and looks which one the"
        " database is at.\n"
        "-- Check afterwards: paste what  make sql-verify  prints. Its last row says OK.\n"
        "-- Way back: paste what  make sql-rollback TO=<where it was before>  prints. What was retired comes back.\n"
    )


def test_the_sha256_is_that_of_the_plain_statements() -> None:
    """Of settings, helpers, sections and the end, each with its semicolon and a line's end: nothing of the wrapping."""
    plain = collect("upgrade", "base", HEAD)
    texts = [SESSION, *prologue()[1:], *helpers(), *plain.statements]
    said = hashlib.sha256("".join(f"{text.removesuffix(';')};\n" for text in texts).encode()).hexdigest()
    assert plain.sha256 == said
    assert f"CALL pg_temp.begin_run('console', '{__version__}', '{said}');" in blanks(script("sql")).replace("( ", "(")


def test_every_revision_has_its_section() -> None:
    """Its title stands above it, and its statements run only where the database is not past it."""
    text = script("sql")
    sections = re.findall(r"^-- (\d{4})  (.+)\nIF our_at < (\d+) THEN", text, re.M)
    assert [section[0] for section in sections] == list(REVISIONS)
    assert [int(section[2]) for section in sections] == list(range(1, len(REVISIONS) + 1))
    assert sections[17][1] == "Retire produtos.evento_id"
    back = script("sql-rollback", "--to", "base")
    undone = re.findall(r"^-- (\d{4})  .+\nIF our_at >= (\d+) THEN", back, re.M)
    assert [section[0] for section in undone] == list(REVISIONS[::-1])


@pytest.mark.parametrize(("direction", "start", "end"), [("upgrade", "base", HEAD), ("downgrade", HEAD, "base")])
def test_every_plain_statement_is_in_it(direction: str, start: str, end: str) -> None:
    """To the letter and in order."""
    text = body(script("sql") if direction == "upgrade" else script("sql-rollback", "--to", "base"))
    at = 0
    for statement in collect(direction, start, end).statements:
        # PL/pgSQL has nowhere to put rows that a statement returns.
        found = max(text.find(f"{statement};", at), text.find(f"EXECUTE $rows$\n{statement}$rows$;", at))
        assert found >= 0, statement
        at = found + len(statement)


def test_a_helper_loses_nothing_but_blanks_and_comments() -> None:
    """Each helper in the script is one that `make upgrade` sends; and what none of its statements needs stays out."""
    text = spelled(body(script("sql")))
    sent = {minified(definition) for definition in needed(names(text), (*prologue()[1:], *helpers()))}
    unpacked = helpers_of(script("sql"))
    defined = re.findall(r"^CREATE [^;]*?\$(?:fn)\$.*?\$fn\$(?=;\n)", unpacked, re.M | re.S)
    assert len(defined) > 80
    assert [helper for helper in defined if helper not in sent] == []
    assert "pg_temp.restore_column" not in text
    assert "pg_temp.give_back" in spelled(script("sql-rollback", "--to", "base"))


def names(text: str) -> list[str]:
    """Every helper that a script defines, as closure.needed() wants to be asked for it."""
    return re.findall(r"^CREATE [A-Z ]+ (pg_temp\.\w+)", text, re.M)


def test_anybody_can_read_the_helpers() -> None:
    """With base64 and gunzip, as the script says."""
    packed = script("sql").split("$gzip$")[1]
    shown = subprocess.run(["sh", "-c", "base64 -d | gunzip"], input=packed.encode(), capture_output=True, check=True)
    assert shown.stdout.decode() == helpers_of(script("sql"))


def test_minified_keeps_literals() -> None:
    helper = "-- Why.\nCREATE f AS $fn$\n    -- Why not.\n    SELECT 'a , b', ( 1 ) = - 1\n\n        , \"c = d\"\n$fn$"
    assert minified(helper) == "CREATE f AS $fn$\nSELECT 'a , b', ( 1 ) = - 1\n, \"c = d\"\n$fn$"
    assert minified("    x\n    $head$\n    y\n$head$\n    z") == "x\n    $head$\n    y\n$head$\nz"


def tokens(text: str) -> list[tuple[int, str]]:
    """What PostgreSQL's own scanner reads in a text, by kind and spelling; comments are nothing to it."""
    data = text.encode()
    return [
        # Literals with a line's end between them are one.
        (token.token, re.sub(r"'\n\s*'", "", data[token.start : token.end].decode()))
        for token in postgast.scan(text).tokens
        if token.token != postgast.pg_query_pb2.Token.SQL_COMMENT
    ]


def test_minified_means_the_same_to_postgresql() -> None:
    """A blank less may make one operator of two, or one name: then the scanner reads another text."""
    read = 0
    for helper in (*prologue()[1:], *helpers()):
        # As the scanner would read the body: what is between dollar quotes is one literal to it.
        texts = (text.replace("pg_catalog.", "") for text in (helper, minified(helper)))
        plain, tight = (tokens(re.sub(r"\$(fn|head)\$", " ", text)) for text in texts)
        assert tight == plain
        read += len(plain)
    assert read > 20_000


def test_no_literal_of_a_helper_goes_over_the_end_of_a_line() -> None:
    """What squeezing rests on: an indent within a literal would be lost."""
    for helper in (*prologue()[1:], *helpers()):
        code = re.sub(r"\$head\$.*?\$head\$|^ *--[^\n]*", "", helper, flags=re.S | re.M)
        assert [line for line in code.splitlines() if line.count("'") % 2] == []


def test_a_narrow_script_carries_only_what_it_needs() -> None:
    text = script("sql", "--from", "0017", "--to", "0018")
    assert len(text) < room(64_000)
    assert "revision 0017" not in text
    assert "pg_temp.ensure_enum" not in spelled(text)


# What is refused.

BAD = {
    "from after to": (
        ("sql", "--from", "0018", "--to", "0010"),
        "there is nothing between FROM=0018 and TO=0010",
        "FROM comes before TO; the way back is: make sql-rollback",
    ),
    "from is to": (
        ("sql", "--from", "0018", "--to", "0018"),
        "there is nothing between FROM=0018 and TO=0018",
        "FROM comes before TO; the way back is: make sql-rollback",
    ),
    "back to what is later": (
        ("sql-rollback", "--from", "0010", "--to", "0018"),
        "there is nothing to take back from FROM=0010 to TO=0018",
        "TO comes before FROM; the way forward is: make sql",
    ),
    "unknown to": (
        ("sql", "--to", "0099"),
        "TO: there is no revision '0099'",
        "See the revisions: .venv/bin/alembic history",
    ),
    "unknown from": (
        ("sql", "--from", "x y"),
        "FROM: there is no revision 'x y'",
        "See the revisions: .venv/bin/alembic history",
    ),
    "empty": (
        ("sql", "--to", ""),
        "TO: there is no revision ''",
        "See the revisions: .venv/bin/alembic history",
    ),
    "branch": (
        ("sql-rollback", "--from", "@", "--to", "base"),
        "FROM: there is no revision '@'",
        "See the revisions: .venv/bin/alembic history",
    ),
    "no folder": (
        ("sql", "--split", ""),
        "SPLIT names no folder",
        "Name one that is new, or empty: SPLIT=fix",
    ),
    "unknown style": (
        ("sql", "--style", "Block"),
        "there is no STYLE 'Block'",
        "Choose one of: block, escaped",
    ),
}


@pytest.mark.parametrize(("arguments", "what", "todo"), BAD.values(), ids=BAD)
def test_bad_input(arguments: tuple[str, ...], what: str, todo: str, run: Callable[..., Ran]) -> None:
    assert run(*arguments) == (2, "", f"Error: {what}\nNext: {todo}\n")


@pytest.mark.parametrize(
    "verb", [("sql",), ("sql-verify",), ("sql-rollback", "--to", "0017")], ids=lambda verb: verb[0]
)
def test_an_sqlite_file_has_no_console(
    verb: tuple[str, ...], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///eventos.db")
    what = "DATABASE_URL is an SQLite file, and the console script is for PostgreSQL"
    todo = "For the file: make upgrade. For the script: unset DATABASE_URL, or set it to the PostgreSQL database"
    assert run(*verb) == (2, "", f"Error: {what}\nNext: {todo}\n")


def test_it_needs_no_database(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """The database it is for need not be reachable from here: that is why there is a script."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://ana:segredo-42@nowhere.invalid/painel")
    code, out, err = run("sql")
    assert (code, out) == (0, script("sql"))
    assert re.fullmatch(r"\d+ kB, \d+ lines: paste all of it\n", err)


def test_notes_go_to_standard_error(run: Callable[..., Ran]) -> None:
    code, out, _ = run("sql-verify")
    assert code == 0
    assert out == script("sql-verify")


def test_no_timeout_is_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """To PostgreSQL 0 ms is to wait for ever: what is less than a millisecond is one."""
    text = script("sql", MIGRATION_LOCK_TIMEOUT="0.0001", MIGRATION_STATEMENT_TIMEOUT="0.0001")
    assert "    SET LOCAL lock_timeout = 1;\n    SET LOCAL statement_timeout = 1;\n" in text
    assert "statement_timeout = 0;" in script("sql")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full to write to")
def test_an_output_that_is_full() -> None:
    with Path("/dev/full").open("w") as full:
        done = command.run("sqlite:///x.db", "sql", env=command.environment("postgresql://h/d"), stdout=full)
    assert (done.code, done.err) == (
        2,
        "Error: the script cannot be written: No space left on device\nNext: Write it elsewhere: make sql > fix.sql\n",
    )


@pytest.mark.parametrize(("mode", "left"), [("w", 0), ("a", 10)])
def test_what_was_written_of_a_script_that_does_not_fit_is_taken_back(tmp_path: Path, mode: str, left: int) -> None:
    """Half a script must not lie about: the file is as it was."""
    code = (
        # What Python compiled would be cut off as well, and the next process would read it.
        "import resource, sys; sys.dont_write_bytecode = True;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "import painel_migrations; from homecoming.cli import main; sys.exit(main(['sql']))"
    )
    (tmp_path / "fix.sql").write_text("SELECT 1;\n")
    with (tmp_path / "fix.sql").open(mode) as file:
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            env=command.environment("postgresql://h/d"),
            check=False,
        )
    assert (done.returncode, (tmp_path / "fix.sql").stat().st_size) == (2, left)
    assert done.stderr.startswith("Error: the script cannot be written: File too large\n")


# A folder.


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_has_a_file_a_revision(run: Callable[..., Ran], tmp_path: Path) -> None:
    code, out, err = run("sql", "--split", "fix")
    assert (code, out, err) == (0, "", f"fix: {len(REVISIONS) + 2} files; begin with its README.txt\n")
    names, verify = names_in(tmp_path / "fix"), f"{len(REVISIONS) + 1}-verify.sql"
    assert names == [
        *(f"{number:02d}-up-{revision}.sql" for number, revision in enumerate(REVISIONS, 1)),
        verify,
        "README.txt",
    ]
    texts = {name: (tmp_path / "fix" / name).read_text() for name in names}
    assert texts[verify] == script("sql-verify")
    for name in names[:-2]:
        assert len(postgast.split(texts[name])) == 1
        assert max(map(len, texts[name].splitlines())) <= 120
        # What a later one needs nobody knows: no more than all of it.
        assert len(texts[name]) < room(91_000 if is_by_hand(name[-8:-4]) else 140_000)
    assert f"-- File 5 of {len(REVISIONS)}: paste them in the order of their numbers.\n" in texts["05-up-0005.sql"]
    assert "pg_temp.differences()" in texts[f"{len(REVISIONS)}-up-{HEAD}.sql"]
    assert f"They lead from base to {HEAD} in {len(REVISIONS)} steps." in texts["README.txt"]
    assert texts["README.txt"].endswith("\n")


def test_a_folder_of_ours_is_made_anew(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert run("sql", "--split", "fix")[0] == 0
    assert run("sql-rollback", "--to", REVISIONS[-3], "--split", "fix")[0] == 0
    assert names_in(tmp_path / "fix") == [
        f"01-down-{HEAD}.sql",
        f"02-down-{REVISIONS[-2]}.sql",
        "03-verify.sql",
        "README.txt",
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_with_something_else_in_it(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "fix").mkdir()
    (tmp_path / "fix" / "tese.txt").write_text("a year of work")
    assert run("sql", "--split", "fix") == (
        2,
        "",
        "Error: fix holds other files\nNext: Name a folder that is new, or empty: SPLIT=fix\n",
    )
    assert (tmp_path / "fix" / "tese.txt").read_text() == "a year of work"


def test_a_folder_with_a_readme_of_somebody_else(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "fix").mkdir()
    (tmp_path / "fix" / "README.txt").write_text("a year of work")
    assert run("sql", "--split", "fix")[0] == 2
    assert (tmp_path / "fix" / "README.txt").read_text() == "a year of work"


def test_a_folder_that_a_link_leads_to(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "fix").symlink_to("real")
    assert run("sql", "--from", REVISIONS[-3], "--split", "fix")[0] == 0
    assert (tmp_path / "fix").is_symlink()
    assert len(names_in(tmp_path / "real")) == 4


def test_a_folder_where_a_file_is(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "fix").write_text("a file")
    code, out, err = run("sql", "--split", "fix")
    assert (code, out, err.splitlines()[0]) == (2, "", "Error: fix cannot be written: Not a directory")
    assert (tmp_path / "fix").read_text() == "a file"
