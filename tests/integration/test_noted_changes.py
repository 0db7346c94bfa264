"""What the way back needs is looked for where the catalogue was written to, and nowhere else: the server counts it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from homecoming.connection.engines import secure
from homecoming.operations.guarded import prepare
from tests.conftest import engine_of
from tests.support import servers

FOUND = (
    "CREATE TYPE public.cor AS ENUM ('azul', 'verde')",
    "CREATE TABLE public.pais (id serial PRIMARY KEY, nome text CONSTRAINT curto CHECK (length(nome) < 99))",
    "CREATE TABLE public.filhos (id integer, pai integer REFERENCES public.pais, cores public.cor[])",
    "CREATE INDEX por_nome ON public.pais (nome)",
    "CREATE VIEW public.nomes AS SELECT id FROM public.pais",
    "CREATE FUNCTION public.nada() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE SCHEMA fora",
    "CREATE FUNCTION fora.conta() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE DOMAIN public.moeda AS numeric",
    "CREATE TYPE fora.lugar AS (rua text)",
    "CREATE TABLE public.contas (saldo public.moeda DEFAULT fora.conta(), onde fora.lugar)",
    "CREATE TRIGGER vigia BEFORE UPDATE ON public.pais FOR EACH ROW EXECUTE FUNCTION public.nada()",
)

# Every kind of thing that pg_temp.things() looks at.
WRITES = (
    "CREATE TABLE public.netos (id integer)",
    "DROP TABLE public.filhos",
    "ALTER TABLE public.pais RENAME TO maes",
    "ALTER TABLE public.pais ADD COLUMN idade integer",
    "ALTER TABLE public.pais ALTER COLUMN nome TYPE varchar(99)",
    "ALTER TABLE public.pais ALTER COLUMN nome SET NOT NULL",
    "ALTER TABLE public.pais ALTER COLUMN nome SET DEFAULT 'x'",
    "ALTER TABLE public.pais RENAME CONSTRAINT curto TO breve",
    "ALTER TABLE public.pais DROP CONSTRAINT curto",
    "ALTER INDEX public.por_nome RENAME TO de_nome",
    "DROP INDEX public.por_nome",
    "ALTER TYPE public.cor RENAME VALUE 'azul' TO 'AZUL'",
    "CREATE OR REPLACE VIEW public.nomes AS SELECT id, 1 AS um FROM public.pais",
    "CREATE OR REPLACE FUNCTION public.nada() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "DROP TRIGGER vigia ON public.pais",
    "ALTER SEQUENCE public.pais_id_seq RESTART WITH 7",
    "ALTER SEQUENCE public.pais_id_seq OWNED BY NONE",
    "ALTER TABLE public.pais RENAME COLUMN id TO numero",
    "ALTER TABLE public.pais DISABLE TRIGGER vigia",
    "ALTER TABLE public.filhos ALTER COLUMN id SET NOT NULL, ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY",
    # Nothing of the tables is written whose definitions name them.
    "ALTER SEQUENCE public.pais_id_seq RENAME TO numeros",
    "ALTER FUNCTION public.nada() RENAME TO nulo",
    "ALTER TYPE public.cor RENAME TO tinta",
    "ALTER DOMAIN public.moeda RENAME TO valor",
    "ALTER TYPE fora.lugar RENAME TO sitio",
    "ALTER FUNCTION fora.conta() RENAME TO soma",
    "ALTER SCHEMA fora RENAME TO longe",
)
STALE = """(TABLE pg_temp.seen EXCEPT SELECT * FROM pg_temp.things())
UNION ALL (SELECT * FROM pg_temp.things() EXCEPT TABLE pg_temp.seen)"""
READS = (
    "SELECT count(*) FROM public.pais",
    "INSERT INTO public.pais (id, nome) VALUES (2, 'b')",
    "UPDATE public.pais SET nome = 'c'",
    "DELETE FROM public.pais",
)


@pytest.fixture(params=servers.available()[:1] + servers.available()[-1:])
def connection(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[sa.Connection]:
    server = server_of(request.param)
    name = f"noted_{secrets.token_hex(4)}"
    engine = engine_of(server.create_database(name))
    with engine.connect() as made, made.begin() as begun:
        for statement in FOUND:
            made.exec_driver_sql(statement)
        made.exec_driver_sql("INSERT INTO public.pais VALUES (1, 'a')")
        secure(made)
        prepare(MigrationContext.configure(made))
        made.exec_driver_sql("CALL pg_temp.note_changes()")
        yield made
        begun.rollback()
    engine.dispose()
    server.drop_database(name)


@pytest.mark.parametrize("statement", WRITES)
def test_what_is_written_to_the_catalogue_is_seen(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
    assert _seen(connection) != _noted(connection)
    connection.exec_driver_sql("CALL pg_temp.note_changes()")
    assert _seen(connection) == _noted(connection)
    # What is looked at again is all that is otherwise: the next revision would be blamed for the rest.
    assert connection.exec_driver_sql(STALE).all() == []


@pytest.mark.parametrize("statement", READS)
def test_rows_are_no_reason_to_look(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql("DELETE FROM pg_temp.seen WHERE name = 'pais'")
    connection.exec_driver_sql(statement)
    connection.exec_driver_sql("CALL pg_temp.note_changes()")
    # It was not written anew.
    assert connection.exec_driver_sql("SELECT count(*) FROM pg_temp.seen WHERE name = 'pais'").scalar() == 0


def test_what_is_undone_in_between_is_looked_at_again(connection: sa.Connection) -> None:
    with connection.begin_nested() as nested:
        connection.exec_driver_sql(WRITES[0])
        connection.exec_driver_sql("CALL pg_temp.note_changes()")
        nested.rollback()
    assert _seen(connection) != _noted(connection)


def test_a_position_is_in_no_catalogue(connection: sa.Connection) -> None:
    """A sequence at its end stands still in the catalogue: who moves it says so."""
    connection.exec_driver_sql("CALL pg_temp.ensure_sequence('pais')")
    connection.exec_driver_sql("CALL pg_temp.note_changes()")
    connection.exec_driver_sql("INSERT INTO public.pais (id) VALUES (2147483647)")
    connection.exec_driver_sql("CALL pg_temp.ensure_sequence('pais')")
    assert _seen(connection) != _noted(connection)


def test_a_server_that_does_not_count(connection: sa.Connection) -> None:
    connection.exec_driver_sql("SET LOCAL track_counts = off")
    connection.exec_driver_sql(WRITES[0])
    connection.exec_driver_sql("CALL pg_temp.note_changes()")
    assert connection.exec_driver_sql("SELECT count(*) FROM pg_temp.seen WHERE name = 'netos'").scalar_one() > 0


def _seen(connection: sa.Connection) -> str:
    return str(connection.exec_driver_sql("SELECT pg_temp.catalogue_writes()").scalar_one())


def _noted(connection: sa.Connection) -> str:
    return str(connection.exec_driver_sql("SELECT current_setting('homecoming.noted')").scalar_one())
