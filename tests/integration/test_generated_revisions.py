"""`make revision` writes what is right as it is: on both dialects, whatever was there before, there and back again."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support import servers
from tests.support.clones import Clone
from tests.support.history import HEAD, NEXT, REVISIONS, ROOT

GONE = {"OperationalError", "ProgrammingError"}
EVENT = (
    "INSERT INTO empresas (nome, cnpj, email, telefone, endereco) VALUES ('a', '1', 'a@a', '999', 'rua x')",
    "INSERT INTO usuarios (nome, cpf, email, senha_hash, tipo) VALUES ('u', '1', 'u@a', 'h', 'ADMIN')",
    (
        "INSERT INTO eventos (nome, data_evento, local, criador_id, empresa_id, status, limite_idade) "
        "VALUES ('e', '2025-01-01', 'praia', 1, 1, 'INATIVO', 16)"
    ),
)


class Scenario(NamedTuple):
    """A change of the schema, the rows that meet it, damage, and what is found there and at the revision before."""

    edits: dict[str, tuple[tuple[str, str], ...]]
    says: tuple[str, ...]
    rows: tuple[str, ...]
    damage: tuple[str, ...]
    up: dict[str, Any]
    down: dict[str, Any]


COLUMNS = Scenario(
    edits={
        "cadastro": (
            (
                (
                    '    sa.Column("telefone", sa.String(20)),\n    sa.Column("endereco", sa.Text),\n'
                    '    sa.Column("ativa", sa.Boolean),\n'
                ),
                (
                    '    sa.Column("fone", sa.String(20), info={"was": "telefone"}),\n'
                    '    sa.Column("apelido", sa.String(30), nullable=False, server_default="nenhum", index=True),\n'
                    '    sa.Column("ativa", sa.Boolean, server_default=sa.true()),\n'
                    '    sa.Column("nota", sa.Text),\n'
                    '    sa.Column("situacao", enum("statusevento"), nullable=False, server_default="ATIVO"),\n'
                ),
            ),
            (
                '    sa.Column("senha_hash", sa.String(255), nullable=False),\n',
                '    sa.Column("senha_hash", sa.Text, nullable=False),\n',
            ),
        ),
        "eventos": (
            (
                '    sa.Column("local", sa.String(255), nullable=False),\n',
                '    sa.Column("local", sa.String(200)),\n',
            ),
            (
                '    sa.Column("limite_idade", sa.Integer),\n',
                '    sa.Column("limite_idade", sa.Integer, nullable=False, server_default="18"),\n',
            ),
            (
                '    reference("empresa_id", "empresas"),\n    reference("criador_id", "usuarios", nullable=False),\n',
                (
                    '    sa.Column("empresa_id", sa.Integer),\n'
                    '    reference("criador_id", "usuarios", nullable=False),\n'
                    '    reference("gerente_id", "usuarios"),\n'
                ),
            ),
        ),
    },
    says=(
        "op.undo()",
        'op.ensure_no_foreign_key("eventos", "empresa_id")',
        'op.merge_column("empresas", "telefone", "fone")',
        'op.retire_column("empresas", "endereco")',
        'op.ensure_index("ix_empresas_apelido", "empresas", "apelido")',
    ),
    rows=EVENT,
    # A row without a place, which 0001 calls NOT NULL, and a hash longer than it knows: a repair begins at 0001.
    damage=(
        "DROP INDEX ix_empresas_apelido",
        "ALTER TABLE empresas DROP COLUMN nota",
        "INSERT INTO eventos (nome, data_evento, criador_id) VALUES ('f', '2025-01-01', 1)",
        f"UPDATE usuarios SET senha_hash = '{'x' * 300}'",
    ),
    up={
        "SELECT nome, apelido, ativa, nota, situacao, fone FROM empresas": [
            ["a", "nenhum", None, None, "ATIVO", "999"]
        ],
        "SELECT local, limite_idade, empresa_id, gerente_id FROM eventos WHERE nome = 'e'": [
            ["praia", "16", "1", None]
        ],
        "SELECT telefone FROM empresas": GONE,
        "SELECT endereco FROM empresas": GONE,
    },
    down={
        "SELECT telefone, endereco, ativa FROM empresas": [["999", "rua x", None]],
        "SELECT local, limite_idade, empresa_id FROM eventos": [["praia", "16", "1"]],
    },
)

CONQUISTAS = """conquistas = sa.Table(
    "conquistas",
    metadata,
    identity(),
    sa.Column("nome", sa.String(100), nullable=False),
    sa.Column("descricao", sa.Text, nullable=False),
    sa.Column("tipo", enum("tipoconquista"), nullable=False),
    sa.Column("criterio_valor", sa.Integer, nullable=False),
    sa.Column("badge_nivel", enum("nivelbadge"), nullable=False),
    sa.Column("icone", sa.String(50)),
    sa.Column("ativa", sa.Boolean),
    stamped("criado_em"),
)
"""

TABLES = Scenario(
    edits={
        "eventos": (
            ('listas = sa.Table(\n    "listas",\n', 'listas = sa.Table(\n    "portas",\n'),
            (
                '    sa.Column("desconto_percentual", Percent),\n    stamped("criado_em"),\n)\n',
                (
                    '    sa.Column("desconto_percentual", Percent),\n    stamped("criado_em"),\n'
                    '    info={"was": "listas"},\n)\n\n'
                    'festas = sa.Table(\n    "festas",\n    metadata,\n    identity(),\n'
                    '    sa.Column("nome", sa.String(40), nullable=False, unique=True),\n'
                    '    sa.Column("cidade", sa.String(40), index=True),\n'
                    '    reference("evento_id", "eventos", nullable=False),\n'
                    '    sa.UniqueConstraint("nome", "cidade", name="festas_nome_cidade_key"),\n)\n'
                ),
            ),
            ('reference("lista_id", "listas", nullable=False)', 'reference("lista_id", "portas", nullable=False)'),
        ),
        "gamificacao": (
            (
                '    reference("conquista_id", "conquistas", nullable=False),\n',
                '    sa.Column("conquista_id", sa.Integer, nullable=False),\n',
            ),
            (CONQUISTAS, ""),
        ),
        "cadastro": (
            (
                '    sa.Column("cnpj", sa.String(18), nullable=False, unique=True),\n',
                '    sa.Column("cnpj", sa.String(18), nullable=False, index=True),\n',
            ),
            (
                (
                    '    sa.Column("nome", sa.String(255), nullable=False),\n    sa.Column("email", sa.String(255), '
                    "nullable=False, unique=True),\n"
                ),
                (
                    '    sa.Column("nome", sa.String(255), nullable=False, unique=True),\n    sa.Column("email", '
                    "sa.String(255), nullable=False, unique=True),\n"
                ),
            ),
        ),
        "indexes": (
            (
                (
                    '    UsefulIndex(\n        "idx_produtos_nome",\n        "produtos",\n        "nome",\n'
                    '        "order of the product list, and of the first 20 offered while typing",\n    ),\n'
                ),
                "",
            ),
        ),
    },
    says=(
        "op.undo()",
        'op.ensure_renamed("listas", "portas")',
        'op.retire_table("conquistas")',
        'op.ensure_unique("usuarios", "nome")',
        'op.ensure_no_index("idx_produtos_nome", "produtos")',
    ),
    rows=(
        *EVENT,
        "INSERT INTO listas (nome, tipo, evento_id) VALUES ('l', 'VIP', 1)",
        "INSERT INTO transacoes (cpf_comprador, nome_comprador, valor, evento_id, lista_id) VALUES ('1', 'c', 9, 1, 1)",
        (
            "INSERT INTO conquistas (nome, descricao, tipo, criterio_valor, badge_nivel) "
            "VALUES ('q', 'd', 'VENDAS', 1, 'OURO')"
        ),
        "INSERT INTO promoter_conquistas (promoter_id, conquista_id, valor_alcancado) VALUES (1, 1, 5)",
    ),
    damage=(
        "INSERT INTO festas (nome, evento_id) VALUES ('f', 1)",
        "DROP INDEX ix_festas_cidade",
        "DROP INDEX ix_portas_id",
        "INSERT INTO empresas (nome, cnpj, email) VALUES ('b', '1', 'b@b')",
    ),
    up={
        "SELECT nome, evento_id FROM portas": [["l", "1"]],
        "SELECT lista_id FROM transacoes": [["1"]],
        "SELECT conquista_id FROM promoter_conquistas": [["1"]],
        "SELECT nome FROM listas": GONE,
        "SELECT nome FROM conquistas": GONE,
    },
    down={
        "SELECT nome, evento_id FROM listas": [["l", "1"]],
        "SELECT lista_id FROM transacoes": [["1"]],
        "SELECT conquista_id FROM promoter_conquistas": [["1"]],
        "SELECT nome, criterio_valor FROM conquistas": [["q", "1"]],
    },
)

ENUMS = Scenario(
    edits={
        "enums": (
            ('"statusevento": ("ATIVO", "INATIVO", "CANCELADO")', '"statusevento": ("ATIVO", "PAUSADO", "CANCELADO")'),
            ('("ATIVA", "BLOQUEADA", "CANCELADA")', '("ATIVA", "BLOQUEADA", "CANCELADA", "EXTRAVIADA_NA_FESTA")'),
            ('"tipolista": ("VIP", "FREE", ', '"tipolista": ("FREE", "VIP", '),
            ('"INGRESSO", "FICHA", "COMBO", "VOUCHER")', '"INGRESSO", "FICHA", "VOUCHER", "SERVICO")'),
            (
                "LABEL_HEIRS: dict[str, dict[str, str]] = {}",
                'LABEL_HEIRS = {"statusevento": {"INATIVO": "PAUSADO"}, "tipoproduto": {"COMBO": "COMIDA"}}',
            ),
        ),
        "triggers": (
            ("'BEGIN NEW.tipo := upper(NEW.tipo::text COLL", "'BEGIN NEW.tipo := upper(btrim(NEW.tipo::text) COLL"),
            ("holds a value that is no label", "holds what is no label"),
        ),
    },
    says=(
        "op.undo()",
        'op.rename_label(sa.Enum("ATIVO", "INATIVO", "CANCELADO", name="statusevento"), "INATIVO", "PAUSADO")',
        'op.replace_values("produtos", "tipo", {"COMBO": "COMIDA"})',
        "op.ensure_trigger(",
    ),
    rows=(
        *EVENT,
        "INSERT INTO listas (nome, tipo, evento_id) VALUES ('l', 'VIP', 1)",
        "INSERT INTO comandas (numero_comanda, tipo, status, evento_id) VALUES ('1', 'RFID', 'ATIVA', 1)",
        "INSERT INTO produtos (nome, tipo, preco) VALUES ('p', 'COMBO', 1), ('q', 'FICHA', 1)",
    ),
    # SERVICO is a label that 0016 takes from the rows.
    damage=(
        "UPDATE comandas SET status = 'EXTRAVIADA_NA_FESTA'",
        "UPDATE produtos SET tipo = 'SERVICO' WHERE nome = 'q'",
        "DROP INDEX ix_comandas_id",
    ),
    up={
        "SELECT status FROM eventos": [["PAUSADO"]],
        "SELECT tipo FROM listas": [["VIP"]],
        "SELECT tipo FROM produtos WHERE nome = 'p'": [["COMIDA"]],
    },
    down={
        "SELECT status FROM eventos": [["INATIVO"]],
        "SELECT tipo FROM listas": [["VIP"]],
        "SELECT tipo FROM produtos ORDER BY nome": [["COMBO"], ["FICHA"]],
    },
)

SCENARIOS = {"columns": COLUMNS, "tables": TABLES, "enums": ENUMS}
JUDGED: dict[str, set[str]] = {
    "columns": {
        "column-in-use",
        "index-blocks-writes",
        "new-foreign-key",
        "not-null",
        "rename-column",
        "type-change",
    },
    "tables": {"index-blocks-writes", "rename-table", "table-in-use", "unique-constraint"},
    "enums": {"enum-anew", "label-in-use", "new-label"},
}
"""What `make check` says of what is written."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clone]:
    """A function that gives the clone in which the revision of a scenario was written."""
    made: dict[str, Clone] = {}

    def write(name: str) -> Clone:
        if name not in made:
            made[name] = Clone(tmp_path_factory.mktemp(name))
            for part, changes in SCENARIOS[name].edits.items():
                made[name].edit(f"painel_migrations/schema/{part}.py", *changes)
            ended = made[name].revision("Change " + name)
            assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
        return made[name]

    return write


