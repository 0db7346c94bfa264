"""The register, the revisions and the archive's README say the same; an entry holds only what an entry may."""

import ast
import datetime
import re
from pathlib import Path

import pytest

from homecoming.archive import inventory, readme
from homecoming.archive.inventory import Entry
from homecoming.errors import UsageError
from homecoming.operations.foreseen import is_by_hand

ROOT = Path(__file__).parents[2]
ENTRIES = inventory.load(inventory.shipped())
DOCSTRINGS = {
    path.name[:4]: ast.get_docstring(ast.parse(path.read_text())) or ""
    for path in sorted((ROOT / "alembic/versions").glob("0*.py"))
}
SCRIPT = r"[\w./-]+\.(?:py|sql|sh|ps1)\b"


def replaced(revision: str) -> set[str]:
    """The scripts a revision's docstring says it replaces."""
    match = re.search(r"^Replaces: (.*?)\n\n", DOCSTRINGS[revision], re.DOTALL | re.MULTILINE)
    if match is None:
        # The scripts are older than every revision that was not written for them.
        assert not is_by_hand(revision), revision
        return set()
    return set(re.findall(SCRIPT, match[1]))


def test_every_script_of_the_catalogue_has_one_entry() -> None:
    paths = [entry.path for entry in ENTRIES]
    assert len(paths) == len(set(paths)) == 135
    assert sum(len(entry.sha256) for entry in ENTRIES) == 136
    assert [(entry.date, entry.path) for entry in ENTRIES] == sorted((entry.date, entry.path) for entry in ENTRIES)


def test_an_entry_says_what_it_did_and_who_does_it_now() -> None:
    for entry in ENTRIES:
        assert re.fullmatch(r"[A-Z].*\.", entry.did), entry.path
        assert entry.sha256, entry.path
        assert not entry.review, entry.path
        assert not entry.archived, entry.path
        assert bool(entry.superseded_by) != bool(entry.no_revision), entry.path
        if entry.kind in ("schema", "data"):
            assert entry.superseded_by or entry.no_revision == "never worked", entry.path


def test_every_revision_an_entry_names_names_the_script() -> None:
    named = {(entry.path, revision) for entry in ENTRIES for revision in entry.superseded_by}
    assert {revision for _, revision in named} <= set(DOCSTRINGS)
    assert {(path, revision) for path, revision in named if path not in replaced(revision)} == set()


def test_every_script_a_revision_names_is_registered_with_it() -> None:
    superseded = {entry.path: entry.superseded_by for entry in ENTRIES}
    named = {(path, revision) for revision in DOCSTRINGS for path in replaced(revision)}
    assert len(named) > 90
    assert {(path, revision) for path, revision in named if revision not in superseded.get(path, ())} == set()
    # Elsewhere in a docstring a script may go by its name alone.
    names = {entry.name for entry in ENTRIES} | set(superseded)
    assert {script for text in DOCSTRINGS.values() for script in re.findall(SCRIPT, text)} <= names


def test_the_register_holds_no_secret_and_no_person() -> None:
    text = re.sub("[0-9a-f]{64}", "", inventory.shipped().read_text())
    assert not re.search(r"://|@|\d{3}\.?\d{3}\.?\d{3}-?\d{2}\b|rlwy|railway\.app|\$2[aby]\$", text)


def test_the_readme_is_what_the_register_makes() -> None:
    place = inventory.shipped()
    expected = readme.render(ENTRIES, readme.revisions_beside(place))
    assert (place.parent / "README.md").read_text() == expected
    for link in re.findall(r"\]\(([^)]+)\)", expected):
        assert (place.parent / link).exists()


