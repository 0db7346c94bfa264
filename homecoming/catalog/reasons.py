"""Why each kind of difference matters, in one sentence: the only place for these texts."""

from homecoming.language import Message, tr

# What head has and the database has not.
MISSING = {
    "table": tr("The application reads and writes this table; every request that needs it fails."),
    "column": tr("The application names this column in every query of the table; each of them fails."),
    "enum": tr("Columns of this type cannot exist without it."),
    "function": tr("The trigger that calls it cannot exist without it."),
    "sequence": tr("New rows take their id from it; without it inserts fail."),
    "primary key": tr("Nothing stops two rows with one id, and no foreign key can refer to the table."),
    "foreign key": tr("Rows can refer to rows that do not exist, and nobody will notice."),
    "unique": tr("Values that must be unique can be stored twice."),
    "check": tr("Values that the schema forbids can be stored."),
    "index": tr("Queries that it serves read the whole table; a unique one also keeps values unique."),
    "trigger": tr("Rows are stored as they are sent, in spellings that the application cannot load."),
}

# What both have, in two forms.
CHANGED = {
    "access": tr("The current user cannot do what the application does there, so its requests fail."),
    "table": tr("The table keeps or shows its rows in another way than the application counts on."),
    "column": tr("Values that the application sends are refused, cut, or left out."),
    "enum": tr(
        "The application stores labels by name; one that is missing or elsewhere is refused or sorts otherwise."
    ),
    "function": tr("The trigger that calls it does something else than the application counts on."),
    "sequence": tr("Ids may run out, repeat, or be lost with another table."),
    "primary key": tr("Rows are told apart by other columns than the application uses."),
    "foreign key": tr("It guards other rows, or guards them otherwise, than the application counts on."),
    "unique": tr("It keeps other values unique than the application counts on."),
    "check": tr("It lets in, or keeps out, other values than the application counts on."),
    "index": tr("It serves other queries, or keeps other values unique, than it should."),
    "trigger": tr("It fires at other times, or does something else, than the application counts on."),
}

# Parts of a definition that say more than its kind does: (kind, text that only one side has, why).
DETAILS = (
    ("table", "UNLOGGED", tr("A crash empties an unlogged table, and no replica holds its rows.")),
    ("table", "ROW LEVEL SECURITY", tr("Row level security hides rows from the application without an error.")),
    ("table", "INHERITED BY", tr("Queries of the table also return the rows of the tables that inherit from it.")),
    ("table", "INHERITS", tr("Its rows also appear in queries of the other table.")),
    ("table", "ON CONFLICT", tr("An insert that breaks a key removes or skips rows instead of failing.")),
    ("column", "GENERATED", tr("The application writes this column, and writes to a generated one are refused.")),
    ("column", "NOT NULL", tr("Rows the application stores are refused, or rows it cannot load are let in.")),
    (
        "column",
        "DEFAULT",
        tr("The application leaves this column to its default; without the right one it stays empty."),
    ),
    ("column", "COLLATE", tr("Text compares and sorts otherwise, and so do its unique values.")),
    (
        "foreign key",
        "DISABLED",
        tr("The triggers that enforce it are off, so rows can refer to rows that do not exist."),
    ),
    ("foreign key", "NOT VALID", tr("Rows from before it was added were never checked and may refer to nothing.")),
    ("foreign key", "ON DELETE", tr("Removing a row removes or changes others, or is refused, as nobody expects.")),
    ("foreign key", "ON UPDATE", tr("Changing an id changes other rows, or is refused, as nobody expects.")),
    (
        "foreign key",
        "DEFERRABLE",
        tr("It may be checked only at the end of a transaction, too late for the application."),
    ),
    ("check", "NOT VALID", tr("Rows from before it was added were never checked.")),
    ("primary key", "INVALID", tr("An index build failed or was undone: no query uses it, and nothing relies on it.")),
    ("unique", "INVALID", tr("An index build failed or was undone: no query uses it, and nothing relies on it.")),
    ("index", "INVALID", tr("An index build failed: writes pay for the index and no query uses it.")),
    ("index", "WHERE", tr("It covers only some of the rows, so it serves and guards only these.")),
    ("index", "UNIQUE", tr("It lets values repeat that must not, or refuses values that may.")),
    ("trigger", "DISABLED", tr("It is switched off: rows are stored as they are sent.")),
    ("trigger", "REPLICA", tr("It fires on replicas only: rows are stored as they are sent.")),
    ("sequence", "OWNED BY NONE", tr("Nothing ties it to its column, so it outlives the table and is lost in copies.")),
)

# What the database has and head does not know, on columns head knows.
UNKNOWN = {
    "column": tr("It needs a value and has no default, so every insert of the application fails."),
    "not null": tr("Dumps name the constraint, so two databases with one schema do not look alike."),
    "sequence": tr("Ids may be taken from it instead of from the table's own."),
    "primary key": tr("Rows are told apart by other columns than the application uses."),
    "foreign key": tr("It refuses rows that the application stores, or removes them with others."),
    "unique": tr("It refuses values that the application stores."),
    "check": tr("It refuses values that the application stores."),
    "exclusion": tr("It refuses rows that the application stores."),
    "index": tr("Every write pays for it; a unique one refuses values that the application stores."),
    "trigger": tr("It changes or refuses rows behind the application's back."),
    "policy": tr("With row level security on it decides which rows the application sees."),
    "rule": tr("It rewrites the application's statements."),
}

RENAMED = tr("It does its work, but scripts and later revisions find it by its own name.")
LEFT_ALONE = tr("Head does not know it and nothing of the application needs it; it is left alone.")
ROLE = tr("The application that logs in as this role may do everything with most tables, and this is refused to it.")
OWNER = tr("The role that most tables belong to may not change it, so a later revision run by that role is refused.")
OPEN = tr("Every role that can connect, now or later, can read people's data there, or do what else is listed.")
ELSEWHERE = tr("The application reads and writes those tables, and what is judged here are others.")
BOOK = tr("No command reads it: what stands there may be another's, or run another's code.")
EDITED = tr("The database has what the file said when it ran, and not what it says now.")
BEHIND = tr("The next insert takes an id that is taken already, and fails.")
NO_LABEL = tr("The application cannot load rows with such a value: whoever they belong to cannot log in or be listed.")
ORPHAN = tr("The key is valid, and PostgreSQL does not look again: what these rows refer to is not there.")
LARGE = tr("To look takes long: rows may refer to what is not there where they were written past the key.")
UNREAD = tr("Its rows were not read: to read them would, or could, run the code of a role that is not trusted.")
UNLOADABLE = tr("The application cannot load the row, or gets another value than its type promises: its request fails.")


def changed(kind: str, expected: str, found: str) -> Message:
    """Return why it matters that a ``kind`` is defined as ``found`` and not as ``expected``."""
    for detail, words, why in DETAILS:
        if detail == kind and (words in expected) != (words in found):
            return why
    return CHANGED[kind]
