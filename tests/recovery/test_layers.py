"""Ways to the database, one after the other, each as often as makes sense; and the console where none leads there."""

from __future__ import annotations

import os
import re
import select
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.connection import reach
from homecoming.settings import read_settings
from tests.conftest import engine_of
from tests.support import command, lineage, pooler, servers
from tests.support.command import Ran
from tests.support.history import HEAD
from tests.support.pasting import DONE
from tests.support.proxy import Action, Fault, Moment, Proxy
from tests.support.refused import PASSWORD

REFUSED = "postgresql://painel:{}@127.0.0.1:1/eventos"
NOBODY = REFUSED.format(PASSWORD)


@pytest.fixture
def database(server_of: Callable[[int], servers.Server]) -> Iterator[sa.URL]:
    """An empty database on one version: what is asked here is the same on all."""
    server = server_of(18)
    name = f"layers_{os.getpid()}"
    yield engine_of(server.create_database(name)).url
    server.drop_database(name)


def text(url: sa.URL, **parts: object) -> str:
    return url.set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]


def written(folder: Path) -> list[str]:
    """What a run has left in its folder, beside what monitoring remembers."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".painel-migrations")


def attempts_of(said: str) -> list[str]:
    return [line.split(":")[0] for line in said.splitlines() if "(attempt " in line]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts at once: how long the pauses are has its own test."""
    monkeypatch.setattr(reach, "FIRST_PAUSE", 0.01)


# Which way, and how often.


def test_the_first_that_answers(database: sa.URL, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    """What cannot pass by itself is tried once, what can is tried again, and the pooler comes last."""
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "3")
    monkeypatch.setenv("DATABASE_UNPOOLED_URL", text(database, database="sumiu"))
    monkeypatch.setenv("DATABASE_ALTERNATIVE_URLS", NOBODY)
    monkeypatch.setenv("DATABASE_URL", text(database))
    code, said, errors = run("upgrade", "0001")
    assert (code, errors) == (0, "")
    assert attempts_of(said) == ["DATABASE_UNPOOLED_URL", *["DATABASE_ALTERNATIVE_URLS"] * 3]
    place = f"PostgreSQL {database.database} on 127.0.0.1:{database.port} (DATABASE_URL)"
    assert f"Database: {place}" in said.splitlines()


def test_a_path_that_fails_half_of_the_time(
    database: sa.URL, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    assert database.port
    with Proxy(database.port, Fault(Moment.ACCEPTED, Action.RESET, times=3)) as proxy:
        monkeypatch.setenv("DATABASE_URL", text(database, port=proxy.port))
        code, said, errors = run("upgrade", "0001")
    assert (code, errors, len(attempts_of(said))) == (0, "", 3)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Moment.ACCEPTED, times=None),
        Fault(Moment.TLS_ASKED, times=None),
        Fault(Moment.AUTHENTICATION, times=None),
        Fault(Moment.AUTHENTICATION, Action.RESET, times=None),
    ],
    ids=str,
)
def test_what_can_pass_is_tried_again(
    database: sa.URL, fault: Fault, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    assert database.port
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "2")
    with Proxy(database.port, fault) as proxy:
        monkeypatch.setenv("DATABASE_URL", text(database, port=proxy.port))
        code, said, errors = run("status")
        assert (code, len(attempts_of(said))) == (3, 2)
        assert len(proxy.seen) >= 2
    assert errors.splitlines()[1].startswith("Next: ")


