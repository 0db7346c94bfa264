"""The engine with another application than the one it was written for: from `init` to the way back.

Each step is a process of its own, as people run it: a process works for one project.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from painel_migrations.schema import metadata
from tests.conftest import engine_of
from tests.support import servers

ROOT = Path(__file__).parents[2]
UNMANAGED = 'unmanaged=("breeds", "invoices", "log", "visits")'

# As its models made them once, before a column, a length and a key; a script left a copy behind.
MADE = (
    "CREATE TABLE breeds (code varchar(12) PRIMARY KEY, title varchar(80) NOT NULL)",
    "CREATE TABLE owners (id {serial} PRIMARY KEY, email varchar(200) NOT NULL UNIQUE, fax varchar(30))",
    "CREATE TABLE pets (id {serial} PRIMARY KEY, owner_id integer NOT NULL, breed_code varchar(12) REFERENCES breeds)",
    "ALTER TABLE pets ADD COLUMN name varchar(40) NOT NULL DEFAULT '?'",
    "ALTER TABLE pets ADD COLUMN species {species} NOT NULL DEFAULT 'dog'",
    "ALTER TABLE pets ADD COLUMN born date",
    "CREATE TABLE visits (pet_id integer REFERENCES pets, visited_on date, reason text, PRIMARY KEY (pet_id, reason))",
    "CREATE TABLE log (said text, at {moment})",
    "CREATE TABLE pets_old (id integer, name varchar(40))",
    "INSERT INTO breeds VALUES ('COLLIE', 'Collie')",
    "INSERT INTO owners (id, email, fax) VALUES (1, 'a@b.example', '555'), (2, 'c@d.example', NULL)",
    "INSERT INTO pets (id, owner_id, breed_code, name, species) VALUES (1, 1, 'COLLIE', 'Rex', 'dog')",
    "INSERT INTO pets (id, owner_id, breed_code, name, species) VALUES (2, 2, NULL, 'Mia', 'cat')",
    "INSERT INTO visits VALUES (1, '2026-01-02', 'checkup')",
    "INSERT INTO log (said) VALUES ('hello')",
    "INSERT INTO pets_old VALUES (1, 'Rex')",
)
ROWS = {
    "owners": "SELECT id, email, fax FROM owners ORDER BY id",
    "pets": "SELECT id, owner_id, breed_code, name, species FROM pets ORDER BY id",
    "visits": "SELECT pet_id, reason FROM visits",
    "log": "SELECT said FROM log",
    "pets_old": "SELECT id, name FROM pets_old",
}


class Kennel:
    """The application's repository, and a database of its."""

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self.folder, self.engine = folder, engine
        if not folder.exists():
            shutil.copytree(Path(__file__).with_name("kennel"), folder / "kennel")

    def run(self, *words: str, module: str = "homecoming") -> subprocess.CompletedProcess[str]:
        """Run a verb, in an environment that knows nothing of ours."""
        url = self.engine.url.render_as_string(hide_password=False)
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}{os.pathsep}{self.folder}", "DATABASE_URL": url}
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def done(self, *words: str) -> str:
        """Run a verb that has to succeed, and return what it printed."""
        ended = self.run(*words)
        assert ended.returncode == 0, (words, ended.stdout, ended.stderr)
        return ended.stdout

    def make(self) -> None:
        """Have the database as it was found."""
        on_postgresql = self.engine.dialect.name == "postgresql"
        kinds = {
            "serial": "serial" if on_postgresql else "integer",
            "species": "species" if on_postgresql else "varchar(5)",
            "moment": "timestamptz" if on_postgresql else "datetime",
        }
        with self.engine.begin() as connection:
            if on_postgresql:
                connection.exec_driver_sql("CREATE TYPE species AS ENUM ('dog', 'cat', 'other')")
                connection.exec_driver_sql("CREATE SCHEMA billing")
                connection.exec_driver_sql("CREATE TABLE billing.invoices (id serial PRIMARY KEY, total numeric(10,2))")
            for statement in MADE:
                connection.exec_driver_sql(statement.format(**kinds))
            if on_postgresql:
                for table in ("owners", "pets"):
                    connection.exec_driver_sql(f"SELECT setval('{table}_id_seq', 2)")

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Return what every table holds that was there."""
        with self.engine.connect() as connection:
            return {name: [tuple(row) for row in connection.exec_driver_sql(select)] for name, select in ROWS.items()}

    def columns(self, table: str) -> set[str]:
        """Return the columns of a table."""
        return {column["name"] for column in sa.inspect(self.engine).get_columns(table)}


def begun(one: Kennel) -> Kennel:
    """Its project, which names what is left alone."""
    one.done("init", "kennel")
    project = one.folder / "kennel/migrations.py"
    project.write_text(project.read_text().replace("unmanaged=()", UNMANAGED))
    return one


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with its first revision, which is the same for every database."""
    folder = tmp_path_factory.mktemp("kennel")
    one = begun(Kennel(folder / "repository", engine_of(f"sqlite:///{folder / 'kennel.sqlite'}")))
    one.done("revision", "-m", "Create the kennel")
    return one.folder


