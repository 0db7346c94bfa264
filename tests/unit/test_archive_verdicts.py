"""What is a one-off script, what is not, and who still uses it: on a made-up application, and rule by rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from homecoming.archive import git, inventory, kinds, python, sql, survey, text
from homecoming.archive.judge import CHANGED, NOT_ONE, UNKNOWN, Found
from tests.support import application_files as truth


def told(found: Found | None) -> str:
    """The verdict of a row in the words of the truth."""
    if found is None or found.verdict == NOT_ONE:
        return truth.NOT
    names = {CHANGED: truth.CHANGED, UNKNOWN: truth.UNKNOWN}
    return names.get(found.verdict, truth.COVERED if found.verdict.startswith("covered by") else truth.KNOWN)


def taken(folder: Path) -> survey.Survey:
    top = git.top_of(folder)
    return survey.take(folder, inventory.load(inventory.shipped()), (), git.Repository(top) if top else None)


MISJUDGED = {
    "mexe_no_banco.py": (truth.UNKNOWN, truth.NOT),
    "rodar_sql.py": (truth.UNKNOWN, truth.NOT),
    "limpeza_noturna.py": (truth.NOT, truth.UNKNOWN),
}
"""What the rules get wrong, and why is said where the file is made: a rule that changes this has to say so here."""


def test_precision_and_recall(application: Path, record_property: Callable[[str, object], None]) -> None:
    made = truth.files()
    rows = {found.path: found for found in taken(application).found}
    verdicts = {path: told(rows.get(path)) for path in made}
    right = sum(one.truth == verdicts[path] for path, one in made.items())
    real = {path for path, one in made.items() if one.truth != truth.NOT}
    named = {path for path, verdict in verdicts.items() if verdict != truth.NOT}
    precision, recall = len(real & named) / len(named), len(real & named) / len(real)
    record_property(
        "summary",
        f"archive: {len(made)} files, {len(real)} one-off scripts: precision {precision:.3f}, recall {recall:.3f}, "
        f"{right} verdicts as they have to be",
    )
    assert len(made) >= 150
    wrong = {path: (one.truth, verdicts[path]) for path, one in made.items() if one.truth != verdicts[path]}
    assert wrong == MISJUDGED
    assert precision >= 0.98
    assert recall >= 0.97


def test_what_stays_says_why(application: Path) -> None:
    rows = {found.path: found for found in taken(application).found if found.verdict != NOT_ONE}
    made = truth.files()
    assert {path: found.left for path, found in rows.items() if found.left} == {
        "backend/app/migrations/auto_migrate.py": "part of an application package",
        "backend/create_produtos_migration.py": "in use: imported by backend/app/main.py:6",
        "backend/fix_cp1252.py": "not UTF-8 (cp1252)",
        "backend/fix_usado.py": "in use: imported by backend/app/main.py:5",
        "backend/init_db.py": "in use: named in Procfile:1",
        "backend/migrations/deploy_with_migrations.py": "in use: named in docker/entrypoint.sh:2",
        "backend/server.py": "starts the application",
        "backend/start.sh": "starts the application",
        "backend/validate_post_deploy.py": "in use: named in Makefile:2",
        "deploy_check.py": "in use: named in .github/workflows/ci.yml:4",
        "fix_so_leitura.py": "read-only",
        "migrate_enum_auto.py": "in use: named in package.json:1",
        "validate_migration.py": "collides with backend/migrations/validate_migration.py in the archive",
    }
    assert {path for path, found in rows.items() if found.left} == {path for path, one in made.items() if one.stays}


def test_the_verdict_names_the_revision_and_the_place(application: Path) -> None:
    rows = {found.path: found for found in taken(application).found}
    simple = rows["migrate_simple.py"]
    assert (simple.verdict, simple.target) == ("covered by 0018", "archive/2025-08/schema/migrate_simple.py")
    assert simple.why == "Copies backend/eventos.db and rebuilds produtos without evento_id."
    assert rows["backend/check_db.py"].verdict == "known, nothing to cover: check"
    assert (
        rows["migrate_simple_v2.py"].why
        == "statements that change the schema, a connection of its own, a name like one"
    )
    # Of its first commit, not of the file on the disk.
    assert rows["corrigirPrecos.py"].target == "archive/2025-08/data/corrigirPrecos.py"


def test_a_known_text_is_known_under_any_name(tmp_path: Path, registered: Path) -> None:
    known = truth.registered_text("migrate_simple.py")
    for name in ("antigo/qualquer.py", "migrate_simple.py.backup", "migrate_simple", "migrate_simple.py.bak"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(known)
    assert {found.path: found.verdict for found in taken(tmp_path).found} == dict.fromkeys(
        ("antigo/qualquer.py", "migrate_simple", "migrate_simple.py.backup", "migrate_simple.py.bak"), "covered by 0018"
    )


def test_an_empty_file_is_known_by_its_name_as_well(tmp_path: Path) -> None:
    """Two registered scripts were emptied; every empty file has their hash."""
    (tmp_path / "backend").mkdir()
    for name in ("backend/add_categorias_migration.py", "backend/vazio.py", "pkg.py"):
        (tmp_path / name).touch()
    assert {found.path: found.verdict for found in taken(tmp_path).found} == {
        "backend/add_categorias_migration.py": "covered by 0014"
    }


def test_a_script_that_only_moving_scripts_use_moves_with_them(tmp_path: Path) -> None:
    (tmp_path / "migracao_base.py").write_text(truth.script("schema", "base"))
    (tmp_path / "fix_marca.py").write_text("import migracao_base\n" + truth.script("data", "marca"))
    assert [found.path for found in taken(tmp_path).moving] == ["fix_marca.py", "migracao_base.py"]
    # One that stays keeps what it uses: the same two, but the user cannot be moved.
    (tmp_path / "fix_marca.py").chmod(0o444)
    assert [(found.path, found.left) for found in taken(tmp_path).found] == [
        ("fix_marca.py", "read-only"),
        ("migracao_base.py", "in use: imported by fix_marca.py:1"),
    ]


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("app/main.py", "from scripts import fix_x"),
        ("app/main.py", "from scripts.fix_x import executar"),
        ("app/main.py", "import scripts.fix_x as x"),
        ("scripts/roda.py", "import fix_x"),
        ("scripts/roda.py", "from . import fix_x"),
        ("scripts/roda.py", "from .fix_x import executar"),
        ("app/main.py", "import importlib\nimportlib.import_module('scripts.fix_x')"),
        ("app/main.py", "import subprocess, sys\nsubprocess.run([sys.executable, 'scripts/fix_x.py'])"),
        ("app/main.py", "import os\nos.system('cd scripts && python fix_x.py --sim')"),
        ("app/quebrado.py", "print 'python 2'\nfrom scripts import fix_x"),
        ("Procfile", "release: python scripts/fix_x.py"),
        ("Procfile", "release: python -m scripts.fix_x"),
        ("deploy.sh", "exec python3 ./scripts/fix_x.py"),
        ("deploy.ps1", "python scripts\\fix_x.py"),
        ("bin/roda", "#!/bin/sh\npython /app/scripts/fix_x.py"),
        (".github/workflows/deploy.yml", "      run: python scripts/fix_x.py"),
        (".gitlab-ci.yml", "  - python scripts/fix_x.py"),
        ("Makefile", "dados:\n\tpython scripts/fix_x.py"),
        ("package.json", '{"scripts": {"dados": "python scripts/fix_x.py"}}'),
        ("Dockerfile", 'CMD ["python", "scripts/fix_x.py"]'),
        ("docker-compose.prod.yml", "    command: python scripts/fix_x.py"),
        ("railway.toml", 'startCommand = "python scripts/fix_x.py && uvicorn app.main:app"'),
        ("pyproject.toml", 'dados = "scripts.fix_x:executar"'),
    ],
)
def test_who_uses_a_script_keeps_it(tmp_path: Path, user: str, said: str) -> None:
    for path, content in (("scripts/fix_x.py", truth.script("data", "x")), (user, said + "\n")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    (tmp_path / user).chmod(0o755)
    (found,) = (found for found in taken(tmp_path).found if found.path == "scripts/fix_x.py")
    assert found.left.startswith("in use: ")
    assert f" {user}:" in found.left


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("README.md", "python scripts/fix_x.py"),
        ("deploy.sh", "# python scripts/fix_x.py"),
        ("Procfile", "web: python other/fix_x.py"),
        ("Makefile", "dados:\n\tpython scripts/fix_xy.py"),
        ("app/main.py", '"""Once: python scripts/fix_x.py"""\nimport logging\nlogging.info("run fix_x.py first")'),
        ("app/main.py", "from app.fix_x import executar"),
        ("scripts/fix_x.py", "# fix_x.py uses itself: python scripts/fix_x.py\nimport os\nos.system('fix_x.py')"),
    ],
)
def test_who_only_speaks_of_a_script_does_not(tmp_path: Path, user: str, said: str) -> None:
    for path, content in (("scripts/fix_x.py", truth.script("data", "x")), (user, said + "\n")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        with (tmp_path / path).open("a") as stream:
            stream.write(content)
    assert [found.left for found in taken(tmp_path).found if found.path == "scripts/fix_x.py"] == [""]


def test_a_known_name_that_is_a_test_by_now_stays(tmp_path: Path) -> None:
    (tmp_path / "test_schema_validation.py").write_text("import pytest\n\n\ndef test_x():\n    assert True\n")
    assert [(one.verdict, one.left) for one in taken(tmp_path).found] == [(CHANGED, "a test of behaviour by now")]


def test_a_use_outside_of_the_folder_but_inside_the_repository_counts(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "backend/fix_x.py").write_text(truth.script("data", "x"))
    (tmp_path / "Procfile").write_text("release: python backend/fix_x.py\n")
    found = survey.take(tmp_path / "backend", ())
    assert [(one.path, one.left) for one in found.found] == [("fix_x.py", "in use: named in Procfile:1")]


@pytest.mark.parametrize(
    ("said", "kinds_of"),
    [
        ("ALTER TABLE usuarios ADD tipo TEXT", {"schema"}),
        ("create   unique index i on t (a)", {"schema"}),
        ("-- ALTER TABLE x\nSELECT 1", {"read"}),
        ("/* DROP TABLE x */ UPDATE usuarios SET tipo = 1", {"update"}),
        ("UPDATE public.usuarios AS u SET tipo = 1", {"update"}),
        ("INSERT INTO t VALUES ('DROP TABLE x')", {"insert", "schema"}),
        ("INSERT OR IGNORE INTO t VALUES (1)", {"insert"}),
        ("DELETE FROM t; TRUNCATE t", {"delete"}),
        ("DO $$ BEGIN EXECUTE 'ALTER TYPE t ADD VALUE ''x'''; END $$", {"schema"}),
        ("WITH x AS (SELECT 1) UPDATE t SET a = 1", {"read", "update"}),
        ("PRAGMA table_info(t)", {"read"}),
        ("foreign key (a) references t on update set null on delete cascade", set()),
        ("Please create a user, then update the page", set()),
        ("Crie a tabela; atualize o tipo", set()),
    ],
)
def test_statements_are_found_by_their_words(said: str, kinds_of: set[str]) -> None:
    assert sql.statements(said) == kinds_of


@pytest.mark.parametrize(
    ("path", "source", "kind"),
    [
        ("x.py", "import psycopg2 as pg\nc = pg.connect('')\nc.cursor().execute('DROP TABLE t')", "schema"),
        ("x.py", ("from sqlalchemy import create_engine as ce, text\nwith ce('').begin() as c:\n"
                 "    c.execute(text('ALTER TABLE t DROP a'))"), "schema"),
        ("x.py", "from app.database import engine\nwith engine.begin() as c:\n    c.execute(f'ALTER TABLE {1} DROP a')",
         "schema"),
        ("migracao.py", "SQL = 'CREATE TABLE t (a int)'", "schema"),
        ("corrigir.py", "import sqlite3\nc = sqlite3.connect('x.db')\nc.execute('DELETE FROM t')\nc.commit()", "data"),
        ("seed.py", "from app.database import SessionLocal\ndb = SessionLocal()\ndb.add(1)\ndb.commit()", "seed"),
        ("check_x.py", "import sqlite3\nsqlite3.connect('x.db').execute('SELECT 1')", "check"),
        ("x.py", "print('ALTER TABLE t DROP a')", ""),
        ("x.py", "import sqlite3\nsqlite3.connect(':memory:').execute('CREATE TABLE t (a)')", ""),
        ("fix_imports.py", "open('a.py').write('x')\nprint('CREATE TABLE')", ""),
        ("app.py", "from fastapi import FastAPI\napp = FastAPI()\nBase.metadata.create_all()", ""),
        ("migrate.py", "import os\nos.execvp('uvicorn', ['uvicorn'])\nsql = 'DROP TABLE t'", ""),
        ("fix.py", ("print 'dois'\nimport sqlite3\nc = sqlite3.connect('x')\nc.execute('UPDATE t SET a = 1')\n"
                   "if __name__ == '__main__': c.commit()"), "data"),
    ],
)  # fmt: skip
def test_a_python_file_is_judged_by_what_it_does(path: str, source: str, kind: str) -> None:
    assert kinds.of_python(path, python.facts(source.encode(), source)).kind == kind


@pytest.mark.parametrize(
    ("data", "said", "encoding"),
    [
        ("ção".encode(), "ção", "utf-8"),
        ("\ufeffa".encode(), "\ufeffa", "utf-8"),
        ("ção".encode("cp1252"), "ção", "cp1252"),
        ("ção".encode("utf-16"), "ção", "utf-16"),
        (b"a\x81", "a\x81", "latin-1"),
        (b"a\0b", None, None),
        (b"\xff\xfea", None, None),
    ],
)
def test_bytes_are_read_as_what_they_are(data: bytes, said: str | None, encoding: str | None) -> None:
    read = text.read(data)
    assert (read and read.text, read and read.encoding) == (said, encoding)
    assert read is None or read.text.encode(read.encoding) == data


def test_this_very_repository_has_nothing_to_do() -> None:
    found = survey.take(Path(__file__).parents[2], inventory.load(inventory.shipped()))
    assert found.found == []
    assert found.looked_at > 300
