"""A made-up application with one-off scripts lying about, and the truth about each of its files.

Nothing here is anybody's: the scripts are written for the tests, in the manner of the real ones. A script that the real
register knows has another text here, so `register_text()` gives a register with the hashes of these texts.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

from homecoming.archive import inventory

COVERED, KNOWN, CHANGED, UNKNOWN, NOT = "covered", "known", "changed", "unknown", "not one"

HEAD = '#!/usr/bin/env python3\n"""🔧 {title}"""\nimport os\nimport sqlite3\n'
MAIN = '\n\nif __name__ == "__main__":\n    executar()\n'

# What each kind of script does, in the manner of its day.
BODIES = {
    "schema": """

def executar():
    conexao = sqlite3.connect("eventos.db")
    cursor = conexao.cursor()
    print("🚀 Iniciando migração de {table}...")
    cursor.execute("ALTER TABLE {table} ADD COLUMN {column} VARCHAR(50)")
    conexao.commit()
    print("✅ Concluído com sucesso")
""",
    "data": """

def executar():
    conexao = sqlite3.connect("eventos.db")
    conexao.execute("UPDATE {table} SET {column} = lower({column})")
    conexao.commit()
    print("✅ Linhas corrigidas")
""",
    "seed": """

def executar():
    conexao = sqlite3.connect("eventos.db")
    conexao.execute("INSERT INTO {table} ({column}) VALUES ('exemplo')")
    conexao.commit()
    print("🌱 Dados inseridos")
""",
    "check": """

def executar():
    conexao = sqlite3.connect("eventos.db")
    for linha in conexao.execute("PRAGMA table_info({table})"):
        print("📋 coluna", linha, "{column}")
""",
    "other": """

def executar():
    print("📊 relatório de {table} e {column}: tudo certo")
""",
}
SQL = "-- Correção de {table}\nBEGIN;\nALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} TEXT;\nCOMMIT;\n"
SHELL = '#!/bin/bash\nset -e\necho "🚀 {table}"\ngit push origin main # {column}\n'


@dataclass(frozen=True)
class Made:
    """One file: what it holds, which verdict is true, and what keeps it where it is ("" for nothing)."""

    data: bytes
    truth: str = NOT
    stays: str = ""
    mode: int = 0o644


@functools.cache
def entries() -> dict[str, inventory.Entry]:
    """The register's entries, by path."""
    return {entry.path: entry for entry in inventory.load(inventory.shipped())}


def script(kind: str, title: str, table: str = "produtos", column: str = "tipo") -> str:
    return (HEAD.format(title=title) + BODIES[kind] + MAIN).format(table=table, column=column)


# Registered paths that lie in the tree with the very text the register knows.
# fmt: off
REGISTERED = (
    "backend/add_lista_fields_migration.py", "backend/add_qr_code_migration.py", "backend/apply_migration.py",
    "backend/check_db.py", "backend/check_empresas.py", "backend/check_usuarios_table.py",
    "backend/complete_migration.py", "backend/create_admin_user.py", "backend/create_all_tables.py",
    "backend/create_meep_migration.py", "backend/fix_constraint_sqlite.py", "backend/fix_empresa_id_constraint.sql",
    "backend/fix_user_types.py", "backend/meep_migration.sql", "backend/seed_conquistas_data.py",
    "backend/seed_empresa.py", "backend/migrations/remove_tipo_usuario_column.py",
    "backend/migrations/validate_migration.py", "CORRECAO_IMEDIATA_ENUM_RAILWAY.sql", "analyze_sidebar_issues.py",
    "auto_migrate_railway.py", "create_demo_products.py", "deploy_login_fix.sh", "diagnose_database_schema.py",
    "fix_enum_migration.sql", "fix_enum_simple.py", "fix_login_postgresql.py", "migrate_debug.py",
    "migrate_postgres.sql", "migrate_postgres_final.py", "migrate_simple.py", "optimize_database.py",
    "remove_tipo_usuario_migration.py", "run_migration.py", "test_postgres_connection.py", "validate_migration.py",
)
# fmt: on
# Registered, and edited since.
EDITED = (
    "migrate_postgres_production.py",
    "backend/init_users.py",
    "migrate_production.py",
    "fix_postgresql_manual.sql",
)
# Registered, and kept where they are by somebody who uses them.
USED = {
    "backend/init_db.py": "Procfile",
    "backend/app/migrations/auto_migrate.py": "package",
    "backend/migrations/deploy_with_migrations.py": "shell",
    "deploy_check.py": "ci",
    "backend/validate_post_deploy.py": "Makefile",
    "migrate_enum_auto.py": "package.json",
    "backend/create_produtos_migration.py": "import",
    "backend/server.py": "server",
    "backend/start.sh": "server",
}


