"""What the page says of a snapshot: the verdict, the reasons, and each section's lines, before they become markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from markupsafe import Markup, escape

from homecoming.catalog.findings import Finding, Severity
from homecoming.discretion import READ, discreet, shortened
from homecoming.language import Message, mark
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.page.chart import Chart, chart
from homecoming.monitoring.page.texts import Language, iso
from homecoming.monitoring.snapshot import LastRun, Retired, Snapshot, Step
from homecoming.project import project

# What one list shows: a page is read by people. The rest is counted.
FINDINGS = 50
NOTES = 100
RETIRED = 40
RUNGS = 12

_NO_CONNECTION = 3

OUTCOMES = {
    0: mark("done"),
    1: mark("a check failed"),
    2: mark("could not begin: an argument or a variable was wrong"),
    3: mark("no connection to the database"),
    4: mark("refused before the first change"),
    5: mark("held up by another run or session; nothing changed"),
    6: mark("failed, and rolled back"),
    130: mark("interrupted, and rolled back"),
    143: mark("ended by the platform, and rolled back"),
}

# Where the result of a run says more than its exit code.
RESULTS = {
    "nothing": mark("nothing to do"),
    "lost": mark("lost the connection, and was rolled back"),
    "in doubt": mark("lost the connection at the commit: make status tells whether it arrived"),
    "overdue": mark("took longer than the start may take, and was given up"),
}

CHECK_NAMES = {
    "reachable": mark("Connection"),
    "latency": mark("Latency"),
    "revision": mark("Revision"),
    "drift": mark("Drift"),
    "long_transactions": mark("Long transactions"),
    "invalid_indexes": mark("Invalid indexes"),
    "sequences": mark("Ids left"),
    "disk": mark("Disk"),
    "last_run": mark("Last run"),
    "edited": mark("Edited revisions"),
    "backup": mark("Backup"),
}

# How an attempt to connect may have ended, in the words of metrics, for a reader.
ATTEMPTS = (
    mark("connected"),
    mark("options"),
    mark("permission"),
    mark("password"),
    mark("tls"),
    mark("role"),
    mark("connections"),
    mark("starting"),
    mark("refused by the server"),
    mark("name"),
    mark("railway name"),
    mark("private name"),
    mark("refused"),
    mark("timeout"),
    mark("network"),
    mark("socket"),
    mark("closed"),
    mark("lock"),
    mark("serialization"),
    mark("stopped"),
    mark("resources"),
    mark("rights"),
    mark("read-only"),
    mark("sql"),
    mark("damaged"),
    mark("missing"),
)

# What the register says was retired. Anybody may write to it: another kind is not shown.
RETIRED_KINDS = (
    *("column", "generated", "table", "rows", "cells", "index", "constraint"),
    *("not null", "trigger", "view"),
)
OTHER_KIND = mark("other")

# What a reader copies: a task of ours, or a statement or a setting that is written as one.
_COMMAND = re.compile(r"\bmake [a-z][a-z-]*(?: [A-Z]+=[^\s,;]+)*|\.venv/bin/\S+(?: [a-z]+)*|\b[A-Z]+_[A-Z_]+\b")


@dataclass(frozen=True)
class Reason:
    """Why the verdict is what it is, and what to do."""

    state: State
    name: str
    what: str
    todo: Markup


@dataclass(frozen=True)
class Verdict:
    """The one look: how it is (``ok``, ``warning``, ``failed``, ``unreachable``), in a word and in a sentence."""

    tone: str
    word: str
    sentence: str


class View:
    """One snapshot in one language; ``prefix`` of every id, so that a document can hold two of them."""

    def __init__(self, snapshot: Snapshot, checks: Sequence[Check], language: Language, prefix: str = "") -> None:
        self.snapshot = snapshot
        self.checks = checks
        self.t = language
        self.prefix = prefix

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict, by the checks alone: the page and ``make health`` never differ."""
        problem = self.snapshot.problem
        states = {check.state for check in self.checks}
        if problem is not None and problem.exit_code == _NO_CONNECTION:
            return Verdict("unreachable", self.t("Not reachable"), self._sentence())
        if State.FAILED in states or problem is not None:
            return Verdict("failed", self.t("Not healthy"), self._sentence())
        if State.WARNING in states:
            return Verdict("warning", self.t("Healthy, with a warning"), self._sentence())
        return Verdict("ok", self.t("Healthy"), self._sentence())

    @property
    def title(self) -> str:
        """The document's title: the verdict first, for whoever sees only a tab."""
        return f"{self.verdict.word} · {project().name}"

    def _sentence(self) -> str:
        """Where the database is, in one sentence."""
        snapshot, t = self.snapshot, self.t
        if snapshot.problem is not None:
            return t("The database could not be looked at. Why, and what to do, is said below.")
        if snapshot.empty:
            return t("The database is empty. The first upgrade makes its tables.")
        if pending := len(snapshot.pending):
            return t.count(pending, "{count} revision is pending.", "{count} revisions are pending.")
        if drift := len(snapshot.drift):
            return t.count(
                drift,
                "The database is at head, but {count} object is not as the application needs it.",
                "The database is at head, but {count} objects are not as the application needs them.",
            )
        return t("The database is at head, and every object is as the application needs it.")

    @cached_property
    def reasons(self) -> list[Reason]:
        """What failed, then what warns, each with the next step."""
        order = (State.FAILED, State.WARNING)
        return [self._reason(check) for state in order for check in self.checks if check.state is state]

    def _reason(self, check: Check) -> Reason:
        return Reason(check.state, self.name(check), self.what(check), self.marked(self._advice(check)))

    def name(self, check: Check) -> str:
        """What a check is about."""
        return self.t(CHECK_NAMES.get(check.name, check.name.replace("_", " ").capitalize()))

    def what(self, check: Check) -> str:
        """What a check found, in this language."""
        return capital(self.t.format(check.what, check.values))

    def _advice(self, check: Check) -> str:
        return capital(self.t.format(check.todo, check.values))

    def marked(self, text: str) -> Markup:
        """Return a text with every command in it marked as one."""
        text = shortened(discreet(text[:READ]))
        pieces, end = [], 0
        for found in _COMMAND.finditer(text):
            pieces += [escape(text[end : found.start()]), Markup("<code>{}</code>").format(found[0])]
            end = found.end()
        return Markup("").join([*pieces, escape(text[end:])])

    def time(self, moment: datetime, exact: bool = False, zone: str = " UTC") -> Markup:
        """Return a time as an element that machines can read too; ``zone``, empty where its place says it already."""
        said = self.t.moment(moment, exact)
        return Markup('<time datetime="{}">{}{}</time>').format(iso(moment), said, zone)

    @cached_property
    def asked(self) -> Sequence[Check]:
        """The checks that have an answer."""
        return [check for check in self.checks if check.state is not State.UNKNOWN]

    @property
    def unasked(self) -> Sequence[Check]:
        """The checks that have none."""
        return [check for check in self.checks if check.state is State.UNKNOWN]

    # Drift

    @property
    def drift(self) -> Sequence[Finding]:
        """The differences that are shown, the first that can be mended first."""
        return self.snapshot.drift[:FINDINGS]

    @cached_property
    def notes(self) -> Sequence[Finding]:
        """What is unknown to head and left alone."""
        return [finding for finding in self.snapshot.findings if finding.severity is Severity.NOTE]

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """How many differences there are of each kind, as they come."""
        return list(Counter(finding.kind for finding in self.snapshot.drift).items())

    def definition(self, text: str) -> str:
        """A definition, or the word for none."""
        return self.t(text) if isinstance(text, Message) else text

    # The history

    @cached_property
    def rungs(self) -> Sequence[Step]:
        """The history from head down."""
        return self.snapshot.steps[::-1]

    @property
    def upper(self) -> Sequence[Step]:
        """The rungs that are open: what is pending, what was edited, and the last ones that were applied."""
        return self.rungs[: self._fold]

    @property
    def lower(self) -> Sequence[Step]:
        """The rungs that are folded: long applied."""
        return self.rungs[self._fold :]

    @property
    def _fold(self) -> int:
        last = max((place for place, step in enumerate(self.rungs) if not step.applied or step.edited), default=-1)
        fold = max(RUNGS, last + 3)
        # Two or three rungs are not worth folding.
        return fold if len(self.rungs) > fold + 3 else len(self.rungs)

    @cached_property
    def chart(self) -> Chart | None:
        """The durations."""
        return chart(self.snapshot.steps)

    # What is retired

    @property
    def retired(self) -> Sequence[Retired]:
        """What is shown of it, the latest first."""
        return self.snapshot.retired[::-1][:RETIRED]

    def retired_kind(self, one: Retired) -> str:
        """What was retired."""
        return self.t(one.kind if one.kind in RETIRED_KINDS else OTHER_KIND)

    @property
    def retired_rows(self) -> int:
        """How many rows, or cells, are kept in all."""
        return sum(one.rows or 0 for one in self.snapshot.retired)

    def outcome(self, run: LastRun) -> str:
        """How a run ended."""
        return self.t(RESULTS.get(run.result) or OUTCOMES.get(run.exit_code, "failed, and rolled back"))


def capital(text: str) -> str:
    """Return a sentence with its first letter large; a command's stays as it is typed."""
    return text if _COMMAND.match(text) else text[:1].upper() + text[1:]
