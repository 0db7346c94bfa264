"""Findings in lines for people: what differs, why it matters, what mends it."""

from __future__ import annotations

from collections.abc import Iterable

from homecoming.catalog.findings import Finding
from homecoming.discretion import discreet
from homecoming.language import localized, tr
from homecoming.terminal import say


def print_findings(findings: Iterable[Finding]) -> None:
    """Print what differs, why it matters, and what mends it: a few lines each."""
    for finding in findings:
        what = tr("{kind} {object}", kind=finding.kind_word, object=_flat(finding.object))
        say(tr("{severity}  {what}: {why}", severity=finding.severity, what=what, why=finding.why))
        say(tr("      expected: {definition}", definition=discreet(_flat(finding.expected))))
        say(tr("      found:    {definition}", definition=discreet(_flat(finding.found))))
        if finding.run:
            say(tr("      mend:     {todo}", todo=_flat(finding.run)))


def _flat(text: str) -> str:
    """Return a definition, in the language that was chosen, as one line: JSON has it as it is."""
    return " ".join(localized(text).splitlines())
