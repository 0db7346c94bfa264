"""Every way in which one object can differ from head is found, named exactly, and nothing else is reported.

The worst a verification can do is to say "equal" about a database that is not: each drift in ``drifts/`` was once made
by a script, a restore, or a hand. Where a finding offers a statement, it is run and must leave nothing to find.
"""

import dataclasses
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from homecoming import catalog
from homecoming.catalog import Severity
from homecoming.catalog.verdict import verdict_statement
from homecoming.language import localized
from homecoming.schema.dialects import schema_for
from painel_migrations.schema import TRIGGERS
from tests.support import advice, pseudo, verdicts
from tests.support.servers import Server

# How a finding begins that offers no statement.
BY_HAND = ("make ", "as the owner: ", "Correct them. ", "See what it is. ")
# What a fingerprint leaves out: rights and rows, and what belongs to no known table.
BESIDE_THE_STATE = ("access", "position", "rows", "owner", "option")
BESIDE_TABLES = ("table", "view", "enum", "function", "sequence")
DRIFTS = Path(__file__).parent / "drifts"


class Drift(NamedTuple):
    """A case of ``drifts/``.

    Args:
        found: ``kind object`` of each finding, after ``note`` if it is no failure.
        since: the first PostgreSQL that has what the case needs.
        operations: no single statement mends it; the guarded operations do, or the owner of the tables.
        replaced: on SQLite, table, old and new text of its statement.
    """

    name: str
    found: list[str]
    since: int
    operations: bool
    replaced: list[tuple[str, str, str]]
    sql: str


def drifts(dialect: str) -> list[Drift]:
    """Read the cases of one dialect."""
    _, *parts = (DRIFTS / f"{dialect}.sql").read_text(encoding="utf-8").split("\n\n")
    cases = []
    for part in parts:
        name, *lines = part.strip().splitlines()
        found, since, operations, replaced = [], 0, False, []
        for line in lines:
            if line.startswith("-- > "):
                found.append(line.removeprefix("-- > "))
            elif line.startswith("-- since "):
                since = int(line.removeprefix("-- since "))
            elif line == "-- mended by operations":
                operations = True
            elif match := re.fullmatch(r"-- in (\w+): (.+?) =>(?: (.+))?", line):
                replaced.append((match[1], match[2], match[3] or ""))
        sql = "\n".join(line for line in lines if not line.startswith("-- "))
        cases.append(Drift(name.removeprefix("-- "), sorted(found), since, operations, replaced, sql))
    return cases


def cases(dialect: str) -> list[object]:
    return [pytest.param(drift, id=drift.name.replace(" ", "_")) for drift in drifts(dialect)]


def create_head(connection: sa.Connection) -> None:
    dialect = connection.dialect.name
    schema_for(dialect).create_all(connection)
    for trigger in TRIGGERS[dialect]:
        if trigger.function_statement:
            connection.exec_driver_sql(trigger.function_statement)
        connection.exec_driver_sql(trigger.statement)


def run(connection: sa.Connection, sql: str) -> None:
    """Run several statements at once."""
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().executescript(sql)
    elif sql:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def assert_found_and_mended(connection: sa.Connection, drift: Drift) -> None:
    live = catalog.read(connection)
    findings = catalog.verify(connection, live)
    notes = {Severity.FAIL: "", Severity.NOTE: "note "}
    named = [f"{notes[finding.severity]}{finding.kind} {finding.object}" for finding in findings]
    assert sorted(named) == drift.found, "\n".join(finding.line for finding in findings)

    for finding in findings:
        assert_all_is_said_in_messages(finding, {*live.values(), *catalog.head(connection.dialect.name).values()})
    if connection.dialect.name == "postgresql":
        verdicts.assert_agrees(connection, findings, live)
        verdicts.assert_helpers_agree(connection, findings, live)
    failures = [finding for finding in findings if finding.severity is Severity.FAIL]
    same = catalog.fingerprint(live) == catalog.fingerprint(catalog.head(connection.dialect.name))
    assert same == all(
        finding.kind in BESIDE_THE_STATE or (finding.severity is Severity.NOTE and finding.kind in BESIDE_TABLES)
        for finding in findings
    )
    stated = [finding.run for finding in failures if not finding.run.startswith(BY_HAND)]
    assert drift.operations == (len(stated) < len(failures)), [finding.run for finding in failures]
    postgres = connection.dialect.name == "postgresql"
    # A column that comes back brings the indexes to light that went with it.
    for _ in range(3):
        if drift.operations or not failures:
            break
        if connection.dialect.name == "postgresql":
            # Looking leaves the transaction with a search_path that shows nothing of public; who pastes has another.
            run(connection, "SET LOCAL search_path = public")
        for finding in failures:
            run(connection, finding.run)
            advice.TRIED.extend(advice.statements(finding.run) if postgres else [finding.run])
        failures = [finding for finding in catalog.verify(connection) if finding.severity is Severity.FAIL]
    assert drift.operations or not failures, "\n".join(f"{finding.line}: {finding.run}" for finding in failures)


