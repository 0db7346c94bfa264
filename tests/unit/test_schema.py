"""The schema at head is lineage state 22, the few additions named here, and what later revisions say, on both dialects.

What a revision after 0022 names is left out of the comparison, and nothing else is.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable

from homecoming.history.configuration import configuration
from homecoming.operations.foreseen import is_by_hand
from homecoming.operations.recorded import Said, said_by
from homecoming.schema.dialects import schema_for
from painel_migrations.schema import ENUMS, TRIGGERS, USEFUL_INDEXES, metadata
from tests.support import lineage

STATE = lineage.load(22)
POSTGRESQL = sa.create_mock_engine("postgresql+psycopg2://", print).dialect
SQLITE = sa.create_mock_engine("sqlite://", print).dialect

# Everything that revision 0022 leaves and state 22 has not.
ADDED_LABELS = {"tipousuario": ["admin", "promoter", "cliente"]}
ADDED_TRIGGERS = {
    "postgresql": ["usuarios_tipo_maiusculo"],
    "sqlite": ["usuarios_tipo_maiusculo_insert", "usuarios_tipo_maiusculo_update"],
}
ADDED_INDEXES = {
    "analytics_meep": {"idx_analytics_evento_id": "evento_id"},
    "categorias_produtos": {"idx_categorias_produtos_evento_id": "evento_id"},
    "equipamentos_eventos": {"idx_equipamentos_evento_id": "evento_id"},
    "logs_seguranca_meep": {"idx_logs_evento_id": "evento_id", "idx_logs_timestamp": "timestamp_evento"},
    "operacoes_import_export": {
        "idx_operacoes_import_export_criado_em": "criado_em",
        "idx_operacoes_import_export_evento_id": "evento_id",
        "idx_operacoes_import_export_usuario_id": "usuario_id",
    },
    "previsoes_ia": {"idx_previsoes_evento_id": "evento_id"},
    "produtos": {
        "idx_produtos_categoria": "categoria",
        "idx_produtos_empresa_id": "empresa_id",
        "idx_produtos_nome": "nome",
    },
    "sessoes_operadores": {"idx_sessoes_usuario_id": "usuario_id"},
    "validacoes_acesso": {
        "idx_validacoes_evento_id": "evento_id",
        "idx_validacoes_timestamp": "timestamp_validacao",
    },
    "validacoes_importacao": {"idx_validacoes_importacao_operacao_id": "operacao_id"},
}


def names(value: object) -> set[str]:
    """Return every name in what a revision says: of tables, columns, indexes, constraints, types."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, sa.Column):
        return names(value.name) | names(value.type)
    if isinstance(value, dict):
        return names([*value, *value.values()])
    if isinstance(value, Iterable) and not isinstance(value, sa.schema.SchemaItem):
        return {name for each in value for name in names(each)}
    return {str(name)} if (name := getattr(value, "name", None)) else set()


def later() -> list[Said]:
    """Return what the revisions after 0022 say."""
    revisions = ScriptDirectory.from_config(configuration()).walk_revisions()
    return [said for revision in revisions if not is_by_hand(revision.revision) for said in said_by(revision)]


LATER = [names(said.values) for said in later()]
LATER_NAMES = set().union(*LATER)
TABLES = [name for name in STATE["tables"] if name in metadata.tables]
"""Those of state 22 that no later revision has retired."""


def changed_later(table: str) -> set[str]:
    """Return what later revisions name together with a table."""
    return {name for each in LATER if table in each for name in each} - {table}


def but(facts: Any, left_out: set[str]) -> Any:
    """Return a table's facts without what has one of these names, or is about a column of that name."""
    kept = {
        kind: {
            key: value
            for key, value in facts[kind].items()
            if not left_out.intersection([key] if kind == "columns" else re.findall(r"\w+", f"{key} {value}"))
        }
        for kind in ("columns", "foreign_keys", "unique", "indexes")
    }
    return {**facts, **kept}


def spelled(column: sa.Column[Any]) -> str:
    """Return a column as a state's file spells it: type as PostgreSQL compiles it, nullability, default."""
    kind = column.type.compile(POSTGRESQL)
    if column.primary_key:
        kind = "SERIAL"
    elif isinstance(column.type, sa.Enum):
        kind = f"ENUM {column.type.name}"
    kind = kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
    default = column.server_default
    if default is None:
        suffix = ""
    else:
        assert isinstance(default, sa.DefaultClause)
        assert isinstance(default.arg, sa.ClauseElement)
        suffix = f" DEFAULT {default.arg.compile(dialect=POSTGRESQL)}"
    return kind + ("" if column.nullable else " NOT NULL") + suffix


def facts(table: sa.Table) -> lineage.TableFacts:
    """Return a table in the form of a state's file."""
    foreign_keys, unique = {}, {}
    for constraint in table.constraints:
        if isinstance(constraint, sa.ForeignKeyConstraint):
            (key,) = constraint.elements
            foreign_keys[str(constraint.name)] = f"{key.parent.name} -> {key.column.table.name}({key.column.name})"
        elif isinstance(constraint, sa.UniqueConstraint):
            unique[str(constraint.name)] = [column.name for column in constraint.columns]
    return {
        "columns": {column.name: spelled(column) for column in table.columns},
        "primary_key": [column.name for column in table.primary_key],
        "foreign_keys": foreign_keys,
        "unique": unique,
        "indexes": {
            str(index.name): ("UNIQUE " if index.unique else "") + ", ".join(column.name for column in index.columns)
            for index in table.indexes
        },
    }


