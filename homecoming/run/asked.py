"""What an Alembic command asks for, and the one that no database is asked for: a revision to be written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.runtime.environment import EnvironmentContext

from homecoming.connection.reflection import reflects_public
from homecoming.history.bookkeeping import BOOKKEEPING
from homecoming.project import project


def changes(context: EnvironmentContext) -> bool:
    """Whether the command changes the database: only upgrade, downgrade and stamp have a destination."""
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    return True


def is_writing(context: EnvironmentContext) -> bool:
    """Whether the command is `alembic revision`, which compares the schema with what the history makes from nothing.

    `alembic check` asks of a database whether it is as the schema, and so does whoever brings a connection.
    """
    options = context.config.cmd_opts
    return getattr(options, "cmd", (None,))[0] is command.revision


def write_revision(context: EnvironmentContext, configure: Callable[..., EnvironmentContext]) -> None:
    """Have Alembic write a revision that is right as it is.

    Errors: Refused where the schema asks for what no revision can do as it stands; no file is written then.
    """
    from homecoming.authoring.directives import hook
    from homecoming.authoring.reference import reference

    asked: Any = context.config.cmd_opts
    given = context.config.attributes.get("written_against")
    with nullcontext(given) if given else reference() as made:
        process = hook(made, asked.rev_id, asked.autogenerate)
        # What Alembic itself would find is not asked for: it sees less, and its operations are not guarded.
        nothing = {"target_metadata": sa.MetaData(), "include_name": lambda *_: False}
        configured = configure(context, connection=made.connection, process_revision_directives=process, **nothing)
        with reflects_public(made.connection):
            configured.get_context().run_migrations()


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether autogenerate is to look at a name: not at what is retired, nor at our own book-keeping."""
    return not (kind == "table" and name is not None and (name.startswith("retired_") or name in BOOKKEEPING))


def is_known(_object: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Whether autogenerate is to compare an object: tables nobody knows are left alone, as the upgrade leaves them."""
    unknown = reflected and compare_to is None and name not in project().metadata.tables
    return is_ours(name, kind, None) and not (kind == "table" and unknown)
