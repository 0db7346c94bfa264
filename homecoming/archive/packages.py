"""Which folders are the application's own code: packages, with an __init__.py or without one."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from homecoming.archive.tree import File

# Folders of scripts: an __init__.py makes them no part of the application.
_SCRIPTS = frozenset({"migrations", "migration", "migracoes", "scripts"})
_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\w+)|import[ \t]+([\w.]+))", re.MULTILINE)


def find(files: Iterable[File]) -> frozenset[str]:
    """Return the folders that are packages of the application, by their paths; what lies below one belongs to it.

    That is a folder with an __init__.py, or one whose own files import each other by way of its name, as modules of an
    application do and one-off scripts do not. The top folder is none, whatever it holds.
    """
    python = [file for file in files if file.suffix == ".py" and not file.is_link]
    modules = {file.path.removesuffix(".py") for file in python}
    found = {_folder(file.path) for file in python if file.name == "__init__.py"}
    for file in python:
        folder = _folder(file.path)
        if folder and found.isdisjoint(_around(folder)):
            found |= _imported(folder, file.data or b"", modules)
    return frozenset(found - {""})


def of(path: str, packages: frozenset[str]) -> str | None:
    """Return the application package that a file lies in, the outermost; None outside of one, and among scripts."""
    around = _around(_folder(path)) if packages else []
    outermost = next((folder for folder in reversed(around) if folder in packages), None)
    return None if outermost is None or outermost.rpartition("/")[2] in _SCRIPTS else outermost


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


@functools.cache
def _around(folder: str) -> list[str]:
    """A folder and those it lies in, the nearest first, without the top."""
    return [folder, *_around(_folder(folder))] if folder else []


def _imported(folder: str, data: bytes, modules: set[str]) -> set[str]:
    """The folders around a file whose modules it imports: by dots, or by their own name."""
    around = _around(folder)
    found: set[str] = set()
    for dots, module, name, plain in _IMPORT.findall(data):
        parts = (module or plain).decode(errors="replace").split(".") if module or plain else []
        if dots:
            found.update(around[len(dots) - 1 : len(dots)])
            continue
        names = {".".join(parts), ".".join([*parts, name.decode(errors="replace")])}
        for place in around:
            for dotted in names:
                inside = dotted.removeprefix(place.rpartition("/")[2] + ".")
                module_path = f"{place}/{inside.replace('.', '/')}"
                if inside != dotted and module_path in modules:
                    # backend.app.database makes a package of backend/app; beside that, backend may hold scripts.
                    found.add(module_path.rpartition("/")[0])
    return found