@pytest.fixture(params=("pg16", "pg18", "sqlite"))
def kennel(
    request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server], repository: Path, tmp_path: Path
) -> Iterator[Kennel]:
    """The repository with its first revision, and a database that was never migrated."""
    if request.param == "sqlite":
        engine, server = engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}"), None
    else:
        server = server_of(int(request.param[2:]))
        engine = engine_of(server.create_database(f"kennel_{os.getpid()}"))
    one = Kennel(shutil.copytree(repository, tmp_path / "repository"), engine)
    one.make()
    yield one
    if server is not None:
        server.drop_database(f"kennel_{os.getpid()}")


def test_what_the_operations_do_not_know_is_refused_until_it_is_named(tmp_path: Path) -> None:
    one = Kennel(tmp_path / "repository", engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}"))
    one.done("init", "kennel")
    ended = one.run("revision", "-m", "Create the kennel")
    assert ended.returncode == 2
    assert ended.stderr == (
        "Error: the operations do not know tables such as billing.invoices, in a schema of its own; breeds, whose rows"
        " are told by code and not by a whole number id; log, which has no key; 1 more\n"
        "Next: Name them in the project: unmanaged=(...). They are left alone then; the other tables are looked after\n"
    )
    assert list((one.folder / "alembic/versions").iterdir()) == []


def test_init_changes_nothing_that_is_there(tmp_path: Path) -> None:
    one = Kennel(tmp_path / "repository", engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}"))
    (one.folder / "Makefile").write_text("all:\n")
    assert "Add to your Makefile: include homecoming.mk\n" in one.done("init", "kennel")
    assert (one.folder / "Makefile").read_text() == "all:\n"
    before = {path: path.read_bytes() for path in one.folder.rglob("*") if path.is_file()}
    ended = one.run("init", "kennel")
    assert (ended.returncode, ended.stderr) == (
        2,
        "Error: alembic.ini is there already\nNext: Rename it, then run again\n",
    )
    assert one.run("init", "nothing").returncode == 2
    assert {path: path.read_bytes() for path in one.folder.rglob("*") if path.is_file()} == before


def test_a_folder_without_a_project_says_how_to_begin_one(tmp_path: Path) -> None:
    one = Kennel(tmp_path / "repository", engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}"))
    ended = one.run("status")
    assert ended.returncode == 2
    assert "Begin one: homecoming init PACKAGE" in ended.stderr


