"""The parser of the command line, made from the list of verbs: what a verb takes is read when it is typed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from homecoming.arguments import Parser
from homecoming.commands import COMMANDS, EXAMPLES, Command
from homecoming.connection.interrupts import CancellationToken
from homecoming.extras import need, need_for
from homecoming.language import localized, tr
from homecoming.project import project
from homecoming.terminal import show

Run = Callable[[argparse.Namespace, CancellationToken], int]


SHELLS = ("bash", "zsh", "tcsh")
"""Those that completion is for."""


class _Completion(argparse.Action):
    """Prints the script by which a shell completes verbs, options and their values."""

    def __call__(self, parser: argparse.ArgumentParser, *given: Any) -> None:
        need("completion", "--print-completion")
        import shtab

        # What a verb takes is read only when it is typed: here all of it is wanted.
        show(shtab.complete(build_parser(every=True), shell=given[1]))
        parser.exit()


class _Verb(Parser):
    """The parser of a verb, which loads its file when somebody asks what it takes."""

    def __init__(self, *, command: Command, **options: Any) -> None:
        super().__init__(**options)
        self._command: Command | None = command

    def load(self) -> None:
        """Have what the verb takes and what it runs, once.

        Raises:
            MissingExtraError: This installation leaves out what the verb needs.
        """
        command, self._command = self._command, None
        if command is not None:
            try:
                module = command.load()
            except ModuleNotFoundError:
                need_for(command.name)
                raise
            if hasattr(module, "arguments"):
                module.arguments(self)
            self.set_defaults(run=module.run, document=command.document, changes=command.changes)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.load()
        return super().parse_known_args(args, namespace)


def build_parser(every: bool = False) -> argparse.ArgumentParser:
    """Return the parser of every verb and option.

    What it parses has ``run``, the verb itself, with ``document`` and ``changes`` as its `Command` says. Who runs the
    verb adds ``afterwards``, an ExitStack, for what is done once its end was said.

    Args:
        every: Whether the options of all verbs are there at once, for whoever reads them.
    """
    ours = project()
    parser = Parser(
        prog=ours.command,
        description=localized(tr("Brings {name}'s database home, and tells where it is.", name=ours.name)),
    )
    parser.add_argument("--verbose", action="store_true", help=tr("on an error, show where in the code it happened"))
    parser.add_argument("--version", action="version", version=f"{ours.program} {ours.version}")
    parser.add_argument(
        "--print-completion", choices=SHELLS, action=_Completion, help=tr("print what a shell completes, and end")
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=_Verb)
    for command in COMMANDS:
        example = tr("Example: {command}", command=f"{ours.command} {command.name} {EXAMPLES[command.name]}".rstrip())
        verb = verbs.add_parser(command.name, help=command.about, epilog=localized(example), command=command)
        if every:
            verb.load()
    return parser
