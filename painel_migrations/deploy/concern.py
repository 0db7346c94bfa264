"""What the parts of the preflight say, and what they have in common."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

# Tables of the application that head no longer has.
FORMER_TABLES = {"produtos_categorias"}

# The columns that each revision's upgrade retires, where they are there.
RETIRED_COLUMNS = {
    "0002": ("usuarios.tipo_usuario_temp",),
    "0007": tuple(
        f"listas.{name}"
        for name in ("desconto_valor", "data_inicio_desconto", "data_fim_desconto", "limite_uso_cupom", "usos_cupom")
    ),
    "0010": ("usuarios.empresa_id",),
    "0017": tuple(
        f"produtos.{name}"
        for name in (
            *("codigo_barras", "categoria_id", "marca", "fornecedor", "preco_custo", "margem_lucro", "unidade_medida"),
            *("volume", "teor_alcoolico", "temperatura_ideal", "validade_dias", "ncm", "icms", "ipi", "destaque"),
            *("promocional", "observacoes"),
        )
    ),
    "0018": ("produtos.evento_id",),
}

# What revisions change and is no difference from head: columns that go, and one that has a key between two revisions.
PASSING_COLUMNS = (*RETIRED_COLUMNS.items(), ("0004", ("listas.codigo_cupom",)))


def retired_by(revisions: Collection[str]) -> list[str]:
    """Return the columns, as table.column, that these revisions' upgrades retire."""
    return [column for revision, columns in RETIRED_COLUMNS.items() if revision in revisions for column in columns]


class Concern(NamedTuple):
    """One thing in the way of a run, or worth knowing: what it is and what to do, a line each, never a row's data."""

    refuses: bool
    what: str
    todo: str
