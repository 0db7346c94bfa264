"""One database URL: from the text as people write it to the form we connect with."""

from collections.abc import Mapping

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from homecoming.errors import UsageError
from homecoming.language import tr
from homecoming.project import project
from homecoming.url_causes import refuse_other_texts

# A URL says which database; which driver is ours to say. SQLAlchemy 2.1 would choose psycopg 3 for a bare
# postgresql://.
DRIVERS = {
    "postgresql": ("postgresql+psycopg2", ("psycopg2", "psycopg", "psycopg_async", "asyncpg", "pg8000")),
    "sqlite": ("sqlite", ("pysqlite", "aiosqlite")),
}
# What Python's sqlite3 takes in a plain URL; a file: URI may have any parameter.
SQLITE_OPTIONS = ("cached_statements", "check_same_thread", "detect_types", "timeout")
SPELLINGS = {"postgres": "postgresql"}
PRODUCTS = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

# asyncpg's word for what libpq calls sslmode, and its values.
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Options of other clients and of pools, named in a message: any other name may be a part of a password.
OTHER_OPTIONS = (
    *("pgbouncer", "schema", "currentSchema", "search_path", "connection_limit", "pool_timeout", "socket_timeout"),
    *("pool_size", "max_overflow", "pool_recycle", "pool_pre_ping", "statement_cache_size", "useSSL", "uselibpqcompat"),
    *("prepared_statement_cache_size", "prepared_statement_name_func", "command_timeout", "server_settings", "timeout"),
    *("ssl", "sslaccept", "async_fallback", "charset", "encoding", "prepareThreshold", "ApplicationName", "supa"),
)

ENCODING = tr("in user and password write @ as %40, : as %3A, / as %2F, % as %25")


def _example() -> str:
    example = "postgresql://user:password@host:5432/name"
    return tr("{example} or {default}", example=example, default=project().default_url)


def parse_url(text: str, source: str) -> URL:
    """A database URL in the form we connect with.

    Arguments: ``text``, the URL as written; ``source``, the variable it came from, for messages.
    Errors: UsageError if it is garbled, names no database, or one that is neither PostgreSQL nor SQLite.
    """
    refuse_other_texts(text, source)
    try:
        url = _made(text.strip())
    except (ArgumentError, ValueError):
        # ValueError: a port that is no number. Without the cause, which may quote the text.
        raise UsageError(
            tr("{source} is not a database URL", source=source),
            tr("Write it as {example}; {encoding}", example=_example(), encoding=ENCODING),
        ) from None
    dialect, _, driver = url.drivername.lower().partition("+")
    dialect = SPELLINGS.get(dialect, dialect)
    if dialect not in DRIVERS or (driver and driver not in DRIVERS[dialect][1]):
        raise UsageError(
            tr("{source} names a database that is neither PostgreSQL nor SQLite", source=source),
            tr("Write it as {example}", example=_example()),
        )
    url = url.set(drivername=DRIVERS[dialect][0])
    if dialect == "postgresql":
        return _postgresql_url(url, source)
    if text != text.rstrip():
        # The application does not strip it, and opens a file of that name.
        raise UsageError(
            tr(
                "{source} ends in a blank or a line end, which the application takes for part of the file's name",
                source=source,
            ),
            tr("Take it away"),
        )
    return _sqlite_url(url, source)


def _made(text: str) -> URL:
    """The URL as SQLAlchemy 2.0 reads it, which the application has: 2.1 decodes %20 in the database's name as well."""
    url = make_url(text)
    if make_url("sqlite:///%25").database == "%25":
        return url
    return url.set(database=make_url(text.replace("%", "%25")).database)


def _sqlite_url(url: URL, source: str) -> URL:
    if url.host or not url.database:
        raise UsageError(
            tr("{source} names no SQLite file", source=source),
            tr(
                "Write three slashes before a relative path, four before an absolute one: {default_url}",
                default_url=project().default_url,
            ),
        )
    if "uri" not in url.query and any(option not in SQLITE_OPTIONS for option in url.query):
        raise UsageError(
            tr("{source} has an option after the ? that SQLite does not know", source=source), tr("Remove it")
        )
    return url


