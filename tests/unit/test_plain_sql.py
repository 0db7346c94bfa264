"""The plain SQL of the whole history, up and down: PostgreSQL's grammar reads it, linters pass it, people can."""

from __future__ import annotations

import importlib
import io
import json
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from homecoming.operations.guarded import prologue
from tests.support.history import ROOT

# The oldest server the history is for.
OLDEST = "13"

# What squawk says and the history does all the same. A rule that is not named here, nobody has thought about.
EXCEPTIONS = {
    "prefer-text-field": "version_num is Alembic's: it makes and expects VARCHAR(32), in a table of one row",
    "require-lock-timeout": "MIGRATION_LOCK_TIMEOUT sets it before the history begins, where commands run the history",
    "require-statement-timeout": "MIGRATION_STATEMENT_TIMEOUT sets it, by default none: a large table takes its time",
}

# What the helpers' texts may say of OUTSIDE, by helper.
ALLOWED = {
    # PostgreSQL adds a label inside a transaction as long as no row is given it there. ensure_enum() adds only
    # spellings that no row holds; for any other it makes the type anew.
    ("ensure_enum", "ADD VALUE"),
    # Advice for the database's owner, who runs it by itself.
    ("find_duplicates", "REINDEX"),
    ("is_unique", "REINDEX"),
}

# What PostgreSQL refuses inside a transaction, or what would end it, as it is written in a text to execute.
OUTSIDE = re.compile(
    r"\b(CONCURRENTLY|VACUUM|ADD\s+VALUE|(CREATE|DROP|ALTER)\s+(DATABASE|TABLESPACE|SYSTEM|SUBSCRIPTION)|"
    r"REINDEX|CLUSTER|DISCARD|(?<!ON )COMMIT|ROLLBACK|PREPARE\s+TRANSACTION)\b",
    re.IGNORECASE,
)

# The same as PostgreSQL's parser names it.
OUTSIDE_NODES = {
    "alter_database_stmt",
    "alter_subscription_stmt",
    "alter_system_stmt",
    "cluster_stmt",
    "create_subscription_stmt",
    "create_table_space_stmt",
    "createdb_stmt",
    "discard_stmt",
    "drop_subscription_stmt",
    "drop_table_space_stmt",
    "dropdb_stmt",
    "reindex_stmt",
}


@cache
def printed(direction: str) -> str:
    """Return what Alembic's offline mode prints of the whole history."""
    config = Config(str(ROOT / "alembic.ini"), output_buffer=io.StringIO(), attributes={"painel": True})
    if direction == "up":
        command.upgrade(config, "base:head", sql=True)
    else:
        command.downgrade(config, "head:base", sql=True)
    return str(config.output_buffer.getvalue())  # type: ignore[union-attr]


@pytest.fixture(params=("up", "down"))
def script(request: pytest.FixtureRequest) -> str:
    """The history in one direction and in the other."""
    return printed(request.param)


@pytest.fixture
def grammar() -> Any:
    """PostgreSQL's own parser."""
    if (sys.platform, platform.machine()) == ("darwin", "x86_64"):
        pytest.skip("postgast has no wheel for a Mac with an Intel processor")
    return importlib.import_module("postgast")


# Parsed.


def functions(grammar: Any, statements: str) -> Iterator[tuple[str, str, str, str]]:
    """The name, language, body and statement of each function and procedure that a script makes."""
    encoded = statements.encode()
    for raw in grammar.parse(statements).stmts:
        if raw.stmt.HasField("create_function_stmt"):
            made = raw.stmt.create_function_stmt
            options = {option.def_elem.defname: option.def_elem.arg for option in made.options}
            body = options["as"].list.items[0].string.sval
            # Without a length: the last statement, which no semicolon ends.
            end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(encoded)
            whole = encoded[raw.stmt_location : end].decode()
            yield made.funcname[-1].string.sval, options["language"].string.sval, body, whole


def triggers(grammar: Any, statements: str) -> list[str]:
    """The function of each trigger, from the body that a script hands to ensure_trigger()."""
    calls = [raw.stmt.call_stmt.funccall for raw in grammar.parse(statements).stmts if raw.stmt.HasField("call_stmt")]
    bodies = [call.args[-1].a_const.sval.sval for call in calls if call.funcname[-1].string.sval == "ensure_trigger"]
    # The library garbles what it says of a function that returns a trigger: here new and old are variables.
    head = "CREATE FUNCTION pg_temp.f() RETURNS record LANGUAGE plpgsql AS $fn$ DECLARE new record; old record; BEGIN "
    return [f"{head}{body}; RETURN new; END $fn$" for body in bodies]


