"""The page in a real browser, on real databases: healthy, drifted, unreachable, empty; in both themes and languages.

Each is mounted in another application. What a browser notes (an error, a request to another host)
fails; so does what axe finds. A screenshot of each is kept in build/screenshots.
"""

from __future__ import annotations

import gzip
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette

from homecoming.monitoring.web.application import judged_now, make_app
from homecoming.monitoring.web.shared_snapshot import SharedSnapshot
from homecoming.settings import read_settings
from tests.conftest import engine_of
from tests.support import browser as browsers
from tests.support import history, servers, snapshots
from tests.support.browser import Watched, opened
from tests.support.history import REVISIONS

pytestmark = pytest.mark.skipif(
    browsers.PROGRAM is None, reason="Chromium is not installed: apt-get install chromium has it"
)

# Seconds until the browser is given up; a page takes one on an idle machine.
WITHIN = 30_000

DRIFT = (
    "ALTER TABLE usuarios DROP COLUMN telefone",
    "DROP INDEX IF EXISTS ix_usuarios_email",
    f"ALTER TABLE usuarios ALTER COLUMN nome SET DEFAULT '{snapshots.CPF}'",
    "CREATE TABLE sobras (id integer)",
)

STATES = ("healthy", "drifted", "unreachable", "empty")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=WITHIN)
    with browsers.launched() as browser:
        yield browser


Address = Callable[[str], str]


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve an application from a thread of this process, at a free port; give its address."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def app_of(url: str, folder: Path) -> Starlette:
    """The status application of one database, that looks anew whenever it is asked."""
    settings = read_settings({"DATABASE_URL": url, "MIGRATION_STATE": str(folder)}, folder)
    return make_app(SharedSnapshot(lambda token: judged_now(token, settings), lambda _: judged_now(), fresh=0.0))


@pytest.fixture(scope="module")
def urls(server_of: Callable[[int], servers.Server]) -> Iterator[dict[str, str]]:
    """A database in each state."""
    server, names = server_of(16), {state: f"page_{state}_{os.getpid()}" for state in (*STATES, "changing")}
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"postgresql://painel:{snapshots.PASSWORD}@127.0.0.1:{unused.getsockname()[1]}/painel"
    made = {"unreachable": nobody, "empty": server.create_database(names["empty"])}
    made["healthy"] = server.create_database(names["healthy"])
    history.upgrade(engine_of(made["healthy"]))
    for state in ("drifted", "changing"):
        made[state] = server.create_database(names[state], template=names["healthy"])
    with engine_of(made["drifted"]).begin() as connection:
        for statement in DRIFT:
            connection.execute(sa.text(statement))
    yield made
    for name in names.values():
        server.drop_database(name)


