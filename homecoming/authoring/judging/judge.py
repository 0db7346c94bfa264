"""New revisions against the rules, and what each of them says it accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.script import Script, ScriptDirectory

from homecoming.authoring.judging.guarded import (
    amounts_to,
    as_trigger,
    changed,
    guarded_way,
    tables,
    type_of,
    unless_there,
    widened,
)
from homecoming.authoring.judging.newest import newest
from homecoming.authoring.judging.reading import Done, Source, done_by, way_back
from homecoming.authoring.judging.rules import Advice, rules
from homecoming.authoring.judging.statements import NAME, Step, bare, quoted, steps
from homecoming.authoring.spelling import type_spelled
from homecoming.history.configuration import configuration
from homecoming.language import tr
from homecoming.operations.recorded import Past, Said

# A reason that says something has as many letters.
LETTERS = 10


@dataclass(frozen=True)
class Finding:
    """What a rule finds in a revision, and why it is accepted, where it is."""

    rule: str
    file: str
    line: int
    step: str
    does: tuple[str, ...]
    advice: Advice
    accepted: str | None = None


@dataclass
class Judgement:
    """What new revisions do that somebody should know of.

    Arguments: ``since``, what has the others: a branch or a revision; ``revisions``, those judged; ``mistakes``, what
    is wrong with what they accept; ``unused``, what they accept and nothing does.
    """

    since: str
    revisions: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def open(self) -> list[Finding]:
        """What nobody accepts."""
        return [finding for finding in self.findings if finding.accepted is None]

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do."""
        return not self.open and not self.mistakes


def judge(start: str | None = None) -> Judgement:
    """Judge the new revisions. Arguments: ``start``, as of ``newest``. Errors: CommandError for one nobody knows."""
    script = ScriptDirectory.from_config(configuration())
    earlier, new, since = newest(script, start)
    judgement = Judgement(since)
    run = _Run(Past.of(earlier))
    for revision in new:
        judgement.revisions.append(revision.revision)
        file = Path(revision.path).name
        accepted = _accepted(revision, file, judgement.mistakes)
        found = [
            Finding(rule, file, line, step, does, advice, accepted.get(rule))
            for rule, line, step, does, advice in run.judged(script, revision)
        ]
        judgement.findings += found
        used = {finding.rule for finding in found}
        judgement.unused += [
            tr("{file}: accepted {rule}, and nothing does that", file=file, rule=repr(name))
            for name in accepted
            if name not in used
        ]
    return judgement


def _accepted(revision: Script, file: str, mistakes: list[str]) -> Mapping[str, str]:
    """Return what a revision accepts with a reason; what is wrong with it goes to the mistakes."""
    said: Any = getattr(revision.module, "accepted", {})
    if not isinstance(said, Mapping):
        mistakes.append(tr('{file}: accepted is no mapping. Write accepted = {{"rule": "reason"}}', file=file))
        return {}
    good = {}
    for name, reason in said.items():
        if name not in rules():
            mistakes.append(
                tr(
                    "{file}: accepted {rule}, and there is no such rule. The rules: {rules}",
                    file=file,
                    rule=repr(name),
                    rules=", ".join(rules()),
                )
            )
        elif not isinstance(reason, str) or sum(sign.isalpha() for sign in reason) < LETTERS:
            mistakes.append(
                tr(
                    "{file}: accepted {rule} without a reason. Say why, in {letters} letters at least",
                    file=file,
                    rule=repr(name),
                    letters=LETTERS,
                )
            )
        else:
            good[name] = " ".join(reason.split())
    return good


_Found = tuple[str, int, str, tuple[str, ...], Advice]
_OF_TABLE = re.compile(
    r"(?:ALTER TABLE|CREATE TABLE|RETIRE TABLE|RETIRE COLUMN|CREATE (?:UNIQUE )?INDEX \S+ ON|(?:CHANGE|DELETE) ROWS OF|"
    r"DELETE FROM|UPDATE|TRUNCATE(?: TABLE)?|DROP TABLE|LOCK TABLE|(?:MERGE|INSERT) INTO) (\"[^\"]+\"|\w+)|"
    r"ALTER TYPE \S+ ANEW .* IN (.*)",
    re.IGNORECASE,
)


