"""The enum types and their labels, in PostgreSQL's order; SQLite stores the same labels as text."""

import sqlalchemy as sa

from painel_migrations.schema.metadata import metadata

# What a row of usuarios may hold: the application's ORM loads members by these names and by no other spelling.
TIPOUSUARIO_STORED = ("ADMIN", "PROMOTER", "CLIENTE")

ENUMS: dict[str, tuple[str, ...]] = {
    "nivelbadge": ("BRONZE", "PRATA", "OURO", "PLATINA", "DIAMANTE", "LENDA"),
    "statuscomanda": ("ATIVA", "BLOQUEADA", "CANCELADA"),
    "statusevento": ("ATIVO", "INATIVO", "CANCELADO"),
    "statusformapagamento": ("ATIVO", "INATIVO", "MANUTENCAO"),
    "statusimportacao": ("PENDENTE", "PROCESSANDO", "CONCLUIDA", "ERRO", "CANCELADA"),
    "statusmovimentacaofinanceira": ("PENDENTE", "APROVADA", "CANCELADA"),
    "statusproduto": ("ATIVO", "INATIVO", "ESGOTADO"),
    "statustransacao": ("PENDENTE", "APROVADA", "CANCELADA"),
    "statusvalidacao": ("VALIDO", "ERRO_CRITICO", "AVISO"),
    "statusvendapdv": ("PENDENTE", "APROVADA", "CANCELADA", "ESTORNADA"),
    "tipocomanda": ("FISICA", "VIRTUAL", "RFID", "NFC"),
    "tipoconquista": ("VENDAS", "PRESENCA", "FIDELIDADE", "CRESCIMENTO", "ESPECIAL"),
    "tipoformapagamento": (
        "DINHEIRO",
        "PIX",
        "CARTAO_CREDITO",
        "CARTAO_DEBITO",
        "TRANSFERENCIA",
        "BOLETO",
        "VOUCHER",
        "CREDITO_LOJA",
    ),
    "tipolista": ("VIP", "FREE", "PAGANTE", "PROMOTER", "ANIVERSARIO", "DESCONTO"),
    "tipomovimentacaofinanceira": (
        "ENTRADA",
        "SAIDA",
        "AJUSTE",
        "REPASSE_PROMOTER",
        "RECEITA_VENDAS",
        "RECEITA_LISTAS",
    ),
    "tipooperacao": ("IMPORTACAO", "EXPORTACAO"),
    "tipopagamentopdv": (
        "PIX",
        "CARTAO_CREDITO",
        "CARTAO_DEBITO",
        "DINHEIRO",
        "SALDO_COMANDA",
        "VOUCHER",
        "SPLIT",
    ),
    "tipoproduto": ("BEBIDA", "COMIDA", "INGRESSO", "FICHA", "COMBO", "VOUCHER"),
    # The sign-up endpoint sends the lower-case value, so PostgreSQL has to accept it before the trigger can fold it.
    "tipousuario": (*TIPOUSUARIO_STORED, "admin", "promoter", "cliente"),
}

# What rows become that hold a label which a type does not have any more: {"statusevento": {"INATIVO": "PAUSADO"}}. An
# heir that is new is the same label by another word. `make revision` reads it; without an heir the rows refuse the run.
LABEL_HEIRS: dict[str, dict[str, str]] = {}

# One object a type, bound to the metadata: tables that share a type share it, and it is created once.
_TYPES = {name: sa.Enum(*labels, name=name, metadata=metadata) for name, labels in ENUMS.items()}


def enum(name: str) -> sa.Enum:
    """Return the type ``name`` of ``ENUMS``, for a column."""
    return _TYPES[name]
