"""Which cases of the suite a lane runs: `quick` is `make test`, `ci` what CI runs, `all` is `make test-all`.

A lane is chosen by a rule, so that nobody keeps a list: first what it must have, then, as far as its time goes, what it
has not yet: a function without a case, a value that no test was given, a value that this function was not given, more.
The quick lane must have a case of each law and of each file, in each dialect; CI's all of the quick lane and a case of
each function. How long a case of a function takes is in `lanes.toml`; what has no entry is new, or quick. So a new test
is in both lanes until somebody finds it to be slow. To make that table anew:

    make test-all ARGS="--junitxml=times.xml"; .venv/bin/python -m tests.support.lanes times.xml

`all` tries each thing on one version of PostgreSQL, by turns, and on each what can differ with it (`EACH_VERSION`).
`every`, and pytest without `--lane`, run all that was asked for.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_suffix(".toml")

SECONDS = {"quick": 220.0, "ci": 840.0}
"""How much of the table's time a lane may take, all workers together; starting and collecting are not in it."""

AT_ONCE = 0.1
"""Seconds of a case whose function the table does not have."""

_STEPS = "goes up and down again by each revision, a run each"
_ENDED = "ends a command at each tenth of its time"
_TWICE = "two whole runs over rows, and the way back of both"
_FOLDER = "pastes the 22 files of a folder, one after the other"
LONG = {
    "tests/adoption/test_documented_pip.py::test_each_line_for_pip_installs_the_library": "six installations by pip",
    "tests/adoption/test_image.py::test_it_migrates_without_root_on_a_read_only_tree": "installs what the image has",
    "tests/adoption/test_site.py::test_the_documents_are_a_site_that_asks_nobody": "installs what makes the site",
    "tests/adoption/test_installations.py::test_beside_the_application_no_pin_changes": "installs the application",
    "tests/adoption/test_installations.py::test_the_lowest_of_everything_works": "installs the lowest of everything",
    "tests/integration/console/test_folder.py::test_a_file_twice": _FOLDER,
    "tests/integration/test_alembic.py::test_downgrade_leaves_no_trace": "compares at each revision, a run each",
    "tests/integration/test_fifty_revisions.py::test_a_repair_mends_after_any_later_revision": "makes fifty revisions",
    "tests/integration/test_planted_overloads.py::test_no_overload_of_what_we_call_runs": "plants 2,760 functions",
    "tests/integration/test_round_trip.py::test_an_empty_database_comes_back_the_way_it_went": _STEPS,
    "tests/integration/test_round_trip.py::test_down_and_up_again": _STEPS,
    "tests/integration/test_way_back_postgresql.py::test_a_second_run_from_the_start_is_undone_first": _TWICE,
    "tests/integration/test_way_back_postgresql.py::test_back_to_each_revision_it_is_as_when_it_was_reached": _STEPS,
    "tests/integration/test_way_back_sqlite.py::test_back_to_each_revision_it_is_as_when_it_was_reached": _STEPS,
    "tests/recovery/test_backup_interrupted.py::test_a_backup_is_whole_or_not_there": _ENDED,
    "tests/recovery/test_backup_interrupted.py::test_a_restore_that_is_ended_leaves_the_old_one": _ENDED,
}
"""Functions of which even one case takes some 20 seconds: CI leaves them to `make test-all`."""

EACH_VERSION = (
    r"unit/(catalog|operations)/|integration/(drifts/|test_(drift|verdict|noted_changes|tables_to_lock|undeclared)\.)"
    r"|integration/test_(session_settings|settings_of_superusers|plain_operations|generated_revisions|preflight)\."
    r"|test_refusals_of_servers\.|test_vitals\.|test_checksums\.|test_quickness\."
)
"""Files whose tests run on each version: they read or compare the catalogue, set what it knows, hear it refuse."""

VERSIONED = {
    *("server", "version", "database", "postgresql", "template", "place", "gate", "target", "connection", "own"),
    *("upgraded", "on_server", "owned", "url", "head", "clone_of"),
}
"""Parameters that stand for a server, as fixtures and tests call them."""

