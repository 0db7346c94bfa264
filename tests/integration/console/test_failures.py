"""A paste that cannot arrive changes nothing, says what and what next, tells no row's value, and leaves no trace."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.integration.console.conftest import VERSIONS, Clone, CloneOf
from tests.support.pasting import DONE, Place, Session, script
from tests.support.refused import CPF

SECRET = "canario-do-valor"

VERSION_TABLE = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"


@dataclass
class Failure:
    """What somebody did to the database, the script that is pasted, and what it answers."""

    damage: tuple[str, ...]
    message: str
    hint: str
    state: str = "PM004"
    script: tuple[str, ...] = ("sql",)


NEWER = "It may be newer than this copy: update this repository, or choose another database"

UNDO = """CREATE FUNCTION undo() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    DROP INDEX IF EXISTS public.idx_produtos_nome;
END $$"""

QUOTE = f"""CREATE FUNCTION quote() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'no schemas: {SECRET}' USING HINT = '{SECRET}', DETAIL = '{SECRET}';
END $$"""

FAILURES = {
    "unknown_revision": Failure(
        damage=(VERSION_TABLE, "INSERT INTO alembic_version VALUES ('8f3c1d2e4b5a')"),
        message="the database is at revision '8f3c1d2e4b5a', which this history does not know",
        hint=NEWER,
    ),
    "two_revisions": Failure(
        damage=(VERSION_TABLE, "INSERT INTO alembic_version VALUES ('0003'), ('0005')"),
        message="alembic_version has 2 rows where it may have one: 0003, 0005",
        hint="Keep the later, 0005, then run again, and make verify: "
        "DELETE FROM alembic_version WHERE version_num <> '0005'",
    ),
    "narrowed_too_far": Failure(
        damage=(VERSION_TABLE, "INSERT INTO alembic_version VALUES ('0003')"),
        script=("sql", "--from", "0010"),
        message="the database is at 0003, and this script begins at 0010",
        hint="Write it without FROM",
    ),
    "unknown_label": Failure(
        damage=(
            "ALTER TABLE transacoes ALTER status TYPE varchar(20)",
            f"UPDATE transacoes SET status = '{SECRET}' WHERE id <= 4",
        ),
        message="transacoes.status: 4 rows hold a value that is no label of statustransacao",
        hint="Correct them, then run again. See them: SELECT id, status FROM transacoes "
        r"WHERE lower(btrim((status)::text, E' \t\r\n')) NOT IN ('pendente', 'aprovada', 'cancelada')",
    ),
    "orphans": Failure(
        damage=(
            "ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey",
            "UPDATE itens_venda_pdv SET produto_id = 90 + id WHERE id <= 4",
        ),
        message="itens_venda_pdv.produto_id: 4 rows refer to rows of produtos that do not exist",
        hint="Restore or correct them, then run again. See them: SELECT id, produto_id FROM itens_venda_pdv "
        "WHERE produto_id NOT IN (SELECT id FROM produtos)",
    ),
    "no_schema": Failure(
        damage=("DROP SCHEMA public CASCADE",),
        state="3F000",
        message='the start: schema "public" does not exist (3F000)',
        hint="Nothing was changed. Make that schema, then paste again",
    ),
    "history_of_somebody_else": Failure(
        damage=(f"CREATE TABLE migration_history AS SELECT '{SECRET}'::text AS run",),
        message="the table public.migration_history is not this application's",
        hint="Rename it, then run again: ALTER TABLE public.migration_history RENAME TO ...",
    ),
    # Only the check at the end can find it.
    # An administrator's event trigger undoes what a revision makes.
    "event_trigger_that_undoes": Failure(
        damage=(
            UNDO,
            "CREATE EVENT TRIGGER undo ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION undo()",
        ),
        state="PM006",
        message="the schema would not be what the application needs, in 1:\n"
        "index produtos.idx_produtos_nome: expected btree (nome), found nothing",
        hint="Nothing was changed. Report it with this list. An event trigger may be why. As postgres or a superuser,"
        " switch it off, then paste again: ALTER EVENT TRIGGER undo DISABLE",
    ),
    # A trigger by hand may say anything, a row's values as well: what it says is not repeated.
    "trigger_that_quotes": Failure(
        damage=(
            QUOTE,
            "CREATE EVENT TRIGGER quote ON ddl_command_end WHEN TAG IN ('CREATE SCHEMA') EXECUTE FUNCTION quote()",
        ),
        state="P0001",
        message="revision 0005: public.quote(): a function or trigger of this database refuses (P0001)",
        hint="Nothing was changed. Switch it off, then paste again: ALTER EVENT TRIGGER quote DISABLE",
    ),
    "read_only": Failure(
        damage=(),
        script=("sql", "--to", "0001"),
        state="25006",
        message="the start: the server is read-only (25006)",
        hint="Nothing was changed. Connect to the primary server, or SET default_transaction_read_only = off,"
        " then paste again",
    ),
}

SETTINGS = {"read_only": "SET default_transaction_read_only = on"}
"""What a session has set before it pastes, by failure."""

CASES = [(name, VERSIONS[number % len(VERSIONS)]) for number, name in enumerate(FAILURES)]


def assert_refused(clone: Clone, session: Session, failure: Failure, text: str) -> None:
    """Paste: the three words, no secret among all that is said, the database and the session as before."""
    clone.before  # noqa: B018  reads it now
    before = session.state()
    answer = session.paste(text)
    assert answer.error == (failure.state, failure.message, failure.hint)
    assert SECRET not in answer.said
    assert CPF not in answer.said
    assert session.state() == before
    clone.assert_untouched()


@pytest.mark.parametrize(("name", "version"), CASES, ids=[f"{name}-pg{version}" for name, version in CASES])
def test_failure(clone_of: CloneOf, name: str, version: int) -> None:
    clone, failure = clone_of(version), FAILURES[name]
    clone.place.run(*failure.damage)
    with clone.place.session() as session:
        session.paste(SETTINGS.get(name, "SELECT 1"))
        for style in ("block", "escaped"):
            assert_refused(clone, session, failure, script(*failure.script, "--style", style))


def test_another_application_s_database(clone_of: CloneOf) -> None:
    clone = clone_of(VERSIONS[0])
    clone.place.run(
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "CREATE TABLE pedidos (id integer PRIMARY KEY, cpf text)",
        "CREATE TABLE clientes (id integer PRIMARY KEY)",
        f"INSERT INTO pedidos VALUES (1, '{CPF}')",
    )
    failure = Failure(
        damage=(),
        message="the database has 2 tables, and none of this application's",
        hint="Choose this application's database; an empty one will do",
    )
    with clone.place.session() as session:
        assert_refused(clone, session, failure, script("sql"))


def test_a_cursor_that_is_open(target: Clone) -> None:
    """A grid that still shows a table holds it within the session's own transaction."""
    with target.place.session() as session:
        session.paste("BEGIN")
        session.paste("DECLARE grid CURSOR FOR SELECT * FROM produtos")
        state, message, hint, _ = session.paste(script("sql"))
    assert state == "55006"
    assert message is not None
    assert message.startswith("revision 0017: ")
    assert hint == "Nothing was changed. COMMIT what this session has begun, then paste again"


