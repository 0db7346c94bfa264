"""The status page: one look says healthy or not, why, and what to do. A snapshot becomes HTML, and nothing is asked."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from mako.lookup import TemplateLookup
from markupsafe import Markup

from homecoming.language import mark
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.page.icons import favicon, icon
from homecoming.monitoring.page.texts import language
from homecoming.monitoring.page.view import NOTES, View
from homecoming.monitoring.snapshot import Snapshot
from homecoming.project import project
from homecoming.terminal import visible

WORDS = {
    State.OK: mark("in order"),
    State.WARNING: mark("warning"),
    State.FAILED: mark("failed"),
    State.UNKNOWN: mark("not known"),
}


def render(snapshot: Snapshot, checks: Sequence[Check], code: str) -> str:
    """Return the page of a snapshot.

    Arguments: ``checks``, its judgements; ``code`` of the language, ``pt...`` or ``en``.
    """
    view = View(snapshot, checks, language(code))
    return _filled("page", view=view, t=view.t, content=_content(view), script=_script("script"))


def render_file(snapshot: Snapshot, checks: Sequence[Check]) -> str:
    """Return the page of a snapshot as one file: in both languages, never refreshed."""
    views = [View(snapshot, checks, language(code), f"{code}-") for code in ("pt", "en")]
    contents = [_content(view) for view in views]
    policy = f"{_policy('static')}; base-uri 'none'; form-action 'none'"
    return _filled("static", views=views, contents=contents, policy=policy, script=_script("static"))


@cache
def content_security_policy() -> str:
    """Return the header's value: nothing from anywhere but the page's own style and script."""
    return f"{_policy('script')}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _content(view: View) -> Markup:
    return Markup(_filled("content", view=view, t=view.t, words=WORDS, icon=icon, most_notes=NOTES))


def _filled(name: str, **values: Any) -> str:
    common: dict[str, Any] = {
        "Markup": Markup,
        "favicon": favicon,
        "style": _style(),
        "current": Markup(' aria-current="true"'),
    }
    common["name"] = project().name
    # A control or a right-to-left mark in a name would turn round what stands beside it.
    return visible(str(_lookup().get_template(f"{name}.html.mako").render(**common, **values)))


@cache
def _lookup() -> TemplateLookup:
    return TemplateLookup(
        directories=[str(Path(__file__).parent)],
        input_encoding="utf-8",
        strict_undefined=True,
        default_filters=["safe"],
        imports=["from homecoming.monitoring.page.safe import safe"],
    )


@cache
def _style() -> Markup:
    return _read("style.css")


@cache
def _script(name: str) -> Markup:
    return _read(f"{name}.js")


def _read(name: str) -> Markup:
    return Markup(resources.files(__package__).joinpath(name).read_text("utf-8"))


def _policy(script: str) -> str:
    hashes = [_hash(text) for text in (_style(), _script(script))]
    return f"default-src 'none'; style-src '{hashes[0]}'; script-src '{hashes[1]}'; img-src data:"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