def test_tables_are_those_of_state_22() -> None:
    assert set(metadata.tables) ^ set(STATE["tables"]) <= LATER_NAMES


@pytest.mark.parametrize("name", TABLES)
def test_table_is_that_of_state_22_and_its_added_indexes(name: str) -> None:
    expected = STATE["tables"][name].copy()
    expected["indexes"] = expected["indexes"] | ADDED_INDEXES.get(name, {})
    left_out = changed_later(name)
    expected, actual = but(expected, left_out), but(facts(metadata.tables[name]), left_out)
    assert actual == expected
    assert list(actual["columns"]) == list(expected["columns"]), "the same columns in another order"


@pytest.mark.parametrize("name", TABLES)
def test_primary_keys_are_named_as_postgresql_names_them(name: str) -> None:
    assert metadata.tables[name].primary_key.name == f"{name}_pkey"


def test_enums_are_those_of_state_22_and_the_added_labels() -> None:
    expected = {name: (*labels, *ADDED_LABELS.get(name, [])) for name, labels in STATE["enums"].items()}
    found, wanted = ({name: kinds[name] for name in kinds if name not in LATER_NAMES} for kinds in (ENUMS, expected))
    assert found == wanted


def test_every_enum_is_a_type_of_the_metadata() -> None:
    assert {kind.name: tuple(kind.enums) for kind in enum_columns(metadata).values()} == ENUMS


def enum_columns(tables: sa.MetaData) -> dict[str, sa.Enum]:
    """Return the type of every column of an enum type."""
    columns = [column for table in tables.sorted_tables for column in table.columns]
    return {str(column): column.type for column in columns if isinstance(column.type, sa.Enum)}


def test_triggers_are_those_added() -> None:
    found = {
        dialect: [trigger.name for trigger in triggers if trigger.name not in LATER_NAMES]
        for dialect, triggers in TRIGGERS.items()
    }
    assert found == {
        dialect: [name for name in triggers if name not in LATER_NAMES] for dialect, triggers in ADDED_TRIGGERS.items()
    }


