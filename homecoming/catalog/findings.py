"""A finding: one object that is not as head needs it."""

import dataclasses
import enum

from homecoming.catalog import reasons
from homecoming.discretion import discreet
from homecoming.language import Message, tr

ABSENT = tr("nothing")

# Findings come in the order in which they can be mended: what others need first.
KINDS = (
    tr("access"),
    tr("table"),
    tr("enum"),
    tr("function"),
    tr("sequence"),
    tr("column"),
    tr("not null"),
    tr("primary key"),
    tr("unique"),
    tr("check"),
    tr("exclusion"),
    tr("foreign key"),
    tr("index"),
    tr("trigger"),
    tr("policy"),
    tr("rule"),
    tr("view"),
    tr("position"),
    tr("rows"),
    tr("owner"),
    tr("option"),
    tr("revision"),
)


class Severity(enum.StrEnum):
    """How much a finding matters: ``FAIL`` is drift, ``NOTE`` is what head does not know and leaves alone."""

    FAIL = "FAIL"
    NOTE = "NOTE"


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One difference. No text of it holds a value of a row.

    Args:
        kind: one of ``KINDS``.
        object: the name of what differs: ``usuarios.cpf``, ``usuarios.ix_usuarios_cpf``, ``tipousuario``.
        expected: its definition at head, or ``nothing``.
        found: its definition in the database, or ``nothing``.
        why: why it matters, in one sentence.
        run: the statement or command that mends it; the empty text where there is nothing to mend.
    """

    kind: str
    object: str
    expected: str
    found: str
    severity: Severity
    why: str
    run: str

    @property
    def is_other_role_grant(self) -> bool:
        """Whether another role than the current one lacks a right: no revision gives it, and none is in its way."""
        return self.kind == "access" and " for " in self.object

    @property
    def is_unloadable(self) -> bool:
        """Whether it is about values that somebody wrote, that no revision judges, and that the schema lets in."""
        return self.why == reasons.UNLOADABLE

    @property
    def is_unread(self) -> bool:
        """Whether it says only that nobody looked; a run has looked at what it would call before it began."""
        return self.why == reasons.UNREAD

    @property
    def line(self) -> Message:
        """The finding in one line, without why and what to run."""
        return tr(
            "{severity} {kind} {object}: expected {expected}, found {found}",
            severity=self.severity,
            kind=self.kind_word,
            object=self.object,
            expected=self.expected,
            found=self.found,
        )

    @property
    def kind_word(self) -> Message:
        """The kind, for people."""
        return KINDS[KINDS.index(self.kind)]

    def as_dict(self) -> dict[str, str]:
        """The finding as a JSON object; of the definitions, without what looks like somebody's number."""
        return {
            "object": self.object,
            "kind": self.kind,
            "severity": str(self.severity),
            "expected": discreet(self.expected),
            "found": discreet(self.found),
            "why": self.why,
            "mend": self.run,
        }

    @property
    def order(self) -> tuple[bool, bool, int, str]:
        """What findings are sorted by: drift first; of that, what has to go, which may be in the way of the rest."""
        return self.severity is Severity.NOTE, self.expected != ABSENT, KINDS.index(self.kind), self.object
