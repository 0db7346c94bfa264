"""What each variable does, which source wins, and every message a wrong one ends with."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import URL

from homecoming.candidates import ALTERNATIVES, DATABASE_VARIABLES, Layer
from homecoming.errors import UsageError
from homecoming.settings import VARIABLES, Settings, read_log_style, read_settings

POSTGRESQL = "postgresql://u:secret@h:5432/d"
READABLE = "Write it as postgresql://user:password@host:5432/name or sqlite:///eventos.db"
ENCODING = "; in user and password write @ as %40, : as %3A, / as %2F, % as %25"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A current folder without `.env`."""
    return tmp_path


def url_of(folder: Path, **environ: str) -> URL:
    return read_settings(environ, folder).database_url


def refusal(folder: Path, **environ: str) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        read_settings(environ, folder)
    assert caught.value.exit_code == 2
    assert caught.value.__cause__ is None, "the cause may quote the URL"
    return caught.value.what, caught.value.todo


# Which database


def test_nothing_configured_is_the_file_in_the_current_folder(folder: Path) -> None:
    settings = read_settings({}, folder)
    assert settings.database_url.render_as_string() == "sqlite:///eventos.db"
    assert settings.source == "default"
    assert str(settings.candidates[0]) == "SQLite eventos.db (default)"


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_variable_counts_as_unset(folder: Path, empty: str) -> None:
    assert read_settings({"DATABASE_URL": empty, "MIGRATION_LOCK_TIMEOUT": empty}, folder) == read_settings({}, folder)


def test_the_unpooled_url_is_preferred_and_the_public_ones_come_last(folder: Path) -> None:
    """What has an unpooled one beside it leads to a pooler."""
    urls = {name: f"postgresql://h/{name.lower()}" for name in sorted(DATABASE_VARIABLES)}
    settings = read_settings(urls, folder)
    assert [(candidate.layer, candidate.source, candidate.url.database) for candidate in settings.candidates] == [
        (Layer.DIRECT, "DATABASE_UNPOOLED_URL", "database_unpooled_url"),
        (Layer.DIRECT, "DATABASE_PUBLIC_UNPOOLED_URL", "database_public_unpooled_url"),
        (Layer.ALTERNATIVE, "DATABASE_ALTERNATIVE_URLS", "database_alternative_urls"),
        (Layer.POOLER, "DATABASE_URL", "database_url"),
        (Layer.POOLER, "DATABASE_PUBLIC_URL", "database_public_url"),
    ]
    assert settings.database_url == settings.candidates[0].url


def test_without_an_unpooled_url_the_plain_ones_are_direct(folder: Path) -> None:
    settings = read_settings({"DATABASE_PUBLIC_URL": "postgresql://p/d", "DATABASE_URL": "postgresql://h/d"}, folder)
    assert [(candidate.layer, candidate.source) for candidate in settings.candidates] == [
        (Layer.DIRECT, "DATABASE_URL"),
        (Layer.DIRECT, "DATABASE_PUBLIC_URL"),
    ]


def test_alternatives_are_divided_where_a_url_begins(folder: Path) -> None:
    """A comma may be part of a password; a URL may stand on its own line."""
    texts = "postgres://u:a,b@h1/d,\n postgresql+asyncpg://h2/d , postgresql://h3/d,"
    settings = read_settings({ALTERNATIVES: texts}, folder)
    assert [(candidate.source, candidate.url.host, candidate.url.password) for candidate in settings.candidates] == [
        ("DATABASE_ALTERNATIVE_URLS[1]", "h1", "a,b"),
        ("DATABASE_ALTERNATIVE_URLS[2]", "h2", None),
        ("DATABASE_ALTERNATIVE_URLS[3]", "h3", None),
    ]


def test_a_garbled_alternative_is_named_by_its_place(folder: Path) -> None:
    assert refusal(folder, DATABASE_ALTERNATIVE_URLS="postgresql://h/d,postgresql://u:secret@h:x/d") == (
        "DATABASE_ALTERNATIVE_URLS[2] is not a database URL",
        READABLE + ENCODING,
    )


