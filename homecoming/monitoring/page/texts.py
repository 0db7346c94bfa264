"""The two languages of the page, which its reader chooses: how each writes texts, numbers, durations, sizes, times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from markupsafe import Markup, escape

from homecoming.history.words import learn_titles
from homecoming.language import ENGLISH, PORTUGUESE, PSEUDO, Message, catalogue, localized, mark

MONTHS = (
    mark("Jan"),
    mark("Feb"),
    mark("Mar"),
    mark("Apr"),
    mark("May"),
    mark("Jun"),
    mark("Jul"),
    mark("Aug"),
    mark("Sep"),
    mark("Oct"),
    mark("Nov"),
    mark("Dec"),
)
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


class Language:
    """One language: its texts, and how it writes numbers, durations, sizes and times."""

    def __init__(self, code: str, name: str, separators: tuple[str, str]) -> None:
        self.code = code
        self._name = name
        self._separators = separators

    def __call__(self, text: str, **values: object) -> str:
        """Return a text in this language with its fields filled; one that has no translation stays English."""
        shown = localized(text, self._name)
        return shown.format(**values) if values else shown

    def markup(self, text: str, **values: object) -> Markup:
        """Return a text in this language as markup, its fields filled with markup or with what has to be escaped."""
        return escape(self(text)).format(**values)

    def format(self, template: str, values: Mapping[str, object]) -> str:
        """Fill a text's fields, numbers as this language writes them, whatever form the text asks for."""
        return self(template).format(**{name: self._shown(value) for name, value in values.items()})

    def _shown(self, value: object) -> object:
        # A command stays as it is typed: of texts, only what is a message is translated.
        if isinstance(value, Message):
            return self(value)
        return _Number(value, self) if isinstance(value, int | float) else value

    def lang(self, text: str) -> str:
        """Return the language that a text is shown in: English where it has no translation."""
        return self.code if self._name != PORTUGUESE or text in catalogue(PORTUGUESE) else "en"

    def count(self, number: int, one: str, many: str) -> str:
        """Return ``one`` or ``many``, by the number, which both have as ``{count}``."""
        return self(Message((one, many), {"n": number, "count": self.number(number)}))

    def separated(self, text: str) -> str:
        """Return a number that Python wrote with this language's separators."""
        thousands, decimal = self._separators
        return text.translate({ord(","): thousands, ord("."): decimal})

    def number(self, number: float, digits: int = 0) -> str:
        """Return a number with this language's separators."""
        return self.separated(f"{number:,.{digits}f}")

    def seconds(self, seconds: float) -> str:
        """Return a duration: in milliseconds below one second, in minutes from two on."""
        if seconds < 1:
            milliseconds = seconds * 1000
            return f"{self.number(milliseconds, 1 if milliseconds < 10 else 0)} ms"
        if seconds < 120:
            return f"{self.number(seconds, 1 if seconds < 10 else 0)} s"
        minutes = seconds / 60
        if minutes < 120:
            return f"{self.number(minutes)} min"
        hours = minutes / 60
        return f"{self.number(hours)} h" if hours < 72 else self.count(int(hours / 24), "{count} day", "{count} days")

    def size(self, size: float) -> str:
        """Return a number of bytes in the unit it is read in, by thousands."""
        unit = 0
        while size >= 999.5 and unit < len(UNITS) - 1:
            size, unit = size / 1000, unit + 1
        return f"{self.number(size, 1 if unit and size < 10 else 0)} {UNITS[unit]}"

    def moment(self, moment: datetime, exact: bool = False) -> str:
        """Return a time in UTC, to the minute, or to the second where it is ``exact``."""
        moment = moment.astimezone(UTC)
        month = self(MONTHS[moment.month - 1])
        return (
            f"{moment.day} {month} {moment.year}, {moment:%H:%M:%S}"
            if exact
            else (f"{moment.day} {month} {moment.year}, {moment:%H:%M}")
        )


class _Number:
    """A number that is written as its language does it, in the form that a text asks for."""

    def __init__(self, value: float, language: Language) -> None:
        self.value = value
        self.language = language

    def __format__(self, form: str) -> str:
        return self.language.separated(format(self.value, form or ","))


def iso(moment: datetime) -> str:
    """Return a time as ``datetime`` of an HTML element has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def language(code: str) -> Language:
    """Return a language: ``pt`` or any ``pt-...`` is Portuguese, ``xx`` what tests read, every other one English."""
    learn_titles()
    if code == PSEUDO:
        return Language(PSEUDO, PSEUDO, (",", "."))
    if code.lower().partition("-")[0] != "pt":
        return Language("en", ENGLISH, (",", "."))
    return Language("pt-BR", PORTUGUESE, (".", ","))


def chosen(accept_language: str) -> str:
    """Return the code of the language a browser prefers, by its header Accept-Language: ``pt-BR`` or ``en``."""
    best, best_weight = "en", 0.0
    for entry in accept_language[:1000].split(","):
        name, _, parameters = entry.partition(";")
        weight = _weight(parameters)
        code = name.strip().lower().partition("-")[0]
        if code in ("pt", "en") and weight > best_weight:
            best, best_weight = ("pt-BR" if code == "pt" else "en"), weight
    return best


def _weight(parameters: str) -> float:
    """The q-value: 1 where there is none, 0 for one that is none."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    value = value.strip()
    # By the standard: 0 to 1 with at most three digits.
    return float(value) if name.strip().lower() == "q" and re.fullmatch(r"0(\.\d{0,3})?|1(\.0{0,3})?", value) else 0.0