class _Run:
    """A run of the new revisions on a database that has the others.

    Arguments: ``past``, what these said.
    """

    def __init__(self, past: Past) -> None:
        self.past = past
        # Tables that the run makes have no rows yet, and nobody uses them. What it alters it holds to its end.
        self.made: set[str] = set()
        self.altered: set[str] = set()

    def judged(self, script: ScriptDirectory, revision: Script) -> list[_Found]:
        """Return what the rules find in a revision."""
        source = Source(revision)
        found = [
            each for line, name in source.imports() for each in self._match(Step.of(f"IMPORT {name}"), line, "", "")
        ]
        upgrade = done_by(script, revision, "upgrade")
        for place, done in enumerate(upgrade):
            guarded = isinstance(done.what, Said) and done.what.is_guarded
            every = list(self._steps(done))
            for number, step in enumerate(every):
                later = [
                    *(each.shown() for each in every[number + 1 :]),
                    *(str(each.what) for each in upgrade[place + 1 :]),
                ]
                step = self._known(step, later)
                found += self._match(step, done.line, source.at(done.line), "guarded" if guarded else "plain")
                self._after(step)
            if isinstance(done.what, Said):
                self._hear(done.what)
        if wrong := way_back(done_by(script, revision, "downgrade"), bool(upgrade)):
            found += self._match(Step.of(f"WAY BACK {wrong}"), source.line_of("downgrade"), "", "")
        return found

    def _steps(self, done: Done) -> Iterator[Step]:
        if isinstance(done.what, str):
            yield from steps(done.what)
        elif done.what.name in {"ASK", "UNSEEN"}:
            yield Step.of(f"{done.what.name} {done.what.arguments[0]}")
        else:
            yield from map(Step.of, amounts_to(done.what, self.past))

    def _hear(self, said: Said) -> None:
        if said.name == "rename_label":
            enum, old, new = said.values
            labels = self.past.labels.get(enum.name, ())
            self.past.labels[enum.name] = tuple(new if label == old else label for label in labels)
        elif said.name == "ensure_renamed":
            old, new = said.values[:2]
            for key, column in self.past.columns.items():
                # Keys go on referring to the table, whatever it is called.
                if any(each.target_fullname.startswith(f"{old}.") for each in column.foreign_keys):
                    self.past.columns[key] = changed(column, target=new)
        self.past.hear(said)

    def _python(self, kind: str) -> str:
        """Return an enum as a revision spells it; the empty text for any other type."""
        labels = self.past.labels.get(bare(kind.removeprefix("public.")))
        return type_spelled(sa.Enum(*labels, name=bare(kind.removeprefix("public.")))) if labels else ""

    def _type(self, table: str, column: str) -> str | None:
        known = self.past.columns.get((bare(table), bare(column)))
        return None if known is None else type_of(known)

    def _known(self, step: Step, later: list[str]) -> Step:
        """Return a step with what is known of it by what is around it."""
        text = step.text
        found = re.fullmatch(rf"ALTER TABLE ({NAME}) ALTER COLUMN ({NAME}) TYPE (.*)", text, re.IGNORECASE)
        if found and (old := self._type(found[1], found[2])) and widened(old, found[3]):
            return Step(f"{text} WIDENED", step.masked)
        if re.match(r"(?:CHANGE|DELETE) ROWS OF", text) and _tables(step) <= self.altered:
            return Step(f"{text} UNDER LOCK", step.masked)
        if added := re.fullmatch(r"ALTER TYPE \S+ ADD VALUE (\S+).*", text, re.IGNORECASE):
            label = step.shown(added[1])
            if any(label in each for each in later):
                return Step(f"{text} USED AT ONCE", step.masked)
        return step

    def _match(self, step: Step, line: int, same: str, of: str) -> Iterator[_Found]:
        is_new = bool(_tables(step)) and _tables(step) <= self.made
        hits = [
            (rule, names)
            for rule in rules().values()
            if (rule.new or not is_new) and (names := rule.names(step, of == "guarded")) is not None
        ]
        for rule, names in hits:
            if rule.last and len(hits) > 1:
                continue
            kind = self._type(names.get("table", ""), names.get("column", ""))
            known = {**({"type": kind} if kind else {}), **names, "same": same, "text": step.shown()}
            if column := self._python(known.get("type", "")):
                known["python"] = column
            if rule.name == "check-scan":
                known |= as_trigger(known, self.past)
            if of == "plain":
                known["same"] = guarded_way(rule.name, known, self.past) or unless_there(rule.name, known)
            yield rule.name, line, _shown(step, same, of), tuple(rule.does), rule.advice(known)

    def _after(self, step: Step) -> None:
        if re.match("CREATE TABLE", step.text, re.IGNORECASE):
            # IF NOT EXISTS may have found it.
            self.made |= _tables(step) - set(map(quoted, tables(self.past)))
        elif renamed := re.fullmatch(rf"ALTER TABLE ({NAME}) RENAME TO ({NAME})", step.text, re.IGNORECASE):
            # Under its new name it is the same table.
            for them in (self.made, self.altered):
                them |= {renamed[2]} if renamed[1] in them else set()
        if not re.match(r"CHANGE|DELETE|UPDATE|INSERT|MERGE", step.text, re.IGNORECASE):
            self.altered |= _tables(step) - self.made


def _tables(step: Step) -> set[str]:
    """Return the tables that a step is about."""
    found = _OF_TABLE.match(step.text)
    return set((found[1] or found[2]).split(", ")) if found else set()


def _shown(step: Step, same: str, of: str) -> str:
    """Return how a finding names its step: a guarded operation as the revision has it."""
    return " ".join(same.split()) if of == "guarded" and same else step.shown()