def _postgresql_url(url: URL, source: str) -> URL:
    # An unencoded @ in the password moves its rest into the host or the database's name, which get printed.
    place = f"{url.host or ''}{url.database or ''}"
    if "@" in place or "/" in place or " " in (url.host or "") or not place.isprintable():
        raise UsageError(
            tr("{source} is not a database URL", source=source),
            tr("Write it as {example}; {encoding}", example=_example(), encoding=ENCODING),
        )
    if url.port is not None and not 0 < url.port < 65536:
        raise UsageError(
            tr("{source} names a port that does not exist", source=source),
            tr("Give a port from 1 to 65535, such as 5432"),
        )
    if not url.database:
        raise UsageError(
            tr("{source} names no database", source=source),
            tr("Write its name after the host: postgresql://host:5432/name"),
        )
    return _without_secret_options(url, source)


def _without_secret_options(url: URL, source: str) -> URL:
    """The URL with `?user=` and `?password=` where they belong: only there does SQLAlchemy hide a password."""
    given = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    if given.get("ssl") in SSL_MODES and given.get("sslmode", given["ssl"]) == given["ssl"]:
        url = url.difference_update_query(["ssl"]).update_query_dict({"sslmode": given["ssl"]})
    _refuse_unknown_options(url, source)
    url = url.set(username=given.get("user", url.username), password=given.get("password", url.password))
    return url.difference_update_query(["user", "password"])


def _refuse_unknown_options(url: URL, source: str) -> None:
    todo = tr("Remove it; options of other clients, such as pgbouncer or schema, have no meaning here")
    for name in OTHER_OPTIONS:
        if name in url.query:
            known = tr("Write sslmode=require in its place, or what it is to be") if "ssl" in name.lower() else todo
            raise UsageError(
                tr(
                    "{source} has the option {name} after the ?, which is not one of PostgreSQL's",
                    source=source,
                    name=name,
                ),
                known,
            )
    try:
        # Only here, since it loads a C library that SQLite has no need of.
        import psycopg2
        from psycopg2.extensions import make_dsn
    except ImportError:
        # Whoever connects will say so; `make doctor` can do without it for its first steps.
        return
    try:
        make_dsn(**dict.fromkeys(url.query, ""))
    except psycopg2.ProgrammingError:
        raise UsageError(
            tr("{source} has an option after the ? that PostgreSQL does not know", source=source), todo
        ) from None


def named_in(name: str, file: str) -> str:
    """Return how a variable is called in messages: with the file it stands in, where it is none of the environment."""
    return tr("{name} in {file}", name=name, file=file) if file else name


def libpq_url(variables: Mapping[str, str], file: str) -> URL:
    """The URL that libpq's variables describe.

    Arguments: ``variables``, with at least PGHOST and PGDATABASE; ``file`` they stand in, empty for the environment.
    Errors: UsageError if PGPORT is not a port, or another one is quoted or an unresolved reference.
    """
    port = variables.get("PGPORT", "5432")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(
            tr("{name} is not a port", name=named_in("PGPORT", file)), tr("Give a port from 1 to 65535, such as 5432")
        )
    for name in ("PGHOST", "PGUSER", "PGDATABASE"):
        refuse_other_texts(variables.get(name, ""), named_in(name, file))
    host, query = variables["PGHOST"], {}
    if host.startswith("/"):
        # A folder of sockets: it has a place in a URL only as an option.
        host, query = "", {"host": host}
    if "PGSSLMODE" in variables:
        query["sslmode"] = variables["PGSSLMODE"]
    return URL.create(
        DRIVERS["postgresql"][0],
        username=variables.get("PGUSER"),
        password=variables.get("PGPASSWORD"),
        host=host or None,
        port=int(port),
        database=variables["PGDATABASE"],
        query=query,
    )
