"""The documents that are written from the code: `python -m tests.support.documents` writes them, a test holds them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import painel_migrations  # noqa: F401  names the project
from homecoming import errors
from homecoming.parser import build_parser
from tests.support import message_page, schema_pictures
from tests.support.history import ROOT


def written() -> dict[Path, str]:
    """Return the text of each document and picture."""
    pictures = {ROOT / "docs/pictures" / name: text for name, text in schema_pictures.drawn().items()}
    pages = {"schema": schema_pictures.page(), "reference": reference(), "messages": message_page.page()}
    return {**{ROOT / f"docs/{name}.md": text for name, text in pages.items()}, **pictures}


def reference() -> str:
    """Return the reference: verbs with their options, errors by exit code."""
    lines = [
        "# Reference",
        "",
        "Written from the code by `python -m tests.support.documents`; a test holds it. What each is for, and the",
        "variables with their defaults: [commands.md](commands.md). Metrics: [README](monitoring/README.md#metrics).",
        "",
        "## Verbs and options",
        "",
        *_verbs(),
        "## Errors by exit code",
        "",
        "| code | error | when |",
        "|---|---|---|",
        *(f"| {code} | `{name}` | {when} |" for code, name, when in sorted(_errors(errors.HomecomingError))),
        "",
    ]
    return "\n".join(lines)


def _verbs() -> Iterator[str]:
    parser = build_parser(every=True)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            about = {choice.dest: choice.help for choice in action._choices_actions}
            for verb, its in action.choices.items():
                yield f"### {verb}"
                yield ""
                sentence = str(about[verb])
                yield f"{sentence[0].upper()}{sentence[1:]}."
                yield ""
                if own := list(_options(its)):
                    yield from ["| option | |", "|---|---|", *own, ""]


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if "--help" not in action.option_strings:
            name = action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
            values = "" if action.nargs == 0 or not action.option_strings else f" {_value(action)}"
            told = "" if action.help is None else str(action.help) % {"default": action.default}
            yield f"| `{name}{_cell(values)}` | {_cell(told)} |"


def _value(action: argparse.Action) -> str:
    if action.choices:
        return " or ".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _errors(kind: type[errors.HomecomingError]) -> Iterator[tuple[int, str, str]]:
    for narrower in kind.__subclasses__():
        if narrower.__module__ == errors.__name__ and "exit_code" in vars(narrower):
            yield narrower.exit_code, narrower.__name__, str(narrower.__doc__).partition("\n")[0]
        yield from _errors(narrower)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write every one that is generated."""
    for path, text in written().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