def assert_all_is_said_in_messages(finding: catalog.Finding, facts: set[catalog.Fact]) -> None:
    """What a finding says is a message, or a definition as it stands."""
    names = {word for fact in facts for word in (fact.own_name, *fact.name.split())}
    definitions = {fact.definition for fact in facts}
    said = [text for text in (finding.object, finding.expected, finding.found) if text not in definitions]
    said = [text for text in said if text not in {fact.name for fact in facts}]
    plain = dataclasses.replace(finding, object="x.y", expected="", found="").line
    for text in (plain, finding.kind_word, finding.why, finding.run, *said):
        shown = localized(text, pseudo.LANGUAGE)
        # A type of PostgreSQL has a blank in its name; "drift-app" is a role.
        assert pseudo.words_outside(shown, names | {"drift-app", "character", "varying"}) == [], shown


@pytest.fixture(scope="module", params=(16, 18), ids="pg{}".format)
def head(request: pytest.FixtureRequest, server_of: Callable[[int], Server]) -> Iterator[sa.Connection]:
    """Return a connection to a database at head; each test rolls back what it did to it."""
    server, name = server_of(request.param), f"drift_{os.getpid()}"
    engine = sa.create_engine(server.create_database(name), poolclass=sa.NullPool)
    with engine.begin() as connection:
        create_head(connection)
    with engine.connect() as connection:
        yield connection
    server.drop_database(name)


@pytest.fixture(scope="module")
def head_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("drift") / "head.db"
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        create_head(connection)
    engine.dispose()
    return file


@pytest.mark.parametrize("drift", cases("postgresql"))
def test_postgresql(head: sa.Connection, drift: Drift) -> None:
    version = head.dialect.server_version_info
    if version is not None and version < (drift.since,):
        pytest.skip(f"PostgreSQL {drift.since} is the first that can be so")
    try:
        run(head, drift.sql)
        assert_found_and_mended(head, drift)
    finally:
        head.rollback()


def test_no_difference_where_every_name_is_quoted(head: sa.Connection) -> None:
    head.exec_driver_sql("SET LOCAL quote_all_identifiers = on")
    assert catalog.verify(head) == []
    head.rollback()


@pytest.mark.parametrize("drift", cases("sqlite"))
def test_sqlite(head_file: Path, tmp_path: Path, drift: Drift) -> None:
    file = shutil.copy(head_file, tmp_path / "drift.db")
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        run(connection, drift.sql)
        for table in {table for table, _, _ in drift.replaced}:
            make_again(connection, table, drift.replaced)
        assert_found_and_mended(connection, drift)


def make_again(connection: sa.Connection, table: str, replaced: list[tuple[str, str, str]]) -> None:
    """Drop an empty table and make it again from its own statements with texts replaced."""
    query = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type <> 'table'"
    create, *others = connection.exec_driver_sql(query, (table,)).scalars().all()
    create = " ".join(create.split()).replace("( ", "(").replace(" )", ")")
    for of, old, new in replaced:
        if of == table:
            assert old in create, f"{old!r} is not in {create!r}"
            create = create.replace(old, new)
    for statement in (f"DROP TABLE {table}", create, *others):
        connection.exec_driver_sql(statement)
    connection.commit()


