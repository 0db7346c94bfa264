"""What is asked about rows, and how the answers read: counts and ids, never a value."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from homecoming import catalog
from homecoming.catalog import rows


@pytest.fixture
def empty() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def comandas(empty: sa.Connection) -> sa.Connection:
    empty.exec_driver_sql("CREATE TABLE comandas (id INTEGER PRIMARY KEY, tipo VARCHAR(7), status VARCHAR(9))")
    return empty


def insert(connection: sa.Connection, *kinds: str | None) -> None:
    connection.exec_driver_sql("INSERT INTO comandas (tipo) VALUES (?)", [(kind,) for kind in kinds])


def found(connection: sa.Connection) -> list[tuple[str, str]]:
    live = catalog.read(connection)
    return [(finding.line, finding.run) for finding in rows.check(connection, catalog.head("sqlite"), live)]


def test_labels_and_null_are_in_order(comandas: sa.Connection) -> None:
    insert(comandas, "RFID", "NFC", None)
    assert found(comandas) == []


def test_a_label_in_another_spelling(comandas: sa.Connection) -> None:
    insert(comandas, "rfid", " NFC ")
    assert found(comandas) == [
        (
            "FAIL rows comandas.tipo: expected only FISICA, VIRTUAL, RFID, NFC, found 2 rows with another value",
            "UPDATE comandas SET tipo = upper(trim(tipo)) WHERE tipo NOT IN ('FISICA', 'VIRTUAL', 'RFID', 'NFC')",
        )
    ]
    assert catalog.invalid_labels(comandas, catalog.read(comandas)) == {"comandas.tipo": 2}


def test_no_label_at_all_and_the_value_is_not_told(comandas: sa.Connection) -> None:
    insert(comandas, "segredo")
    assert found(comandas) == [
        (
            (
                "FAIL rows comandas.tipo: expected only FISICA, VIRTUAL, RFID, NFC, "
                "found 1 row with another value, 1 of them no label in any spelling"
            ),
            "Correct them. See them: SELECT tipo, count(*) FROM comandas GROUP BY tipo",
        )
    ]


def test_nothing_to_ask(empty: sa.Connection) -> None:
    assert found(empty) == []
    assert catalog.positions(empty, catalog.head("sqlite"), catalog.read(empty)) == {}


def test_only_upper_case_kinds_of_users_are_stored() -> None:
    stored, folded = rows.stored_labels("postgresql")["usuarios.tipo"]
    assert stored == ("ADMIN", "PROMOTER", "CLIENTE")
    assert folded == ("admin", "promoter", "cliente")


def test_a_dialect_without_a_reader() -> None:
    engine = sa.create_mock_engine("mysql://", lambda *_: None)
    with pytest.raises(ValueError, match=r"^no catalogue reader for mysql: only postgresql and sqlite$"):
        catalog.read(engine)  # type: ignore[arg-type]
