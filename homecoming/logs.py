"""How the command line logs: plain lines for people, or a JSON object a line with MIGRATION_LOG=json.

That is for processes of our own. The start-up hook logs by the application's own configuration; where there is none
yet, since the application configures its logging after it, ``audible`` shows what would be lost.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from homecoming.errors import HomecomingError, Refused
from homecoming.events import current_run
from homecoming.language import ENGLISH, localized, mapped, shown_in, tr
from homecoming.project import logger_name
from homecoming.terminal import as_json, printable, say

if TYPE_CHECKING:
    from structlog.typing import EventDict

_LOGGER = logging.getLogger(logger_name())

# Hooks of one process that run at the same time show each line once: the first of them begins, the last one ends it.
_listening = threading.Lock()
_listeners = 0


class _Printable(logging.Filter):
    """Makes each argument of a line printable, whoever formats it: an application logs the start-up hook's lines.

    Attributes:
        language: Of the lines that it logs.
    """

    language = ENGLISH

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(map(_safe, record.args))
        if self.language != ENGLISH:
            record.msg, record.args = shown(record, self.language), ()
        return True


def _safe(argument: object) -> object:
    if isinstance(argument, int | float):
        return argument
    # A message keeps what it was made of, for who reads it in another language.
    return mapped(argument if isinstance(argument, str) else str(argument), printable)


def speak(language: str) -> None:
    """Choose the language of the lines that an application logs by its own configuration: those of its start-up hook.

    Args:
        language: One of ``language.LANGUAGES``.
    """
    _PRINTABLE.language = language


def shown(record: logging.LogRecord, language: str | None = None) -> str:
    """Return a line of the log in a language: its template is looked up, and so is what it is filled with.

    Args:
        record: The line, with its arguments.
        language: One of ``language.LANGUAGES``; None for the one that was chosen.
    """
    args = record.args
    if isinstance(args, tuple):
        args = tuple(shown_in(one, language) for one in args)
    text = localized(record.msg, language)
    return text % args if args else text


_PRINTABLE = _Printable()


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a room of ours, under which no name in an argument forges a line or steers a terminal.

    Args:
        name: The room's.
    """
    logger = logging.getLogger(logger_name(name))
    # Adding it a second time does nothing.
    logger.addFilter(_PRINTABLE)
    return logger


def log_lines(stream: TextIO | None = None) -> None:
    """Log plain lines to standard output, or to ``stream``."""
    _log(_Lines("%(message)s"), logging.INFO, stream)


def log_json(stream: TextIO | None = None) -> None:
    """Log a JSON object a line to standard output, or to ``stream``: what is for machines alone included.

    Each has event, message, level, logger, timestamp, and run where it belongs to one; the rest is as in
    ``events.EVENTS``.
    """
    # Only here: it takes longer to load than a run at head has to do.
    import structlog

    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.processors.EventRenamer("message"),
            # Brings the event's own name and its fields.
            structlog.stdlib.ExtraAdder(),
            _named,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=_serialized),
        ],
    )
    _log(formatter, logging.DEBUG, stream)


@contextlib.contextmanager
def audible() -> Iterator[None]:
    """Show lines of level INFO and above on standard error, in `basicConfig`'s own form, where nobody logs them yet.

    Python would drop what is below WARNING. Where the application has a handler of its own, nothing is added; what is
    added is gone afterwards, so that its later `basicConfig` finds everything as it was.
    """
    global _listeners
    with _listening:
        is_counted = bool(_listeners) or not _LOGGER.hasHandlers()
        if is_counted and not _listeners:
            _listen()
        _listeners += is_counted
    try:
        yield
    finally:
        with _listening:
            if is_counted:
                _listeners -= 1
                if not _listeners:
                    _stop_listening()


def say_error(error: HomecomingError, style: str) -> None:
    """Print an error to standard error: what and what to do, a line each; one JSON object in the style ``json``."""
    if style == "json":
        fields = {"event": "error", "message": error.what, "next": error.todo, "exit_code": error.exit_code}
        fields |= {"level": "error", "run": current_run(), "timestamp": datetime.now(UTC).isoformat()}
        say(as_json(fields), sys.stderr)
        return
    for text in (tr("Error: {what}", what=error.what), tr("Next: {todo}", todo=error.todo)):
        shown = localized(text)
        for line in shown.split("\n") if isinstance(error, Refused) and error.several else [shown]:
            say(line, sys.stderr)


def _named(_logger: object, _method: str, fields: EventDict) -> EventDict:
    """Name a line that is only for people, and say which run it belongs to."""
    fields.setdefault("event", "message")
    if run := current_run():
        fields["run"] = run
    return fields


def _serialized(fields: EventDict, **_options: object) -> str:
    return as_json(fields)


class _Lines(logging.Formatter):
    """A record as one line: whatever a name in it holds, no second one is forged."""

    def format(self, record: logging.LogRecord) -> str:
        line = logging.makeLogRecord(record.__dict__)
        line.msg, line.args = shown(record), ()
        return printable(super().format(line))


def _log(formatter: logging.Formatter, level: int, stream: TextIO | None) -> None:
    # A reader that goes away (`make upgrade | head -1`) neither ends the run nor fills standard error with tracebacks.
    logging.raiseExceptions = False
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(formatter)
    _LOGGER.handlers = [handler]
    _LOGGER.setLevel(level)
    _LOGGER.propagate = False


class _Interim(logging.StreamHandler[TextIO]):
    """The handler of ``audible``, with what was changed for it."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
        self.before = (_LOGGER.level, _LOGGER.propagate)


def _listen() -> None:
    _LOGGER.addHandler(_Interim())
    # A level that somebody has set is meant.
    if _LOGGER.level == logging.NOTSET:
        _LOGGER.setLevel(logging.INFO)
    # A handler that joins meanwhile would show each line a second time.
    _LOGGER.propagate = False


def _stop_listening() -> None:
    for handler in [handler for handler in _LOGGER.handlers if isinstance(handler, _Interim)]:
        level, _LOGGER.propagate = handler.before
        _LOGGER.setLevel(level)
        _LOGGER.removeHandler(handler)
