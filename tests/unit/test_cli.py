"""The command line itself: verbs, exit codes, what goes to which stream; what the verbs do has tests of its own."""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.util.exc import CommandError
from mako.template import Template

from homecoming import cli
from homecoming.commands import COMMANDS, EXAMPLES
from homecoming.errors import FailedError, HomecomingError, LockedError, NoConnectionError, Refused, UsageError
from homecoming.history.run_history import revision_sha256
from homecoming.parser import SHELLS, build_parser
from tests.conftest import engine_of
from tests.support import command, lineage
from tests.support.command import Ran
from tests.support.history import HEAD, NEXT, REVISIONS, ROOT, counted


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SQLite file that is not there yet, as DATABASE_URL."""
    path = tmp_path / "festa.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


def raising(error: Exception) -> Callable[..., int]:
    def verb(*_: object) -> int:
        raise error

    return verb


# Usage.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: VERB"),
        (["migrate"], "argument VERB: invalid choice: 'migrate'"),
        (["downgrade"], "the following arguments are required: REV"),
        (["revision"], "the following arguments are required: -m"),
        (["upgrade", "head", "0001"], "unrecognized arguments: 0001"),
    ],
    ids=["nothing", "unknown_verb", "without_revision", "without_text", "too_much"],
)
def test_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert [
        verb for verb in ("upgrade", "downgrade", "status", "verify", "check", "revision") if verb not in said
    ] == []


# Errors: one line of what, one of what to do, and the code; a place in the code with --verbose only.

ENDS = [UsageError, NoConnectionError, Refused, LockedError, FailedError]


@pytest.mark.parametrize("kind", ENDS)
def test_an_end_that_was_foreseen(
    kind: type[HomecomingError], monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    monkeypatch.setattr("homecoming.commands.status.run", raising(kind("it is so", "do this")))
    assert run("status") == (kind.exit_code, "", "Error: it is so\nNext: do this\n")


def test_the_exit_codes() -> None:
    assert [kind.exit_code for kind in ENDS] == [2, 3, 4, 5, 6]


def test_verbose_says_where_and_no_values(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    def verb(*_: object) -> int:
        try:
            raise ValueError("cpf 987.654.321-00")
        except ValueError as error:
            raise Refused("it is so", "do this") from error

    monkeypatch.setattr("homecoming.commands.status.run", verb)
    code, _, said = run("--verbose", "status")
    assert code == 4
    assert said.startswith('  File "')
    assert said.endswith("Error: it is so\nNext: do this\n")
    assert "987" not in said.replace('raise ValueError("cpf 987.654.321-00")', "")


def test_a_defect_shows_no_values(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    defect = KeyError("cpf 987.654.321-00")
    monkeypatch.setattr("homecoming.commands.status.run", raising(defect))
    ended = "Error: unexpected error: KeyError\nNext: Nothing was changed. Run again with --verbose, and report it\n"
    assert run("status") == (6, "", ended)
    code, _, said = run("--verbose", "status")
    assert code == 6
    assert said.startswith('  File "')
    assert said.endswith(ended)


def test_an_error_of_alembic_is_one_of_usage(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    monkeypatch.setattr("homecoming.commands.status.run", raising(CommandError("no such thing\nand more")))
    assert run("status") == (2, "", "Error: no such thing\nNext: See the revisions: .venv/bin/alembic history\n")


def test_an_error_of_the_driver_is_translated(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    raised = sa.exc.NoSuchTableError("canario")
    monkeypatch.setattr("homecoming.commands.status.run", raising(raised))
    assert run("status")[0] == 6


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt(signum: signal.Signals, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    before = signal.getsignal(signum)

    def verb(*_: object) -> int:
        signal.raise_signal(signum)
        raise AssertionError("the signal ends it")

    monkeypatch.setattr("homecoming.commands.status.run", verb)
    assert run("status") == (128 + signum, "", "Interrupted: rolled back, nothing was changed\n")
    assert signal.getsignal(signum) is before


# The verbs, on a file of their own.


def test_upgrade_says_each_step(file: Path, run: Callable[..., Ran]) -> None:
    code, said, errors = run("upgrade")
    lines = said.splitlines()
    assert (code, errors) == (0, "")
    assert lines[0] == f"Database: SQLite {file} (DATABASE_URL)"
    steps = [line.split()[1] for line in lines if line.startswith("-> ")]
    assert steps == list(REVISIONS)
    assert "-> 0018  Retire produtos.evento_id" in lines
    assert lines[-1].startswith(f"Done: at {HEAD} after {counted(len(REVISIONS))}, ")
    assert lines[-1].endswith(" s; the schema is what the application needs")
    assert re.fullmatch(r"The file was held for \d+\.\d\d s", lines[-2])


def test_upgrade_again_is_free(file: Path, run: Callable[..., Ran]) -> None:
    run("upgrade")
    before = file.read_bytes()
    assert run("upgrade") == (0, f"Database: SQLite {file} (DATABASE_URL)\nAt {HEAD}: nothing to do\n", "")
    assert file.read_bytes() == before


def test_upgrade_and_downgrade_to_a_revision(file: Path, run: Callable[..., Ran]) -> None:
    assert run("upgrade", "0003")[1].splitlines()[-1].startswith("Done: at 0003 after 3 revisions, ")
    assert run("upgrade", "+1")[1].splitlines()[-1].startswith("Done: at 0004 after 1 revision, ")
    assert run("downgrade", "-1")[1].splitlines()[-1].startswith("Done: at 0003 after 1 revision, ")
    assert run("downgrade", "base")[1].splitlines()[-1].startswith("Done: at base after 3 revisions, ")
    assert run("downgrade", "base")[1].splitlines()[-1] == "At base: nothing to do"


def test_status_before_and_after(file: Path, run: Callable[..., Ran]) -> None:
    lineage.build(engine_of(f"sqlite:///{file}"), 1)
    code, said, errors = run("status")
    lines = said.splitlines()
    assert (code, errors) == (0, "")
    assert lines[:2] == [f"Database: SQLite {file} (DATABASE_URL)", "At: no revision"]
    assert lines[2] == "Pending: 0001  Bring back what leftover copies hold, and retire them"
    # Two lines before those of the revisions, and one after them.
    assert len(lines) == len(REVISIONS) + 3
    assert lines[-1] == "Next: make upgrade"
    run("upgrade")
    assert run("status") == (0, f"Database: SQLite {file} (DATABASE_URL)\nAt: {HEAD} (head)\n", "")


@pytest.mark.parametrize("verb", ["status", "verify"])
def test_looking_makes_no_file(file: Path, run: Callable[..., Ran], verb: str) -> None:
    assert run(verb) == (2, "", f"Error: {file} does not exist\nNext: Make it with: make upgrade\n")
    assert not file.exists()


def test_verify_equal(file: Path, run: Callable[..., Ran]) -> None:
    run("upgrade")
    code, said, errors = run("verify")
    assert (code, errors) == (0, "")
    assert said.splitlines()[0] == f"Database: SQLite {file} (DATABASE_URL)"
    assert said.splitlines()[-1] == "Equal to head"


def test_verify_of_what_was_only_stamped(file: Path, run: Callable[..., Ran]) -> None:
    run("upgrade")
    with engine_of(f"sqlite:///{file}").begin() as connection:
        connection.exec_driver_sql("DROP TABLE formas_pagamento")
    code, _, errors = run("verify")
    repair = "make repair (PLAN=1 only shows what it would do), or what is said above"
    assert (code, errors) == (1, f"Drifted: 1 difference\nNext: make status; where nothing is pending, {repair}\n")


def test_verify_drifted(file: Path, run: Callable[..., Ran]) -> None:
    run("upgrade")
    with engine_of(f"sqlite:///{file}").begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_produtos_id")
        connection.exec_driver_sql("DROP INDEX idx_produtos_nome")
    code, said, errors = run("verify")
    assert code == 1
    assert "FAIL  index produtos.idx_produtos_nome: " in said
    assert "FAIL  index produtos.ix_produtos_id: " in said
    assert errors.startswith("Drifted: 2 differences\nNext: make status; where nothing is pending, make repair ")


def test_verify_changes_nothing(file: Path, run: Callable[..., Ran]) -> None:
    lineage.build(engine_of(f"sqlite:///{file}"), 18, rows=3)
    before = file.read_bytes()
    assert run("verify")[0] == 1
    assert run("status")[0] == 0
    assert file.read_bytes() == before


def test_check_without_a_change(file: Path, run: Callable[..., Ran]) -> None:
    """The models against the history alone: the database of the settings is not asked for, nor made."""
    said = "No new revision to judge: head has them all\n"
    schema = "Every change of the schema has its revision, on PostgreSQL and SQLite\n"
    assert run("check", "--from", "head") == (0, said + schema, "")
    assert not file.exists()


def test_a_change_of_the_schema_gets_its_revision(file: Path, tmp_path: Path) -> None:
    """As a developer does it, in a clone: `check` finds the change, `revision` writes it, `upgrade` applies it."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for part in ("homecoming", "painel_migrations", "alembic"):
        shutil.copytree(ROOT / part, clone / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("alembic.ini", "Makefile"):
        shutil.copy(ROOT / name, clone)
    models = clone / "painel_migrations/schema/eventos.py"
    column = '    sa.Column("capacidade_maxima", sa.Integer),\n'
    models.write_text(models.read_text().replace(column, f'{column}    sa.Column("forro_de_teste", sa.String(99)),\n'))

    def run(*arguments: str) -> command.Ended:
        environment = command.environment(
            f"sqlite:///{file}", PYTHONPATH=f"{clone}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        )
        return command.run("", *arguments, env=environment, cwd=clone)

    assert run("check", "--from", HEAD) == (
        1,
        f"No new revision to judge: {HEAD} has them all\n",
        "No revision for: column eventos.forro_de_teste\nNext: make revision M='what changed'\n",
    )
    written = clone / f"alembic/versions/{NEXT}_add_forro_to_eventos.py"
    assert run("revision", "-m", "Add forro to eventos") == (
        0,
        f"Written: {written}\nNext: say why in its docstring, then: make check lint test\n",
        "",
    )
    text = written.read_text()
    assert text.startswith('"""Add forro to eventos\n')
    assert 'op.ensure_column("eventos", sa.Column("forro_de_teste", sa.String(99)))' in text
    assert run("check", "--from", HEAD).code == 0
    assert run("upgrade").out.splitlines()[-1].startswith(f"Done: at {NEXT} after {counted(len(REVISIONS) + 1)}, ")


def test_nothing_configured_is_the_application_s_own_default(tmp_path: Path, run: Callable[..., Ran]) -> None:
    assert run("upgrade", "0001")[1].splitlines()[0] == "Database: SQLite eventos.db (default)"
    assert (tmp_path / "eventos.db").exists()


def test_a_reader_that_goes_away_does_not_end_the_run(file: Path) -> None:
    """`make upgrade | head -1`: what is said is lost, what is done is not."""
    process = command.start(f"sqlite:///{file}", "upgrade")
    assert process.stdout is not None
    process.stdout.close()
    ended = command.end(process)
    assert (ended.code, ended.err) == (0, "")
    with engine_of(f"sqlite:///{file}").connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == HEAD


def test_verify_as_json(file: Path, run: Callable[..., Ran]) -> None:
    run("upgrade")
    code, said, errors = run("verify", "--format", "json")
    document = json.loads(said)
    assert (code, errors) == (0, "")
    fingerprint = document.pop("fingerprint")
    assert re.fullmatch("[0-9a-f]{64}", fingerprint)
    assert document == {
        "database": f"SQLite {file} (DATABASE_URL)",
        "revision": HEAD,
        "equal": True,
        "findings": [],
    }
    with engine_of(f"sqlite:///{file}").begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_produtos_id")
        connection.exec_driver_sql("CREATE TABLE outra (x)")
        connection.exec_driver_sql("DELETE FROM alembic_version")
    code, said, errors = run("verify", "--format", "json")
    document = json.loads(said)
    assert (code, errors, document["equal"], document["revision"]) == (1, "", False, None)
    assert document["fingerprint"] != fingerprint
    assert document["findings"][0] == {
        "object": "produtos.ix_produtos_id",
        "kind": "index",
        "severity": "FAIL",
        "expected": "(id)",
        "found": "nothing",
        "why": "Queries that it serves read the whole table; a unique one also keeps values unique.",
        "mend": "CREATE INDEX ix_produtos_id ON produtos (id)",
    }
    assert [(one["object"], one["severity"]) for one in document["findings"][1:]] == [("outra", "NOTE")]


def test_no_name_that_verify_shows_steers_the_terminal(file: Path, run: Callable[..., Ran]) -> None:
    run("upgrade")
    with engine_of(f"sqlite:///{file}").begin() as connection:
        connection.exec_driver_sql('CREATE TABLE "a\x1b[2J\nEqual to head" (x)')
    _, said, _ = run("verify")
    assert "NOTE  table a\\x1b[2J Equal to head: " in said
    assert "\x1b" not in said


def test_a_report_without_a_reader_does_not_say_that_nothing_was_changed(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("homecoming.commands.repair.repair", broken)
    code, said, errors = run("repair")
    assert (code, said) == (6, "")
    assert errors == (
        "Error: whoever read the output went away\nNext: See how far it came: make status, make history\n"
    )


def test_an_error_of_verify_as_json_stays_a_line(file: Path, run: Callable[..., Ran]) -> None:
    assert run("verify", "--format", "json") == (
        2,
        "",
        f"Error: {file} does not exist\nNext: Make it with: make upgrade\n",
    )


def test_verify_notes_a_revision_that_was_edited(
    file: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("upgrade")
    monkeypatch.setattr(
        "homecoming.history.lines.revision_sha256",
        lambda script: "f" * 64 if script.revision == "0017" else revision_sha256(script),
    )
    code, said, errors = run("verify")
    assert (code, errors) == (0, "")
    assert "NOTE  revision 0017: The database has what the file said when it ran, and not what it says now." in said
    assert f"      found:    the file with the SHA-256 {'f' * 64}" in said
    assert "      mend:     git log -p -- alembic/versions/0017_produtos_17_columns.py, then make repair" in said


TITLES = [
    ('Add capa"""\nimport os; os.abort()\n"""', 'Add capa""" import os; os.abort() """'),
    ("Add \\N{DASH} \\x \\", "Add \\N{DASH} \\x \\"),
    ('"quoted" ${title} % of', '"quoted" ${title} % of'),
    ("a\0b\x1b\u202ec\r\nd", "a b c d"),
    ("Põe capa", "Põe capa"),
]


@pytest.mark.parametrize(("title", "read"), TITLES, ids=["quotes", "backslashes", "template", "control", "letters"])
def test_a_title_is_a_literal(tmp_path: Path, title: str, read: str) -> None:
    """Also where plain Alembic writes the file: the template is the one place."""
    template = Template((ROOT / "alembic/script.py.mako").read_text())
    text = template.render(
        message=title,
        up_revision=NEXT,
        down_revision=HEAD,
        branch_labels=None,
        depends_on=None,
        create_date=datetime(2026, 11, 29, tzinfo=UTC),
        comma=lambda names: names or "",
        imports=None,
        upgrades=None,
        downgrades=None,
    )
    module = ast.parse(text)
    assert (ast.get_docstring(module) or "").splitlines()[0] == read
    assert type(module.body[1]).__name__ == "ImportFrom"
    assert "abort" not in "".join(ast.unparse(node) for node in module.body[1:])


def test_each_verb_has_an_example_that_its_parser_takes() -> None:
    assert list(EXAMPLES) == [command.name for command in COMMANDS]
    for action in build_parser(every=True)._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, parser in action.choices.items():
                example = f"painel {verb} {EXAMPLES[verb]}".rstrip()
                assert parser.format_help().endswith(f"\nExample: {example}\n")
                parser.parse_args(shlex.split(EXAMPLES[verb]))


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_verbs_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--print-completion", shell])
    assert ended.value.code == 0
    script = capsys.readouterr().out
    assert [word for word in ("purge-retired", "sql-rollback", "older-than") if word not in script] == []


def test_bash_completes_what_is_begun(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--print-completion", "bash"])
    (tmp_path / "painel").write_text(capsys.readouterr().out)
    asks = """
        source painel; COMP_WORDS=(painel sql-); COMP_CWORD=1
        $(complete -p painel | grep -o '_shtab_[a-z]*'); printf '%s ' "${COMPREPLY[@]}"
    """
    done = subprocess.run(["bash", "-c", asks], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["sql-prepare", "sql-rollback", "sql-verify"], done.stderr
