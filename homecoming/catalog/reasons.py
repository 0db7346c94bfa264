"""Why each kind of difference matters, in one sentence: the only place for these texts."""

# What head has and the database has not.
MISSING = {
    "table": "The application reads and writes this table; every request that needs it fails.",
    "column": "The application names this column in every query of the table; each of them fails.",
    "enum": "Columns of this type cannot exist without it.",
    "function": "The trigger that calls it cannot exist without it.",
    "sequence": "New rows take their id from it; without it inserts fail.",
    "primary key": "Nothing stops two rows with one id, and no foreign key can refer to the table.",
    "foreign key": "Rows can refer to rows that do not exist, and nobody will notice.",
    "unique": "Values that must be unique can be stored twice.",
    "check": "Values that the schema forbids can be stored.",
    "index": "Queries that it serves read the whole table; a unique one also keeps values unique.",
    "trigger": "Rows are stored as they are sent, in spellings that the application cannot load.",
}

# What both have, in two forms.
CHANGED = {
    "access": "The current user cannot do what the application does there, so its requests fail.",
    "table": "The table keeps or shows its rows in another way than the application counts on.",
    "column": "Values that the application sends are refused, cut, or left out.",
    "enum": "The application stores labels by name; one that is missing or elsewhere is refused or sorts otherwise.",
    "function": "The trigger that calls it does something else than the application counts on.",
    "sequence": "Ids may run out, repeat, or be lost with another table.",
    "primary key": "Rows are told apart by other columns than the application uses.",
    "foreign key": "It guards other rows, or guards them otherwise, than the application counts on.",
    "unique": "It keeps other values unique than the application counts on.",
    "check": "It lets in, or keeps out, other values than the application counts on.",
    "index": "It serves other queries, or keeps other values unique, than it should.",
    "trigger": "It fires at other times, or does something else, than the application counts on.",
}

# Parts of a definition that say more than its kind does: (kind, text that only one side has, why).
DETAILS = (
    ("table", "UNLOGGED", "A crash empties an unlogged table, and no replica holds its rows."),
    ("table", "ROW LEVEL SECURITY", "Row level security hides rows from the application without an error."),
    ("table", "INHERITED BY", "Queries of the table also return the rows of the tables that inherit from it."),
    ("table", "INHERITS", "Its rows also appear in queries of the other table."),
    ("table", "ON CONFLICT", "An insert that breaks a key removes or skips rows instead of failing."),
    ("column", "GENERATED", "The application writes this column, and writes to a generated one are refused."),
    ("column", "NOT NULL", "Rows the application stores are refused, or rows it cannot load are let in."),
    ("column", "DEFAULT", "The application leaves this column to its default; without the right one it stays empty."),
    ("column", "COLLATE", "Text compares and sorts otherwise, and so do its unique values."),
    ("foreign key", "DISABLED", "The triggers that enforce it are off, so rows can refer to rows that do not exist."),
    ("foreign key", "NOT VALID", "Rows from before it was added were never checked and may refer to nothing."),
    ("foreign key", "ON DELETE", "Removing a row removes or changes others, or is refused, as nobody expects."),
    ("foreign key", "ON UPDATE", "Changing an id changes other rows, or is refused, as nobody expects."),
    ("foreign key", "DEFERRABLE", "It may be checked only at the end of a transaction, too late for the application."),
    ("check", "NOT VALID", "Rows from before it was added were never checked."),
    ("primary key", "INVALID", "An index build failed or was undone: no query uses it, and nothing relies on it."),
    ("unique", "INVALID", "An index build failed or was undone: no query uses it, and nothing relies on it."),
    ("index", "INVALID", "An index build failed: writes pay for the index and no query uses it."),
    ("index", "WHERE", "It covers only some of the rows, so it serves and guards only these."),
    ("index", "UNIQUE", "It lets values repeat that must not, or refuses values that may."),
    ("trigger", "DISABLED", "It is switched off: rows are stored as they are sent."),
    ("trigger", "REPLICA", "It fires on replicas only: rows are stored as they are sent."),
    ("sequence", "OWNED BY NONE", "Nothing ties it to its column, so it outlives the table and is lost in copies."),
)

# What the database has and head does not know, on columns head knows.
UNKNOWN = {
    "column": "It needs a value and has no default, so every insert of the application fails.",
    "not null": "Dumps name the constraint, so two databases with one schema do not look alike.",
    "sequence": "Ids may be taken from it instead of from the table's own.",
    "primary key": "Rows are told apart by other columns than the application uses.",
    "foreign key": "It refuses rows that the application stores, or removes them with others.",
    "unique": "It refuses values that the application stores.",
    "check": "It refuses values that the application stores.",
    "exclusion": "It refuses rows that the application stores.",
    "index": "Every write pays for it; a unique one refuses values that the application stores.",
    "trigger": "It changes or refuses rows behind the application's back.",
    "policy": "With row level security on it decides which rows the application sees.",
    "rule": "It rewrites the application's statements.",
}

RENAMED = "It does its work, but scripts and later revisions find it by its own name."
LEFT_ALONE = "Head does not know it and nothing of the application needs it; it is left alone."
ROLE = "The application that logs in as this role may do everything with most tables, and this is refused to it."
OWNER = "The role that most tables belong to may not change it, so a later revision run by that role is refused."
OPEN = "Every role that can connect, now or later, can read people's data there, or do what else is listed."
ELSEWHERE = "The application reads and writes those tables, and what is judged here are others."
BOOK = "No command reads it: what stands there may be another's, or run another's code."
EDITED = "The database has what the file said when it ran, and not what it says now."
BEHIND = "The next insert takes an id that is taken already, and fails."
STRAY = "The application cannot load rows with such a value: whoever they belong to cannot log in or be listed."
ORPHAN = "The key is valid, and PostgreSQL does not look again: what these rows refer to is not there."
LARGE = "To look takes long: rows may refer to what is not there where they were written past the key."
UNREAD = "Its rows were not read: to read them would, or could, run the code of a role that is not trusted."
UNLOADABLE = "The application cannot load the row, or gets another value than its type promises: its request fails."


def changed(kind: str, expected: str, found: str) -> str:
    """Return why it matters that a ``kind`` is defined as ``found`` and not as ``expected``."""
    for detail, words, why in DETAILS:
        if detail == kind and (words in expected) != (words in found):
            return why
    return CHANGED[kind]
