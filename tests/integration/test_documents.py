"""What a verb prints for a program to read is one document, whatever happened on the way to the database."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support import history
from tests.support.command import Ran


@pytest.mark.parametrize("verb", ["verify", "health", "history"])
def test_a_way_that_fails_is_told_on_standard_error(
    postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    history.at_head(postgres)
    monkeypatch.setenv("DATABASE_URL", "postgresql://painel@127.0.0.1:1/painel")
    monkeypatch.setenv("DATABASE_ALTERNATIVE_URLS", postgres.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    code, out, err = run(verb, "--format", "json")
    assert code == 0
    assert json.loads(out)["database"]
    assert "Connection refused" in err


def test_a_number_of_a_person_in_a_definition_is_not_repeated(
    database: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CPF that somebody wrote into the condition of an index."""
    cpf = "529.982.247-25"
    history.at_head(database)
    with database.begin() as connection:
        connection.exec_driver_sql(f"CREATE INDEX ix_um ON usuarios (nome) WHERE cpf = '{cpf}'")
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    for arguments in (("verify",), ("verify", "--format", "json"), ("repair", "--plan"), ("health",), ("repair",)):
        _, out, err = run(*arguments)
        assert cpf not in out + err
    assert run("verify")[0] == 0


def test_a_number_of_a_person_in_a_name_is_not_repeated(
    database: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index, and a table that gives numbers, which somebody called by a CPF."""
    cpf = "529.982.247-25"
    history.at_head(database)
    number = "serial" if database.dialect.name == "postgresql" else "INTEGER"
    with database.begin() as connection:
        connection.exec_driver_sql(f'CREATE INDEX "ix {cpf}" ON usuarios (nome)')
        connection.exec_driver_sql(f'CREATE TABLE "de {cpf}" (id {number} PRIMARY KEY)')
        connection.exec_driver_sql(f'INSERT INTO "de {cpf}" (id) VALUES (1)')
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    for arguments in (("health",), ("health", "--format", "json"), ("metrics",)):
        _, out, err = run(*arguments)
        assert "•••" in out
        assert cpf not in out + err