def registered_text(path: str) -> str:
    """The text that stands for a registered script: the same every time, another for each path."""
    entry = entries()[path]
    if path.endswith(".sql"):
        return SQL.format(table="produtos", column=entry.name.split(".")[0].lower())
    if path.endswith(".sh"):
        return SHELL.format(table=entry.name, column="deploy") * 4
    kind = {"deploy": "other", "test": "check", "server": "other"}.get(entry.kind, entry.kind)
    return script(kind, entry.name, "usuarios", entry.name.split(".")[0])


def register_text() -> str:
    """The register, with the hash of each made-up script beside the real one's."""
    text = inventory.shipped().read_text()
    for path in (*REGISTERED, *USED):
        digest = hashlib.sha256(registered_text(path).encode()).hexdigest()
        known = entries()[path].sha256[-1]
        text = text.replace(f'    "{known}",\n', f'    "{known}",\n    "{digest}",\n')
    return text


def files() -> dict[str, Made]:
    """Every file of the application, by path."""
    made = {path: Made(registered_text(path).encode(), _truth(path)) for path in REGISTERED}
    made["validate_migration.py"] = Made(registered_text("validate_migration.py").encode(), KNOWN, "collides")
    made |= {path: Made((registered_text(path) + "# ajuste\n").encode(), CHANGED) for path in EDITED}
    made |= {path: Made(registered_text(path).encode(), _truth(path), how) for path, how in USED.items()}
    return {**made, **_unknown(), **_others(), **_application()}


def _truth(path: str) -> str:
    entry = entries()[path]
    return COVERED if entry.superseded_by else KNOWN


