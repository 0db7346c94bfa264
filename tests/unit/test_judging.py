"""What `make check` says of new revisions: each rule finds what it is for, nothing beside it, and advises code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from homecoming.authoring.judging import judge, report
from homecoming.authoring.judging.judge import Judgement
from homecoming.authoring.judging.rules import EFFECTS, rules
from homecoming.authoring.spelling import spelled
from homecoming.history import configuration
from homecoming.operations.recorded import Said
from tests.support.judged import CASES, Case, History

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

OTHERS = {
    "way-back": ("pass", {"downgrade": 'op.drop_column("eventos", "capa")'}),
    "reads-models": ("pass", {"head": "from painel_migrations.schema import metadata"}),
}
"""Rules about the rest of a revision: its upgrade, and what else it has."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A copy of the history, for all tests of this file."""
    return History(tmp_path_factory.mktemp("history"))


@pytest.fixture(autouse=True)
def _there(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "history_file", lambda: history.file)


def judged(history: History, *codes: str, start: str = "0022", **more: str) -> Judgement:
    """Write revisions, and judge what comes after ``start``."""
    history.write(*codes, **more)
    return judge(start)


def found(judgement: Judgement) -> list[str]:
    return [finding.rule for finding in judgement.open]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_finds_what_it_is_for_and_nothing_beside_it(history: History, case: Case) -> None:
    assert case.rule in found(judged(history, case.found))
    assert case.rule not in found(judged(history, case.passed))


def advised(judgement: Judgement, rule: str) -> list[str]:
    (finding,) = [each for each in judgement.open if each.rule == rule][:1]
    return list(finding.advice.code)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_what_is_advised_is_judged_well(history: History, case: Case) -> None:
    """Each of its revisions in a release of its own."""
    codes = advised(judged(history, case.found), case.rule)
    for number in range(len(codes)):
        judgement = judged(history, *codes[: number + 1], start=f"{22 + number:04}")
        assert judgement.revisions == [f"{23 + number:04}"]
        assert [(each.rule, each.step) for each in judgement.open] == [], codes
        assert (judgement.mistakes, judgement.unused) == ([], [])


@pytest.mark.parametrize("rule", OTHERS)
def test_the_rest_of_a_revision_is_judged_as_well(history: History, rule: str) -> None:
    code, more = OTHERS[rule]
    judgement = judged(history, code, **more)
    assert found(judgement) == [rule]
    (advice,) = advised(judgement, rule)
    assert judged(history, advice).is_clean


@pytest.mark.parametrize("way", ["pass", "raise NotImplementedError", "op.undo()\nop.execute('SELECT 1')"])
def test_a_way_back_is_what_undoes_what_was_done(history: History, way: str) -> None:
    added = 'op.ensure_column("eventos", sa.Column("capa", sa.Text))'
    assert found(judged(history, added, downgrade=way)) == ["way-back"]


def test_every_rule_is_tried() -> None:
    assert {case.rule for case in CASES} | set(OTHERS) == set(rules())
    for rule in rules().values():
        assert set(rule.does) <= set(EFFECTS)
        assert rule.does


def test_a_finding_names_the_place_the_step_and_the_safe_way(history: History) -> None:
    judgement = judged(history, 'op.ensure_index("ix_eventos_local", "eventos", "local")')
    (finding,) = judgement.open
    assert re.fullmatch(r"0023_\d+_judged\.py", finding.file)
    assert finding.line == 12
    said = "\n".join(report.lines(judgement))
    assert 'does:   op.ensure_index("ix_eventos_local", "eventos", "local")' in said
    assert "before: CREATE INDEX CONCURRENTLY ix_eventos_local ON public.eventos (local);" in said
    assert 'accepted = {"index-blocks-writes": "the reason"}' in report.summary(judgement)


INDEX = 'op.ensure_index("ix_eventos_local", "eventos", "local")'


def test_what_is_accepted_with_a_reason_is_said_in_every_form(history: History) -> None:
    reason = "built on Sunday | when `nobody` was there"
    judgement = judged(history, f'accepted = {{"index-blocks-writes": {reason!r}}}\n{INDEX}')
    assert judgement.is_clean
    assert f"          because: {reason}" in list(report.lines(judgement))
    assert report.document(judgement)["findings"][0]["accepted"] == reason
    assert r"built on Sunday \| when \`nobody\` was there" in report.markdown(judgement, [])


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        ('{"index-blocks-writes": ""}', "without a reason"),
        ('{"index-blocks-writes": "ok, .......... 1234567890"}', "without a reason"),
        ('{"index-blocks-writes": None}', "without a reason"),
        ('{"index-blocks": "built on Sunday when nobody was there"}', "no such rule"),
        ('["index-blocks-writes"]', "is no mapping"),
    ],
)
def test_a_reason_that_is_none_is_a_failure_itself(history: History, accepted: str, said: str) -> None:
    judgement = judged(history, f"accepted = {accepted}\n{INDEX}")
    assert found(judgement) == ["index-blocks-writes"]
    (mistake,) = judgement.mistakes
    assert said in mistake
    assert any(said in line for line in report.lines(judgement))


