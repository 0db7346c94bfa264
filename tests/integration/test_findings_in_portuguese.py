"""What verify finds, as it is printed in Portuguese: on each kind of database, the most met differences."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from homecoming import catalog
from homecoming.catalog.printed import print_findings
from homecoming.language import ENGLISH, PORTUGUESE, use
from tests.support import history

DRIFT = """
ALTER TABLE usuarios DROP COLUMN cpf;
DROP INDEX ix_eventos_id;
ALTER TABLE eventos ADD COLUMN extra integer;
"""
SAID = """\
FAIL  coluna usuarios.cpf: A aplicação cita esta coluna em toda consulta da tabela; todas falham.
      esperado:   character varying(14) NOT NULL
      encontrado: nada
      conserto:   ALTER TABLE usuarios ADD COLUMN cpf character varying(14) NOT NULL
FAIL  índice eventos.ix_eventos_id: As consultas que ele atende leem a tabela inteira; um índice único também mantém \
os valores únicos.
      esperado:   btree (id)
      encontrado: nada
      conserto:   CREATE INDEX ix_eventos_id ON eventos USING btree (id)
NOTE  coluna eventos.extra: O head não o conhece e nada da aplicação precisa dele; é deixado em paz.
      esperado:   nada
      encontrado: integer
"""


@pytest.fixture(autouse=True)
def in_portuguese() -> Iterator[None]:
    use(PORTUGUESE)
    yield
    use(ENGLISH)


@pytest.mark.parametrize("server", [16], indirect=True)
def test_of_a_server(postgres: sa.Engine, capsys: pytest.CaptureFixture[str]) -> None:
    history.upgrade(postgres)
    with postgres.begin() as connection:
        connection.exec_driver_sql(DRIFT)
    capsys.readouterr()
    with postgres.connect() as connection:
        findings = catalog.verify(connection)
    print_findings(findings)
    assert capsys.readouterr().out == SAID
    # What machines read stays as it is.
    assert findings[0].as_dict()["why"].startswith("The application names this column")


def test_of_a_file(sqlite: sa.Engine, capsys: pytest.CaptureFixture[str]) -> None:
    history.upgrade(sqlite)
    with sqlite.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_eventos_id")
        connection.exec_driver_sql("INSERT INTO empresas (id, nome, cnpj, email, ativa) VALUES (1, x'00', 'c', 'e', 1)")
    capsys.readouterr()
    with sqlite.connect() as connection:
        print_findings(catalog.verify(connection))
    said = capsys.readouterr().out
    assert "FAIL  índice eventos.ix_eventos_id: As consultas" in said
    assert "FAIL  linhas empresas.nome: A aplicação não consegue carregar a linha" in said
    assert "encontrado: 1 linha com um valor que não pode ser carregado\n" in said
    assert "conserto:   Corrija-as, depois: make verify. Veja-as: SELECT id, typeof(nome), nome FROM" in said
