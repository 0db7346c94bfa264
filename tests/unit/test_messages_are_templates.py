"""What is said to people is a message: no error, line or log of the engine has words that no catalogue can have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from homecoming import errors
from tests.support.history import ROOT

# What says something: errors, lines, findings of the preflight, steps of the doctor.
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
ERRORS |= {"GaveWayError", "MissingExtraError", "RunLockedError", "UnmendedError", "UnreachableError"}
SAYS = ERRORS | {"say", "show"}
OF_A_ROOM = {
    "preflight": {"Issue", "_refusal", "_note"},
    "rehearsal": {"Issue"},
    "doctor": {"ok", "note", "refused", "unreached", "Step"},
}
# Names of steps, of failures and of what a step is about: `doctor/runner.py` has them marked.
_NAME = re.compile(r"[\w-]+( name)?|PostgreSQL |pip install .*")


def _said(tree: ast.AST, says: set[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if isinstance(node, ast.Call) and name in says:
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                for text in _texts(argument):
                    if re.search(r"[A-Za-z]{2}", text) and not _NAME.fullmatch(text):
                        yield node.lineno, text


def _texts(node: ast.expr) -> Iterator[str]:
    """The plain texts that an argument may be; what a call makes of a text is that call's to answer for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        words = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        # Where only a blank stands between two values, either may be a message, and is none any more.
        yield ast.unparse(node) if words == " " else words
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif isinstance(node, ast.BinOp):
        yield from (*_texts(node.left), *_texts(node.right))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _texts(value)


def _files() -> list[Path]:
    return [path for package in ("homecoming", "painel_migrations") for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_said_is_a_message(path: Path) -> None:
    # What Python or a defect of ours says to programmers is none: ValueError, AttributeError and their like.
    says = SAYS | OF_A_ROOM.get(path.parent.name, set())
    assert list(_said(ast.parse(path.read_text("utf-8")), says)) == []