def test_what_several_variables_name_is_there_once(folder: Path) -> None:
    """The port may be left out, host's case and driver do not count; another password is one more way."""
    settings = read_settings(
        {
            "DATABASE_UNPOOLED_URL": "postgresql://u:p@H/d",
            "DATABASE_URL": "postgres://u:p@h:5432/d",
            "DATABASE_ALTERNATIVE_URLS": "postgresql+asyncpg://u:p@h/d, postgresql://u:q@h/d",
        },
        folder,
    )
    assert [candidate.source for candidate in settings.candidates] == [
        "DATABASE_UNPOOLED_URL",
        "DATABASE_ALTERNATIVE_URLS[2]",
    ]


def test_an_address_of_version_6_is_written_in_brackets(folder: Path) -> None:
    settings = read_settings({"DATABASE_URL": "postgresql://u@[::1]:5433/d"}, folder)
    assert settings.database_url.host == "::1"
    assert str(settings.candidates[0]) == "PostgreSQL d on [::1]:5433 (DATABASE_URL)"


def test_names_of_one_database_cannot_be_on_two_products(folder: Path) -> None:
    assert refusal(folder, DATABASE_URL="sqlite:///copy.db", DATABASE_UNPOOLED_URL=POSTGRESQL) == (
        "DATABASE_UNPOOLED_URL names a PostgreSQL database, DATABASE_URL a SQLite one",
        "They must be names of the same database: unset one of them",
    )


def test_libpq_variables_are_the_fallback(folder: Path) -> None:
    parts = {"PGHOST": "h", "PGPORT": "6543", "PGUSER": "u", "PGPASSWORD": "s@:/%'ü ", "PGDATABASE": "d"}
    settings = read_settings({**parts, "PGSSLMODE": "require"}, folder)
    assert settings.database_url == URL.create(
        "postgresql+psycopg2", "u", "s@:/%'ü ", "h", 6543, "d", query={"sslmode": "require"}
    )
    assert settings.source == "PGHOST"
    assert url_of(folder, **parts, DATABASE_URL="sqlite:///x.db").database == "x.db"


def test_libpq_variables_need_a_host_and_a_database(folder: Path) -> None:
    assert url_of(folder, PGHOST="localhost", PGUSER="me").drivername == "sqlite"
    assert url_of(folder, PGDATABASE="me").drivername == "sqlite"


def test_a_folder_of_sockets_as_host(folder: Path) -> None:
    url = url_of(folder, PGHOST="/run/postgresql", PGDATABASE="d")
    assert (url.host, url.port, dict(url.query)) == (None, 5432, {"host": "/run/postgresql"})


@pytest.mark.parametrize("port", ["secret", "0", "65536", "-1", "٣"])
def test_a_port_that_is_none(folder: Path, port: str) -> None:
    assert refusal(folder, PGHOST="h", PGDATABASE="d", PGPORT=port) == (
        "PGPORT is not a port",
        "Give a port from 1 to 65535, such as 5432",
    )


# .env


def test_the_file_is_read_and_the_environment_wins(folder: Path) -> None:
    (folder / ".env").write_text("DATABASE_URL='sqlite:///file.db'\nMIGRATION_LOCK_WAIT=1\nMIGRATION_LOCK_TIMEOUT=2\n")
    settings = read_settings({"MIGRATION_LOCK_WAIT": "9"}, folder)
    assert settings.source == "DATABASE_URL in .env"
    assert settings.database_url.database == "file.db"
    assert (settings.lock_wait, settings.lock_timeout) == (9, 2)
    assert read_settings({"DATABASE_URL": "sqlite:///real.db"}, folder).database_url.database == "real.db"


def test_a_database_of_the_environment_is_never_mixed_with_the_file(folder: Path) -> None:
    """Or `DATABASE_URL=sqlite:///copy.db make upgrade` would upgrade production, since unpooled is preferred."""
    (folder / ".env").write_text(f"DATABASE_UNPOOLED_URL={POSTGRESQL}\nPGPASSWORD=secret\n")
    settings = read_settings({"DATABASE_URL": "sqlite:///copy.db"}, folder)
    assert [candidate.source for candidate in settings.candidates] == ["DATABASE_URL"]
    (folder / ".env").write_text("PGPASSWORD=secret\n")
    assert url_of(folder, PGHOST="h", PGDATABASE="d").password is None


