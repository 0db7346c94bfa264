"""Debian's Chromium, driven by Playwright: one browser a session, and pages that note whatever must not happen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.support.history import ROOT

PROGRAM = shutil.which("chromium")
"""Chromium's path, or None where it is not installed: apt-get install chromium."""

SCREENSHOTS = ROOT / "build/screenshots"

# It asks nobody anything on its own account, and runs as root in a container.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a running browser. Nothing is downloaded: PROGRAM has to be there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page in the browser, and what went wrong in it: console errors, script errors, requests to other hosts."""

    page: Page
    home: str
    wrong: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def requested(self, request: Request) -> None:
        """Note a request, and whether it leaves the server that the page is from."""
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self.home and parts.scheme not in ("data", "blob"):
            self.wrong.append(f"request to {request.url}")

    def screenshot(self, name: str) -> Path:
        """Keep what it looks like, whole, as output of the build."""
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def violations(self) -> list[str]:
        """Return what axe finds wrong with names, roles, order and contrast."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {[node['html'][:200] for node in one['nodes']]}" for one in found]

    def overflow(self) -> list[str]:
        """Return the elements that stick out of the window."""
        sticking = self.page.evaluate(
            """[...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && !one.closest(".quiet"))
            .map((one) => one.outerHTML.slice(0, 100))"""
        )
        return [str(one) for one in sticking]


@contextmanager
def opened(browser: Browser, address: str, **context: Any) -> Iterator[Watched]:
    """Open an address in a context of its own, and close it; whatever went wrong in it meanwhile is an error then."""
    parts = urlsplit(address)
    made = browser.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **context})
    try:
        page = made.new_page()
        watched = Watched(page, f"{parts.scheme}://{parts.netloc}")
        page.on("console", lambda message: watched.wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: watched.wrong.append(str(error)))
        page.on("request", watched.requested)
        page.goto(address)
        yield watched
        assert watched.wrong == []
    finally:
        made.close()
