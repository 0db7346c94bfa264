"""Which SQLite file a URL means: the one the application opens, or a refusal before another one is made."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.settings import read_settings
from painel_migrations.auto_migrate import run_auto_migration
from tests.support import lineage
from tests.support.refused import here


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name != ".painel-migrations"}


def make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    lineage.build(engine, 18, rows=1)
    engine.dispose()


@pytest.mark.parametrize("name", ["meu%20banco.db", "100%25.db"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_name_with_a_code_is_taken_as_it_is_written(folder: Path, name: str, exists: bool) -> None:
    """As SQLAlchemy 2.0.23 does, which the application has, whichever is installed here."""
    if exists:
        make(folder / name)
    ended = here(f"sqlite:///{name}", "upgrade")
    assert (ended.code, ended.err, files(folder)) == (0, "", {name})
    made = "" if exists else ", which is made now"
    assert ended.out.splitlines()[1] == f"The file: {folder / name}{made}"


def test_a_name_with_a_code_where_both_files_exist(folder: Path) -> None:
    for name in ("meu%20banco.db", "meu banco.db"):
        make(folder / name)
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    ended = here("sqlite:///meu%20banco.db", "upgrade")
    assert ended.code == 2
    assert ended.err == (
        "Error: meu%20banco.db and meu banco.db both exist: SQLAlchemy 2.0 opens the first, 2.1 the second\n"
        "Next: Move away the one the application does not use, then name the other one without % in DATABASE_URL\n"
    )
    assert {name: (folder / name).read_bytes() for name in files(folder)} == before


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("meu%20banco.db", "meu banco.db"),
        ("eventos.db", "Eventos.db"),
        ("eventos.db", "eventos.db "),
        ("meubanco.db", "meu banco.db"),
        ("inscri\u00e7\u00f5es.db", "inscric\u0327o\u0303es.db"),
    ],
)
@pytest.mark.parametrize("verb", ["upgrade", "status"])
def test_a_missing_file_beside_one_that_may_be_meant(folder: Path, asked: str, there: str, verb: str) -> None:
    """SQLite would make it, and the run would be done with a file that nobody opens."""
    make(folder / there)
    ended = here(f"sqlite:///{asked}", verb)
    assert ended.code == 2
    assert ended.err == (
        f"Error: {asked} does not exist, and {there} does, another only in case, blanks, accents or % codes\n"
        f"Next: From this folder it is {folder / asked}. Correct DATABASE_URL, or move the other one away where a new"
        " file is meant\n"
    )
    assert files(folder) == {there}


def test_the_hook_makes_no_such_file_either(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(folder / "Eventos.db")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///eventos.db")
    assert run_auto_migration() is False
    assert files(folder) == {"Eventos.db"}


def test_a_file_of_another_name_is_nobodys_twin(folder: Path) -> None:
    make(folder / "eventos2.db")
    assert here("sqlite:///eventos.db", "upgrade").code == 0


def test_a_link_leads_to_the_file_that_is_named(folder: Path) -> None:
    volume = folder / "volume"
    make(volume / "dados.db")
    (folder / "eventos.db").symlink_to(volume / "dados.db")
    ended = here("sqlite:///eventos.db", "upgrade")
    assert (ended.code, ended.out.splitlines()[1]) == (0, f"The file: {volume / 'dados.db'}")
    assert files(volume) == {"dados.db"}
    assert (folder / "eventos.db").is_symlink()


@pytest.mark.parametrize("name", ["com um branco", "~", "-p", "$HOME-x", "aspas'\"", "(a&b);c"])
def test_the_folders_command_works_as_it_is_pasted(folder: Path, name: str) -> None:
    url = f"sqlite:///{folder / name / 'eventos.db'}"
    ended = here(url, "upgrade")
    assert ended.code == 2
    [command] = re.findall(r"mkdir .*", ended.err)
    subprocess.run(["sh", "-c", command], cwd=folder, check=True)
    assert here(url, "upgrade").code == 0


@pytest.mark.parametrize("name", ["-p", "um branco", "a/b"])
def test_a_relative_folders_command_too(folder: Path, name: str) -> None:
    [command] = re.findall(r"mkdir .*", here(f"sqlite:///{name}/eventos.db", "upgrade").err)
    subprocess.run(["sh", "-c", command], cwd="/", check=True)
    assert (folder / name).is_dir()


def test_a_home_folder_is_not_put_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder / "casa"))
    ended = here("sqlite:///~/dados/eventos.db", "upgrade")
    assert ended.code == 2
    assert ended.err == (
        "Error: the folder of ~/dados/eventos.db does not exist: in a URL ~ is no home folder\n"
        f"Next: Write the path out in DATABASE_URL: sqlite:///{folder}/casa/dados/eventos.db\n"
    )


def test_a_missing_file_says_where_it_would_be(folder: Path) -> None:
    ended = here("sqlite:///dados.db", "status")
    assert ended.err == (
        f"Error: dados.db does not exist\nNext: From this folder it is {folder}/dados.db. Make it with: make upgrade\n"
    )
    assert here(f"sqlite:///{folder}/dados.db", "status").err.endswith("\nNext: Make it with: make upgrade\n")


@pytest.mark.parametrize("line", ["database_url=sqlite:///meu%20banco.db", "Database_Url = 'sqlite:///meu%20banco.db'"])
def test_the_file_of_the_applications_settings(folder: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """pydantic-settings ignores the case of names: the default, eventos.db, must not be made in its place."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (folder / ".env").write_text(line + "\n")
    assert run_auto_migration() is True
    assert files(folder) == {".env", "meu%20banco.db"}
    assert read_settings().database_url.database == "meu%20banco.db"