def test_what_is_accepted_and_not_done_is_told(history: History) -> None:
    judgement = judged(history, 'accepted = {"drop-table": "nobody needs it any more"}\npass')
    assert judgement.is_clean
    assert [line for line in report.lines(judgement) if line.startswith("NOTE")] == [
        f"NOTE  {judgement.unused[0]}. Take it out"
    ]


def test_markdown_shows_what_stands_there_and_nothing_else(history: History) -> None:
    """Whoever writes a revision writes into the comment: no cell, link, mention or tag of theirs."""
    code = "op.execute(\"DELETE FROM eventos WHERE nome = 'a|b `x` <img src=x> @all [a](http://b) | ```'\")"
    text = report.markdown(judged(history, code), ["column `a|b`"])
    (row,) = [line for line in text.splitlines() if line.startswith("| 0023")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    # The statement is code, between more ticks than it holds; the advice is indented, as a block of code.
    assert "| ```` DELETE FROM" in row
    outside = re.sub(r"````.*?````", "", "\n".join(line for line in text.splitlines() if not line.startswith("    ")))
    assert not re.search(r"(?<!\\)<img|(?<!\\)@all|\]\(http", outside)
    assert r"- No revision for: column \`a\|b\`" in text


BRACES = (
    "op.execute(\"DELETE FROM eventos WHERE descricao = '{}'\")",
    "op.execute(\"UPDATE eventos SET descricao = '{x}' WHERE descricao = '{}'\")",
)


@pytest.mark.parametrize("code", BRACES)
def test_braces_of_a_statement_are_its_own(history: History, code: str) -> None:
    (finding,) = judged(history, code).open
    assert "{}" in finding.step
    assert report.document(judged(history, code))["findings"]


def test_a_type_with_an_expression_is_a_type(history: History) -> None:
    code = 'op.alter_column("eventos", "nome", type_=sa.String(500), postgresql_using="upper(nome)")'
    assert isinstance(found(judged(history, code)), list)


def test_the_document_is_whole(history: History) -> None:
    document = json.loads(json.dumps(report.document(judged(history, INDEX))))
    assert set(document) == {"since", "revisions", "clean", "findings", "mistakes", "unused"}
    assert set(document["findings"][0]) == {
        "rule", "file", "line", "step", "does", "why", "safe", "before", "code", "accepted",
    }  # fmt: skip
    assert (document["since"], document["revisions"], document["clean"]) == ("0022", ["0023"], False)


def test_a_table_that_the_run_makes_locks_nobody(history: History) -> None:
    code = (
        'op.ensure_table("festas", sa.Column("id", sa.Integer, primary_key=True), sa.Column("nome", sa.Text))\n'
        'op.ensure_unique("festas", "nome")\n'
        'op.ensure_column("festas", sa.Column("nome", sa.Text, nullable=False))\n'
        'op.fill_column("festas", "nome", "id", reason="rows that others added")'
    )
    assert found(judged(history, code)) == []
    assert found(judged(history, code.replace("festas", "eventos").replace("ensure_table", "no_table"))) != []


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@a")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def test_new_is_what_the_main_branch_does_not_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path)
    monkeypatch.setattr(configuration, "history_file", lambda: history.file)
    history.write("pass", "pass")
    # Without a clone: all that come after those which every database has to pass.
    assert (judge().since, judge().revisions) == ("0022", ["0023", "0024"])
    history.write("pass")
    git(tmp_path, "init", "--initial-branch=main")
    # Nor has an empty one a main branch.
    assert judge().since == "0022"
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "a")
    assert (judge().since, judge().revisions) == ("main", [])
    assert report.heading(judge()) == "No new revision to judge: main has them all"
    git(tmp_path, "checkout", "-b", "another")
    history.write("pass", INDEX)
    assert (judge().since, judge().revisions, found(judge())) == ("main", ["0024"], ["index-blocks-writes"])
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "b")
    assert judge().revisions == ["0024"]
    # What was fetched counts before a main branch of one's own that may be ahead of it.
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "another")
    assert (judge().since, judge().revisions) == ("origin/main", [])
    assert (judge("0022").revisions, judge("head").revisions, len(judge("base").revisions)) == (
        ["0023", "0024"],
        [],
        24,
    )


