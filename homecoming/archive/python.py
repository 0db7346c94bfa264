"""What a Python file does, read from its syntax tree: what it imports, calls, says, and whether it runs by itself."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

_SAYING = frozenset({"print", "debug", "info", "warning", "error", "exception", "critical", "echo", "log"})
_LOADING = frozenset({"import_module", "__import__", "run_module", "run_path"})
# Statements at the end of a module that only prepare: a module with nothing else does nothing when it is run.
_PREPARING = frozenset({"basicConfig", "load_dotenv", "append", "insert", "filterwarnings", "setdefault", "getLogger"})


@dataclass
class Python:
    """The facts of one file. Where it does not parse they are read from its text, and are less exact."""

    imports: list[tuple[str, int, int]] = field(default_factory=list)
    """Modules by dotted name, with the dots a relative import begins with, and the line."""
    calls: set[str] = field(default_factory=set)
    """What is called, by its full name as far as the imports tell it: `psycopg2.connect`."""
    strings: list[tuple[str, int]] = field(default_factory=list)
    """Texts that are used, with their line; no docstring, and nothing that is only printed."""
    arguments: dict[str, list[str]] = field(default_factory=dict)
    """The first argument of calls that were given a text."""
    functions: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """What the module itself assigns."""
    asserts: bool = False
    runs: bool = False
    """Whether it does something when it is run: a main guard, or calls of its own."""
    loads: bool = False
    """Whether it loads modules by a text."""
    parsed: bool = True


def parse(data: bytes, text: str) -> ast.Module | None:
    """Return the tree of a file, or None where Python of this version reads none.

    Arguments: ``data``, the bytes, which may say their encoding; ``text``, what they were read as.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source in (data, text):
            try:
                return ast.parse(source)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return None


def facts(data: bytes, text: str) -> Python:
    """Return what a file does."""
    tree = parse(data, text)
    try:
        return _guessed(text) if tree is None else _read(tree)
    except RecursionError:  # a chain of a thousand calls
        return _guessed(text)


def _read(tree: ast.Module) -> Python:
    found = Python()
    # What an alias stands for: import psycopg2 as pg; from sqlalchemy import create_engine as engine.
    known: dict[str, str] = {}
    silent: set[int] = set()
    for node in ast.walk(tree):
        _note_import(node, known, found)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                silent.add(id(first.value))
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _last(_dotted(node.func)) in _SAYING):
            silent.update(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        _note(node, known, silent, found)
    found.names = {name.id for statement in tree.body for name in _assigned(statement)}
    found.runs = any(_runs(statement) for statement in tree.body)
    return found


def _note_import(node: ast.AST, known: dict[str, str], found: Python) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            found.imports.append((alias.name, 0, node.lineno))
            known[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        found.imports.append((module, node.level, node.lineno))
        for alias in node.names:
            # `from scripts import fix_tipo` names a module; `from app import x` may: the file tells.
            found.imports.append((f"{module}.{alias.name}".lstrip("."), node.level, node.lineno))
            known[alias.asname or alias.name] = f"{module}.{alias.name}"


def _note(node: ast.AST, known: dict[str, str], silent: set[int], found: Python) -> None:
    if isinstance(node, ast.Call):
        name = _dotted(node.func)
        head, _, rest = name.partition(".")
        full = known.get(head, head) + (f".{rest}" if rest else "")
        found.calls.add(full)
        found.loads |= _last(full) in _LOADING
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.arguments.setdefault(full, []).append(first.value)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str) and id(node) not in silent:
            found.strings.append((node.value, node.lineno))
    elif isinstance(node, ast.JoinedStr):
        if id(node) not in silent:
            found.strings.append((_joined(node), node.lineno))
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        found.functions.add(node.name)
    elif isinstance(node, ast.ClassDef):
        found.classes.add(node.name)
        found.calls.update(_dotted(base) for base in node.bases)
    elif isinstance(node, ast.Assert):
        found.asserts = True


def _joined(node: ast.JoinedStr) -> str:
    """An f-string with a word in place of each value: `ALTER TABLE {t}` is a statement all the same."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or an attribute; a call in between counts as its name: `SessionLocal().execute`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return _dotted(node.func)
    return "?"


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _assigned(statement: ast.stmt) -> Iterator[ast.Name]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return (target for target in targets if isinstance(target, ast.Name))


def _runs(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If) and "__main__" in ast.dump(statement.test):
        return True
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call | ast.Await):
        call = statement.value if isinstance(statement.value, ast.Call) else None
        return call is None or _last(_dotted(call.func)) not in _PREPARING
    if isinstance(statement, ast.With | ast.For | ast.While):
        return True
    return isinstance(statement, ast.Try) and any(_runs(inner) for inner in statement.body)


_STRING = re.compile(r'"""(.*?)"""|\'\'\'(.*?)\'\'\'|"([^"\n]*)"|\'([^\'\n]*)\'', re.DOTALL)
_CALL = re.compile(r"([A-Za-z_][\w.]*)\s*\(")
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\w+)|import[ \t]+([\w.]+))", re.MULTILINE)


def _guessed(text: str) -> Python:
    """The facts of a file that does not parse: a script for another Python, or one that never worked."""
    found = Python(parsed=False, runs="__main__" in text, asserts=bool(re.search(r"^\s*assert ", text, re.MULTILINE)))
    for match in _IMPORT.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        module = match[2] or match[4] or ""
        found.imports.append((module, len(match[1] or ""), line))
        if match[3]:
            found.imports.append((f"{module}.{match[3]}".lstrip("."), len(match[1] or ""), line))
    for match in _STRING.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.strings.append((next(group for group in match.groups() if group is not None), line))
    found.calls.update(_CALL.findall(text))
    found.functions.update(re.findall(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)", text, re.MULTILINE))
    found.names.update(re.findall(r"^(\w+)[ \t]*(?::[^=\n]+)?=", text, re.MULTILINE))
    return found
