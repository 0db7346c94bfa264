"""What one class of failures means: whether it may pass by itself, what to say, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from homecoming.errors import HomecomingError


@dataclass(frozen=True)
class Failure:
    """One class of failure.

    Attributes:
        name: for reports and logs.
        passes: whether it may pass by itself, so that another attempt makes sense.
        ends: the error it becomes.
        what: template of what happened, with ``{said}`` in the server's or the driver's words.
        todo: template, with ``{source}`` for the variable that named the database; or a message.
        codes: expressions that SQLSTATEs begin with.
        texts: expressions that libpq's text is searched for where no code came.
        doctor: as ``todo``, for `make doctor`, where ``todo`` sends to it.
        by_console: whether the database's console is a way, which it is not where a variable only has to be corrected.
    """

    name: str
    passes: bool
    ends: type[HomecomingError]
    what: str
    todo: str
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    doctor: str = ""
    by_console: bool = True
