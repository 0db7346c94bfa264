"""What a run tells of each of its revisions, when it runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from alembic.script import Script

from homecoming.events import tell
from homecoming.history.words import title
from homecoming.logs import get_logger

log = get_logger("deploy")


class Telling:
    """Tells of each revision when it runs, which is later than it is asked for where statements travel together.

    Args:
        attributes: Of the run's configuration: ``section`` is told what a script or a plan is made of, ``revision`` is
            the one that runs, ``steps`` how many have begun.
        is_printed: Whether the statements are printed, and nothing runs.
    """

    def __init__(self, attributes: dict[str, Any], is_printed: bool) -> None:
        self._attributes = attributes
        self._is_printed = is_printed
        self._known: dict[str, tuple[Script, dict[str, object]]] = {}
        self.section: Callable[[Script | None], object] = attributes.get("section", lambda _revision: None)

    def knows(self, revision: Script, direction: str) -> None:
        """Take in a revision that will run."""
        self._known[revision.revision] = revision, {"revision": revision.revision, "direction": direction}

    def begun(self, revision: str) -> None:
        """Tell that a revision runs now."""
        script, told = self._known[revision]
        self.section(script)
        self._attributes["revision"] = revision
        self._attributes["steps"] = self._attributes.get("steps", 0) + 1
        if not self._is_printed:
            line = "<- %s  %s" if told["direction"] == "downgrade" else "-> %s  %s"
            tell(log, logging.INFO, "revision_started", told, line, revision, title(script))

    def ended(self, revision: str, seconds: float, rows: int) -> None:
        """Tell that it has run."""
        self._attributes.pop("revision", None)
        _, told = self._known[revision]
        told = {**told, "seconds": seconds, "rows_retired": rows}
        tell(log, logging.DEBUG, "revision_ended", told, "%s done", revision)

    def over(self) -> None:
        """Tell that what comes is of no revision."""
        self.section(None)
        self._attributes.pop("revision", None)
