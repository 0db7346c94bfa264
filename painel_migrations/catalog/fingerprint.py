"""One number for the state of a database's known objects."""

import hashlib
from collections.abc import Collection

from painel_migrations.catalog.facts import ACCESS, Catalogue


def fingerprint(catalogue: Catalogue, tables: Collection[str]) -> str:
    """Return the SHA-256, in hexadecimal, of every fact of ``tables``, all their columns included.

    The same on PostgreSQL 13 to 18, whatever the search_path, the user, the order of columns, and other tables. SQLite
    and PostgreSQL name things differently, so the same schema has one fingerprint on each.

    Args:
        tables: the known tables: what belongs to none of them, or is used by none, does not count.
    """
    known = frozenset(tables)
    lines = sorted(
        f"{fact.kind}\t{fact.name}\t{fact.definition}\n"
        for fact in catalogue.values()
        if fact.kind != ACCESS and known.intersection(fact.tables)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
