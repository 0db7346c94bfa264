"""What a driver's error is made of: the full text of each, its exit code, and never a row's data."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from homecoming.connection.failures import classify, meaning
from homecoming.errors import unexpected
from tests.conftest import engine_of
from tests.support.history import ROOT

READ_ONLY = (
    "Nothing was changed. Connect to the primary server, or SET default_transaction_read_only = off, then run again"
)
RUN_AND_REPORT = "Nothing was changed. Run again with --verbose, and report it"


class Raised(Exception):
    """An error as psycopg2 raises it: its own class takes the code from a server only."""

    pgcode: str | None = None


def of(text: str, code: str | None = None, lost: bool = False) -> tuple[int, str, str]:
    """Return exit code, what and what to do of an error that PostgreSQL, or libpq, words so."""
    kind = type("UniqueViolation", (Raised,), {"pgcode": code})
    error = meaning(sa.exc.OperationalError("SELECT 1", None, kind(text), connection_invalidated=lost))
    return error.exit_code, error.what, error.todo


@pytest.mark.parametrize("code", ["55P03", "40P01"])
def test_a_table_that_is_held(code: str) -> None:
    assert of("canceling statement due to lock timeout", code) == (
        5,
        "a table this run has to change is held by another session",
        "Nothing was changed. End the other session, then run again",
    )


def test_a_statement_that_was_stopped() -> None:
    assert of("canceling statement due to statement timeout", "57014") == (
        6,
        "a statement was stopped: canceling statement due to statement timeout",
        "Nothing was changed. If it was the timeout, set MIGRATION_STATEMENT_TIMEOUT higher; then run again",
    )


@pytest.mark.parametrize("code", ["57P01", "08006"])
def test_a_connection_that_was_lost(code: str) -> None:
    assert of("terminating connection due to administrator command\nmore", code) == (
        3,
        "the connection was lost: terminating connection due to administrator command",
        "Nothing is half done. Run again; where it stays so: make doctor",
    )


def test_a_connection_that_was_lost_without_a_word_of_the_server() -> None:
    assert of("server closed the connection unexpectedly\n\tThis probably means", lost=True) == (
        3,
        "the connection was lost: server closed the connection unexpectedly",
        "Nothing is half done. Run again; where it stays so: make doctor",
    )


def test_a_server_that_is_not_there() -> None:
    said = 'connection to server at "10.0.0.1", port 5432 failed: Connection refused\n\tIs the server running?'
    assert of(said) == (
        3,
        'the database cannot be reached: connection to server at "10.0.0.1", port 5432 failed: Connection refused',
        "See that the server runs and DATABASE_URL has its host and port, then run again",
    )


def test_a_server_that_refuses() -> None:
    said = 'connection to server at "h", port 5432 failed: FATAL:  password authentication failed for user "p"\n'
    assert of(said) == (
        3,
        'the server refuses the connection: password authentication failed for user "p"',
        "Another attempt would say the same. Correct user and password in DATABASE_URL, then run again",
    )


def test_a_server_without_room() -> None:
    assert of('could not extend file "base/1/2": No space left on device', "53100") == (
        6,
        'could not extend file "base/1/2": No space left on device (53100)',
        "Nothing was changed. Give the server more of it, then run again",
    )


def test_a_role_that_may_not() -> None:
    assert of("must be owner of table produtos", "42501") == (
        4,
        "must be owner of table produtos (42501)",
        "Nothing was changed. Connect as the owner of the tables and of the database, then run again",
    )


def test_a_server_that_only_reads() -> None:
    assert of("cannot execute UPDATE in a read-only transaction", "25006") == (
        4,
        "the server is read-only (25006)",
        READ_ONLY,
    )


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("23505", "a value would occur twice in what is unique"),
        ("23P01", "a row would break it"),
        ("22P02", "a value does not fit its column"),
        ("22003", "a number is too large for its column"),
        ("P0001", "a function or trigger of this database refuses"),
    ],
)
def test_a_message_that_may_quote_a_row_is_not_repeated(code: str, what: str) -> None:
    """A broken constraint, bad data, and what a script's trigger raises."""
    said = "duplicate key value: Key (cpf)=(987.654.321-00) already exists"
    exit_code, told, todo = of(said, code)
    assert (exit_code, told) == (4, f"{what} ({code})")
    assert "report" not in todo