LAWS = {
    "convergence": r"test_convergence\.py::test_every_state_",
    "scars": r"test_convergence\.py::test_every_scar_",
    "states over one another": r"test_convergence\.py::test_any_life_|::test_states_over_one_another",
    "the way back": r"test_way_back_\w+\.py::test_every_state",
    "the way back of scars": r"test_way_back_\w+\.py::test_(every|some)_scars?",
    "paste": r"console/test_every_revision\.py::test_from_each_revision",
    "all or nothing": r"test_all_or_nothing\.py::test_killed_on_",
    "one run at a time": r"test_one_run_at_a_time\.py::test_\w+_on_",
    "cut connections": r"test_cut_connections\.py::test_after_a_message",
    "selling goes on": r"test_live_traffic\.py::",
    "advice": r"test_advice\.py::test_each_command_works_where_it_is_said",
    "advised SQL": r"test_advised_sql\.py::",
    "both dialects do the same": r"test_twins\.py::",
    "the next revision": r"test_generated_revisions\.py::",
    "make check": r"unit/test_judging\.py::",
    "the archive": r"integration/test_archive\.py::",
    "the status page": r"test_page_in_a_browser\.py::test_every_state",
    "looks change nothing": r"test_looks_change_nothing\.py::",
}
"""Functions that a law, or a verb, stands on, as a pattern of their names: the quick lane has a case of each law."""

CASES = pytest.StashKey[dict[str, "Case"]]()
"""All cases that pytest was asked for, by their ids."""
CHOSEN = pytest.StashKey[dict[str, Any]]()
"""How much of that a lane has."""


@dataclass(frozen=True)
class Case:
    """One case of a test: its function, what kind it is of, the values it was given, and how long it takes."""

    position: int
    function: str
    # In an order, and of nothing without one: each worker of pytest-xdist has to choose the same.
    kinds: tuple[Hashable, ...]
    values: tuple[tuple[str, Hashable], ...]
    seconds: float


@dataclass
class Choice:
    """Cases chosen so far; `used` counts the values they were given, over the whole suite."""

    seconds: float = 0.0
    taken: dict[int, Case] = field(default_factory=dict)
    used: Counter[Hashable] = field(default_factory=Counter)

    def take(self, case: Case) -> None:
        """Have a case run."""
        self.taken[case.position] = case
        self.seconds += case.seconds
        self.used.update(case.values)

    def must(self, cases: Iterable[Case], wanted: Callable[[Case], Iterable[Hashable]]) -> None:
        """Have a case of each thing that is wanted: of the quickest, the one whose values were used least."""
        by: dict[Hashable, list[Case]] = defaultdict(list)
        for case in cases:
            for thing in wanted(case):
                by[thing].append(case)
        for some in by.values():
            if not any(case.position in self.taken for case in some):
                self.take(min(some, key=self._least))

    def fill(self, cases: Iterable[Case], wanted: Callable[[Case], Iterable[Hashable]], seconds: float) -> None:
        """Have more of what is wanted and not there, the quickest first, as far as the time goes."""
        covered = {thing for case in self.taken.values() for thing in wanted(case)}
        for case in sorted(cases, key=lambda case: (case.seconds, case.position)):
            things = set(wanted(case))
            if not things <= covered and self.seconds + case.seconds <= seconds:
                self.take(case)
                covered |= things

    def _least(self, case: Case) -> tuple[float, int, int]:
        return case.seconds, sum(self.used[value] for value in case.values), case.position


def choose(cases: list[Case], lane: str) -> set[int]:
    """Return the positions of the cases that a lane runs."""
    choice = Choice()
    cases = [case for case in cases if case.function not in LONG]
    choice.must(cases, lambda case: case.kinds)
    _fill(choice, cases, SECONDS["quick"])
    if lane == "ci":
        choice.must(cases, lambda case: [case.function])
        _fill(choice, cases, SECONDS["ci"])
    return set(choice.taken)


