"""Credentials are found wherever scripts hold them, reported by line, and taken out without breaking the script."""

from __future__ import annotations

import ast
import builtins
from typing import Any

import pytest

from homecoming.archive import credentials
from homecoming.errors import UsageError

BCRYPT = "$2b$12$" + "abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("a.py", 'URL = "postgresql://postgres:{}@host.example:5432/railway"', "aB3xYz9Qw"),
        ("a.py", 'URL = "redis://:{}@host.example"', "aB3xYz9Qw"),
        ("a.py", 'URL = "postgresql+asyncpg://u:{}@host.example/db"', "a@b:c/d"),
        ("a.py", 'URL = os.getenv("DATABASE_URL", "postgres://u:{}@h/db")', "aB3xYz9Qw"),
        ("a.py", 'c = psycopg2.connect(host="h", password="{}")', "s3gredo!"),
        ("a.py", 'c = psycopg2.connect("host=h password={} user=u")', "abc123"),
        ("a.py", 'senha = "{}"', "abc"),
        ("a.py", 'SENHA_ADMIN: str = "{}"', "abc123"),
        ("a.py", 'usuario["senha"] = "{}"', "abc123"),
        ("a.py", 'u = {{"nome": "x", "senha": "{}"}}', "abc123"),
        ("a.py", 'def cria(senha="{}"):\n    pass', "abc123"),
        ("a.py", 'h = pwd_context.hash("{}")', "abc123"),
        ("a.py", 'h = bcrypt.hashpw(b"{}", sal)', "abc123"),
        ("a.py", 'SENHA = os.environ.get("DB_PASSWORD", "{}")', "abc123"),
        ("a.py", 'x = "{}"', BCRYPT),
        ("a.py", "chave = '''{}'''", KEY),
        ("a.py", 'aws = "{}"', "AKIA" + "IOSFODNN7EXAMPLE"),
        ("a.py", 'print "python 2"\npassword = "{}"', "abc123"),
        ("a.sql", "ALTER ROLE painel PASSWORD '{}';", "abc123"),
        ("a.sql", "INSERT INTO usuarios (senha_hash) VALUES ('{}');", BCRYPT),
        ("a.sql", "-- senha: {}", "abc123"),
        ("a.sh", "export PGPASSWORD={}", "abc123"),
        ("a.sh", "SENHA_BANCO='{}'", "abc123"),
        ("a.sh", 'psql "postgresql://u:{}@h/db" -c "SELECT 1"', "abc123"),
        ("a.sh", "railway login --token {}", "abc123"),
    ],
)
def test_a_credential_is_found_and_taken_out(name: str, text: str, value: str) -> None:
    script = "import os\n" + text.format(value) + "\nfim = 1\n"
    found = credentials.find(name, script)
    assert found, "not found"
    assert {secret.line for secret in found} == {script[: script.index(value)].count("\n") + 1}
    assert not any(value in secret.what for secret in found)
    redacted = credentials.redact(name, script)
    assert redacted is not None
    assert value not in redacted
    assert not any(part in redacted for part in value.split("\n") if len(part) > 5 and "PRIVATE" not in part)
    assert redacted.count("\n") >= script.count("\n")
    assert redacted.endswith("\nfim = 1\n")
    assert credentials.find(name, redacted) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'url = f"postgresql://{user}:{senha}@{host}/db"'),
        ("a.py", 'url = "postgresql://usuario:${SENHA}@h/db"'),
        ("a.py", 'url = "postgresql://u:***@h/db"'),
        ("a.py", 'url = "postgresql://u:REDACTED@h/db"'),
        ("a.py", 'senha = os.environ["DB_PASSWORD"]'),
        ("a.py", 'senha = input("Senha: ")'),
        ("a.py", 'senha = ""'),
        ("a.py", 'usuario.senha_hash = get_password_hash(senha)'),
        ("a.py", 'colunas = {"senha_hash": "VARCHAR(255)"}'),
        ("a.py", 'revision = "a1b2c3d4e5f6"'),
        ("a.py", 'sql = "ALTER TABLE usuarios ADD COLUMN senha_hash VARCHAR(255)"'),
        ("a.py", 'caminho = "backend/app/migrations/auto_migrate.py"'),
        ("a.py", 'print("Senha:", senha)'),
        ("a.py", 'password = "not one, says its owner"  # pragma: allowlist secret'),
        ("a.sh", "PGPASSWORD=$SENHA psql"),
        ("a.sh", "TOKEN=${TOKEN:-}"),
        ("a.sql", "SELECT senha_hash FROM usuarios;"),
        ("a.sql", "UPDATE usuarios SET senha_hash = antigo.senha_hash WHERE senha_hash = '';"),
        ("a.py", 'c.execute("UPDATE usuarios SET senha_hash = :hash, token=? WHERE senha=%s")'),
    ],
)  # fmt: skip
def test_what_is_no_credential_is_left(name: str, text: str) -> None:
    assert credentials.find(name, text + "\n") == []
    assert credentials.redact(name, text + "\n") == text + "\n"


def test_a_password_that_is_printed_as_well_goes_from_there_too() -> None:
    script = 'senha = "admin123"\r\nprint("Senha: admin123")\r\nprint("administrador")\r\n'
    assert credentials.redact("a.py", script) == (
        'senha = "REDACTED"\r\nprint("Senha: REDACTED")\r\nprint("administrador")\r\n'
    )


def test_a_password_that_is_a_word_goes_only_where_it_is_one() -> None:
    script = 'import postgres\nURL = "postgresql://postgres:postgres@h/postgres"\n'
    assert credentials.redact("a.py", script) == 'import postgres\nURL = "postgresql://postgres:REDACTED@h/postgres"\n'


def test_a_script_with_every_kind_still_parses() -> None:
    script = f'URL = "postgresql://u:p4ssw0rd@h/db"\nsenha = "x1y2z3"\nh = {{"senha": "q"}}\nk = """{KEY}"""\n'
    redacted = credentials.redact("a.py", script)
    assert redacted is not None
    ast.parse(redacted)
    assert len(credentials.find("a.py", script)) >= 4


def test_a_script_that_would_break_is_not_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "IN_PLACE", '"')
    assert credentials.redact("a.py", 'senha = "abc123"\n') is None


def test_without_detect_secrets_no_script_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *arguments: Any) -> Any:
        if name.startswith("detect_secrets"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError, match="detect-secrets is not installed, and no script moves unread"):
        credentials.find("a.py", "x = 1\n")


def test_nothing_is_asked_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """detect-secrets can verify what it finds with the service it is for: that would send it there."""
    import socket

    def refuse(*_: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert credentials.find("a.py", f'aws = "{"AKIA" + "IOSFODNN7EXAMPLE"}"\ntoken = "ghp_{"a1B2" * 9}"\n')
