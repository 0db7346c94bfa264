"""Moments without a zone are read as the application's sessions read them: in the zone that the server gives those."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from homecoming.errors import Refused
from tests.conftest import VERSIONS
from tests.support import history, lineage, pasting, servers

ROWS = 12
SAO_PAULO = "ALTER DATABASE {0} SET timezone TO 'America/Sao_Paulo'"

Upgrade = Callable[[sa.Engine], str]


def of_state_22(engine: sa.Engine, *statements: str) -> None:
    """Build state 22 with rows; then, each in a session of its own, what somebody did."""
    lineage.build(engine, 22, rows=ROWS)
    for statement in statements:
        execute(engine, statement.format(engine.url.database))


def execute(engine: sa.Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def rows(engine: sa.Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query, execution_options={"no_parameters": True})]


@pytest.fixture
def server(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> servers.Server:
    """Of the PostgreSQL versions each case has one, the same on every run."""
    return server_of(VERSIONS[len(request.node.name) % len(VERSIONS)])


@pytest.fixture(params=("online", "pasted in a session of its own zone"))
def upgrade(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Upgrade:
    """A function that upgrades to head, one way or another, and returns what was said."""

    def run(engine: sa.Engine) -> str:
        if request.param == "online":
            with caplog.at_level("INFO", "painel_migrations"):
                history.upgrade(engine)
            return caplog.text
        return "\n".join([*pasting.paste(engine, "SET TimeZone = 'Asia/Tokyo'; " + pasting.script("sql")), ""])

    return run


MOMENTS = "SELECT id, data_evento FROM eventos ORDER BY id"
READ = "eventos.data_evento: 12 moments without a zone read in {}"


def assert_same_moments(engine: sa.Engine, upgrade: Upgrade, statement: str, zone: str) -> None:
    was = rows(engine, MOMENTS)
    execute(engine, statement)
    said = upgrade(engine)
    assert rows(engine, MOMENTS) == was
    assert READ.format(zone) + "\n" in said


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE eventos ALTER data_evento TYPE timestamp",
        "ALTER TABLE eventos ALTER data_evento TYPE timestamp(3)",
        "ALTER TABLE eventos ALTER data_evento TYPE text USING to_char(data_evento, 'YYYY-MM-DD\"T\"HH24:MI:SS')",
    ],
    ids=["timestamp", "timestamp of a precision", "text"],
)
def test_in_the_zone_of_the_database(postgres: sa.Engine, upgrade: Upgrade, statement: str) -> None:
    of_state_22(postgres, "ALTER DATABASE {} SET timezone TO 'America/Noronha'")
    assert_same_moments(postgres, upgrade, statement, "America/Noronha")


@pytest.mark.parametrize(
    ("settings", "zone"),
    [
        ((), "America/Sao_Paulo"),
        (("ALTER ROLE postgres SET timezone TO 'Africa/Nairobi'",), "Africa/Nairobi"),
        (
            (
                "ALTER DATABASE {} SET timezone TO 'Asia/Tokyo'",
                "ALTER ROLE postgres SET timezone TO 'Africa/Nairobi'",
                "ALTER ROLE postgres IN DATABASE {} SET timezone TO 'America/Manaus'",
            ),
            "America/Manaus",
        ),
        (("ALTER DATABASE {} SET timezone TO -2",), "<-02>+02"),
    ],
    ids=["of the server", "of the role", "of the role in the database", "a number"],
)
def test_whatever_sets_it(
    postgres: sa.Engine, upgrade: Upgrade, settings: tuple[str, ...], zone: str, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: execute(postgres, "ALTER ROLE postgres RESET ALL"))
    of_state_22(postgres, *settings)
    assert_same_moments(postgres, upgrade, "ALTER TABLE eventos ALTER data_evento TYPE timestamp", zone)


@pytest.mark.parametrize("by", ["the client", "the role", "a client that may read no file"])
def test_a_zone_of_one_s_own_is_not_the_application_s(postgres: sa.Engine, by: str) -> None:
    of_state_22(postgres, "ALTER TABLE eventos ALTER data_evento TYPE timestamp")
    was = rows(postgres, "SELECT data_evento AT TIME ZONE 'America/Sao_Paulo' FROM eventos ORDER BY id")
    execute(postgres, "CREATE ROLE outro LOGIN SUPERUSER")
    try:
        url = postgres.url.set(username="outro")
        if by == "the role":
            execute(postgres, "ALTER ROLE outro SET timezone TO 'Asia/Tokyo'")
            engine = sa.create_engine(url)
        else:
            engine = sa.create_engine(url, connect_args={"options": "-c TimeZone=Asia/Tokyo"})
        if "no file" in by:
            for kind in ("TABLE", "SEQUENCE", "TYPE"):
                execute(
                    postgres,
                    f"DO $$ DECLARE s text; BEGIN FOR s IN SELECT format('ALTER {kind} %s OWNER TO outro', "
                    + {
                        "TABLE": "oid::regclass) FROM pg_class WHERE relkind = 'r'",
                        "SEQUENCE": "seqrelid::regclass) FROM pg_sequence JOIN pg_class ON oid = seqrelid WHERE NOT"
                        " EXISTS (SELECT FROM pg_depend WHERE objid = seqrelid AND deptype IN ('a', 'i'))",
                        "TYPE": "oid::regtype) FROM pg_type WHERE typtype = 'e'",
                    }[kind]
                    + {"TABLE": " AND relnamespace", "SEQUENCE": " AND relnamespace", "TYPE": " AND typnamespace"}[kind]
                    + " = 'public'::regnamespace LOOP EXECUTE s; END LOOP; END $$",
                )
            execute(postgres, "GRANT CREATE ON SCHEMA public TO outro; ALTER ROLE outro NOSUPERUSER")
            execute(postgres, f"ALTER DATABASE {postgres.url.database} OWNER TO outro")
            with pytest.raises(Refused, match=r"time zone of its own.*: eventos\.data_evento") as caught:
                history.upgrade(engine)
            assert (
                f"ALTER ROLE outro IN DATABASE {postgres.url.database} SET timezone = 'Asia/Tokyo'" in caught.value.todo
            )
            execute(
                postgres, f"ALTER ROLE outro IN DATABASE {postgres.url.database} SET timezone = 'America/Sao_Paulo'"
            )
        history.upgrade(engine)
        engine.dispose()
        assert rows(postgres, "SELECT data_evento FROM eventos ORDER BY id") == was
    finally:
        execute(postgres, "ALTER ROLE outro RESET ALL")
        execute(postgres, f"ALTER DATABASE {postgres.url.database} OWNER TO postgres")
        execute(postgres, "REASSIGN OWNED BY outro TO postgres; DROP OWNED BY outro; DROP ROLE outro")


def test_a_date_is_a_midnight_there_and_text_with_an_offset_bears_its_own(
    postgres: sa.Engine, upgrade: Upgrade
) -> None:
    of_state_22(
        postgres,
        SAO_PAULO,
        "ALTER TABLE eventos ALTER data_evento TYPE date USING '2025-08-01'",
        "ALTER TABLE listas ALTER criado_em DROP DEFAULT, ALTER criado_em TYPE text USING '2025-08-01 10:00:00+00'",
        "UPDATE listas SET criado_em = '2025-08-01T10:00:00Z' WHERE id = 2",
        "UPDATE listas SET criado_em = '2025-08-01 07:00:00-03' WHERE id = 3",
        "UPDATE listas SET criado_em = '2025-08-01 07:00' WHERE id = 4",
    )
    said = upgrade(postgres)
    assert "listas.criado_em: 1 moment without a zone read in America/Sao_Paulo" in said
    assert READ.format("America/Sao_Paulo") in said
    assert set(rows(postgres, "SELECT data_evento AT TIME ZONE 'UTC' FROM eventos")) == {(dt.datetime(2025, 8, 1, 3),)}
    assert set(rows(postgres, "SELECT criado_em AT TIME ZONE 'UTC' FROM listas")) == {(dt.datetime(2025, 8, 1, 10),)}


def test_hours_that_the_clocks_skipped_or_repeated_are_said_and_come_back(
    postgres: sa.Engine, upgrade: Upgrade
) -> None:
    """São Paulo's clocks went from 00:00 to 01:00 on 4 Nov 2018, and from 00:00 back to 23:00 on 17 Feb 2019."""
    of_state_22(
        postgres,
        SAO_PAULO,
        "ALTER TABLE eventos ALTER data_evento TYPE timestamp",
        "UPDATE eventos SET data_evento = '2018-11-04 00:30' WHERE id = 1",
        "UPDATE eventos SET data_evento = '2019-02-16 23:30' WHERE id = 2",
    )
    was = rows(postgres, MOMENTS)
    said = upgrade(postgres)
    assert READ.format("America/Sao_Paulo, 2 of them of an hour that the clocks there skipped or repeated") in said
    utc = rows(postgres, "SELECT data_evento AT TIME ZONE 'UTC' FROM eventos WHERE id < 3 ORDER BY id")
    assert utc == [(dt.datetime(2018, 11, 4, 3, 30),), (dt.datetime(2019, 2, 17, 2, 30),)]
    history.downgrade(postgres, "base")
    assert rows(postgres, MOMENTS) == was


