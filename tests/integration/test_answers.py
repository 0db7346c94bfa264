"""What PostgreSQL's answers are about, asked after the rollback: the rows, their number, a SELECT, a next command."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from homecoming.connection.answers import explain
from tests.support import advice

SECRET = "canario-do-valor"

TABLES = (
    "CREATE TABLE pai (a integer, b text, PRIMARY KEY (a, b))",
    f"CREATE TABLE filho (id integer, a integer, b text, valor integer, nome varchar(30) DEFAULT '{SECRET}')",
    "INSERT INTO pai VALUES (1, 'x')",
    "INSERT INTO filho VALUES (1, 1, 'x', 5), (2, 2, 'x', -5), (3, 3, 'y', -6), (4, NULL, 'y', NULL)",
    "ALTER TABLE filho ADD CONSTRAINT do_pai FOREIGN KEY (a, b) REFERENCES pai NOT VALID",
    "ALTER TABLE filho ADD CONSTRAINT positivo CHECK (valor > 0) NOT VALID",
    "CREATE DOMAIN nota AS integer CHECK (value > 0)",
    "CREATE TABLE reservas (sala integer, CONSTRAINT uma EXCLUDE (sala WITH =))",
    "INSERT INTO reservas VALUES (1)",
    "ALTER TABLE pai ADD CONSTRAINT depois UNIQUE (a) DEFERRABLE INITIALLY DEFERRED",
    "CREATE FUNCTION falha(n integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT 1 / (n - 4) > 5'",
)

CASES = {
    "foreign key": (
        "ALTER TABLE filho VALIDATE CONSTRAINT do_pai",
        "filho, do_pai: 2 rows: a row would refer to one that is not there",
        "SELECT ctid, * FROM public.filho r WHERE ROW(r.a, r.b) IS NOT NULL AND NOT EXISTS (SELECT FROM public.pai o",
    ),
    "check": (
        "UPDATE filho SET nome = nome",
        "filho, positivo: 2 rows: a row would break it",
        "SELECT ctid, * FROM public.filho WHERE NOT ((valor > 0))",
    ),
    "not null": (
        "ALTER TABLE filho ALTER valor SET NOT NULL",
        "filho, valor: 1 row: a row would lack a value that is required",
        "Give them a value, then run again. See them: SELECT ctid, * FROM public.filho WHERE valor IS NULL",
    ),
    "domain": ("SELECT (-1)::nota", "nota", "Correct those rows"),
    "exclusion": (
        "INSERT INTO reservas VALUES (1)",
        "reservas, uma: a row would break it",
        "ALTER TABLE public.reservas DROP CONSTRAINT uma",
    ),
    "deferred": (
        "INSERT INTO pai VALUES (1, 'z'); SET CONSTRAINTS ALL IMMEDIATE",
        "pai, depois: a value would occur twice in what is unique",
        "ALTER TABLE public.pai DROP CONSTRAINT depois",
    ),
    "number": ("SELECT 99999999999::integer", "a number is too large for its column", "Correct those values"),
    "text": (f"SELECT '{SECRET}'::integer", "a value does not fit its column", "Correct those values"),
    "long row": (
        "CREATE INDEX longo ON filho (repeat(nome || id, 200000))",
        "",
        "Shorten what is named, or drop it, then run again",
    ),
    "in use": (
        "DECLARE c CURSOR FOR SELECT * FROM filho; FETCH c; DROP TABLE filho",
        "filho",
        "COMMIT what this session has begun, then run again",
    ),
}


@pytest.fixture
def place(postgres: sa.Engine) -> sa.Engine:
    with postgres.begin() as connection:
        for statement in TABLES:
            connection.exec_driver_sql(statement)
    return postgres


def explained(place: sa.Engine, statements: str) -> tuple[str, str]:
    with place.connect() as connection:
        with pytest.raises(sa.exc.DBAPIError) as caught:
            connection.exec_driver_sql(statements, execution_options={"no_parameters": True})
        connection.rollback()
        connection.exec_driver_sql("SET search_path = pg_catalog, pg_temp")
        connection.commit()
        found = explain(connection, caught.value)
    assert found is not None
    assert SECRET not in "".join(found)
    return found


@pytest.mark.parametrize("case", CASES)
def test_an_answer_names_its_rows(place: sa.Engine, case: str) -> None:
    statements, what, todo = CASES[case]
    said = explained(place, statements)
    assert what in said[0]
    assert todo in said[1]
    assert "report" not in said[1]
    advice.try_out(place, ". ".join(said))


def test_an_expression_that_fails_by_itself_hides_no_answer(place: sa.Engine) -> None:
    """Its rows cannot be asked for, and the constraint is named all the same."""
    with place.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE filho ADD CONSTRAINT fragil CHECK (valor < 9 OR falha(id)) NOT VALID")
        connection.exec_driver_sql("ALTER TABLE filho DROP CONSTRAINT positivo")
    what, todo = explained(place, "UPDATE filho SET valor = 10 WHERE id = 1")
    assert what.startswith("filho, fragil: a row")
    assert "ALTER TABLE public.filho DROP CONSTRAINT fragil" in todo


def test_columns_that_a_role_may_not_read_are_named(place: sa.Engine) -> None:
    """With the statement that opens them, which the owner can run; then the role reads them."""
    role = f"leitor_{place.url.database}"
    change(
        place,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT (id, a) ON filho TO {role}",
    )
    theirs = sa.create_engine(place.url.set(username=role), poolclass=NullPool)
    try:
        said = explained(theirs, "SELECT valor FROM public.filho")
        assert said == (
            "filho: permission denied for table filho",
            f"As postgres, then run again: GRANT SELECT (b, valor, nome) ON public.filho TO {role}",
        )
        advice.carry_out(place, said[1])
        with theirs.connect() as connection:
            assert len(connection.exec_driver_sql("SELECT * FROM public.filho").all()) == 4
        # Nothing of another table is open to it.
        assert explained(theirs, "SELECT a FROM public.pai")[1] == "Connect as postgres, then run again"
    finally:
        change(place, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def change(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