def _fill(choice: Choice, cases: list[Case], seconds: float) -> None:
    # Functions one by one, so that of each it is the case whose values were used least.
    by: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by[case.function].append(case)
    for function in sorted(by, key=lambda function: (by[function][0].seconds, function)):
        if choice.seconds + by[function][0].seconds <= seconds:
            choice.must(by[function], lambda case: [case.function])
    choice.fill(cases, lambda case: case.values, seconds)
    choice.fill(cases, lambda case: [(case.function, value) for value in case.values], seconds)
    choice.fill(cases, lambda case: [case.position], seconds)


def once(cases: list[Case]) -> set[int]:
    """Return the positions of cases so that each thing is there once: on the versions of PostgreSQL by turns."""
    things: dict[str, dict[Hashable, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        rest = tuple(value for value in case.values if not _is_version(*value))
        is_both = rest == case.values or re.search(EACH_VERSION, case.function)
        things[case.function][case.position if is_both else rest].append(case)
    chosen = set()
    for function, by_values in things.items():
        # Not the lowest version first for every function, and the same for this one whatever others there are.
        for turn, some in enumerate(by_values.values(), zlib.crc32(function.encode())):
            # More than the versions are different things whose values have the same name.
            are_twins = len(some) == len({case.values for case in some})
            chosen |= {case.position for case in (some if not are_twins else [some[turn % len(some)]])}
    return chosen


def _is_version(name: str, value: Hashable) -> bool:
    """Whether a parameter says one of the wheel's two versions; others that a machine has are tried besides."""
    return name in VERSIONED and str(value).strip("'") in ("16", "18", "pg16", "pg18")


def case_of(position: int, item: pytest.Item) -> Case:
    """Return what a lane wants to know of a test."""
    function = _function(item)
    given = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    laws = [law for law, pattern in LAWS.items() if re.search(pattern, function)]
    dialect = _dialect(item, given)
    return Case(
        position,
        function,
        tuple((kind, dialect) for kind in (*laws, function.partition("::")[0])),
        tuple((name, _spelled(item, name, value)) for name, value in sorted(given.items())),
        _seconds(_group(item.nodeid)),
    )


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _dialect(item: pytest.Item, given: dict[str, Any]) -> str:
    """What a test is about: said by what it was given, by its fixtures, or by its name."""
    words = {str(value) for value in given.values()}
    for dialect in ("sqlite", "postgresql"):
        if dialect in words or re.search(rf"_{dialect}(?![a-z])", _function(item)):
            return dialect
    fixtures = getattr(item, "fixturenames", ())
    if "server_of" in fixtures:
        return "postgresql"
    return "sqlite" if "sqlite" in fixtures else "neither"


def _group(nodeid: str) -> str:
    """The cases that take about as long: a function's, or a function's of one dialect where its ids say which."""
    function, _, given = nodeid.partition("[")
    told = re.search(r"(?:^|[-/])(sqlite|postgresql|pg\d+)(?=[-/\]])", given)
    return f"{function}[{'sqlite' if told[1] == 'sqlite' else 'postgresql'}]" if told else function


def _seconds(group: str) -> float:
    if group in durations():
        return durations()[group]
    # A dialect that was never recorded is taken to be as slow as the other.
    function = group.partition("[")[0]
    others = (durations().get(f"{function}[{dialect}]", AT_ONCE) for dialect in ("sqlite", "postgresql"))
    return max(durations().get(function, AT_ONCE), *others)


def _spelled(item: pytest.Item, name: str, value: Any) -> Hashable:
    """A value as another test may have it too; one that has no text of its own is this function's alone."""
    if isinstance(value, str | int | float | bool | None):
        return repr(value)
    if isinstance(value, tuple) and not re.search(r" at 0x|[{]", repr(value)):
        return repr(value)
    known = getattr(value, "name", None) or getattr(value, "__name__", None)
    if isinstance(known, str) and known != "<lambda>":
        return known
    return _function(item), item.callspec.indices[name]  # type: ignore[attr-defined]  # a function's item


@cache
def durations() -> dict[str, float]:
    """Return how long a case of each function takes, as the table has it."""
    files = tomllib.loads(TABLE.read_text()) if TABLE.exists() else {}
    return {f"{file}::{name}": float(seconds) for file, names in files.items() for name, seconds in names.items()}


def add_option(parser: pytest.Parser) -> None:
    """Let pytest take `--lane`."""
    parser.addoption(
        "--lane", choices=[*SECONDS, "all", "every"], default="every", help="which cases to run: tests/support/lanes.py"
    )


def keep(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave in `items` what the lane runs, of what pytest was asked for."""
    lane = config.getoption("lane")
    cases = {item.nodeid: case_of(position, item) for position, item in enumerate(items)}
    config.stash[CASES] = cases
    if lane == "every":
        return
    chosen = once(list(cases.values())) if lane == "all" else choose(list(cases.values()), lane)
    left = [item for position, item in enumerate(items) if position not in chosen]
    functions = len({_function(item) for item in items})
    items[:] = [item for position, item in enumerate(items) if position in chosen]
    config.hook.pytest_deselected(items=left)
    tried = len({_function(item) for item in items})
    told = {"run": len(items), "left": len(left), "tried": tried, "functions": functions}
    config.stash[CHOSEN] = told
    if hasattr(config, "workeroutput"):
        config.workeroutput["lane"] = told


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def profile(config: pytest.Config) -> str:
    """How many examples a test of Hypothesis' gets: the profile's name in tests/conftest.py."""
    return "lane" if config.getoption("lane") in SECONDS else "ci"


def hear(node: Any) -> None:
    """Note what a worker of pytest-xdist chose: all of them choose the same."""
    if told := getattr(node, "workeroutput", {}).get("lane"):
        node.config.stash[CHOSEN] = told


def summarise(reporter: Any) -> None:
    """Say at the end what a lane left out, and what runs it."""
    told = reporter.config.stash.get(CHOSEN, None)
    if told is None:
        return
    lane = reporter.config.getoption("lane")
    all_of_them = "which ran on another version: make test LANE=every" if lane == "all" else "make test-all"
    reporter.write_line(
        f"lane {lane}: {told['run']} cases of {told['tried']} of {told['functions']} test functions; "
        f"{told['left']} cases were left out{',' if lane == 'all' else ':'} {all_of_them} runs them"
    )


def make_table(times: Path) -> None:
    """Write the table anew from a record of pytest's; what it does not have stays as it was."""
    cases: dict[str, list[float]] = defaultdict(list)
    for case in ElementTree.parse(times).iter("testcase"):
        file = case.attrib["classname"].replace(".", "/") + ".py"
        cases[_group(f"{file}::{case.attrib['name']}")].append(float(case.attrib["time"]))
    write_table(durations() | {group: sum(some) / len(some) for group, some in cases.items()})


def write_table(seconds: dict[str, float]) -> None:
    """Write how long a case of each group takes, where the function is there and not quick."""
    slow = {group.partition("[")[0] for group, mean in seconds.items() if round(mean, 1) > AT_ONCE}
    files: dict[str, dict[str, float]] = defaultdict(dict)
    for group, mean in sorted(seconds.items()):
        function = group.partition("[")[0]
        file, _, name = function.partition("::")
        if function in slow and (ROOT / file).exists() and re.search(rf"\b{name}\b", (ROOT / file).read_text("utf-8")):
            files[file][group.partition("::")[2]] = round(mean, 1)
    head = "# Seconds of a case of each test function that is not quick: tests/support/lanes.py makes this table.\n"
    tables = (
        f'\n["{file}"]\n'
        + "".join(f"{name if name.isidentifier() else repr(name)} = {mean}\n" for name, mean in some.items())
        for file, some in files.items()
    )
    TABLE.write_text(head + "".join(tables))


if __name__ == "__main__":
    make_table(Path(sys.argv[1]))
