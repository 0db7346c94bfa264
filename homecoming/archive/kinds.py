"""Whether a file that no register knows is a one-off script of the database, and of which kind: the rules, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from homecoming.archive import python, sql
from homecoming.archive.sql import set_of
from homecoming.archive.text import Text
from homecoming.language import Message, joined, tr

SCRIPTS = frozenset({".py", ".sql", ".sh", ".ps1", ".bat", ".cmd"})
_BACKUPS = frozenset({".bak", ".backup", ".old", ".orig", ".txt"})

# Words a one-off script's name is made of, in both languages of this application.
CHANGING = set_of("""
migrate migration migrations migracao migracoes migrar migra fix fixes corrige corrigir correcao correcoes conserta
consertar ajusta ajustar ajuste update atualiza atualizar remove remover delete deletar apaga apagar limpa limpar
limpeza cleanup add adiciona adicionar apply aplica aplicar create cria criar recreate recria recriar rebuild
convert converte converter backfill rename renomeia renomear drop alter altera alterar padroniza padronizar
consolidate consolida consolidar hotfix patch urgente optimize otimiza otimizar make setup init merge unifica
unificar upgrade
""")
SEEDING = set_of("""
seed seeds popula popular populate insere inserir demo exemplo exemplos fixtures semeia
""")
LOOKING = set_of("""
check checa checar verifica verificar validate valida validar validacao test teste testa testar debug diagnose
diagnostic diagnostico diagnosticar investigate investiga investigar inspect analyze analisa analisar confere
conferir consulta compara comparar audit
""")

_CONNECTS = set_of("""
psycopg2.connect psycopg.connect asyncpg.connect asyncpg.create_pool sqlite3.connect aiosqlite.connect
pymysql.connect sqlalchemy.create_engine create_engine sqlalchemy.ext.asyncio.create_async_engine
create_async_engine
""")
_SESSIONS = frozenset({"SessionLocal", "get_db", "get_session", "AsyncSessionLocal", "sessionmaker"})
_ENGINE = re.compile(r"(^|\.)\w*engine\.(begin|connect|raw_connection)$")
_SERVES = frozenset({"FastAPI", "APIRouter", "Flask", "Blueprint", "Celery", "Starlette", "uvicorn.run", "os.execvp"})
_ALEMBIC = frozenset({"revision", "down_revision"})
_HISTORIES = re.compile(
    r"(^|/)(V\d[\w.]*__[^/]+\.sql|prisma/migrations/[^/]+/migration\.sql|supabase/migrations/[^/]+)$"
)
_SHELL_SQL = re.compile(r"\b(psql|sqlite3|pg_restore)\b")


@dataclass(frozen=True)
class Finding:
    """What a look into a file gave: ``kind`` of one-off script or "" for none, and why in a few words.

    ``near`` is true where the file has something of a one-off script, so that its row is worth a reader's time.
    """

    kind: str
    why: str
    near: bool = False


def is_script(path: str) -> bool:
    """Say whether a file's name is one a script has, also where a backup's ending follows: fix.py.backup."""
    return ending(path) in SCRIPTS


def ending(path: str) -> str:
    """The ending of a file's name, without that of a backup copy."""
    # Not by pathlib: every file of a tree is asked.
    name = path.rpartition("/")[2].lower().lstrip(".")
    suffixes = [f".{part}" for part in name.split(".")[1:]]
    if len(suffixes) > 1 and suffixes[-1] in _BACKUPS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def words(path: str) -> set[str]:
    """The words a file's name is made of, without digits: corrigirTipo_v2.py -> corrigir, tipo, v."""
    stem = PurePosixPath(path).name.split(".")[0]
    return {word.lower() for word in re.findall(r"[A-ZÀ-Ý]?[a-zà-ÿ]+|[A-ZÀ-Ý]+", stem)}


def is_revision(path: str, found: python.Python) -> bool:
    """Say whether a Python file belongs to an Alembic history: a revision, or its env.py."""
    return (found.names >= _ALEMBIC and "upgrade" in found.functions) or any(
        name in ("alembic.context", "context.configure") or name.startswith("alembic.context.") for name in found.calls
    )


def is_behaviour_test(path: str, found: python.Python) -> bool:
    """Say whether a test looks at behaviour, not at somebody's database: it asserts, or is run by a test runner."""
    parts = PurePosixPath(path).parts
    if parts[-1] == "conftest.py" or any(part in ("tests", "test", "__tests__") for part in parts[:-1]):
        return True
    tests = any(name.startswith("test") for name in found.functions) or any("TestCase" in name for name in found.calls)
    runner = found.asserts or any(module.split(".")[0] in ("pytest", "unittest") for module, _, _ in found.imports)
    return tests and runner and not _connects(found)


