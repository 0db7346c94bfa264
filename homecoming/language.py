"""Messages in the language of whoever reads them: English as they are written, others out of a catalogue.

A message is a template with its values apart. As a string it is English, so that JSON, metrics, the log's events and
whatever compares it have it as it was written; `localized` is what a person is shown. Where a value is a message
itself, it is localized with it. The catalogues are PO files, `locale/<language>.po`, that any translator's tool reads.
"""

from __future__ import annotations

import ast
import re
import string
from collections import ChainMap, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources

ENGLISH, PORTUGUESE, PSEUDO = "en", "pt", "xx"
LANGUAGES = (ENGLISH, PORTUGUESE, PSEUDO)
"""What can be chosen; the last one sets each message in ⟦ ⟧ and each text in it that is none in ⟨ ⟩, for tests."""

_chosen = ENGLISH
# What a project adds to each language: beside the catalogue, which is read only where somebody reads that language.
_learned: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)


class Message(str):
    """A text in English that knows what it was made of.

    Attributes:
        templates: Of one, and of many where a number decides; the values' names stand in braces.
        values: By name; ``n`` is the number that decides.
    """

    __slots__ = ("templates", "values")
    templates: tuple[str, ...]
    values: Mapping[str, object]

    def __new__(cls, templates: tuple[str, ...], values: Mapping[str, object]) -> Message:
        made = super().__new__(cls, _filled(templates[_form(templates, values)], values))
        made.templates, made.values = templates, values
        return made

    def __reduce__(self) -> tuple[type[Message], tuple[object, ...]]:
        return Message, (self.templates, dict(self.values))

    def changed(self, change: Callable[[str], str]) -> Message:
        """Return it with each text among its values changed, as `mapped` has it."""
        values = {
            name: mapped(said, change) if isinstance(said := _text(value), str) else value
            for name, value in self.values.items()
        }
        return Message(self.templates, values)

    def localized(self, language: str) -> str:
        """Return it in a language that is not English."""
        templates = self.templates
        shown = {name: shown_in(value, language) for name, value in self.values.items()}
        form = _form(templates, self.values)
        if not _has_words(templates[form]):
            return _filled(templates[form], shown)
        if language == PSEUDO:
            return f"⟦{_filled(templates[form], shown)}⟧"
        translated = catalogue(language).get(templates[0], templates)
        return _filled(translated[min(form, len(translated) - 1)], shown)


def tr(template: str, /, **values: object) -> Message:
    """Return a message.

    Args:
        template: In English, with ``{name}`` for each value, as ``str.format`` has it; ``{{`` is a brace.
        values: By name.
    """
    return Message((template,), values)


def trn(one: str, many: str, n: int, /, **values: object) -> Message:
    """Return a message that a number decides about.

    Args:
        one: For one, in English.
        many: For any other number; ``{n}`` is the number, in both.
        n: The number.
        values: The other values, by name.
    """
    return Message((one, many), {"n": n, **values})


def joined(separator: str, parts: Iterable[object]) -> Message:
    """Return messages, or other values, in a row: ``separator.join`` of parts that are localized each by itself."""
    values = {f"p{number}": part for number, part in enumerate(parts)}
    return Message((separator.replace("{", "{{").replace("}", "}}").join(f"{{{name}}}" for name in values),), values)


def and_joined(parts: Iterable[object]) -> Message:
    """Return messages, or other values, in a row with the word for "and" between each two."""
    first, *others = parts
    made = tr("{first}", first=first)
    for other in others:
        made = tr("{first} and {other}", first=made, other=other)
    return made


def mark(template: str) -> str:
    """Return a template as it is: a table's, of which `tr` makes the message once its values are there."""
    return template


def mapped(text: str, change: Callable[[str], str]) -> str:
    """Return a text changed, with what it was made of: of a message, each text among its values.

    Args:
        text: A message, or any text.
        change: What is done to a text that is no message, such as to take a secret out of it.
    """
    if not isinstance(text, Message):
        return change(text)
    return text.changed(change)


def use(language: str) -> None:
    """Choose the language of what this process shows people, one of ``LANGUAGES``."""
    global _chosen
    _chosen = language


def chosen() -> str:
    """Return the language that was chosen; English where nobody did."""
    return _chosen


def localized(text: object, language: str | None = None) -> str:
    """Return what a person is shown: a message, or a text without values, in a language.

    Args:
        text: A `Message`, or anything else, which is looked up as it stands.
        language: One of ``LANGUAGES``; None for the one that was chosen.
    """
    language = language or _chosen
    # Of a thing that is no text, its text may be a message.
    text = text if isinstance(text, str) else str(text)
    if language == ENGLISH:
        return str(text)
    if not isinstance(text, Message):
        if language == PSEUDO:
            return f"⟦{text}⟧" if text in catalogue(PORTUGUESE) else text
        return catalogue(language).get(text, (text,))[0]
    return text.localized(language)


def shown_in(value: object, language: str | None = None) -> object:
    """Return a value as a message shows it: a message is localized, anything else stays as it is.

    Args:
        value: Of a message, or an argument of a line of the log.
        language: As in `localized`.
    """
    language = language or _chosen
    value = _text(value)
    if isinstance(value, Message):
        return localized(value, language)
    return f"⟨{value}⟩" if language == PSEUDO and isinstance(value, str) else value


def _text(value: object) -> object:
    """Return a value's text, a message perhaps; what formats itself, as a number or a time, may be told how."""
    return str(value) if not isinstance(value, str) and type(value).__format__ is object.__format__ else value


def learn(language: str, more: Mapping[str, tuple[str, ...]]) -> None:
    """Add translations to a language's: those of the project's own texts, such as the titles of its revisions."""
    _learned[language].update(more)


@cache
def catalogue(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the translations of a language: by the English text of one, that of one and of many."""
    text = resources.files(__package__).joinpath("locale", f"{language}.po").read_text("utf-8")
    return ChainMap(_learned[language], read_po(text))


def read_po(text: str) -> dict[str, tuple[str, ...]]:
    """Read a PO file, the format of GNU gettext.

    Args:
        text: The file's. Comments, and entries without a translation, say nothing.

    Returns:
        The translations by what they translate: that of one, and of many where there is a plural.

    Raises:
        ValueError: A line is none of PO's.
    """
    found: dict[str, tuple[str, ...]] = {}
    entry: dict[str, str] = {}
    keyword = ""

    def end() -> None:
        forms = tuple(value for key, value in entry.items() if key.startswith("msgstr") and value)
        if entry.get("msgid") and forms:
            found[entry["msgid"]] = forms
        entry.clear()

    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        begun = re.match(r'(msgid|msgid_plural|msgstr(?:\[\d\])?)\s+(?=")', line)
        if begun:
            keyword = begun[1]
            if keyword == "msgid":
                end()
            entry[keyword] = ""
        elif not keyword or not line.startswith('"'):
            raise ValueError(f"line {number} is none of a PO file")
        entry[keyword] += ast.literal_eval(line[line.index('"') :])
    end()
    return found


def _form(templates: tuple[str, ...], values: Mapping[str, object]) -> int:
    # English and Portuguese alike: one, and whatever is not one. (Of 0 Brazilian Portuguese has both.)
    return 0 if len(templates) == 1 or values["n"] == 1 else 1


def _filled(template: str, values: Mapping[str, object]) -> str:
    return template.format(**values) if "{" in template or "}" in template else template


@cache
def _has_words(template: str) -> bool:
    """Whether there is anything to translate: what stands around the values may be punctuation alone."""
    return any(any(map(str.isalpha, literal)) for literal, *_ in string.Formatter().parse(template))
