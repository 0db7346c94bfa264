"""What a revision does, without a database: its guarded operations, and the statements of everything else.

The same offline mode as the console script's, before a statement is wrapped: judged is what PostgreSQL executes.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TextIO, cast

from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory

import homecoming.operations.plain  # noqa: F401  how Alembic's own operations are printed
from homecoming.errors import HomecomingError
from homecoming.history.configuration import configuration
from homecoming.operations.operation import GuardedOperation
from homecoming.operations.recorded import Said
from homecoming.run.steps import bind


@dataclass(frozen=True)
class Done:
    """One thing that a revision does: a guarded operation, or the text of statements; and the line that says so."""

    what: Said | str
    line: int


class _AskedError(BaseException):
    """A revision asks the database, and there is none; not for a revision to catch."""


class _Recording:
    """Takes what a revision does, in its order, and which of its lines ran; Alembic prints into it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.done: list[Done] = []
        self.lines: set[int] = set()

    @property
    def ended(self) -> bool:
        """Whether the revision could be followed to its end."""
        return not any(isinstance(each.what, Said) and each.what.name == "ASK" for each in self.done)

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Note the lines of the revision's file that run meanwhile."""

        def called(frame: FrameType, _event: str, _value: object) -> Callable[..., Any] | None:
            return line if frame.f_code.co_filename == self.path else None

        def line(frame: FrameType, event: str, _value: object) -> Callable[..., Any]:
            if event == "line":
                self.lines.add(frame.f_lineno)
            return line

        before = sys.gettrace()
        sys.settrace(called)
        try:
            yield
        finally:
            sys.settrace(before)

    def take(self, what: Said | str) -> None:
        self.done.append(Done(what, self.line()))

    def line(self) -> int:
        """Return the line of the revision that is running; 1 where it is none of its own."""
        frame = inspect.currentframe()
        while frame is not None and frame.f_code.co_filename != self.path:
            frame = frame.f_back
        return frame.f_lineno if frame is not None else 1

    def write(self, text: str) -> None:
        if text.strip():
            self.take(text)

    def flush(self) -> None:
        """Every statement is here already."""

    def operation(self, operation: GuardedOperation) -> list[GuardedOperation]:
        self.take(Said(operation.name, operation.arguments, operation.named))
        return []


def done_by(script: ScriptDirectory, revision: Script, direction: str) -> list[Done]:
    """Return what a revision's upgrade or downgrade does; its last item says where it cannot be followed further.

    What it does on SQLite alone comes after that, and then what neither dialect's script comes to: the branch of a live
    run, as a rule.
    """
    recording = _recorded(script, revision, direction, "postgresql")
    source = Source(revision)
    if not recording.ended or not list(source.missed(direction, recording.lines)):
        return recording.done
    other = _recorded(script, revision, direction, "sqlite")
    missed = source.missed(direction, recording.lines | other.lines)
    return [
        *recording.done,
        *(each for each in other.done if each.line not in recording.lines),
        *(Done(Said("UNSEEN", (text,)), line) for line, text in missed),
    ]


def _recorded(script: ScriptDirectory, revision: Script, direction: str, dialect: str) -> _Recording:
    recording = _Recording(revision.path)
    environment = EnvironmentContext(configuration(), script, as_sql=True)
    environment.configure(
        dialect_name=dialect,
        as_sql=True,
        literal_binds=True,
        transactional_ddl=True,
        in_public=True,
        output_buffer=cast("TextIO", recording),
        # The helpers are ours, and what an operation amounts to is asked of its arguments.
        homecoming_helpers=True,
        homecoming_adapts=recording.operation,
    )
    bind(revision, environment)
    for operations in vars(revision.module).values():
        if isinstance(operations, Operations):
            operations.get_bind = _asked  # type: ignore[method-assign]
    try:
        with recording.followed():
            getattr(revision.module, direction)()
    except _AskedError:
        recording.take(Said("ASK", ("It asks the database",)))
    except HomecomingError as error:
        recording.take(Said("ASK", (error.what,)))
    except (Exception, SystemExit) as error:
        # Whatever a revision does wrong is a finding, not an end.
        said = f"It fails where nothing is run: {_said(error)}"
        recording.done.append(Done(Said("ASK", (said,)), _line(error, revision)))
    return recording


def _asked() -> Any:
    raise _AskedError


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".: ")


def _line(error: BaseException, revision: Script) -> int:
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == revision.path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


# What a revision may import: it goes on meaning the same.
_LASTING = {"alembic", "sqlalchemy", *sys.stdlib_module_names}


class Source:
    """The text of a revision.

    Arguments: ``revision``, whose file it is.
    """

    def __init__(self, revision: Script) -> None:
        self.text = Path(revision.path).read_text("utf-8")
        self._tree = ast.parse(self.text)

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield the line and the name of each module that it reads and that may change."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = ["." * node.level + (node.module or "")]
            else:
                continue
            yield from ((node.lineno, name) for name in names if name.split(".")[0] not in _LASTING)

    def line_of(self, function: str) -> int:
        """Return the line in which a function of the revision begins."""
        own = [node.lineno for node in self._tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
        return own[0] if own else 1

    def missed(self, function: str, lines: set[int]) -> Iterator[tuple[int, str]]:
        """Yield line and text of what a function would do and did not, as what it calls of the file's functions.

        Arguments: ``lines``, those that ran. What only raises does nothing.
        """
        for node in self._tree.body:
            if isinstance(node, ast.FunctionDef) and (node.name == function or _ran(node.body[0], lines)):
                yield from self._missed(node.body, lines)

    def _missed(self, body: list[ast.stmt], lines: set[int]) -> Iterator[tuple[int, str]]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Raise):
                continue
            if not _ran(node, lines):
                if any(isinstance(each, ast.Call) for each in ast.walk(node)):
                    yield node.lineno, " ".join((ast.get_source_segment(self.text, node) or "").split())
                continue
            inner = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
            inner += [each.body for name in ("handlers", "cases") for each in getattr(node, name, [])]
            for each in inner:
                yield from self._missed(each, lines)

    def at(self, line: int) -> str:
        """Return the statement that a line is of, as it is written."""
        own = [node for node in ast.walk(self._tree) if isinstance(node, ast.Expr | ast.Assign) and node.lineno <= line]
        own = [node for node in own if line <= (node.end_lineno or node.lineno)]
        return (ast.get_source_segment(self.text, own[-1]) or "") if own else ""


def _ran(node: ast.stmt, lines: set[int]) -> bool:
    """Whether a statement ran, or its head where it has others in it."""
    inner = [each.lineno for name in ("body", "cases") for each in getattr(node, name, []) if hasattr(each, "lineno")]
    inner += [each.body[0].lineno for each in getattr(node, "cases", [])]
    end = max(node.lineno, min(inner) - 1) if inner else node.end_lineno or node.lineno
    return not lines.isdisjoint(range(node.lineno, end + 1))


def way_back(done: list[Done], has_steps: bool) -> str:
    """Return what a revision's downgrade() does other than undo what was done; the empty text where it does that."""
    whats = [each.what for each in done]
    if whats == [Said("undo", ())] or (not whats and not has_steps):
        return ""
    if any(isinstance(what, Said) and what.name == "ASK" for what in whats):
        return "raises, or asks the database"
    return "does something else" if whats else "does nothing"
