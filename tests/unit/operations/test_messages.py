"""What an operation says when it refuses stands once, in messages.toml, for both dialects."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import resources

import pytest

from homecoming.operations import messages
from tests.support.history import ROOT

FOLDER = ROOT / "homecoming" / "operations"
TABLE = tomllib.loads((FOLDER / "messages.toml").read_text())
HELPERS = "\n".join(path.read_text() for path in sorted((FOLDER / "postgresql").glob("*.sql")))


def _calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in sorted((FOLDER / "sqlite").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                found.append((path.name, node))
    return found


def test_each_refusal_on_sqlite_is_of_the_table() -> None:
    wrong = []
    for name, call in _calls():
        function = ast.unparse(call.func)
        if function in ("faults.note", "Refused") or (function == "note" and name in ("respelled.py", "duplicates.py")):
            what = ast.unparse(call.args[1 if function.endswith("note") else 0])
            if "said(" not in what and what not in ("what", "says", "'\\n'.join(whats)"):
                wrong.append(f"{name}: {what}")
    assert wrong == []


def test_each_refusal_on_postgresql_is_of_the_table() -> None:
    begun = re.findall(r"pg_temp\.(?:fault|refuse|no_row)\(\s*('[^']*'|format\('[^']*')", HELPERS)
    # The sentence that a message about rows goes into.
    assert begun == ["format('%s.%s: %s %s'"]


def test_each_text_is_used() -> None:
    said = {mark for found in re.findall(r"@([a-z_]+)(\.[a-z_]+)?@", HELPERS) for mark in (found[0], "".join(found))}
    for _, call in _calls():
        said |= {
            text.value for text in ast.walk(call) if isinstance(text, ast.Constant) and isinstance(text.value, str)
        }
    texts = {(key, part) for key, parts in TABLE.items() for part in parts if part not in ("one", "many")}
    verbs = {("undeclared", part) for part in TABLE["undeclared"]}
    unused = {f"{key}.{part}" for key, part in texts - verbs if f"{key}.{part}" not in said and key not in said}
    assert unused == set()


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_a_text_of_both_names_what_they_share(dialect: str) -> None:
    for key, parts in TABLE.items():
        for part, text in parts.items():
            assert not isinstance(text, dict) or set(text) == {"postgresql", "sqlite"}, f"{key}.{part}"
            if part not in ("one", "many"):
                messages.template(f"{key}.{part}", dialect)


def test_parameters_are_quoted_as_their_text_says() -> None:
    said = messages.said("missing_column.add", table="itens", column="order", type="TEXT")
    assert said.endswith('ALTER TABLE itens ADD COLUMN "order" TEXT; UPDATE itens SET "order" = ...')
    assert "= 'd''água'" in messages.said("unreadable.todo", table="d'água")


def test_one_row_has_its_own_words() -> None:
    assert messages.counted("orphan", 1) == "1 row refers"
    assert messages.counted("orphan", 2) == "2 rows refer"


def test_a_helper_reads_a_text_as_a_literal() -> None:
    assert messages.filled_in("f(@null@)") == (
        "f('row holds', 'rows hold', 'NULL where the schema needs a value', 'Give them a value')"
    )
    assert messages.filled_in("f(@orphan.rows@)") == "f('row refers', 'rows refer')"
    assert messages.filled_in("format(@not_ours.what@)") == "format('the table %s is not this application''s')"
    assert "ALTER TABLE %s ADD COLUMN %I %s; UPDATE %1$s SET %I = ..." in messages.filled_in("@missing_column.add@")


def test_a_text_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        messages.filled_in("@orphan.nothing@")
    with pytest.raises(KeyError):
        messages.said("orphan.what")


def test_it_is_in_what_is_installed() -> None:
    assert (resources.files("homecoming.operations") / "messages.toml").is_file()