def test_a_url_in_the_file_wins_over_libpq_variables_of_the_shell(folder: Path) -> None:
    (folder / ".env").write_text("DATABASE_URL=sqlite:///file.db\n")
    assert url_of(folder, PGHOST="h", PGDATABASE="d").database == "file.db"


def test_a_file_from_windows(folder: Path) -> None:
    (folder / ".env").write_bytes("\ufeffDATABASE_URL=sqlite:///ação.db\r\n".encode())
    assert url_of(folder).database == "ação.db"


def test_a_line_of_ours_that_cannot_be_read_is_refused_since_the_default_would_take_its_place(folder: Path) -> None:
    (folder / ".env").write_text('OTHER=1\nDATABASE_URL="postgresql://u:secret@h/d\n')
    assert refusal(folder) == (".env: line 2 cannot be read", "Write it as NAME=value, with every quote closed")


@pytest.mark.parametrize("line", ['database_url="sqlite:///x.db', "Database_Url: sqlite:///x.db"])
def test_a_garbled_line_in_lower_case_is_refused_too(folder: Path, line: str) -> None:
    (folder / ".env").write_text(f"OTHER=1\n\n{line}\n")
    assert refusal(folder)[0] == ".env: line 3 cannot be read"


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("spelled", [str.lower, str.title])
@pytest.mark.parametrize("place", ["file", "environment"])
def test_the_case_of_a_name_does_not_count(folder: Path, name: str, spelled: Callable[[str], str], place: str) -> None:
    """As pydantic-settings reads names for the application: the default must not take the value's place."""
    worded = {"MIGRATION_LOG": "json", "MIGRATION_BACKUP": "require", "MIGRATION_END_BLOCKERS": "idle-in-transaction"}
    value = worded.get(name, "postgresql://h/d" if name.endswith(("_URL", "_URLS")) else "7")
    rest = {"PGHOST": "h", "PGDATABASE": "d"} if name.startswith("PG") else {}
    upper = read_settings({**rest, name: value}, folder), read_log_style({name: value}, folder)
    rest.pop(name, None)
    if place == "environment":
        lower = read_settings({**rest, spelled(name): value}, folder), read_log_style({spelled(name): value}, folder)
        assert lower == upper
        return
    (folder / ".env").write_text("".join(f"{one}={text}\n" for one, text in {**rest, spelled(name): value}.items()))
    lower = read_settings({}, folder), read_log_style({}, folder)
    assert repr(lower).replace(" in .env", "") == repr(upper)
    assert lower[0].database_url == upper[0].database_url
    assert lower[0].monitoring == upper[0].monitoring


def test_the_environment_wins_whatever_the_case(folder: Path) -> None:
    (folder / ".env").write_text("DATABASE_URL=sqlite:///file.db\n")
    assert url_of(folder, database_url="sqlite:///real.db").database == "real.db"


def test_two_spellings_of_one_name(folder: Path) -> None:
    todo = "To the application they are one name: leave one of them, best DATABASE_URL"
    assert refusal(folder, DATABASE_URL=POSTGRESQL, database_url="sqlite:///x.db") == (
        "there are DATABASE_URL and database_url, with different values",
        todo,
    )
    (folder / ".env").write_text(f"DATABASE_URL={POSTGRESQL}\n# two\ndatabase_url=sqlite:///secret.db\n")
    assert refusal(folder) == (".env: lines 1 and 3 set DATABASE_URL and database_url, with different values", todo)
    # No conflict: one of them says nothing, or both the same.
    (folder / ".env").write_text("DATABASE_URL=\ndatabase_url=sqlite:///x.db\nDatabase_Url='sqlite:///x.db'\n")
    assert url_of(folder).database == "x.db"


def test_a_name_that_only_looks_like_ours(folder: Path) -> None:
    """Upper-casing makes an I of a Turkish letter; to the application it is another name."""
    assert url_of(folder, PGHOST="h", PGDATABASE="d", mıgration_lock_wait="x").database == "d"


