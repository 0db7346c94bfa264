"""The checksum of a PostgreSQL table, as the server computes it: a hash of each row, summed.

There are two. The quick one is made of the server's own hash functions with a seed, which have given the same since
version 11: rows stay in their hash partitions from one version to the next (pg_upgrade does not move them). Such a hash
depends on the machine's byte order, which pg_dump's documentation says under --load-via-partition-root; a server of the
other order makes, and compares, the slower one, of each row's SHA-256. Backups of before the quick one have that, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.language import tr

# What the checksums of a manifest are called.
QUICK, SHA256 = "hash64", "sha256"

# What a machine of the usual byte order answers.
_PROBE, _ANSWER = "SELECT hashtextextended('byte order' COLLATE \"C\", 1)", -4852155109145801072

# Types whose cast to text says all that their values are; of any other a row's text does, which takes longer: the
# owner of an enum may make its cast a function of his own. The hash functions of most types do not: that of numbers
# leaves out the sign, that of moments folds 64 bits into 32.
_BY_TEXT = {
    "text",
    "varchar",
    "numeric",
    "int8",
    "date",
    "timestamp",
    "timestamptz",
    "uuid",
    "bool",
    "json",
    "jsonb",
}

_UNSAID = {"no_parameters": True}


def best(connection: sa.Connection) -> str:
    """Return the checksum that backups of a database are made with."""
    return QUICK if connection.dialect.name == "postgresql" and _is_usual(connection) else SHA256


def refuse_other_order(connection: sa.Connection, method: str) -> None:
    """Go on where the server can compute a checksum. Errors: Refused where its byte order is another."""
    if method == QUICK and not _is_usual(connection):
        raise Refused(
            tr("the checksums of this backup are of machines of another byte order than this server's"),
            tr("Restore it on a server of the usual order (x86, ARM); by hand, its own pg_restore reads a dump"),
        )


def _is_usual(connection: sa.Connection) -> bool:
    return bool(connection.exec_driver_sql(_PROBE, execution_options=_UNSAID).scalar_one() == _ANSWER)


def of_row(columns: Sequence[str], kinds: Sequence[str], method: str, is_utf8: bool) -> str:
    """Return the SQL for a row's hash, a bigint, which is never NULL.

    Arguments: ``columns``, by name, as SQL has them; ``kinds``, what the catalogue calls their types, '' for one that
    is not the server's own; ``method``, of this module; ``is_utf8``, whether the database keeps text so.
    """
    if method == SHA256:
        row = f"ROW({', '.join(columns)})::text"
        return f"('x' || encode(substring(sha256(convert_to({row}, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint"
    # Each column has a seed of its own. NULL alone counts 0.
    hashes = [
        f"coalesce({_of_value(column, kind, seed, is_utf8)}, 0)"
        for seed, (column, kind) in enumerate(zip(columns, kinds, strict=True), 1)
    ]
    # Mixed once more. What was only put together by XOR keeps each bit in its place, and of two rows that swap a value
    # the sum stays as it was wherever the bits agree: once in (4/3) ** 64 cases, about a hundred million.
    return f"hashint4extended(0, {' # '.join(['0::bigint', *hashes])})"


def _of_value(column: str, kind: str, seed: int, is_utf8: bool) -> str:
    if kind in ("int2", "int4"):
        return f"hashint4extended({column}, {seed})"
    text = f"{column}::text" if kind in _BY_TEXT else f"ROW({column})::text"
    if is_utf8:
        return f'hashtextextended({text} COLLATE "C", {seed})'
    # The hash of an array of one is that of its element and 31.
    return f"(hash_array_extended(ARRAY[convert_to({text}, 'UTF8')], {seed}) - 31)"