def test_the_way_back_gives_the_type_and_every_spelling(postgres: sa.Engine, upgrade: Upgrade) -> None:
    of_state_22(
        postgres,
        SAO_PAULO,
        "ALTER TABLE eventos ALTER data_evento TYPE timestamp",
        "ALTER TABLE listas ALTER criado_em DROP DEFAULT, ALTER criado_em TYPE text "
        "USING to_char(criado_em, 'YYYY-MM-DD\"T\"HH24:MI:SS')",
    )
    asked = (MOMENTS, "SELECT id, criado_em FROM listas ORDER BY id")
    was = [rows(postgres, query) for query in asked]
    upgrade(postgres)
    execute(postgres, "UPDATE listas SET criado_em = '2025-09-01 12:00:00-03' WHERE id = 1")
    history.downgrade(postgres, "base")
    now = [rows(postgres, query) for query in asked]
    assert now[0] == was[0]
    assert now[1][1:] == was[1][1:]
    assert now[1][0] == (1, "2025-09-01 15:00:00+00")
    history.upgrade(postgres)


def test_rows_of_a_copy_go_back_as_the_moments_they_were(postgres: sa.Engine, upgrade: Upgrade) -> None:
    of_state_22(
        postgres,
        SAO_PAULO,
        "CREATE TABLE eventos_old AS SELECT * FROM eventos",
        "ALTER TABLE eventos_old ALTER data_evento TYPE timestamp",
        "UPDATE eventos_old SET id = 99 WHERE id = 1",
    )
    was = rows(postgres, "SELECT data_evento FROM eventos WHERE id = 1")
    said = upgrade(postgres)
    assert rows(postgres, "SELECT data_evento FROM eventos WHERE id = 99") == was
    assert "eventos_old.data_evento: 1 moment without a zone read in America/Sao_Paulo" in said


