"""What the application needs of the database, as it uses it: sign-up, log-in, the list of users, and every insert."""

from __future__ import annotations

import enum

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from homecoming.errors import Refused
from homecoming.schema.dialects import schema_for
from tests.support import history, lineage

ROWS = 8


class TipoUsuario(enum.Enum):
    """A user's kind, as in the application: stored and loaded by name."""

    ADMIN = "admin"
    PROMOTER = "promoter"
    CLIENTE = "cliente"


class Base(DeclarativeBase):
    """The application's own registry."""


class Usuario(Base):
    """A user, with the columns that sign-up fills."""

    __tablename__ = "usuarios"

    id: Mapped[int] = mapped_column(primary_key=True)
    cpf: Mapped[str] = mapped_column(sa.String(14))
    nome: Mapped[str] = mapped_column(sa.String(255))
    email: Mapped[str] = mapped_column(sa.String(255))
    senha_hash: Mapped[str] = mapped_column(sa.String(255))
    tipo: Mapped[TipoUsuario] = mapped_column(sa.Enum(TipoUsuario))


def build(engine: sa.Engine, *spellings: str, state: int = 12) -> None:
    """Build a state whose users' kinds are text, one user for each spelling, and with one password hash each."""
    facts = lineage.load(state)
    facts["tables"]["usuarios"]["columns"]["tipo"] = "VARCHAR(30) NOT NULL"
    tables = lineage.metadata(facts)
    tables.create_all(engine)
    lineage.seed(engine, max(ROWS, len(spellings)), lineage.enum_labels(facts))
    usuarios = tables.tables["usuarios"]
    with engine.begin() as connection:
        for number, spelling in enumerate(spellings, start=1):
            changed = {"tipo": spelling, "senha_hash": f"$2b$12${number}%s\\'ção"}
            connection.execute(usuarios.update().where(usuarios.c.id == number).values(changed))