def parse_body(grammar: Any, language: str, body: str, whole: str) -> None:
    """Parse a function's body, with the expressions and statements in it. Raises PgQueryError."""
    if language == "sql":
        grammar.parse(body)
        return
    assert language == "plpgsql"
    # The library does not know the array type of a VARIADIC parameter; to the body it makes no difference.
    head, opened, rest = whole.partition("$fn$")
    grammar.parse_plpgsql(head.replace("VARIADIC ", "") + opened + rest)


def test_postgresql_s_grammar_reads_every_statement(script: str, grammar: Any) -> None:
    assert len(grammar.parse(script).stmts) > 100


def test_postgresql_s_grammar_reads_every_body(script: str, grammar: Any) -> None:
    made = list(functions(grammar, script))
    assert {language for _, language, _, _ in made} == {"sql", "plpgsql"}
    for _, language, body, whole in made:
        parse_body(grammar, language, body, whole)


def test_postgresql_s_grammar_reads_every_trigger(grammar: Any) -> None:
    made = triggers(grammar, printed("up"))
    assert made
    for whole in made:
        grammar.parse_plpgsql(whole)


def test_a_trigger_that_is_none_is_found(grammar: Any) -> None:
    call = (
        "CALL pg_temp.ensure_trigger('usuarios', 'maiusculo', 'BEFORE INSERT', 'BEGIN NEW.a := 1 +; RETURN NEW; END');"
    )
    (whole,) = triggers(grammar, call)
    with pytest.raises(grammar.PgQueryError):
        grammar.parse_plpgsql(whole)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("LANGUAGE sql", "SELECT FROM WHERE"),
        ("LANGUAGE plpgsql", "BEGIN RETURN; EDN"),
        ("LANGUAGE plpgsql", "BEGIN IF a + THEN RETURN; END IF; END"),
        ("LANGUAGE plpgsql", "BEGIN PERFORM a WEHRE b = c; END"),
    ],
)
def test_a_body_that_is_none_is_found(grammar: Any, head: str, body: str) -> None:
    whole = f"CREATE FUNCTION pg_temp.f(VARIADIC a text[]) RETURNS void {head} AS $fn$ {body} $fn$"
    ((_, language, found, whole),) = functions(grammar, whole)
    with pytest.raises(grammar.PgQueryError):
        parse_body(grammar, language, found, whole)


def test_a_statement_that_is_none_is_found(script: str, grammar: Any) -> None:
    with pytest.raises(grammar.PgQueryError):
        grammar.parse(script + "CREATE INDEX;\n")


# Linted.


def squawk(statements: str, *excluded: str) -> list[tuple[str, str]]:
    """Return the rule and the line of each of squawk's findings."""
    found = subprocess.run(
        [
            Path(sys.executable).with_name("squawk"),
            f"--pg-version={OLDEST}",
            "--reporter=json",
            "--stdin-filepath=script.sql",
            *(f"--exclude={rule}" for rule in excluded),
        ],
        input=statements,
        capture_output=True,
        encoding="utf-8",
    )
    # 1: there are findings.
    assert found.returncode in (0, 1), found.stderr
    lines = statements.splitlines()
    return [(finding["rule_name"], lines[finding["line"]]) for finding in json.loads(found.stdout)]


def test_squawk_finds_nothing_that_is_not_meant(script: str) -> None:
    assert squawk(script, *EXCEPTIONS) == []


@pytest.mark.parametrize("rule", EXCEPTIONS)
def test_every_exception_is_needed(rule: str) -> None:
    others = EXCEPTIONS.keys() - {rule}
    assert {named for way in ("up", "down") for named, _ in squawk(printed(way), *others)} == {rule}


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX ix_produtos_nome ON public.produtos (nome);", "require-concurrent-index-creation"),
        ("ALTER TABLE public.produtos ADD COLUMN capa text NOT NULL;", "adding-required-field"),
        ("ALTER TABLE public.produtos ALTER COLUMN nome TYPE text;", "changing-column-type"),
        ("DROP TABLE public.produtos;", "ban-drop-table"),
        ("SELEC 1;", "syntax-error"),
    ],
)
def test_squawk_finds_what_nobody_means(script: str, statement: str, rule: str) -> None:
    assert (rule, statement) in squawk(f"{script}{statement}\n", *EXCEPTIONS)


