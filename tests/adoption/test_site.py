"""The documents as a site: built strictly, with no link that leads nowhere, and read without a network."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support import installations
from tests.support.walks import Walk

# With the other environments, in one worker.
pytestmark = pytest.mark.xdist_group("installations")

WITHIN = 300.0
"""Seconds until the site is given up; it takes 25, most of it to install."""


class _Page(HTMLParser):
    """What a page has its reader's browser ask for, what it links to, and what can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source") and given.get("src"):
            self.asked.append(str(given["src"]))
        if tag == "link" and given.get("rel") != "canonical" and given.get("href"):
            self.asked.append(str(given["href"]))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        self.places |= {str(value) for name, value in attrs if name in ("id", "name")}


def test_the_documents_are_a_site_that_asks_nobody(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    probe = installations.pip("download", "--no-deps", "--dest", str(tmp_path / "probe"), "mkdocs")
    if probe.returncode:
        pytest.skip(f"no package index can be reached: {probe.stderr.strip().splitlines()[-1]}")
    walk = Walk(tmp_path / "clone")
    done = subprocess.run(
        ["make", "docs"],
        cwd=walk.folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE", "GIVEN"))},
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    site = walk.folder / "build/site"
    pages = {path: _Page(path.read_text("utf-8")) for path in site.rglob("*.html") if path.name != "404.html"}
    assert {"index.html", "emergencia.html", "reference.html"} <= {path.name for path in pages}
    checked = 0
    for path, page in pages.items():
        assert [address for address in page.asked if re.match(r"(?:https?:)?//", address)] == [], path
        for address in [*page.asked, *page.links]:
            if re.match(r"[a-z]+:", address):
                continue
            name, _, place = address.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.exists(), f"{path.name}: {address}"
            assert not place or target not in pages or place in pages[target].places, f"{path.name}: {address}"
            checked += 1
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\(\s*[\"']?(?:https?:)?//", styles) == []
    # A link that leads nowhere fails, or all of that would be chance.
    with (walk.folder / "docs/open.md").open("a") as file:
        file.write("[x](nowhere.md) [y](commands.md#none)\n")
    again = subprocess.run(["make", "docs"], cwd=walk.folder, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert again.stderr.count("WARNING") == 2
    record_property("summary", f"site: {len(pages)} pages, {checked} links checked")
