"""The rules of alerts: what they find in a look, and that a wrong file is found before it is needed."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from homecoming.monitoring.alerts.facts import FACTS, FIELDS, PROBLEMS, RESULTS, facts, fields
from homecoming.monitoring.alerts.rules import LIMITS, RULES, RulesError, load
from homecoming.monitoring.alerts.webhook import STYLES, Alert, Limits
from homecoming.monitoring.snapshot import Journal, Snapshot
from homecoming.run import reported
from tests.support.alerting import CPF, at_head, behind, drifted, edited, ended, filled, unreachable
from tests.support.history import ROOT

HOUR = 3600.0

RULE = """
[[rule]]
cause = "drift"
severity = "warning"
when = [{ fact = "drift", above = 0 }]
title = "{drift}"
todo = "make verify"
resolved = "Equal"
"""


def found(snapshot: Snapshot) -> dict[str, bool]:
    """The causes that hold, or are over, by the rules that come with the project."""
    answers = {rule.cause: rule.holds(facts(snapshot), {"behind_limit": HOUR}) for rule in load()}
    return {cause: answer for cause, answer in answers.items() if answer is not None}


def firing(snapshot: Snapshot) -> set[str]:
    return {cause for cause, holds in found(snapshot).items() if holds}


def over(snapshot: Snapshot) -> set[str]:
    return {cause for cause, holds in found(snapshot).items() if not holds}


def title(snapshot: Snapshot, cause: str) -> str:
    return next(rule.title for rule in load() if rule.cause == cause).format(**fields(snapshot))


def test_the_causes() -> None:
    causes = {rule.cause: rule.severity for rule in load()}
    assert causes == {
        "failure": "critical",
        "refusal": "critical",
        "locked": "warning",
        "unreachable": "critical",
        "drift": "critical",
        "edited": "warning",
        "behind": "warning",
        "sequence": "warning",
        "backup": "warning",
    }


def test_prometheus_calls_it_as_severe() -> None:
    same = {
        "failure": "PainelLastRunFailed",
        "unreachable": "PainelDatabaseDown",
        "drift": "PainelDrift",
        "edited": "PainelRevisionEdited",
        "behind": "PainelBehindHead",
        "sequence": "PainelSequenceHeadroomLow",
        "backup": "PainelBackupMissing",
    }
    text = Path(__file__).parents[3].joinpath("docs/monitoring/prometheus-rules.yml").read_text("utf-8")
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    theirs = {rule["alert"]: rule["labels"]["severity"] for rule in rules}
    ours = {rule.cause: rule.severity for rule in load()}
    assert {cause: ours[cause] for cause in same} == {cause: theirs[name] for cause, name in same.items()}


def test_a_database_that_is_well_fires_nothing() -> None:
    assert firing(at_head()) == set()
    # Without its vitals nothing is known of its sequences.
    assert over(at_head()) == {rule.cause for rule in load()} - {"sequence"}
    assert over(filled(1)) == {rule.cause for rule in load()}


@pytest.mark.parametrize("result", ["failed", "lost", "in doubt", "overdue"])
def test_a_run_that_did_not_get_through(result: str) -> None:
    assert firing(ended(result)) == {"failure"}
    assert title(ended(result), "failure") == f"The last run (upgrade, command) did not get through: {result}"


def test_a_run_that_was_refused() -> None:
    assert firing(ended("refused")) == {"refusal"}


def test_a_run_that_met_a_lock() -> None:
    assert firing(ended("locked")) == {"locked"}


@pytest.mark.parametrize("result", ["done", "nothing"])
def test_a_run_that_got_through_ends_what_runs_began(result: str) -> None:
    assert {"failure", "refusal", "locked"} <= over(ended(result))


@pytest.mark.parametrize("result", ["unreachable", "interrupted", "usage"])
def test_a_run_that_says_nothing_of_a_cause_neither_begins_nor_ends_it(result: str) -> None:
    assert found(ended(result)).keys().isdisjoint({"failure", "refusal", "locked"})


def test_one_failure_does_not_end_another() -> None:
    assert "failure" not in found(ended("refused"))
    assert "refusal" not in found(ended("failed"))


@pytest.mark.parametrize("result", ["failed", "lost", "refused", "locked"])
def test_an_upgrade_that_another_replica_or_the_console_did_is_made_up_for(result: str) -> None:
    assert firing(ended(result, pending=False)) == set()
    assert {"failure", "refusal", "locked"} <= over(ended(result, pending=False))
    # A downgrade that failed leaves the database at head: nobody has done it instead.
    assert len(firing(ended(result, direction="downgrade", pending=False))) == 1


def test_a_journal_that_does_not_tell_ends_no_failure() -> None:
    assert "failure" not in found(replace(at_head(), journal=Journal()))


@pytest.mark.parametrize("exit_code", [2, 3, 6])
def test_a_database_that_cannot_be_looked_at(exit_code: int) -> None:
    snapshot = unreachable(exit_code=exit_code)
    assert firing(snapshot) == {"unreachable"}
    assert title(snapshot, "unreachable") == (
        "The database cannot be looked at: the database cannot be reached: timeout expired"
    )
    # What is not seen is neither so nor over.
    assert over(snapshot) == {"failure", "locked", "backup"}


def test_a_look_that_is_refused() -> None:
    assert firing(unreachable(exit_code=4)) == {"refusal"}
    assert "unreachable" in over(unreachable(exit_code=4))


def test_a_drift_names_what_differs_and_no_definition() -> None:
    assert firing(drifted()) == {"drift"}
    assert title(drifted(), "drift") == "The catalogue differs from head in 1 object: check usuarios.ck_cpf"
    assert title(drifted(tables=5), "drift") == (
        "The catalogue differs from head in 5 objects: check usuarios.ck_cpf, check eventos.ck_cpf,"
        " check produtos.ck_cpf and 2 more"
    )
    assert CPF not in str(fields(drifted()))


def test_before_head_a_difference_is_no_drift() -> None:
    snapshot = replace(behind(0), findings=drifted().findings)
    assert "drift" not in found(snapshot)


def test_a_file_that_was_edited() -> None:
    assert firing(edited()) == {"edited"}
    assert title(edited(), "edited") == "The file of an applied revision is another than the one that ran: 0001"


def test_a_database_behind_head_has_until_the_limit() -> None:
    assert "behind" in over(behind(HOUR))
    assert firing(behind(HOUR + 1)) == {"behind"}
    assert "behind" not in found(replace(behind(HOUR + 1), journal=Journal()))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(4000, "1 h 6 min"), (7200, "2 h"), (4 * 86400 + 3600.4, "4 d 1 h"), (45, "45 s"), (0, "0 s"), (86399.9, "1 d")],
)
def test_how_long_it_has_been_behind(seconds: float, said: str) -> None:
    assert title(behind(seconds), "behind") == f"The database has been behind head for {said}: 1 revision pending"


def test_ids_that_run_out() -> None:
    assert firing(filled(80)) == set()
    assert firing(filled(81)) == {"sequence"}
    assert title(filled(81), "sequence") == "vendas.id has given 81 % of the ids its column can hold"


def test_the_results_are_those_that_a_run_can_have() -> None:
    named = {name for _, name in reported._RESULTS} | {"done", "nothing", "failed", "interrupted"}
    assert set(RESULTS) == named | {"overdue", "never", "overtaken"}
    source = inspect.getsource(reported)
    assert all(f'"{name}"' in source for name in named)
    assert {0, *(kind.exit_code for kind, _ in reported._RESULTS), 6} == set(PROBLEMS)


def test_every_fact_and_field_is_there_for_every_look() -> None:
    for snapshot in (at_head(), drifted(), unreachable(), behind(1), filled(1), replace(at_head(), journal=Journal())):
        assert set(facts(snapshot)) == set(FACTS)
        assert set(fields(snapshot)) == set(FIELDS)
        assert all(value in FACTS[fact] for fact, value in facts(snapshot).items() if FACTS[fact])


def test_every_text_can_be_said() -> None:
    for rule in load():
        for text in (rule.title, rule.todo, rule.resolved):
            assert "{" not in text.format(**fields(unreachable()))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("[[rule]]", "[[rule"), "rules.toml cannot be read: TOMLDecodeError"),
        (("[[rule]]", "[rule]"), "rules.toml is to hold [[rule]] entries, and nothing else"),
        (("[[rule]]", "x = 1\n[[rule]]"), "rules.toml is to hold [[rule]] entries, and nothing else"),
        (
            ("todo =", "to-do ="),
            "rule 1 is to have cause, resolved, severity, title, todo, when, and nothing else",
        ),
        (('"drift"\ns', '"a b"\ns'), "rule 1: cause is to be a name of letters"),
        (('"warning"', '"bad"'), "rule 1: severity is to be one of critical, warning"),
        (('"Equal"', "5"), "rule 1: resolved is to be a text"),
        (('"Equal"', '""'), "rule 1: resolved is to be a text"),
        (('"{drift}"', '"{drift"'), "rule 1: title has a brace that is not closed"),
        (('"{drift}"', '"{password}"'), "rule 1: title names something that is no field"),
        (('"{drift}"', '"{drift.x}"'), "rule 1: title names something that is no field"),
        (('"{drift}"', '"{drift!r}"'), "rule 1: title names something that is no field"),
        (('"{drift}"', '"{}"'), "rule 1: title names something that is no field"),
        (("[{ fact", "{ fact"), "rules.toml cannot be read: TOMLDecodeError"),
        (('[{ fact = "drift", above = 0 }]', "[]"), "rule 1: when is to be a list of conditions"),
        (('fact = "drift"', 'fact = "mood"'), f"rule 1: a condition is to name a fact: {', '.join(FACTS)}"),
        (
            ("above = 0", 'above = "a lot"'),
            "rule 1: drift takes above, with a number or behind_limit, and nothing else",
        ),
        (("above = 0", "above = true"), "rule 1: drift takes above, with a number or behind_limit, and nothing else"),
        (("above = 0", "below = 1"), "rule 1: drift takes above, with a number or behind_limit, and nothing else"),
        (
            ('"drift", above = 0', '"result", above = 0'),
            "rule 1: result takes in, and over where not all else is over",
        ),
        (
            ('"drift", above = 0', '"result", in = ["in-doubt"]'),
            f"rule 1: in is to list values of result: {', '.join(RESULTS)}",
        ),
        (
            ('"drift", above = 0', '"result", in = "failed"'),
            f"rule 1: in is to list values of result: {', '.join(RESULTS)}",
        ),
        (
            ('"drift", above = 0', '"problem", in = [3], over = [true]'),
            "rule 1: over is to list values of problem: 0, 2, 3, 4, 5, 6",
        ),
        (
            ('"drift", above = 0', '"problem", in = [3], over = [3]'),
            "rule 1: a value of problem is in and over at once",
        ),
    ],
    ids=str,
)
def test_a_wrong_file(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULE)
    assert [rule.cause for rule in load(path)] == ["drift"]
    assert change[0] in RULE
    path.write_text(RULE.replace(*change, 1))
    with pytest.raises(RulesError) as caught:
        load(path)
    assert str(caught.value).removeprefix("rules.toml: ") == why


def test_a_file_with_a_cause_twice(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(RULE + RULE)
    with pytest.raises(RulesError, match=r"^rules.toml: more than one rule for drift$"):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"^rules.toml cannot be read: FileNotFoundError$"):
        load(tmp_path / RULES.name)


def test_the_document_has_every_rule_fact_and_limit() -> None:
    page = (ROOT / "docs/monitoring/README.md").read_text().partition("\n## Alerts\n")[2]
    rows = re.findall(r"^\| `(\w+)` \| (critical|warning) \|", page, re.MULTILINE)
    assert rows == [(rule.cause, rule.severity) for rule in load()]
    assert all(f"`{name}`" in page for name in (*FACTS, *LIMITS, *STYLES, *Alert.__dataclass_fields__))
    assert "more than 80 %" in page
    assert 'fact = "sequence_percent", above = 80 }' in RULES.read_text()
    limits = Limits()
    assert f"{limits.attempt:g} seconds each, {limits.total:g} seconds for all alerts of a report" in page
    assert f"up to {limits.retry_after:g} seconds" in page
