"""A checksum is the same in every version and encoding, and no cell that changes escapes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.backup import checksums, contents, manifest
from homecoming.connection.engines import make_engine
from tests.conftest import engine_of
from tests.support import lineage, servers
from tests.support.command import Ran

# Two values of each type, which differ in as little as two can.
VALUES = {
    "smallint": ("1", "-1"),
    "integer": ("0", "2147483647"),
    "bigint": ("1", "4294967297"),
    "numeric": ("1.0", "1.00"),
    "numeric(10,2)": ("5.00", "-5.00"),
    "real": ("0.1", "0.10000001"),
    "double precision": ("0", "-0"),
    "boolean": ("false", "true"),
    "text": ("", "ç"),
    "varchar(20)": ("a", "a "),
    "char(5)": ("a", "b"),
    '"char"': ("a", "b"),
    "name": ("a", "b"),
    "bytea": (r"\x00", r"\x0000"),
    "date": ("2026-02-28", "infinity"),
    "time": ("10:00", "10:00:00.000001"),
    "timestamp": ("1970-01-01", "1970-01-01 00:00:00.000001"),
    "timestamptz": ("9999-12-31 23:59:59.999998+00", "9999-12-31 23:59:59.999999+00"),
    "interval": ("1 day", "24 hours"),
    "json": ('{"a": 1}', '{"a":1}'),
    "jsonb": ("[1.0]", "[1.00]"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"),
    "inet": ("10.0.0.1", "10.0.0.1/8"),
    "text[]": ("{}", "{NULL}"),
    "mood": ("good", "bad"),
    "pair": ("(1,)", '(1,"")'),
    "short": ("a", "b"),
}
# What the table of all first values has in every version, on machines of the usual byte order, and in every encoding.
SAME = {checksums.QUICK: "fc2109208cb660be", checksums.SHA256: "eb439995f6a33e77"}
METHODS = tuple(SAME)


def build(engine: sa.Engine, encoding: str = "UTF8") -> None:
    """Make a table of all types, with the first values, and a row of nothing."""
    columns = ", ".join(f"c{number:02} {kind}" for number, kind in enumerate(VALUES))
    values = ", ".join("'" + first.replace("'", "''") + "'" for first, _ in VALUES.values())
    with engine.begin() as connection:
        for statement in (
            "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TYPE pair AS (a integer, b text)",
            "CREATE DOMAIN short AS varchar(3)",
            f"CREATE TABLE tried ({columns})",
            f"INSERT INTO tried VALUES ({values}), ({', '.join(['NULL'] * len(VALUES))})",
            "UPDATE tried SET c08 = 'não: ' || c08 WHERE c08 IS NOT NULL",
        ):
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def counted(engine: sa.Engine, method: str, change: str = "") -> manifest.Count:
    """Return what is in the table after a change that is taken back."""
    looking = make_engine(engine.url)
    with looking.connect() as connection:
        if change:
            connection.exec_driver_sql(change, execution_options={"no_parameters": True})
        (table,) = [one for one in contents.tables_of(connection) if one.name.endswith("tried")]
        return contents.count(connection, table, method)


@pytest.mark.parametrize("method", METHODS)
def test_it_is_the_same_in_every_version(postgres: sa.Engine, method: str) -> None:
    build(postgres)
    assert counted(postgres, method) == manifest.Count(2, SAME[method])


@pytest.mark.parametrize("method", METHODS)
def test_it_is_the_same_in_another_encoding(server: servers.Server, postgres: sa.Engine, method: str) -> None:
    with server.connection("postgres") as cursor:
        cursor.execute("DROP DATABASE IF EXISTS latin WITH (FORCE)")
        cursor.execute("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    engine = engine_of(postgres.url.set(database="latin").render_as_string(hide_password=False))
    build(engine)
    assert counted(engine, method) == manifest.Count(2, SAME[method])
    engine.dispose()
    server.drop_database("latin")


@pytest.mark.parametrize("method", METHODS)
def test_each_type_that_changes_is_seen(postgres: sa.Engine, method: str) -> None:
    build(postgres)
    seen = {counted(postgres, method).checksum}
    for number, (kind, (_, other)) in enumerate(VALUES.items()):
        for value in (f"'{other}'", "NULL"):
            change = f"UPDATE public.tried SET c{number:02} = {value} WHERE c01 IS NOT NULL"
            found = counted(postgres, method, change).checksum
            assert found not in seen, (kind, value)
            seen.add(found)


@pytest.mark.parametrize("method", METHODS)
def test_values_that_change_places_are_seen(postgres: sa.Engine, method: str) -> None:
    """Between rows, between columns, and in rows that are there twice."""
    with postgres.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE tried (a integer, b integer, t text, u text)")
        connection.exec_driver_sql("INSERT INTO tried VALUES (1, 2, 'x', 'y'), (3, 4, 'z', ''), (5, 5, 'v', 'v')")
        connection.exec_driver_sql("INSERT INTO tried SELECT 9, 9, 'w', 'w' FROM generate_series(1, 2)")
    seen = {counted(postgres, method).checksum}
    for change in (
        "UPDATE public.tried SET a = 4 - a WHERE a < 5",
        "UPDATE public.tried SET a = b, b = a",
        "UPDATE public.tried SET t = u, u = t",
        "UPDATE public.tried SET a = 8, b = 8 WHERE a = 9",
        "UPDATE public.tried SET a = NULL, b = NULL WHERE a = 5",
        "UPDATE public.tried SET t = NULL, u = NULL WHERE a = 5",
        "UPDATE public.tried SET b = a, u = t",
    ):
        found = counted(postgres, method, change)
        assert found.rows == 5
        assert found.checksum not in seen, change
        seen.add(found.checksum)


@pytest.mark.parametrize("columns", [0, 1600], ids=["none", "as many as there can be"])
def test_however_many_columns_there_are(postgres: sa.Engine, columns: int) -> None:
    with postgres.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE tried ({', '.join(f'c{n} text' for n in range(columns))})")
        connection.exec_driver_sql("INSERT INTO tried DEFAULT VALUES")
    found = counted(postgres, checksums.QUICK)
    assert found.rows == 1
    assert counted(postgres, checksums.QUICK, "INSERT INTO public.tried DEFAULT VALUES").checksum != found.checksum


@pytest.fixture
def backed_up(
    postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[Path, dict[str, object]]]:
    """What makes a backup of a database with rows: its manifest, and what is in that."""
    lineage.build(postgres, 18, rows=2)
    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))

    def make() -> tuple[Path, dict[str, object]]:
        assert run("backup")[0] == 0
        (path,) = Path("backups").glob("*.json")
        return path, json.loads(path.read_text())

    return make


def test_a_backup_of_before_is_proven(
    backed_up: Callable[[], tuple[Path, dict[str, object]]], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its manifest does not say by what its checksums were made."""
    monkeypatch.setattr(checksums, "best", lambda connection: checksums.SHA256)
    path, document = backed_up()
    assert document.pop("checksums") == checksums.SHA256
    path.write_text(json.dumps(document))
    assert run("drill")[0] == 0
    assert json.loads(path.read_text())["checksums"] == checksums.SHA256


