"""The script as one statement, whose body PostgreSQL runs as PL/pgSQL: whole, or not at all."""

from __future__ import annotations

import base64
import hashlib
import re
import textwrap
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources

from alembic.script import ScriptDirectory
from mako.template import Template

from homecoming.catalog import fingerprint, verdict
from homecoming.catalog.verdict import impostors
from homecoming.connection.answers import explanation, suspicion
from homecoming.connection.engines import SAFE_PATH
from homecoming.connection.locks import lock_key, milliseconds
from homecoming.console.collect import collect
from homecoming.history.words import title
from homecoming.language import localized, tr
from homecoming.operations import undeclared
from homecoming.operations.closure import needed
from homecoming.operations.copies import ENDINGS
from homecoming.operations.literals import literal
from homecoming.project import project
from homecoming.settings import Settings
from homecoming.sql_texts import in_language

WIDTH = 112
"""Columns a comment is wrapped to; the script's lines end before the 120th."""


@dataclass(frozen=True)
class RevisionRange:
    """A range of the history: its direction, upgrade or downgrade, and the revisions it leads from and to."""

    direction: str
    start: str
    end: str


@dataclass(frozen=True)
class Block:
    """One statement: the comments before it, and the body of its DO."""

    header: str
    body: str
    sha256: str


def make_block(
    span: RevisionRange, script: ScriptDirectory, settings: Settings, made_by: str, part_of: str = ""
) -> Block:
    """Write a range as one block.

    Arguments: ``script``, the history; ``settings``, for its timeouts; ``made_by``, the command that writes
    it again; ``part_of``, where it is one file of several, what the header says about the others.
    """
    known = [revision.revision for revision in script.walk_revisions()][::-1]
    plain = collect(span.direction, span.start, span.end, script)
    verified = span.direction == "upgrade" and span.end == known[-1]
    from_the_start = span.direction == "upgrade" and span.start == "base"
    uses = ["pg_temp.known_tables"]
    if verified or from_the_start:
        uses.append("pg_temp.learn_head")
    if verified:
        uses.append("pg_temp.differences")
    if from_the_start:
        uses.append("pg_temp.head_columns pg_temp.is_copy")
    begin = f"CALL pg_temp.begin_run('console', {literal(project().version)}, {literal(plain.sha256)})"
    sections = [
        (section, _place(section.revision, known), list(map(_static, _handled(section.statements))))
        for section in plain.sections
    ]
    bodies = [statement for _, _, body in sections for statement in body]
    helpers = map(in_language, needed([*bodies, *plain.ending, begin, *uses], plain.helpers))
    packed = gzipped("".join(f"{minified(helper)};\n" for helper in helpers))
    values = {
        "begin": begin,
        "down": span.direction == "downgrade",
        "end": span.end,
        "explanation": minified(in_language(explanation())),
        "suspicion": minified(in_language(suspicion())),
        "elsewhere": minified(in_language(verdict.elsewhere("our_tables"))),
        "endings": literal(ENDINGS),
        "holders": _holders(),
        "ending": plain.ending,
        "helpers": packed,
        "helpers_sha256": hashlib.sha256(base64.b64decode(packed)).hexdigest(),
        "inflate": minified(resources.files(__package__).joinpath("inflate.sql").read_text("utf-8")),
        "impostors": minified(in_language(impostors())),
        "known": "\n".join(textwrap.wrap(", ".join(literal(name) for name in known), 100)),
        "last": _place(span.end, known),
        "first": _place(span.start, known),
        "from_the_start": from_the_start,
        "made_by": made_by,
        "part_of": localized(part_of),
        "plain": plain,
        "safe_path": SAFE_PATH,
        "sections": sections,
        "start": span.start,
        "tables": minified(verdict.array(sorted(verdict.head().tables))),
        "verified": verified,
        "fingerprint": fingerprint(verdict.head()),
        "static": _static,
        **_worded(script),
        **_of_the_project(),
        **_timeouts(settings),
    }
    text = in_language(resources.files(__package__).joinpath("block.sql.mako").read_text("utf-8"))
    header, _, body = Template(text, strict_undefined=True).render(**values).partition("DO $run$\n")
    return Block(_wrapped(header), body.partition("$run$")[0], plain.sha256)