def kinds(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        query = "SELECT CAST(tipo AS VARCHAR(30)) FROM usuarios ORDER BY id"
        return list(connection.exec_driver_sql(query).scalars())


@pytest.mark.parametrize("text", ["admin", "promoter", "cliente", "ADMIN"])
def test_sign_up_sends_text(database: sa.Engine, text: str) -> None:
    """The endpoint hands the driver a text: psycopg2 makes a literal of it, SQLite stores what it is given."""
    history.at_head(database)
    values = ("11122233344", "Maria", "maria@exemplo.br", "hash", text)
    mark = "%s" if database.dialect.name == "postgresql" else "?"
    with database.begin() as connection:
        cursor = connection.connection.cursor()
        marks = ", ".join([mark] * len(values))
        cursor.execute(f"INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo) VALUES ({marks})", values)
        cursor.close()
    assert kinds(database) == [text.upper()]


def test_sign_up_by_the_orm_and_log_in(database: sa.Engine) -> None:
    """SQLAlchemy lets a text through that is no member's name: the column has to take it."""
    history.at_head(database)
    with Session(database) as session:
        session.add(Usuario(cpf="1", nome="Ana", email="ana@exemplo.br", senha_hash="h", tipo="admin"))
        session.add(Usuario(cpf="2", nome="Rui", email="rui@exemplo.br", senha_hash="h", tipo=TipoUsuario.CLIENTE))
        session.commit()
    with Session(database) as session:
        users = session.scalars(sa.select(Usuario).order_by(Usuario.id)).all()
        assert [user.tipo for user in users] == [TipoUsuario.ADMIN, TipoUsuario.CLIENTE]
        found = session.scalars(sa.select(Usuario).where(Usuario.tipo == TipoUsuario.ADMIN)).one()
        assert found.nome == "Ana"


def test_a_changed_kind_is_folded_too(database: sa.Engine) -> None:
    history.at_head(database)
    with Session(database) as session:
        session.add(Usuario(cpf="1", nome="Ana", email="ana@exemplo.br", senha_hash="h", tipo="cliente"))
        session.commit()
        session.execute(sa.update(Usuario).values(tipo="promoter"))
        session.commit()
    assert kinds(database) == ["PROMOTER"]


@pytest.mark.parametrize("text", ["operador", "", "root"])
def test_an_unknown_kind_is_not_let_in(database: sa.Engine, text: str) -> None:
    history.at_head(database)
    with Session(database) as session:
        session.add(Usuario(cpf="1", nome="Ana", email="ana@exemplo.br", senha_hash="h", tipo=text))
        with pytest.raises(sa.exc.DBAPIError):
            session.flush()
    assert kinds(database) == []


SPELLINGS = ("ADMIN", "admin", " Admin ", "PROMOTER", "promoter  ", "\tPromoter", "CLIENTE", "cLiEnTe", "cliente\n")
FOLDED = ["ADMIN", "ADMIN", "ADMIN", "PROMOTER", "PROMOTER", "PROMOTER", "CLIENTE", "CLIENTE", "CLIENTE"]


def test_rows_of_every_spelling_come_out_upper_case(database: sa.Engine) -> None:
    build(database, *SPELLINGS)
    history.upgrade(database)
    assert kinds(database) == FOLDED


def test_the_orm_loads_every_user(database: sa.Engine) -> None:
    """A row in lower case made every load of such a user fail: that was the outage."""
    build(database, *SPELLINGS)
    history.upgrade(database)
    with Session(database) as session:
        users = session.scalars(sa.select(Usuario).order_by(Usuario.id)).all()
    assert [user.tipo.name for user in users] == FOLDED


def test_an_unknown_spelling_is_refused_and_left_alone(database: sa.Engine) -> None:
    """It is a privilege: nobody guesses it."""
    spellings = ("admin", "operador", "superadmin", "operador", "cliente", "ADMIN", "promoter", "adm")
    build(database, *spellings)
    with pytest.raises(Refused) as caught:
        history.upgrade(database)
    assert caught.value.what == "usuarios.tipo: 4 rows hold a value that is no label of tipousuario"
    assert kinds(database) == list(spellings)


def test_a_null_kind_is_refused(database: sa.Engine) -> None:
    facts = lineage.load(12)
    facts["tables"]["usuarios"]["columns"]["tipo"] = "VARCHAR(30)"
    lineage.metadata(facts).create_all(database)
    lineage.seed(database, 5, lineage.enum_labels(facts) | {"usuarios.tipo": ["admin"]})
    with pytest.raises(Refused) as caught:
        history.upgrade(database)
    assert caught.value.what == "usuarios.tipo: 1 row holds NULL where the schema needs a value"


def test_no_password_is_touched(database: sa.Engine) -> None:
    """A script once reset them."""
    query = "SELECT id, senha_hash, cpf, email FROM usuarios ORDER BY id"
    build(database, *SPELLINGS)
    with database.connect() as connection:
        before = connection.exec_driver_sql(query).all()
    assert len({row.senha_hash for row in before}) == len(SPELLINGS)
    history.upgrade(database)
    with database.connect() as connection:
        assert connection.exec_driver_sql(query).all() == before
    history.downgrade(database, "base")
    with database.connect() as connection:
        assert connection.exec_driver_sql(query).all() == before


@pytest.mark.parametrize("state", [1, 18, 27])
def test_new_rows_come_after_the_highest_id(database: sa.Engine, state: int) -> None:
    """Scripts inserted rows with their ids and left the sequences behind: the next insert met a key that was taken."""
    lineage.build(database, state, rows=ROWS)
    with database.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(
                f"UPDATE {table} SET id = 100 WHERE id = {ROWS} AND NOT {used(connection, table)}"
            )
            if database.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 3)")
    history.upgrade(database)
    tables = schema_for(database.dialect.name)
    with database.begin() as connection:
        for known in tables.sorted_tables:
            highest = connection.scalar(sa.select(sa.func.max(known.c.id))) or 0
            values = {column.name: new(column) for column in known.c if not column.primary_key}
            row = connection.execute(known.insert().values(values)).inserted_primary_key
            assert row is not None
            assert row[0] == highest + 1, known.name


def used(connection: sa.Connection, table: str) -> str:
    """SQL that says whether a row is referred to: such a row's id cannot change."""
    inspector = sa.inspect(connection)
    referring = [
        f"EXISTS (SELECT 1 FROM {child} child WHERE child.{key['constrained_columns'][0]} = {table}.id)"
        for child in inspector.get_table_names()
        for key in inspector.get_foreign_keys(child)
        if key["referred_table"] == table
    ]
    return f"({' OR '.join(referring) or '1 = 0'})"


def new(column: sa.Column[object]) -> object:
    """A value that no seeded row has; keys refer to a row that is there, or to none."""
    if column.foreign_keys:
        return (
            None
            if column.nullable
            else sa.select(sa.func.min(next(iter(column.foreign_keys)).column)).scalar_subquery()
        )
    return lineage.value(column, 999, ROWS, {})
