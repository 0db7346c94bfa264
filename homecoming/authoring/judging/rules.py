"""The rules of rules.toml, and what each says of a step that it finds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from homecoming.authoring.judging.python import assignments, python_type
from homecoming.authoring.judging.statements import NAME, Step, bare, quoted
from homecoming.authoring.spelling import JSON_IMPORT, JSON_SPELLED
from homecoming.language import Message, tr

# What a rule may say that a step does, from the worst on.
EFFECTS = {
    "destroys": tr("destroys rows or cells"),
    "no way back": tr("cannot be undone"),
    "breaks": tr("breaks the application that is still running"),
    "fails": tr("fails, here or on another database"),
    "rewrites": tr("writes all of a table again"),
    "locks": tr("nobody reads or writes the table meanwhile"),
    "blocks writes": tr("nobody writes the table meanwhile"),
    "scans": tr("reads all of a table"),
    "unseen": tr("cannot be judged beforehand"),
    "misleads": tr("is read otherwise than it was meant"),
}

# What a step may be that is no statement, in the words of reading.py and guarded.py.
_SAID = {
    str(text): text
    for text in (
        tr("It asks the database"),
        tr("raises, or asks the database"),
        tr("does something else"),
        tr("does nothing"),
        tr("their order"),
    )
}
_FAILS = "It fails where nothing is run: "

# A type ends before what else a column has.
_TYPE = (
    r"(?P<type>[^ ].*?)(?= (?:NOT NULL|NULL|DEFAULT|REFERENCES|UNIQUE|PRIMARY|CHECK|CONSTRAINT|GENERATED|COLLATE|USING|"
    r"WIDENED)\b|$)"
)


# What stands before a bracket and calls nothing, or nothing that takes rows.
_HARMLESS = (
    r"all|analyze|and|any|array|as|between|by|case|cast|conflict|distinct|else|except|exists|explain|filter|from|"
    r"group|having|in|intersect|interval|into|is|join|key|lateral|like|ilike|limit|materialized|not|offset|on|"
    r"only|or|ordinality|over|recursive|returning|row|rows|select|set|some|table|then|union|using|values|verbose|"
    r"when|where|if|elsif|while|loop|bit|char|character|decimal|float|numeric|time|timestamp|timestamptz|varchar|"
    r"varying|abs|age|array_\w+|avg|bool_and|bool_or|btrim|cardinality|ceil|char_length|clock_timestamp|coalesce|"
    r"col_description|concat|concat_ws|count|current_database|current_schema|current_setting|currval|date|"
    r"date_part|date_trunc|datetime|decode|dense_rank|encode|every|extract|first_value|floor|format|format_type|"
    r"gen_random_uuid|generate_series|greatest|has_\w+_privilege|ifnull|initcap|jsonb?_\w+|julianday|lag|"
    r"last_value|lastval|lead|least|left|length|lower|lpad|ltrim|make_date|make_interval|max|md5|min|mod|nextval|"
    r"now|nullif|obj_description|pg_\w+|position|power|quote_\w+|random|rank|regexp_\w+|repeat|replace|reverse|"
    r"right|round|row_number|row_to_json|rpad|rtrim|set_config|setval|sign|split_part|sqrt|statement_timestamp|"
    r"strftime|string_agg|strpos|substr|substring|sum|to_char|to_date|to_jsonb?|to_number|to_reg\w+|to_timestamp|"
    r"transaction_timestamp|translate|trim|trunc|typeof|unnest|upper|version"
)


# The groups of a rule that are names.
_NAMES = {"table", "column", "other", "new", "enum", "name", "filled"}


@dataclass(frozen=True)
class Rule:
    """One rule: the keys of rules.toml."""

    name: str
    finds: str
    does: Sequence[str]
    why: str
    safe: str
    unless: str = "(?!)"
    before: Sequence[str] = ()
    code: Sequence[str] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    of: str = ""
    new: bool = False
    last: bool = False

    def names(self, step: Step, is_guarded: bool) -> dict[str, str] | None:
        """Return what a step names, by the groups of the rule; None where it is none of the rule's."""
        if self.of and (self.of == "guarded") != is_guarded:
            return None
        found, unless = _compiled(self.finds), _compiled(self.unless)
        if not (match := found.fullmatch(step.text)) or unless.fullmatch(step.text):
            return None
        return {name: step.shown(value) for name, value in match.groupdict().items() if value is not None}

    def advice(self, names: Mapping[str, str]) -> Advice:
        """Return what the rule says, in the names of a step; ``same`` among them, how the revision wrote it."""
        known = {"name": "", **self.given, **names}
        columns = [bare(column) for column in known.get("columns", "").split(", ")]
        known["underlined"] = re.sub(r"\W+", "_", "_".join(columns))
        known["unique"] = known.get("unique", "").upper()
        known.setdefault("python", python_type(known.get("type", "")))
        known.setdefault("value", f"CAST({known.get('column')} AS {known.get('type')})")
        known["values"] = assignments(known.get("sets", ""))
        # In a revision's operations names have no quotes.
        plain = {**known, **{name: bare(known[name]) for name in _NAMES & known.keys()}}
        # What came from the step is as it was written, braces included.
        for name in self.given.keys() - names.keys():
            plain[name] = known[name].format(**plain)
            known[name] = quoted(plain[name]) if name in _NAMES else plain[name]
        before = [text.format(**known) for text in self.before]
        code = [_imported(text.format(**plain)) for text in self.code]
        if "value" in names:
            known["value"] = _said(names["value"])
        return Advice(Message((self.why,), known), Message((self.safe,), known), before, code)


def _said(value: str) -> str:
    """Return what a step names as a message, where it is none of its own words."""
    if value.startswith(_FAILS):
        return tr("It fails where nothing is run: {error}", error=value.removeprefix(_FAILS))
    return _SAID.get(value, value)


def _imported(code: str) -> str:
    """Return code with the import of what it names beyond SQLAlchemy itself."""
    return f"{JSON_IMPORT}\n{code}" if JSON_SPELLED in code else code


@dataclass(frozen=True)
class Advice:
    """What a rule says of one step: why it matters, the safe way, its SQL for the console, and its revisions."""

    why: Message
    safe: Message
    before: Sequence[str]
    code: Sequence[str]


@cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by its name."""
    text = (resources.files(__package__) / "rules.toml").read_text("utf-8")
    return {name: Rule(name, **keys) for name, keys in tomllib.loads(text).items()}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    pattern = pattern.replace("@ ", "ALTER TABLE <table> ").replace("<type>", _TYPE).replace("HARMLESS", _HARMLESS)
    named = re.sub(r"(?<!\?P)<(\w+)>", lambda mark: rf"(?P<{mark[1]}>{NAME}(?:\.{NAME})?)", pattern)
    return re.compile(named, re.IGNORECASE | re.DOTALL)