def test_the_readme_has_a_table_a_month_and_survives_any_name() -> None:
    def entry(path: str, month: int, **more: object) -> Entry:
        fields = {"date": datetime.date(2025, month, 1), "kind": "data", "dialect": "sqlite", "did": "Did *it* | all."}
        return Entry(path=path, **{**fields, **more})  # type: ignore[arg-type]

    page = readme.render(
        [
            entry("b|c`d\ne.py", 9, review=True, archived="archive/2025-09/data/b c.py", redacted=("line 1: a",)),
            entry("a.py", 8, superseded_by=("0018",), left=("x", "y")),
        ],
        {"0018": "../alembic/0018_x.py"},
    )
    assert page.endswith(
        "\n## 2025-08\n\n| script | kind | what it did | what it left behind | now |\n|---|---|---|---|---|\n"
        "| `a.py` | data | Did \\*it\\* \\| all. | x; y | [0018](../alembic/0018_x.py) |\n"
        "\n## 2025-09\n\n| script | kind | what it did | what it left behind | now |\n|---|---|---|---|---|\n"
        "| [`` b\\|c`d e.py ``](2025-09/data/b%20c.py) | data | Did \\*it\\* \\| all. (credentials were taken out) |  "
        "| *review* |\n"
    )


GOOD = '[[script]]\npath = "a.py"\ndate = 2025-08-01\nkind = "data"\ndialect = "sqlite"\ndid = ""\n'


@pytest.mark.parametrize(
    ("good", "bad", "field"),
    [
        ('"a.py"', '"../../etc/passwd"', "path"),
        ('"a.py"', '"/etc/passwd"', "path"),
        ('"a.py"', '"a/./b.py"', "path"),
        ('"a.py"', "1", "path"),
        ('"data"', '"../.."', "kind"),
        ("2025-08-01", '"2025-08-01"', "date"),
        ("2025-08-01", "2025-08-01T10:00:00", "date"),
        ('"sqlite"', '"mysql"', "dialect"),
        ('did = ""', 'did = ["x"]', "did"),
        ('did = ""', 'archived = "archive/../../x"', "archived"),
        ('did = ""', 'sha256 = ["abc"]', "sha256"),
        ('did = ""', 'sha256 = "abc"', "sha256"),
        ('did = ""', 'superseded_by = ["18"]', "superseded_by"),
        ('did = ""', 'no_revision = "because"', "no_revision"),
        ('did = ""', 'review = "yes"', "review"),
        ('did = ""', 'other = "yes"', "other"),
    ],
)
def test_an_entry_that_would_lead_astray_is_refused(tmp_path: Path, good: str, bad: str, field: str) -> None:
    place = tmp_path / "REGISTER.toml"
    place.write_text(GOOD)
    assert len(inventory.load(place)) == 1
    place.write_text(GOOD.replace(good, bad))
    with pytest.raises(UsageError) as refused:
        inventory.load(place)
    assert refused.value.what == f"{place}: entry 1: {field} is not as it has to be"
    assert refused.value.todo == "Put the entry right: docs/archive.md"


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"[[script", "cannot be read: TOMLDecodeError"), (b"\xff", "cannot be read: UnicodeDecodeError"),
     (b"script = 1", "holds no [[script]] entries"), (b"[script]\npath = 1", "holds no [[script]] entries")],
)  # fmt: skip
def test_a_register_that_is_none_is_one_clear_line(tmp_path: Path, data: bytes, what: str) -> None:
    place = tmp_path / "REGISTER.toml"
    place.write_bytes(data)
    with pytest.raises(UsageError) as refused:
        inventory.load(place)
    assert refused.value.what == f"{place} {what}"


def test_a_new_entry_leaves_every_other_line_as_it_is(tmp_path: Path) -> None:
    place = tmp_path / "REGISTER.toml"
    place.write_text(inventory.shipped().read_text() + "# a reader's remark\n")
    new = Entry("novo.py", datetime.date(2025, 9, 1), "data", "sqlite", "", review=True, sha256=("0" * 64,))
    text = inventory.save(place, [new])
    before, after = place.read_text().splitlines(), text.splitlines()
    assert [line for line in before if line not in after] == []
    assert after[: len(before)] == before
    place.write_text(text)
    assert inventory.load(place) == (*ENTRIES, new)
    assert inventory.save(place, [new]) == text