def _unknown() -> dict[str, Made]:
    """Scripts that no register knows: versions of known ones under other names, and more of their kind."""

    def one(text: str, stays: str = "", encoding: str = "utf-8") -> Made:
        return Made(text.encode(encoding), UNKNOWN, stays)

    psycopg = (
        "import os\nimport psycopg2 as pg\n\nconexao = pg.connect(os.environ['DATABASE_URL'])\n"
        "cursor = conexao.cursor()\n"
        'tabela = "produtos"\ncursor.execute(f"ALTER TABLE {tabela} DROP COLUMN evento_id")\nconexao.commit()\n'
    )
    orm = (
        "from app.database import SessionLocal\nfrom app.models import Usuario\n\ndb = SessionLocal()\n"
        "usuario = db.get(Usuario, 1)\nusuario.tipo = 'ADMIN'\ndb.commit()\n"
    )
    return {
        "migrate_simple_v2.py": one(script("schema", "Migração v2")),
        "migrate_simple_FINAL.py": one(script("schema", "Migração FINAL")),
        "backend/migrate_simple_FINAL_agora_vai.py": one(script("schema", "Agora vai")),
        "corrigir_tipo_usuario.py": one(script("data", "Corrige o tipo", "usuarios")),
        "corrigirPrecos.py": one(script("data", "Corrige preços")),
        "backend/popular_banco.py": one(script("seed", "Popula o banco")),
        "backend/criar_usuario_teste.py": one(script("seed", "Usuário de teste", "usuarios", "nome")),
        "verificar_estrutura.py": one(script("check", "Verifica")),
        "backend/diagnostico_login.py": one(script("check", "Diagnóstico", "usuarios")),
        "atualiza_emoji_🎉.py": one(script("data", "Festa 🎉")),
        "remover coluna (cópia).py": one(script("schema", "Remove coluna")),
        "backend/fix_cp1252.py": one(
            "# -*- coding: cp1252 -*-\n" + script("data", "Correção de situação").replace("🔧 ", "").replace("✅ ", ""),
            "not UTF-8",
            "cp1252",
        ),
        "fix_windows.py": one(script("data", "Feito no Windows").replace("\n", "\r\n")),
        "ajuste_bom.sql": one("\ufeff" + SQL.format(table="listas", column="descricao")),
        "limpa_duplicados.sql": one(
            "DELETE FROM usuarios WHERE id NOT IN (SELECT min(id) FROM usuarios GROUP BY cpf);\n"
        ),
        "inserir_categorias.sql": one("INSERT INTO categorias_produtos (nome) VALUES ('Bebidas');\n"),
        "consulta_usuarios.sql": one("SELECT id, nome FROM usuarios WHERE tipo IS NULL;\n"),
        "bloco.sql": one("DO $$\nBEGIN\n  EXECUTE 'ALTER TABLE produtos DROP COLUMN evento_id';\nEND $$;\n"),
        "psycopg_direto.py": one(psycopg),
        "promover_admin_update.py": one(orm),
        "ajusta_banco.sh": one('#!/bin/sh\npsql "$DATABASE_URL" -c "ALTER TABLE produtos DROP COLUMN evento_id"\n'),
        "recria_tabelas.py": one(
            "from app.database import Base, engine\n\nBase.metadata.drop_all(engine)\n"
            "Base.metadata.create_all(engine)\n"
        ),
        "conserta_enum_python3.py": one(
            "print 'migrando'\nimport sqlite3\nsqlite3.connect('eventos.db').execute("
            '"ALTER TABLE produtos ADD COLUMN tipo TEXT")\n'
        ),
        "backend/migracao_base.py": one(
            "import sqlite3\n\n\ndef conectar():\n    return sqlite3.connect('eventos.db')\n\n\n"
            "def adicionar(coluna):\n    conectar().execute(f'ALTER TABLE produtos ADD COLUMN {coluna} TEXT')\n"
        ),
        "backend/migracao_marca.py": one(
            "from migracao_base import adicionar\n\nadicionar('marca')\n"
            "sql = 'CREATE INDEX idx_marca ON produtos (marca)'\n"
        ),
        "backend/fix_usado.py": one(script("data", "Usado pela aplicação"), "import"),
        "fix_so_leitura.py": Made(script("data", "Só leitura").encode(), UNKNOWN, "read-only", 0o444),
        # Missed: its name says nothing, and rows are changed by regular tools as well.
        "mexe_no_banco.py": one(script("data", "Mexe no banco")),
        # Missed: what it runs is in a file that is named on the command line.
        "rodar_sql.py": one(
            "import sqlite3\nimport sys\n\nsqlite3.connect('eventos.db').executescript(open(sys.argv[1]).read())\n"
        ),
    }


