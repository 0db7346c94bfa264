"""A database URL as people write it: what is accepted, in which form, and every message of what is not."""

import psycopg2.extensions
import pytest
import sqlalchemy as sa

from homecoming.database_url import parse_url
from homecoming.errors import UsageError

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
        ("postgresql://u:secret@h:port/d", GARBLED),
        ("postgresql://u:p@secret@h/d", GARBLED),
        ("postgresql://u:p@secret/x@h/d", GARBLED),
        ("postgresql://u:p@secret/x/d", GARBLED),
        ("postgresql://u:secret@h h/d", GARBLED),
        ("postgresql://u:secret@h/d\nX=", GARBLED),
        ("postgresql://u:secret@h:65536/d", NO_PORT),
        ("postgresql://u:secret@h:0/d", NO_PORT),
        ("postgresql://u:secret@h", NO_DATABASE),
        ("postgresql://u:secret@h/", NO_DATABASE),
        ("postgresql://", NO_DATABASE),
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


REFERENCE = "is, or holds, a reference to another variable that nothing has resolved"
QUOTED = "has quotes around it that are part of its value"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('"postgresql://u:secret@h/d"', QUOTED),
        ("'sqlite:///secret.db'", QUOTED),
        ('"postgresql://u:secret@h/d', QUOTED),
        ("sqlite:///secret.db'", QUOTED),
        ("\u201cpostgresql://u:secret@h/d\u201d", QUOTED),
        ("`postgresql://u:secret@h/d`", QUOTED),
        ("${{Postgres.DATABASE_URL}}", REFERENCE),
        ("${{ Postgres-secret.DATABASE_PUBLIC_URL }}", REFERENCE),
        ("${DATABASE_URL}", REFERENCE),
        ("$DATABASE_URL", REFERENCE),
        ("%DATABASE_URL%", REFERENCE),
        ("{{ secret.database_url }}", REFERENCE),
        ("postgresql://${PGUSER}:secret@h/d", REFERENCE),
        ("postgresql://u:secret@${{RAILWAY_TCP_PROXY_DOMAIN}}:${{RAILWAY_TCP_PROXY_PORT}}/d", REFERENCE),
        ("postgresql://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/$PGDATABASE", REFERENCE),
        ("postgresql://u:$PGPASSWORD@h/d", REFERENCE),
        ("sqlite:///$HOME/secret.db", REFERENCE),
        ("DATABASE_URL=postgresql://u:secret@h/d", "has its own name in its value"),
        ("export DATABASE_URL='postgresql://u:secret@h/d", "has its own name in its value"),
        ("psql postgresql://u:secret@h/d", "is a command of psql, not a URL"),
        ("jdbc:postgresql://h/d?user=u&password=secret", "is a URL of JDBC, which only Java reads"),
        ("host=h dbname=d password=secret", "is a list of libpq's keywords, not a URL"),
        ("postgresql://u:*******@h/d", "has asterisks for what was hidden where it was copied"),
        ("********", "has asterisks for what was hidden where it was copied"),
        ("postgresql://u:[YOUR-PASSWORD]@h/d", "has a placeholder in it, for you to fill in"),
        ("postgresql://<user>:secret@h/d", "has a placeholder in it, for you to fill in"),
        ("postgresql://u:secret@h1:5432,h2:5433/d", "names several hosts in a form that SQLAlchemy does not read"),
        ("postgresql://h1,h2/d", "names several hosts in a form that SQLAlchemy does not read"),
        ("postgresql://u:secret@::1/d", "has an address of IPv6 without brackets"),
        ("postgresql://fd12:3a::7:5432/d", "has an address of IPv6 without brackets"),
        (
            "postgresql://u:secret@%2Frun%2Fpostgresql/d",
            "has a folder of sockets where SQLAlchemy reads a host's name",
        ),
        (
            "postgresql://u:secret@h/d?pgbouncer=true",
            "has the option pgbouncer after the ?, which is not one of PostgreSQL's",
        ),
        (
            "postgresql://u:secret@h/d?schema=secret",
            "has the option schema after the ?, which is not one of PostgreSQL's",
        ),
        ("postgresql://u:secret@h/d?ssl=true", "has the option ssl after the ?, which is not one of PostgreSQL's"),
        (
            "postgresql://u:secret@h/d?ssl=require&sslmode=disable",
            "has the option ssl after the ?, which is not one of PostgreSQL's",
        ),
    ],
)
def test_the_cause_is_named(text: str, cause: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(text, "DATABASE_URL")
    assert caught.value.what == f"DATABASE_URL {cause}"
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "password"),
    [
        # Each remedy a message gives: the application reads it so, too.
        ("postgresql://u:%24PGPASSWORD@h/d", "$PGPASSWORD"),
        ("postgresql://u:%2A%2A%2A@h/d", "***"),
        ("postgresql://u:%3Csenha>@h/d", "<senha>"),
        # Passwords that come near to a cause.
        ("postgresql://u:pa$$word@h/d", "pa$$word"),
        ("postgresql://u:$w0rd@h/d", "$w0rd"),
        ("postgresql://u:a,b:c:d@h/d", "a,b:c:d"),
        ("postgresql://u:p*@h/d", "p*"),
        ("postgresql://u:'p\"@h/d", "'p\""),
        ("postgresql://u:@h/d", ""),
        ("postgresql://u@h/d", None),
    ],
)
def test_a_password_that_is_no_cause(text: str, password: str | None) -> None:
    assert parse_url(text, "DATABASE_URL") == sa.URL.create("postgresql+psycopg2", "u", password, "h", None, "d")
    assert sa.make_url(text).password == password