@pytest.mark.parametrize(("options", "code"), [((), 0), (("-v", "ON_ERROR_STOP=1"), 3)])
def test_psql_goes_on_or_stops(target: Clone, options: tuple[str, ...], code: int) -> None:
    """Without ON_ERROR_STOP psql runs what follows: it is one statement, so nothing of it follows."""
    place: Place = target.place
    place.run(*FAILURES["orphans"].damage)
    target.before  # noqa: B018  reads it now
    ended = place.psql(*options, text=script("sql") + "SELECT 'went on';\n")
    assert ended.returncode == code
    assert ("went on" in ended.stdout) == (code == 0)
    assert f"ERROR:  {FAILURES['orphans'].message}\nHINT:  {FAILURES['orphans'].hint}\n" in ended.stderr
    assert CPF not in ended.stderr
    target.assert_untouched()


def test_a_console_that_takes_indentation_away(target: Clone) -> None:
    """What needs its indentation, the list of what head has, is packed."""
    assert DONE in target.place.paste("\n".join(line.strip() for line in script("sql").splitlines())).said
    target.assert_at_head()


@pytest.mark.parametrize("changed", ["a line less", "a letter"])
def test_a_console_that_changes_the_text(target: Clone, changed: str) -> None:
    target.before  # noqa: B018  reads it now
    before, packed, after = script("sql").split("$gzip$")
    lines = packed.splitlines(keepends=True)
    if changed == "a line less":
        del lines[40]
    else:
        lines[40] = ("B" if lines[40].startswith("A") else "A") + lines[40][1:]
    answer = target.place.paste("$gzip$".join((before, "".join(lines), after)))
    assert answer.error == (
        "PM004",
        "the script is not as it was printed",
        "Write it to a file, and paste all of it",
    )
    target.assert_untouched()
