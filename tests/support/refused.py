"""Runs of the command line that must be refused: what is said, the exit code, no secret told, nothing changed.

A password in the URL and a CPF in the rows are canaries: they are in no output, not even that of `--verbose`.
"""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from unittest import mock

import sqlalchemy as sa

from homecoming import cli
from tests.support import command, servers, whole

PASSWORD = "canario-da-senha"
CPF = "98765432100"


@dataclass
class Target:
    """A database to be refused, and the server it is on if it is on one."""

    engine: sa.Engine
    server: servers.Server | None

    @property
    def url(self) -> sa.URL:
        """The URL a user would give, with a password where there can be one."""
        return self.engine.url if self.server is None else self.engine.url.set(password=PASSWORD)

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


def here(url: sa.URL | str, *arguments: str, **variables: str) -> command.Ended:
    """Run the command in this process, which spares the interpreter's start."""
    out, err = io.StringIO(), io.StringIO()
    environment = mock.patch.dict(os.environ, command.environment(url, **variables))
    with environment, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(arguments)
    return command.Ended(code, out.getvalue(), err.getvalue())


def assert_refused(url: sa.URL | str, code: int, what: str, todo: str, *arguments: str) -> None:
    """Run the command with and without `--verbose`: it ends with the two lines and the code, and tells no secret."""
    arguments = arguments or ("upgrade",)
    plain = command.run(url, *arguments)
    wanted = f"Error: {what}\nNext: {todo}\n"
    verbose = here(url, "--verbose", *arguments)
    for ended, said in ((plain, plain.err), (verbose, verbose.err[-len(wanted) :])):
        if (ended.code, said) != (code, wanted):
            raise AssertionError(f"exit code {ended.code} instead of {code}, or other words:\n{ended.err}\n{wanted}")
    for said in (plain.out, plain.err, verbose.out, verbose.err):
        if PASSWORD in said or CPF in said:
            raise AssertionError(f"a secret is told:\n{said}")


def assert_untouched(target: Target, code: int, what: str, todo: str) -> None:
    """Be refused, and find the database byte for byte as it was."""
    before = whole.of(target.engine, target.server)
    assert_refused(target.url, code, what, todo)
    if whole.of(target.engine, target.server) != before:
        raise AssertionError("the database is not as it was")
