"""How a value comes into a template."""

from __future__ import annotations

from markupsafe import Markup, escape

from homecoming.discretion import READ, discreet, shortened


def safe(value: object) -> str:
    """The filter of every expression in a template: discreet, cut, escaped; markup of ours is let through."""
    if isinstance(value, Markup):
        return value
    # Cut once more in the end: half a number is one that nobody would recognise.
    return escape(shortened(discreet(str(value)[:READ])))
