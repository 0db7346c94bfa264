"""Every command that a message, a script or a document prints is one that works: collected, and run where it is said.

SQL that refusals advise is run by `tests/support/advice.py`, wherever a test is refused. Here are make and painel;
other lines for a shell: test_shell_lines.py.
"""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.parser import build_parser
from tests.support import history, lineage
from tests.support.command import Ran
from tests.support.command import run as run_command
from tests.support.history import ROOT
from tests.support.pasting import NOWHERE

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

# NAME=value as a shell takes it; a value ends at a blank or at a sentence's mark.
_ARGUMENT = r"[A-Z]+=(?:'[^'\n]*'|\"[^\"\n]*\"|[^\s'\",;:)`|<>]*)"
_MAKE = re.compile(rf"\bmake ((?:[a-z][a-z-]*)(?: {_ARGUMENT})*)")
_PAINEL = re.compile(r"\bpainel ((?:[a-z][a-z-]*)(?: --?[a-z][a-z-]*(?:[= ][A-Z][A-Z]+)?)*)")
# Where a word behind `make` can only be a target.
_COMMAND = re.compile(r"(?:^|: |`)make ([a-z][a-z-]*)")


def messages(path: Path) -> Iterator[str]:
    """The strings of a Python file but its docstrings; a value in it stands as 0017, which fits wherever."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    skipped = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(value) for value in node.values}
            yield "".join(str(value.value) if isinstance(value, ast.Constant) else "0017" for value in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            # The forms of a line of the log, and of a message.
            yield re.sub(r"%s|\{[a-z_]+\}", "0017", node.value)


def said() -> Iterator[tuple[str, str]]:
    """Every text in which a message may stand, with the file it is of."""
    for path in sorted((ROOT / "homecoming").rglob("*")):
        if path.suffix == ".py":
            for text in messages(path):
                yield str(path.relative_to(ROOT)), text
        elif path.suffix in (".sql", ".toml", ".mako"):
            yield str(path.relative_to(ROOT)), re.sub(r"^\s*(?:--|##|#).*$", "", path.read_text(), flags=re.MULTILINE)
    for path in sorted((ROOT / "scripts").rglob("*.sh")):
        yield str(path.relative_to(ROOT)), re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)


def documents() -> Iterator[tuple[str, str]]:
    """What documents show as code: between backticks, in fences, in indented blocks; and the Makefile's help."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "archive").glob("*.md")]
    for path in sorted([*pages, ROOT / ".env.example"]):
        text = path.read_text()
        for code in re.findall(r"`([^`\n]+)`|^ {4}(.*)$|^(make .*)$", text, re.MULTILINE):
            yield str(path.relative_to(ROOT)), "".join(code)
    for line in re.findall(r"^##.*: (make .*)$", MAKEFILE, re.MULTILINE):
        yield "Makefile", line


def made(texts: Iterator[tuple[str, str]]) -> dict[str, str]:
    """The make commands in texts, each with a file that says it; `...` and an empty value are the reader's to fill."""
    found: dict[str, str] = {}
    for file, text in texts:
        for command in _MAKE.findall(text):
            target, _, arguments = command.partition(" ")
            filled = re.sub(r"=(?:\.\.\.|(?=\s|$)|NAME)", "=0017", arguments.rstrip("."))
            if target in TARGETS:
                found.setdefault(f"{target} {filled}".strip(), file)
    return found


