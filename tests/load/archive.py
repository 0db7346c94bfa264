"""A large application, and how long a look at it takes beside reading its files, and beside parsing its Python."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from homecoming.archive import inventory, survey
from tests.support.application import make
from tests.support.application_files import files

MODULE = "from fastapi import APIRouter\nfrom app.database import SessionLocal\n\nrouter = APIRouter()\n" + "".join(
    f"\n\n@router.get('/recurso/{number}')\ndef recurso_{number}(db=None):\n    '''Lista o recurso.'''\n"
    f"    return db.execute('SELECT id, nome FROM produtos WHERE id = :id', {{'id': {number}}}).all()\n"
    for number in range(20)
)
COMPONENT = "import React from 'react';\n" + "export const Item = () => <p className='item'>texto</p>;\n" * 60


def build(folder: Path, size: int) -> None:
    """Write the made-up application, and as many modules and components that there are ``size`` files."""
    make(folder, repository=False)
    for number in range(size - len(files())):
        # As in the application: two files of the front end for each of the back end.
        path = f"backend/app/modulos/m{number}.py" if number % 3 == 0 else f"frontend/src/telas/t{number}.tsx"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(MODULE if number % 3 == 0 else COMPONENT)


def look(folder: Path, runs: int, in_turns: Callable[..., list[float]], timed: Callable[..., float]) -> Iterator[str]:
    """The time of a look, and what it is a ratio to."""
    known = inventory.load(inventory.shipped())

    def read(parse: bool = False) -> None:
        for place, _, names in os.walk(folder):
            for name in names:
                data = (Path(place) / name).read_bytes()
                if parse and name.endswith(".py"):
                    ast.parse(data)

    # The one made-up file of Python 2.
    (folder / "conserta_enum_python3.py").unlink(missing_ok=True)
    ours, plain, parsed = in_turns(
        runs,
        lambda: timed(lambda: survey.take(folder, known)),
        lambda: timed(read),
        lambda: timed(lambda: read(parse=True)),
    )
    count = sum(len(names) for _, _, names in os.walk(folder))
    yield f"archive, {count} files: a look            {ours * 1000:8.0f} ms"
    yield f"archive, {count} files: read them all     {plain * 1000:8.0f} ms   ratio {ours / plain:.2f}"
    yield f"archive, {count} files: parse the Python  {parsed * 1000:8.0f} ms   ratio {ours / parsed:.2f}"