RESERVED = (
    'op.alter_column("eventos", "order", nullable=False)',
    'op.create_index("ix_eventos_order", "eventos", ["nome", "order"])',
    'op.create_unique_constraint("eventos_order_key", "eventos", ["order"])',
    'op.ensure_unique("eventos", "order")',
    'op.create_foreign_key("k", "eventos", "user", ["order"], ["id"])',
    'op.create_check_constraint("com_ordem", "eventos", \'"order" > 0\')',
    'op.alter_column("eventos", "order", new_column_name="group")',
    'op.drop_table("user")',
)


@pytest.mark.parametrize("code", RESERVED)
def test_a_word_of_sql_keeps_its_quotes_there_and_has_none_in_python(history: History, code: str) -> None:
    column = 'op.ensure_column("eventos", sa.Column("order", sa.Integer))'
    user = 'op.ensure_table("user", sa.Column("id", sa.Integer, primary_key=True))'
    history.write(f"{column}\n{user}", code)
    (finding,) = judge("0023").open
    told = finding.advice
    for statement in (*told.before, *re.findall(r"CREATE TRIGGER.*?END", "\n".join(told.code))):
        assert not re.search(r'(?<!["\w])(order|user|group)(?!["\w])', statement)
    assert re.search(r'"(order|user|group)', "\n".join((*told.before, *told.code)))
    for line in told.code:
        ast.parse(line)
        assert not re.search(r"\"\"|'\"", line.replace('"order" > 0', ""))


def test_json_is_advised_as_a_revision_is_written_and_judged_well(history: History) -> None:
    """What make check says, what make revision writes, and what make check says of that are one thing."""
    kind = 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    written = f'from sqlalchemy.dialects import postgresql\nop.ensure_column("eventos", sa.Column("extras", {kind}))'
    (finding,) = judged(history, 'op.ensure_column("eventos", sa.Column("extras", sa.JSON))').open
    assert list(finding.advice.code) == [written]
    assert spelled(Said("ensure_column", ("eventos", sa.Column("extras", JSON)), {})) == written.partition("\n")[2]
    assert judged(history, written).is_clean


def test_a_column_of_an_enum_is_advised_as_one(history: History) -> None:
    (finding,) = judged(history, 'op.alter_column("eventos", "status", new_column_name="situacao")').open
    assert finding.advice.code[0] == (
        'op.ensure_column("eventos", sa.Column("situacao", '
        'sa.Enum("ATIVO", "INATIVO", "CANCELADO", name="statusevento")))'
    )


WITHOUT_OPERATION = {
    'op.create_index("ix_eventos_local", "eventos", ["local"], postgresql_where=sa.text("local > \'a\'"))': (
        'op.create_index("ix_eventos_local", "eventos", ["local"], postgresql_where=sa.text("local > \'a\'"), '
        "if_not_exists=True)"
    ),
    'op.execute("CREATE INDEX ix_eventos_local ON eventos USING hash (local)")': (
        'op.execute("CREATE INDEX IF NOT EXISTS ix_eventos_local ON eventos USING hash (local)")'
    ),
    'op.create_foreign_key("k", "eventos", "usuarios", ["limite_idade"], ["id"], ondelete="SET NULL")': (
        "ALTER TABLE public.eventos ADD CONSTRAINT k FOREIGN KEY(limite_idade) REFERENCES public.usuarios (id) "
        "ON DELETE SET NULL; EXCEPTION WHEN duplicate_object OR duplicate_table THEN NULL"
    ),
    'op.execute("ALTER TABLE eventos ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (local)")': (
        "ALTER TABLE public.eventos ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (local); EXCEPTION WHEN duplicate_object"
    ),
}


@pytest.mark.parametrize("code", WITHOUT_OPERATION)
def test_what_has_no_guarded_operation_is_advised_so_that_it_finds_what_is_there(history: History, code: str) -> None:
    (finding,) = judged(history, code).open
    (advice,) = finding.advice.code
    assert WITHOUT_OPERATION[code] in advice
    assert judged(history, advice).is_clean


@pytest.mark.parametrize("line", ["op.execute(text)", "for text in [text]:\n        op.execute(text)"])
def test_what_sqlite_alone_does_is_judged_as_well(history: History, line: str) -> None:
    code = f'text = "DELETE FROM eventos"\nif op.get_context().dialect.name != "postgresql":\n    {line}'
    assert found(judged(history, code)) == ["undeclared-delete"]
