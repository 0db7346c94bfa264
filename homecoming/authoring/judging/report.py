"""A judgement in words: lines for a terminal, a document for machines, Markdown for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from homecoming.authoring.judging.judge import Finding, Judgement
from homecoming.authoring.judging.rules import EFFECTS
from homecoming.language import Message, joined, localized, tr, trn


def _past(rule: str) -> Message:
    return tr(
        'Where it is meant all the same, say why in the revision: accepted = {{"{rule}": "the reason"}}', rule=rule
    )


def heading(judgement: Judgement) -> Message:
    """Return which revisions were judged, in a line."""
    if not judgement.revisions:
        return tr("No new revision to judge: {since} has them all", since=judgement.since)
    return tr(
        "Judged: {revisions} (all that come after {since})",
        revisions=", ".join(judgement.revisions),
        since=judgement.since,
    )


def lines(judgement: Judgement) -> Iterator[Message]:
    """Yield a few lines a finding, what is accepted last."""
    for finding in judgement.open:
        yield tr("FAIL  {place}: {rule}", place=_place(finding), rule=finding.rule)
        yield tr("      does:   {step}", step=finding.step)
        yield tr("      why:    {why}", why=finding.advice.why)
        yield tr("      means:  {effects}", effects=_effects(finding))
        yield tr("      safe:   {safe}", safe=finding.advice.safe)
        yield from (tr("      before: {statement};", statement=statement) for statement in finding.advice.before)
        for label, line in _code(finding.advice.code):
            blank = " " * (6 - len(label))
            yield tr("      {label}{blank}  {line}", label=label, blank=blank, line=line)
    for mistake in judgement.mistakes:
        yield tr("FAIL  {mistake}", mistake=mistake)
    for finding in judgement.findings:
        if finding.accepted is not None:
            yield tr("ACCEPTED  {place}: {rule}, {step}", place=_place(finding), rule=finding.rule, step=finding.step)
            yield tr("          because: {reason}", reason=finding.accepted)
    for unused in judgement.unused:
        yield tr("NOTE  {unused}. Take it out", unused=unused)


def _code(code: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the lines of the safe way's revisions, the first of each with which release it is for."""
    several = len(code) > 1
    for number, text in enumerate(code, 1):
        label: str = tr("{number}. of {all}", number=number, all=len(code)) if several else tr("write:")
        for line in text.splitlines():
            yield label, line
            label = ""


def summary(judgement: Judgement) -> Message:
    """Return what is to be done, in a line; only where something is."""
    number = len(judgement.open) + len(judgement.mistakes)
    rule = judgement.open[0].rule if judgement.open else "rule"
    return trn("To do: {n} thing. {past}", "To do: {n} things. {past}", number, past=_past(rule))


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
                "why": finding.advice.why,
                "safe": finding.advice.safe,
                "before": list(finding.advice.before),
                "code": list(finding.advice.code),
                "accepted": finding.accepted,
            }
            for finding in judgement.findings
        ],
        "mistakes": judgement.mistakes,
        "unused": judgement.unused,
    }


def markdown(judgement: Judgement, differs: Sequence[str]) -> str:
    """Return a comment for a pull request. Arguments: ``differs``, what has no revision yet, a line each."""
    said = [f"### {_escaped(tr('Migrations'))}", "", _escaped(heading(judgement)), ""]
    said += [f"- {_escaped(tr('No revision for: {line}', line=line))}" for line in differs]
    said += [f"- {_escaped(mistake)}" for mistake in judgement.mistakes]
    said += [""] * bool(differs or judgement.mistakes)
    if judgement.open:
        said += [_row(tr("where"), tr("rule"), tr("step"), tr("why")), "|---|---|---|---|"]
        for finding in judgement.open:
            cells = (_place(finding), finding.rule, _verbatim(finding.step), finding.advice.why)
            said.append(_row(*cells))
        said += ["", *_ways(judgement.open), _escaped(_past(judgement.open[0].rule)), ""]
    accepted = [finding for finding in judgement.findings if finding.accepted is not None]
    if accepted:
        said += [f"**{_escaped(tr('Accepted, with a reason'))}**", ""]
        said += [_row(tr("where"), tr("rule"), tr("step"), tr("because")), "|---|---|---|---|"]
        for finding in accepted:
            said.append(_row(_place(finding), finding.rule, _verbatim(finding.step), finding.accepted or ""))
        said.append("")
    said += [f"- {_escaped(tr('{unused}. Take it out', unused=unused))}" for unused in judgement.unused]
    if judgement.is_clean and not differs and judgement.revisions:
        said.append(_escaped(tr("Nothing to do.")))
    return "\n".join(said).rstrip("\n") + "\n"


def _ways(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"**{_escaped(_place(finding))}**: {_escaped(finding.advice.safe)}"
        yield ""
        # Indented, where no sign of the code can end it.
        yield from (f"    {_plain(statement)};" for statement in finding.advice.before)
        for label, line in _code(finding.advice.code):
            comment = f"  # {localized(label)}" if label and len(finding.advice.code) > 1 else ""
            yield f"    {_plain(line)}{comment}"
        yield ""


def _row(*cells: str) -> str:
    """Return a row of a table; what is spelled as code is so already."""
    return f"| {' | '.join(cell if cell.startswith('`') else _escaped(cell) for cell in cells)} |"


def _place(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}"


def _effects(finding: Finding) -> Message:
    return joined("; ", (EFFECTS[effect] for effect in EFFECTS if effect in finding.does))


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, in one cell of a table."""
    text = re.sub(r"([\\`*_{}\[\]<>|#~@$])", r"\\\1", _plain(localized(text)))
    # A bare address would become a link.
    return text.replace("://", ":\\//")


def _verbatim(text: str) -> str:
    """Return a text as code, in one cell of a table."""
    text = _plain(text).replace("|", "\\|")
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    blank = " " if len(ticks) > 1 else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"