def _worded(script: ScriptDirectory) -> dict[str, object]:
    """Return how the template says something in the language that was chosen: a text, a revision's title, a literal."""
    return {
        "_": lambda text, **parts: localized(tr(text, **parts)),
        "title": lambda revision: localized(title(script.get_revision(revision))),
        "literal": literal,
    }


def _holders() -> str:
    """Return the query that says who is in the way of a paste."""
    query = resources.files(__package__).joinpath("holders.sql").read_text("utf-8")
    return minified(in_language(query)).replace("/*lock_key*/", str(lock_key()))


def _wrapped(header: str) -> str:
    """Return the comments before the block, each in lines that no console breaks."""
    lines = (textwrap.wrap(line, 120, subsequent_indent="-- ") or [""] for line in header.splitlines())
    return "".join(f"{line}\n" for several in lines for line in several)


def minified(helper: str) -> str:
    """Return a helper without its comments and its indentation.

    But for the text of head, no literal of a helper goes on over a line's end, so a line can be taken by itself.
    """
    code, *texts = re.split(r"^([^\n]*\$head\$\n.*?^\$head\$)", helper, flags=re.MULTILINE | re.DOTALL)
    dense = [_without_comments(code)]
    for kept, rest in zip(texts[::2], texts[1::2], strict=True):
        dense += [kept, _without_comments(rest)]
    return "\n".join(filter(None, dense))


def _without_comments(code: str) -> str:
    lines = map(str.strip, code.splitlines())
    # The block looks in pg_catalog first: it sets search_path itself.
    return "\n".join(line.replace("pg_catalog.", "") for line in lines if line and not line.startswith("--"))


def gzipped(text: str) -> str:
    """Return a text as a gzip file in base64, in lines: what `inflate.sql` unpacks, and `base64 -d | gunzip`."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS, 9)
    packed = base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode("ascii")
    return "".join(f"{packed[at : at + WIDTH]}\n" for at in range(0, len(packed), WIDTH))


def _place(revision: str, known: list[str]) -> int:
    """How many revisions a database has that is at this one."""
    return 0 if revision == "base" else known.index(revision) + 1


def _of_the_project() -> dict[str, object]:
    ours = project()
    former = "{" + ",".join(ours.former.tables) + "}"
    return {"name": ours.name, "program": ours.program, "version": ours.version, "former_tables": former}


def _timeouts(settings: Settings) -> dict[str, object]:
    """Return the lock of runs, and for how long it and tables are waited for, in milliseconds and for people."""
    return {
        "lock_key": lock_key(),
        "lock_timeout": milliseconds(settings.lock_timeout),
        "lock_wait": settings.lock_wait,
        "lock_wait_timeout": milliseconds(settings.lock_wait) or 1,
        "statement_timeout": milliseconds(settings.statement_timeout),
    }


def _handled(statements: Iterable[str]) -> Iterator[str]:
    """Set a handler around each stretch of plain statements: what is refused is undone first, and counted then."""
    stretch: list[str] | None = None
    for statement in statements:
        if statement == undeclared.BEGIN:
            yield statement
            stretch = []
        elif stretch is None:
            yield statement
        elif statement != undeclared.END:
            stretch.append(f"{_static(statement)};\n")
        else:
            yield (
                f"BEGIN\n{''.join(stretch)}{statement};\n"
                f"EXCEPTION WHEN SQLSTATE '{undeclared.UNDECLARED}' THEN\n"
                "    GET STACKED DIAGNOSTICS e_what = PG_EXCEPTION_DETAIL;\n"
                "    CALL pg_temp.refuse_undeclared(e_what);\nEND"
            )
            stretch = None


def _static(statement: str) -> str:
    """A plain statement as PL/pgSQL takes it: one that gives rows needs somewhere to put them."""
    if statement.startswith("CREATE TABLE public.alembic_version"):
        made = f"{statement};\nPERFORM pg_temp.unguard('alembic_version')"
        return f"IF to_regclass('public.alembic_version') IS NULL THEN\n{made};\nEND IF"
    if re.match(r"(?:SELECT|WITH|TABLE|VALUES)\b|(?:INSERT|UPDATE|DELETE)\b.*\bRETURNING\b", statement, re.DOTALL):
        return f"EXECUTE $rows$\n{statement}$rows$"
    return statement
