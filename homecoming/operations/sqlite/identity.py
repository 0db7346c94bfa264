"""What tells a row from another that has its id: its name, its natural keys, its moment of creation."""

from __future__ import annotations

from collections.abc import Iterable

from homecoming.operations.copies import natural_keys
from homecoming.operations.sqlite.table import Table
from homecoming.operations.sqlite.text import key, quote

# A row may be renamed, but not made again at another time as well.
IDENTITY = ("nome", "criado_em")
_NAMES = (("nome",), ("nome_completo",))


def joined(source: Table, target: Table, keys: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the SQL condition, for each key that both tables have, that rows AS source and AS target have it alike.

    NULL and empty text say nothing about who a row is.
    """
    return [
        " AND ".join(f"nullif(source.{quote(name)}, '') = target.{quote(name)}" for name in names)
        for names in keys
        if source.has(*names) and target.has(*names)
    ]


def same_key(source: Table, target: Table) -> list[str]:
    """Return the SQL conditions, any of them enough, that two rows have a natural key of the table ``target`` alike."""
    return joined(source, target, natural_keys(key(target.name)))


def same_name(source: Table, target: Table) -> str:
    """Return the SQL condition that two rows have the same name; it is never true of tables without names."""
    return f"({' OR '.join(joined(source, target, _NAMES)) or 0})"


def differ(source: Table, target: Table) -> str:
    """Return the SQL condition that two rows of one id, AS source and AS target, are not the same row.

    They are where they share a name, a natural key or the moment of creation: one has been edited since. Where the
    tables cannot tell, it is never true.
    """
    same = [*same_key(source, target), *joined(source, target, _NAMES)]
    if not same or not (source.has("criado_em") and target.has("criado_em")):
        return "0"
    return f"({' OR '.join(same)} OR datetime(source.criado_em) IS datetime(target.criado_em)) IS NOT 1"
