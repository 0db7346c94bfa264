"""The deploy-time scripts: what is tried again and what is not, what a signal does, what the log says.

A stub stands for the interpreter, so that every exit code can be had; the last tests are the real upgrade.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import servers
from tests.support.history import ROOT
from tests.support.refusals import PASSWORD, Gate
from tests.support.shells import SHELLS, WITHIN, Place, Ran, end, program

UPGRADE = "-m painel_migrations upgrade"

# Takes the exit codes in $CODES one a call, the last for all that follow; `hang` lasts until SIGTERM, then rolls back.
STUB = """#!/bin/sh
trap 'echo "rolled back" >>"$CALLS"; exit 143' TERM
echo "$*" >>"$CALLS"
made=$(wc -l <"$CALLS")
set -- $CODES
while [ "$made" -gt 1 ] && [ "$#" -gt 1 ]; do shift; made=$((made - 1)); done
case $1 in
    hang) while :; do sleep 0.05; done;;
    killed) kill -KILL "$$";;
    *) exit "$1";;
esac
"""
APPLICATION = """#!/bin/sh
trap 'echo "application: SIGTERM" >>"$CALLS"; exit 0' TERM
echo "application $$ $*" >>"$CALLS"
[ "$1" != serve ] || while :; do sleep 0.05; done
"""


@pytest.fixture(params=SHELLS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place for each shell of this machine."""
    return Place(tmp_path, request.param, STUB, "deploy")


@pytest.fixture
def plain(tmp_path: Path) -> Place:
    """A place for the machine's own sh, where no other could do it differently."""
    return Place(tmp_path, "sh", STUB, "deploy")


# What is tried again


def test_at_once(place: Place) -> None:
    done = place.run("predeploy.sh", CODES="0")
    assert done == (0, "predeploy: attempt 1 of 5\npredeploy: attempt 1 of 5 ended with exit code 0\n", "")
    assert place.calls == [UPGRADE]


def test_what_can_pass_by_itself_is_tried_again(place: Place) -> None:
    done = place.run("predeploy.sh", CODES="3 5 0", PREDEPLOY_PAUSE="0")
    assert done == (
        0,
        (
            "predeploy: attempt 1 of 5\n"
            "predeploy: attempt 1 of 5 ended with exit code 3, no connection: again in 0.000 s\n"
            "predeploy: attempt 2 of 5\n"
            "predeploy: attempt 2 of 5 ended with exit code 5, the lock is held: again in 0.000 s\n"
            "predeploy: attempt 3 of 5\n"
            "predeploy: attempt 3 of 5 ended with exit code 0\n"
        ),
        "",
    )
    assert place.calls == [UPGRADE] * 3


@pytest.mark.parametrize(("codes", "code", "reason"), [("5 3", 3, "no connection"), ("3 5", 5, "the lock is held")])
def test_the_last_attempts_exit_code_is_passed_on(plain: Place, codes: str, code: int, reason: str) -> None:
    done = plain.run("predeploy.sh", CODES=codes, PREDEPLOY_PAUSE="0", PREDEPLOY_ATTEMPTS="02")
    assert (done.code, len(plain.calls)) == (code, 2)
    assert done.err == f"predeploy: attempt 2 of 2 ended with exit code {code}, {reason}: that was the last\n"


def test_no_connection_that_another_attempt_would_bring(place: Place) -> None:
    """The upgrade's own word for it; to everybody else it is exit code 3 as ever."""
    done = place.run("predeploy.sh", CODES="3 7 0", PREDEPLOY_PAUSE="0")
    assert (done.code, place.calls) == (3, [UPGRADE] * 2)
    assert done.err == (
        "predeploy: attempt 2 of 5 ended with exit code 3, no connection, and another would say the same: "
        "not tried again\n"
    )


