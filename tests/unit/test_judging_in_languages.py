"""What `make check` and `make revision` say in the reader's language; the document for machines stays English."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from homecoming.authoring.judging import judge, report
from homecoming.authoring.judging.judge import Judgement
from homecoming.history import configuration
from homecoming.language import ENGLISH, PORTUGUESE, localized, use
from tests.support import pseudo
from tests.support.judged import CASES, Case, History

REQUIRED = 'op.add_column("eventos", sa.Column("capa", sa.String(99), nullable=False))'
LINES = """\
FAIL  0023_x.py:12: required-column
      faz:    ALTER TABLE eventos ADD COLUMN capa varchar(99) NOT NULL
      motivo: Linhas de eventos não têm valor para capa: se há uma linha, a atualização falha. Nem a aplicação que \
ainda está no ar o tem: os INSERTs dela falham.
      efeito: falha, aqui ou em outro banco
      seguro: Deixe-a ser NULL, ou dê-lhe um server_default.
      ponha:  op.ensure_column("eventos", sa.Column("capa", sa.String(99)))
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return History(tmp_path_factory.mktemp("history"))


@pytest.fixture(autouse=True)
def _there(history: History, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(configuration, "history_file", lambda: history.file)
    yield
    use(ENGLISH)


def judged(history: History, *codes: str, **more: str) -> Judgement:
    history.write(*codes, **more)
    return judge("0022")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_nothing_bypasses_the_catalogue(history: History, case: Case) -> None:
    judgement = judged(history, case.found)
    # What a step names, and code, is in no language.
    names = {word.strip("\"'(),;:") for finding in judgement.open for word in re.split(r"[\s(),]+", finding.step)}
    names |= {finding.rule for finding in judgement.open} | {"sa", "pass"}
    for finding in judgement.open:
        for text in (finding.advice.why, finding.advice.safe):
            assert pseudo.words_outside(localized(text, pseudo.LANGUAGE), names) == [], text
    code = ("does:", "before:", "write:", "⟨op.", "⟨    ", "of ⟨")
    for line in report.lines(judgement):
        shown = localized(line, pseudo.LANGUAGE)
        if not any(word in shown for word in code) and shown.startswith("⟦"):
            assert pseudo.words_outside(shown, names) == [], shown
    for line in (report.heading(judgement), report.summary(judgement)):
        assert pseudo.words_outside(localized(line, pseudo.LANGUAGE), names) == []


def test_lines_in_portuguese(history: History) -> None:
    judgement = judged(history, REQUIRED)
    shown = "".join(f"{localized(line, PORTUGUESE)}\n" for line in report.lines(judgement))
    place = f"{judgement.open[0].file}:{judgement.open[0].line}"
    step = judgement.open[0].step
    wanted = LINES.replace("0023_x.py:12", place)
    wanted = re.sub(r"faz:    .*", lambda _: f"faz:    {step}", wanted)
    assert shown == wanted
    assert localized(report.heading(judgement), PORTUGUESE) == "Avaliadas: 0023 (todas as que vêm depois de 0022)"
    assert localized(report.summary(judgement), PORTUGUESE) == (
        'A fazer: 1 coisa. Se mesmo assim é o que se quer, diga por quê na revisão: accepted = {"required-column": '
        '"o motivo"}'
    )


def test_a_comment_in_portuguese_and_a_document_in_english(history: History) -> None:
    judgement = judged(history, REQUIRED)
    before = json.dumps(report.document(judgement))
    use(PORTUGUESE)
    text = report.markdown(judgement, ["x"])
    assert text.startswith("### Migrações\n\nAvaliadas: 0023 ")
    assert "| onde | regra | passo | por quê |\n|---|---|---|---|\n" in text
    assert "- Sem revisão para: x\n" in text
    assert "Deixe-a ser NULL, ou dê-lhe um server\\_default." in text
    assert json.dumps(report.document(judgement)) == before


def test_what_a_way_back_does_otherwise_is_said(history: History) -> None:
    judgement = judged(history, "pass", downgrade='op.drop_column("eventos", "capa")')
    shown = [localized(line, PORTUGUESE) for line in report.lines(judgement)]
    assert any("downgrade() faz outra coisa. Ele sabe o que a revisão pretendia" in line for line in shown)
