"""What verify says of SQLite values: a fault where SQLAlchemy cannot load them as what their type promises."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from homecoming import catalog
from homecoming.catalog import rows
from homecoming.schema.dialects import schema_for

SCHEMA = schema_for("sqlite").tables


def _of_each_type() -> dict[str, sa.Column[Any]]:
    """Return a column of each type of the schema but enums, that is no key and refers to nothing."""
    found: dict[str, sa.Column[Any]] = {}
    for table in SCHEMA.values():
        for column in table.columns:
            if not (column.primary_key or column.foreign_keys or isinstance(column.type, sa.Enum)):
                found.setdefault(type(column.type).__name__, column)
    return found


COLUMNS = _of_each_type()


@pytest.fixture(scope="module")
def connection() -> Iterator[sa.Connection]:
    """Tables with the columns of the schema, and none of their constraints."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as opened:
        for column in COLUMNS.values():
            declared = column.type.compile(engine.dialect)
            opened.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {column.table.name} (id INTEGER PRIMARY KEY)")
            opened.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {column.name} {declared}")
        yield opened
    engine.dispose()


def put(connection: sa.Connection, column: sa.Column[Any], *values: Any, as_text: bool = False) -> None:
    value = "CAST(? AS TEXT)" if as_text else "?"
    connection.exec_driver_sql(f"DELETE FROM {column.table.name}")
    for given_value in values:
        connection.exec_driver_sql(f"INSERT INTO {column.table.name} ({column.name}) VALUES ({value})", (given_value,))


def findings(connection: sa.Connection) -> dict[str, tuple[str, str]]:
    # Read once: an example is a row, and the tables stay as they are.
    live = connection.info["live"] = connection.info.get("live") or catalog.read(connection)
    checked = rows.check(connection, catalog.head("sqlite"), live)
    return {finding.object: (finding.found, finding.run) for finding in checked}


def loads(connection: sa.Connection, column: sa.Column[Any]) -> bool:
    """Load the one row as the application does: under the type of its model."""
    try:
        value = connection.execute(sa.select(column)).scalar_one()
    except Exception:
        return False
    if isinstance(column.type, sa.Boolean):
        # It makes True of every text, "f" included.
        stored = connection.execute(sa.select(sa.type_coerce(column, sa.LargeBinary))).scalar_one()
        return stored is None or isinstance(stored, int)
    return value is None or type(value) is column.type.python_type


MOMENTS = st.one_of(
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.dates().map(str),
    st.from_regex(
        r"(20)?2[0-9]-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?)?(Z|\+03:00)?",
        fullmatch=True,
    ),
    st.from_regex(r"[0-9]{2}/[0-9]{2}/20[0-9]{2}", fullmatch=True),
)
CELLS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    MOMENTS,
    st.sampled_from(["t", "f", "true", "0", "1", "10,50", "R$ 5", "1e400", "nan", "", " ", "[1", "a\0b", "ç", "1.5"]),
)  # fmt: skip


@pytest.mark.parametrize("kind", COLUMNS)
@example_settings(max_examples=100)
@given(cell=CELLS, as_text=st.booleans())
def test_a_fault_exactly_where_loading_fails(connection: sa.Connection, kind: str, cell: Any, as_text: bool) -> None:
    column = COLUMNS[kind]
    put(connection, column, cell, as_text=as_text and isinstance(cell, bytes))
    name = f"{column.table.name}.{column.name}"
    assert (name not in findings(connection)) == loads(connection, column)
    put(connection, column)


@pytest.mark.parametrize(
    ("kind", "odd", "shown"),
    [
        ("Integer", [b"\x01", 1.5, "dez"], "typeof({}) NOT IN ('null', 'integer')"),
        ("Boolean", ["t", b"", "f"], "typeof({}) NOT IN ('null', 'integer')"),
        ("DateTime", [1718000000, 1.5, "10/06/2025 20:00"], "id IN (2, 3, 4)"),
        ("Numeric", ["10,50", "R$ 5", b"5"], "typeof({}) NOT IN ('null', 'integer', 'real')"),
        ("Date", ["2025-06-10 20:00:00", 20250610, "2025-02-30"], "id IN (2, 3, 4)"),
        ("String", [b"Maria", b"\xff", b""], "typeof({}) NOT IN ('null', 'text')"),
    ],
)
def test_what_is_said(connection: sa.Connection, kind: str, odd: list[Any], shown: str) -> None:
    """How many rows, of which column, and a SELECT that shows exactly these; none of their values."""
    column = COLUMNS[kind]
    good = {"Integer": 1, "Boolean": 1, "Numeric": 5, "String": "a"}.get(kind, "2025-06-10")
    put(connection, column, good, *odd, None, good)
    ((name, (found, run)),) = findings(connection).items()
    assert name == f"{column.table.name}.{column.name}"
    assert found == "3 rows with a value that cannot be loaded"
    where = shown.format(column.name)
    seen = f"SELECT id, typeof({column.name}), {column.name} FROM {column.table.name} WHERE {where}"
    assert run == f"Correct them, then: make verify. See them: {seen}"
    with contextlib.closing(connection.exec_driver_sql(seen, execution_options={"no_parameters": True})) as result:
        assert [row.id for row in result] == [2, 3, 4]
    put(connection, column)


def test_text_that_is_no_text(connection: sa.Connection) -> None:
    """As a tool leaves it that wrote Latin-1: SQLite keeps the bytes, and Python cannot read them."""
    column = COLUMNS["String"]
    put(connection, column, "São João".encode("latin-1"), b"ok", "São João".encode(), as_text=True)
    ((_, (found, run)),) = findings(connection).items()
    assert (found, run.endswith(" WHERE id IN (1)")) == ("1 row with a value that cannot be loaded", True)
    put(connection, column)