def test_the_upgrade_is_told_how_many_attempts_are_left(plain: Place) -> None:
    program(plain.stub, '#!/bin/sh\necho "$MIGRATION_ATTEMPTS_LEFT" >>"$CALLS"\nexit 3\n')
    plain.run("predeploy.sh", PREDEPLOY_PAUSE="0", PREDEPLOY_ATTEMPTS="3", MIGRATION_ATTEMPTS_LEFT="9")
    assert plain.calls == ["2", "1", "0"]


@pytest.mark.parametrize(
    ("given", "code"), [("1", 1), ("2", 2), ("4", 4), ("6", 6), ("130", 130), ("143", 143), ("killed", 137)]
)
def test_what_does_not_pass_by_itself_ends_at_once(plain: Place, given: str, code: int) -> None:
    done = plain.run("predeploy.sh", CODES=f"{given} 0")
    assert done == (
        code,
        "predeploy: attempt 1 of 5\n",
        f"predeploy: attempt 1 of 5 ended with exit code {code}, which does not pass by itself: not tried again\n",
    )
    assert plain.calls == [UPGRADE]


def test_pauses_double_up_to_the_longest_and_half_of_each_is_chance(plain: Place) -> None:
    plain.without_sleeping()
    variables = {"PREDEPLOY_ATTEMPTS": "7", "PREDEPLOY_PAUSE": "2", "PREDEPLOY_LONGEST_PAUSE": "20"}
    done = plain.run("predeploy.sh", CODES="3", **variables)
    said = re.findall(r"again in (\S+) s$", done.out, re.MULTILINE)
    assert plain.slept.read_text().split() == said
    limits = [2, 4, 8, 16, 20, 20]
    assert len(said) == len(limits)
    assert all(limit / 2 <= float(pause) < limit for pause, limit in zip(said, limits, strict=True))
    plain.run("predeploy.sh", CODES="3", **variables)
    assert plain.slept.read_text().split()[len(said) :] != said


def test_arguments_are_handed_to_the_upgrade(plain: Place) -> None:
    assert plain.run("predeploy.sh", "0017", CODES="0").code == 0
    assert plain.calls == [f"{UPGRADE} 0017"]


def test_a_reader_that_goes_away_does_not_end_the_run(plain: Place) -> None:
    process = plain.start("predeploy.sh", CODES="3 0", PREDEPLOY_PAUSE="0")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(WITHIN) == 0
    assert plain.calls == [UPGRADE] * 2
    assert process.stderr is not None
    process.stderr.close()


# Variables


@pytest.mark.parametrize(
    ("name", "what", "default"),
    [
        ("PREDEPLOY_ATTEMPTS", "from 1 to 100", 5),
        ("PREDEPLOY_PAUSE", "from 0 to 3600", 5),
        ("PREDEPLOY_LONGEST_PAUSE", "from 0 to 3600", 60),
        ("PREDEPLOY_SECONDS", "from 0 to 86400", 0),
    ],
)
def test_what_is_no_number(place: Place, name: str, what: str, default: int) -> None:
    done = place.run("predeploy.sh", CODES="0", **{name: "x"})
    said = f"Error: {name} is not a whole number {what}\nNext: Correct it, or unset it: then it is {default}\n"
    assert done == (2, "", said)
    assert place.calls == []


@pytest.mark.parametrize(
    "value", ["0", "00", "101", "-1", "1.5", "1e3", "08x", " 5", "1 2", "1\n2", "1234567", "$(id)"]
)
def test_what_is_no_number_of_attempts(plain: Place, value: str) -> None:
    done = plain.run("predeploy.sh", CODES="0", PREDEPLOY_ATTEMPTS=value)
    assert (done.code, plain.calls) == (2, [])
    assert done.err.startswith("Error: PREDEPLOY_ATTEMPTS is not a whole number from 1 to 100\n")


