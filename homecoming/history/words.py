"""What a history is told in: the titles of its revisions, and things by their kind and name, each as a message."""

from __future__ import annotations

import tomllib
from functools import cache

from alembic.script import Script

from homecoming.language import PORTUGUESE, learn, mark, tr
from homecoming.project import project

KINDS = (
    mark("access"),
    mark("cells"),
    mark("check"),
    mark("column"),
    mark("constraint"),
    mark("default"),
    mark("enum"),
    mark("exclusion"),
    mark("foreign key"),
    mark("function"),
    mark("generated"),
    mark("identity"),
    mark("index"),
    mark("label"),
    mark("name of not null"),
    mark("not null"),
    mark("option"),
    mark("owner"),
    mark("policy"),
    mark("position"),
    mark("primary key"),
    mark("revision"),
    mark("row security"),
    mark("rows"),
    mark("rule"),
    mark("sequence"),
    mark("table"),
    mark("trigger"),
    mark("type"),
    mark("unique"),
    mark("unknown table"),
    mark("view"),
)
"""Kinds of things, of the register and of findings; anybody may write another one into the register."""


def kind_and_name(kind: str, name: str) -> str:
    """Return what a thing is called: ``column usuarios.tipo``."""
    return tr("{kind} {name}", kind=kind_word(kind), name=name)


def kind_word(kind: str) -> str:
    """Return a kind as a message, where it is one of ``KINDS``."""
    return tr(kind) if kind in KINDS else kind


def title(revision: Script) -> str:
    """Return the title of a revision, in the words of the project's table where it has it."""
    learn_titles()
    return tr(revision.doc.replace("{", "{{").replace("}", "}}"))


@cache
def learn_titles() -> None:
    """Have the catalogue know the titles of the project's revisions."""
    if (texts := project().texts) is not None:
        titles = tomllib.loads(texts.read_text("utf-8")).get("titles", {})
        learn(
            PORTUGUESE, {english.replace("{", "{{").replace("}", "}}"): (shown,) for english, shown in titles.items()}
        )
