"""The catalogue of a PostgreSQL database, read with the one SELECT beside this file."""

import functools
import re
from importlib import resources

import sqlalchemy as sa

from homecoming.catalog.facts import BESIDE, Catalogue, Fact
from homecoming.catalog.trust import unread
from homecoming.connection.engines import SAFE_PATH
from homecoming.operations.literals import literal
from homecoming.project import project

PREPARED = "homecoming_prepared_"
"""How the name of what was made ahead of a run begins; `pg_temp.is_prepared` has it, too."""

# A database or a role may have every name quoted, and head has none that is. A name of another schema than public must
# not look like one of public; until the transaction ends, in the same round trip.
PLAINLY = f"{SAFE_PATH};\nSET LOCAL quote_all_identifiers = off;\n"


@functools.cache
def statement() -> str:
    """Return the SELECT; its rows are kind, object, definition, tables, columns."""
    text = resources.files(__package__).joinpath("postgresql.sql").read_text(encoding="utf-8")
    return text.replace("{unread}", unread()).replace("{unmanaged}", _unmanaged()).replace("{prepared}", PREPARED)


def _unmanaged() -> str:
    """Return what leaves out references to tables that are left alone: nothing where there are none."""
    names = ", ".join(literal(name) for name in project().unmanaged)
    of = "(SELECT u.oid FROM pg_catalog.pg_class AS u WHERE u.relname IN"
    return f"\n        AND c.confrelid NOT IN {of} ({names}))" if names else ""


@functools.cache
def facts(access: bool = True) -> str:
    """Return the CTEs of the SELECT, from WITH on, the last of them ``live``: for statements that go on from there.

    Args:
        access: whether facts that are beside the state are among them, such as what the current user may do; who has
            just changed the tables need not ask.
    """
    _, with_, ctes = statement().rpartition("\nSELECT ")[0].partition("WITH\n")
    if not access:
        # The branches of the one UNION, each of one kind; the first must stay the first.
        ctes = re.sub(
            rf"    SELECT '(?:{'|'.join(sorted(BESIDE))})',(?:.(?!\n\n))*.\n\n(?:    --[^\n]*\n)*    UNION ALL\n",
            "",
            ctes,
            flags=re.DOTALL,
        )
    return with_ + ctes


def read(connection: sa.Connection) -> Catalogue:
    """Read schema ``public`` in one round trip.

    Args:
        connection: as whoever the application connects as: ``access`` facts are about the current user.

    Raises:
        sqlalchemy.exc.DBAPIError: the connection broke, or a lock on a table was not given in time.
    """
    # The text has no parameters: without this the driver would take a % in it for one.
    rows = connection.exec_driver_sql(PLAINLY + statement(), execution_options={"no_parameters": True})
    return Catalogue(
        "postgresql",
        (
            Fact(kind, name, definition, tuple(tables or ()), tuple(columns or ()))
            for kind, name, definition, tables, columns in rows
        ),
    )
