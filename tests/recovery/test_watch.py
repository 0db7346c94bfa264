"""The watch: one look a round, one line a round, an end by a signal only; a stub stands for the interpreter."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.history import ROOT
from tests.support.shells import SHELLS, WITHIN, Place, Ran, end, eventually, program

LOOK = "-m painel_migrations health --report"

# Each round takes the next of $ROUNDS, the last for all that follow: what it says is in the file of that name, its exit
# code before the dash. `hang` lasts until SIGTERM; with $LASTS a round takes that many seconds.
STUB = """#!/bin/sh
trap 'echo "looked away" >>"$CALLS"; exit 143' TERM
echo "$*" >>"$CALLS"
made=$(grep -c health "$CALLS")
set -- $ROUNDS
while [ "$made" -gt 1 ] && [ "$#" -gt 1 ]; do shift; made=$((made - 1)); done
[ -z "$LASTS" ] || sleep "$LASTS"
case $1 in
    hang) while :; do sleep 0.05; done;;
    killed) kill -KILL "$$";;
esac
cat "$SAYS/$1" 2>/dev/null
cat "$SAYS/$1.err" >&2 2>/dev/null
exit "${1%%-*}"
"""
WELL = "healthy\nDatabase: painel\n  ok  latency  1.2 ms\n"
WELL_LATER = "healthy\nDatabase: painel\n  ok  latency  0.9 ms\n"
ILL = "unhealthy: drift\nDatabase: painel\n  FAILED  drift  index usuarios.ix_usuarios_cpf\n"
SILENT = "unhealthy: the database cannot be reached\nDatabase: painel\n"


def placed(folder: Path, shell: str) -> Place:
    place = Place(folder, shell, STUB, "monitoring", ("cat", "date", "grep", "mktemp", "rm"))
    says = folder / "says"
    says.mkdir()
    for name, text in {"0-well": WELL, "0-later": WELL_LATER, "1-ill": ILL, "1-silent": SILENT}.items():
        (says / name).write_text(text)
    (says / "1-silent.err").write_text("DATABASE_URL: timeout expired (attempt 2 of 2)\n")
    (says / "2-settings.err").write_text("Error: MIGRATION_LOCK_WAIT is not a number of seconds\nNext: Correct it\n")
    (folder / "tmp").mkdir()
    return place


@pytest.fixture(params=SHELLS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place for each shell of this machine."""
    return placed(tmp_path, request.param)


@pytest.fixture
def plain(tmp_path: Path) -> Place:
    """A place for the machine's own sh, where no other could do it differently."""
    return placed(tmp_path, "sh")


