"""The pictures of the documents that programs draw: the status page by a browser, the schema as its domains.

`python -m tests.support.pictures` draws all anew. A test holds those of the schema to the letter; what a browser draws
differs with its fonts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support import schema_pictures
from tests.support.browser import PROGRAM
from tests.support.history import ROOT

PICTURES = ROOT / "docs/pictures"
WIDTH, HEIGHT = 1200, 760


def page() -> bytes:
    """Return the status page of a database at head, as a browser shows it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {"PYTHONPATH": str(ROOT), "DATABASE_URL": "sqlite:///eventos.db"}
        for verb in (["upgrade", "--backup=off"], ["dashboard", "--static", "page.html"]):
            command = [sys.executable, "-m", "painel_migrations", *verb]
            subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
            shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            shown.goto((folder / "page.html").as_uri())
            drawn = shown.screenshot(type="png")
            browser.close()
    return drawn


def main() -> None:
    """Draw every picture anew."""
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "page.png").write_bytes(page())
    for name, text in schema_pictures.drawn().items():
        (PICTURES / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