def test_no_secret_is_said(plain: Place) -> None:
    secret = "s3nha@:/%'ü"
    url = f"postgresql://painel:{secret}@banco/painel"
    for codes in ("3 4", "5"):
        done = plain.run("predeploy.sh", CODES=codes, PREDEPLOY_PAUSE="0", DATABASE_URL=url, PGPASSWORD=secret)
        assert secret not in done.out + done.err
    done = plain.run("predeploy.sh", CODES="0", PREDEPLOY_ATTEMPTS=secret)
    assert (done.code, secret in done.out + done.err) == (2, False)


# The interpreter and the place


def test_the_clones_own_interpreter_then_the_one_on_the_path(place: Place) -> None:
    where = '#!/bin/sh\necho "$0|$PWD|$PYTHONPATH|$PYTHONSAFEPATH" >>"$CALLS"\n'
    clone = place.scripts.parents[1]
    interpreters = [program(place.bin / "python", where), program(place.bin / "python3", where)]
    interpreters.append(program(clone / ".venv/bin/python", where))
    (clone / "painel_migrations").mkdir()
    for interpreter in reversed(interpreters):
        assert place.run("predeploy.sh", PREDEPLOY_PYTHON="", PYTHONPATH="/um").code == 0
        assert place.calls == [f"{interpreter}|{place.folder}|{clone}:/um|1"]
        interpreter.unlink()
    done = place.run("predeploy.sh", PREDEPLOY_PYTHON="")
    assert done == (
        2,
        "",
        (
            "Error: no Python is found\n"
            "Next: Install Python 3.11 or newer, or name one: PREDEPLOY_PYTHON=/path/to/python\n"
        ),
    )


def test_found_through_a_link_and_without_a_library_beside_it(plain: Place) -> None:
    program(plain.stub, '#!/bin/sh\necho "$PWD|${PYTHONPATH-unset}" >>"$CALLS"\n')
    link = plain.folder / "predeploy"
    link.symlink_to(plain.scripts / "predeploy.sh")
    plain.scripts = plain.folder
    assert plain.run("predeploy").code == 0
    assert plain.calls == [f"{plain.folder}|unset"]


def test_an_interpreter_that_is_not_there(plain: Place) -> None:
    done = plain.run("predeploy.sh", PREDEPLOY_PYTHON="/nowhere/python")
    assert (done.code, done.err.splitlines()[-1]) == (
        127,
        "predeploy: attempt 1 of 5 ended with exit code 127, which does not pass by itself: not tried again",
    )


# Signals


def test_a_signal_is_passed_on_to_the_upgrade(place: Place, number: signal.Signals) -> None:
    process = place.start("predeploy.sh", CODES="hang")
    place.wait_for_call(UPGRADE)
    process.send_signal(number)
    done = end(process)
    assert done == (
        128 + number,
        "predeploy: attempt 1 of 5\n",
        f"predeploy: ended by {number.name} at attempt 1 of 5\n",
    )
    assert place.calls == [UPGRADE, "rolled back"]


def test_a_signal_during_a_pause(place: Place, number: signal.Signals) -> None:
    process = place.start("predeploy.sh", CODES="3", PREDEPLOY_PAUSE="600", PREDEPLOY_LONGEST_PAUSE="600")
    assert process.stdout is not None
    said = [process.stdout.readline(), process.stdout.readline()]
    ended = "predeploy: attempt 1 of 5 ended with exit code 3, no connection: again in "
    assert said[1].startswith(ended)
    assert 300 <= float(said[1].removeprefix(ended).removesuffix(" s\n")) < 600
    process.send_signal(number)
    assert end(process) == (128 + number, "", f"predeploy: ended by {number.name} at attempt 1 of 5\n")
    assert place.calls == [UPGRADE]


def test_time_is_over(place: Place) -> None:
    done = place.run("predeploy.sh", CODES="hang", PREDEPLOY_SECONDS="1")
    assert done == (
        124,
        "predeploy: attempt 1 of 5\n",
        "predeploy: ended at attempt 1 of 5: PREDEPLOY_SECONDS, 1 s, are over\n",
    )
    assert place.calls == [UPGRADE, "rolled back"]


