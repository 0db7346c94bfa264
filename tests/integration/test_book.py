"""alembic_version that says what is not so: two rows, none, or a revision nobody knows; and how each is put right."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg2
import pytest
import sqlalchemy as sa

from tests.support import history, pasting
from tests.support.command import Ran
from tests.support.history import HEAD

Run = Callable[..., Ran]


@pytest.fixture
def at_head(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A database at head, and the one that the commands go to."""
    history.at_head(database)
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("BACKUP", "off")
    return database


def change(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("other", ["0017", "0001"])
def test_two_known_revisions(at_head: sa.Engine, run: Run, other: str) -> None:
    change(at_head, f"INSERT INTO alembic_version VALUES ('{other}')")
    what = f"alembic_version has 2 rows where it may have one: {other}, {HEAD}"
    delete = f"DELETE FROM alembic_version WHERE version_num <> '{HEAD}'"
    todo = f"Keep the later, {HEAD}, then run again, and make verify: {delete}"
    for command in (("upgrade",), ("upgrade", "--plan"), ("status",), ("downgrade", "0020"), ("repair",)):
        code, _, err = run(*command)
        assert (command, code) == (command, 4)
        assert err.endswith(f"Error: {what}\nNext: {todo}\n")
    code, out, _ = run("verify")
    assert code == 1
    assert delete in out
    if at_head.dialect.name == "postgresql":
        with pytest.raises(psycopg2.Error) as pasted:
            pasting.paste(at_head, pasting.script("sql"))
        assert pasted.value.pgcode == "PM004"
        assert (pasted.value.diag.message_primary, pasted.value.diag.message_hint) == (what, todo)
    change(at_head, delete)
    assert run("verify")[0] == 0
    assert run("upgrade")[0] == 0


def test_the_same_revision_twice(at_head: sa.Engine, run: Run) -> None:
    """Somebody made the table anew, without its key."""
    change(
        at_head,
        "DROP TABLE alembic_version",
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        f"INSERT INTO alembic_version VALUES ('{HEAD}'), ('{HEAD}')",
    )
    code, _, err = run("upgrade")
    assert code == 4
    advice = err.strip().rpartition("make verify: ")[2]
    if at_head.dialect.name == "postgresql":
        with pytest.raises(psycopg2.Error) as pasted:
            pasting.paste(at_head, pasting.script("sql"))
        assert str(pasted.value.diag.message_hint).endswith(advice)
    change(at_head, *advice.split("; "))
    assert run("verify")[0] == 0


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("DROP TABLE alembic_version", "nothing"),
        ("DELETE FROM alembic_version", "nothing"),
        ("UPDATE alembic_version SET version_num = '0017'", "0017"),
    ],
    ids=["missing", "empty", "behind"],
)
def test_a_catalogue_at_head_whose_revision_is_not(at_head: sa.Engine, run: Run, damage: str, found: str) -> None:
    change(at_head, damage)
    code, out, _ = run("verify")
    assert code == 1
    assert "FAIL  revision alembic_version: The catalogue is head's, and alembic_version does not say so" in out
    assert re.search(rf"expected: {HEAD}\n +found: +{found}\n +mend: +make upgrade,", out)
    assert run("upgrade")[0] == 0
    assert run("verify")[0] == 0


def test_a_revision_nobody_knows(at_head: sa.Engine, run: Run) -> None:
    change(at_head, "UPDATE alembic_version SET version_num = 'a1b2c3d4e5f6'")
    code, out, _ = run("verify")
    assert code == 1
    way_out = re.search(r"if no copy of it is newer: (UPDATE .*)", out)
    assert way_out is not None
    assert run("health")[0] == 1
    change(at_head, way_out[1])
    assert run("verify")[0] == 0


def test_what_everybody_may_read_is_a_note(postgres: sa.Engine, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    history.at_head(postgres)
    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    assert "PUBLIC" not in run("verify")[1]
    change(
        postgres,
        "GRANT SELECT ON usuarios TO PUBLIC",
        "GRANT UPDATE (email) ON empresas TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
    )
    code, out, _ = run("verify")
    assert code == 0
    for name, rights in (("usuarios", "SELECT"), ("empresas", "UPDATE"), ("default privileges", "SELECT")):
        assert re.search(rf"NOTE  access {name}: .*\n.*\n +found: +{rights} for PUBLIC\n", out)
    change(postgres, *re.findall(r"mend: +((?:REVOKE|ALTER DEFAULT) .*)", out))
    assert "PUBLIC" not in run("verify")[1]
