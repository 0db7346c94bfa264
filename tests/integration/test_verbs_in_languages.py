"""Every verb under the pseudo-language, in which a word that no catalogue has stands alone; and in Portuguese."""

from __future__ import annotations

import argparse
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming import arguments, language, logs
from homecoming.commands import COMMANDS
from painel_migrations.auto_migrate import deploy_monitor, run_auto_migration
from tests.support import history
from tests.support.command import Ran
from tests.support.history import HEAD, REVISIONS
from tests.support.pseudo import LANGUAGE, words_outside

Run = Callable[..., Ran]
Choose = Callable[[sa.Engine | str, str], None]


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> Choose:
    """A function that names the database, and the language."""

    def choose(database: sa.Engine | str, spoken: str) -> None:
        url = database if isinstance(database, str) else database.url.render_as_string(hide_password=False)
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("MIGRATION_LANG", spoken)

    return choose


def bypassing(ran: Ran, *allowed: str) -> list[str]:
    """The words of what a verb said that no catalogue has."""
    _, out, err = ran
    # A role, a program, and the types of columns, which are as SQL has them.
    names = (*allowed, "postgres", "painel-migrations", "character", "varying", "text", "PainelUniversal")
    return [word for text in (out, err) for word in words_outside(text, names)]


def test_no_word_of_a_look_bypasses_the_catalogue(run: Run, database: sa.Engine, speaking: Choose) -> None:
    speaking(database, LANGUAGE)
    run("upgrade", "0018")
    assert bypassing(run("status")) == []
    assert bypassing(run("doctor")) == []
    run("upgrade")
    for verb in ("status", "doctor", "verify", "history", "retired", "upgrade", "repair"):
        assert bypassing(run(verb)) == [], verb
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE usuarios ADD COLUMN extra text")
        connection.exec_driver_sql("DELETE FROM alembic_version")
    for verb in ("verify", "doctor"):
        assert bypassing(run(verb)) == [], verb


def test_no_word_of_an_upgrade_and_back_bypasses_the_catalogue(run: Run, database: sa.Engine, speaking: Choose) -> None:
    speaking(database, LANGUAGE)
    assert bypassing(run("upgrade", "--plan", "0017")) == []
    assert bypassing(run("upgrade", "0018")) == []
    assert bypassing(run("downgrade", "--plan", "0017")) == []
    assert bypassing(run("downgrade", "0017")) == []
    assert bypassing(run("history")) == []
    assert bypassing(run("purge-retired", "--older-than", "0d", "--confirm", "another")) == []
    assert (
        bypassing(run("purge-retired", "--older-than", "0d", "--confirm", Path(str(database.url.database)).name)) == []
    )


def help_of(capsys: pytest.CaptureFixture[str], run: Run, *words: str) -> str:
    with pytest.raises(SystemExit):
        run(*words)
    said = capsys.readouterr()
    return said.out + said.err


