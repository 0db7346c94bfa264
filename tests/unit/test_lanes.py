"""The lanes of the suite: no test is in none of them unnoticed, and what is left out is told with what runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import pytest_xdist_auto_num_workers
from tests.support import lanes
from tests.support.lanes import Case, choose
from tests.support.walks import unlike

ROOT = Path(__file__).parents[2]


# Prints what each lane has, where pytest collects the whole suite.
PLUGIN = """
import json
from tests.conftest import pytest_xdist_auto_num_workers
from tests.support import lanes

def pytest_collection_finish(session):
    cases = session.config.stash[lanes.CASES]
    once = lanes.once(list(cases.values()))
    chosen = {lane: lanes.choose(list(cases.values()), lane) for lane in lanes.SECONDS}
    print(json.dumps({lane: [id for id, case in cases.items() if case.position in chosen[lane]] for lane in chosen}
        | {"every": list(cases), "all": [id for id, case in cases.items() if case.position in once]}))
"""
FILES = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}


@pytest.fixture
def collected(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, set[str]]:
    """The ids of the cases that each lane of the whole suite has."""
    cases = request.config.stash[lanes.CASES]
    if {each.partition("::")[0] for each in cases} == FILES:
        chosen = {lane: choose(list(cases.values()), lane) for lane in lanes.SECONDS}
        chosen |= {"all": lanes.once(list(cases.values())), "every": set(range(len(cases)))}
        return {lane: {name for name, case in cases.items() if case.position in chosen[lane]} for lane in chosen}
    # This file is run by itself.
    (tmp_path / "says_lanes.py").write_text(PLUGIN)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "says_lanes"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    [line] = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return {lane: set(ids) for lane, ids in json.loads(line).items()}


def functions(ids: set[str]) -> set[str]:
    return {each.partition("[")[0] for each in ids}


def test_what_each_lane_of_this_suite_has(collected: dict[str, set[str]]) -> None:
    quick, ci, everything = (collected[lane] for lane in ("quick", "ci", "every"))
    assert quick < ci < everything
    assert functions(everything) - functions(ci) == set(lanes.LONG)
    files = {each.partition("::")[0] for each in functions(everything) - set(lanes.LONG)}
    assert {each.partition("::")[0] for each in quick} == files
    for law, pattern in lanes.LAWS.items():
        assert any(re.search(pattern, each) for each in functions(quick)), law
    for kind in ("pg16", "pg18", "sqlite"):
        assert any(re.search(rf"\[(.*-)?{kind}[-\]]", each) for each in quick)


VERSION = re.compile(r"(?<=[\[-])(?:pg)?(16|18)(?=[]-])")


def test_the_whole_suite_tries_each_thing_once_and_on_each_version(collected: dict[str, set[str]]) -> None:
    """What cannot differ with the version is tried on one, by turns; no state and no scar is left out."""
    everything, once = collected["every"], collected["all"]
    left = everything - once
    assert len(left) > 500
    assert functions(everything) == functions(once)
    assert not [each for each in left if re.search(lanes.EACH_VERSION, each.partition("[")[0])]
    for each in left:
        # A number beside it may be a state's.
        places = [found.span(1) for found in VERSION.finditer(each)]
        assert once & {each[:a] + other + each[b:] for a, b in places for other in ("16", "18")}, each
    ran = [found[1] for each in once for found in VERSION.finditer(each) if not re.search(lanes.EACH_VERSION, each)]
    assert 0.45 < ran.count("16") / len(ran) < 0.55
    for function in ("test_every_state_on_postgresql", "test_every_scar_on_postgresql"):
        ran = [each.partition(f"{function}[")[2] for each in once if f"::{function}[" in each]
        there = {each.partition(f"{function}[")[2].split("-")[0] for each in everything if f"::{function}[" in each}
        assert {each.split("-")[0] for each in ran} == there
        assert min(sum(each.endswith(f"-{version}]") for each in ran) for version in (16, 18)) > 10


def test_what_is_left_out_is_told_with_what_runs_it() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-qq",
            "--lane=quick",
            "tests/integration/test_way_back_sqlite.py",
        ],
        cwd=ROOT,
        # What somebody adds to every pytest is none of it.
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        capture_output=True,
        text=True,
        check=True,
    )
    told = re.search(r"lane quick: (\d+) cases of \d+ of \d+ test functions; (\d+) cases were left out", done.stdout)
    assert told is not None, done.stdout
    assert int(told[2]) > 0
    assert done.stdout.rstrip().endswith("make test-all runs them")
    # The README shows that line.
    [shown] = re.findall(r"^```text\n(lane .*\n)```", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert unlike(f"...\n{shown}", done.stdout) is None


def test_what_takes_too_long_has_a_reason_and_does() -> None:
    assert all(len(reason) > 15 for reason in lanes.LONG.values())
    assert {function for function in lanes.LONG if max(slowest(function)) < 12} == set()


def slowest(function: str) -> list[float]:
    return [seconds for group, seconds in lanes.durations().items() if group.partition("[")[0] == function]


def case(position: int, function: str, seconds: float, *values: object, kind: str = "tests/test_a.py") -> Case:
    named = tuple(("value", value) for value in values)
    return Case(position, function, ((kind, "neither"),), named, seconds)


def test_a_new_test_is_in_the_quick_lane() -> None:
    """Whatever has its time already: what the table does not have is taken to be quick."""
    slow = [case(n, f"tests/test_a.py::test_{n}", 50.0) for n in range(20)]
    new = case(20, "tests/test_a.py::test_new", lanes.AT_ONCE)
    assert 20 in choose([*slow, new], "quick")


def test_a_kind_and_a_function_have_a_case_whatever_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SECONDS", {"quick": 1.0, "ci": 2.0})
    cases = [case(0, "a", 9.0, kind="one"), case(1, "b", 8.0, kind="one"), case(2, "c", 7.0, kind="other")]
    assert choose(cases, "quick") == {1, 2}
    assert choose(cases, "ci") == {0, 1, 2}


def test_the_values_of_a_parameter_are_spread_over_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case each, and not all of them on the first version."""
    monkeypatch.setattr(lanes, "SECONDS", {"quick": 1.0, "ci": 10.0})
    cases = [case(2 * n + (v == 18), f"test_{n}", 1.0, v, kind=str(n)) for n in range(10) for v in (16, 18)]
    chosen = [each for each in cases if each.position in choose(cases, "ci")]
    assert len(chosen) == 10
    assert sum(("value", 16) in each.values for each in chosen) == 5


