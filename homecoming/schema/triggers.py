"""A trigger of a schema, and how operations take it."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Trigger:
    """A trigger, and on PostgreSQL the function it calls.

    ``statement`` creates the trigger, spelled exactly as the catalogue gives it back: PostgreSQL's
    ``pg_get_triggerdef()`` under an empty search_path, SQLite's ``sqlite_master.sql``. ``body`` is the function's
    ``prosrc``.
    """

    name: str
    table: str
    statement: str
    function: str = ""
    body: str = ""

    @property
    def function_statement(self) -> str:
        """The statement that creates the function, or the empty text where the trigger calls none."""
        if not self.function:
            return ""
        return f"CREATE OR REPLACE FUNCTION {self.function}() RETURNS trigger LANGUAGE plpgsql AS $${self.body}$$"


def spoken(triggers: Mapping[str, Sequence[Trigger]]) -> Iterator[tuple[str, str, str, str, dict[str, str]]]:
    """Yield what ``op.ensure_trigger()`` is given for each: name, table, what fires it, body, SQLite's statements.

    Those of SQLite belong to the one of PostgreSQL whose name theirs begin with.
    """
    for trigger in triggers["postgresql"]:
        fires = re.sub(rf"^CREATE TRIGGER \S+ (.*?) ON (?:public\.)?{trigger.table} .*$", r"\1", trigger.statement)
        sqlite = {
            other.name: other.statement
            for other in triggers["sqlite"]
            if other.table == trigger.table and other.name.startswith(trigger.name)
        }
        yield trigger.name, trigger.table, fires, trigger.body, sqlite
