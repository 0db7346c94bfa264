"""Every line for a shell that a document, an example, a help text or a message shows, but those of make and painel.

A line counts by where it stands (a block marked `sh`, a `RUN` of a Dockerfile, `ExecStart=`, a start command of
`railway.ts`) or by its first word, a program's name.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from homecoming.parser import build_parser
from tests.support.history import ROOT

# What people type into a shell. A name that this list lacks is found where the block says that it is for one.
PROGRAMS = (
    "alembic|apk|apt|apt-get|bash|brew|cat|cd|chmod|chown|cp|createdb|curl|docker|docker-compose|"
    "dropdb|env|exec|export|fly|git|gunzip|gzip|heroku|kill|ln|ls|mkdir|mv|node|npm|npx|"
    "pg_basebackup|pg_dump|pg_dumpall|pg_restore|pip|pip3|pipx|podman|pre-commit|psql|pytest|python|"
    "python3|railway|rm|rsync|ruff|scp|sed|sh|source|sqlite3|ssh|sudo|systemctl|tar|touch|uv|"
    "uvicorn|uvx|wget"
)
_PROGRAM = rf"(?:(?:[.\w-]*/)+)?(?:{PROGRAMS}|[\w.-]+\.sh)(?![\w./-])"
_BEGINS = re.compile(rf"(?:[A-Z_]+=\S* )*{_PROGRAM}")
# In a message: behind its mark, or as the second of two that may be done.
_IN_MESSAGE = re.compile(
    rf"(?:^|: |`|\bor |, |; |\(){_PROGRAM} [^\n`]+?(?=`|$|, then |; |\)|, [a-z]+ \w)", re.MULTILINE
)
_MARK = re.compile(r"^(?:: |`|or |, |; |\()")

PIP = (
    "pip freeze > constraints.txt && pip install -c constraints.txt ./migrations",
    "pip install ./migrations",
    "pip install -c requirements.txt ./migrations",
    "pip install 'painel-migrations[archive]'",
)
"""What documents show for pip, in the order in which one environment takes them."""

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "archive").glob("*.md")])
EXAMPLES = [ROOT / ".env.example", ROOT / "scripts/deploy/railway/railway.ts"]


def of_document(text: str) -> Iterator[str]:
    """The lines for a shell in a page."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for language, block in fences:
        if language in ("sh", "bash", "shell", "console"):
            # A comment behind a command is the page's; none of the commands has a # of its own.
            yield from (line.removeprefix("$ ").partition(" #")[0].strip() for line in block.splitlines())
        yield from re.findall(r"^RUN (.*)$", block, re.MULTILINE)
    outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for block in [*(block for _, block in fences), *re.findall(r"^(?: {4}.*\n)+", outside, re.MULTILINE)]:
        for line in map(str.strip, block.splitlines()):
            # A diagram's arrow is none of a shell's.
            if _BEGINS.match(line) and "->" not in line:
                yield line
    yield from re.findall(r"^ *ExecStart=(.*)$", text, re.MULTILINE)
    yield from of_spans(outside)


def of_example(text: str) -> Iterator[str]:
    """The lines for a shell in a file of settings: those that start something, and those that its comments name."""
    yield from re.findall(r"^ *(?://)? *(?:preDeploy|start): \"(.*)\",?$", text, re.MULTILINE)
    yield from of_spans(text)


def of_spans(text: str) -> Iterator[str]:
    """What stands between backticks. One word names a program, and runs nothing."""
    for code in re.findall(r"`([^`\n]+)`", text):
        if _BEGINS.match(code) and " " in code:
            yield code


def of_helps() -> Iterator[str]:
    parser = build_parser(every=True)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in [parser, *action.choices.values()]:
                yield from of_message(each.format_help())
    for line in re.findall(r"^## +(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE):
        yield from of_message(line)


def of_message(text: str) -> Iterator[str]:
    """The commands in a message; what is filled in stands as 0017 (`said()` of tests/integration/test_advice.py)."""
    for found in _IN_MESSAGE.finditer(text):
        yield _MARK.sub("", found[0])


def of_head(path: Path) -> Iterator[str]:
    """The command in the head of a lock file."""
    yield from re.findall(r"^# {4}(.*)$", path.read_text(), re.MULTILINE)[:1]


def of_walks() -> list[str]:
    """The lines of the tutorials that run Python by itself."""
    pages = "".join(path.read_text() for path in sorted((ROOT / "docs").glob("tutorial-*.md")))
    return re.findall(r"^python3 -c .*$", pages, re.MULTILINE)


def is_elsewhere(command: str) -> bool:
    """Whether tests/integration/test_advice.py runs it: make, and painel."""
    return re.match(r"(make|painel)\b", command) is not None


def shown() -> dict[str, str]:
    """Each command that a document, an example or a help text shows, with where."""
    found: dict[str, str] = {}
    for path in [*PAGES, *EXAMPLES]:
        for command in (of_example if path in EXAMPLES else of_document)(path.read_text()):
            found.setdefault(command, str(path.relative_to(ROOT)))
    for command in of_helps():
        found.setdefault(command, "a help text")
    for path in sorted(ROOT.glob("requirements*.txt")):
        for command in of_head(path):
            found.setdefault(command, path.name)
    return {command: place for command, place in found.items() if command and not is_elsewhere(command)}
