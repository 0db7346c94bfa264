"""Operations as a revision's file has them: Python in the layout that `ruff format` leaves alone."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import False_, True_

from homecoming.errors import Refused
from homecoming.language import tr
from homecoming.operations.recorded import Said
from homecoming.schema.parts import names_of

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
JSON_SPELLED = 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
"""The one type that is another on each dialect: plain JSON has no equality on PostgreSQL, as `make check` says."""
JSON_IMPORT = "from sqlalchemy.dialects import postgresql"

INDENT = 4
# Alembic puts a function's body in from the margin, after it was spelled.
LINE = 120 - INDENT


@dataclasses.dataclass(frozen=True)
class _Long:
    """A text that may have to go on in the next line: in brackets where a name stands before it."""

    value: str
    before: str = ""


@dataclasses.dataclass(frozen=True)
class _Group:
    """What stands between brackets: broken into lines where it is too long for one."""

    opening: str
    items: tuple[_Text, ...]
    closing: str


_Text = str | _Long | _Group


def spelled(said: Said) -> str:
    """Return an operation as the line or lines of a function's body, before they are indented.

    Raises:
        TypeError: for an argument that no revision's file can hold.
    """
    return _laid_out(_call(f"op.{said.name}", said.arguments, said.options), 0)


def type_spelled(kind: sa.types.TypeEngine[Any]) -> str:
    """Return a type as a revision's file has it, on one line."""
    return _flat(_type(kind))


