"""The SELECT that reads PostgreSQL's catalogue can be pasted anywhere, as one statement."""

import re

from homecoming.catalog.postgresql import statement

# Without comments and literals, in which anything may stand.
CODE = re.sub(r"--[^\n]*|'[^']*'", "", statement())


def test_it_is_one_statement() -> None:
    assert ";" not in CODE
    assert CODE.split()[0] == "WITH"


def test_it_has_no_parameters() -> None:
    """A % or a : would be one to some drivers."""
    assert "%" not in statement()
    assert re.sub(r"::", "", CODE).count(":") == 0


def test_it_changes_nothing() -> None:
    assert not re.search(r"\b(insert|update|delete|create|drop|alter|set_config|temp)\b", CODE, re.IGNORECASE)
