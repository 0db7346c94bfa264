"""The page says of every state of a database how it is, why, and what to do; and shows nothing that it must not."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from homecoming.catalog.findings import Severity
from homecoming.discretion import LONGEST, discreet, discreet_document
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.health import judge
from homecoming.monitoring.page import content_security_policy, render, render_file
from homecoming.monitoring.page.view import FINDINGS, NOTES, RETIRED
from homecoming.monitoring.snapshot import Snapshot
from tests.support import snapshots
from tests.support.snapshots import DRIFTED, HEALTHY, STATES, finding, steps

VOID = {"meta", "link", "path", "rect"}


class Document(HTMLParser):
    """A page as a reader of its text gets it; and that every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), "an attribute is there twice"
        assert "style" not in given, "the policy lets none in"
        assert not any(name.startswith("on") for name in given)
        if identifier := given.get("id"):
            self.ids.append(identifier)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "srcset")]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(snapshot: Snapshot, code: str = "en") -> Document:
    return Document(render(snapshot, judge(snapshot), code))


@pytest.mark.parametrize("code", ["en", "pt-BR"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_a_sound_document(state: str, code: str) -> None:
    document = read(STATES[state], code)
    assert document.headings[0] == 1
    assert document.headings.count(1) == 1
    steps_down = zip(document.headings, document.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps_down)
    assert len(set(document.ids)) == len(document.ids)
    assert {address.partition(",")[0] for address in document.addresses} == {
        *("data:image/svg+xml", "#content", "?lang=en", "?lang=pt-BR", "health", "metrics"),
    }


@pytest.mark.parametrize(
    ("state", "english", "portuguese"),
    [
        ("healthy", "Healthy The database is at head, and every object is as the application needs it.", "Saudável"),
        ("drifted", "Not healthy The database is at head, but 2 objects are not as the", "Não saudável"),
        ("behind", "Not healthy 5 revisions are pending.", "Não saudável 5 revisões estão pendentes."),
        ("empty", "Not healthy The database is empty. The first upgrade makes its tables.", "O banco está vazio."),
        ("unreachable", "Not reachable The database could not be looked at.", "Inacessível"),
        ("foreign", "Not healthy The database could not be looked at.", "Não saudável"),
        ("unconfigured", "Not healthy The database could not be looked at.", "Não saudável"),
    ],
)
def test_the_verdict(state: str, english: str, portuguese: str) -> None:
    assert english in read(STATES[state]).text
    assert portuguese in read(STATES[state], "pt-BR").text


def test_a_warning_alone_is_healthy_and_said() -> None:
    edited = replace(HEALTHY, steps=steps(22, edited=(20,)))
    text = read(edited).text
    assert "State of the database: Healthy, with a warning" in text
    assert (
        "Edited revisions Edited since they were applied: 0020 Next make repair , which applies the history again"
        in text
    )


@pytest.mark.parametrize(
    ("state", "reason", "portuguese"),
    [
        ("drifted", "Next make verify , which says", "A fazer make verify , que diz"),
        ("behind", "At 0017, 5 behind head 0022 Next make upgrade", "Em 0017, 5 atrás do head 0022"),
        ("empty", "The database is empty Next make upgrade", "O banco está vazio A fazer make upgrade"),
        (
            "unreachable",
            "Connection refused Next See that the server runs and DATABASE_URL has its host",
            "failed: Connection refused A fazer Veja se o servidor está no ar e se DATABASE_URL tem o servidor",
        ),
        (
            "foreign",
            "The database has 4 tables, and none of this application's Next Correct DATABASE_URL",
            "O banco de dados tem 4 tabelas, e nenhuma desta aplicação A fazer Corrija DATABASE_URL",
        ),
        ("unconfigured", "MIGRATION_LOCK_WAIT is not a number of seconds Next", "não é um número de segundos"),
    ],
)
def test_each_reason_has_the_next_step(state: str, reason: str, portuguese: str) -> None:
    assert reason in read(STATES[state]).text
    assert portuguese in read(STATES[state], "pt-BR").text


def test_a_command_is_marked_as_one() -> None:
    assert "<b>Next</b> <code>make upgrade</code></p>" in render(STATES["behind"], judge(STATES["behind"]), "en")


def test_a_finding_is_told_whole() -> None:
    text = read(DRIFTED).text
    assert (
        "column usuarios.cpf The application names this column in every query of the table; each of them fails. "
        "Expected character varying(14) NOT NULL Found nothing "
        "Mend with ALTER TABLE usuarios ADD COLUMN usuarios.cpf text"
    ) in text
    assert "column 1 enum 1" in text
    assert "1 note: unknown to the schema, and left alone table sobras" in text


def test_the_ladder_has_the_whole_history_from_head_down() -> None:
    html = render(DRIFTED, judge(DRIFTED), "en")
    assert re.findall(r'<span class="number">(\d+)</span>', html) == [f"{number:04}" for number in range(22, 0, -1)]
    text = read(DRIFTED).text
    assert "0022 Do thing 22 the database is here head applied 18 Oct 2026, 09:10 220 ms" in text
    assert "0020 Do thing 20 edited since it was applied applied" in text
    assert "0018 Do thing 18 applied 14 Oct 2026, 09:10 2.5 s" in text
    assert "10 earlier revisions 0010" in text
    text = read(STATES["behind"]).text
    assert "0022 Do thing 22 head pending" in text
    assert "0017 Do thing 17 the database is here applied" in text


def test_what_was_applied_before_there_was_a_record_says_so() -> None:
    bare = tuple(replace(step, applied_at=None, seconds=None, rows_retired=None) for step in HEALTHY.steps)
    text = read(replace(HEALTHY, steps=bare)).text
    assert "Do thing 22 the database is here head applied, when is not recorded" in text
    assert "No duration is recorded yet. The first upgrade records them." in text


def test_the_chart_can_be_read_as_text() -> None:
    html = render(HEALTHY, judge(HEALTHY), "en")
    assert html.count("<rect") == 22
    assert '<rect class="longest" x="221" y="0" width="10" height="100">' in html
    text = read(HEALTHY).text
    assert "0001 to 0022. The longest is 0018, with 2.5 s. The table below has every number." in text
    assert "0018 14 Oct 2026, 09:10 UTC 2.5 s 3,402" in text
    assert "0018 14 out. 2026, 09:10 UTC 2,5 s 3.402" in read(HEALTHY, "pt-BR").text


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 5e8])
def test_a_chart_of_one_bar_whatever_its_length(seconds: float) -> None:
    one = (replace(HEALTHY.steps[0], seconds=seconds),)
    assert 'viewBox="0 0 10 100"' in render(replace(HEALTHY, steps=one), judge(HEALTHY), "en")


