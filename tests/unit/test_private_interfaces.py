"""No private name of Alembic's or SQLAlchemy's is used: a minor version may take it away without a word."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.metadata import version

from tests.support.history import ROOT

# What has an underscore and is not private, or is ours.
PUBLIC = {"_asdict", "_replace", "_exit", "_homecoming_prepared"}

# With the reason; each is why pyproject.toml has a ceiling.
USED = {
    # The columns of a key that belongs to no table yet: there is no public way to them.
    "_pending_colargs": "sqlalchemy",
    # Whether a type is another on one dialect (authoring/spelling.py): neither its repr nor a public attribute tells.
    "_variant_mapping": "sqlalchemy",
    # Where every operation of Alembic's is sent: the schema is named there (operations/plain.py).
    "_exec": "alembic",
}

OURS = ("homecoming", "painel_migrations")


def private_names() -> Iterator[tuple[str, str]]:
    """Every name with one underscore that is taken from something else than this object, with its file."""
    for folder in (*OURS, "alembic"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names: list[str] = []
                if isinstance(node, ast.Attribute):
                    own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
                    names = [] if own else [node.attr]
                elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith(OURS):
                    names = [alias.name for alias in node.names] + (node.module or "").split(".")
                for name in names:
                    if name.startswith("_") and not name.startswith("__"):
                        yield name, str(path.relative_to(ROOT))


def test_no_private_name_is_used() -> None:
    found = [(name, place) for name, place in private_names() if name not in PUBLIC | USED.keys()]
    assert found == []


def test_no_reason_is_left_over() -> None:
    assert USED.keys() <= {name for name, _ in private_names()}


def test_there_is_a_ceiling_as_long_as_one_is_used() -> None:
    """The next minor version: what has not been tried is not promised."""
    asked = (ROOT / "pyproject.toml").read_text()
    for library in set(USED.values()) - {"argparse"}:
        bound = re.search(rf'"{library}>=[\d.]+,<(\d+)\.(\d+)"', asked)
        major, minor = version(library).split(".")[:2]
        assert bound is not None, library
        assert bound.groups() == (major, str(int(minor) + 1)), library