def test_a_test_that_reads_the_catalogue_runs_on_each_version() -> None:
    def on(file: str, *versions: int) -> set[int]:
        cases = [
            Case(n, f"tests/{file}::test_{n // 2}", (), (("server", repr(version)),), 1.0)
            for n, version in enumerate(versions)
        ]
        return lanes.once(cases)

    assert on("integration/test_drift.py", 16, 18) == {0, 1}
    assert len(on("integration/test_book.py", 16, 18)) == 1


def test_different_things_of_one_name_are_all_there() -> None:
    values = (("server", "16"), ("case", "one of two"))
    assert lanes.once([Case(n, "tests/test_a.py::test_a", (), values, 1.0) for n in range(2)]) == {0, 1}


def test_the_versions_take_turns() -> None:
    cases = [
        Case(2 * n + (v == 18), "tests/test_a.py::test_a", (), (("state", repr(n)), ("server", f"'pg{v}'")), 1.0)
        for n in range(10)
        for v in (16, 18)
    ]
    chosen = [cases[position] for position in sorted(lanes.once(cases))]
    assert [dict(each.values)["state"] for each in chosen] == [repr(n) for n in range(10)]
    servers = [dict(each.values)["server"] for each in chosen]
    assert servers == servers[:2] * 5
    assert set(servers) == {"'pg16'", "'pg18'"}


def test_time_that_is_left_goes_to_values_that_nobody_has_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SECONDS", {"quick": 4.0, "ci": 4.0})
    cases = [
        case(0, "a", 1.0, "x"),
        case(1, "a", 1.0, "y"),
        case(2, "b", 1.0, "y"),
        case(3, "b", 1.0, "x"),
        case(4, "b", 1.0, "z"),
        case(5, "b", 3.0, "w"),
    ]
    assert choose(cases, "quick") == {0, 2, 4, 1}


def test_the_table_is_written_from_a_record_of_pytest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    this = "tests/unit/test_lanes.py::test_a_new_test_is_in_the_quick_lane"
    record = tmp_path / "times.xml"
    cases = "".join(
        f'<testcase classname="tests.unit.test_lanes" name="{name}" time="{seconds}"/>'
        for name, seconds in (
            ("test_a_new_test_is_in_the_quick_lane[1]", 1.0),
            ("test_a_new_test_is_in_the_quick_lane[2]", 2.0),
            ("test_the_values_of_a_parameter_are_spread_over_the_suite", 0.01),
            ("test_that_is" + "_gone", 9.0),
        )
    )
    record.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    monkeypatch.setattr(lanes, "TABLE", tmp_path / "lanes.toml")
    monkeypatch.setattr(lanes, "durations", dict)
    lanes.make_table(record)
    lines = (tmp_path / "lanes.toml").read_text().splitlines()[1:]
    assert lines == ["", '["tests/unit/test_lanes.py"]', f"{this.partition('::')[2]} = 1.5"]


def test_one_worker_more_than_processors_and_five_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-n logical` asks for it; each worker has servers of its own."""
    for processors, workers in ((1, 2), (2, 3), (4, 5), (64, 5)):
        monkeypatch.setattr(lanes, "processors", lambda found=processors: found)
        assert pytest_xdist_auto_num_workers() == workers
