"""The shell scripts in Portuguese: each of them, under each shell, and nothing that bypasses the catalogue."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from homecoming.language import read_po
from tests.support.history import ROOT
from tests.support.shells import SHELLS, Place
from tests.support.translations import catalogue_file, shell_messages

# The exit codes in $CODES, one a call; the last for all that follow.
STUB = """#!/bin/sh
echo "$*" >>"$CALLS"
made=$(wc -l <"$CALLS")
set -- $CODES
while [ "$made" -gt 1 ] && [ "$#" -gt 1 ]; do shift; made=$((made - 1)); done
exit "$1"
"""
TOOLS = ("awk", "cat", "date", "mktemp", "rm")


def place(folder: Path, shell: str, room: str) -> Place:
    """A clone with its catalogue."""
    made = Place(folder, shell, STUB, room, TOOLS)
    locale = made.scripts.parents[1] / "homecoming" / "locale"
    shutil.copytree(ROOT / "homecoming" / "locale", locale)
    return made


@pytest.mark.parametrize("shell", SHELLS)
def test_a_deployment_speaks_portuguese(tmp_path: Path, shell: str) -> None:
    deploy = place(tmp_path, shell, "deploy")
    assert deploy.run("predeploy.sh", CODES="3 5 0", PREDEPLOY_PAUSE="0", LANG="pt_BR.UTF-8") == (
        0,
        (
            "predeploy: tentativa 1 de 5\n"
            "predeploy: tentativa 1 de 5 terminou com o código de saída 3, sem conexão: de novo em 0.000 s\n"
            "predeploy: tentativa 2 de 5\n"
            "predeploy: tentativa 2 de 5 terminou com o código de saída 5, a trava está ocupada: de novo em 0.000 s\n"
            "predeploy: tentativa 3 de 5\n"
            "predeploy: tentativa 3 de 5 terminou com o código de saída 0\n"
        ),
        "",
    )


def test_without_awk_or_the_catalogue_it_is_english(tmp_path: Path) -> None:
    """Slim images may lack the one, and scripts that were copied alone the other."""
    for number, lacking in enumerate(("awk", "pt.po")):
        deploy = place(tmp_path / str(number), "sh", "deploy")
        found = deploy.bin / "awk" if lacking == "awk" else deploy.scripts.parents[1] / "homecoming/locale/pt.po"
        found.unlink()
        done = deploy.run("predeploy.sh", CODES="0", MIGRATION_LANG="pt")
        assert done == (0, "predeploy: attempt 1 of 5\npredeploy: attempt 1 of 5 ended with exit code 0\n", "")


def test_every_end_of_a_deployment(tmp_path: Path) -> None:
    deploy = place(tmp_path, "sh", "deploy")
    spoken = {"MIGRATION_LANG": "pt", "PREDEPLOY_ATTEMPTS": "1"}
    assert deploy.run("predeploy.sh", CODES="5", **spoken).err == (
        "predeploy: tentativa 1 de 1 terminou com o código de saída 5, a trava está ocupada: foi a última\n"
    )
    assert deploy.run("predeploy.sh", CODES="4", **spoken).err == (
        "predeploy: tentativa 1 de 1 terminou com o código de saída 4, que não passa sozinho: não se tenta de novo\n"
    )
    assert deploy.run("predeploy.sh", CODES="0", **{**spoken, "PREDEPLOY_ATTEMPTS": "x"}).err == (
        "Erro: PREDEPLOY_ATTEMPTS não é um número inteiro de 1 a 100\n"
        "Próximo passo: Corrija, ou retire a variável: então vale 5\n"
    )
    assert deploy.run("start.sh", **spoken).err == (
        "Erro: falta o comando que inicia a aplicação\nPróximo passo: Escreva-o depois: start.sh uvicorn app.main:app\n"
    )
    assert deploy.run("start.sh", "sh", "-c", ":", CODES="4", **spoken).err.endswith(
        "start: sem migração, código de saída 4: a aplicação inicia mesmo assim\n"
    )


def test_the_night_and_the_watch(tmp_path: Path) -> None:
    nightly = place(tmp_path / "a", "sh", "maintenance")
    variables = {"NIGHTLY_PYTHON": str(nightly.stub), "MIGRATION_LANG": "pt"}
    assert nightly.run("nightly.sh", CODES="0 0 1", **variables).out == (
        "nightly: backup terminou com o código de saída 0\n"
        "nightly: backup-verify terminou com o código de saída 0\n"
        "nightly: health terminou com o código de saída 1\n"
    )
    watch = place(tmp_path / "b", "sh", "monitoring").run("watch.sh", CODES="2", MIGRATION_LANG="pt")
    assert re.fullmatch(r"watch: \S+Z sem veredito, código de saída 2\n", watch.out)


def test_nothing_bypasses_the_catalogue(tmp_path: Path) -> None:
    """Under the pseudo-language whatever a script says but its name is in brackets."""
    deploy = place(tmp_path, "sh", "deploy")
    for arguments in (
        {"CODES": "3 5 4", "PREDEPLOY_PAUSE": "0"},
        {"CODES": "7"},
        {"CODES": "0", "PREDEPLOY_PAUSE": "x"},
    ):
        done = deploy.run("predeploy.sh", MIGRATION_LANG="xx", **arguments)
        assert done.out + done.err != ""
        for line in (done.out + done.err).splitlines():
            assert re.fullmatch(r"(?:predeploy: )?⟦.*⟧", line), line


def test_no_script_says_anything_by_itself() -> None:
    """What is printed is a message, a value or a name of the script."""
    for path in (ROOT / "scripts").rglob("*.sh"):
        text = re.sub(r"(?m)^\s*#.*", "", path.read_text())
        printed = [
            found for found in re.findall(r"\b(?:printf|echo) ([^\n;]*)", text) if re.search(r"[a-z]{4,} [a-z]", found)
        ]
        assert printed == [], path.name


def test_values_keep_their_number_and_order() -> None:
    """`printf` takes them as they come; a backslash would begin an escape of its own."""
    entries = read_po(catalogue_file("pt").read_text("utf-8"))
    for text in shell_messages():
        [translated] = entries[text]
        assert text.count("%s") == translated.count("%s"), text
        assert "%" not in translated.replace("%s", "")
        assert "\\" not in text + translated
