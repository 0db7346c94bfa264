"""What `homecoming init` writes: Python whatever the application is called, and a target for each verb of a message."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from homecoming.commands import COMMANDS, init


def written(folder: Path, *words: str) -> Path:
    """A repository with a package `shop`, begun."""
    (folder / "shop").mkdir()
    (folder / "shop/__init__.py").touch()
    assert init.main(["shop", *words], folder) == 0
    return folder


def test_a_name_with_quotes_is_still_python(tmp_path: Path) -> None:
    name, url = 'O"Neil\\', 'sqlite:////srv/o\'neil "a".db'
    tree = ast.parse((written(tmp_path, "--name", name, "--database", url) / "shop/migrations.py").read_text("utf-8"))
    (call,) = (
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Project"
    )
    said = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
    assert (said["name"], said["default_url"]) == (name, url)


def test_each_verb_is_a_target(tmp_path: Path) -> None:
    text = (written(tmp_path) / "Makefile").read_text("utf-8")
    targets = {name for line in re.findall(r"^([a-z][a-z -]*):", text, re.MULTILINE) for name in line.split()}
    assert targets == {command.name for command in COMMANDS}
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert set(phony.split()) == targets
