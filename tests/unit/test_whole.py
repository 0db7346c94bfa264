"""What judges that a database is as it was sees every change, and none where there was none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homecoming.catalog import Severity, verify
from tests.conftest import engine_of
from tests.support import history, servers, whole

CHANGES = (
    "UPDATE t SET n = 3 WHERE n = 1",
    "UPDATE t SET n = n WHERE n = 3",
    "DELETE FROM t WHERE n = 2",
    "INSERT INTO t VALUES (3)",
    "ALTER TABLE t ALTER n SET DEFAULT 1",
    "ALTER TABLE t ALTER n SET NOT NULL",
    "COMMENT ON TABLE t IS 'text'",
    "GRANT SELECT ON t TO public",
    "CREATE INDEX ON t (n)",
    "SELECT nextval('s')",
    "ALTER TYPE mood ADD VALUE 'neutral'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA other",
    "ALTER TABLE t DISABLE TRIGGER ALL",
    "SELECT lo_create(0)",
)


@pytest.fixture
def database(server: servers.Server) -> Iterator[str]:
    name = f"whole_{os.getpid()}"
    server.create_database(name)
    with server.connection(name) as cursor:
        cursor.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1), (2)) rows (n)")
        cursor.execute("CREATE SEQUENCE s; CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE r AS SELECT 3 AS n")
        cursor.execute("ALTER TABLE r ADD UNIQUE (n); ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES r (n) NOT VALID")
    yield name
    server.drop_database(name)


def test_marks(server: servers.Server, database: str) -> None:
    marks = whole.marks(server, database)
    with server.connection(database) as cursor:
        for change in CHANGES:
            if "nextval" not in change:
                cursor.execute(f"BEGIN; {change}; ROLLBACK")
                assert whole.marks(server, database) == marks, change
            cursor.execute(change)
            changed = whole.marks(server, database)
            assert changed != marks, change
            marks = changed


def test_a_clone_has_the_marks_of_its_template(server: servers.Server, database: str) -> None:
    marks = whole.marks(server, database)
    clone = f"{database}_clone"
    server.create_database(clone, template=database)
    assert whole.marks(server, clone) == marks
    server.drop_database(clone)


def test_a_copy_at_head_is_what_an_upgrade_makes(
    request: pytest.FixtureRequest, server: servers.Server, head_dump: Callable[[int], str], tmp_path: Path
) -> None:
    """And it is a database of its own: the next copy has nothing of what was done to the one before."""
    name = f"whole_head_{os.getpid()}"
    request.addfinalizer(lambda: server.drop_database(name))
    for _ in range(2):
        server.drop_database(name)
        engine = engine_of(server.create_database(name))
        history.at_head(engine)
        assert server.dump_schema(name) == head_dump(server.version)
        with engine.begin() as connection:
            assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []
            connection.exec_driver_sql("ALTER TABLE public.eventos DROP COLUMN nome")
    with pytest.raises(AssertionError, match="there is something in it"):
        history.at_head(engine)
    file = engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")
    history.at_head(file)
    with file.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == history.HEAD
