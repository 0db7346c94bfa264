"""What PostgreSQL answers in a run, by SQLSTATE: what happened, and what to do on the database as it was before.

One table for `make upgrade` and the pasted script: ``explanation`` renders it into what the script's handler runs, and
``explain`` asks a live connection the same after the rollback. Codes are those of PostgreSQL's manual, appendix A.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import sqlalchemy as sa

from homecoming.errors import FailedError, HomecomingError, Refused
from homecoming.language import mark
from homecoming.sql_texts import ServerMessage


@dataclass(frozen=True)
class Answer:
    """One class of errors.

    Attributes:
        codes: an expression for the beginnings of SQLSTATEs.
        todo: what to do.
        cause: our words in place of the server's, which may quote a row in classes 22, 23 and P0.
        ends: the error it becomes.
        name: for reports.
    """

    codes: str
    todo: str
    cause: str = ""
    ends: type[HomecomingError] = Refused
    name: str = "sql"


# The first that fits counts; each is followed by "then run again".
ANSWERS = (
    Answer("22001", mark("Shorten those values"), mark("a value is too long for its column")),
    Answer("22003", mark("Correct those values"), mark("a number is too large for its column")),
    Answer("22", mark("Correct those values"), mark("a value does not fit its column")),
    Answer("23502", mark("Give them a value"), mark("a row would lack a value that is required")),
    Answer(
        "23503", mark("Correct those rows, or drop what they break"), mark("a row would refer to one that is not there")
    ),
    Answer(
        "23505",
        mark("Correct those rows, or drop what they break"),
        mark("a value would occur twice in what is unique"),
    ),
    Answer("23", mark("Correct those rows, or drop what they break"), mark("a row would break it")),
    Answer("P0|38|39", mark("Switch off what calls it"), mark("a function or trigger of this database refuses")),
    Answer(
        "25006",
        mark("Connect to the primary server, or SET default_transaction_read_only = off"),
        mark("the server is read-only"),
        name="read-only",
    ),
    Answer("25|55006", mark("COMMIT what this session has begun")),
    Answer("2B|0A", mark("Drop what needs it as it is, to make it anew afterwards")),
    Answer("3F", mark("Make that schema")),
    Answer("42501", mark("Connect as the owner of the tables and of the database"), name="rights"),
    Answer("42(P0[67]|710|723)", mark("Rename that")),
    Answer("42|55", mark("Change what is named")),
    Answer("54011", mark("Drop columns that nobody needs, and copy the table into a new one")),
    Answer("54", mark("Shorten what is named, or drop it")),
    Answer("53", mark("Give the server more of it"), ends=FailedError, name="resources"),
    Answer("57|58|F0|XX00[12]", mark("See the server's log, and end the cause"), ends=FailedError),
)

# What an event trigger may be behind, where nothing else is named: what is not there, an error in C, and the check of
# what a run leaves (PM006).
_SUSPECT = "e_state ~ '^(PM006|42|XX|P0|3[89F])' AND e_hint !~ 'EVENT TRIGGER|GRANT '"

# The event triggers that a run's changes of the schema fire. Hosts have others for their extensions.
EVENT_TRIGGERS = """evtenabled IN ('O', 'A') AND evtevent <> 'login' AND (evttags IS NULL
    OR array_to_string(evttags, ' ')
    ~ 'TABLE|INDEX|TYPE|FUNC|PROC|ROUT|SCHEMA|SEQU|TRIGGER|VIEW|POLICY|RULE|COMMENT|GRANT|REVOKE|STATIST'
)"""
# What to do, and who may; no row where there is none.
_EVENT_TRIGGERS = f"""SELECT format(
        'An event trigger may be why. As %s or a superuser, switch it off, then run again: ',
        string_agg(DISTINCT evtowner::regrole::text, ', '))
    || string_agg(format('ALTER EVENT TRIGGER %I DISABLE', evtname), '; ' ORDER BY evtname)