@pytest.fixture(scope="module")
def address(urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A function that gives the address of the page of a database in a state, mounted as a backend does it."""
    outer = Starlette()
    for state, url in urls.items():
        outer.mount(f"/{state}", app_of(url, tmp_path_factory.mktemp(state)))
    with served(outer) as home:
        yield lambda state: f"{home}/{state}/"


# The list folds all but the twelve newest.
EARLIER = f"{len(REVISIONS) - 12} earlier revisions"

WORDS = {
    "healthy": ("Healthy", "Saudável"),
    "drifted": ("Not healthy", "Não saudável"),
    "unreachable": ("Not reachable", "Inacessível"),
    "empty": ("Not healthy", "Não saudável"),
}

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark-pt": {"color_scheme": "dark", "locale": "pt-BR"},
    "phone-pt": {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "locale": "pt-BR"},
}


def check(watched: Watched, name: str) -> None:
    """What holds of every page."""
    watched.screenshot(name)
    assert watched.violations() == []
    assert watched.overflow() == []
    content = watched.page.content()
    assert [canary for canary in snapshots.CANARIES if canary in content] == []


# Each state, each look, and every one of the two that are seen most.
SEEN = [
    *((state, look) for state in ("healthy", "drifted") for look in LOOKS),
    *(("unreachable", "light"), ("unreachable", "phone-pt"), ("empty", "dark-pt")),
]


@pytest.mark.parametrize(("state", "look"), SEEN)
def test_every_state_in_every_look(state: str, look: str, browser: Browser, address: Address) -> None:
    with opened(browser, address(state), **LOOKS[look]) as watched:
        portuguese = look.endswith("pt")
        expect(watched.page.get_by_role("heading", level=1)).to_contain_text(WORDS[state][portuguese])
        expect(watched.page.locator("html")).to_have_attribute("lang", "pt-BR" if portuguese else "en")
        check(watched, f"{state}-{look}")


def test_health_and_metrics_tell_no_canary(address: Address) -> None:
    for state in ("drifted", "unreachable"):
        for path in ("health", "metrics"):
            answer = httpx.get(f"{address(state)}{path}")
            assert (answer.status_code, answer.text != "") == (503 if path == "health" else 200, True)
            text = answer.text
            assert [canary for canary in snapshots.CANARIES if canary in text] == []


def test_the_keyboard_reaches_everything(browser: Browser, address: Address) -> None:
    """The skip link first, then what stands above, then each fold of the page; a fold opens by the keyboard."""
    with opened(browser, address("drifted")) as watched:
        page = watched.page
        reached = []
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.innerText.trim()"))
        assert reached[:5] == [
            *("Skip to the content", "Pause", "English", "Português"),
            "1 note: unknown to the schema, and left alone",
        ]
        assert {EARLIER, "The numbers", "Health as JSON", "Metrics for Prometheus"} <= set(reached)
        page.get_by_text("The numbers").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("table", name="How long each revision took")).to_be_visible()
        page.get_by_text("Skip to the content").focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


def test_a_refresh_changes_what_changed_and_nothing_else(
    browser: Browser, address: Address, urls: dict[str, str]
) -> None:
    """Open details, the focus and the scroll position stay; a new verdict is announced; silence is told."""
    with opened(browser, address("changing")) as watched:
        page = watched.page
        page.clock.install()
        page.reload()
        page.get_by_text("The numbers").click()
        page.get_by_text(EARLIER).focus()
        page.evaluate("scrollTo(0, 500)")
        with engine_of(urls["changing"]).begin() as connection:
            connection.execute(sa.text(DRIFT[0]))
        page.clock.run_for(11_000)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Not healthy")
        expect(page.get_by_role("region", name="Why, and what to do")).to_contain_text("make verify")
        expect(page.get_by_role("status")).to_have_text("Now: State of the database: Not healthy")
        expect(page).to_have_title("Not healthy · PainelUniversal")
        assert page.evaluate("document.querySelector('#numbers').open")
        assert page.evaluate("document.activeElement.innerText") == EARLIER
        assert page.evaluate("scrollY") > 400
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#refresh")).to_contain_text("Paused since")
        # As if the server were gone: the page says so, and does not go on looking right.
        page.route("**/*", lambda route: route.fulfill(status=502, body="bad gateway"))
        page.get_by_role("button", name="Resume").click()
        expect(page.locator("#refresh")).to_contain_text("Not refreshed since")
        expect(page.get_by_role("status")).to_contain_text("the server does not answer")
        assert page.evaluate("document.documentElement.className") == "stale"
        check(watched, "stale")
        page.unroute("**/*")
        page.clock.run_for(11_000)
        expect(page.locator("#refresh")).to_contain_text("Refreshed at")
        # The browser notes an answer of 502 itself.
        watched.wrong = [wrong for wrong in watched.wrong if "502" not in wrong]


def test_without_javascript(browser: Browser, address: Address) -> None:
    with opened(browser, address("drifted"), java_script_enabled=False) as watched:
        page = watched.page
        expect(page.get_by_role("heading", level=1)).to_contain_text("Not healthy")
        assert 'http-equiv="refresh" content="30"' in page.content()
        expect(page.locator("#refresh")).to_be_hidden()
        page.get_by_text(EARLIER).click()
        expect(page.get_by_text("0001", exact=True).first).to_be_visible()
        page.get_by_role("link", name="Português").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Não saudável")
        watched.screenshot("drifted-without-javascript")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_file(script: bool, browser: Browser, tmp_path: Path, run: Callable[..., tuple[int, str, str]],
                  monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """One file, in the browser's language where it runs scripts; the other language is one click away in any case."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'eventos.db'}")
    history.upgrade(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"))
    code, said, err = run("dashboard", "--static", "status.html")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"Written: status\.html \(\d+ kB\)\n", said.splitlines(keepends=True)[-1])
    with opened(browser, (tmp_path / "status.html").as_uri(), locale="pt-BR", java_script_enabled=script) as watched:
        page = watched.page
        heading = page.locator("h1:visible")
        if not script:
            expect(heading).to_contain_text("Healthy")
            page.get_by_role("link", name="Português").click()
        expect(heading).to_contain_text("Saudável")
        page.keyboard.press("Tab")
        page.locator("a.skip:visible").focus()
        page.keyboard.press("Enter")
        expect(heading).to_contain_text("Saudável")
        if script:
            expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
            expect(page).to_have_title("Saudável · PainelUniversal")
            check(watched, "file-pt")
        page.get_by_role("link", name="English").click()
        expect(heading).to_contain_text("Healthy")
        assert watched.requests == [request for request in watched.requests if request.startswith(("file:", "data:"))]
        assert len({request.partition("#")[0] for request in watched.requests if request.startswith("file:")}) == 1


def test_printed_it_is_light_and_whole(browser: Browser, address: Address) -> None:
    with opened(browser, address("healthy"), color_scheme="dark") as watched:
        watched.page.emulate_media(media="print", color_scheme="dark")
        assert watched.page.evaluate("getComputedStyle(document.body).color") == "rgb(24, 33, 29)"
        expect(watched.page.locator("#refresh")).to_be_hidden()
        watched.screenshot("healthy-print")


def test_its_weight(address: Address) -> None:
    """All of it in one answer: less than a picture."""
    for state in STATES:
        page = httpx.get(address(state)).content
        assert len(page) < 80_000
        assert len(gzip.compress(page)) < 16_000
