"""A parser of arguments that speaks the language that was chosen, its own words included."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import Any

from homecoming.language import localized, mark
from homecoming.terminal import show

# What argparse says to who types something else, in its own words; a test holds them to those of this Python.
OF_ARGPARSE = (
    mark("usage: "),
    mark("options"),
    mark("positional arguments"),
    mark("show this help message and exit"),
    mark("show program's version number and exit"),
    mark("%(prog)s: error: %(message)s\n"),
    mark("argument %(argument_name)s: %(message)s"),
    mark("the following arguments are required: %s"),
    mark("one of the arguments %s is required"),
    mark("unrecognized arguments: %s"),
    mark("expected one argument"),
    mark("ignored explicit argument %r"),
    mark("not allowed with argument %s"),
    mark("ambiguous option: %(option)s could match %(matches)s"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"),
    mark("invalid %(type)s value: %(value)r"),
)


@contextlib.contextmanager
def speaking() -> Iterator[None]:
    """Have argparse speak the language that was chosen: it looks its words up as gettext's, of which it has none."""
    # Not by way of gettext: that asks the environment, which is not all that chooses.
    names = vars(argparse)
    own, names["_"] = names["_"], localized
    try:
        yield
    finally:
        names["_"] = own


class _Formatter(argparse.HelpFormatter):
    """Shows what an argument is for in the language that was chosen."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return None if action.help is None else localized(action.help)


class Parser(argparse.ArgumentParser):
    """Prints help the way everything is printed: argparse's own keeps silent where it cannot be written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _Formatter, **options})

    def print_help(self, file: Any = None) -> None:
        show(self.format_help())