@pytest.mark.parametrize("code", ["42P01", "42804", "54000", "55000", "2BP01", "0A000", "25001", "53200", "58030"])
def test_what_people_do_is_not_to_be_reported(code: str) -> None:
    """Each class says what to do next, and ends in "run again"."""
    _, told, todo = of("what the server says", code)
    assert told == f"what the server says ({code})"
    assert todo.startswith("Nothing was changed. ")
    assert todo.endswith(", then run again")
    assert "report" not in todo


def test_anything_else_of_the_server() -> None:
    """What is left is a defect, of the server's or of ours."""
    assert of("cache lookup failed", "XX000") == (6, "cache lookup failed (XX000)", RUN_AND_REPORT)


def test_an_error_of_sqlalchemy_itself() -> None:
    error = meaning(sa.exc.NoReferencedTableError("canario", "x"))
    assert (error.exit_code, error.what, error.todo) == (6, "NoReferencedTableError while working", RUN_AND_REPORT)


SQLITE = {
    "attempt to write a readonly database": (
        4,
        "the file cannot be written by this user",
        "Change its permissions or its folder's, then run again",
    ),
    "unable to open database file": (
        4,
        "the file cannot be written by this user",
        "Change its permissions or its folder's, then run again",
    ),
    "database is locked": (
        5,
        "another process holds the file",
        "Close the application or wait for the other run, then run again",
    ),
    "file is not a database": (
        4,
        "the file is damaged, or is no SQLite database",
        "Bring it back from a backup, or move it away",
    ),
    "database disk image is malformed": (
        4,
        "the file is damaged, or is no SQLite database",
        "Bring it back from a backup, or move it away",
    ),
    "database or disk is full": (6, "the disk is full", "Nothing was changed. Free space, then run again"),
    "disk I/O error": (6, "SQLite: disk I/O error", RUN_AND_REPORT),
}


@pytest.mark.parametrize("said", SQLITE)
def test_sqlite(said: str) -> None:
    error = meaning(sa.exc.OperationalError("SELECT 1", None, sqlite3.OperationalError(said)))
    assert (error.exit_code, error.what, error.todo) == SQLITE[said]


def test_a_trigger_that_quotes_a_row(postgres: sa.Engine) -> None:
    """The server's own error, with its code as psycopg2 gives it."""
    with postgres.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'cpf 987.654.321-00 ruim'; END $$")
    assert meaning(caught.value).what == "a function or trigger of this database refuses (P0001)"


def test_a_lock_that_is_held(postgres: sa.Engine) -> None:
    with postgres.connect() as first, postgres.connect() as second:
        first.exec_driver_sql("CREATE TABLE t (id integer)")
        first.commit()
        first.exec_driver_sql("LOCK TABLE t")
        second.exec_driver_sql("SET LOCAL lock_timeout = 10")
        with pytest.raises(sa.exc.DBAPIError) as caught:
            second.exec_driver_sql("SELECT * FROM t")
    assert meaning(caught.value).exit_code == 5