SAID = made(said())
SHOWN = made(documents())


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """A function that gives what a make command hands to painel, by the Makefile itself with a stand-in below it."""
    folder = tmp_path_factory.mktemp("make")
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).touch()
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nfor argument; do printf "%s\\n" "$argument"; done\n')
    python.chmod(0o755)
    for name in ("runtime", "development"):
        (folder / ".venv" / name).touch()

    def get(command: str) -> list[str]:
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
        done = subprocess.run(
            f"make {command}", shell=True, cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"make {command}: {done.stderr}"
        return done.stdout.splitlines()

    return get


NOT_OF_PAINEL = {"help", "test", "test-all", "coverage", "lint", "docs", "bench", "load", "watch"}
"""Targets that run something else than a verb."""

NAMED = {"downgrade", "purge-retired", "restore", "revision", "sql-rollback"}
"""Targets that say what they lack, with the command, where they are given nothing: test_makefile.py."""


@pytest.mark.parametrize("command", sorted({**SAID, **SHOWN}))
def test_each_make_command_is_one(command: str, handed_over: Callable[[str], list[str]]) -> None:
    target, *arguments = shlex.split(command)
    if target in NOT_OF_PAINEL or command in NAMED or arguments[:1] == ["PYTHON=/path/to/python"]:
        return
    program = handed_over(command)
    assert program[:2] == ["-m", "painel_migrations"]
    build_parser(every=True).parse_args(program[2:])
    bare = handed_over(target) if target not in NAMED else [*program, "taken"]
    # An argument that the target does not take would change nothing, and say nothing.
    assert not arguments or program != bare or arguments[0].partition("=")[2] in ("head", "."), f"make {command}"


def test_each_word_behind_make_that_can_only_be_a_target_is_one() -> None:
    wrong = [(file, word) for file, text in said() for word in _COMMAND.findall(text) if word not in TARGETS | {"it"}]
    assert wrong == []


def test_each_painel_command_is_one() -> None:
    found = {command for _, text in [*said(), *documents()] for command in _PAINEL.findall(text)}
    commands = [command for command in found if command.split()[0] in TARGETS]
    assert len(commands) > 3
    for command in commands:
        verb, *options = command.split()
        required = {
            "downgrade": ["0017"],
            "restore": ["x"],
            "purge-retired": ["--older-than=90d", "--confirm=x"],
            "sql-rollback": ["--to=0017"],
            "revision": ["-m=x"],
        }.get(verb, [])
        values = {
            "--format": "=json",
            "--static": "=x",
            "--host": "=x",
            "--port": "=1",
            "--split": "=x",
            "--style": "=x",
        }
        filled = [f"{each}{values.get(each, '')}" for each in options if each not in ("-m", "--help")]
        build_parser(every=True).parse_args([verb, *required, *filled])


# The situations in which messages say a command.


def empty(_database: sa.Engine) -> None: ...


def behind(database: sa.Engine) -> None:
    lineage.build(database, 5, rows=2)
    history.upgrade(database, "0010")


def at_head(database: sa.Engine) -> None:
    history.at_head(database)


def drifted(database: sa.Engine) -> None:
    at_head(database)
    with database.begin() as connection:
        index = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index' AND sql > ''")
        connection.exec_driver_sql(f'DROP INDEX "{index.scalars().first()}"')


def backed_up(database: sa.Engine) -> None:
    behind(database)
    assert run_command(database.url, "backup").code == 0


SITUATIONS: dict[str, tuple[Callable[[sa.Engine], None], int]] = {
    "upgrade": (behind, 0),
    "upgrade PLAN=1": (behind, 0),
    "upgrade REV=0017": (behind, 0),
    "upgrade BACKUP=require": (behind, 0),
    "backup": (behind, 0),
    "retired": (at_head, 0),
    "backup-verify": (backed_up, 0),
    "drill": (backed_up, 0),
    "status": (behind, 0),
    "upgrade PREPARE=1": (behind, 0),
    "prepare-undo": (behind, 0),
    "sql-prepare": (empty, 0),
    "history": (at_head, 0),
    "health": (behind, 1),
    "doctor": (at_head, 0),
    "verify": (drifted, 1),
    "repair": (drifted, 0),
    "repair PLAN=1": (drifted, 0),
    "downgrade REV=0017": (at_head, 0),
    "downgrade REV=0017 PLAN=1": (at_head, 0),
    "sql": (empty, 0),
    "sql-verify": (empty, 0),
    "sql-rollback TO=0017": (at_head, 0),
    "archive": (empty, 0),
    "archive SRC=0017": (empty, 0),
    "archive SRC=../application": (empty, 0),
    "archive SRC=../painel": (empty, 0),
    "archive-undo": (empty, 0),
    "archive-undo SRC=0017": (empty, 0),
    "archive SRC=../painel APPLY=1": (empty, 0),
    "archive SRC=../painel APPLY=1 REDACT=1": (empty, 0),
    "archive-undo SRC=../painel": (empty, 0),
    "check": (empty, 0),
    "check FROM=0022": (empty, 0),
    "check FORMAT=json": (empty, 0),
    "dashboard STATIC=status.html": (at_head, 0),
    "health FORMAT=json": (behind, 1),
    "history FORMAT=json": (at_head, 0),
    "metrics": (at_head, 0),
    "sql FROM=0020": (empty, 0),
    "sql SPLIT=fix": (empty, 0),
    "sql STYLE=escaped": (empty, 0),
    "verify FORMAT=json": (drifted, 1),
}
"""Each command that a message or a document prints: what is done to a database before, and how the command ends."""

ELSEWHERE = {
    "revision": "writes into this repository: tests/unit/test_cli.py runs it in a clone",
    "test": "is this suite",
    "test-all": "is this suite",
    "lint": "is the other half of what CI runs",
    "docs": "builds a site: tests/adoption/test_site.py",
    "coverage": "is this suite",
    "states": "reads an application's repository: tests/second/test_states.py",
    "bench": "is run by hand: minutes, and numbers for a person",
    "load": "is run by hand: minutes, and numbers for a person",
    "help": "is the Makefile's own: test_makefile.py",
    "watch": "goes on until it is stopped: tests/recovery/test_watch.py",
    "dashboard": "goes on until it is stopped: tests/recovery/test_dashboard.py",
    "upgrade PYTHON=/path/to/python": "names a Python of the reader's: test_makefile.py",
    "sql-rollback": "is named alone, and says what it lacks: test_makefile.py",
    "restore": "is named alone, and says what it lacks; tests/integration/backup/test_restore.py runs it",
    "purge-retired": "is named alone, and says what it lacks; tests/integration/test_purge_retired.py runs it",
    "downgrade": "is named alone, and says what it lacks: test_makefile.py",
}
"""What no situation here can be, and why."""


def test_each_command_has_a_situation() -> None:
    lacking = {*SAID, *SHOWN} - {*SITUATIONS, *ELSEWHERE}
    assert sorted(command for command in lacking if command.split()[0] not in ELSEWHERE) == []


@pytest.mark.parametrize("command", sorted({*SAID, *SHOWN} & set(SITUATIONS)))
def test_each_command_works_where_it_is_said(
    command: str,
    sqlite: sa.Engine,
    run: Callable[..., Ran],
    handed_over: Callable[[str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, str], None],
) -> None:
    prepare, code = SITUATIONS[command]
    prepare(sqlite)
    for name in ("0017", "../application", "../painel"):
        Path(name).mkdir(exist_ok=True)
    # The scripts are for PostgreSQL, and reach nothing.
    monkeypatch.setenv("DATABASE_URL", NOWHERE if command.startswith("sql") else sqlite.url.render_as_string())
    ended = run(*handed_over(command)[2:])
    assert ended[0] == code, ended
    record_property("command", command)


# What goes into a shell's words.

_SHELL = re.compile(
    r"(?:^|: |\bor )(?:mkdir|cp|mv|rm|git (?!cannot)|pip|sh|painel(?!-)|ln|chmod|export)\b|\bmake [a-z-]+ [A-Z]+=$"
)
HARMLESS = {"program", "revision", "direction", "extra"}
"""Values that are no words of somebody else: revisions, names out of tables of ours."""


def test_what_goes_into_a_shell_command_is_quoted() -> None:
    """By shlex, in the place where it goes in: a folder may have blanks, quotes, or begin with a hyphen."""
    wrong = []
    for path in sorted((ROOT / "homecoming").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.JoinedStr):
                continue
            before = ""
            for value in node.values:
                if isinstance(value, ast.Constant):
                    before += str(value.value)
                elif _SHELL.search(before.rpartition("\n")[2]):
                    text = ast.unparse(value.value) if isinstance(value, ast.FormattedValue) else ""
                    words = set(re.findall(r"\w+", text))
                    if "shlex" not in text and not words & HARMLESS:
                        wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {before}{{{text}}}")
    assert wrong == []


NASTY = ["a b", "it's", 'say "hi"', "$HOME and `id`", "~", "a;b&c", "*", "-rf"]


@pytest.mark.parametrize("name", NASTY)
def test_the_folder_of_a_new_file_is_made_as_it_is_said(
    name: str, tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pasta" / name
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/eventos.db")
    code, _, said = run("upgrade")
    assert code == 2
    command = said.splitlines()[1].partition("correct DATABASE_URL: ")[2]
    subprocess.run(["sh", "-c", command], check=True)
    assert folder.is_dir()
    assert run("upgrade")[0] == 0


@pytest.mark.parametrize("name", NASTY)
def test_a_move_goes_back_as_it_is_said(
    name: str, small: Path, run: Callable[..., Ran], handed_over: Callable[[str], list[str]]
) -> None:
    folder = small.rename(small.parent / name)
    before = sorted(path.relative_to(folder) for path in folder.rglob("*.py"))
    code, out, err = run("archive", "--apply", "--redact", "--", str(folder))
    assert code == 0
    [command] = re.findall(r"Back: make (.*?)(?:; to keep it: .*)?$", out + err, re.MULTILINE)
    assert sorted(path.relative_to(folder) for path in folder.rglob("*.py")) != before
    assert run(*handed_over(command)[2:])[0] == 0
    assert sorted(path.relative_to(folder) for path in folder.rglob("*.py")) == before
