"""What only a superuser may set and what would break rows unseen: a run lifts it where it may, else it is refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from homecoming.errors import Refused
from tests.conftest import engine_of
from tests.integration.test_convergence import copied
from tests.support import history, lineage, pasting, servers
from tests.support.command import Ran

OWNER = f"dona_{os.getpid()}"

# The value that a run may not have, the one that it lifts it to, and what it does.
DANGEROUS = {
    "session_replication_role": ("replica", "origin", "triggers and foreign keys are off"),
    "zero_damaged_pages": ("on", "off", "damaged pages lose their rows"),
    "ignore_checksum_failure": ("on", "off", "damaged pages are taken for sound"),
}
# It fires whatever the setting is, at each change of the schema by a revision.
SAYS = """
CREATE FUNCTION public.diz() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('homecoming.began', true) <> '' AND current_setting('{0}') <> '{1}' THEN
        RAISE EXCEPTION 'not lifted'; END IF; END $$;
CREATE EVENT TRIGGER diz ON ddl_command_end EXECUTE FUNCTION public.diz();
ALTER EVENT TRIGGER diz ENABLE ALWAYS;
"""


def alone(engine: sa.Engine, *statements: str) -> None:
    """Run statements as superuser, each by itself."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def named(engine: sa.Engine, user: str) -> sa.Engine:
    return engine_of(engine.url.set(username=user).render_as_string(hide_password=False))


@pytest.fixture(params=DANGEROUS)
def setting(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def owned(server: servers.Server, postgres: sa.Engine, setting: str) -> Iterator[sa.Engine]:
    """State 22, of an owner who is no superuser, with the setting for the whole database."""
    value, wanted, _ = DANGEROUS[setting]
    with server.connection("postgres") as cursor:
        cursor.execute(f"CREATE ROLE {OWNER} LOGIN")
    alone(
        postgres,
        f"ALTER DATABASE {postgres.url.database} OWNER TO {OWNER}",
        f"GRANT ALL ON SCHEMA public TO {OWNER}",
    )
    lineage.build(named(postgres, OWNER), 22, rows=2)
    alone(postgres, SAYS.format(setting, wanted))
    alone(postgres, f"ALTER DATABASE {postgres.url.database} SET {setting} = '{value}'")
    yield postgres
    server.drop_database(str(postgres.url.database))
    with server.connection("postgres") as cursor:
        if server.version >= 15:
            cursor.execute(f"REVOKE ALL ON PARAMETER {setting} FROM {OWNER}")
        cursor.execute(f"DROP ROLE {OWNER}")


@pytest.fixture
def home(
    server: servers.Server, setting: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> Callable[[sa.Engine, str], None]:
    """A function that brings a database home as a role, pasted into a copy and online."""

    def come(database: sa.Engine, user: str) -> None:
        with copied(server, database) as copy:
            name = str(copy.url.database)
            alone(
                copy,
                f"ALTER DATABASE {name} OWNER TO {OWNER}",
                f"ALTER DATABASE {name} SET {setting} = '{DANGEROUS[setting][0]}'",
            )
            if lifted:
                alone(copy, lifted[0].replace(str(database.url.database), name))
            answer = pasting.Place(server, name, user).paste(pasting.script("sql"))
            assert answer.error == (None, None, None)
        monkeypatch.setenv("DATABASE_URL", named(database, user).url.render_as_string(hide_password=False))
        code, out, said = run("upgrade")
        assert code == 0, (out, said)

    lifted: list[str] = []
    come.lifted = lifted  # type: ignore[attr-defined]
    return come


def test_a_superuser_s_run_lifts_it(owned: sa.Engine, home: Callable[[sa.Engine, str], None]) -> None:
    home(owned, servers.USER)


def test_a_role_that_was_given_the_right_lifts_it(
    server: servers.Server, owned: sa.Engine, setting: str, home: Callable[[sa.Engine, str], None]
) -> None:
    if server.version < 15:
        pytest.skip("the right can be given from PostgreSQL 15 on")
    alone(owned, f"GRANT SET ON PARAMETER {setting} TO {OWNER}")
    home(owned, OWNER)


def test_who_may_not_lift_it_is_refused_and_told_what_lifts_it(
    server: servers.Server,
    owned: sa.Engine,
    setting: str,
    home: Callable[[sa.Engine, str], None],
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    value, wanted, does = DANGEROUS[setting]
    name = str(owned.url.database)
    theirs = named(owned, OWNER)
    what = f"{setting} is {value}, so that {does}, and the role {OWNER} may not lift it"
    lifts = f"ALTER ROLE {OWNER} IN DATABASE {name} SET {setting} = {wanted}"
    before = server.dump_schema(name)
    monkeypatch.setenv("DATABASE_URL", theirs.url.render_as_string(hide_password=False))
    for verb in (("upgrade",), ("upgrade", "--plan")):
        code, out, said = run(*verb)
        assert code == 4, (out, said)
        assert what in said + out
        assert f"As a superuser, then connect anew: {lifts}" in said + out
    answer = pasting.Place(server, name, OWNER).paste(pasting.script("sql"))
    assert answer.error == (
        "PM004",
        what,
        f"As a superuser, then connect anew: {lifts}",
    )
    # A look writes nothing, and says what there is to say.
    assert run("status")[0] == 0
    # Where a program hands Alembic a connection of its own.
    with pytest.raises(Refused, match=f"{setting} is {value}"):
        history.upgrade(theirs)
    assert server.dump_schema(name) == before
    alone(owned, lifts)
    home.lifted.append(lifts)  # type: ignore[attr-defined]
    home(owned, OWNER)
