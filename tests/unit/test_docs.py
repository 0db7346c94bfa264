"""The documents tell all and only what is there: targets, verbs, options, variables, exit codes, links."""

import argparse
import re
from pathlib import Path

import pytest

from homecoming import errors
from homecoming.backup_settings import BACKUP_DEFAULTS
from homecoming.parser import build_parser
from homecoming.project import project
from homecoming.settings import (
    BLOCKERS,
    COUNTS,
    DEFAULT_LOCK_PAUSES,
    DEFAULT_PREPARE_ROWS,
    DURATIONS,
    END_BLOCKERS,
    LOCK_PAUSES,
    LOG,
    LOG_STYLES,
    MONITORING_DEFAULTS,
    PREPARE_ROWS,
    VARIABLES,
)
from tests.support import documents

ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs/commands.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "archive").glob("*.md")])
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
DEFAULTS = {
    **{name: f"{rule.default:g}" for name, rule in DURATIONS.items()},
    **{name: str(count) for name, count in COUNTS.items()},
    LOCK_PAUSES: ",".join(f"{pause:g}" for pause in DEFAULT_LOCK_PAUSES),
    END_BLOCKERS: BLOCKERS[0],
    PREPARE_ROWS: str(DEFAULT_PREPARE_ROWS),
    LOG: LOG_STYLES[0],
    **MONITORING_DEFAULTS,
    **BACKUP_DEFAULTS,
}


def verbs() -> dict[str, argparse.ArgumentParser]:
    """The console script's verbs, each with its own parser."""
    for action in build_parser(every=True)._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("the console script has no verbs")


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {name for action in parser._actions for name in action.option_strings if name not in ("-h", "--help")}


def exit_codes(kind: type[errors.HomecomingError] = errors.HomecomingError) -> set[int]:
    return {kind.exit_code}.union(*(exit_codes(narrower) for narrower in kind.__subclasses__()))


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_documented(target: str) -> None:
    assert re.search(rf"^\| `make {target}\b", COMMANDS, re.MULTILINE)


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_every_verb_is_documented(verb: str) -> None:
    assert re.search(rf"`painel {verb}\b", COMMANDS)


def test_a_verb_has_the_same_name_as_its_target() -> None:
    assert set(verbs()) <= set(TARGETS)


def test_every_option_is_documented() -> None:
    parsers = [build_parser(every=True), *verbs().values()]
    missing = {name for parser in parsers for name in options(parser) if not re.search(rf"{name}\b", COMMANDS)}
    assert not missing


def test_every_variable_is_documented() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", COMMANDS, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"\w+", row)} == {*VARIABLES, "PYTHON"}


def test_the_example_has_every_variable_with_its_default() -> None:
    example = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    expected = (
        dict.fromkeys(VARIABLES, "")
        | DEFAULTS
        | {"MIGRATION_STATE": project().state_folder, "DATABASE_URL": project().default_url, "PGPORT": "5432"}
    )
    assert example == expected


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_default_is_documented(name: str) -> None:
    assert f"| `{name}` | `{DEFAULTS[name]}` |" in COMMANDS


def test_every_exit_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", COMMANDS, re.MULTILINE)}
    assert documented == {0, 1, 2, 3, 4, 5, 6, 8, 130, 143}
    assert exit_codes() <= documented


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_leads_astray(page: Path) -> None:
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)\b", text, re.MULTILINE)) <= set(TARGETS)


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, pending = set(), [ROOT / "README.md"]
    while pending:
        page = pending.pop().resolve()
        if page.suffix == ".md" and page not in reached:
            reached.add(page)
            pending += [page.parent / link for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())]
    assert set(PAGES) == reached


def test_the_readme_opens_with_the_two_commands() -> None:
    assert re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE) == ["upgrade", "test"]


LAWS = (ROOT / "docs/laws.md").read_text()


def test_each_law_names_tests_that_are_there() -> None:
    rows = re.findall(r"^\| [A-Z][^|]+ \| [^|]+ \| ([^|]+) \|$", LAWS, re.MULTILINE)
    assert len(rows) == 10
    for row in rows:
        file = ""
        for path, function in re.findall(r"`(tests/[\w/.]+)?(?:::(\w+))?`", row):
            file = path or file
            assert (ROOT / file).is_file(), file
            assert not function or f"def {function}(" in (ROOT / file).read_text(), function


@pytest.mark.parametrize("path", documents.written(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_written_from_the_code_is_as_the_code_is(path: Path) -> None:
    """`python -m tests.support.documents` writes it anew."""
    assert path.read_text("utf-8") == documents.written()[path]


def test_every_decision_is_in_the_list_with_its_title() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"^- \[(\d{4})\]\((\1-[\w-]+\.md)\): (.*)$", (folder / "README.md").read_text(), re.MULTILINE)
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name for _, name, _ in listed] == files
    for number, (given, name, title) in enumerate(listed, 1):
        assert int(given) == number
        assert (folder / name).read_text().startswith(f"# {title}\n\n")


def test_the_readme_is_short_and_shows_the_pictures() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) < 150
    pictures = re.findall(r"!\[[^\]]{20,}\]\(([^)]+)\)", text)
    assert pictures == ["docs/pictures/flow.svg", "docs/pictures/page.png"]
    assert (ROOT / pictures[1]).stat().st_size < 200_000


def test_the_portuguese_page_has_every_target_and_exit_code() -> None:
    page = (ROOT / "docs/comandos.md").read_text()
    rows = "".join(re.findall(r"^\| (`make .*?) \|", page, re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", rows)) == set(TARGETS)
    codes = re.compile(r"^\| (\d+) \|", re.MULTILINE)
    assert codes.findall(page) == codes.findall(COMMANDS)


def test_both_pages_about_backups_are_of_one_shape() -> None:
    """The Portuguese one is shorter, and has no heading, command, variable or file of its own."""
    english, portuguese = ((ROOT / f"docs/{name}").read_text() for name in ("backup.md", "backup.pt.md"))
    assert set(re.findall(r"`([^`\n]+)`", portuguese)) <= set(re.findall(r"`([^`\n]+)`", english))
    commands = re.compile(r"^ {4}(make .*|sh .*)$", re.MULTILINE)
    assert commands.findall(portuguese) == commands.findall(english)