@pytest.fixture(params=("sqlite", "pg16", "pg18"))
def url(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server], tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'eventos.db'}"
        return
    server = server_of(int(request.param[2:]))
    yield server.create_database("generated")
    server.drop_database("generated")


def linted(path: Path) -> str:
    """What ruff says of a file."""
    said = []
    for command in (("check", "--output-format=concise"), ("format", "--check")):
        line = [sys.executable, "-m", "ruff", *command, f"--config={ROOT / 'pyproject.toml'}", str(path)]
        ended = subprocess.run(line, capture_output=True, text=True)
        said += [ended.stdout] if ended.returncode else []
    return "".join(said)


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_written_needs_no_editing(written: Callable[[str], Clone], name: str) -> None:
    clone = written(name)
    path = clone.revisions[-1]
    text = path.read_text("utf-8")
    assert path.name == f"{NEXT}_change_{name}.py"
    assert linted(path) == ""
    assert "# ###" not in text
    said = {" ".join(ast.unparse(node).split()) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}
    for wanted in SCENARIOS[name].says:
        # As Python reads it, however it is laid out.
        if wanted.endswith("("):
            assert wanted in text
        else:
            assert ast.unparse(ast.parse(wanted)) in said
    ended = clone.python("-m", "painel_migrations", "check", f"--from={HEAD}", "--format=json")
    assert (ended.returncode, ended.stderr) == (1, "")
    document = json.loads(ended.stdout)
    assert (document["equal"], document["differences"], document["revisions"]) == (True, [], [NEXT])
    # What it holds up or breaks somebody has to know of; none of it is the writing.
    assert {finding["rule"] for finding in document["findings"]} == JUDGED[name]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_database_goes_there_and_back(written: Callable[[str], Clone], name: str, url: str) -> None:
    """With the new tables made by the application before; twice; one revision and all back; and repaired."""
    scenario = SCENARIOS[name]
    queries = {query: query for query in (*scenario.up, *scenario.down)}
    given = [url, scenario.rows, scenario.damage, queries]
    ended = written(name).python("-m", "tests.support.authored", given=given)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert "stopped" not in found, found["stopped"]
    for station in ("up", "twice", "up again", "from base", "repaired"):
        assert found[station].pop("drift") == [], station
    for station in ("up", "twice", "up again", "from base"):
        assert_found(found[station], scenario.up, station)
    for station in ("before", "down"):
        assert_found(found[station], scenario.down, station)


