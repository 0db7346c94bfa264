"""The facts PostgreSQL gives of a schema, spelled as the server spells them, without asking one.

What the server rewrites beyond prediction, an expression, can be given as it prints it: ``info={"catalogue": "..."}``
on a CheckConstraint or an Index (the whole definition) or on a Column (its default).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from homecoming.catalog.facts import ACCESS, Fact
from homecoming.schema.defaults import spelled_default
from homecoming.schema.triggers import Trigger

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_QUOTE = _DIALECT.identifier_preparer.quote

TABLE_PRIVILEGES = "SELECT, INSERT, UPDATE, DELETE"
USAGE = "USAGE"

# format_type() names what SQL calls otherwise.
_TYPE_NAMES = {
    "varchar": "character varying",
    "char": "character",
    "float": "double precision",
    "decimal": "numeric",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
}
_SEQUENCE_MAXIMUM = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def facts(metadata: sa.MetaData, triggers: Iterable[Trigger]) -> Iterator[Fact]:
    """Yield every fact of the tables and triggers, in no order.

    Raises:
        NotImplementedError: a constraint of a kind the schema does not use so far.
    """
    yield Fact(ACCESS, "schema public", USAGE)
    enums: dict[str, tuple[sa.Enum, set[str]]] = {}
    for table in metadata.tables.values():
        yield Fact("table", table.name, "TABLE", (table.name,))
        yield Fact(ACCESS, table.name, TABLE_PRIVILEGES, (table.name,))
        for column in table.columns:
            yield from _column(table, column)
            if isinstance(column.type, sa.Enum) and column.type.native_enum and column.type.name:
                enums.setdefault(column.type.name, (column.type, set()))[1].add(table.name)
        for constraint in table.constraints:
            yield from _constraint(table, constraint)
        for index in table.indexes:
            yield _index(table, index)
    for name, (enum, users) in enums.items():
        yield enum_fact(name, enum.enums, users)
    yield from trigger_facts(triggers)


def enum_fact(name: str, labels: Iterable[str], users: Iterable[str]) -> Fact:
    """Return the fact of an enum type. Arguments: ``users``, the tables that have a column of it."""
    spelled = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
    return Fact("enum", name, spelled, tuple(sorted(users)))


def format_type(kind: sa.types.TypeEngine[object]) -> str:
    """Return a type as the server's ``format_type()`` does."""
    if isinstance(kind, sa.Enum) and kind.native_enum and kind.name:
        return _QUOTE(kind.name)
    spelled = kind.compile(dialect=_DIALECT).lower().replace(", ", ",")
    name, rest = re.fullmatch(r"(\w+(?: precision)?)(.*)", spelled, re.DOTALL).groups()  # type: ignore[union-attr]
    if " with" in rest:
        return spelled
    return _TYPE_NAMES.get(name, name) + rest


def quoted(name: str) -> str:
    """Return a name as the server's ``quote_ident()`` does."""
    return _QUOTE(name)


def sequence_definition(kind: str, table: str, column: str) -> str:
    """Return what a sequence is that ``serial`` makes for a column of the integer type ``kind``."""
    return (
        f"AS {kind} START 1 INCREMENT 1 MINVALUE 1 MAXVALUE {_SEQUENCE_MAXIMUM[kind]} CACHE 1"
        f" OWNED BY {_QUOTE(table)}.{column}"
    )


def _default(table: sa.Table, column: sa.Column[object]) -> tuple[str, Fact | None]:
    """Return a column's default and the sequence it takes it from."""
    if column is table.autoincrement_column and column.server_default is None and column.identity is None:
        sequence, kind = f"{table.name}_{column.name}_seq", format_type(column.type)
        definition = sequence_definition(kind, table.name, column.name)
        return (
            f"nextval('{_QUOTE(sequence)}'::regclass)",
            Fact("sequence", sequence, definition, (table.name,), (column.name,)),
        )
    return column.info.get("catalogue") or spelled_default(column) or "", None


def _column(table: sa.Table, column: sa.Column[object]) -> Iterator[Fact]:
    default, sequence = _default(table, column)
    definition = format_type(column.type)
    if not column.nullable:
        definition += " NOT NULL"
    if default:
        definition += f" DEFAULT {default}"
    yield Fact("column", f"{table.name}.{column.name}", definition, (table.name,), (column.name,))
    if sequence:
        yield sequence
        yield Fact(ACCESS, sequence.name, USAGE)


def _constraint(table: sa.Table, constraint: sa.Constraint) -> Iterator[Fact]:
    if isinstance(constraint, sa.ForeignKeyConstraint):
        kind, columns = "foreign key", constraint.columns
        target = constraint.elements[0].column.table.name
        definition = (
            f"FOREIGN KEY ({_listed(columns)}) REFERENCES {_QUOTE(target)}"
            f"({_listed(element.column for element in constraint.elements)})"
        )
        definition += f" ON UPDATE {constraint.onupdate.upper()}" if constraint.onupdate else ""
        definition += f" ON DELETE {constraint.ondelete.upper()}" if constraint.ondelete else ""
    elif isinstance(constraint, sa.PrimaryKeyConstraint):
        kind, columns = "primary key", constraint.columns
        definition = f"PRIMARY KEY ({_listed(columns)})"
    elif isinstance(constraint, sa.UniqueConstraint):
        kind, columns = "unique", constraint.columns
        definition = f"UNIQUE ({_listed(columns)})"
    elif isinstance(constraint, sa.CheckConstraint):
        kind, columns = "check", constraint.columns
        definition = constraint.info.get("catalogue") or f"CHECK (({constraint.sqltext}))"
    else:
        raise NotImplementedError(f"{table.name}: the catalogue cannot spell {type(constraint).__name__}")
    if constraint.deferrable:
        definition += " DEFERRABLE"
        definition += " INITIALLY DEFERRED" if (constraint.initially or "").upper() == "DEFERRED" else ""
    # SQLAlchemy gives a table without a primary key an empty one.
    if columns or kind == "check":
        names = tuple(column.name for column in columns)
        yield Fact(kind, f"{table.name}.{constraint.name}", definition, (table.name,), names)


def _index(table: sa.Table, index: sa.Index) -> Fact:
    definition = index.info.get("catalogue") or f"btree ({_listed(index.columns)})"
    if index.unique:
        definition = f"UNIQUE {definition}"
    return Fact("index", f"{table.name}.{index.name}", definition, (table.name,), tuple(c.name for c in index.columns))


def _listed(columns: Iterable[sa.Column[object]]) -> str:
    return ", ".join(_QUOTE(column.name) for column in columns)


def trigger_facts(triggers: Iterable[Trigger]) -> Iterator[Fact]:
    """Yield each trigger and the function it calls; its statement is spelled as the catalogue gives it."""
    callers: dict[str, set[str]] = defaultdict(set)
    bodies: dict[str, str] = {}
    for trigger in triggers:
        definition = trigger.statement.removeprefix(f"CREATE TRIGGER {_QUOTE(trigger.name)} ").replace("public.", "")
        over = re.search(r" UPDATE OF (\w+(?:, \w+)*) ON ", definition)
        columns = tuple(over[1].split(", ")) if over else ()
        yield Fact("trigger", f"{trigger.table}.{trigger.name}", definition, (trigger.table,), columns)
        if trigger.function:
            name = trigger.function.removeprefix("public.")
            bodies[name] = " ".join(trigger.body.split())
            callers[name].add(trigger.table)
    for name, body in bodies.items():
        definition = f"RETURNS trigger LANGUAGE plpgsql AS {body}"
        yield Fact("function", f"{name}()", definition, tuple(sorted(callers[name])))