def test_counts() -> None:
    """The numbers by which the documents describe what every database is brought to: state 22's, and the additions."""
    tables = STATE["tables"].values()
    assert len(tables) == 33
    assert sum(len(table["columns"]) for table in tables) == 416
    assert len(STATE["enums"]) == 19
    assert sum(len(table["foreign_keys"]) for table in tables) == 64
    assert sum(len(table["indexes"]) for table in tables) == 41
    added = {name for indexes in ADDED_INDEXES.values() for name in indexes}
    assert len(added) == 16
    assert added ^ {index.name for index in USEFUL_INDEXES} <= LATER_NAMES


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_no_index_repeats_a_key_or_another_index(table: sa.Table) -> None:
    """Leading columns of a longer key count as a repeat. ``ix_*_id`` is the application's own, and exempt."""
    keys = [tuple(table.primary_key.columns.keys())]
    keys += [tuple(c.columns.keys()) for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    indexes = [tuple(i.columns.keys()) for i in table.indexes if i.name != f"ix_{table.name}_id"]
    for index, other in itertools.permutations(keys + indexes, 2):
        assert other[: len(index)] != index


def test_every_useful_index_says_why() -> None:
    foreign = {
        index.name for index in USEFUL_INDEXES if metadata.tables[index.table].columns[index.column].foreign_keys
    }
    assert foreign == {index.name for index in USEFUL_INDEXES if index.reason.startswith("foreign key; ")}


def test_each_enum_type_is_created_once() -> None:
    """The copy for SQLite shares the types' names, and must not have them created again."""
    schema_for("sqlite")
    statements: list[str] = []

    def collect(statement: Any, *_: object, **__: object) -> None:
        statements.append(str(statement.compile(dialect=POSTGRESQL)))

    metadata.create_all(sa.create_mock_engine("postgresql+psycopg2://", collect), checkfirst=False)
    created = [statement.split()[2] for statement in statements if statement.startswith("CREATE TYPE")]
    assert sorted(created) == sorted(ENUMS)


def test_metadata_for_postgresql_is_the_schema_itself() -> None:
    assert schema_for("postgresql") is metadata


def test_metadata_for_another_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no schema for mysql: only postgresql and sqlite$"):
        schema_for("mysql")


@pytest.mark.parametrize("name", TABLES)
def test_sqlite_table_is_what_create_all_of_the_application_made(name: str) -> None:
    """Unnamed constraints included; the order of constraints is no fact."""
    application = str(CreateTable(lineage.metadata(STATE).tables[name]).compile(dialect=SQLITE))
    ours = str(CreateTable(schema_for("sqlite").tables[name]).compile(dialect=SQLITE))
    left_out = changed_later(name)
    found, wanted = (
        sorted(line.strip(", ") for line in text.splitlines() if not left_out.intersection(re.findall(r"\w+", line)))
        for text in (ours, application)
    )
    assert found == wanted
    assert "CONSTRAINT" not in ours


@pytest.mark.parametrize("name", TABLES)
def test_sqlite_indexes_are_those_of_postgresql(name: str) -> None:
    ours = facts(schema_for("sqlite").tables[name])
    assert ours["indexes"] == facts(metadata.tables[name])["indexes"]


@pytest.mark.parametrize("column", enum_columns(schema_for("sqlite")))
def test_sqlite_enum_is_text_as_long_as_its_longest_label(column: str) -> None:
    kind = enum_columns(schema_for("sqlite"))[column]
    assert kind.compile(SQLITE) == f"VARCHAR({max(len(label) for label in kind.enums)})"


@pytest.fixture(params=["OFF", "ON"], ids=["plain", "recursive_triggers"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """An SQLite database at head, with ``recursive_triggers`` off and on."""
    engine = sa.create_engine("sqlite://")
    schema = schema_for("sqlite")
    schema.create_all(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA recursive_triggers = {request.param}")
        for trigger in TRIGGERS["sqlite"]:
            connection.exec_driver_sql(trigger.statement)
        yield connection
    engine.dispose()


def usuario(tipo: object, number: int = 1) -> dict[str, object]:
    """Return the values of a user of that kind."""
    return {"cpf": f"{number:011d}", "nome": "Ana", "email": f"{number}@example.org", "senha_hash": "-", "tipo": tipo}


USUARIOS = schema_for("sqlite").tables["usuarios"]
REFUSAL = "usuarios.tipo holds a value that is no label of tipousuario"


def stored(connection: sa.Connection) -> list[object]:
    """Return every user's kind as the file holds it, past SQLAlchemy's enum."""
    return [row[0] for row in connection.exec_driver_sql("SELECT tipo FROM usuarios ORDER BY id")]


def test_sqlite_trigger_is_stored_as_written(connection: sa.Connection) -> None:
    kept = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    assert {tuple(row) for row in kept} == {(trigger.name, trigger.statement) for trigger in TRIGGERS["sqlite"]}


@pytest.mark.parametrize("sent", ["admin", "Admin", " admin ", "ADMIN"])
def test_sqlite_folds_what_is_inserted(connection: sa.Connection, sent: str) -> None:
    """The key comes back as the ORM reads it; what RETURNING says of ``tipo`` is what was sent."""
    key = connection.execute(sa.insert(USUARIOS).values(usuario(sent)).returning(USUARIOS.c.id)).scalar_one()
    assert stored(connection) == ["ADMIN"]
    assert connection.execute(sa.select(USUARIOS.c.id, USUARIOS.c.tipo)).one() == (key, "ADMIN")


def test_sqlite_folds_many_rows_of_one_statement(connection: sa.Connection) -> None:
    values = [usuario(tipo, number) for number, tipo in enumerate(["admin", "CLIENTE", "promoter"])]
    connection.execute(sa.insert(USUARIOS).returning(USUARIOS.c.id), values)
    assert stored(connection) == ["ADMIN", "CLIENTE", "PROMOTER"]


def test_sqlite_folds_what_is_updated(connection: sa.Connection) -> None:
    connection.execute(sa.insert(USUARIOS), [usuario("ADMIN", 1), usuario("CLIENTE", 2)])
    changed = connection.execute(sa.update(USUARIOS).where(USUARIOS.c.id == 2).values(tipo="promoter"))
    assert changed.rowcount == 1, "the ORM raises StaleDataError on any other count"
    assert stored(connection) == ["ADMIN", "PROMOTER"]


@pytest.mark.parametrize("sent", ["operador", "", "ADMIN;", 1])
def test_sqlite_refuses_to_insert_an_unknown_value(connection: sa.Connection, sent: object) -> None:
    with pytest.raises(IntegrityError, match=REFUSAL):
        connection.exec_driver_sql(
            "INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo) VALUES ('1', 'Ana', 'a@example.org', '-', ?)",
            (sent,),
        )
    assert stored(connection) == []


def test_sqlite_refuses_to_update_to_an_unknown_value(connection: sa.Connection) -> None:
    connection.execute(sa.insert(USUARIOS), [usuario("ADMIN", 1), usuario("CLIENTE", 2)])
    with pytest.raises(IntegrityError, match=REFUSAL):
        connection.exec_driver_sql("UPDATE usuarios SET tipo = 'operador'")
    assert stored(connection) == ["ADMIN", "CLIENTE"]


def test_sqlite_refuses_null(connection: sa.Connection) -> None:
    with pytest.raises(IntegrityError, match=r"NOT NULL constraint failed: usuarios\.tipo"):
        connection.execute(sa.insert(USUARIOS).values(usuario(None)))
    connection.execute(sa.insert(USUARIOS).values(usuario("ADMIN")))
    with pytest.raises(IntegrityError, match=r"NOT NULL constraint failed: usuarios\.tipo"):
        connection.exec_driver_sql("UPDATE usuarios SET tipo = NULL")