def test_what_no_operation_makes_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """It names table and columns, and writes nothing; with the table unmanaged the others are looked after."""
    one = begun(Kennel(tmp_path / "repository", engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}")))
    models = one.folder / "kennel/models.py"
    text = models.read_text().replace('ForeignKey("owners.id")', 'ForeignKey("owners.id", ondelete="CASCADE")')
    parts = """    __table_args__ = (
        sa.CheckConstraint("name <> ''", name="named"),
        sa.Index("ix_dogs", "name", sqlite_where=sa.text("name > 'a'")),
    )
"""
    models.write_text(text.replace("    born: Mapped", f"{parts}    born: Mapped"))
    ended = one.run("revision", "-m", "Create the kennel")
    assert ended.returncode == 4
    assert ended.stderr.partition("\nNext: ")[0].splitlines() == [
        "Error: a CHECK on pets (name)",
        "the foreign key of pets (owner_id)",
        "the index ix_dogs on pets (name)",
    ]
    assert ended.stderr.count("; or leave the whole table alone, in the project: unmanaged=('pets',)\n") == 3
    assert list((one.folder / "alembic/versions").iterdir()) == []
    project = one.folder / "kennel/migrations.py"
    project.write_text(project.read_text().replace(UNMANAGED, UNMANAGED.replace(")", ', "pets")')))
    one.done("revision", "-m", "Create the kennel")
    assert "pets" not in next((one.folder / "alembic/versions").glob("0001_*.py")).read_text()


def test_a_default_that_no_list_carries_is_refused_by_name(tmp_path: Path) -> None:
    one = begun(Kennel(tmp_path / "repository", engine_of("postgresql+psycopg2://nobody@127.0.0.1:1/kennel")))
    models = one.folder / "kennel/models.py"
    plain = "name: Mapped[str] = mapped_column(sa.String(80)"
    models.write_text(models.read_text().replace(plain, f"{plain}, server_default='!'"))
    ended = one.run("sql-verify")
    assert ended.returncode == 2
    assert ended.stderr == (
        "Error: on PostgreSQL the operations do not make pets.name, whose default holds '!'\n"
        "Next: Change the models, or name the tables in the project: unmanaged=(...). They are left alone then\n"
    )


def test_a_revision_says_the_commands_that_are_there(repository: Path, tmp_path: Path) -> None:
    engine = engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}")
    one = Kennel(shutil.copytree(repository, tmp_path / "repository"), engine)
    models = one.folder / "kennel/models.py"
    models.write_text(models.read_text().replace("sa.String(200), unique", "sa.String(250), unique"))
    told = one.done("revision", "-m", "Have longer addresses")
    assert told.endswith("\nNext: say why in its docstring, then: make check\n")
    (one.folder / "Makefile").unlink()
    models.write_text(models.read_text().replace("sa.String(250), unique", "sa.String(260), unique"))
    told = one.done("revision", "-m", "Have the longest addresses")
    assert told.endswith("\nNext: say why in its docstring, then: homecoming check\n")


def test_plain_alembic_says_what_it_does(repository: Path, tmp_path: Path) -> None:
    """In a project that `init` began, as in one of Alembic's own template; our own command line logs in its own way."""
    engine = engine_of(f"sqlite:///{tmp_path / 'kennel.sqlite'}")
    one = Kennel(shutil.copytree(repository, tmp_path / "repository"), engine)
    ended = one.run("upgrade", "head", module="alembic")
    assert ended.returncode == 0, ended.stderr
    said = r"INFO  \[alembic.runtime.migration\] Running upgrade {}, {}\n"
    assert re.search(said.format(" -> 0001", "Create the kennel"), ended.stderr)
    assert "alembic.runtime" not in one.run("downgrade", "base").stderr