def test_four_questions_and_no_answer_written(head: sa.Connection) -> None:
    """A release verifies over a slow line, and on a replica that takes no writes."""
    asked = []
    sa.event.listen(head.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    head.exec_driver_sql("SET TRANSACTION READ ONLY")
    asked.clear()
    assert catalog.verify(head) == []
    # What is the catalogue, what do the rows hold; are the application's tables elsewhere, who may read people's data.
    assert len(asked) == 4
    head.rollback()


def test_counts_without_findings(head: sa.Connection) -> None:
    head.exec_driver_sql("INSERT INTO empresas (id, nome, cnpj, email) VALUES (7, 'n', 'c', 'e')")
    # A rollback leaves sequences where they are.
    head.exec_driver_sql("SELECT setval('empresas_id_seq', 5), setval('usuarios_id_seq', 50)")
    head.exec_driver_sql("SET session_replication_role = replica")
    head.exec_driver_sql(
        "INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo) "
        "SELECT x, 'n', x, 's', 'promoter' FROM (VALUES ('1'), ('2')) AS v (x)"
    )
    live = catalog.read(head)
    assert catalog.positions(head, catalog.head("postgresql"), live) == {
        "empresas_id_seq": (7, 6),
        "usuarios_id_seq": (52, 53),
    }
    assert catalog.invalid_labels(head, live) == {"usuarios.tipo": 2}
    head.rollback()


def test_what_later_revisions_may_bring(head: sa.Connection) -> None:
    """What head has no example of is spelled as the server spells it too."""
    later = sa.MetaData(naming_convention={"ck": "%(table_name)s_%(constraint_name)s"})
    sa.Table(
        "Pedidos",
        later,
        sa.Column("evento", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("order", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("preco", sa.Numeric, server_default=sa.text("0.5")),
        sa.Column("pago", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("nome", sa.String, server_default="it's", info={"catalogue": "'it''s'::character varying"}),
        sa.Column("codigo", sa.CHAR(3)),
        sa.Column("peso", sa.Float),
        sa.Column("dia", sa.Date),
        sa.Column("hora", sa.Time),
        sa.Column("quando", sa.DateTime),
        sa.Column("dados", postgresql.JSONB),
        sa.Column("marcas", postgresql.ARRAY(sa.Text)),
        sa.Column("lado", sa.Enum("it's", "b", name="lado", metadata=later)),
        sa.CheckConstraint("preco > 0", name="positivo", info={"catalogue": "CHECK ((preco > (0)::numeric))"}),
        sa.Index("ix_nome", "nome", info={"catalogue": "btree (nome) WHERE pago"}, postgresql_where=sa.text("pago")),
    )
    sa.Table(
        "itens",
        later,
        sa.Column("id", sa.SmallInteger, primary_key=True),
        sa.Column("evento", sa.Integer, nullable=False),
        sa.Column("order", sa.BigInteger),
        sa.ForeignKeyConstraint(
            ["evento", "order"],
            ["Pedidos.evento", "Pedidos.order"],
            name="fk",
            ondelete="CASCADE",
            onupdate="SET NULL",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.UniqueConstraint("evento", "order", name="uq"),
        sa.PrimaryKeyConstraint("id", name="itens_pkey"),
    )
    later.tables["Pedidos"].primary_key.name = "Pedidos_pkey"
    later.create_all(head)
    live = catalog.read(head)
    wanted = catalog.expected("postgresql", later, triggers=())
    assert [finding.line for finding in catalog.compare(wanted, live) if finding.severity is Severity.FAIL] == []
    assert catalog.fingerprint(live, later.tables) == catalog.fingerprint(wanted, later.tables)
    assert verdicts.failures(head, verdict_statement(wanted)) == []
    head.exec_driver_sql("DROP TABLE public.itens")
    assert verdicts.failures(head, verdict_statement(wanted)) == ["table itens"]
    head.rollback()


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_every_kind_of_object_drifts(dialect: str) -> None:
    """A reader that grows a kind without a drift here has not been tried."""
    drifted = {line.removeprefix("note ").rpartition(" ")[0] for drift in drifts(dialect) for line in drift.found}
    facts = {fact.kind for fact in catalog.head(dialect).values()}
    assert facts - drifted <= {"access"}
