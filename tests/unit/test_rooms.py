"""The rooms of the engine stand on each other in one order: a lower one need not know the upper ones."""

from __future__ import annotations

import ast
from pathlib import Path

ENGINE = Path(__file__).parents[2] / "homecoming"

# The lowest first. A file beside the rooms is one of its own.
ORDER = (
    *("language", "sql_texts", "errors", "project", "terminal", "events", "logs", "discretion", "extras", "arguments"),
    *("backup_settings", "url_causes", "database_url", "candidates", "env_file", "settings"),
    *("archive", "schema", "connection", "operations", "catalog", "history", "preflight"),
    *("run", "console", "rehearsal", "prepare", "authoring", "doctor", "backup", "monitoring"),
    "states",
    *("commands", "parser", "cli", "hook", "__main__"),
)


def room(path: Path) -> str:
    """Return the room of a file."""
    parts = path.relative_to(ENGINE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imported(path: Path) -> set[str]:
    """Return the rooms that a file loads when it is loaded: what a function asks for when it runs is another thing."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "homecoming":
            _, _, below = (node.module or "").partition(".")
            found |= {below.partition(".")[0]} if below else {alias.name for alias in node.names}
    return found - {room(path), "__version__"}


def test_imports_point_down() -> None:
    place = {name: number for number, name in enumerate(ORDER)}
    upwards = {
        (room(path), other)
        for path in sorted(ENGINE.rglob("*.py"))
        if path.parent != ENGINE or path.name != "__init__.py"
        for other in imported(path)
        if place[other] > place[room(path)]
    }
    assert upwards == set()


def test_every_room_has_its_place() -> None:
    rooms = {room(path) for path in ENGINE.rglob("*.py")} - {"__init__"}
    assert rooms == set(ORDER)