def test_a_password_is_in_no_message() -> None:
    engine = engine_of("postgresql+psycopg2://painel:canario-da-senha@127.0.0.1:1/eventos")
    with pytest.raises(sa.exc.OperationalError) as caught:
        engine.connect()
    assert "canario" not in str(meaning(caught.value))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("FATAL:  canceling authentication due to timeout", "connections"),
        ("FATAL:  out of memory", "connections"),
        ("SSL error: decryption failed or bad record mac", "closed"),
        ("SSL error: certificate verify failed", "tls"),
        ('invalid sslmode value: "x"', "options"),
        ('invalid integer value "x" for connection option "connect_timeout"', "options"),
        ('could not open certificate file "/x": No such file or directory', "options"),
        (
            (
                'connection to server at "h" failed: FATAL:  no pg_hba.conf entry for host "h", SSL encryption\n'
                'connection to server at "h" failed: FATAL:  no pg_hba.conf entry for host "h", no encryption'
            ),
            "permission",
        ),
        ('FATAL:  no pg_hba.conf entry for host "h", no encryption', "tls"),
        ("FATAL:  desculpe, muitos clientes conectados", "connections"),
        ("FATAL:  o sistema de banco de dados está iniciando", "starting"),
        ('FATAL:  autenticação do tipo senha falhou para o usuário "p"', "password"),
        ("FATAL:  terminating connection due to administrator command", "closed"),
        ("FATAL:  something new", "refused by the server"),
        ("something new", "unreachable"),
    ],
)
def test_the_class_of_what_is_said(said: str, name: str) -> None:
    assert classify(sa.exc.OperationalError("", None, Raised(said)))[0].name == name


@pytest.mark.parametrize(
    ("host", "todo"),
    [
        (
            "postgres.railway.internal",
            (
                "That is Railway's private name, known only inside its network: from elsewhere name the database in"
                " DATABASE_PUBLIC_URL in place of DATABASE_URL, then run again"
            ),
        ),
        *(
            (
                host,
                (
                    "That is a private name, known only inside its own network: from elsewhere put its public one into"
                    " DATABASE_URL, then run again"
                ),
            )
            for host in ("banco.internal", "meu-app.flycast", "postgres", "db")
        ),
        ("db.example.com", "Correct the host in DATABASE_URL, or mend name resolution, then run again"),
        (
            "railway.internal.example.com",
            "Correct the host in DATABASE_URL, or mend name resolution, then run again",
        ),
    ],
)
def test_a_name_that_cannot_be_found(host: str, todo: str) -> None:
    """A platform's private name is right where the application runs, and unknown at a developer's desk."""
    said = f'could not translate host name "{host}" to address: Name or service not known'
    assert of(said) == (3, f"the database cannot be reached: {said}", todo)


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (("CREATE TABLE t (a UNIQUE)", "INSERT INTO t VALUES (1), (1)"), "UNIQUE constraint failed: t.a"),
        (("CREATE TABLE t (a CHECK (a > 1))", "INSERT INTO t VALUES (1)"), "CHECK constraint failed: a > 1"),
        (("CREATE TABLE t (a INTEGER PRIMARY KEY)", "INSERT INTO t VALUES ('x')"), "datatype mismatch"),
        (("SELECT zeroblob(2000000000)",), "string or blob too big"),
        (
            (
                "CREATE TABLE t (a)",
                "CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'database is locked: canario'); END",
                "INSERT INTO t VALUES (1)",
            ),
            "a trigger of the file refuses",
        ),
    ],
)
def test_what_sqlite_answers_to_what_people_do(statements: tuple[str, ...], what: str) -> None:
    """By the name of the error, not by a text that a trigger may choose."""
    *before, last = statements
    with engine_of("sqlite://").connect() as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
        with pytest.raises(sa.exc.DBAPIError) as caught:
            connection.exec_driver_sql(last)
    error = meaning(caught.value)
    assert (error.exit_code, error.what) == (4, what)
    assert "report" not in error.todo


def test_an_error_without_a_class_is_told_by_its_kind_alone() -> None:
    """In one place, for the command line, the hook, the doctor and the page: its text may quote a row."""
    error = unexpected(KeyError("cpf 123"), "Report it")
    assert (error.exit_code, error.what, error.todo) == (6, "unexpected error: KeyError", "Report it")
    said = [path for path in (ROOT / "homecoming").rglob("*.py") if "unexpected error" in path.read_text("utf-8")]
    assert said == [ROOT / "homecoming/errors.py"]
