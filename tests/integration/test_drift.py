"""Every way in which one object can differ from head is found, named exactly, and nothing else is reported.

The worst a verification can do is to say "equal" about a database that is not: each drift in ``drifts/`` was once made
by a script, a restore, or a hand. Where a finding offers a statement, it is run and must leave nothing to find.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from painel_migrations import catalog
from painel_migrations.catalog import Finding, Severity
from painel_migrations.schema import TRIGGERS, metadata_for
from tests.support.servers import Server

# How a finding begins that offers no statement.
BY_HAND = ("make ", "as the owner: ", "Correct them. ")
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
    metadata_for(dialect).create_all(connection)
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
    findings = catalog.verify(connection)
    notes = {Severity.FAIL: "", Severity.NOTE: "note "}
    named = [f"{notes[finding.severity]}{finding.kind} {finding.object}" for finding in findings]
    assert sorted(named) == drift.found, "\n".join(finding.line for finding in findings)

    failures = [finding for finding in findings if finding.severity is Severity.FAIL]
    stated = [finding.run for finding in failures if not finding.run.startswith(BY_HAND)]
    assert drift.operations == (len(stated) < len(failures)), [finding.run for finding in failures]
    # A column that comes back brings the indexes to light that went with it.
    for _ in range(3 if not drift.operations else 0):
        for finding in failures:
            run(connection, finding.run)
        failures = [finding for finding in catalog.verify(connection) if finding.severity is Severity.FAIL]
    assert drift.operations or not failures, "\n".join(f"{finding.line}: {finding.run}" for finding in failures)


@pytest.fixture(scope="module")
def head_engine(postgres: Server) -> Iterator[sa.Engine]:
    """Return an engine on a database at head; each test rolls back what it did to it."""
    engine = sa.create_engine(postgres.create_database("drift"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        create_head(connection)
    yield engine
    engine.dispose()
    postgres.drop_database("drift")


@pytest.fixture(scope="module")
def head_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("drift") / "head.db"
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        create_head(connection)
    engine.dispose()
    return file


@pytest.mark.parametrize("drift", cases("postgresql"))
def test_postgresql(head_engine: sa.Engine, postgres: Server, drift: Drift) -> None:
    if postgres.version < drift.since:
        pytest.skip(f"PostgreSQL {drift.since} is the first that can be so")
    with head_engine.connect() as connection:
        run(connection, drift.sql)
        assert_found_and_mended(connection, drift)
        connection.rollback()


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


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_every_kind_of_object_drifts(dialect: str) -> None:
    """A reader that grows a kind without a drift here has not been tried."""
    drifted = {line.removeprefix("note ").rpartition(" ")[0] for drift in drifts(dialect) for line in drift.found}
    facts = {fact.kind for fact in catalog.head(dialect).values()}
    assert facts - drifted <= {"access"}
