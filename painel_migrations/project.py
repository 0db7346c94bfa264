"""PainelUniversal: where its schema lies, and what its databases had before."""

from pathlib import Path

from homecoming.project import Former, NarrowedLabels, Project
from painel_migrations import __version__

_LISTAS = ("desconto_valor", "data_inicio_desconto", "data_fim_desconto", "limite_uso_cupom", "usos_cupom")
_PRODUTOS = (
    *("codigo_barras", "categoria_id", "marca", "fornecedor", "preco_custo", "margem_lucro", "unidade_medida"),
    *("volume", "teor_alcoolico", "temperatura_ideal", "validade_dias", "ncm", "icms", "ipi", "destaque"),
    *("promocional", "observacoes"),
)

_RETIRED = {
    "0002": ("usuarios.tipo_usuario_temp",),
    "0007": tuple(f"listas.{name}" for name in _LISTAS),
    "0010": ("usuarios.empresa_id",),
    "0017": tuple(f"produtos.{name}" for name in _PRODUTOS),
    "0018": ("produtos.evento_id",),
}

PROJECT = Project(
    name="PainelUniversal",
    program="painel-migrations",
    command="painel",
    version=__version__,
    package=Path(__file__).resolve().parent,
    schema="painel_migrations.schema",
    # The application's own.
    default_url="sqlite:///eventos.db",
    prefix="painel",
    owners_table="usuarios",
    owners_columns=("cpf", "senha_hash"),
    texts=Path(__file__).with_name("texts.toml"),
    former=Former(
        tables=("produtos_categorias",),
        names={"tipo": "tipo_usuario", "criado_em": "created_at", "atualizado_em": "updated_at"},
        # UNIQUE while the copies were made. It is no more, so that a code alone may be another product's by now.
        keys={"produtos": (("codigo_interno", "nome"),)},
        retired=_RETIRED,
        # A column that has a key between two revisions.
        transitional=(*_RETIRED.items(), ("0004", ("listas.codigo_cupom",))),
        needed=(
            *(f"{table}.empresa_id" for table in ("comandas", "eventos", "produtos", "usuarios", "vendas_pdv")),
            "produtos.evento_id",
        ),
        # Where scripts made the kind of user text, it takes what a later revision would refuse.
        narrowed=NarrowedLabels(table="usuarios", columns="tipo%", labels=("ADMIN", "PROMOTER", "CLIENTE")),
        last_revision=22,
    ),
)
