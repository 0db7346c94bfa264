"""`make dashboard` as a process: what it says, whom it refuses, how it ends; and the file that it writes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import command
from tests.support.command import Ran

ENDED_WITHIN = 10.0
"""Seconds: it takes half a one, on a machine that has time."""

CANNOT = (
    "Error: 192.0.2.1 port 8008 cannot be listened at: Cannot assign requested address\n"
    "Next: Take another HOST or PORT\n"
)


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"postgresql://painel:canario-secreto@127.0.0.1:{listener.getsockname()[1]}/painel"


def started(url: str, *arguments: str, **variables: str) -> tuple[subprocess.Popen[str], str]:
    """Start the verb at a free port; return the process, and the one line that it says."""
    process = command.start(url, "dashboard", "--port", "0", *arguments, env=command.environment(url, **variables))
    assert process.stdout is not None
    return process, process.stdout.readline()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=lambda signum: signum.name)
def test_one_line_is_said_and_a_signal_ends_it(signum: signal.Signals, silent: str) -> None:
    """Even while somebody waits for a look at a database that is silent."""
    process, said = started(silent)
    address = re.fullmatch(
        r"The page: http://127\.0\.0\.1:(\d+) "
        r"\(this machine alone; a proxy needs MIGRATION_STATUS_TOKEN; Ctrl-C ends it\)\n",
        said,
    )
    assert address
    with socket.create_connection(("127.0.0.1", int(address[1]))) as waiting:
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signum)
        assert command.end(process) == (0, "", "")
        assert time.monotonic() - began < ENDED_WITHIN


def test_what_it_serves(tmp_path: Path) -> None:
    process, said = started(f"sqlite:///{tmp_path / 'eventos.db'}", MIGRATION_STATUS_TOKEN="abc")
    address = re.findall(r"http://\S+", said)[0]
    try:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address)
        with urllib.request.urlopen(urllib.request.Request(address, headers={"Authorization": "Bearer abc"})) as page:
            assert "<h1" in page.read().decode()
            assert "server" not in page.headers
    finally:
        process.terminate()
        command.end(process)


def test_a_port_in_use(run: Callable[..., Ran]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run("dashboard", "--port", str(port)) == (
            2,
            "",
            f"Error: port {port} is in use\nNext: End what listens there, or take another: PORT={port % 65535 + 1}\n",
        )


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  refused
def test_elsewhere_it_wants_a_token(host: str, run: Callable[..., Ran]) -> None:
    code, out, err = run("dashboard", "--host", host)
    assert (code, out) == (2, "")
    assert err == (
        f"Error: at {host} the page would be open to whoever reaches it\n"
        "Next: Set MIGRATION_STATUS_TOKEN, which it then asks for, or leave HOST out\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "x"], "Error: PORT is no port\nNext: Give a number from 1 to 65535; left out, it is 8008\n"),
        (["--port", "65536"], "Error: PORT is no port\nNext: Give a number from 1 to 65535; left out, it is 8008\n"),
        (["--port", "-1"], "Error: PORT is no port\nNext: Give a number from 1 to 65535; left out, it is 8008\n"),
        (
            ["--host", "no such host"],
            "Error: no such host has no address\nNext: Name this machine or an address of it, such as 127.0.0.1\n",
        ),
        (
            ["--host", "192.0.2.1"],
            CANNOT,
        ),
    ],
)
def test_where_it_cannot_listen(
    arguments: list[str], said: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_STATUS_TOKEN", "abc")
    assert run("dashboard", *arguments) == (2, "", said)


# The file


def test_the_file_is_written_also_where_nobody_answers(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DATABASE_URL", f"postgresql://u:canario-secreto@127.0.0.1:{unused.getsockname()[1]}/d")
    (tmp_path / "status.html").write_text("the one before")
    code, out, err = run("dashboard", "--static", "status.html")
    assert (code, err) == (0, "")
    assert re.search(r"^Written: status\.html \(\d+ kB\)$", out, re.MULTILINE)
    text = (tmp_path / "status.html").read_text()
    assert "Not reachable" in text
    assert "Inacessível" in text
    assert "canario-secreto" not in text + out
    assert [path.name for path in tmp_path.iterdir() if "status" in path.name] == ["status.html"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nowhere/status.html", "No such file or directory"),
        (".", "is not a regular file"),
        ("/dev/null", "is not a regular file"),
    ],
)
def test_a_file_that_cannot_be_written(path: str, reason: str, run: Callable[..., Ran]) -> None:
    code, _, err = run("dashboard", "--static", path)
    assert code == 2
    assert err == (
        f"Error: {path} cannot be written: {reason}\n"
        "Next: Name a file in a folder that is there and that this user may write to\n"
    )
    assert not os.path.isfile("/dev/null")  # noqa: PTH113  still the device


def test_a_variable_that_cannot_be_followed(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "canario-secreto")
    code, _, err = run("dashboard", "--static", "status.html")
    assert (code, err.splitlines()[0]) == (2, "Error: DATABASE_URL is not a database URL")
