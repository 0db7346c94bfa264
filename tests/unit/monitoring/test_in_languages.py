"""Health and alerts in the reader's language: nothing bypasses the catalogue, and machines read English."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from homecoming.catalog import reasons
from homecoming.catalog.findings import ABSENT, Finding, Severity
from homecoming.language import ENGLISH, PORTUGUESE, tr, use
from homecoming.monitoring import alerts
from homecoming.monitoring.health import document, judge, lines
from homecoming.monitoring.page import render
from homecoming.monitoring.snapshot import (
    Backups,
    Journal,
    LastRun,
    LongTransaction,
    Problem,
    SequenceUse,
    Snapshot,
    Step,
    Vitals,
)
from tests.support import pseudo
from tests.support.alerting import settings
from tests.support.receiver import Receiver

NOW = datetime(2026, 11, 2, 4, 5, 6, tzinfo=UTC)
STEPS = tuple(Step(number, "0000", applied=True) for number in ("0001", "0002"))
WELL = Snapshot(
    NOW, "painel", "postgresql", "0002", revision="0002", steps=STEPS, vitals=Vitals("16.4", 0.001, 1000, None)
)
ODD = replace(
    WELL,
    vitals=Vitals(
        "16.4",
        0.5,
        12_000_000_000,
        1_000,
        long_transactions=(
            LongTransaction(12, "painel", "psql", 400.0),
            LongTransaction(None, None, None, 900_000.0, prepared="x1"),
            *(LongTransaction(pid, None, None, 400.0) for pid in (13, 14)),
        ),
        invalid_indexes=("ix_1", "ix_2_ccnew"),
        sequences=(
            SequenceUse("eventos", "id", 95, 100, "s_1"),
            SequenceUse("x_1", "id", 2**62 * 2 - 2, 2**63 - 1, "s"),
        ),
    ),
    findings=(
        Finding("column", "usuarios.cpf", "text", ABSENT, Severity.FAIL, reasons.MISSING["column"], "make repair"),
        Finding(
            "access", tr("{name} for {role}", name="usuarios", role="x_1"), "", "", Severity.FAIL, reasons.ROLE, ""
        ),
    ),
    steps=(STEPS[0], replace(STEPS[1], edited=True)),
    journal=Journal(last_run=LastRun("7a1c", "start-up", "upgrade", "in doubt", 3, 1.5, NOW, 0.0)),
    backups=Backups(
        count=1,
        first_at=NOW - timedelta(days=40),
        made_at=NOW - timedelta(days=9),
        proven_at=None,
        drilled_at=None,
        is_nightly=True,
    ),
)
EMPTY = replace(WELL, revision=None, empty=True, steps=tuple(replace(step, applied=False) for step in STEPS))
BEHIND = replace(EMPTY, empty=False, journal=Journal(behind_since=NOW - timedelta(days=3)))
STRANGE = replace(WELL, revision="0099")
GONE = replace(
    EMPTY, vitals=None, problem=Problem(tr("the metrics were not written"), tr("See why, step by step: make doctor"), 3)
)
ALL = {"well": WELL, "odd": ODD, "empty": EMPTY, "behind": BEHIND, "strange": STRANGE, "gone": GONE}


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    use(ENGLISH)


@pytest.mark.parametrize("name", ALL)
def test_health_says_nothing_past_the_catalogue(name: str) -> None:
    before = json.dumps(document(ALL[name], judge(ALL[name])))
    use(pseudo.LANGUAGE)
    for line in lines(ALL[name], judge(ALL[name])):
        # The last two are names of a role and of a client.
        assert pseudo.words_outside(line, ("upgrade", "min", "MB", "GB", "painel", "psql")) == [], line
    assert json.dumps(document(ALL[name], judge(ALL[name]))) == before


def test_health_in_portuguese() -> None:
    use(PORTUGUESE)
    said = list(lines(ODD, judge(ODD)))
    assert said[0].startswith(
        "não saudável: diferenças em relação ao esquema: 2 (coluna usuarios.cpf, acesso usuarios para"
    )
    assert said[1] == "Banco de dados: painel"
    assert any(
        line.startswith("  FALHOU        divergência        diferenças em relação ao esquema: 2") for line in said
    )
    run = "upgrade por início da aplicação em 2026-11-02 04:05 UTC não terminou bem: em dúvida, código de saída 3"
    assert [line for line in said if "última execução" in line] == [f"  aviso         última execução    {run}"]
    assert next(lines(WELL, judge(WELL))) == "saudável"


@pytest.mark.parametrize("style", ["slack", "discord"])
def test_an_alert_in_a_chat(style: str, tmp_path: Path, no_proxy: None) -> None:
    with Receiver() as hook:
        given = settings(tmp_path, f"http://127.0.0.1:{hook.port}/x", MIGRATION_ALERT_STYLE=style)
        use(PORTUGUESE)
        alerts.report(given, replace(ODD, journal=Journal()))
        said = [json.loads(request.body)[{"slack": "text", "discord": "content"}[style]] for request in hook.received]
    assert (
        "[disparado, crítico] drift: "
        "O catálogo difere do head em 2 objetos: coluna usuarios.cpf, acesso usuarios para x_1\n"
        "Próximo passo: make verify diz o quê, por que importa, e o que conserta\n"
        "Banco de dados: painel, em 0002, head 0002"
    ) in said
    assert any(text.startswith("[disparado, aviso] backup: Dos backups, o mais novo tem 9 d") for text in said)


@pytest.mark.parametrize("name", ["odd", "gone", "behind"])
def test_an_alert_says_nothing_past_the_catalogue(name: str, tmp_path: Path, no_proxy: None) -> None:
    with Receiver() as hook:
        given = settings(tmp_path, f"http://127.0.0.1:{hook.port}/x", MIGRATION_ALERT_STYLE="slack")
        use(pseudo.LANGUAGE)
        alerts.report(given, ALL[name])
        said = [json.loads(request.body)["text"] for request in hook.received]
    assert said
    causes = ("drift", "backup", "sequence", "edited", "failure", "unreachable", "behind", "upgrade", "painel", "min")
    for line in "\n".join(said).splitlines():
        assert pseudo.words_outside(line, causes) == [], line


def test_an_alert_for_machines_is_english(tmp_path: Path, no_proxy: None) -> None:
    with Receiver() as hook:
        given = settings(tmp_path, f"http://127.0.0.1:{hook.port}/x")
        use(PORTUGUESE)
        alerts.report(given, ODD)
        alerts.report(given, replace(BEHIND, journal=ODD.journal))
        said = {request.json["cause"]: request.json for request in hook.received}
    assert (
        said["drift"]["summary"]
        == "The catalogue differs from head in 2 objects: column usuarios.cpf, access usuarios for x_1"
    )
    assert (said["drift"]["status"], said["failure"]["summary"]) == (
        "firing",
        "The last run (upgrade, start-up) did not get through: in doubt",
    )


@pytest.mark.parametrize("name", ALL)
def test_the_page_says_nothing_past_the_catalogue(name: str) -> None:
    shown = html.unescape(
        re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", " ", render(ALL[name], judge(ALL[name]), "xx"), flags=re.S)
    )
    names = (
        "PainelUniversal",
        "English",
        "Português",
        "painel",
        "upgrade",
        "psql",
        "kB",
        "MB",
        "GB",
        "min",
        "text",
        "Nov",
    )
    assert pseudo.words_outside(shown, names) == []


def test_the_page_says_what_other_rooms_say_in_its_own_language() -> None:
    use(PORTUGUESE)
    assert "the metrics were not written" in render(GONE, judge(GONE), "en").lower()
    use(ENGLISH)
    page = render(GONE, judge(GONE), "pt-BR")
    assert "As métricas não foram gravadas" in page
    assert "usuarios para x_1" in render(ODD, judge(ODD), "pt-BR")