def test_a_server_of_another_byte_order_makes_what_every_one_has(
    backed_up: Callable[[], tuple[Path, dict[str, object]]], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checksums, "_ANSWER", 0)
    assert backed_up()[1]["checksums"] == checksums.SHA256
    monkeypatch.undo()


def test_what_was_made_on_another_byte_order_is_refused(
    backed_up: Callable[[], tuple[Path, dict[str, object]]], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert backed_up()[1]["checksums"] == checksums.QUICK
    assert run("backup-verify")[0] == 0
    monkeypatch.setattr(checksums, "_ANSWER", 0)
    code, _, err = run("backup-verify")
    assert (code, "of machines of another byte order" in err) == (4, True)


def test_checksums_that_are_not_known_are_refused(
    backed_up: Callable[[], tuple[Path, dict[str, object]]], run: Callable[..., Ran]
) -> None:
    path, document = backed_up()
    path.write_text(json.dumps(document | {"checksums": "hash128"}))
    code, _, err = run("backup-verify", str(path.with_suffix("")))
    assert (code, "is not a manifest that this version can read" in err) == (4, True)


@pytest.mark.parametrize("method", METHODS)
def test_a_cast_of_an_enums_owner_says_nothing(postgres: sa.Engine, method: str) -> None:
    """Nobody else's function runs with the rights of who makes a backup, and two labels are two values."""
    with postgres.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TYPE humor AS ENUM ('a', 'b'); CREATE TABLE public.tried (h humor); "
            "INSERT INTO public.tried VALUES ('a'); "
            "CREATE FUNCTION igual(humor) RETURNS text LANGUAGE sql AS 'SELECT ''x'''; "
            "CREATE CAST (humor AS text) WITH FUNCTION igual(humor)"
        )
    assert counted(postgres, method) != counted(postgres, method, "UPDATE public.tried SET h = 'b'")
