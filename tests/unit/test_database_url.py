"""A database URL as people write it: what is accepted, in which form, and every message of what is not."""

import psycopg2.extensions
import pytest
import sqlalchemy as sa

from painel_migrations.database_url import parse_url
from painel_migrations.errors import UsageError

EXAMPLE = "postgresql://user:password@host:5432/name or sqlite:///eventos.db"
ENCODING = "in user and password write @ as %40, : as %3A, / as %2F, % as %25"
GARBLED = ("DATABASE_URL is not a database URL", f"Write it as {EXAMPLE}; {ENCODING}")
OTHER_PRODUCT = ("DATABASE_URL names a database that is neither PostgreSQL nor SQLite", f"Write it as {EXAMPLE}")
NO_FILE = (
    "DATABASE_URL names no SQLite file",
    "Write three slashes before a relative path, four before an absolute one: sqlite:///eventos.db",
)
NO_DATABASE = (
    "DATABASE_URL names no database",
    "Write its name after the host: postgresql://host:5432/name",
)
NO_PORT = ("DATABASE_URL names a port that does not exist", "Give a port from 1 to 65535, such as 5432")
POSTGRESQL_OPTION = (
    "DATABASE_URL has an option after the ? that PostgreSQL does not know",
    "Remove it; options of other clients, such as pgbouncer or schema, have no meaning here",
)
SQLITE_OPTION = ("DATABASE_URL has an option after the ? that SQLite does not know", "Remove it")


@pytest.mark.parametrize(
    "scheme",
    ["postgres", "postgresql", "POSTGRES", "postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg"],
)
def test_whatever_the_spelling_psycopg2_connects(scheme: str) -> None:
    url = parse_url(f"{scheme}://u:p@h:5433/d?sslmode=require", "DATABASE_URL")
    assert url == sa.URL.create("postgresql+psycopg2", "u", "p", "h", 5433, "d", query={"sslmode": "require"})


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"])
@pytest.mark.parametrize("path", ["eventos.db", "/srv/eventos.db", ":memory:", "pasta com ação.db"])
def test_sqlite_files(scheme: str, path: str) -> None:
    assert parse_url(f"{scheme}:///{path}", "DATABASE_URL") == sa.URL.create("sqlite", database=path)


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("%40%3A%2F%25%27%C3%BC", "@:/%'ü"),
        ("p%40%40p", "p@@p"),
        ("100%25", "100%"),
        ("a:b/c?d#e", "a:b/c?d#e"),
        ("%s%(x)s", "%s%(x)s"),
        ("a+b", "a+b"),
        ("ü'\"\\", "ü'\"\\"),
    ],
)
def test_a_password_arrives_at_the_driver_as_it_is(written: str, password: str) -> None:
    url = parse_url(f"postgres://u:{written}@h/d", "DATABASE_URL")
    assert url.password == password
    arguments, options = sa.create_engine(url).dialect.create_connect_args(url)
    parsed = psycopg2.extensions.parse_dsn(psycopg2.extensions.make_dsn(*arguments, **options))
    assert parsed == {"host": "h", "dbname": "d", "user": "u", "password": password}


def test_a_password_among_the_options_is_hidden_like_any_other() -> None:
    url = parse_url("postgresql://h/d?user=u&password=secret", "DATABASE_URL")
    assert url == sa.URL.create("postgresql+psycopg2", "u", "secret", "h", None, "d")
    assert "secret" not in repr(url)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("secret", GARBLED),
        ("://u:secret@h/d", GARBLED),
        ("postgresql:/u:secret@h/d", GARBLED),
        ('"postgresql://u:secret@h/d"', GARBLED),
        ("postgresql://u:secret@h:port/d", GARBLED),
        ("postgresql://u:p@secret@h/d", GARBLED),
        ("postgresql://u:p@secret/x@h/d", GARBLED),
        ("postgresql://u:p@secret/x/d", GARBLED),
        ("postgresql://u:secret@h h/d", GARBLED),
        ("postgresql://u:secret@h/d\nX=", GARBLED),
        ("${{Postgres.DATABASE_URL}}", GARBLED),
        ("postgresql://u:secret@h:65536/d", NO_PORT),
        ("postgresql://u:secret@h:0/d", NO_PORT),
        ("postgresql://u:secret@h", NO_DATABASE),
        ("postgresql://u:secret@h/", NO_DATABASE),
        ("postgresql://", NO_DATABASE),
        ("postgresql://u:secret@h/d?pgbouncer=true", POSTGRESQL_OPTION),
        ("postgresql://u:p@h/d?secret=secret", POSTGRESQL_OPTION),
        ("mysql://u:secret@h/d", OTHER_PRODUCT),
        ("mongodb+srv://u:secret@h/d", OTHER_PRODUCT),
        ("postgresql+secret://h/d", OTHER_PRODUCT),
        ("sqlite+secret:///eventos.db", OTHER_PRODUCT),
        ("sqlite://eventos.db", NO_FILE),
        ("sqlite://u:secret@h/eventos.db", NO_FILE),
        ("sqlite://", NO_FILE),
        ("sqlite:///", NO_FILE),
        ("sqlite:///eventos.db?sslmode=secret", SQLITE_OPTION),
    ],
)
def test_what_is_refused(text: str, message: tuple[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(text, "DATABASE_URL")
    assert (caught.value.what, caught.value.todo) == message
    assert caught.value.__cause__ is None, "the cause may quote the URL"
    assert "secret" not in str(caught.value)


def test_options_that_sqlite_knows() -> None:
    assert parse_url("sqlite:///x.db?timeout=5&check_same_thread=false", "DATABASE_URL").database == "x.db"
    assert parse_url("sqlite:///file:x.db?uri=true&mode=ro", "DATABASE_URL").database == "file:x.db"