# Read.


def unreadable(statements: str, width: int = 120) -> list[str]:
    """Return the lines that are wider than a console, and those that it may show as something else."""
    return [
        line for line in statements.splitlines() if not line.isascii() or not line.isprintable() or len(line) > width
    ]


def calls(statements: str) -> str:
    """Return the lines of every CALL that stands on its own."""
    return "\n".join(re.findall(r"^CALL .*?\);$", statements, re.MULTILINE | re.DOTALL))


def test_every_line_is_ascii_and_fits(script: str) -> None:
    assert unreadable(script) == []


def test_every_helper_and_call_leaves_room_to_be_indented_and_quoted(script: str) -> None:
    assert unreadable("\n".join(prologue())) == []
    assert calls(script).count("CALL ") > 20
    assert unreadable(calls(script), 112) == []


@pytest.mark.parametrize("line", ["SELECT 'caça';", "SELECT\t1;", f"SELECT '{'x' * 120}';"])
def test_a_line_that_is_not_or_does_not_is_found(script: str, line: str) -> None:
    assert unreadable(f"{script}{line}\n") == [line]


def test_a_call_that_is_too_wide_is_found(script: str) -> None:
    wide = f"    'a', '{'x' * 103}');"
    assert unreadable(calls(f"{script}\nCALL pg_temp.f(\n{wide}\n"), 112) == [wide]


# In one transaction.


def outside(grammar: Any, statements: str) -> list[str]:
    """Return the statements that cannot be inside a transaction, or end it."""
    found = []
    raws = grammar.parse(statements).stmts
    for number, raw in enumerate(raws):
        kind = raw.stmt.WhichOneof("node")
        label = raw.stmt.alter_enum_stmt
        if (
            kind in OUTSIDE_NODES
            or (kind == "vacuum_stmt" and raw.stmt.vacuum_stmt.is_vacuumcmd)
            or (kind == "alter_enum_stmt" and not label.old_val)
            or (kind == "transaction_stmt" and 0 < number < len(raws) - 1)
            or any(getattr(node, "concurrent", False) for _, node in grammar.walk(raw))
        ):
            found.append(kind)
    return found


def outside_in_bodies(grammar: Any, statements: str) -> set[tuple[str, str]]:
    """Return the helpers that execute what cannot be inside a transaction, with the words of it."""
    return {
        (name, " ".join(words.group().upper().split()))
        for name, _, body, _ in functions(grammar, statements)
        for words in OUTSIDE.finditer(re.sub(r"--.*", "", body))
    }


def test_nothing_needs_to_be_outside_a_transaction(script: str, grammar: Any) -> None:
    assert outside(grammar, script) == []
    assert outside_in_bodies(grammar, script) == ALLOWED


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("CREATE INDEX CONCURRENTLY ix_produtos_nome ON public.produtos (nome)", "index_stmt"),
        ("DROP INDEX CONCURRENTLY ix_produtos_nome", "drop_stmt"),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY vendas", "refresh_mat_view_stmt"),
        ("ALTER TABLE vendas DETACH PARTITION vendas_2025 CONCURRENTLY", "alter_table_stmt"),
        ("REINDEX TABLE produtos", "reindex_stmt"),
        ("ALTER TYPE tipolista ADD VALUE 'VIP'", "alter_enum_stmt"),
        ("VACUUM produtos", "vacuum_stmt"),
        ("CREATE DATABASE eventos", "createdb_stmt"),
        ("ALTER SYSTEM SET work_mem = '1GB'", "alter_system_stmt"),
        ("COMMIT", "transaction_stmt"),
    ],
)
def test_what_needs_to_be_outside_is_found(script: str, grammar: Any, statement: str, kind: str) -> None:
    # Before the first CALL at the beginning of a line: others are in helpers.
    begin, opened, rest = script.partition("\nCALL ")
    assert opened
    assert outside(grammar, f"{begin}\n{statement};{opened}{rest}") == [kind]
    body = f"BEGIN EXECUTE '{statement.replace(chr(39), chr(39) * 2)}'; END"
    made = f"CREATE PROCEDURE pg_temp.f() LANGUAGE plpgsql AS $fn$ {body} $fn$;"
    assert {name for name, _ in outside_in_bodies(grammar, script + made) - ALLOWED} == {"f"}