def test_connections_retired_data_and_the_last_run() -> None:
    text = read(HEALTHY).text
    assert "direct connected 412 7.8 ms direct refused 3 133 ms pooler connected 2 50 ms" in text
    assert "index ix_sobra 25 Nov 2026, 09:10 UTC – 0021 column produtos.evento_id" in text
    assert "3,402 rows or cells" in text
    assert "Ended 25 Nov 2026, 06:10 UTC Result done What upgrade By way of command Took 2.4 s" in text
    assert "direto recusada 3 133 ms" in read(HEALTHY, "pt-BR").text


def test_a_failed_run_tells_how_and_when_one_went_well() -> None:
    assert HEALTHY.journal.last_run is not None
    failed = replace(HEALTHY.journal.last_run, result="Refused", exit_code=4)
    text = read(replace(HEALTHY, journal=replace(HEALTHY.journal, last_run=failed))).text
    assert "Result refused before the first change" in text
    assert "Last success 25 Nov 2026, 06:10 UTC" in text


@pytest.mark.parametrize(
    ("code", "sentences"),
    [
        (
            "en",
            (
                "Compared once the database is at head: what differs now is what the pending revisions are for.",
                "No duration is recorded yet.",
                "None is recorded on this machine.",
                "No attempt to connect is recorded on this machine.",
                "Nothing is retired: no revision took data out of the application's way.",
            ),
        ),
        ("pt-BR", ("Nenhuma duração registrada ainda.", "Nada foi retirado:", "Nenhuma registrada nesta máquina.")),
    ],
)
def test_what_is_not_there_is_said_calmly(code: str, sentences: tuple[str, ...]) -> None:
    text = read(STATES["empty"], code).text
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_what_may_not_be_read_is_not_said_to_be_missing() -> None:
    bare = tuple(replace(step, applied_at=None, seconds=None, rows_retired=None) for step in HEALTHY.steps)
    text = read(replace(HEALTHY, steps=bare, retired=(), hidden=frozenset({"lines", "retired"}))).text
    assert "Not known: this role may not read migration_history." in text
    assert "Not known: this role may not read the register of what is retired." in text
    assert "Nothing is retired" not in text


def test_of_a_database_that_cannot_be_looked_at_nothing_is_claimed() -> None:
    document = read(STATES["unreachable"])
    assert "ladder" not in document.ids
    assert "pending" not in document.text.lower()
    assert "Not known: Latency, Revision, Drift" in document.text
    assert "direct refused 3" in document.text, "what the journal knows is known all the same"


