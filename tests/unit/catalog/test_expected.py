"""What head should look like, spelled as each database spells it, without asking one."""

import pytest
import sqlalchemy as sa

from homecoming import catalog
from homecoming.catalog.expected_postgresql import format_type
from painel_migrations.schema import ENUMS, metadata


def definitions(dialect: str, table: str) -> dict[tuple[str, str], str]:
    return {key: fact.definition for key, fact in catalog.head(dialect).items() if table in fact.tables}


def test_usuarios_on_postgresql() -> None:
    found = definitions("postgresql", "usuarios")
    assert found["column", "usuarios.id"] == "integer NOT NULL DEFAULT nextval('usuarios_id_seq'::regclass)"
    assert found["column", "usuarios.cpf"] == "character varying(14) NOT NULL"
    assert found["column", "usuarios.criado_em"] == "timestamp with time zone DEFAULT now()"
    assert found["primary key", "usuarios.usuarios_pkey"] == "PRIMARY KEY (id)"
    assert found["unique", "usuarios.usuarios_email_key"] == "UNIQUE (email)"
    assert found["index", "usuarios.ix_usuarios_cpf"] == "UNIQUE btree (cpf)"
    assert found["enum", "tipousuario"] == "'ADMIN', 'PROMOTER', 'CLIENTE', 'admin', 'promoter', 'cliente'"
    assert found["sequence", "usuarios_id_seq"] == (
        "AS integer START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1 OWNED BY usuarios.id"
    )
    assert found["trigger", "usuarios.usuarios_tipo_maiusculo"] == (
        "BEFORE INSERT OR UPDATE OF tipo ON usuarios FOR EACH ROW EXECUTE FUNCTION usuarios_tipo_maiusculo()"
    )


def test_usuarios_on_sqlite() -> None:
    found = definitions("sqlite", "usuarios")
    assert found["column", "usuarios.id"] == "INTEGER NOT NULL"
    assert found["column", "usuarios.tipo"] == "VARCHAR(8) NOT NULL"
    assert found["column", "usuarios.criado_em"] == "DATETIME DEFAULT current_timestamp"
    assert found["primary key", "usuarios"] == "PRIMARY KEY (id)"
    assert found["unique", "usuarios(email)"] == "UNIQUE"
    assert found["index", "usuarios.ix_usuarios_cpf"] == "UNIQUE (cpf)"


def test_foreign_keys() -> None:
    on_postgresql = definitions("postgresql", "produtos")["foreign key", "produtos.produtos_empresa_id_fkey"]
    assert on_postgresql == "FOREIGN KEY (empresa_id) REFERENCES empresas(id)"
    assert definitions("sqlite", "produtos")["foreign key", "produtos(empresa_id)"] == "REFERENCES empresas(id)"


def test_every_enum_and_table_is_expected() -> None:
    head = catalog.head("postgresql")
    assert {fact.name for fact in head.of_kind("enum")} == set(ENUMS)
    assert head.tables == set(metadata.tables) == catalog.head("sqlite").tables


@pytest.mark.parametrize(
    ("kind", "spelled"),
    [
        (sa.String(14), "character varying(14)"),
        (sa.String(), "character varying"),
        (sa.Numeric(10, 2), "numeric(10,2)"),
        (sa.DateTime(timezone=True), "timestamp with time zone"),
        (sa.DateTime(), "timestamp without time zone"),
        (sa.Double(), "double precision"),
        (sa.Enum("a", name="Cor"), '"Cor"'),
        (sa.Enum("a", "bb", native_enum=False), "character varying(2)"),
    ],
)
def test_format_type(kind: sa.types.TypeEngine[object], spelled: str) -> None:
    assert format_type(kind) == spelled


def test_a_constraint_nobody_can_spell_is_said_to_be_so() -> None:
    """Left out in silence it would be reported as drift on every database."""

    class Odd(sa.Constraint):
        pass

    odd = sa.MetaData()
    sa.Table("t", odd, sa.Column("id", sa.Integer, primary_key=True)).append_constraint(Odd())
    with pytest.raises(NotImplementedError, match=r"^t: the catalogue cannot spell Odd$"):
        catalog.expected("postgresql", odd, triggers=())


def test_other_dialects_are_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        catalog.expected("mysql")
