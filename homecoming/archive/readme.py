"""The archive's README: a table by month, made of the register, for a forge to show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from homecoming.archive.inventory import Entry, load, shipped
from homecoming.project import name_project, named_in

MARK = "<!-- Made by `make archive` from REGISTER.toml: change that file, not this one. -->"
HEAD = f"""\
# The archive

{MARK}

{{count}} one-off scripts, each with what it did and the revision that does it now; [REGISTER.toml](REGISTER.toml) says
more: what was wrong with it, and the SHA-256 of every known version.

May I delete one? Where a revision is named: yes, once every database is at the newest revision; never run it again.
Where it says check, seed, no database or never worked: yes. *server* starts the application. *review*: not before
somebody has read it.
"""

_COLUMNS = "| script | kind | what it did | what it left behind | now |\n|---|---|---|---|---|\n"


def render(entries: Iterable[Entry], revisions: Mapping[str, str] | None = None) -> str:
    """Return the page for these entries.

    Arguments: ``revisions``, the path of each revision's file from the page, where there is one to link to.
    """
    listed = sorted(entries, key=lambda entry: (entry.date, entry.path))
    months: dict[str, list[Entry]] = {}
    for entry in listed:
        months.setdefault(f"{entry.date:%Y-%m}", []).append(entry)
    page = HEAD.format(count=len(listed))
    for month, several in months.items():
        page += f"\n## {month}\n\n{_COLUMNS}"
        page += "".join(_row(entry, revisions or {}) for entry in several)
    return page


def revisions_beside(place: Path) -> dict[str, str]:
    """Return the revisions in alembic/versions beside an archive, by number, with their path from its README."""
    folder = place.parent.parent / "alembic" / "versions"
    return {
        path.name[:4]: f"../alembic/versions/{path.name}"
        for path in folder.glob("*.py")
        if re.match(r"\d{4}_", path.name)
    }


def _row(entry: Entry, revisions: Mapping[str, str]) -> str:
    name = _code(entry.path)
    if entry.archived:
        name = f"[{name}]({quote(entry.archived.removeprefix('archive/'))})"
    now = [f"[{number}]({revisions[number]})" if number in revisions else number for number in entry.superseded_by]
    now += [entry.no_revision] * bool(entry.no_revision)
    now += ["*review*"] * entry.review
    did = _plain(entry.did) + " (credentials were taken out)" * bool(entry.redacted)
    return f"| {name} | {entry.kind} | {did.strip()} | {_plain('; '.join(entry.left))} | {', '.join(now)} |\n"


def _code(text: str) -> str:
    """A name as code, whatever it holds: a bar, a backtick and a line end would end the cell."""
    flat = re.sub(r"\s", " ", text).replace("|", "\\|")
    return f"`` {flat} ``" if "`" in flat else f"`{flat}`"


def _plain(text: str) -> str:
    return re.sub(r"([|<>*`\[\]]|_(?=\b)|\b_)", r"\\\1", re.sub(r"\s+", " ", text))


if __name__ == "__main__":
    name_project(named_in())
    print(render(load(shipped()), revisions_beside(shipped())), end="")
