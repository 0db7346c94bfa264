"""Reading a CREATE TABLE: PRAGMAs keep quiet about checks, names, collations, conflict clauses and options."""

from __future__ import annotations

import dataclasses
import functools

from homecoming.operations.sqlite.table import (
    CHECK,
    PRIMARY_KEY,
    UNIQUE,
    Column,
    Constraint,
    Table,
    columns_mentioned,
    foreign_key,
)
from homecoming.operations.sqlite.text import listed, tokens

_TABLE_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})
_COLUMN_CLAUSES = frozenset(
    {"CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "AS", "DEFERRABLE"}
)


class UnreadableError(ValueError):
    """A CREATE TABLE that this reader does not understand."""


# A run looks at the same few dozen statements thousands of times.
@functools.lru_cache(maxsize=1024)
def read(sql: str) -> Table:
    """Return the table that a CREATE TABLE of ``sqlite_master`` defines.

    Errors: UnreadableError, for what is no such statement, a virtual table's included.
    """
    return _Reader(sql).table()


class _Reader:
    """A place in the tokens of one statement, and what was read up to it."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = tokens(sql)
        self.at = 0
        self.columns: list[Column] = []
        self.constraints: list[Constraint] = []
        self.autoincrement = False

    def table(self) -> Table:
        self.expect("CREATE", "TABLE")
        name = self.take()
        self.expect("(")
        while not self.accept(")"):
            if self.accept(","):
                continue
            if self.word() in _TABLE_CONSTRAINTS:
                self.table_constraint()
            else:
                self.column()
        options = self.sql[self.tokens[self.at].start :].strip() if self.at < len(self.tokens) else ""
        # A check may come before a column it is about, so only now is it known which words are columns.
        constraints = tuple(
            dataclasses.replace(c, columns=columns_mentioned(c.body, self.columns)) if c.kind == CHECK else c
            for c in self.constraints
        )
        return Table(name, tuple(self.columns), constraints, self.autoincrement, options)

    def word(self, ahead: int = 0) -> str:
        """The keyword or mark that comes next; empty at the end and for anything in quotes."""
        if self.at + ahead >= len(self.tokens):
            return ""
        token = self.tokens[self.at + ahead]
        return token.text if token.kind == "mark" else token.word

    def accept(self, *words: str) -> bool:
        found = all(self.word(i) == word for i, word in enumerate(words))
        self.at += len(words) * found
        return found

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise UnreadableError(f"expected {' '.join(words)}")

    def take(self) -> str:
        """The name that comes next, without quotes."""
        if self.at >= len(self.tokens):
            raise UnreadableError("ends too early")
        self.at += 1
        return self.tokens[self.at - 1].name

    def since(self, start: int) -> str:
        """The text from token number ``start`` up to here."""
        return self.sql[self.tokens[start].start : self.tokens[self.at - 1].end]

    def group(self) -> str:
        """The text of what stands in parentheses next, with them."""
        start, depth = self.at, 0
        self.expect("(")
        depth = 1
        while depth:
            word = self.word()
            depth += (word == "(") - (word == ")")
            self.take()
        return self.since(start)

    def name_list(self) -> tuple[tuple[str, ...], str]:
        """The columns named in parentheses next, and the text in them; AUTOINCREMENT there is noted and left out."""
        self.expect("(")
        start, names = self.at, [self.take()]
        while not self.accept(")"):
            if self.accept(","):
                names.append(self.take())
            elif self.accept("AUTOINCREMENT"):
                self.autoincrement = True
                self.expect(")")
                return tuple(names), listed(names)
            elif self.word() == "(":
                raise UnreadableError("an expression in a key")
            else:
                self.take()
        return tuple(names), self.sql[self.tokens[start].start : self.tokens[self.at - 2].end]

    def constraint_name(self) -> str:
        name = ""
        while self.accept("CONSTRAINT"):
            name = self.take()
        return name

    def conflict(self) -> str:
        return f" ON CONFLICT {self.take().upper()}" if self.accept("ON", "CONFLICT") else ""

    def add(self, kind: str, columns: tuple[str, ...], body: str, name: str) -> None:
        self.constraints.append(Constraint(kind, columns, body, name))

    def table_constraint(self) -> None:
        name = self.constraint_name()
        if self.accept("PRIMARY", "KEY"):
            columns, text = self.name_list()
            self.add(PRIMARY_KEY, columns, f"PRIMARY KEY ({text}){self.conflict()}", name)
        elif self.accept("UNIQUE"):
            columns, text = self.name_list()
            self.add(UNIQUE, columns, f"UNIQUE ({text}){self.conflict()}", name)
        elif self.accept("CHECK"):
            self.add(CHECK, (), f"CHECK {self.group()}{self.conflict()}", name)
        else:
            self.expect("FOREIGN", "KEY")
            columns, _ = self.name_list()
            self.expect("REFERENCES")
            self.reference(columns, name)

    def reference(self, columns: tuple[str, ...], name: str) -> None:
        target = self.take()
        there = self.name_list()[0] if self.word() == "(" else ()
        self.constraints.append(foreign_key(columns, target, there, self.actions(), name))

    def actions(self) -> str:
        parts: list[str] = []
        while True:
            start = self.at
            if self.accept("ON"):
                self.take()
                self.at += 2 if self.word() in ("SET", "NO") else 1
            elif self.accept("MATCH"):
                self.take()
            elif self.accept("NOT", "DEFERRABLE") or self.accept("DEFERRABLE"):
                if self.accept("INITIALLY"):
                    self.take()
            else:
                return " ".join(parts)
            parts.append(self.since(start).upper())

    def column(self) -> None:
        name = self.take()
        start = self.at
        while self.at < len(self.tokens) and self.word() not in (*_COLUMN_CLAUSES, ",", ")", "("):
            if self.word() == "GENERATED" and self.word(1) == "ALWAYS":
                break
            self.take()
        if self.at > start and self.word() == "(":
            self.group()
        column = Column(name, self.since(start) if self.at > start else "")
        while self.word() not in (",", ")"):
            column = self.column_clause(column)
        self.columns.append(column)

    def column_clause(self, column: Column) -> Column:
        """Read one clause: what is about the column alone stays with it, the rest becomes a constraint of the table."""
        name, only = self.constraint_name(), (column.name,)
        start = self.at
        if self.accept("PRIMARY", "KEY"):
            _ = self.accept("ASC") or self.accept("DESC")
            conflict = self.conflict()
            self.autoincrement = self.accept("AUTOINCREMENT") or self.autoincrement
            self.add(PRIMARY_KEY, only, f"PRIMARY KEY ({listed(only)}){conflict}", name)
        elif self.accept("NOT", "NULL"):
            return dataclasses.replace(column, not_null=f"NOT NULL{self.conflict()}")
        elif self.accept("NULL"):
            self.conflict()
        elif self.accept("UNIQUE"):
            self.add(UNIQUE, only, f"UNIQUE ({listed(only)}){self.conflict()}", name)
        elif self.accept("CHECK"):
            self.add(CHECK, (), f"CHECK {self.group()}", name)
        elif self.accept("DEFAULT"):
            return dataclasses.replace(column, default=self.default())
        elif self.accept("COLLATE"):
            self.take()
            return dataclasses.replace(column, rest=(*column.rest, self.since(start)))
        elif self.accept("REFERENCES"):
            self.reference(only, name)
        elif self.accept("GENERATED", "ALWAYS", "AS") or self.accept("AS"):
            self.group()
            _ = self.accept("STORED") or self.accept("VIRTUAL")
            return dataclasses.replace(column, rest=(*column.rest, self.since(start)))
        elif not name or self.word() not in (",", ")"):
            raise UnreadableError(f"unknown clause {self.word()}")
        return column

    def default(self) -> str:
        start = self.at
        if self.word() == "(":
            return self.group()
        if self.word() in ("+", "-"):
            self.take()
        self.take()
        return self.since(start)
