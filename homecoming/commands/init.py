"""`homecoming init`: what an application's repository needs for its first revision. Nothing that is there is changed.

This one verb is for a folder that has no project yet, and so is none of the list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from homecoming.arguments import Parser, speaking
from homecoming.errors import UsageError
from homecoming.language import localized, tr
from homecoming.terminal import say

_ABOUT = tr("What an application's repository needs for its first revision. Nothing that is there is changed.")


def main(arguments: Sequence[str], folder: Path | None = None) -> int:
    """Write the files and say what comes next.

    Args:
        arguments: The words behind ``init``.
        folder: The application's; the current one when left out.

    Returns:
        0.

    Raises:
        UsageError: The package is not there, or a file is.
    """
    parser = Parser(prog="homecoming init", description=localized(_ABOUT))
    parser.add_argument("package", help=tr("the application's package, a folder here"))
    parser.add_argument("--models", metavar="MODULE:BASE", help=tr("where its tables are (PACKAGE.models:Base)"))
    parser.add_argument("--name", help=tr("what people call it (PACKAGE)"))
    parser.add_argument(
        "--database", metavar="URL", help=tr("the database where no variable names one (a SQLite file)")
    )
    with speaking():
        given = parser.parse_args(arguments)
    root = folder or Path.cwd()
    package = root / given.package
    if not re.fullmatch(r"[a-z_]\w*", given.package) or not (package / "__init__.py").is_file():
        raise UsageError(
            tr("{package} is no package in {root}", package=given.package, root=root),
            tr("Name the folder that has its __init__.py"),
        )
    words = {
        "PACKAGE": given.package,
        "NAME": given.name or given.package.capitalize(),
        "PROGRAM": f"{given.package.replace('_', '-')}-migrations",
        "MODELS": given.models or f"{given.package}.models:Base",
        "DATABASE": given.database or f"sqlite:///{given.package}.db",
        "PREFIX": given.package,
    }
    makefile = root / "Makefile"
    targets = {
        "alembic.ini": root / "alembic.ini",
        "env.py.txt": root / "alembic" / "env.py",
        "script.py.mako": root / "alembic" / "script.py.mako",
        "migrations.py.txt": package / "migrations.py",
        "Makefile": root / "homecoming.mk" if makefile.exists() else makefile,
    }
    for target in targets.values():
        if target.exists():
            raise UsageError(
                tr("{file} is there already", file=target.relative_to(root)),
                tr("Rename it, then run again"),
            )
    (root / "alembic" / "versions").mkdir(parents=True, exist_ok=True)
    for template, target in targets.items():
        text = resources.files("homecoming").joinpath("scaffold", template).read_text("utf-8")
        if template != "script.py.mako":
            # In Python each stands between double quotes.
            python = {key: json.dumps(word)[1:-1] for key, word in words.items()}
            text = _filled(text, python if target.suffix == ".py" else words)
        target.write_text(text, "utf-8")
        say(tr("Written: {file}", file=target.relative_to(root)))
    if makefile.exists() and targets["Makefile"] != makefile:
        say(tr("Add to your Makefile: include homecoming.mk"))
    say(
        tr(
            "Next: look at {file}, then: make revision M='Create the schema'",
            file=f"{given.package}/migrations.py",
        )
    )
    return 0


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\b(" + "|".join(words) + r")\b", lambda found: words[found[0]], text)