def _call(name: str, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> _Group:
    items = [_value(argument) for argument in arguments]
    items += [_named(key, _value(value)) for key, value in options.items()]
    return _Group(f"{name}(", tuple(items), ")")


def _named(name: str, value: _Text) -> _Text:
    if isinstance(value, str):
        return f"{name}={value}"
    if isinstance(value, _Long):
        return _Long(value.value, f"{name}=")
    return dataclasses.replace(value, opening=f"{name}={value.opening}")


def _value(value: Any) -> _Text:
    """Spell an argument: text, numbers, truth values, lists, mappings, and what SQLAlchemy describes tables with."""
    if value is None or isinstance(value, bool | int):
        return repr(value)
    if isinstance(value, str):
        return _Long(value) if " " in value else _text(value)
    if isinstance(value, list | tuple):
        return _Group("[", tuple(_value(item) for item in value), "]")
    if isinstance(value, Mapping):
        return _Group("{", tuple(_pair(key, item) for key, item in value.items()), "}")
    if isinstance(value, sa.Column):
        return _column(value)
    if isinstance(value, sa.UniqueConstraint):
        return _Group("sa.UniqueConstraint(", tuple(map(_text, names_of(value))), ")")
    if isinstance(value, sa.types.TypeEngine):
        return _type(value)
    raise TypeError(f"a revision cannot spell a {type(value).__name__}")


def _text(value: str) -> str:
    """Spell a text in double quotes, as ruff does; in single ones where that saves escapes."""
    if '"' in value and "'" not in value and value.isprintable() and "\\" not in value:
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _pair(key: str, value: Any) -> _Text:
    spelled_value = _value(value)
    if isinstance(spelled_value, str):
        return f"{_text(key)}: {spelled_value}"
    if isinstance(spelled_value, _Long):
        return _Long(spelled_value.value, f"{_text(key)}: ")
    return dataclasses.replace(spelled_value, opening=f"{_text(key)}: {spelled_value.opening}")


def _column(column: sa.Column[Any]) -> _Group:
    items: list[_Text] = [_text(column.name), _type(column.type)]
    for key in column.foreign_keys:
        items.append(f"sa.ForeignKey({_text(key.target_fullname)})")
    if column.primary_key:
        items.append("primary_key=True")
    elif not column.nullable:
        items.append("nullable=False")
    if column.index:
        items.append("index=True")
    if column.unique:
        items.append("unique=True")
    if column.server_default is not None:
        items.append(_named("server_default", _default(column.server_default)))
    return _Group("sa.Column(", tuple(items), ")")


def _default(default: Any) -> _Text:
    said = getattr(default, "arg", default)
    if isinstance(said, str):
        return _text(said)
    if isinstance(said, True_ | False_):
        return f"sa.{'true' if isinstance(said, True_) else 'false'}()"
    if isinstance(said, sa.sql.functions.FunctionElement) and not list(said.clauses):
        return f"sa.func.{said.name}()"
    if isinstance(said, sa.TextClause):
        return f"sa.text({_text(said.text)})"
    raise TypeError("a default is a text, sa.text(), sa.true(), sa.false() or a function of sa.func without arguments")


def _type(kind: sa.types.TypeEngine[Any]) -> _Text:
    if (repr(kind), repr(kind._variant_mapping)) == (repr(_JSON), repr(_JSON._variant_mapping)):
        return JSON_SPELLED
    if kind._variant_mapping:
        raise _unspeakable(kind)
    if isinstance(kind, sa.types.TypeDecorator):
        # What it does to values is the application's; the column is that of the type inside.
        return _type(kind.load_dialect_impl(_POSTGRESQL))
    if isinstance(kind, sa.Enum):
        return _Group("sa.Enum(", (*map(_text, kind.enums), f"name={_text(str(kind.name))}"), ")")
    if type(kind) is sa.String and kind.length and not kind.collation:
        return f"sa.String({kind.length})"
    if type(kind) is sa.Numeric and kind.precision is not None and kind.asdecimal:
        return f"sa.Numeric({kind.precision}{'' if kind.scale is None else f', {kind.scale}'})"
    if type(kind).__module__ != "sqlalchemy.sql.sqltypes":
        raise _unspeakable(kind)
    return f"sa.{kind!r}".removesuffix("()")


def _unspeakable(kind: sa.types.TypeEngine[Any]) -> Refused:
    return Refused(
        tr("a type of one dialect, or another on each: {type}", type=repr(kind)),
        tr(
            "Nothing was written: a revision is not written with it. Write that one by hand (alembic revision -m), "
            "or give the column a type of sqlalchemy's own"
        ),
    )


def _laid_out(text: _Text, indent: int) -> str:
    """Lay out as ruff does: on one line, else what is in brackets on one line of its own, else a line for each."""
    flat = _flat(text)
    if not isinstance(text, _Group) or indent + len(flat) <= LINE or not text.items:
        return flat
    inner = indent + INDENT
    if inner + len(content := ", ".join(map(_flat, text.items))) <= LINE:
        lines = [content]
    else:
        # The comma behind each takes room, too.
        lines = [f"{_fitted(item, inner)}," for item in text.items]
    return "\n".join([text.opening, *(" " * inner + line for line in lines), " " * indent + text.closing])


def _fitted(item: _Text, indent: int) -> str:
    flat = _flat(item)
    if indent + len(flat) + 1 <= LINE or isinstance(item, str):
        return flat
    if isinstance(item, _Long):
        return _continued(item, indent)
    inner = indent + INDENT
    lines = [", ".join(map(_flat, item.items))]
    if inner + len(lines[0]) > LINE:
        lines = [f"{_fitted(part, inner)}," for part in item.items]
    return "\n".join([item.opening, *(" " * inner + line for line in lines), " " * indent + item.closing])


def _continued(text: _Long, indent: int) -> str:
    """Break a text behind blanks, on as many lines as it takes."""
    inner = indent + INDENT if text.before else indent
    lines = [""]
    for word in re.findall(r"\S*\s*", text.value):
        if lines[-1] and inner + len(_text(lines[-1] + word)) + 1 > LINE:
            lines.append("")
        lines[-1] += word
    parts = ("\n" + " " * inner).join(map(_text, filter(None, lines)))
    return f"{text.before}(\n{' ' * inner}{parts}\n{' ' * indent})" if text.before else parts


def _flat(text: _Text) -> str:
    if isinstance(text, str):
        return text
    if isinstance(text, _Long):
        return text.before + _text(text.value)
    return text.opening + ", ".join(map(_flat, text.items)) + text.closing
