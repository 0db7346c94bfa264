"""What every guarded operation is: one CALL of a catalogue-reading helper on PostgreSQL, one function on SQLite."""

from __future__ import annotations

import importlib
import re
from functools import cache
from importlib import resources
from typing import Any

import sqlalchemy as sa
from alembic.operations import MigrateOperation, Operations
from alembic.runtime.migration import MigrationContext

from painel_migrations.connection.engines import LIFTED, SAFE_PATH
from painel_migrations.errors import Refused
from painel_migrations.logs import get_logger

log = get_logger("painel_migrations.operations")

# SQLSTATE of a refusal raised by a helper; class PM is nobody else's.
REFUSED = "PM004"

# How many rows a revision retired, as its end says it, kept in the connection's `info` under this key.
ROWS_RETIRED = "painel_rows_retired"
_ROWS_RETIRED = re.compile(r"\d+ retired (\d+) rows?")

# No line of a call is longer than 112 characters with its semicolon: people read the script where nothing wraps.
LINE = 110
WIDTH = 100


class GuardedOperation(MigrateOperation):
    """An operation that looks at the live catalogue and does only what is missing.

    Arguments: ``name``, the helper's; ``arguments``, for PostgreSQL; ``sqlite``, the arguments of the function of
    the same name
    in ``operations.sqlite``, or None where SQLite has nothing to do.
    """

    def __init__(self, name: str, arguments: list[Any], sqlite: list[Any] | None) -> None:
        self.name = name
        self.arguments = arguments
        self.sqlite = sqlite

    @property
    def call(self) -> str:
        """The statement for PostgreSQL, the same online and in the console script."""
        line = f"CALL pg_temp.{self.name}({', '.join(literal(argument) for argument in self.arguments)})"
        if max(map(len, line.split("\n"))) <= LINE:
            return line
        lines = _filled([_spelled(argument) for argument in self.arguments], WIDTH)
        return "\n    ".join([f"CALL pg_temp.{self.name}(", *lines]) + ")"


@Operations.implementation_for(GuardedOperation)
def _run(operations: Operations, operation: GuardedOperation) -> None:
    context = operations.get_context()
    if context.dialect.name == "sqlite":
        if operation.sqlite is not None:
            functions = importlib.import_module("painel_migrations.operations.sqlite")
            try:
                getattr(functions, operation.name)(operations.get_bind(), *operation.sqlite)
            except sa.exc.DBAPIError:
                # What comes after a fault may fail because of it.
                functions.refuse(operations.get_bind())
                raise
        return
    prepare(context)
    send(context, operation.call)


def prepare(context: MigrationContext) -> None:
    """Send what precedes the first operation, once a run."""
    if not context.opts.get("painel_helpers"):
        context.opts["painel_helpers"] = True
        for statement in prologue():
            send(context, statement)


@cache
def prologue() -> tuple[str, ...]:
    """What precedes the first operation on PostgreSQL: the session's settings, then the helpers, a file a statement."""
    folder = resources.files("painel_migrations.operations") / "postgresql"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return (SESSION, *((folder / name).read_text("utf-8").strip() for name in files))


# Nothing is found in public unless it is named: whoever may create there could offer a better match for a function, an
# operator or a type of ours. Text becomes moments in UTC and moments become text in one style, a policy that
# would hide rows is an error, no statement is compiled (that took 3.8 s for a query of 0.07 s), and no constraint waits
# for the commit to be looked at. The catalogue spells a name in quotes only where it needs them.
# A role or a database may have set any of these otherwise: what each changes is in docs/architecture.md.
SESSION = f"""{SAFE_PATH};
{LIFTED};
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO';
SET LOCAL IntervalStyle = postgres;
SET LOCAL bytea_output = hex;
SET LOCAL extra_float_digits = 1;
SET LOCAL row_security = off;
SET LOCAL jit = off;
SET LOCAL standard_conforming_strings = on;
SET LOCAL array_nulls = on;
SET LOCAL transform_null_equals = off;
SET LOCAL plpgsql.extra_errors = none;
SET LOCAL client_min_messages = notice;
SET LOCAL quote_all_identifiers = off;
SET CONSTRAINTS ALL IMMEDIATE"""


def send(context: MigrationContext, statement: str) -> None:
    """Run a statement, or print it in offline mode: the text is the same to the letter.

    Errors: Refused, where a helper raises one.
    """
    if context.as_sql:
        context.impl.static_output(statement.removesuffix(";") + ";\n")
        return
    connection = context.connection
    assert connection is not None
    _listen(connection)
    try:
        # no_parameters: a % in the text is a %.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "pgcode", None) == REFUSED:
            diagnosis = error.orig.diag  # type: ignore[union-attr]
            # Its helpers let no name bring a line's end: each is between two faults.
            raise Refused(diagnosis.message_primary, diagnosis.message_hint, several=True) from None
        raise


class _Notices:
    """Takes what the server says meanwhile, and passes on what the helpers do.

    It stands in place of psycopg2's list, which SQLAlchemy empties after every statement.
    """

    def __init__(self, info: dict[Any, Any]) -> None:
        self._info = info

    def append(self, notice: str) -> None:
        """Log a notice of ours; any other, such as a trigger's by hand, may quote a row."""
        # The word before it is in the server's language.
        _, ours, text = notice.strip().partition(":  painel: ")
        if retired := _ROWS_RETIRED.fullmatch(text):
            self._info[ROWS_RETIRED] = int(retired[1])
        # What begins a revision is for those who see nothing but notices.
        elif ours and not text.startswith(("-> ", "<- ")):
            log.info("%s", text.splitlines()[0])


def _listen(connection: sa.Connection) -> None:
    """Have the helpers' reports logged, such as a column retired with its count of rows."""
    raw: Any = connection.connection.dbapi_connection
    if hasattr(raw, "notices"):
        raw.notices = _Notices(connection.info)


def _filled(pieces: list[list[str]], width: int) -> list[str]:
    """Set pieces of one line or more with commas between them, as many on a line as there is room for."""
    lines: list[str] = []
    after_one_line = False
    for first, *more in pieces:
        if after_one_line and not more and len(lines[-1]) + len(first) + 2 <= width:
            lines[-1] += f", {first}"
            continue
        if lines:
            lines[-1] += ","
        lines += [first, *more]
        after_one_line = not more
    return lines


def _spelled(value: Any) -> list[str]:
    """Spell a value on as many lines as it needs: an array breaks between its items, a text after a space.

    SQL reads literals that only a line break separates as one, so the value is the same however it is broken.
    """
    text = literal(value)
    if len(text) <= WIDTH:
        return [text]
    if isinstance(value, (list, tuple)):
        # What opens the array, indents it and closes it takes room, too.
        first, *more = _filled([_spelled(item) for item in value], WIDTH - 12)
        *lines, last = [f"ARRAY[{first}", *(f"    {line}" for line in more)]
        return [*lines, f"{last}]::text[]"]
    words, lines = text[1:-1].split(" "), [""]
    for number, word in enumerate(words):
        part = word if number == len(words) - 1 else f"{word} "
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH - 14:
            lines.append("")
        lines[-1] += part
    return [f"'{line}'" for line in lines]


def literal(value: Any) -> str:
    """Return a value as PostgreSQL reads it: text, a truth value, NULL, or an array of texts."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"ARRAY[{', '.join(literal(item) for item in value)}]::text[]"
    return "'" + str(value).replace("'", "''") + "'"