def of_python(path: str, found: python.Python) -> Finding:
    """Judge a Python file that lies outside of packages and tests."""
    named = words(path)
    kinds = set()
    for text, _ in found.strings:
        if sql.begins(text):
            kinds |= sql.statements(text)
    creates = any(name.endswith((".create_all", ".drop_all")) for name in found.calls)
    commits = any(name.endswith(".commit") for name in found.calls)
    connects = _connects(found) or creates
    if any(name in _SERVES or name.rpartition(".")[2] in _SERVES for name in found.calls):
        return Finding("", tr("starts or serves the application"), near=bool(kinds) or creates)
    changes = bool(kinds & {sql.SCHEMA}) or creates
    writes = bool(kinds & sql.WRITES) or (commits and connects)
    by_name = bool(named & (CHANGING | SEEDING | LOOKING))
    if changes and ((found.runs and connects) or by_name):
        return Finding("schema", _why(path, named, tr("statements that change the schema"), connects, found))
    if writes and by_name and (found.runs or connects):
        kind = "seed" if _seeds(named, kinds) else "data"
        return Finding(kind, _why(path, named, tr("writes rows"), connects, found))
    if connects and found.runs and named & LOOKING:
        return Finding("check", _why(path, named, tr("reads a database"), connects, found))
    near = bool(by_name or changes or writes)
    return Finding(
        "",
        tr("a name like one, but nothing of a database")
        if by_name and not connects
        else tr("no sign of a one-off script"),
        near=near and found.runs,
    )


def of_sql(path: str, text: Text) -> Finding:
    """Judge a file of SQL."""
    if _HISTORIES.search(path):
        return Finding("", tr("belongs to the history of another tool"), near=True)
    if "PostgreSQL database dump" in text.text[:2000] or text.text.startswith("PRAGMA foreign_keys=OFF;\nBEGIN"):
        return Finding("", tr("a dump"), near=True)
    kinds = sql.statements(text.text)
    named = words(path)
    if sql.SCHEMA in kinds:
        return Finding("schema", tr("SQL that changes the schema"))
    if kinds & sql.WRITES:
        return Finding("seed" if _seeds(named, kinds) else "data", tr("SQL that writes rows"))
    if kinds and named & (CHANGING | SEEDING | LOOKING):
        return Finding("check", tr("SQL that reads, with a name like one"))
    return Finding("", tr("SQL that only reads") if kinds else tr("no statement"), near=bool(kinds))


def of_shell(path: str, text: Text) -> Finding:
    """Judge a shell script: one that feeds a database SQL which changes something."""
    lines = [line for line in text.text.splitlines() if not line.lstrip().startswith(("#", "REM ", "::"))]
    body = "\n".join(lines)
    if not _SHELL_SQL.search(body):
        return Finding("", tr("no sign of a one-off script"), near=bool(words(path) & CHANGING))
    kinds = sql.statements(body)
    if sql.SCHEMA in kinds:
        return Finding("schema", tr("a shell script that changes the schema"))
    if kinds & sql.WRITES:
        return Finding("data", tr("a shell script that writes rows"))
    return Finding("", tr("a shell script that reads a database"), near=True)


def dialect(text: str) -> str:
    """Guess which database a script is for, from the words of its text."""
    postgres = bool(re.search(r"psycopg|asyncpg|postgres|::\w+|\bDO \$\$|SERIAL\b|pg_catalog|information_schema", text))
    lite = bool(re.search(r"sqlite|\.db\b|PRAGMA|AUTOINCREMENT", text))
    return {(True, False): "postgresql", (False, True): "sqlite", (True, True): "both"}.get((postgres, lite), "unknown")


def _connects(found: python.Python) -> bool:
    memory = {"sqlite3.connect", "aiosqlite.connect", "create_engine", "sqlalchemy.create_engine"}
    for name in found.calls:
        if (
            name in memory
            and found.arguments.get(name, [])
            and all(":memory:" in text or text == "sqlite://" for text in found.arguments[name])
        ):
            continue
        if name in _CONNECTS or name.rpartition(".")[2] in _SESSIONS or _ENGINE.search(name):
            return True
    return False


def _seeds(named: set[str], kinds: set[str]) -> bool:
    """A seed inserts and changes nothing that is there; where its name says so, it may look first."""
    return bool(named & SEEDING) or (not kinds & {sql.UPDATE, sql.DELETE} and bool(named & {"create", "cria", "criar"}))


def _why(path: str, named: set[str], what: Message, connects: bool, found: python.Python) -> Message:
    signs = [what]
    signs += [tr("a connection of its own")] * connects
    signs += [tr("a name like one")] * bool(named & (CHANGING | SEEDING | LOOKING))
    signs += [tr("does not parse")] * (not found.parsed)
    return joined(", ", signs)