def _others() -> dict[str, Made]:
    """What looks like a one-off script and is none, and what surrounds an application."""
    test = "import pytest\n\n\ndef test_{0}(client):\n    assert client.get('/{0}').status_code == 200\n"
    return {
        path: Made(text.encode())
        for path, text in {
            "Procfile": "release: python backend/init_db.py\nweb: uvicorn app.main:app\n",
            "Makefile": "check:\n\tpython backend/validate_post_deploy.py\n# python migrate_simple.py\n",
            "package.json": '{"scripts": {"migrate": "python migrate_enum_auto.py"}}\n',
            ".github/workflows/ci.yml": "jobs:\n  check:\n    steps:\n      - run: python3 deploy_check.py --strict\n",
            "docker/entrypoint.sh": "#!/bin/sh\npython /app/backend/migrations/deploy_with_migrations.py\n",
            "README.md": "Run `python migrate_simple.py` once. Or fix_enum_simple.py.\n",
            "setup.py": "from setuptools import setup\n\nsetup(name='painel')\n",
            "main.py": "import uvicorn\n\nif __name__ == '__main__':\n    uvicorn.run('app.main:app')\n",
            "worker.py": "import sqlite3\nfrom celery import Celery\n\nfila = Celery('painel')\n\n\n"
            "@fila.task\ndef limpar():\n"
            "    sqlite3.connect('eventos.db').execute('DELETE FROM sessoes_operadores')\n",
            "relatorio_vendas.py": script("check", "Relatório"),
            "scripts/backup_diario.py": "import shutil\n\nshutil.copy('eventos.db', 'copia.db')\n",
            "scripts/build.sh": "#!/bin/sh\nnpm run build\n",
            "update_version.py": "import re\n\nprint(re.sub('a', 'b', open('VERSION').read()))\n",
            "check_style.py": "import subprocess\n\nsubprocess.run(['ruff', 'check', '.'])\n",
            "create_icons.py": "from pathlib import Path\n\nPath('icons').mkdir()\n"
            "print('CREATE TABLE is not what this does')\n",
            "sql/relatorio_mensal.sql": "SELECT sum(valor_final) FROM vendas_pdv;\n",
            "backup/2025-08-01.sql": "--\n-- PostgreSQL database dump\n--\nCREATE TABLE usuarios (id integer);\n",
            "prisma/migrations/20250801_init/migration.sql": "CREATE TABLE usuarios (id integer);\n",
            "backend/alembic/env.py": "from alembic import context\n\ncontext.configure(url='sqlite://')\n",
            "backend/alembic/versions/abc123_add_tipo.py": "revision = 'abc123'\ndown_revision = None\n\n\n"
            "def upgrade():\n"
            "    op.execute('ALTER TABLE usuarios ADD COLUMN tipo TEXT')\n",
            "backend/conftest.py": "import sqlite3\n\n\ndef banco():\n    return sqlite3.connect(':memory:')\n",
            "backend/test_cpf.py": "from app.services.cpf import valida\n\n\ndef test_cpf():\n    assert valida('1')\n",
            "backend/test_banco_memoria.py": "import sqlite3\nimport unittest\n\n\n"
            "class TestBanco(unittest.TestCase):\n"
            "    def test_cria(self):\n        sqlite3.connect(':memory:').execute('CREATE TABLE t (a)')\n",
            "test_endpoints.py": "import requests\n\nprint(requests.get('http://localhost:8000/saude').status_code)\n",
            # Taken for one: a job that runs every night looks like a script that ran once, and nothing here starts it.
            "limpeza_noturna.py": script("data", "Limpeza noturna", "sessoes_operadores", "ativo"),
            **{
                f"backend/tests/test_{name}.py": test.format(name)
                for name in ("eventos", "listas", "produtos", "login")
            },
            "backend/tests/fix_dados.py": script("data", "Dados dos testes"),
        }.items()
    }


def _application() -> dict[str, Made]:
    """The application itself: a package without __init__.py at its top, as the real one."""
    app = {
        "main": "from fastapi import FastAPI\nfrom app.database import Base, engine\n"
        "from app.migrations import auto_migrate\n"
        "from app.routers import eventos\nimport fix_usado\nfrom create_produtos_migration import executar\n\n"
        "app = FastAPI()\n"
        "Base.metadata.create_all(bind=engine)\n",
        "database": "import os\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\n\n"
        "engine = create_engine(os.getenv('DATABASE_URL', 'sqlite:///eventos.db'))\n"
        "SessionLocal = sessionmaker(bind=engine)\n",
        "models": "from app.database import Base\n\n\nclass Usuario(Base):\n    __tablename__ = 'usuarios'\n",
        "services/update_estoque": "from app.database import SessionLocal\n\n\ndef baixa():\n    db = SessionLocal()\n"
        "    db.execute('UPDATE produtos SET estoque_atual = 0')\n    db.commit()\n",
        "services/cpf": "def valida(cpf):\n    return len(cpf) == 11\n",
    }
    names = (
        "auth",
        "eventos",
        "listas",
        "produtos",
        "pdv",
        "financeiro",
        "dashboard",
        "relatorios",
        "usuarios",
        "meep",
    )
    router = (
        "from fastapi import APIRouter\nfrom app.database import SessionLocal\n\nrouter = APIRouter()\n\n\n"
        "@router.get('/{0}')\n"
        "def lista():\n    return SessionLocal().execute('SELECT * FROM {0}').all()\n"
    )
    app |= {f"routers/{name}": router.format(name) for name in names}
    app |= {f"schemas/{name}": f"class {name.title()}:\n    id: int\n" for name in names}
    made = {f"backend/app/{path}.py": text for path, text in app.items()}
    made |= {
        "backend/app/schemas/__init__.py": "",
        "backend/app/migrations/__init__.py": "# migrations\n",
        "backend/migrations/__init__.py": "# migrations\n",
    }
    made |= {f"frontend/src/{name}.tsx": f"export const {name.title()} = () => <p>{name}</p>;\n" for name in names}
    made |= {f"docs/{name}.md": f"# {name}\n" for name in names}
    return {path: Made(text.encode()) for path, text in made.items()}