def test_the_clock_ends_with_the_script(place: Place) -> None:
    assert place.run("predeploy.sh", CODES="0", PREDEPLOY_SECONDS="86400").code == 0


# The start command


@pytest.fixture
def application(plain: Place) -> str:
    return str(program(plain.folder / "a aplicação" / "servir", APPLICATION))


def test_the_application_starts_on_a_migrated_database(place: Place) -> None:
    application = program(place.folder / "a aplicação" / "servir", APPLICATION)
    process = place.start("start.sh", str(application), "--port", "8000", "a b", CODES="3 0", PREDEPLOY_PAUSE="0")
    done = end(process)
    assert (done.code, done.err) == (0, "")
    # The same process: signals reach the application, not a shell before it.
    assert place.calls == [UPGRADE, UPGRADE, f"application {process.pid} --port 8000 a b"]


def test_it_starts_where_the_database_cannot_be_migrated_now(plain: Place, application: str) -> None:
    done = plain.run("start.sh", application, CODES="4")
    assert done.code == 0
    assert done.err.splitlines()[-1] == "start: no migration, exit code 4: the application starts all the same"
    assert [call.split()[0] for call in plain.calls] == ["-m", "application"]


def test_it_does_not_start_where_it_was_told_so(plain: Place, application: str) -> None:
    done = plain.run("start.sh", application, CODES="6", START_ONLY_MIGRATED="1")
    assert (done.code, plain.calls) == (6, [UPGRADE])
    assert done.err.splitlines()[-1] == (
        "start: no migration, exit code 6: the application does not start (START_ONLY_MIGRATED)"
    )


def test_it_waits_no_longer_than_it_may(plain: Place, application: str) -> None:
    done = plain.run("start.sh", application, CODES="hang", START_MIGRATION_SECONDS="1")
    assert done.code == 0
    assert done.err == (
        "predeploy: ended at attempt 1 of 5: START_MIGRATION_SECONDS, 1 s, are over\n"
        "start: no migration, exit code 124: the application starts all the same\n"
    )
    assert [call.split()[0] for call in plain.calls] == ["-m", "rolled", "application"]


def test_a_signal_before_the_application(place: Place, number: signal.Signals) -> None:
    process = place.start("start.sh", "/nowhere/application", CODES="hang")
    place.wait_for_call(UPGRADE)
    process.send_signal(number)
    # The upgrade's script is told by SIGTERM, whatever came.
    assert end(process) == (
        128 + number,
        "predeploy: attempt 1 of 5\n",
        "predeploy: ended by SIGTERM at attempt 1 of 5\n",
    )
    assert place.calls == [UPGRADE, "rolled back"]


def test_a_signal_to_the_application(plain: Place, application: str) -> None:
    process = plain.start("start.sh", application, "serve", CODES="0")
    plain.wait_for_call("application")
    process.send_signal(signal.SIGTERM)
    assert end(process).code == 0
    assert plain.calls == [UPGRADE, f"application {process.pid} serve", "application: SIGTERM"]


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (
            [],
            {},
            "Error: no command that starts the application\nNext: Write it behind: start.sh uvicorn app.main:app\n",
        ),
        (
            ["true"],
            {"START_ONLY_MIGRATED": "yes"},
            (
                "Error: START_ONLY_MIGRATED is not a whole number from 0 to 1\n"
                "Next: Correct it, or unset it: then it is 0\n"
            ),
        ),
        (
            ["true"],
            {"START_MIGRATION_SECONDS": "0"},
            (
                "Error: START_MIGRATION_SECONDS is not a whole number from 1 to 3600\n"
                "Next: Correct it, or unset it: then it is 60\n"
            ),
        ),
    ],
)
def test_a_start_that_cannot_be_followed(
    plain: Place, arguments: list[str], variables: dict[str, str], said: str
) -> None:
    assert plain.run("start.sh", *arguments, CODES="0", **variables) == (2, "", said)
    assert plain.calls == []


# The upgrade itself