def test_ten_thousand_findings_and_long_names_are_cut_and_counted() -> None:
    many = [finding("x" * 5000 + str(number), found="y" * 100_000) for number in range(10_000)]
    notes = [finding(f"n{number}", "table", severity=Severity.NOTE) for number in range(500)]
    retired = HEALTHY.retired * 1000
    huge = replace(HEALTHY, findings=(*many, *notes), retired=retired)
    html = render(huge, judge(huge), "en")
    assert html.count("<h3><span") == FINDINGS
    text = Document(html).text
    assert f"and {10_000 - FINDINGS:,} more: make verify lists them all" in text
    assert f"and {500 - NOTES} more: make verify lists them all" in text
    assert f"and {2000 - RETIRED:,} more" in text
    assert max(map(len, text.split())) <= LONGEST
    assert len(html) < 250_000


def test_a_long_history_is_folded_but_for_what_matters() -> None:
    long = replace(HEALTHY, steps=steps(400, edited=(300,), count=400), head="0400", revision="0400")
    html = render(long, judge(long), "en")
    upper, _, lower = html.partition('<details id="earlier">')
    assert "0300" in upper.rpartition('id="ladder"')[2]
    assert len(re.findall('class="number"', upper + lower)) == 400


def test_markup_in_names_is_text() -> None:
    bad = '<script>alert("1")</script>&\'\0'
    odd = replace(
        DRIFTED,
        database=bad,
        findings=(finding(bad, found=bad), finding(bad, "table", severity=Severity.NOTE)),
        steps=tuple(replace(step, title=bad) for step in DRIFTED.steps),
        journal=replace(DRIFTED.journal, attempts=(replace(DRIFTED.journal.attempts[0], result=bad),)),
    )
    for html in (render(odd, judge(odd), "en"), render_file(odd, judge(odd))):
        assert "<script>alert" not in html
        assert html.count("<script>") == 1
        assert "\0" not in html
        Document(html)


def test_a_check_that_nobody_has_translated_is_shown_in_english() -> None:
    checks = [Check("new_check", State.FAILED, "{number:.1f} is odd", "make odd", {"number": 1.5})]
    text = Document(render(HEALTHY, checks, "pt-BR")).text
    assert "New check 1,5 is odd A fazer make odd" in text


@pytest.mark.parametrize("code", ["en", "pt-BR"])
def test_no_canary_is_shown(code: str) -> None:
    planted = snapshots.with_canaries()
    for html in (render(planted, judge(planted), code), render_file(planted, judge(planted))):
        assert [canary for canary in snapshots.CANARIES if canary in html] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DEFAULT '123.456.789-09'", "DEFAULT '•••'"),
        ("12345678909", "•••"),
        ("12.345.678/0001-95", "•••"),
        ("maria@example.com.br", "•••"),
        ("postgresql://u:p@host/d", "postgresql://•••host/d"),
        ("host=h password=secret user=u", "host=h password=••• user=u"),
        # What is none of these stays.
        ("0018", "0018"),
        ("usuarios_backup_20250820120000", "usuarios_backup_20250820120000"),
        ("9,223,372,036,854,775,807", "9,223,372,036,854,775,807"),
        ("9.223.372.036.854.775.807", "9.223.372.036.854.775.807"),
        ("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("2026-11-25 09:10:11.123456", "2026-11-25 09:10:11.123456"),
        ("numeric(10,2) DEFAULT 0.00", "numeric(10,2) DEFAULT 0.00"),
        ("http://127.0.0.1:8008", "http://127.0.0.1:8008"),
    ],
)
def test_what_is_hidden(text: str, shown: str) -> None:
    assert discreet(text) == shown


def test_a_document_of_json_keeps_its_numbers() -> None:
    document = {"size": 12345678909, "who": ["12345678909", {"a": ("maria@example.com", None, True)}]}
    assert discreet_document(document) == {"size": 12345678909, "who": ["•••", {"a": ["•••", None, True]}]}


def test_the_file_has_both_languages_and_asks_nothing_of_nobody() -> None:
    html = render_file(DRIFTED, judge(DRIFTED))
    document = Document(html)
    assert len(set(document.ids)) == len(document.ids)
    assert {"pt", "en", "pt-content", "en-content"} <= set(document.ids)
    assert "Não saudável" in document.text
    assert "Not healthy" in document.text
    assert {address.partition(",")[0] for address in document.addresses} == {
        *("data:image/svg+xml", "#pt", "#en", "#pt-content", "#en-content"),
    }
    assert 'http-equiv="refresh"' not in html
    assert "fetch(" not in html
    assert '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';' in html.replace("&#39;", "'")


def test_the_policy_lets_in_the_pages_own_style_and_script_alone() -> None:
    policy = content_security_policy()
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]+='; script-src 'sha256-[\w+/]+='; img-src data:; "
        r"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        policy,
    )
