"""Who pastes: the owner of the tables is enough, no superuser is needed; whoever may not is told so."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import engine_of
from tests.integration.console.conftest import ROWS, STATE, VERSIONS
from tests.support import conservation, lineage, servers
from tests.support.pasting import DONE, NOTHING, Place, script

_numbers = itertools.count(1)


@pytest.fixture(params=VERSIONS, ids=lambda version: f"pg{version}")
def owned(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[Place]:
    """A database with rows whose tables belong to a role that is no superuser, and to whom public is open."""
    server = server_of(request.param)
    role = f"dono_{os.getpid()}_{next(_numbers)}"
    place = Place(server, role)
    server.create_database(place.name)
    place.run(f"CREATE ROLE {role} LOGIN", f"GRANT CREATE ON SCHEMA public TO {role}")
    url = engine_of(server.url(place.name)).url.set(username=role)
    lineage.build(engine_of(url.render_as_string()), STATE, rows=ROWS)
    yield place.as_(role)
    server.drop_database(place.name)
    Place(server, "postgres").run(f"DROP ROLE {role}")


@pytest.mark.parametrize("right", ["owner", "create"])
def test_owner_of_the_tables(owned: Place, head_dump: Callable[[int], str], right: str) -> None:
    """The database is theirs, or they may make schemas in it: `retired` is one. Up, twice, and back."""
    how = {"owner": "ALTER DATABASE {0} OWNER TO {0}", "create": "GRANT CREATE ON DATABASE {0} TO {0}"}[right]
    owned.run(how.format(owned.name))
    cells = conservation.take(owned.engine)
    assert DONE in owned.paste(script("sql")).said
    owned.assert_at_head(cells)
    assert owned.server.dump_schema(owned.name) == head_dump(owned.server.version)
    assert NOTHING in owned.paste(script("sql", "--style", "escaped")).said
    assert "Done: at base" in owned.paste(script("sql-rollback", "--to", "base")).said
    assert conservation.missing(cells, owned.engine) == []


def test_who_may_not_make_a_schema(owned: Place) -> None:
    """What is retired needs a schema of its own, which only who has CREATE on the database can make."""
    before = owned.whole()
    assert owned.paste(script("sql")).error == (
        "42501",
        f"revision 0005: permission denied for database {owned.name} (42501)",
        "Nothing was changed. Connect as the owner of the tables and of the database, then paste again",
    )
    assert owned.whole() == before


def test_who_owns_nothing(owned: Place) -> None:
    """A role that may read and write all rows, as an application's has, is not enough."""
    stranger = f"{owned.user}_leitor"
    owned.run(
        f"CREATE ROLE {stranger} LOGIN",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {stranger}",
        f"GRANT CREATE ON SCHEMA public TO {stranger}",
        f"GRANT CREATE ON DATABASE {owned.name} TO {stranger}",
    )
    before = owned.whole()
    try:
        assert owned.as_(stranger).paste(script("sql")).error == (
            "42501",
            "revision 0003: empresas_id_seq: permission denied for sequence empresas_id_seq (42501)",
            (
                f"Nothing was changed. Connect as {owned.user}, or let this role be it, then paste again: "
                f"GRANT {owned.user} TO {stranger}"
            ),
        )
        assert owned.whole() == before
    finally:
        owned.run(f"DROP OWNED BY {stranger}", f"DROP ROLE {stranger}")