def test_the_plan_says_it(
    postgres: sa.Engine, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_state_22(postgres, SAO_PAULO, "ALTER TABLE eventos ALTER data_evento TYPE timestamp")
    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    code, out, _ = run("upgrade", "--plan")
    assert code == 0
    assert READ.format("America/Sao_Paulo") in re.sub(r"\s+", " ", out)


APP = "aplicativo"


def of_an_application_that_owns_nothing(engine: sa.Engine, granted: str, zone: str) -> None:
    """State 22 with moments without a zone, owned by another role than the one that writes, which has its own zone."""
    execute(engine, f"DROP ROLE IF EXISTS {APP}; DROP ROLE IF EXISTS escritores; CREATE ROLE {APP} LOGIN")
    execute(engine, "CREATE ROLE escritores")
    of_state_22(
        engine, "ALTER DATABASE {} SET timezone TO 'UTC'", "ALTER TABLE eventos ALTER data_evento TYPE timestamp", zone
    )
    execute(engine, granted)


@pytest.fixture
def no_roles_left(postgres: sa.Engine) -> Iterator[None]:
    yield
    execute(postgres, "ALTER ROLE postgres RESET timezone")
    execute(postgres, f"ALTER ROLE postgres IN DATABASE {postgres.url.database} RESET ALL")
    execute(postgres, f"DROP OWNED BY {APP}, escritores; DROP ROLE {APP}, escritores")


@pytest.mark.usefixtures("no_roles_left")
@pytest.mark.parametrize("theirs", [True, False], ids=["theirs", "not theirs"])
@pytest.mark.parametrize(
    ("granted", "setting"),
    [
        (f"GRANT INSERT ON usuarios TO {APP}", f"ALTER ROLE {APP} SET timezone = 'America/Sao_Paulo'"),
        (
            f"GRANT UPDATE ON usuarios TO escritores; GRANT escritores TO {APP}; ALTER ROLE {APP} NOINHERIT",
            f"ALTER ROLE {APP} IN DATABASE {{}} SET timezone = 'America/Sao_Paulo'",
        ),
    ],
    ids=["a right of its own", "a member, in the database"],
)
def test_a_role_that_writes_and_owns_nothing_has_another_zone(
    postgres: sa.Engine, upgrade: Upgrade, granted: str, setting: str, theirs: bool
) -> None:
    """Nobody guesses: the run is refused, and either statement that it gives makes it go on."""
    of_an_application_that_owns_nothing(postgres, granted, setting)
    database = postgres.url.database
    zone = "America/Sao_Paulo" if theirs else "UTC"
    was = rows(postgres, f"SELECT data_evento AT TIME ZONE '{zone}' FROM eventos ORDER BY id")
    with pytest.raises((Refused, psycopg2.Error)) as caught:
        upgrade(postgres)
    said = str(caught.value)
    assert "roles that write here have a time zone other than UTC, and such moments may be theirs" in said
    choices = {
        "America/Sao_Paulo": f"ALTER ROLE postgres IN DATABASE {database} SET timezone = 'America/Sao_Paulo'",
        "UTC": f"ALTER ROLE {APP} IN DATABASE {database} SET timezone = 'UTC'",
    }
    for choice in choices.values():
        assert choice in said
    execute(postgres, choices[zone])
    assert READ.format(zone) in upgrade(postgres)
    assert rows(postgres, "SELECT data_evento FROM eventos ORDER BY id") == was


@pytest.mark.usefixtures("no_roles_left")
@pytest.mark.parametrize(
    ("granted", "setting"),
    [
        (f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {APP}", f"ALTER ROLE {APP} SET timezone = 'Asia/Tokyo'"),
        (f"GRANT INSERT ON usuarios TO {APP}", f"ALTER ROLE {APP} SET timezone = 'utc'"),
        (
            f"GRANT INSERT ON usuarios TO {APP}; ALTER ROLE {APP} NOLOGIN",
            f"ALTER ROLE {APP} IN DATABASE {{}} SET timezone = 'Asia/Tokyo'",
        ),
    ],
    ids=["it reads alone", "the same zone", "it has no sessions"],
)
def test_another_zone_of_who_writes_nothing(postgres: sa.Engine, upgrade: Upgrade, granted: str, setting: str) -> None:
    of_an_application_that_owns_nothing(postgres, granted, setting)
    assert READ.format("UTC") in upgrade(postgres)
