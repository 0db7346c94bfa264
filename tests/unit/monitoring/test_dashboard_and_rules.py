"""What docs/monitoring ships for Grafana and Prometheus asks only for metrics and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from homecoming.monitoring.families import DATABASE, FAMILIES
from homecoming.monitoring.metrics import exposition
from tests.support.looks import BEHIND, DRIFTED, HEALTHY, ILL, SILENT, UNREACHABLE

FOLDER = Path(__file__).parents[3] / "docs/monitoring"
PAGE = (FOLDER / "README.md").read_text()
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "grafana-dashboard.json").read_text())
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "prometheus-rules.yml").read_text())["groups"] for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

# What Prometheus adds to each series where it scrapes it.
SCRAPED = {"instance", "job"}

UNSHOWN: dict[str, str] = {}
"""Families that the dashboard leaves out, each with the reason."""

UNITS = {"none", "short", "s", "bytes", "percentunit", "cps", "dateTimeFromNow"}


def exposed() -> dict[str, set[str]]:
    """Each metric that a look can expose, with its labels: read from the text itself."""
    texts = [exposition(*look) for look in ((DRIFTED, ILL), (HEALTHY, ILL), (BEHIND, ILL), (UNREACHABLE, SILENT))]
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)\{(.*)\} \S+$", b"".join(texts).decode(), re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


EXPOSED = exposed()


def complaints(expression: str) -> list[str]:
    """What an expression asks for that there is not.

    Errors: ValueError where it is no PromQL.
    """
    tree = promql.parse(expression.replace("$__rate_interval", "5m"))
    return list(_complaints(tree))


def _complaints(tree: promql.Expr) -> Iterator[str]:
    for selector in _nodes(tree, promql.VectorSelector):
        if selector.name not in EXPOSED:
            yield f"no metric {selector.name}"
        matched = [matcher.name for matcher in selector.matchers.matchers]
        yield from _unknown(matched, [selector])
    for aggregate in _nodes(tree, promql.AggregateExpr):
        if aggregate.modifier is not None:
            yield from _unknown(aggregate.modifier.labels, _nodes(aggregate.expr, promql.VectorSelector))
    for binary in _nodes(tree, promql.BinaryExpr):
        if binary.modifier is not None:
            left, right = (_nodes(side, promql.VectorSelector) for side in (binary.lhs, binary.rhs))
            if binary.modifier.matching is not None:
                yield from _unknown(binary.modifier.matching.labels, left + right)
            # group_left brings labels from the other side.
            yield from _unknown(binary.modifier.group_labels or [], right)


def _unknown(labels: Sequence[str], selectors: Sequence[promql.VectorSelector]) -> Iterator[str]:
    for selector in selectors:
        for label in set(labels) - EXPOSED.get(selector.name or "", set()) - SCRAPED:
            yield f"no label {label} on {selector.name}"


def _nodes(tree: promql.Expr, kind: type[Any]) -> list[Any]:
    found: list[Any] = []

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.MatrixSelector):
            visit(node.vector_selector)
        if isinstance(node, kind):
            found.append(node)
        return True

    promql.walk(tree, visit)
    # The walk may enter a range's selector by itself.
    return list({id(node): node for node in found}.values())


def metrics_of(expression: str) -> set[str]:
    tree = promql.parse(expression.replace("$__rate_interval", "5m"))
    return {selector.name for selector in _nodes(tree, promql.VectorSelector)}


EXPRESSIONS = {
    **{f"{panel['title']} {target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]},
    **{rule["alert"]: rule["expr"] for rule in RULES},
}


# The judgement itself


def test_what_can_be_exposed_is_the_list() -> None:
    assert {family.name: {DATABASE, *family.labels} for family in FAMILIES} == EXPOSED


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("painel_database_down == 0", "no metric painel_database_down"),
        ("sum(rate(painel_lock_wait_seconds[5m]))", "no metric painel_lock_wait_seconds"),
        ('painel_database_up{host="db"}', "no label host on painel_database_up"),
        ('rate(painel_lock_wait_seconds_total{kind="x"}[5m])', "no label kind on painel_lock_wait_seconds_total"),
        ("sum by (table) (painel_drift_findings)", "no label table on painel_drift_findings"),
        ("sum without (table) (painel_drift_findings)", "no label table on painel_drift_findings"),
        (
            "painel_revision_info * on (head) group_left (version) painel_head_info",
            "no label head on painel_revision_info",
        ),
        (
            "painel_revision_info * on (database) group_left (way) painel_head_info",
            "no label way on painel_head_info",
        ),
        ("absent(painel_nothing)", "no metric painel_nothing"),
        ("max_over_time(painel_nothing[1h:5m]) > 1", "no metric painel_nothing"),
    ],
)
def test_a_wrong_name_is_found(wrong: str, complaint: str) -> None:
    assert complaint in complaints(wrong)


def test_what_is_no_promql_is_found() -> None:
    with pytest.raises(ValueError, match=r"."):
        complaints("sum by (painel_database_up")


@pytest.mark.parametrize("title", EXPRESSIONS)
def test_an_expression_asks_for_what_there_is(title: str) -> None:
    assert complaints(EXPRESSIONS[title]) == []
    # One letter less, and it would be found.
    for name in metrics_of(EXPRESSIONS[title]):
        assert complaints(EXPRESSIONS[title].replace(name, name[:-1]))


def test_every_command_they_send_to_is_there() -> None:
    targets = re.findall(r"^([a-z-]+):", (FOLDER.parents[1] / "Makefile").read_text(), re.MULTILINE)
    texts = [panel["description"] for panel in PANELS] + [rule["annotations"]["description"] for rule in RULES]
    # An index is made anew, too.
    named = set(re.findall(r"(?:`|[Rr]un |then |Start |whether )make ([a-z-]+)", " ".join(texts)))
    assert {"doctor", "health", "history", "revision", "status", "upgrade", "verify", "watch"} <= named
    assert named <= set(targets)


# The dashboard


def test_every_metric_is_shown_or_left_out_on_purpose() -> None:
    shown = {name for panel in PANELS for target in panel["targets"] for name in metrics_of(target["expr"])}
    assert shown == {family.name for family in FAMILIES} - set(UNSHOWN)


def test_counters_are_shown_as_rates_and_gauges_are_not() -> None:
    counters = {family.name for family in FAMILIES if family.type == "counter"}
    for expression in EXPRESSIONS.values():
        tree = promql.parse(expression.replace("$__rate_interval", "5m"))
        calls = [call for call in _nodes(tree, promql.Call) if call.func.name in ("rate", "increase")]
        rated = {name for call in calls for argument in call.args for name in metrics_of(argument.prettify())}
        assert rated == metrics_of(expression) & counters


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: f"{panel['id']}")
def test_a_panel_says_what_it_is(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert re.fullmatch(r"(?s)[A-Z].+\.", panel["description"])
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["targets"]
    for target in (panel, *panel["targets"]):
        assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in panel["targets"]:
        # The chosen database, in each part of the expression.
        selectors = re.findall(r"painel_\w+(\{[^}]*\})?", target["expr"])
        assert selectors
        assert all('database=~"$database"' in matchers for matchers in selectors)


def test_units_fit_the_metrics() -> None:
    for panel in PANELS:
        unit = panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            for name in metrics_of(target["expr"]):
                if name.endswith("_timestamp_seconds"):
                    assert (unit, target["expr"][:7]) == ("dateTimeFromNow", "1000 * ")
                elif name.endswith("_bytes"):
                    assert unit == "bytes"
                elif name.endswith("_seconds"):
                    assert unit == "s"
                else:
                    assert unit != "bytes"


def test_panels_do_not_overlap() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    for place in places:
        assert place["x"] >= 0
        assert place["w"] > 0
        assert place["h"] > 0
        assert place["x"] + place["w"] <= 24
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    identities = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(identities)) == len(identities)


def test_it_can_be_imported_anywhere() -> None:
    """The source of the data is a variable; nothing in it is of the Grafana it was made in."""
    assert DASHBOARD["id"] is None
    assert DASHBOARD["schemaVersion"] >= 39, "Grafana 11"
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert list(variables) == ["datasource", "database"]
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variables["database"]["definition"])
    assert asked is not None
    assert variables["database"]["query"]["query"] == asked[0]
    assert asked[2] in EXPOSED[asked[1]]
    assert set(re.findall(r'"uid": "([^"]*)"', json.dumps(DASHBOARD))) == {"${datasource}", "painel-migrations"}
    used = set(re.findall(r"\$\{?([a-z]+)", json.dumps(DASHBOARD)))
    assert used == set(variables)


# The rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_how_bad_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert re.fullmatch(r"Painel([A-Z][a-z]+)+", rule["alert"])
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert re.search(r"\bmake [a-z]+", rule["annotations"]["description"]), "the next step"
    if "for" in rule:
        assert promql.parse_duration(rule["for"])
    labels = set(re.findall(r"\$labels\.(\w+)", "".join(rule["annotations"].values())))
    for name in metrics_of(rule["expr"]):
        assert labels <= EXPOSED[name]


def test_alerts_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    assert {re.sub(r"^Painel", "", name) for name in names} == {
        "DatabaseDown",
        "BackupMissing",
        "BehindHead",
        "Drift",
        "LastRunFailed",
        "RevisionEdited",
        "SequenceHeadroomLow",
        "LongTransaction",
        "InvalidIndex",
        "MonitoringStale",
        "MonitoringAbsent",
    }
    listed = re.findall(r"^\| `(Painel\w+)` \| (\w+) \|", PAGE, re.MULTILINE)
    assert listed == [(rule["alert"], rule["labels"]["severity"]) for rule in RULES]
