"""Fifty changes of the schema, a revision generated for each, and a database that takes them one after the other.

Run in a clone: standard input is a JSON object with the database's URL, how many changes, and after how many of them
something is damaged and repaired. Standard output is a JSON object: what is left to say, empty where all is well.
"""

from __future__ import annotations

import json
import logging
import sys
from argparse import Namespace
from typing import Any

import sqlalchemy as sa
from alembic import command

from homecoming import catalog
from homecoming.authoring.reference import Reference, reference
from homecoming.authoring.words import words
from homecoming.history.configuration import configuration
from homecoming.operations.copies import natural_keys
from homecoming.schema.dialects import schema_for
from painel_migrations.schema import metadata
from tests.support.authored import Journey
from tests.support.revisions import HEAD


def add(table: str, column: sa.Column[Any]) -> None:
    """A column joins the schema."""
    metadata.tables[table].append_column(column, replace_existing=True)


def drop(table: str, name: str) -> None:
    """A column leaves the schema, with its indexes."""
    owner = metadata.tables[table]
    column = owner.c[name]
    for index in [each for each in owner.indexes if name in each.columns]:
        owner.indexes.discard(index)
    for constraint in [each for each in owner.constraints if name in getattr(each, "columns", ())]:
        owner.constraints.discard(constraint)
    owner._columns.remove(column)  # the one way to take a column from a table


def label(name: str, *labels: str) -> None:
    """An enum has other labels."""
    kind = sa.Enum(*labels, name=name)
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.Enum) and column.type.name == name:
                column.type = kind


def change(number: int) -> None:
    """Change the schema, each time in another way."""
    turn, place = divmod(number, 10)
    name = f"campo_{turn}"
    if place == 0:
        add("eventos", sa.Column(name, sa.String(20)))
    elif place == 1:
        add("eventos", sa.Column(f"nota_{turn}", sa.Integer, nullable=False, server_default="0"))
    elif place == 2:
        metadata.tables["eventos"].c[name].type = sa.String(90)
    elif place == 3:
        sa.Index(f"ix_eventos_{name}", metadata.tables["eventos"].c[name])
    elif place == 4:
        drop("eventos", name)
        add("eventos", sa.Column(f"novo_{turn}", sa.String(90), info={"was": name}))
    elif place == 5:
        columns = sa.Column("id", sa.Integer, primary_key=True, index=True), sa.Column("nome", sa.String(30))
        sa.Table(f"festa_{turn}", metadata, *columns, sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")))
    elif place == 6:
        labels = ("ATIVO", "INATIVO", "CANCELADO", *(f"NOVO_{one}" for one in range(turn + 1)))
        label("statusevento", *labels)
    elif place == 7:
        table = metadata.tables[f"festa_{turn}"]
        table.append_constraint(sa.UniqueConstraint("nome", name=f"festa_{turn}_nome_key"))
    elif place == 8:
        drop("eventos", f"nota_{turn}")
    else:
        drop("empresas", ("telefone", "endereco", "ativa", "atualizado_em", "criado_em")[turn])


def forget() -> None:
    """What was kept of the schema before is asked anew."""
    for kept in (catalog.head, schema_for, natural_keys):
        kept.cache_clear()


def write(made: Reference, number: int) -> list[str]:
    """Write a revision, and return what it does not make."""
    config = configuration(written_against=made)
    config.cmd_opts = Namespace(cmd=(command.revision, [], []), quiet=True, x=None, rev_id=None, autogenerate=True)
    command.revision(config, f"Change {number}", autogenerate=True)
    made.build()
    return list(words(made.compared()[1]))


ROWS = (
    "INSERT INTO empresas (nome, cnpj, email, telefone) VALUES ('a', '1', 'a@a', '99')",
    "INSERT INTO usuarios (nome, cpf, email, senha_hash, tipo) VALUES ('u', '1', 'u@a', 'h', 'ADMIN')",
    "INSERT INTO eventos (nome, data_evento, local, criador_id) VALUES ('e', '2025-01-01', 'praia', 1)",
)
DAMAGE = (
    "DROP INDEX ix_eventos_id",
    "ALTER TABLE eventos DROP COLUMN capacidade_maxima",
    "DROP INDEX idx_produtos_nome",
)


def main() -> None:
    """Go through them all."""
    logging.disable(logging.CRITICAL)
    url, changes, every = json.load(sys.stdin)
    journey = Journey(url, {"rows": "SELECT nome, status FROM eventos"})
    journey.to("upgrade", HEAD)
    journey.write(list(ROWS))
    left: dict[str, Any] = {}
    with reference() as made:
        for number in range(changes):
            change(number)
            forget()
            if lacking := write(made, number):
                left[f"{number} written"] = lacking
            journey.to("upgrade", "head")
            if number % 10 == 6:
                journey.write([f"UPDATE eventos SET status = 'NOVO_{number // 10}'"])
            if number % every == every - 1:
                journey.write(list(DAMAGE))
                journey.to("repair", "head")
                journey.look(str(number))
                found = journey.found[str(number)]
                if found["drift"] or len(found["rows"]) != 1:
                    left[f"{number} repaired"] = found
    left["at"] = made.head
    json.dump(left, sys.stdout)


if __name__ == "__main__":
    main()