@pytest.mark.parametrize(
    "value",
    ["${{Postgres.DATABASE_URL}}", "${DATABASE_URL}", "${NADA}", "postgresql://u:${NADA}@h/d", "'${NADA}'"],
)
@pytest.mark.parametrize("name", ["DATABASE_URL", "database_public_url"])
def test_a_reference_in_the_file_to_what_nobody_set(
    folder: Path, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left of it, which would count as unset: another database would be taken for it."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (folder / ".env").write_text(f"OTHER=\n{name}={value}\n")
    assert refusal(folder) == (
        f".env: line 2, {name}, holds a reference to another variable that nothing has resolved",
        "Set it to the value itself, or set the variable it refers to",
    )


def test_a_reference_through_another_one_that_is_empty(folder: Path) -> None:
    (folder / ".env").write_text("UMA=${NADA}\nDATABASE_URL=${UMA}\n")
    assert refusal(folder)[0].startswith(".env: line 2, DATABASE_URL, holds a reference")


def test_references_that_are_resolved(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANFITRIAO", "h")
    lines = "NOME=d\nDATABASE_URL=postgresql://${QUEM:-u}@${ANFITRIAO}/${NOME}\nSENHA=${NADA}\n"
    (folder / ".env").write_text(lines)
    assert url_of(folder) == URL.create("postgresql+psycopg2", "u", None, "h", None, "d")


@pytest.mark.parametrize("name", ["PGHOST", "PGUSER", "PGDATABASE"])
@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("${{Postgres.secret}}", " is, or holds, a reference to another variable that nothing has resolved"),
        ('"secret"', " has quotes around it that are part of its value"),
    ],
)
def test_a_part_that_is_quoted_or_a_reference(folder: Path, name: str, value: str, what: str) -> None:
    parts = {"PGHOST": "h", "PGUSER": "u", "PGDATABASE": "d", name: value}
    assert refusal(folder, **parts)[0] == name + what


def test_what_a_pasted_value_brings_along(folder: Path) -> None:
    """A server's name takes no blank; a file's does, and the application opens one of that name."""
    assert url_of(folder, DATABASE_URL=f" {POSTGRESQL}\r\n").database == "d"
    assert url_of(folder, DATABASE_URL=" sqlite:///x.db").database == "x.db"
    for text in ("sqlite:///x.db\n", "sqlite:///x.db "):
        assert refusal(folder, DATABASE_URL=text) == (
            "DATABASE_URL ends in a blank or a line end, which the application takes for part of the file's name",
            "Take it away",
        )


@pytest.mark.parametrize("content", [b"DATABASE_URL=\xff\xfe", None])
def test_a_file_that_cannot_be_read(folder: Path, content: bytes | None) -> None:
    if content is None:
        (folder / ".env").mkdir()
    else:
        (folder / ".env").write_bytes(content)
    assert refusal(folder) == (
        ".env cannot be read",
        "Make it a UTF-8 text file that this user may read, or remove it",
    )


# Durations


def test_defaults_of_the_durations(folder: Path) -> None:
    settings = read_settings({}, folder)
    assert (settings.lock_timeout, settings.statement_timeout, settings.lock_wait) == (4, 0, 300)


@pytest.mark.parametrize("value", ["secret", "4s", "-1", "nan", "inf", "2147484"])
@pytest.mark.parametrize(
    ("name", "todo"),
    [
        ("MIGRATION_LOCK_TIMEOUT", "Set it to more than 0, at most 2147483; unset, it is 4"),
        ("MIGRATION_STATEMENT_TIMEOUT", "Set it to 0 or more, at most 2147483; unset, it is 0"),
        ("MIGRATION_LOCK_WAIT", "Set it to 0 or more, at most 2147483; unset, it is 300"),
    ],
)
def test_a_duration_that_is_none(folder: Path, name: str, value: str, todo: str) -> None:
    assert refusal(folder, **{name: value}) == (f"{name} is not a number of seconds", todo)