def test_a_database_that_was_never_migrated_comes_home_and_goes_back(kennel: Kennel) -> None:
    before, columns = kennel.rows(), kennel.columns("owners")
    plan = kennel.done("upgrade", "--plan")
    assert "0001" in plan
    assert kennel.rows() == before
    kennel.done("upgrade")
    assert kennel.rows() == before
    assert kennel.columns("owners") == columns | {"phone"}
    assert "Equal to head" in kennel.done("verify")
    assert kennel.done("upgrade").endswith("At 0001: nothing to do\n")
    with kennel.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO owners (email, phone) VALUES ('e@f.example', '777')")
        if kennel.engine.dialect.name == "postgresql":
            with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
                connection.exec_driver_sql("INSERT INTO pets (owner_id, name, species) VALUES (99, 'x', 'dog')")
    assert kennel.run("health").returncode == 0
    kennel.done("dashboard", "--static", str(kennel.folder / "status.html"))
    assert "Kennel" in (kennel.folder / "status.html").read_text()
    kennel.done("downgrade", "base")
    assert kennel.columns("owners") >= columns
    assert kennel.rows()["pets"] == before["pets"]
    assert len(kennel.rows()["owners"]) == 3


def test_the_next_revision_retires_and_a_repair_mends(kennel: Kennel) -> None:
    kennel.done("upgrade")
    with kennel.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE owners SET phone = '777' WHERE id = 1")
    models = kennel.folder / "kennel/models.py"
    text = models.read_text()
    models.write_text(text.replace("    phone: Mapped[str | None] = mapped_column(sa.String(30))\n", ""))
    kennel.done("revision", "-m", "Drop the phone of owners")
    kennel.done("upgrade")
    assert "phone" not in kennel.columns("owners")
    kennel.done("verify")
    with kennel.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_pets_owner_id")
    assert kennel.run("verify").returncode == 1
    kennel.done("repair")
    kennel.done("verify")
    kennel.done("downgrade", "0001")
    with kennel.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT phone FROM owners WHERE id = 1").scalar_one() == "777"


def test_a_paste_does_what_the_command_does(kennel: Kennel) -> None:
    if kennel.engine.dialect.name == "sqlite":
        assert kennel.run("sql").returncode == 2
        return
    before = kennel.rows()
    with kennel.engine.begin() as connection:
        connection.exec_driver_sql(kennel.done("sql"), execution_options={"no_parameters": True})
    assert kennel.rows() == before
    kennel.done("verify")
    with kennel.engine.begin() as connection:
        judged = connection.exec_driver_sql(kennel.done("sql-verify"), execution_options={"no_parameters": True})
        assert judged.fetchall()[-1].result == "OK"
        connection.exec_driver_sql(
            kennel.done("sql-rollback", "--to", "base"), execution_options={"no_parameters": True}
        )
    assert kennel.rows() == before
    assert "phone" not in kennel.columns("owners")


def test_the_engine_names_nothing_of_an_application() -> None:
    """Neither a table of PainelUniversal nor its prefix is in the engine, but for one name in files that exist."""
    telling = [name for name in metadata.tables if "_" in name]
    telling += ["usuarios", "eventos", "comandas", "painel_"]
    found = []
    for path in sorted((ROOT / "homecoming").rglob("*")):
        if path.suffix not in (".py", ".sql", ".mako"):
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            # Comments and docstrings give examples; the code that follows one in the same line is rare.
            code = re.sub(r"`+[^`]*`+", "", line).partition("#")[0].partition("--")[0]
            if any(name in code for name in telling) and "painel_referred" not in code:
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_the_engine_s_own_wheel_needs_what_the_whole_one_needs() -> None:
    """The engine alone is a wheel, too: its dependencies and extras are the same, to the letter."""
    whole, engine = (
        tomllib.loads((ROOT / name).read_text())["project"] for name in ("pyproject.toml", "homecoming/pyproject.toml")
    )
    assert engine["dependencies"] == whole["dependencies"]
    extras = {name: words for name, words in whole["optional-dependencies"].items() if name != "all"}
    assert {name: words for name, words in engine["optional-dependencies"].items() if name != "all"} == extras


def test_what_init_writes_is_what_this_repository_has() -> None:
    """The template of revisions stands in both: the history's own is beside it."""
    template = Path("alembic/script.py.mako")
    assert (ROOT / template).read_text() == (ROOT / "homecoming/scaffold" / template.name).read_text()