def test_a_server_that_says_nothing(database: sa.URL, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    """Each way has its share of the time: the second is reached although the first would stall for ever."""
    assert database.port
    monkeypatch.setenv("MIGRATION_CONNECT_LIMIT", "6")
    monkeypatch.setenv("MIGRATION_CONNECT_TIMEOUT", "2")
    with Proxy(database.port, Fault(Moment.ACCEPTED, Action.STALL, times=None)) as proxy:
        monkeypatch.setenv("DATABASE_URL", text(database, port=proxy.port))
        monkeypatch.setenv("DATABASE_PUBLIC_URL", text(database))
        code, said, _ = run("status")
    assert code == 0
    assert "timeout expired" in said
    assert said.splitlines()[-1] == "Next: make upgrade"


def test_a_resolver_that_says_nothing(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    """libpq's time limit does not bound name resolution; the attempt is left behind in its thread."""

    def silent(*_: object, **__: object) -> object:
        time.sleep(4)
        raise OSError("too late")

    monkeypatch.setattr(reach, "make_engine", silent)
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_TIMEOUT", "0.1")
    monkeypatch.setenv("MIGRATION_CONNECT_LIMIT", "0.2")
    code, _, errors = run("status")
    assert code == 3
    assert errors.startswith("Error: the database cannot be reached: timeout expired after ")


def test_the_limit_ends_the_attempts(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    monkeypatch.setattr(reach, "FIRST_PAUSE", 0.2)
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1000")
    monkeypatch.setenv("MIGRATION_CONNECT_LIMIT", "1")
    code, said, _ = run("status")
    assert code == 3
    assert 1 <= len(attempts_of(said)) < 500


def test_the_pauses_grow_and_are_random(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    """Full jitter: anything from nothing to a ceiling that doubles, so that replicas do not come back together."""
    import tenacity

    pauses: list[float] = []
    monkeypatch.setattr(reach, "FIRST_PAUSE", 0.5)
    monkeypatch.setattr(tenacity, "sleep_using_event", lambda _event: pauses.append)
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "40")
    monkeypatch.setenv("MIGRATION_CONNECT_LIMIT", "1000")
    assert run("status")[0] == 3
    ceilings = [min(0.5 * 2**number, 8.0) for number in range(39)]
    assert len(pauses) == 39
    assert all(0 <= pause <= ceiling for pause, ceiling in zip(pauses, ceilings, strict=True))
    late = pauses[5:]
    assert min(late) < 2 < 6 < max(late)


class _Relay(socketserver.BaseRequestHandler):
    """Passes on, to the port its server names, what comes in."""

    def handle(self) -> None:
        assert isinstance(self.server, _Version6)
        with socket.create_connection(("127.0.0.1", self.server.target)) as behind:
            ends = {self.request: behind, behind: self.request}
            while True:
                for ready in select.select(list(ends), [], [])[0]:
                    if not (data := ready.recv(1 << 16)):
                        return
                    ends[ready].sendall(data)


class _Version6(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    target = 0


def test_a_host_of_version_6_only(database: sa.URL, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    try:
        relay = _Version6(("::1", 0), _Relay)
    except OSError:
        pytest.skip("this machine has no IPv6 on its loopback")
    with relay:
        relay.target = database.port or 0
        threading.Thread(target=relay.serve_forever).start()
        port = relay.server_address[1]
        monkeypatch.setenv("DATABASE_URL", text(database, host="::1", port=port))
        code, said, _ = run("upgrade", "0001")
        relay.shutdown()
    assert code == 0
    assert f"Database: PostgreSQL {database.database} on [::1]:{port} (DATABASE_URL)" in said


@pytest.mark.skipif(pooler.PROGRAM is None, reason="PgBouncer is not installed: apt-get install pgbouncer has it")
def test_a_pooler_as_the_last_way(
    server_of: Callable[[int], servers.Server],
    database: sa.URL,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Ran],
) -> None:
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "2")
    with pooler.running(server_of(18)) as port:
        monkeypatch.setenv("DATABASE_UNPOOLED_URL", NOBODY)
        monkeypatch.setenv("DATABASE_URL", text(database, port=port))
        code, said, errors = run("upgrade")
    assert (code, errors) == (0, "")
    assert attempts_of(said) == ["DATABASE_UNPOOLED_URL"] * 2
    assert said.splitlines()[-1].startswith(f"{DONE}, ")


def test_what_keeps_a_silent_connection_from_hanging(database: sa.URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keepalives as ours, unless the URL says otherwise; the name that others look for is always there."""
    monkeypatch.setenv("DATABASE_URL", text(database) + "?keepalives_idle=7&application_name=outro")
    with reach.reached(read_settings()) as endpoint:
        raw = endpoint.connection.connection.dbapi_connection
        assert raw is not None
        parameters = raw.get_dsn_parameters()
        said = endpoint.connection.exec_driver_sql("SHOW application_name").scalar_one()
    assert said == "painel-migrations"
    assert {name: parameters[name] for name in ("keepalives_idle", "keepalives_interval", "connect_timeout")} == {
        "keepalives_idle": "7",
        "keepalives_interval": "10",
        "connect_timeout": "10",
    }
    assert "tcp_user_timeout" in parameters


def test_what_is_asked_of_tls_is_not_weakened(
    database: sa.URL, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    """The server has no TLS: where it is required, it is refused, at once, and nothing is sent in the clear."""
    assert database.port
    with Proxy(database.port) as proxy:
        monkeypatch.setenv("DATABASE_URL", text(database, port=proxy.port) + "?sslmode=require")
        code, said, errors = run("status")
        assert (code, len(attempts_of(said))) == (3, 1)
        assert len(proxy.seen) == 1
    assert errors.splitlines()[0].endswith(" failed: server does not support SSL, but SSL was required")
    assert errors.splitlines()[1] == (
        "Next: Another attempt would say the same. Change sslmode in DATABASE_URL, or the server, then run again"
    )


# Where none leads there.


def test_the_script_is_written_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "2")
    code, said, errors = run("upgrade")
    fix, check = (tmp_path / f"{name}-{date.today()}.sql" for name in ("fix", "verify"))
    assert code == 3
    assert said.splitlines()[2:] == [
        "No client reaches the database: its own console does. In this order:",
        "  1. Open it (Railway: the database, Data, Query).",
        f"  2. Paste all of {fix} and run it once. It is one statement: all of it happens, or nothing.",
        f"  3. Paste all of {check}. It changes nothing.",
        "  4. The last row says OK: done. FAIL names what differs; an error of step 2 has a hint, and changed nothing.",
        "More, in Portuguese as well: docs/console.md",
        "Keep both, and the folder .painel-migrations, out of the repository: docs/deploy.md has the lines for git",
    ]
    assert errors.splitlines() == [
        'Error: the database cannot be reached: connection to server at "127.0.0.1", port 1 failed: Connection refused',
        (
            "Next: See that the server runs and DATABASE_URL has its host and port, then run again. "
            f"Or paste {fix.name} into the database's console, as said above"
        ),
    ]
    assert fix.read_text() == run("sql")[1]
    assert check.read_text() == run("sql-verify")[1]
    assert written(tmp_path) == [fix.name, check.name]


def test_a_wrong_variable_is_mended_first(
    database: sa.URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    """No console is needed where the variable alone is wrong: what is said is which, and no script is written."""
    monkeypatch.setenv("DATABASE_URL", text(database, database="nenhum"))
    code, _, errors = run("upgrade")
    assert code == 3
    assert errors.splitlines() == [
        'Error: the server refuses the connection: database "nenhum" does not exist',
        "Next: Another attempt would say the same. Correct the database's name in DATABASE_URL, then run again",
    ]
    assert written(tmp_path) == []


@pytest.mark.parametrize(
    ("left", "code", "files"), [("1", 3, 0), ("0", 3, 2), (None, 3, 2)], ids=["more follow", "the last", "nobody"]
)
def test_a_caller_that_tries_again(
    left: str | None,
    code: int,
    files: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Ran],
) -> None:
    """The console's way is for after the last attempt."""
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    if left is not None:
        monkeypatch.setenv("MIGRATION_ATTEMPTS_LEFT", left)
    ended, said, errors = run("upgrade")
    assert (ended, len(written(tmp_path))) == (code, files)
    assert ("No client reaches the database" in said, "Or paste fix-" in errors) == (bool(files), bool(files))


@pytest.mark.parametrize(("left", "code"), [("3", 7), ("0", 7), (None, 3)], ids=["more follow", "the last", "nobody"])
def test_a_caller_is_told_what_no_other_attempt_brings(
    left: str | None,
    code: int,
    database: sa.URL,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Ran],
) -> None:
    monkeypatch.setenv("DATABASE_URL", text(database, database="sumiu"))
    if left is not None:
        monkeypatch.setenv("MIGRATION_ATTEMPTS_LEFT", left)
    ended, _, errors = run("upgrade")
    assert ended == code
    assert "Next: Another attempt would say the same. Correct the database's name in DATABASE_URL" in errors
    assert not written(tmp_path) or left is None, "the console is no way around a wrong name"
    # Of two ways, one may pass.
    monkeypatch.setenv("DATABASE_PUBLIC_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    assert run("upgrade")[0] == 3


def test_another_file_of_that_name_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    (tmp_path / f"fix-{date.today()}.sql").write_text("SELECT 'meu'")
    for _ in range(2):
        assert f"Or paste fix-{date.today()}-2.sql into" in run("upgrade")[2]
    assert (tmp_path / f"fix-{date.today()}.sql").read_text() == "SELECT 'meu'"
    assert len(written(tmp_path)) == 3


def test_the_way_back_has_its_script_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    assert run("downgrade", "0017")[0] == 3
    assert (tmp_path / f"rollback-{date.today()}.sql").read_text() == run("sql-rollback", "--to", "0017")[1]


def test_a_revision_counted_from_where_the_database_is_has_no_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    code, _, errors = run("upgrade", "+1")
    assert code == 3
    assert errors.splitlines()[1] == (
        "Next: See that the server runs and DATABASE_URL has its host and port, then run again"
    )
    assert written(tmp_path) == []


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    """A container without a disk: the script can still be made on any other machine."""

    def full(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", full)
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    code, _, errors = run("downgrade", "0017")
    assert code == 3
    assert errors.splitlines()[1] == (
        "Next: This folder cannot be written (Read-only file system). On any machine: make sql-rollback TO=0017 > "
        "fix.sql, and paste it"
    )


def test_a_revision_that_is_none_waits_for_nobody(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    assert run("upgrade", "9999") == (
        2,
        "",
        "Error: Can't locate revision identified by '9999'\nNext: See the revisions: .venv/bin/alembic history\n",
    )


def test_of_several_ways_the_one_that_tells_most(
    database: sa.URL, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]
) -> None:
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "2")
    monkeypatch.setenv("DATABASE_URL", text(database, database="sumiu"))
    monkeypatch.setenv("DATABASE_ALTERNATIVE_URLS", NOBODY)
    code, said, errors = run("status")
    assert code == 3
    assert said.splitlines()[-2:] == [
        '  direct       DATABASE_URL: 1 attempt: database "sumiu" does not exist',
        (
            "  alternative  DATABASE_ALTERNATIVE_URLS: 2 attempts: "
            'connection to server at "127.0.0.1", port 1 failed: Connection refused'
        ),
    ]
    assert errors.splitlines()[0] == (
        "Error: none of 2 ways leads to the database; of one, the server refuses the connection: "
        'database "sumiu" does not exist'
    )


# What is said has no secret in it.

CANARY = "c@n:a/r%io'ü"


def test_a_password_appears_nowhere(
    server_of: Callable[[int], servers.Server], database: sa.URL, tmp_path: Path
) -> None:
    """Not on a terminal, in a file, in the process's title, nor in what the server shows of its sessions."""
    encoded = sa.engine.make_url(text(database)).set(password=CANARY).render_as_string(hide_password=False)
    spellings = {CANARY, re.search(r":([^:@]+)@", encoded).group(1)}  # type: ignore[union-attr]
    refused = text(database.set(password=CANARY), port=1)
    lineage.build(engine_of(text(database)), 18)
    told: list[str] = []
    for url, verb in ((encoded, "upgrade"), (refused, "upgrade"), (encoded, "status"), (encoded + "&x=1", "verify")):
        environment = command.environment(url, MIGRATION_CONNECT_ATTEMPTS="2", PYTHONWARNINGS="default")
        process = command.start("", "--verbose", verb, env=environment, cwd=tmp_path)
        told.append(Path(f"/proc/{process.pid}/cmdline").read_text() if Path("/proc/self").exists() else "")
        told += map(str, command.end(process))
    with engine_of(server_of(18).url()).connect() as connection:
        told += map(str, connection.exec_driver_sql("SELECT query, application_name FROM pg_stat_activity"))
    with engine_of(text(database)).connect() as connection:
        told += map(str, connection.exec_driver_sql("SELECT * FROM migration_history"))
    told += [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    told.append((server_of(18).folder / "log").read_text(errors="replace"))
    assert any(f"Done: at {HEAD}" in text for text in told)
    assert [spelled for spelled in spellings for text in told if spelled in text] == []
