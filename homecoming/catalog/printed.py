"""Findings in lines for people: what differs, why it matters, what mends it."""

from __future__ import annotations

from collections.abc import Iterable

from homecoming.catalog.findings import Finding
from homecoming.discretion import discreet
from homecoming.terminal import say


def print_findings(findings: Iterable[Finding]) -> None:
    """Print what differs, why it matters, and what mends it: a few lines each."""
    for finding in findings:
        say(f"{finding.severity}  {finding.kind} {_flat(finding.object)}: {finding.why}")
        say(f"      expected: {_flat(discreet(finding.expected))}")
        say(f"      found:    {_flat(discreet(finding.found))}")
        if finding.run:
            say(f"      mend:     {_flat(finding.run)}")


def _flat(text: str) -> str:
    """Return a definition as one line: JSON has it as it is."""
    return " ".join(text.splitlines())


def counted(number: int, word: str) -> str:
    """Return a number of things in words."""
    return f"{number} {word}{'s' * (number != 1)}"