def really(folder: Path, script: str, *arguments: str, **variables: str) -> Ran:
    environment = {"PATH": os.environ["PATH"], "PREDEPLOY_PYTHON": sys.executable, **variables}
    done = subprocess.run(
        ["sh", str(ROOT / "scripts/deploy" / script), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_real_file_named_by_the_applications_env(tmp_path: Path) -> None:
    folder = tmp_path / "a aplicação"
    program(folder / "alembic" / "__init__.py", "raise SystemExit('the application has a folder of this name')\n")
    (folder / ".env").write_text("DATABASE_URL=sqlite:///banco.db\n")
    done = really(folder, "predeploy.sh")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("\npredeploy: attempt 1 of 5 ended with exit code 0\n")
    versions = sorted((ROOT / "alembic/versions").glob("[0-9]*.py"))
    with sqlite3.connect(folder / "banco.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(versions[-1].name[:4],)]
    database.close()


CONSOLE = "No client reaches the database: its own console does."


def test_a_real_port_that_refuses(tmp_path: Path) -> None:
    # Bound and not listening: nobody else gets the port, and it refuses.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://painel:s3nha@127.0.0.1:{taken.getsockname()[1]}/painel"
        variables = {"PREDEPLOY_ATTEMPTS": "2", "PREDEPLOY_PAUSE": "0", "MIGRATION_CONNECT_ATTEMPTS": "1"}
        done = really(tmp_path, "predeploy.sh", DATABASE_URL=url, **variables)
    assert done.code == 3
    assert re.findall(r"^predeploy: attempt \d of 2$", done.out, re.MULTILINE) == [
        "predeploy: attempt 1 of 2",
        "predeploy: attempt 2 of 2",
    ]
    assert done.err.endswith("\npredeploy: attempt 2 of 2 ended with exit code 3, no connection: that was the last\n")
    # Once, after the last attempt: before it, the console is not what is to be tried.
    before, _, after = done.out.partition("predeploy: attempt 2 of 2")
    assert (CONSOLE in before, after.count(CONSOLE)) == (False, 1)
    assert done.err.count("Or paste fix-") == 1
    assert len(list(tmp_path.glob("*.sql"))) == 2
    assert "s3nha" not in done.out + done.err


@pytest.mark.parametrize("part", [{"database": "sumiu"}, {"username": "ninguem"}, {"query": {"sslmode": "require"}}])
def test_a_real_server_that_says_no(
    tmp_path: Path, server_of: Callable[[int], servers.Server], part: dict[str, str]
) -> None:
    """What only another value of the variable changes ends at once, without the console: it is no way around it."""
    url = sa.make_url(server_of(18).url()).set(**part)  # type: ignore[arg-type]
    done = really(tmp_path, "predeploy.sh", DATABASE_URL=url.render_as_string(hide_password=False))
    assert (done.code, done.out.count("predeploy: attempt")) == (3, 1)
    assert done.err.endswith(
        "\npredeploy: attempt 1 of 5 ended with exit code 3, no connection, and another would say the same: "
        "not tried again\n"
    )
    assert done.err.count("Another attempt would say the same") == 1
    assert CONSOLE not in done.out
    assert list(tmp_path.glob("*.sql")) == []


def test_a_wrong_password(tmp_path: Path, gate_of: Callable[[int], Gate]) -> None:
    url = gate_of(18).url("operador", password=f"{PASSWORD}x").render_as_string(hide_password=False)
    done = really(tmp_path, "start.sh", "echo", "a aplicação", DATABASE_URL=url)
    assert done.code == 0
    assert done.out.count("predeploy: attempt") == 1
    assert "(attempt 2 of" not in done.out
    assert CONSOLE not in done.out
    assert done.err.count("Another attempt would say the same. Correct user and password in DATABASE_URL") == 1
    assert done.err.endswith(
        "ended with exit code 3, no connection, and another would say the same: not tried again\n"
        "start: no migration, exit code 3: the application starts all the same\n"
    )
    assert PASSWORD not in done.out + done.err
