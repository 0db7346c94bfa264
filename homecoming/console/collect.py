"""The plain statements of a range of the history: what `make upgrade` executes, before it is wrapped for a console.

They are collected from Alembic's own offline mode, by way of the same environment as every command.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from homecoming.history.configuration import configuration
from homecoming.run.migrate import migrate

if TYPE_CHECKING:
    from typing import TextIO

    from alembic.script import Script, ScriptDirectory

BEGIN_RUN = "CALL pg_temp.begin_run("


@dataclass(frozen=True)
class Section:
    """What one revision does: its number, its title, and its statements without their semicolon."""

    revision: str
    title: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Plain:
    """The statements of a range, in order.

    Arguments: ``session``, the settings; ``helpers``, each file's definitions; ``sections``, in the order of the range;
    ``ending``, what follows the last one.
    """

    session: str
    helpers: tuple[str, ...]
    sections: tuple[Section, ...]
    ending: tuple[str, ...]

    @property
    def statements(self) -> tuple[str, ...]:
        """Every statement of the sections and after them."""
        return (*(text for section in self.sections for text in section.statements), *self.ending)

    @property
    def sha256(self) -> str:
        """The SHA-256, in hexadecimal, of all of it; what a script says about itself, its SHA-256 included, is not."""
        texts = (self.session, *self.helpers, *self.statements)
        return hashlib.sha256("".join(f"{text};\n" for text in texts).encode()).hexdigest()


@dataclass
class _Collector:
    """Takes what Alembic prints, a statement a call, and is told where a revision begins."""

    sections: list[tuple[Script | None, list[str]]] = field(default_factory=lambda: [(None, [])])

    def section(self, revision: Script | None) -> None:
        self.sections.append((revision, []))

    def write(self, text: str) -> None:
        if not (statement := text.strip().removesuffix(";")).startswith("-- Running ") and statement:
            self.sections[-1][1].append(statement)

    def flush(self) -> None:
        """Every statement is here already."""


def collect(direction: str, start: str, end: str, script: ScriptDirectory | None = None) -> Plain:
    """Return the statements from one revision to another.

    Arguments: ``direction``, upgrade or downgrade; ``start`` and ``end``, revisions of the history or ``base``;
    ``script``, the history, where it is read already.
    """
    collector = _Collector()
    config = configuration(bare=True, way="console", section=collector.section)
    config.output_buffer = cast("TextIO", collector)
    migrate(config, direction, end, start, script)
    (_, first), *middle, (_, last) = collector.sections
    session, *helpers = (text for text in first if not text.startswith(BEGIN_RUN))
    sections = tuple(
        Section(revision.revision, revision.doc, tuple(statements))
        for revision, statements in middle
        if revision is not None
    )
    return Plain(session, tuple(helpers), sections, tuple(last))
