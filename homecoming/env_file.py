"""`.env` as the application reads it: names in whatever case, references resolved, and no line of ours passed over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from homecoming.candidates import DATABASE_VARIABLES, LIBPQ_VARIABLES
from homecoming.errors import UsageError
from homecoming.language import and_joined, tr

if TYPE_CHECKING:
    from dotenv.parser import Binding

_UNSTRIPPED = frozenset((*DATABASE_VARIABLES, "PGPASSWORD"))


def filled(
    variables: Mapping[str, str | None], ours: frozenset[str], lines: Mapping[str, int] | None = None
) -> dict[str, str]:
    """Return our variables that say something: an empty one counts as unset, as Railway leaves a reference to nothing.

    Whatever the case of their names, as the application reads them.

    Args:
        variables: The environment, or what `.env` has; no value is looked at but those of ours.
        ours: Their names.
        lines: Of `.env`: where each name stands.

    Raises:
        UsageError: Two spellings of one name have different values: which one counts is not to be guessed.
    """
    found: dict[str, dict[str, str]] = {}
    for spelled in variables:
        # str.upper() makes an I of a Turkish dotless one.
        name = spelled.upper() if spelled.isascii() else spelled
        if name in ours and (value := variables[spelled] or "").strip():
            # A pasted value brings a blank or a line end along, but a password may really end in one; and the
            # application takes what a file's name ends in for a part of it.
            found.setdefault(name, {})[spelled] = value if name in _UNSTRIPPED else value.strip()
    for name, spellings in found.items():
        if len(set(spellings.values())) > 1:
            names = and_joined(spellings)
            what = tr("there are {names}, with different values", names=names)
            if lines:
                numbers = and_joined(lines[one] for one in spellings)
                what = tr(".env: lines {lines} set {names}, with different values", lines=numbers, names=names)
            raise UsageError(
                what,
                tr("To the application they are one name: leave one of them, best {name}", name=name),
            )
    return {name: next(iter(spellings.values())) for name, spellings in found.items()}


def read_env_file(path: Path, ours: frozenset[str]) -> dict[str, str]:
    """Return our variables of `.env`; none where there is no such file.

    Args:
        path: Of the file.
        ours: Their names.

    Raises:
        UsageError: It cannot be read, or a line of ours cannot be followed: the default would take its place.
    """
    try:
        # utf-8-sig: Windows editors open a file with a byte order mark, which would become part of the first name.
        with path.open(encoding="utf-8-sig") as stream:
            # Only here: a server has no such file.
            from dotenv import dotenv_values
            from dotenv.parser import parse_stream

            bindings = list(parse_stream(stream))
        _refuse_broken(bindings, ours)
        _refuse_unresolved(bindings)
        lines = {binding.key: _line(binding) for binding in bindings if binding.key}
        return filled(dotenv_values(path, encoding="utf-8-sig"), ours, lines)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            tr(".env cannot be read"), tr("Make it a UTF-8 text file that this user may read, or remove it")
        ) from None


def _line(binding: Binding) -> int:
    """Where it stands; the parser counts the empty lines before it to it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _refuse_broken(bindings: Iterable[Binding], ours: Iterable[str]) -> None:
    for binding in bindings:
        if binding.error and any(name in binding.original.string.upper() for name in ours):
            raise UsageError(
                tr(".env: line {line} cannot be read", line=_line(binding)),
                tr("Write it as NAME=value, with every quote closed"),
            )


def _refuse_unresolved(bindings: Iterable[Binding]) -> None:
    """Refuse a database that refers to a variable nobody has set: nothing would be left of it, and count as unset."""
    from dotenv.variables import Variable, parse_variables

    known = dict(os.environ)
    for binding in bindings:
        if binding.key is None:
            # A comment, or a line nobody can read.
            continue
        atoms = list(parse_variables(binding.value or ""))
        for atom in atoms:
            if not isinstance(atom, Variable) or atom.default is not None or known.get(atom.name, "").strip():
                continue
            if binding.key.upper() in (*DATABASE_VARIABLES, *LIBPQ_VARIABLES):
                raise UsageError(
                    tr(
                        ".env: line {line}, {key}, holds a reference to another variable that nothing has resolved",
                        line=_line(binding),
                        key=binding.key,
                    ),
                    tr("Set it to the value itself, or set the variable it refers to"),
                )
        known[binding.key] = "".join(atom.resolve(known) for atom in atoms)
