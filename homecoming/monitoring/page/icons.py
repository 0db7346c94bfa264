"""The page's signs: one shape a state, so that it is not told by its colour alone; drawn here, fetched from nowhere."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup

_SHAPES = {
    "ok": ("M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z", "m7.5 12.5 3 3 6-6.5"),
    "warning": ("M12 2.5 23 21.5H1Z", "M12 9.5v5M12 17.6v.4"),
    "failed": ("M7.5 2h9L22 7.5v9L16.5 22h-9L2 16.5v-9Z", "m8.5 8.5 7 7m0-7-7 7"),
    "unknown": ("M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z", "M7.5 12h9"),
    "unreachable": ("M7.5 2h9L22 7.5v9L16.5 22h-9L2 16.5v-9Z", "M5 12h4m2-3v6m3-6v6m1-3h4"),
}
_COLOURS = {"ok": "#1a7f4b", "warning": "#9a6200", "failed": "#b3261e", "unreachable": "#b3261e"}


def icon(state: str) -> Markup:
    """Return the sign of a state; what it means stands beside it in words."""
    shape, sign = _SHAPES[state]
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path class="shape" d="{}"/>'
        '<path class="sign" d="{}"/></svg>'
    ).format(shape, sign)


def favicon(state: str) -> str:
    """Return the address of the sign in a browser's tab, which holds the whole of it."""
    shape, sign = _SHAPES[state]
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="{_COLOURS[state]}" d="{shape}"/>'
        f'<path fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" d="{sign}"/></svg>'
    )
    return f"data:image/svg+xml,{quote(drawing)}"
