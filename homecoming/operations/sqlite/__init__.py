"""The guarded operations on SQLite, each a function of the operation's name on one connection.

The caller has begun the one transaction of the run, with ``PRAGMA foreign_keys`` off since before it. Each function
looks at the live catalogue and does only what is missing; no row ever comes into Python.
"""

from homecoming.operations.sqlite.conform import (
    ensure_column,
    ensure_table,
    ensure_table_unless,
    lacking_column,
    transitional_column,
)
from homecoming.operations.sqlite.copies import retire_copies
from homecoming.operations.sqlite.duplicates import find_duplicates
from homecoming.operations.sqlite.faults import collect, refuse
from homecoming.operations.sqlite.foreign_keys import (
    check_foreign_keys,
    ensure_no_foreign_key,
    repoint_foreign_keys,
)
from homecoming.operations.sqlite.keys import (
    ensure_index,
    ensure_no_index,
    ensure_no_unique,
    ensure_unique,
    try_add_unique,
)
from homecoming.operations.sqlite.recovering import recover_rows
from homecoming.operations.sqlite.register import REVISION
from homecoming.operations.sqlite.rename import merge_column, rename_table
from homecoming.operations.sqlite.retire_column import retire_column
from homecoming.operations.sqlite.retire_table import (
    retire_table,
)
from homecoming.operations.sqlite.stated import (
    change_stated,
    delete_rows,
)
from homecoming.operations.sqlite.triggers import ensure_no_trigger, ensure_trigger
from homecoming.operations.sqlite.undo import undo
from homecoming.operations.sqlite.unmanaged import drop_unmanaged
from homecoming.operations.sqlite.values import replace_values
from homecoming.operations.sqlite.violations import remember, watching

__all__ = ["OPERATIONS", "REVISION", "check_foreign_keys", "collect", "find_duplicates", "refuse", "remember"]

# By name, each so that whichever is the first of a run looks which foreign keys of unknown tables are broken already.
OPERATIONS = {
    function.__name__: watching(function)
    for function in (
        change_stated,
        delete_rows,
        drop_unmanaged,
        ensure_column,
        ensure_index,
        ensure_no_foreign_key,
        ensure_no_index,
        ensure_no_trigger,
        ensure_no_unique,
        ensure_table,
        ensure_table_unless,
        ensure_trigger,
        ensure_unique,
        merge_column,
        lacking_column,
        transitional_column,
        recover_rows,
        rename_table,
        replace_values,
        repoint_foreign_keys,
        retire_column,
        retire_copies,
        retire_table,
        try_add_unique,
        undo,
    )
}
