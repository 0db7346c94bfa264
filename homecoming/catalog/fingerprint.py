"""One number for the state of a database's known objects."""

import hashlib
from collections.abc import Collection

from homecoming.catalog.facts import BESIDE, Catalogue
from homecoming.schema.dialects import schema_for


def fingerprint(catalogue: Catalogue, tables: Collection[str] | None = None) -> str:
    """Return the SHA-256, in hexadecimal, of every fact of ``tables``, all their columns included.

    The same on PostgreSQL 13 to 18, whatever the search_path, the user, rights, owners, the order of columns, and other
    tables. SQLite
    and PostgreSQL name things differently, so the same schema has one fingerprint on each.

    Args:
        tables: the known tables, head's when left out: what neither belongs to one nor is used by one does not count.
    """
    known = frozenset(schema_for(catalogue.dialect).tables if tables is None else tables)
    lines = sorted(
        f"{fact.kind}\t{fact.name}\t{fact.definition}\n"
        for fact in catalogue.values()
        if fact.kind not in BESIDE and known.intersection(fact.tables)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
