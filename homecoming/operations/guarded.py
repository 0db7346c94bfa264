"""What the guarded operations stand on at PostgreSQL: the session's settings, the helpers, and how they are called."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any, Protocol

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from homecoming.connection.engines import LIFTED, SAFE_PATH
from homecoming.errors import Refused
from homecoming.logs import get_logger
from homecoming.operations.batch import BATCH, Batch
from homecoming.operations.messages import filled_in
from homecoming.sql_texts import ServerMessage

log = get_logger("operations")

# SQLSTATE of a refusal raised by a helper; class PM is nobody else's.
REFUSED = "PM004"

# Who hears that a revision begins, and how it ended, from the server: kept in the connection's `info` under this key.
HEARD = "homecoming_heard"
_BEGINS = re.compile(r"(?:->|<-) (\S+)")
_DONE = re.compile(r"(\S+) done in ([\d.]+) s(?:, retired (\d+) rows?)?")


class Heard(Protocol):
    """Hears of the revisions of a run."""

    def begun(self, revision: str) -> None:
        """A revision begins."""

    def ended(self, revision: str, seconds: float, rows: int) -> None:
        """It ended, after so many seconds, and has retired so many rows, or cells."""


def prepare(context: MigrationContext) -> None:
    """Send what precedes the first operation, once a run."""
    if not context.opts.get("homecoming_helpers"):
        context.opts["homecoming_helpers"] = True
        for statement in prologue():
            send(context, statement)


@cache
def prologue() -> tuple[str, ...]:
    """What precedes the first operation on PostgreSQL: the session's settings, then the helpers, a file a statement."""
    folder = resources.files("homecoming.operations") / "postgresql"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return (SESSION, *(filled_in((folder / name).read_text("utf-8")).strip() for name in files))


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
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL standard_conforming_strings = on;
SET LOCAL array_nulls = on;
SET LOCAL transform_null_equals = off;
SET LOCAL plpgsql.extra_errors = none;
SET LOCAL client_min_messages = notice;
SET LOCAL quote_all_identifiers = off;
SET CONSTRAINTS ALL IMMEDIATE"""


def send(context: MigrationContext, statement: str) -> None:
    """Run a statement, now or with the next ones (``batched()``), or print it in offline mode: to the letter the same.

    Errors: Refused, where a helper raises one.
    """
    batch: Batch | None = context.opts.get(BATCH)
    if context.as_sql:
        context.impl.static_output(statement.removesuffix(";") + ";\n")
    elif batch is not None:
        batch.add(statement)
    else:
        assert context.connection is not None
        run(context.connection, statement)


def run(connection: sa.Connection, statement: str) -> None:
    """Run a statement of ours, or several.

    Errors: Refused, where a helper raises one.
    """
    _listen(connection)
    try:
        # no_parameters: a % in the text is a %.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "pgcode", None) == REFUSED:
            diagnosis = error.orig.diag  # type: ignore[union-attr]
            # Its helpers let no name bring a line's end: each is between two faults.
            raise Refused(
                ServerMessage(diagnosis.message_primary), ServerMessage(diagnosis.message_hint or ""), several=True
            ) from None
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
        _, ours, text = notice.strip().partition(":  migration: ")
        heard: Heard | None = self._info.get(HEARD)
        # Both are lines of the log by themselves.
        if begins := _BEGINS.fullmatch(text):
            if heard:
                heard.begun(begins[1])
        elif done := _DONE.fullmatch(text):
            if heard:
                heard.ended(done[1], float(done[2]), int(done[3] or 0))
        elif ours:
            log.info("%s", ServerMessage(text.splitlines()[0]))


def _listen(connection: sa.Connection) -> None:
    """Have the helpers' reports logged, such as a column retired with its count of rows."""
    raw: Any = connection.connection.dbapi_connection
    if hasattr(raw, "notices"):
        raw.notices = _Notices(connection.info)