@pytest.mark.parametrize("words", [["--help"], *([command.name, "--help"] for command in COMMANDS)], ids="-".join)
def test_no_word_of_a_help_bypasses_the_catalogue(
    words: list[str], run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_LANG", LANGUAGE)
    monkeypatch.setenv("COLUMNS", "1000")
    shown = help_of(capsys, run, *words)
    assert shown.startswith("⟦usage: ⟧")
    # A verb begins its line in the list of verbs; text, json, auto and their like are typed as they stand.
    shown = re.sub(r"^    [a-z-]+ ", "", shown, flags=re.MULTILINE)
    shown = re.sub(r"^⟦usage: ⟧.*$", "", shown, flags=re.MULTILINE)
    assert words_outside(shown, ["PainelUniversal"]) == []


def test_what_argparse_says_is_said_by_this_python() -> None:
    source = Path(argparse.__file__).read_text("utf-8")
    assert [text for text in arguments.OF_ARGPARSE if text.replace("\n", "\\n") not in source] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["downgrade"], "painel downgrade: erro: faltam estes argumentos obrigatórios: REV\n"),
        (["upgrade", "a", "b"], "painel: erro: argumentos desconhecidos: b\n"),
        (["verify", "--format"], "painel verify: erro: argumento --format: espera um argumento\n"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_an_error_of_usage_in_portuguese(
    words: list[str],
    said: str,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANG", "pt_BR.UTF-8")
    shown = help_of(capsys, run, *words)
    assert shown.startswith("uso: painel")
    assert shown.endswith(said)
    assert vars(argparse)["_"] is not language.localized


def test_an_upgrade_in_portuguese(run: Run, sqlite: sa.Engine, speaking: Choose) -> None:
    speaking(sqlite, "pt")
    place = f"SQLite {sqlite.url.database} (DATABASE_URL)"
    code, out, err = run("status")
    assert (code, out) == (2, "")
    assert err == (f"Erro: {sqlite.url.database} não existe\nPróximo passo: Crie com: make upgrade\n")
    code, out, _ = run("upgrade", "0002")
    assert code == 0
    assert (
        out.splitlines()[:2]
        == [
            f"Banco de dados: {place}",
            f"O arquivo: {sqlite.url.database}, que é criado agora",
        ]
        or out.splitlines()[0] == f"Banco de dados: {place}"
    )
    assert "-> 0002  Devolve a oito tabelas a coluna tipo" in out.splitlines()
    assert re.search(r"^Pronto: em 0002 depois de 2 revisões, \d+\.\d s$", out, re.MULTILINE)
    code, out, _ = run("status")
    assert out.splitlines()[:2] == [f"Banco de dados: {place}", "Está em: 0002"]
    assert out.splitlines()[-1] == "Próximo passo: make upgrade"
    code, out, _ = run("upgrade", "--plan")
    assert code == 0
    assert out.splitlines()[1:4] == [
        "Está em: 0002",
        f"Pendente: {len(REVISIONS) - 2} revisões",
        "  0003  Cria empresas, usuários, eventos, listas, vendas e check-ins",
    ]
    assert "Verificação prévia: nada no caminho" in out.splitlines()
    assert "Ensaio: em uma cópia do arquivo" in out.splitlines()
    assert re.search(
        r"^Ensaiado em \d+\.\d s: a execução pode seguir\. Nada foi alterado\nPróximo passo: make upgrade$",
        out,
        re.MULTILINE,
    )


def test_verify_and_doctor_in_portuguese(run: Run, sqlite: sa.Engine, speaking: Choose) -> None:
    history.upgrade(sqlite)
    speaking(sqlite, "pt")
    code, out, err = run("verify")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "Igual ao head"
    code, out, _ = run("doctor")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "ok revisão em 0022 (head)" in lines
    assert "ok prévia nada recusaria uma atualização" in lines
    assert "Conselho: Nada a fazer" in lines
    with sqlite.begin() as connection:
        connection.exec_driver_sql("DROP TABLE pagamentos_pdv")
    code, out, err = run("verify")
    assert code == 1
    assert err.splitlines()[0] == "Divergiu: 1 diferença"


def test_what_is_refused_in_portuguese(run: Run, sqlite: sa.Engine, speaking: Choose) -> None:
    history.upgrade(sqlite)
    with sqlite.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    speaking(sqlite, "pt")
    code, _, err = run("upgrade")
    assert code == 4
    assert err == (
        "Erro: o banco de dados está na revisão '9999', que este histórico não conhece\n"
        "Próximo passo: Pode ser mais nova que esta cópia: atualize este repositório, ou corrija DATABASE_URL\n"
    )


def test_a_wrong_setting_in_portuguese(run: Run, speaking: Choose) -> None:
    speaking("postgresql://user:p@ss@host/name", "pt")
    code, _, err = run("status")
    assert code == 2
    assert err == (
        "Erro: DATABASE_URL não é uma URL de banco de dados\n"
        "Próximo passo: Escreva como postgresql://user:password@host:5432/name ou sqlite:///eventos.db;"
        " em usuário e senha escreva @ como %40, : como %3A, / como %2F, % como %25\n"
    )


def test_a_server_that_is_not_there_in_portuguese(run: Run, speaking: Choose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    speaking("postgresql://user@127.0.0.1:1/painel", "pt")
    code, out, err = run("upgrade")
    assert code == 3
    assert "Nenhum cliente chega ao banco de dados: o console dele chega. Nesta ordem:" in out.splitlines()
    what, todo = err.splitlines()
    assert what.startswith("Erro: não se chega ao banco: ")
    assert todo.startswith("Próximo passo: Veja se o servidor está no ar e se DATABASE_URL tem o servidor e a porta")
    assert re.search(r"Ou cole fix-[\d-]+\.sql no console do banco de dados, como dito acima$", todo)


def test_what_machines_read_stays_english(
    run: Run, sqlite: sa.Engine, speaking: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.upgrade(sqlite, "0021")
    documents = {}
    for spoken in ("en", "pt"):
        speaking(sqlite, spoken)
        documents[spoken] = [json.loads(run(verb, "--format=json")[1]) for verb in ("verify", "retired", "history")]
    assert documents["en"] == documents["pt"]
    monkeypatch.setenv("MIGRATION_LOG", "json")
    _, out, _ = run("upgrade")
    events = [json.loads(line) for line in out.splitlines()]
    assert "-> 0022  Index what the application looks for" in [event["message"] for event in events]
    code, _, err = run("upgrade", "none")
    assert code == 2
    assert json.loads(err)["message"] == "Can't locate revision identified by 'none'"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"LANG": "pt_BR.UTF-8"}, f"The database is at {HEAD}: nothing to do"),
        ({"MIGRATION_LANG": "pt"}, f"O banco de dados está em {HEAD}: nada a fazer"),
        ({"MIGRATION_LANG": "de"}, f"The database is at {HEAD}: nothing to do"),
    ],
    ids=["a locale", "the variable", "another language"],
)
def test_the_start_up_hook_speaks_the_variable_s_language_alone(
    variables: dict[str, str],
    said: str,
    sqlite: sa.Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    history.upgrade(sqlite)
    monkeypatch.setenv("DATABASE_URL", sqlite.url.render_as_string(hide_password=False))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # As an application's own logging, which formats each line by itself.
    monkeypatch.setattr(logging.getLogger("painel_migrations"), "propagate", True)
    try:
        with caplog.at_level(logging.INFO):
            deploy_monitor.log_startup_info()
            assert run_auto_migration()
            deploy_monitor.log_migration_status(True, 1.25)
    finally:
        logs.speak("en")
    assert said in caplog.messages
    wrong = "MIGRATION_LANG is none of en, pt. Next: Unset, the locale says it, or en"
    assert (wrong in caplog.messages) is (variables.get("MIGRATION_LANG") == "de")
    ended = "Migração: pronta em 1.2 s" if variables.get("MIGRATION_LANG") == "pt" else "Migration: done in 1.2 s"
    assert caplog.messages[-1] == ended
