"""Which databases the variables name: the ways to one database, in the order they are tried."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import URL

from homecoming.database_url import PRODUCTS, libpq_url, named_in, parse_url
from homecoming.errors import UsageError
from homecoming.language import mark, tr
from homecoming.project import project


class Layer(StrEnum):
    """What a candidate is to a run; the layers are tried in this order."""

    DIRECT = mark("direct")
    ALTERNATIVE = mark("alternative")
    POOLER = mark("pooler")


class _Pair(NamedTuple):
    """Railway's two names for one address: the second leads to a transaction pooler where the first is set too."""

    unpooled: str
    plain: str


# Inside the platform's network first. A migration keeps its session, and a transaction pooler promises none.
_PAIRS = (
    _Pair("DATABASE_UNPOOLED_URL", "DATABASE_URL"),
    _Pair("DATABASE_PUBLIC_UNPOOLED_URL", "DATABASE_PUBLIC_URL"),
)
ALTERNATIVES = "DATABASE_ALTERNATIVE_URLS"
DATABASE_VARIABLES = (*(name for pair in _PAIRS for name in pair), ALTERNATIVES)

# What stands for a variable where none names a database.
DEFAULT = tr("default")

# libpq's own names. Without both a host and a database they are a developer's habits, not a database to migrate.
LIBPQ_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE")
LIBPQ_NEEDED = ("PGHOST", "PGDATABASE")


@dataclass(frozen=True)
class Candidate:
    """A database to connect to, the variable that named it, and its layer; its text is safe to print."""

    url: URL = field(repr=False)
    source: str
    layer: Layer = Layer.DIRECT

    def __str__(self) -> str:
        return tr("{place} ({source})", place=self.place, source=self.source)

    @property
    def place(self) -> str:
        """Which database it is, and where, without a credential."""
        product = PRODUCTS[self.url.get_backend_name()]
        host = f"[{self.url.host}]" if ":" in (self.url.host or "") else self.url.host
        port = f":{self.url.port}" if self.url.port else ""
        name = f"{product} {self.url.database}"
        return tr("{name} on {host}", name=name, host=f"{host}{port}") if host else f"{name}{port}"


def find_candidates(real: Mapping[str, str], file: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Return the candidates, best first; what several variables name is there once.

    The environment and `.env` are never mixed: `DATABASE_URL=sqlite:///copy.db make upgrade` must not reach the
    production database that `.env` gives as DATABASE_UNPOOLED_URL, nor may a password of one go to the other's host.

    Arguments: ``real``, the environment; ``file``, what `.env` has.
    Errors: UsageError where a variable cannot be followed; never with its value, which may hold a password.
    """
    sources = ((real, ""), (file, ".env"))
    for variables, name in sources:
        found = [*_named(variables, name), *_alternatives(variables, name)]
        if found:
            _refuse_two_products(found)
            return tuple(_once(sorted(found, key=lambda candidate: list(Layer).index(candidate.layer))))
    for variables, name in sources:
        if all(needed in variables for needed in LIBPQ_NEEDED):
            return (Candidate(libpq_url(variables, name), named_in("PGHOST", name)),)
    return (Candidate(parse_url(project().default_url, DEFAULT), DEFAULT),)


def _named(variables: Mapping[str, str], file: str) -> Iterator[Candidate]:
    for pair in _PAIRS:
        urls = {name: parse_url(variables[name], named_in(name, file)) for name in pair if name in variables}
        for name, url in urls.items():
            pooled = name == pair.plain and len(urls) == 2
            yield Candidate(url, named_in(name, file), Layer.POOLER if pooled else Layer.DIRECT)


def _alternatives(variables: Mapping[str, str], file: str) -> Iterator[Candidate]:
    # A comma separates two URLs only where one begins after it: a password may hold a comma.
    texts = re.split(r",\s*(?=[\w+]+:/|$)", variables.get(ALTERNATIVES, ""))
    filled = [text.strip() for text in texts if text.strip(", ")]
    for number, text in enumerate(filled, 1):
        source = named_in(ALTERNATIVES + (f"[{number}]" if len(filled) > 1 else ""), file)
        yield Candidate(parse_url(text, source), source, Layer.ALTERNATIVE)


def _once(candidates: list[Candidate]) -> Iterator[Candidate]:
    seen: set[URL] = set()
    for candidate in candidates:
        url = candidate.url
        same = url.set(host=url.host and url.host.lower(), port=url.port or 5432)
        if same not in seen:
            seen.add(same)
            yield candidate


def _refuse_two_products(candidates: list[Candidate]) -> None:
    """The variables are names of one database; on two products they cannot be."""
    first = candidates[0]
    for other in candidates[1:]:
        if other.url.get_backend_name() != first.url.get_backend_name():
            raise UsageError(
                tr(
                    "{source} names a {product} database, {other} a {another} one",
                    source=first.source,
                    product=PRODUCTS[first.url.get_backend_name()],
                    other=other.source,
                    another=PRODUCTS[other.url.get_backend_name()],
                ),
                tr("They must be names of the same database: unset one of them"),
            )
