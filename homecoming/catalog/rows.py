"""What the catalogue cannot tell about rows: sequences behind their ids, values that the application cannot load.

Rows are counted where they are; no value of one leaves the database but the highest id.
"""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy.sql.compiler import IdentifierPreparer

from homecoming.catalog import reasons, sqlite_values
from homecoming.catalog.facts import Catalogue, Fact
from homecoming.catalog.findings import Finding, Severity
from homecoming.language import tr, trn
from homecoming.schema.dialects import schema_for

POSITION, NO_LABEL = "position", "rows"

# The labels of an enum column that are stored, and those that are only accepted.
_Labels = tuple[tuple[str, ...], tuple[str, ...]]


def check(connection: sa.Connection, expected: Catalogue, live: Catalogue) -> list[Finding]:
    """Return the findings about rows, in one round trip; none where there is nothing to ask.

    Args:
        expected: names the sequences and the columns they belong to.
        live: names what can be asked for: an object that is missing or closed to the current user is left out.
    """
    quote = connection.dialect.identifier_preparer
    labels = stored_labels(connection.dialect.name)
    queries = [*_position_queries(expected, live, quote), *_label_queries(labels, live, quote)]
    findings: list[Finding] = []
    if connection.dialect.name == "sqlite":
        invalid, findings = sqlite_values.counts(connection, live, _label_conditions(labels, quote))
        findings += [_no_label(name, labels[name], *found, "sqlite") for name, found in invalid.items() if found[0]]
    for kind, name, first, second in _ask(connection, queries):
        if kind == NO_LABEL and first:
            findings.append(_no_label(name, labels[name], first, second, connection.dialect.name))
        elif kind == POSITION and first is not None and second <= first:
            findings.append(_behind(expected["sequence", name], first, second))
    return sorted(findings, key=lambda finding: finding.order)


def positions(connection: sa.Connection, expected: Catalogue, live: Catalogue) -> dict[str, tuple[int, int]]:
    """Return for each sequence of a table with rows the highest id and the next one it gives, in one round trip."""
    queries = list(_position_queries(expected, live, connection.dialect.identifier_preparer))
    return {name: (top, following) for _, name, top, following in _ask(connection, queries) if top is not None}


def invalid_labels(connection: sa.Connection, live: Catalogue) -> dict[str, int]:
    """Return for each enum column, as ``table.column``, how many rows hold what the application cannot load."""
    labels, quote = stored_labels(connection.dialect.name), connection.dialect.identifier_preparer
    if connection.dialect.name == "sqlite":
        invalid, _ = sqlite_values.counts(connection, live, _label_conditions(labels, quote))
        return {name: count for name, (count, _) in invalid.items() if count}
    queries = list(_label_queries(labels, live, quote))
    return {name: count for _, name, count, _ in _ask(connection, queries) if count}


def stored_labels(dialect_name: str) -> dict[str, _Labels]:
    """Return for each enum column the labels a row may hold, and those that are only accepted and then folded.

    A label is folded where its upper case is a label too, as a trigger may do.
    """
    found = {}
    for table in schema_for(dialect_name).tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.Enum):
                labels = column.type.enums
                folded = tuple(label for label in labels if label != label.upper() and label.upper() in labels)
                stored = tuple(label for label in labels if label not in folded)
                found[f"{table.name}.{column.name}"] = stored, folded
    return found


def _position_queries(expected: Catalogue, live: Catalogue, quote: IdentifierPreparer) -> Iterator[str]:
    for fact in expected.of_kind("sequence"):
        (column,) = fact.columns
        readable = live.may_read(fact.name) and live.may_read(fact.table)
        held = live.get(("column", f"{fact.table}.{column}"))
        is_number = held is not None and held.definition.split()[0] in ("smallint", "integer", "bigint")
        if fact.key in live and is_number and readable:
            step = "CASE WHEN is_called THEN 1 ELSE 0 END"
            yield (
                f"SELECT '{POSITION}', '{fact.name}', (SELECT max({quote.quote(column)}) FROM "
                f"public.{quote.quote(fact.table)})::bigint, last_value + {step} FROM public.{quote.quote(fact.name)}"
            )


def _label_conditions(labels: Mapping[str, _Labels], quote: IdentifierPreparer) -> dict[str, tuple[str, str]]:
    """Return for each enum column what says on SQLite that a value is no label, and that it is none in any spelling."""
    found = {}
    for name, (stored, _) in labels.items():
        value, known = quote.quote(name.split(".")[1]), _literals(stored)
        other = f"{value} NOT IN ({known})"
        found[name] = other, f"{other} AND upper(trim({value})) NOT IN ({known})"
    return found


def _label_queries(labels: Mapping[str, _Labels], live: Catalogue, quote: IdentifierPreparer) -> Iterator[str]:
    for name, (_, folded) in labels.items():
        table, column = name.split(".")
        # The type refuses whatever is no label at all.
        if folded and column in live.columns_of(table) and live.may_read(table):
            # By its output: a cast to text could be its owner's.
            where = f"public.{quote.quote(table)} WHERE concat({quote.quote(column)}) IN ({_literals(folded)})"
            yield f"SELECT '{NO_LABEL}', '{name}', count(*), 0 FROM {where}"


def _literals(labels: tuple[str, ...]) -> str:
    return ", ".join("'" + label.replace("'", "''") + "'" for label in labels)


def _ask(connection: sa.Connection, queries: list[str]) -> list[tuple[str, str, int | None, int]]:
    if not queries:
        return []
    statement = " UNION ALL ".join(queries)
    rows = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    return [(kind, name, first, second) for kind, name, first, second in rows]


def _behind(fact: Fact, top: int, following: int) -> Finding:
    run = f"SELECT setval('{fact.name}', max({fact.columns[0]})) FROM {fact.table}"
    expected, found = tr("the next id above {id}", id=top), tr("the next id {id}", id=following)
    return Finding(POSITION, fact.name, expected, found, Severity.FAIL, reasons.BEHIND, run)


def _no_label(name: str, labels: _Labels, count: int, unknown: int, dialect: str) -> Finding:
    """Return the finding about ``count`` rows, of which ``unknown`` hold no label in any spelling."""
    table, column = name.split(".")
    stored, folded = labels
    found = trn("{n} row with another value", "{n} rows with another value", count)
    run: str
    if unknown:
        found = trn(
            "{n} row with another value, {unknown} of them no label in any spelling",
            "{n} rows with another value, {unknown} of them no label in any spelling",
            count,
            unknown=unknown,
        )
        seen = f"SELECT {column}, count(*) FROM {table} GROUP BY {column}"
        run = tr("Correct them. See them: {seen}", seen=seen)
    elif dialect == "sqlite":
        run = f"UPDATE {table} SET {column} = upper(trim({column})) WHERE {column} NOT IN ({_literals(stored)})"
    else:
        # Every write of the column passes the trigger, which folds it.
        run = f"UPDATE {table} SET {column} = {column} WHERE {column}::text IN ({_literals(folded)})"
    return Finding(
        NO_LABEL,
        name,
        tr("only {labels}", labels=", ".join(stored)),
        found,
        Severity.FAIL,
        reasons.NO_LABEL,
        run,
    )
