"""What a run inside PostgreSQL knows of the catalogue, as functions of the temporary schema: no client is asked.

They hold the SELECT, the text of head and the fingerprint that ``catalog`` itself uses, so that a script that is pasted
judges as ``make verify`` does. What only explains a difference (renamed, went along, why) is left to ``verdict.py``.
"""

import functools

from homecoming.catalog import postgresql, verdict


@functools.cache
def helpers() -> str:
    """Return the statements that make ``pg_temp.facts``, ``fingerprint``, ``head``, ``differences`` and their like.

    Raises:
        ValueError: head holds what its text cannot carry.
    """
    return verdict.filled(
        verdict.sql("helpers.sql"),
        tables=verdict.array(sorted(verdict.head().tables)),
        facts=postgresql.facts(access=False),
        fingerprint=verdict.fingerprint_of("pg_temp.known_tables()"),
        head=verdict.head_query(verdict.head(), for_run=True),
        update_of=verdict.UPDATE_OF,
    )