def test_only_the_lock_timeout_may_not_be_unlimited(folder: Path) -> None:
    settings = read_settings({"MIGRATION_LOCK_WAIT": "0", "MIGRATION_STATEMENT_TIMEOUT": "0.5"}, folder)
    assert (settings.lock_wait, settings.statement_timeout) == (0, 0.5)
    assert refusal(folder, MIGRATION_LOCK_TIMEOUT="0")[0] == "MIGRATION_LOCK_TIMEOUT is not a number of seconds"


def test_defaults_of_connections(folder: Path) -> None:
    settings = read_settings({}, folder)
    assert (settings.connect_timeout, settings.connect_limit, settings.startup_limit) == (10, 60, 60)
    assert (settings.connect_attempts, settings.run_attempts) == (6, 3)
    assert settings.lock_pauses == (0.5, 1, 2, 4, 8, 15)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "secret", "1001", "²"])
def test_a_count_that_is_none(folder: Path, value: str) -> None:
    assert refusal(folder, MIGRATION_RUN_ATTEMPTS=value) == (
        "MIGRATION_RUN_ATTEMPTS is not a count",
        "Set it to 1 or more, at most 1000; unset, it is 3",
    )


def test_the_attempts_that_a_caller_has_left(folder: Path) -> None:
    assert read_settings({}, folder).attempts_left is None
    assert read_settings({"MIGRATION_ATTEMPTS_LEFT": "0"}, folder).attempts_left == 0
    for value in ("-1", "secret", "1.5", "\u00b2", "10000"):
        assert refusal(folder, MIGRATION_ATTEMPTS_LEFT=value) == (
            "MIGRATION_ATTEMPTS_LEFT is not a count",
            "Unset it: it is for a script that tries again",
        )


def test_the_pauses_at_a_held_table(folder: Path) -> None:
    assert read_settings({"MIGRATION_LOCK_PAUSES": "0, 0.1,2"}, folder).lock_pauses == (0, 0.1, 2)


@pytest.mark.parametrize("value", ["secret", "1,,2", "1;2", "-1", "nan", "1,inf"])
def test_pauses_that_are_none(folder: Path, value: str) -> None:
    assert refusal(folder, MIGRATION_LOCK_PAUSES=value) == (
        "MIGRATION_LOCK_PAUSES is not a list of seconds",
        "Write numbers with commas between; unset, it is 0.5,1,2,4,8,15",
    )


# Secrets and sources


def test_settings_can_be_printed(folder: Path) -> None:
    settings = read_settings({"DATABASE_URL": POSTGRESQL + "?sslpassword=secret"}, folder)
    assert isinstance(settings, Settings)
    assert str(settings.candidates[0]) == "PostgreSQL d on h:5432 (DATABASE_URL)"
    assert "secret" not in repr(settings) + str(settings)


def test_a_garbled_url_is_named_by_its_source(folder: Path) -> None:
    (folder / ".env").write_text("DATABASE_URL=secret\n")
    assert refusal(folder) == ("DATABASE_URL in .env is not a database URL", READABLE + ENCODING)


def test_the_variables_listed_are_the_variables_read(folder: Path) -> None:
    """The tables are what the documents are tested against: nothing may be read that is not in them."""
    asked: set[str] = set()

    class Spy(Mapping[str, str]):
        """Has each of our variables, and some of the application's own."""

        def __getitem__(self, name: str) -> str:
            asked.add(name)
            return ""

        def __iter__(self) -> Iterator[str]:
            return iter([*VARIABLES, "SECRET_KEY", "HOME", "DATABASE", "DATABASE_URL_2"])

        def __len__(self) -> int:
            return len(VARIABLES) + 4

    read_settings(Spy(), folder)
    assert asked == set(VARIABLES)


def test_settings_is_the_only_reader_of_the_environment() -> None:
    package = Path(__file__).parents[2] / "homecoming"
    readers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if any(word in path.read_text() for word in ("os.environ", "getenv", "dotenv", "from os import environ"))
    }
    # The archive reads none: it hands all of them on to git, and looks for `getenv` in scripts.
    assert readers == {"settings.py", "env_file.py", "archive/git.py", "archive/credentials.py", "archive/python.py"}
