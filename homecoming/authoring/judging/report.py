"""A judgement in words: lines for a terminal, a document for machines, Markdown for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from homecoming.authoring.judging.judge import Finding, Judgement
from homecoming.authoring.judging.rules import EFFECTS

PAST = 'Where it is meant all the same, say why in the revision: accepted = {{"{rule}": "the reason"}}'
NOTHING = "No new revision to judge: {since} has them all"


def heading(judgement: Judgement) -> str:
    """Return which revisions were judged, in a line."""
    if not judgement.revisions:
        return NOTHING.format(since=judgement.since)
    return f"Judged: {', '.join(judgement.revisions)} (all that come after {judgement.since})"


def lines(judgement: Judgement) -> Iterator[str]:
    """Yield a few lines a finding, what is accepted last."""
    for finding in judgement.open:
        yield f"FAIL  {_place(finding)}: {finding.rule}"
        yield f"      does:   {finding.step}"
        yield f"      why:    {finding.told.why}"
        yield f"      means:  {_effects(finding)}"
        yield f"      safe:   {finding.told.safe}"
        yield from (f"      before: {statement};" for statement in finding.told.before)
        yield from (f"      {label}  {line}" for label, line in _code(finding.told.code))
    for mistake in judgement.mistakes:
        yield f"FAIL  {mistake}"
    for finding in judgement.findings:
        if finding.accepted is not None:
            yield f"ACCEPTED  {_place(finding)}: {finding.rule}, {finding.step}"
            yield f"          because: {finding.accepted}"
    for unused in judgement.unused:
        yield f"NOTE  {unused}. Take it out"


def _code(code: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the lines of the safe way's revisions, the first of each with which release it is for."""
    several = len(code) > 1
    for number, text in enumerate(code, 1):
        label = f"{number}. of {len(code)}" if several else "write:"
        for line in text.splitlines():
            yield (f"{label:6}", line)
            label = ""


def summary(judgement: Judgement) -> str:
    """Return what is to be done, in a line; only where something is."""
    number = len(judgement.open) + len(judgement.mistakes)
    rule = judgement.open[0].rule if judgement.open else "rule"
    return f"To do: {number} {'thing' if number == 1 else 'things'}. {PAST.format(rule=rule)}"


def document(judgement: Judgement) -> dict[str, Any]:
    """Return it for machines: docs/development.md has the keys."""
    return {
        "since": judgement.since,
        "revisions": judgement.revisions,
        "clean": judgement.is_clean,
        "findings": [
            {
                "rule": finding.rule,
                "file": finding.file,
                "line": finding.line,
                "step": finding.step,
                "does": list(finding.does),
                "why": finding.told.why,
                "safe": finding.told.safe,
                "before": list(finding.told.before),
                "code": list(finding.told.code),
                "accepted": finding.accepted,
            }
            for finding in judgement.findings
        ],
        "mistakes": judgement.mistakes,
        "unused": judgement.unused,
    }


def markdown(judgement: Judgement, differs: Sequence[str]) -> str:
    """Return a comment for a pull request. Arguments: ``differs``, what has no revision yet, a line each."""
    said = ["### Migrations", "", _escaped(heading(judgement)), ""]
    said += [f"- No revision for: {_escaped(line)}" for line in differs]
    said += [f"- {_escaped(mistake)}" for mistake in judgement.mistakes]
    said += [""] * bool(differs or judgement.mistakes)
    if judgement.open:
        said += ["| where | rule | step | why |", "|---|---|---|---|"]
        for finding in judgement.open:
            cells = (_place(finding), finding.rule, _verbatim(finding.step), finding.told.why)
            said.append(f"| {' | '.join(cell if cell.startswith('`') else _escaped(cell) for cell in cells)} |")
        said += ["", *_ways(judgement.open), _escaped(PAST.format(rule=judgement.open[0].rule)), ""]
    accepted = [finding for finding in judgement.findings if finding.accepted is not None]
    if accepted:
        said += ["**Accepted, with a reason**", "", "| where | rule | step | because |", "|---|---|---|---|"]
        for finding in accepted:
            place, because = _escaped(_place(finding)), _escaped(finding.accepted or "")
            said.append(f"| {place} | {finding.rule} | {_verbatim(finding.step)} | {because} |")
        said.append("")
    said += [f"- {_escaped(unused)}. Take it out" for unused in judgement.unused]
    if judgement.is_clean and not differs and judgement.revisions:
        said.append("Nothing to do.")
    return "\n".join(said).rstrip("\n") + "\n"


def _ways(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"**{_escaped(_place(finding))}**: {_escaped(finding.told.safe)}"
        yield ""
        # Indented, where no sign of the code can end it.
        yield from (f"    {_plain(statement)};" for statement in finding.told.before)
        for label, line in _code(finding.told.code):
            comment = f"  # {label.strip()}" if label.strip() and len(finding.told.code) > 1 else ""
            yield f"    {_plain(line)}{comment}"
        yield ""


def _place(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}"


def _effects(finding: Finding) -> str:
    return "; ".join(EFFECTS[effect] for effect in EFFECTS if effect in finding.does)


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, in one cell of a table."""
    text = re.sub(r"([\\`*_{}\[\]<>|#~@$])", r"\\\1", _plain(text))
    # A bare address would become a link.
    return text.replace("://", ":\\//")


def _verbatim(text: str) -> str:
    """Return a text as code, in one cell of a table."""
    text = _plain(text).replace("|", "\\|")
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    blank = " " if len(ticks) > 1 else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"
