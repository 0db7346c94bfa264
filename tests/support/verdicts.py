"""The verdict that SQL gives, beside the one that Python gives."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from homecoming import catalog
from homecoming.catalog import Catalogue, Finding, Severity
from homecoming.catalog.verdict import verdict_statement
from homecoming.operations.guarded import prologue

Row = tuple[str, ...]


def rows(connection: sa.Connection, statement: str) -> list[Row]:
    """Return what a statement without parameters answers."""
    result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return [tuple(row) for row in result]


def judge(connection: sa.Connection) -> tuple[list[Row], Row]:
    """Return the checks of the pasted statement, and its last row, the verdict."""
    *checks, verdict = rows(connection, verdict_statement())
    assert verdict[0] == "verdict"
    return checks, verdict


def assert_agrees(connection: sa.Connection, findings: Sequence[Finding], live: Catalogue) -> None:
    """Fail unless SQL finds what Python found, in the same words and order, and gives the same fingerprints."""
    checks, verdict = judge(connection)
    assert [check for check in checks if check[3] != "OK"] == [
        (f"{finding.kind} {finding.object}", finding.expected, finding.found, str(finding.severity), finding.why)
        for finding in findings
    ]
    assert len({check[0] for check in checks}) == len(checks), "an object has two rows"
    assert {check[4] for check in checks if check[3] == "OK"} <= {""}
    failed = any(finding.severity is Severity.FAIL for finding in findings)
    fingerprints = (catalog.fingerprint(catalog.head("postgresql")), catalog.fingerprint(live))
    assert verdict[1:4] == (*fingerprints, "FAIL" if failed else "OK")


def failures(connection: sa.Connection, statement: str) -> list[str]:
    """Return the objects that a pasted statement says FAIL of, but for its last row."""
    return [row[0] for row in rows(connection, statement) if row[3] == "FAIL" and row[0] != "verdict"]


def assert_helpers_agree(connection: sa.Connection, findings: Sequence[Finding], live: Catalogue) -> None:
    """Fail unless what a script asks at its end finds something where Python finds drift of the catalogue."""
    for statement in (*prologue(), catalog.helpers()):
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    connection.exec_driver_sql("CALL pg_temp.learn_head()")
    found = rows(connection, "SELECT object FROM pg_temp.differences()")
    left_out = ("access", "position", "rows", "owner", "option")
    drift = [finding for finding in findings if finding.severity is Severity.FAIL and finding.kind not in left_out]
    assert bool(found) == bool(drift), found[:3]
    # The same objects, and those that have another name, or went along with their table, one by one.
    changed = {f"{finding.kind} {finding.object}" for finding in drift}
    assert changed <= {row[0] for row in found}
    assert rows(connection, "SELECT pg_temp.fingerprint()") == [(catalog.fingerprint(live),)]
