"""What the command line says in JSON, a line an event: names and fields as the documents have them."""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming import logs
from homecoming.events import EVENTS, Event, current_run, observed, run_named
from tests.support.command import Ran
from tests.support.history import REVISIONS

DOCUMENT = (Path(__file__).parents[2] / "docs/monitoring/README.md").read_text()
CANARY = "canario-7391"


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_LOG", "json")


def test_every_event_is_documented_with_its_fields() -> None:
    for event, fields in EVENTS.items():
        row = re.search(rf"^\| `{event}` \| (.*) \|$", DOCUMENT, re.MULTILINE)
        assert row is not None, event
        assert tuple(re.findall(r"`(\w+)`", row[1])) == fields


@pytest.mark.usefixtures("json_lines")
def test_a_run_in_json(run: Callable[..., Ran], sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", str(sqlite.url))
    code, out, err = run("upgrade")
    assert (code, err) == (0, "")
    lines = lines_of(out)
    for line in lines:
        assert {"event", "message", "level", "logger", "timestamp", "run"} <= set(line)
        fields = EVENTS.get(line["event"], ())
        assert set(fields) <= set(line)
    assert len({line["run"] for line in lines}) == 1
    with sqlite.connect() as connection:
        kept = connection.exec_driver_sql("SELECT DISTINCT run FROM migration_history").scalars().all()
    assert kept == [lines[0]["run"]], "the log and migration_history call the run the same"
    by_event = {line["event"]: line for line in lines}
    assert set(by_event) == {*EVENTS, "message"}
    started = [line["revision"] for line in lines if line["event"] == "revision_started"]
    ended = [line["revision"] for line in lines if line["event"] == "revision_ended"]
    assert started == ended == list(REVISIONS)
    assert (by_event["attempt"]["strategy"], by_event["attempt"]["result"]) == ("direct", "connected")
    end = by_event["run_ended"]
    assert (end["result"], end["exit_code"], end["revision"], end["revisions"]) == (
        "done",
        0,
        REVISIONS[-1],
        len(REVISIONS),
    )
    _, again, _ = run("upgrade")
    assert [line["result"] for line in lines_of(again) if line["event"] == "run_ended"] == ["nothing"]
    assert lines_of(again)[0]["run"] != lines[0]["run"]


@pytest.mark.usefixtures("json_lines")
def test_an_error_in_json(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://painel:{CANARY}@127.0.0.1:1/painel")
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "2")
    code, out, err = run("upgrade")
    (error,) = lines_of(err)
    assert (code, error["event"], error["exit_code"]) == (3, "error", 3)
    assert error["message"]
    assert error["next"]
    lines = lines_of(out)
    attempts = [line for line in lines if line["event"] == "attempt"]
    assert [(line["number"], line["result"], line["error_class"]) for line in attempts] == [
        (1, "failed", "refused"),
        (2, "failed", "refused"),
    ]
    assert {line["run"] for line in lines} == {error["run"]}
    assert [line["result"] for line in lines if line["event"] == "run_ended"] == ["unreachable"]
    assert CANARY not in out + err


def test_another_style_is_refused(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_LOG", "xml")
    assert run("status") == (2, "", "Error: MIGRATION_LOG is none of text, json\nNext: Unset, it is text\n")


def test_the_style_may_stand_in_the_file(run: Callable[..., Ran]) -> None:
    Path(".env").write_text("MIGRATION_LOG=json\n")
    code, out, _ = run("upgrade", "0001")
    assert code == 0
    assert lines_of(out)


def test_a_run_within_a_run_has_its_name() -> None:
    with run_named() as outer, run_named() as inner:
        assert inner == outer == current_run()
    assert current_run() == ""


def test_observers_see_the_events_of_a_run(run: Callable[..., Ran]) -> None:
    seen: list[Event] = []
    with observed(seen.append):
        run("upgrade", "0002")
    assert {event.name for event in seen} == set(EVENTS)
    run("upgrade", "0003")
    assert [event.fields["target"] for event in seen if event.name == "run_ended"] == ["0002"]
    for event in seen:
        assert tuple(event.fields) == EVENTS[event.name]


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """Our logger as an application meets it that has configured nothing."""
    logger = logging.getLogger("painel_migrations")
    level = logger.level
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "propagate", True)
    logger.setLevel(logging.NOTSET)
    yield logger
    assert (logger.handlers, logger.propagate) == ([], True)
    logger.setLevel(level)


def test_hooks_of_one_process_show_each_line_once(
    ours: logging.Logger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first begins it and the last ends it, in whatever order; then everything is as it was."""
    # Here: pytest's own handlers come after the fixtures.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    first, second = logs.audible(), logs.audible()
    first.__enter__()
    second.__enter__()
    ours.info("um")
    first.__exit__(None, None, None)
    # Somebody configures logging meanwhile: nothing is shown twice.
    logging.getLogger().addHandler(logging.StreamHandler(sys.stderr))
    ours.getChild("deploy").info("dois")
    ours.debug("nada")
    second.__exit__(None, None, None)
    assert capsys.readouterr().err == "INFO:painel_migrations:um\nINFO:painel_migrations.deploy:dois\n"
    assert ours.level == logging.NOTSET


def test_a_level_that_somebody_set_is_meant(
    ours: logging.Logger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    ours.setLevel(logging.ERROR)
    with logs.audible():
        ours.warning("um")
        ours.error("dois")
    assert capsys.readouterr().err == "ERROR:painel_migrations:dois\n"
    assert ours.level == logging.ERROR
