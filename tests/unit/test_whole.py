"""What judges that a database is as it was sees every change, and none where there was none."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support import servers, whole

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