def start(place: Place, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    folder = place.folder
    return place.start("watch.sh", *arguments, SAYS=str(folder / "says"), TMPDIR=str(folder / "tmp"), **variables)


def rounds(place: Place, number: int) -> None:
    eventually(lambda: len(looks(place)) >= number, f"{len(looks(place))} rounds of {number}")


def looks(place: Place) -> list[str]:
    return [call for call in place.calls if call == LOOK]


def watched(place: Place, number: int, *arguments: str, **variables: str) -> Ran:
    """Watch until round ``number`` has begun, then end it."""
    process = start(place, *arguments, **variables)
    try:
        rounds(place, number)
    finally:
        process.send_signal(signal.SIGTERM)
        done = end(process)
    return done


def pauses(place: Place) -> list[float]:
    """The pauses between rounds: those of the stub and of `run` are parts of a second."""
    return [float(pause) for pause in place.slept.read_text().split() if float(pause) >= 1]


def told(text: str) -> list[str]:
    """What a watch said, without the times."""
    return [re.sub(r"^watch: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", "watch: ", line) for line in text.splitlines()]


# Rounds


def test_a_line_a_round_and_the_reasons_where_they_changed(place: Place) -> None:
    place.without_sleeping()
    done = watched(place, 7, "30", ROUNDS="0-well 0-later 1-ill 1-ill 1-silent 0-well hang")
    assert told(done.out) == [
        "watch: healthy",
        "    Database: painel",
        "      ok  latency  1.2 ms",
        "watch: healthy",
        "watch: unhealthy: drift",
        "    Database: painel",
        "      FAILED  drift  index usuarios.ix_usuarios_cpf",
        "watch: unhealthy: drift",
        "watch: unhealthy: the database cannot be reached",
        "    Database: painel",
        "    DATABASE_URL: timeout expired (attempt 2 of 2)",
        "watch: healthy",
        "    Database: painel",
        "      ok  latency  1.2 ms",
        "watch: stopped",
    ]
    assert (done.code, done.err) == (0, "")
    assert set(place.calls) == {LOOK, "looked away"}, "one look a round, for health, metrics and alerts together"


@pytest.mark.parametrize(
    ("given", "said"), [("1-silent", "unhealthy: the database cannot be reached"), ("3", ""), ("killed", "")]
)
def test_it_goes_on_whatever_a_round_came_to(plain: Place, given: str, said: str) -> None:
    plain.without_sleeping()
    done = watched(plain, 4, ROUNDS=f"{given} {given} {given} hang")
    verdict = said or f"no verdict, exit code {137 if given == 'killed' else given}"
    assert [line for line in told(done.out) if line.startswith("watch")] == [f"watch: {verdict}"] * 3 + [
        "watch: stopped"
    ]
    assert done.code == 0


def test_what_says_nothing_has_no_verdict(plain: Place) -> None:
    """As where Python finds no library: exit code 1, and nothing on standard output."""
    (plain.folder / "says" / "1-mute.err").write_text("No module named painel_migrations\n")
    plain.without_sleeping()
    done = watched(plain, 2, ROUNDS="1-mute hang")
    assert told(done.out)[:2] == ["watch: no verdict, exit code 1", "    No module named painel_migrations"]


# The pace


def test_the_pause_is_what_is_left_of_the_interval(plain: Place) -> None:
    plain.without_sleeping()
    program(
        plain.bin / "date",
        '#!/bin/sh\n[ "$1" = +%s ] || { echo now; exit; }\necho . >>"$CLOCK"\nset -- $TIMES\n'
        'i=$(grep -c . "$CLOCK"); while [ "$i" -gt 1 ]; do shift; i=$((i - 1)); done; echo "$1"\n',
    )
    # A round of 0 s, of 7 s, of 60 s, of 200 s; one during which the clock is set back by an hour.
    times = "1000 1000 1060 1067 1120 1180 1180 1380 8000 4400 9000"
    done = watched(
        plain, 6, ROUNDS="0-well 0-well 0-well 0-well 0-well hang", TIMES=times, CLOCK=str(plain.folder / "clock")
    )
    assert pauses(plain) == [60, 53, 60], "none after a round of 60 s, none after one of 200 s"
    assert done.code == 0


def test_a_round_that_takes_longer_is_waited_for(plain: Place) -> None:
    lasts = 1.5
    began = time.monotonic()
    process = start(plain, "1", ROUNDS="0-well", LASTS=str(lasts))
    assert process.stdout is not None
    for number in (1, 2):
        while not process.stdout.readline().startswith("watch: "):
            pass
        assert time.monotonic() - began >= lasts * number
    made = len(looks(plain))
    assert (made - 1) * lasts <= time.monotonic() - began, "each began when the one before had ended"
    process.send_signal(signal.SIGTERM)
    assert end(process).code == 0


# The end


def test_a_signal_during_a_round_ends_the_look_too(place: Place, number: signal.Signals) -> None:
    process = start(place, ROUNDS="hang")
    rounds(place, 1)
    began = time.monotonic()
    process.send_signal(number)
    done = end(process)
    assert (done.code, told(done.out), done.err) == (0, ["watch: stopped"], "")
    assert time.monotonic() - began < WITHIN / 2
    assert place.calls == [LOOK, "looked away"]
    assert list((place.folder / "tmp").iterdir()) == []


def test_a_signal_during_a_pause(place: Place, number: signal.Signals) -> None:
    process = start(place, "86400", ROUNDS="0-well")
    assert process.stdout is not None
    for _ in WELL.splitlines():
        process.stdout.readline()
    process.send_signal(number)
    done = end(process)
    assert (done.code, told(done.out), done.err) == (0, ["watch: stopped"], "")
    assert place.calls == [LOOK]
    assert list((place.folder / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("script", "begins"), [("monitoring/watch.sh", "\n# A reader"), ("deploy/predeploy.sh", "\nwhile :")]
)
def test_no_signal_can_meet_what_bash_loses_it_in(script: str, begins: str) -> None:
    """In bash 5.2 a trap fails that runs while a $(...) is read. It is too rare to be waited for here."""
    _, loop = (ROOT / "scripts" / script).read_text().split(begins)
    code = re.sub(r"^ *#.*", "", loop, flags=re.MULTILINE)
    assert code.count("`") > 1
    assert re.findall(r"\$\([^(].*", code) == []


def test_a_reader_that_goes_away_does_not_end_the_watch(plain: Place) -> None:
    plain.without_sleeping()
    process = start(plain, ROUNDS="0-well 1-ill 0-well hang")
    assert process.stdout is not None
    process.stdout.close()
    rounds(plain, 4)
    process.send_signal(signal.SIGTERM)
    assert process.wait(WITHIN) == 0
    assert process.stderr is not None
    process.stderr.close()


# Settings


def test_settings_that_cannot_be_followed_end_the_first_round(place: Place) -> None:
    done = end(start(place, ROUNDS="2-settings"))
    assert done.code == 2
    assert told(done.out) == [
        "watch: no verdict, exit code 2",
        "    Error: MIGRATION_LOCK_WAIT is not a number of seconds",
        "    Next: Correct it",
    ]
    assert list((place.folder / "tmp").iterdir()) == []


def test_settings_that_break_later_are_waited_for(plain: Place) -> None:
    plain.without_sleeping()
    done = watched(plain, 3, ROUNDS="0-well 2-settings hang")
    assert done.code == 0
    assert "watch: no verdict, exit code 2" in told(done.out)


def test_an_interpreter_that_is_not_there(place: Place) -> None:
    done = end(start(place, WATCH_PYTHON="/nowhere/python"))
    assert (done.code, told(done.out)[0]) == (127, "watch: no verdict, exit code 127")
    assert "/nowhere/python" in done.out


@pytest.mark.parametrize("value", ["0", "86401", "-1", "1.5", "x", "$(id)"])
def test_what_is_no_interval(plain: Place, value: str) -> None:
    done = end(start(plain, value, ROUNDS="0-well"))
    said = "Error: EVERY is not a whole number from 1 to 86400\nNext: Correct it, or unset it: then it is 60\n"
    assert (done, plain.calls) == ((2, "", said), [])


def test_an_empty_interval_is_the_default(plain: Place) -> None:
    plain.without_sleeping()
    watched(plain, 3, "", ROUNDS="0-well 0-well hang")
    assert len(pauses(plain)) == 2
    assert all(55 <= pause <= 60 for pause in pauses(plain))


def test_it_speaks_to_people_whatever_the_log_is(plain: Place) -> None:
    program(plain.stub, '#!/bin/sh\necho "health" >>"$CALLS"\necho "$MIGRATION_LOG $PWD"\n')
    process = start(plain, "86400", MIGRATION_LOG="json")
    assert process.stdout is not None
    assert told(process.stdout.readline()) == [f"watch: text {plain.folder}"]
    process.send_signal(signal.SIGTERM)
    assert end(process).code == 0


# The real look


def test_a_real_look_at_a_port_that_refuses(tmp_path: Path) -> None:
    """The verb and its option are there, the file is written, and the watch goes on."""
    secret, file = "canario-4417", tmp_path / "homecoming.prom"
    variables = {
        "PATH": os.environ["PATH"],
        "WATCH_PYTHON": sys.executable,
        "DATABASE_URL": f"postgresql://painel:{secret}@127.0.0.1:1/painel",
        "MIGRATION_CONNECT_ATTEMPTS": "1",
        "MIGRATION_METRICS_FILE": str(file),
    }
    process = subprocess.Popen(
        ["sh", str(ROOT / "scripts/monitoring/watch.sh"), "1"],
        cwd=tmp_path,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    while sum(line.startswith("watch: ") for line in said) < 2:
        line = process.stdout.readline()
        assert line, said
        said.append(line)
    process.send_signal(signal.SIGTERM)
    done = end(process)
    verdicts = [line for line in told("".join(said)) if line.startswith("watch: ")]
    assert len(set(verdicts)) == 1
    assert verdicts[0].startswith("watch: unhealthy: ")
    assert (done.code, told(done.out)[-1], done.err) == (0, "watch: stopped", "")
    assert 'painel_database_up{database="PostgreSQL painel on 127.0.0.1:1"} 0.0' in file.read_text()
    assert secret not in "".join(said) + done.out + file.read_text()