def assert_found(found: dict[str, Any], wanted: dict[str, Any], station: str) -> None:
    for query, answer in wanted.items():
        if answer is GONE:
            assert found[query] in GONE, (station, query)
        else:
            assert found[query] == answer, (station, query)


REFUSED = {
    "no value": (
        '    sa.Column("ativa", sa.Boolean),\n',
        '    sa.Column("ativa", sa.Boolean),\n    sa.Column("ramo", sa.String(9), nullable=False),\n',
        "empresas.ramo is NOT NULL without a default",
        "server_default",
    ),
    "check": (
        '    sa.Column("ativa", sa.Boolean),\n',
        '    sa.Column("ativa", sa.Boolean),\n    sa.CheckConstraint("nome <> \'\'", name="com_nome"),\n',
        "a CHECK on empresas (",
        "op.execute()",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_revision_can_do_as_it_stands_is_said_and_not_written(tmp_path: Path, name: str) -> None:
    old, new, what, todo = REFUSED[name]
    clone = Clone(tmp_path)
    clone.edit("painel_migrations/schema/cadastro.py", (old, new))
    ended = clone.revision()
    assert ended.returncode == 4
    assert what in ended.stderr
    assert todo in ended.stderr
    assert len(clone.revisions) == len(REVISIONS)


def test_an_empty_file_has_the_number_it_is_given(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    ended = clone.python("-m", "alembic", "revision", "--rev-id", NEXT, "-m", "By hand")
    assert ended.returncode == 0, ended.stderr
    assert clone.revisions[-1].name == f"{NEXT}_by_hand.py"
    assert "def upgrade() -> None:\n    pass\n" in clone.revisions[-1].read_text("utf-8")


def test_plain_alembic_writes_the_same(written: Callable[[str], Clone], tmp_path: Path) -> None:
    """By its own command line, with the next number; also where no PostgreSQL can be started."""
    clone = Clone(tmp_path)
    for part, changes in ENUMS.edits.items():
        clone.edit(f"painel_migrations/schema/{part}.py", *changes)
    (tmp_path / "tests" / "support" / "servers.py").unlink()
    ended = clone.python("-m", "alembic", "revision", "--autogenerate", "-m", "Change enums")
    assert ended.returncode == 0, ended.stderr
    mine, theirs = written("enums").revisions[-1], clone.revisions[-1]
    assert theirs.name == mine.name
    texts = [path.read_text("utf-8").partition("branch_labels")[2] for path in (mine, theirs)]
    assert texts[0] == texts[1]