@pytest.mark.parametrize("mode", ["disable", "prefer", "require", "verify-full"])
def test_tls_in_asyncpgs_words(mode: str) -> None:
    for text in (f"postgresql+asyncpg://h/d?ssl={mode}", f"postgres://h/d?sslmode={mode}&ssl={mode}"):
        assert parse_url(text, "DATABASE_URL").query == {"sslmode": mode}


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("postgresql://u@[::1]:5433/d", {"host": "::1", "port": "5433"}),
        ("postgresql:///d?host=/run/postgresql", {"host": "/run/postgresql"}),
        ("postgresql:///d?host=%2Frun%2Fpostgresql", {"host": "/run/postgresql"}),
        ("postgresql:///d?host=h1:5432&host=h2:5433", {"host": "h1,h2", "port": "5432,5433"}),
        (
            "postgresql://h/d?sslmode=require&channel_binding=require",
            {"sslmode": "require", "channel_binding": "require"},
        ),
        ("postgresql://h/d?options=-c%20search_path%3Dx", {"options": "-c search_path=x"}),
    ],
)
def test_ways_that_reach_the_driver_as_the_application_takes_them(text: str, parsed: dict[str, str]) -> None:
    url = parse_url(text, "DATABASE_URL")
    _, options = sa.create_engine(url).dialect.create_connect_args(url)
    assert parsed.items() <= {name: str(value) for name, value in options.items()}.items()


@pytest.mark.parametrize("name", ["meu%20banco", "100%25", "%C3%A7", "%", "a%2Fb", "a+b", "%zz"])
def test_a_name_is_not_decoded(name: str) -> None:
    """SQLAlchemy 2.0, which the application has, takes it as it is written; 2.1 would open another file."""
    assert parse_url(f"sqlite:///{name}.db", "DATABASE_URL").database == f"{name}.db"
    assert parse_url(f"postgresql://u:p%40@h/{name}?sslmode=require", "DATABASE_URL").database == name


def test_options_that_sqlite_knows() -> None:
    assert parse_url("sqlite:///x.db?timeout=5&check_same_thread=false", "DATABASE_URL").database == "x.db"
    assert parse_url("sqlite:///file:x.db?uri=true&mode=ro", "DATABASE_URL").database == "file:x.db"
