"""The rules of alerts as values: ``rules.toml`` read, validated, and asked."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homecoming.language import Message, tr
from homecoming.monitoring.alerts.facts import FACTS, FIELDS, Fact

RULES = Path(__file__).with_name("rules.toml")
SEVERITIES = ("critical", "warning")
# Settings that a rule may name as its limit.
LIMITS = ("behind_limit",)

_TEXTS = ("title", "todo", "resolved")


class RulesError(ValueError):
    """A rules file that cannot be followed; its text says where, and why."""


@dataclass(frozen=True)
class Condition:
    """One thing that is so, is over, or cannot be told.

    Attributes: ``fact``, one of ``FACTS``; ``among``, the values that it is so for, or ``above``, a number or a name of
    ``LIMITS``; ``over``, the values that say it is over, None for all others.
    """

    fact: str
    among: tuple[Fact, ...] | None = None
    above: float | str | None = None
    over: tuple[Fact, ...] | None = None

    def holds(self, facts: Mapping[str, Fact | None], limits: Mapping[str, float]) -> bool | None:
        """Return whether it is so; None where the facts do not tell."""
        value = facts[self.fact]
        if value is None:
            return None
        if self.above is not None:
            return float(value) > (limits[self.above] if isinstance(self.above, str) else self.above)
        assert self.among is not None
        if value in self.among:
            return True
        return False if self.over is None or value in self.over else None


@dataclass(frozen=True)
class Rule:
    """When a cause is told, and in which words: ``title`` and ``todo``, and ``resolved`` when it is over."""

    cause: str
    severity: str
    when: tuple[Condition, ...]
    title: str
    todo: str
    resolved: str

    def holds(self, facts: Mapping[str, Fact | None], limits: Mapping[str, float]) -> bool | None:
        """Return whether any condition is so, False where all are over, None where the facts do not tell."""
        answers = [condition.holds(facts, limits) for condition in self.when]
        if any(answers):
            return True
        return None if None in answers else False

    @property
    def of_a_run(self) -> bool:
        """Whether it tells of the last run, rather than of what a look sees."""
        return any(condition.fact == "result" for condition in self.when)


def load(path: Path = RULES) -> tuple[Rule, ...]:
    """Read the rules. Errors: RulesError where the file cannot be read, or anything in it cannot be followed."""
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except (OSError, ValueError) as error:
        raise RulesError(tr("{file} cannot be read: {error}", file=path.name, error=type(error).__name__)) from None
    found = document.pop("rule", None)
    if document or not isinstance(found, list) or not found:
        raise RulesError(tr("{file} is to hold [[rule]] entries, and nothing else", file=path.name))
    rules = tuple(
        _rule(raw, tr("{file}: rule {number}", file=path.name, number=number)) for number, raw in enumerate(found, 1)
    )
    causes = [rule.cause for rule in rules]
    if twice := {cause for cause in causes if causes.count(cause) > 1}:
        raise RulesError(tr("{file}: more than one rule for {causes}", file=path.name, causes=", ".join(sorted(twice))))
    return rules


def _rule(raw: Any, where: Message) -> Rule:
    keys = {"cause", "severity", "when", *_TEXTS}
    if not isinstance(raw, dict) or set(raw) != keys:
        raise RulesError(tr("{where} is to have {keys}, and nothing else", where=where, keys=", ".join(sorted(keys))))
    if not isinstance(raw["cause"], str) or not raw["cause"].isidentifier():
        raise RulesError(tr("{where}: cause is to be a name of letters", where=where))
    if raw["severity"] not in SEVERITIES:
        raise RulesError(tr("{where}: severity is to be one of {names}", where=where, names=", ".join(SEVERITIES)))
    if not isinstance(raw["when"], list) or not raw["when"]:
        raise RulesError(tr("{where}: when is to be a list of conditions", where=where))
    for name in _TEXTS:
        _check_text(raw[name], tr("{where}: {name}", where=where, name=name))
    return Rule(**{**raw, "when": tuple(_condition(condition, where) for condition in raw["when"])})


def _check_text(text: Any, where: Message) -> None:
    """Refuse a text that could not be said. Only plain names: ``{run.x}`` and ``{run!r}`` reach into a value."""
    if not isinstance(text, str) or not text:
        raise RulesError(tr("{where} is to be a text", where=where))
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        raise RulesError(tr("{where} has a brace that is not closed", where=where)) from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in FIELDS or spec or conversion):
            raise RulesError(tr("{where} names something that is no field", where=where))


def _condition(raw: Any, where: Message) -> Condition:
    if not isinstance(raw, dict) or raw.get("fact") not in FACTS:
        raise RulesError(tr("{where}: a condition is to name a fact: {facts}", where=where, facts=", ".join(FACTS)))
    fact: str = raw["fact"]
    values = FACTS[fact]
    if not values:
        if set(raw) != {"fact", "above"} or not _is_limit(raw["above"]):
            raise RulesError(
                tr(
                    "{where}: {fact} takes above, with a number or {limits}, and nothing else",
                    where=where,
                    fact=fact,
                    limits=", ".join(LIMITS),
                )
            )
        return Condition(fact, above=raw["above"])
    if not {"fact", "in"} <= set(raw) <= {"fact", "in", "over"}:
        raise RulesError(tr("{where}: {fact} takes in, and over where not all else is over", where=where, fact=fact))
    for name in ("in", "over"):
        given = raw.get(name, [values[0]])
        if not isinstance(given, list) or not given or not all(_is_among(value, values) for value in given):
            raise RulesError(
                tr(
                    "{where}: {name} is to list values of {fact}: {values}",
                    where=where,
                    name=name,
                    fact=fact,
                    values=", ".join(map(str, values)),
                )
            )
    if set(raw["in"]) & set(raw.get("over", ())):
        raise RulesError(tr("{where}: a value of {fact} is in and over at once", where=where, fact=fact))
    return Condition(fact, among=tuple(raw["in"]), over=tuple(raw["over"]) if "over" in raw else None)


def _is_limit(value: Any) -> bool:
    return value in LIMITS if isinstance(value, str) else type(value) in (int, float) and value >= 0


def _is_among(value: Any, values: tuple[Fact, ...]) -> bool:
    # True equals 1, and 1.0 does: neither is an exit code.
    return type(value) is type(values[0]) and value in values