FROM pg_event_trigger WHERE {EVENT_TRIGGERS} HAVING count(*) > 0"""

# What lifts a limit that only a superuser may set: for the role in the database, which goes before what either has by
# itself, and the server.
LIMIT = "53400"
_LIFT = """pg_catalog.format('As a superuser, then connect anew and run again: '
            'ALTER ROLE %I IN DATABASE %I SET temp_file_limit = -1', session_user, pg_catalog.current_database())"""

# Classes whose message may quote a row's value: bad data, broken constraints, and what a trigger or function raises.
QUOTING = ("22", "23", "38", "39", "P0")


@cache
def explanation() -> str:
    """Return the PL/pgSQL block that turns an error's diagnostics into what happened and what to do.

    It reads and sets variables that whoever holds it declares: ``e_state``, ``e_what``, ``e_schema``, ``e_rel``,
    ``e_col``, ``e_con``, ``e_type``, ``e_context``, from the diagnostics; ``e_hint``.
    """
    text = resources.files(__package__).joinpath("explanation.sql").read_text("utf-8").strip()
    rows = ",\n".join("('{}')".format("','".join(_quoted(answer))) for answer in ANSWERS)
    text = text.replace("/*limit*/", _LIFT)
    return text.replace("/*answers*/", rows).replace("/*report*/", "A defect of ours: report it with this message")


def suspicion() -> str:
    """Return the PL/pgSQL that adds to ``e_hint`` which event triggers may be behind an error, with its state."""
    return f"IF {_SUSPECT} THEN\ne_hint := concat_ws('. ', e_hint, ({_EVENT_TRIGGERS}));\nEND IF"


def event_triggers(connection: sa.Connection) -> str:
    """Return which event triggers may have changed what a run made, and what to do; nothing where there is none."""
    if connection.dialect.name != "postgresql":
        return ""
    found = connection.exec_driver_sql(_EVENT_TRIGGERS, execution_options={"no_parameters": True}).scalar()
    return ServerMessage(found) if found else ""


def explain(connection: sa.Connection, error: sa.exc.DBAPIError) -> tuple[str, str] | None:
    """Ask the database what an error that it raised is about, now that the run is rolled back: what, and what to do.

    Returns None where it cannot be asked, such as one that only reads, or whose connection is lost.
    """
    diagnosis: Any = getattr(error.orig, "diag", None)
    code = getattr(error.orig, "pgcode", None)
    if diagnosis is None or not code:
        return None
    if code == LIMIT:
        # Of a look as well, which may make no function; and how a transaction of ours begins may meet the limit, too.
        driver: Any = connection.connection.dbapi_connection
        with driver.cursor() as cursor:
            cursor.execute(f"SELECT {_LIFT}")
            (todo,) = cursor.fetchone()
        driver.rollback()
        return diagnosis.message_primary, ServerMessage(todo)
    given = {
        "state": code,
        "what": diagnosis.message_primary,
        "schema": diagnosis.schema_name,
        "rel": diagnosis.table_name,
        "col": diagnosis.column_name,
        "con": diagnosis.constraint_name,
        "type": diagnosis.datatype_name,
        "context": "\n".join(filter(None, (diagnosis.context, f'SQL statement "{error.statement or ""}"'))),
    }
    arguments = ", ".join(f"{'INOUT ' * (name == 'what')}e_{name} text" for name in given)
    function = (
        f"CREATE FUNCTION pg_temp.homecoming_explain({arguments}, OUT e_hint text) LANGUAGE plpgsql AS "
        f"$homecoming_explain$\nBEGIN\n{explanation()};\n{suspicion()};\nEND\n$homecoming_explain$"
    )
    try:
        with connection.begin() as asked:
            connection.exec_driver_sql(function, execution_options={"no_parameters": True})
            named = ", ".join(f"%({name})s" for name in given)
            given = {name: value or "" for name, value in given.items()}
            what, todo = connection.exec_driver_sql(f"SELECT * FROM pg_temp.homecoming_explain({named})", given).one()
            asked.rollback()
    except sa.exc.SQLAlchemyError:
        return None
    return ServerMessage(what), ServerMessage(todo)


def _quoted(answer: Answer) -> list[str]:
    """Return what the script has to know of an answer, as it stands between quotes."""
    texts = (answer.codes, answer.todo, answer.cause)
    assert not re.search(r"[\n$\\]", "".join(texts))
    return [text.replace("'", "''") for text in texts]
