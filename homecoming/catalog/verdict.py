"""The judgement of ``catalog.verify()`` as SELECTs for PostgreSQL 13 to 18, to paste where no Python runs.

The SQL beside this file reads the live catalogue with the CTEs of ``postgresql.sql`` and compares it with the text of
``head_text``. Its failures and notes are Python's, in the same words and order; beside them, each fact of head that is
as it should be is a row, and the last row is the verdict. Two things are Python's alone: the statement that mends a
finding, and, for an object under another name, a look at its columns beyond its definition, which names them.
"""

import functools
import re
import textwrap
from collections.abc import Iterable, Sequence
from importlib import resources

from homecoming.catalog import head_text, postgresql, references
from homecoming.catalog.expected import expected
from homecoming.catalog.expected_postgresql import TABLE_PRIVILEGES
from homecoming.catalog.facts import Catalogue
from homecoming.catalog.findings import KINDS
from homecoming.catalog.fingerprint import fingerprint
from homecoming.catalog.trust import trusted, unread
from homecoming.language import localized, tr
from homecoming.project import project
from homecoming.sql_texts import in_language

_HEADER = tr(
    "Is this database at head? One SELECT: it changes nothing and needs no rights but those of the application. Run it "
    "as the user the application connects as. A row a check: FAIL is a difference that matters, NOTE is what head does "
    "not know and leaves alone, OK is as head has it. The last row is the verdict, OK where no row says FAIL, with the "
    "fingerprints of head and of this database. What it asks is asked where nothing of schema public is found by name."
)

# What a trigger fires for, where that is nothing but changes of some columns.
UPDATE_OF = "'^(?:CONSTRAINT )?(?:BEFORE|AFTER) UPDATE OF ((?:[^ ,]+, )*[^ ,]+) ON '"


def verdict_statement(wanted: Catalogue | None = None) -> str:
    """Return the SELECT for a console, with a comment on how to read it and a semicolon behind it.

    Its rows are object, expected, found, result (``OK``, ``NOTE`` or ``FAIL``) and why.

    Args:
        wanted: what to compare with; head when left out.

    Raises:
        ValueError: head holds what the text cannot carry.
    """
    wanted = wanted or head()
    report = filled(
        in_language(sql("verdict_report.sql")),
        judged=_judged(wanted),
        fingerprint=fingerprint(wanted, wanted.tables),
        live_fingerprint=fingerprint_of("(SELECT array_agg(t.name) FROM head_table AS t)"),
    )
    return to_paste(localized(_HEADER), report, ("object", "expected", "found", "result", "why"))


def to_paste(header: str, report: str, columns: Sequence[str]) -> str:
    """Return a SELECT for a console, whatever its session has set, with a comment before it and a semicolon behind it.

    Args:
        header: The comment.
        report: The SELECT, as text that a console leaves alone (``bare``).
        columns: What its rows have, all of it text.
    """
    comment = textwrap.wrap(header, 118, initial_indent="-- ", subsequent_indent="-- ")
    pasted = filled(
        sql("verdict_paste.sql"),
        report=report,
        shown=", ".join(f"r.{name}" for name in columns),
        typed=textwrap.fill(", ".join(f"{name} pg_catalog.text" for name in columns), 104, subsequent_indent=" " * 10),
        first=f"r.{columns[0]}",
    )
    return "\n".join([*comment, f"{pasted};\n"])


@functools.cache
def head() -> Catalogue:
    """Return what a PostgreSQL database holds at head."""
    return expected("postgresql")


def head_query(wanted: Catalogue, reasons: str = "", for_run: bool = False) -> str:
    """Return the CTEs that read what is wanted from its text, the last of them ``head``.

    Args:
        reasons: what joins the text.
        for_run: without what a run does not ask: what the role may do, since it has just changed the tables, and what
            rows hold, which it has settled.
    """
    text = "\n".join(filter(None, [head_text.facts_text(wanted, rows=not for_run), reasons]))
    ctes = sql("verdict_head.sql")
    if for_run:
        ctes = re.sub(r"\n\n    UNION ALL\n    SELECT 'access',(?:.(?!\n\n|\n\)))*.", "", ctes, flags=re.DOTALL)
        ctes = ctes.replace(" WHERE o.kind <> 'rows'", "")
    return filled(ctes, text=text, privileges=TABLE_PRIVILEGES)


def _judged(wanted: Catalogue) -> str:
    """Return the CTEs of the judgement, from WITH on."""
    known = head_query(wanted, head_text.reasons_text())
    return filled(
        in_language(sql("verdict.sql")),
        # What the facts say is compared; why one is not read is only shown.
        facts=postgresql.facts().replace(unread(), in_language(unread())),
        head=known,
        # A subquery after ANY would be one of rows.
        elsewhere=bare(in_language(elsewhere("coalesce((TABLE named))"))),
        impostors=bare(in_language(impostors())),
        kinds=array(KINDS),
        bound=str(references.BOUND),
        large=localized(references.LARGE),
        update_of=UPDATE_OF,
    )


# What a console splits at or a driver takes for its own, and what stands for it: ``verdict_paste.sql`` puts it back.
STANDS_FOR = {";": "`s", "%": "`p", ":": "`c"}


def bare(query: str) -> str:
    """Return a query without comments, which may hold a quote, and without what must not be in a pasted text."""
    bare = re.sub(r"^ *--.*\n", "", query, flags=re.MULTILINE)
    return re.sub(r"[;%]|(?<!:):(?!:)", lambda found: STANDS_FOR[found[0]], bare)


@functools.cache
def impostors() -> str:
    """Return the SELECT of what bears a name of ours and is another's: what about it, what to do, its name."""
    return filled(sql("impostors.sql"), trusted=trusted())


def elsewhere(tables: str) -> str:
    """Return the SELECT of the schemas that hold the application's tables, for an expression that gives their names."""
    ours = project()
    return filled(
        sql("elsewhere.sql"),
        tables=tables,
        owners_table=f"'{ours.owners_table}'",
        owners_columns=f"'{{{','.join(ours.owners_columns)}}}'",
        owners_number=str(len(ours.owners_columns)),
    )


def array(words: Iterable[str]) -> str:
    """Return a literal of plain words, in lines that are not too long."""
    listed = textwrap.fill(", ".join(f"'{word}'" for word in words), 100, break_long_words=False)
    return f"ARRAY[\n{listed}]"


def fingerprint_of(tables: str) -> str:
    """Return the SELECT of the fingerprint of ``live``, for an expression that gives the known tables."""
    return filled(sql("fingerprint.sql"), tables=tables)


def sql(name: str) -> str:
    """Return a template beside this file."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8").rstrip()


def filled(template: str, **parts: str) -> str:
    """Return ``template`` with each ``{name}`` replaced; other braces are SQL's own."""
    for name, part in parts.items():
        template = template.replace(f"{{{name}}}", part)
    return template
