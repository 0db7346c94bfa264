"""What can go wrong: each error says what, what to do next, and the exit code it ends with."""

from __future__ import annotations

from homecoming.language import mark, tr


class HomecomingError(Exception):
    """An end that was foreseen: one line of what, one of what to do.

    Arguments: ``what`` happened; ``todo``, the next step. Neither may hold a password or a row's data.
    """

    exit_code = 6

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"{what}\n{todo}")
        self.what = what
        self.todo = todo


class EditedError(HomecomingError):
    """A revision was edited after it had been applied: what the database has is not what its file says."""

    exit_code = 1


class UsageError(HomecomingError):
    """The command or its configuration cannot be followed."""

    exit_code = 2


class NoConnectionError(HomecomingError):
    """No database answered.

    Attributes: ``passes``, whether another attempt may get through; ``by_console``, whether the database's own console
    may, which a wrong password or a wrong name in a variable is no reason for.
    """

    exit_code = 3
    passes = True
    by_console = True


# What a run ends with in place of 3 where no attempt of its caller could get through, and the caller asked to know.
WILL_NOT_PASS = 7


class LostError(NoConnectionError):
    """A database answered, and then the connection to it was lost: nothing is half done."""


class InDoubtError(NoConnectionError):
    """The connection was lost while changes were committed, and nobody could look whether they were."""


class Refused(HomecomingError):
    """What cannot be done safely; nothing is changed.

    Args:
        what: what is in the way.
        todo: the next step.
        several: whether both hold a line for each of several faults; no line's end in them is anybody else's.
    """

    exit_code = 4

    def __init__(self, what: str, todo: str, several: bool = False) -> None:
        super().__init__(what, todo)
        self.several = several


class LockedError(HomecomingError):
    """Another run, or another session, holds what this one needs."""

    exit_code = 5


class HeldError(LockedError):
    """Another session holds a table or rows that a run has to change: it may let go by itself."""


class UnshippedError(HomecomingError):
    """A backup was made and is whole, and the command that ships it failed."""

    exit_code = 8


class FailedError(HomecomingError):
    """Something failed while changes were applied; they are rolled back."""

    exit_code = 6


def unexpected(error: BaseException, todo: str) -> FailedError:
    """Return what is said of an error that has no class here: a defect, or a library that lacks what we call.

    Args:
        error: What was raised. Its class alone is told: its text may quote a row, or an address with a password in it.
        todo: The next step where it is told.
    """
    return FailedError(tr("unexpected error: {kind}", kind=type(error).__name__), todo)


# What systems say most often of a file, a disk or a network, in their words (Linux, macOS): ``why`` has them said.
SYSTEMS_WORDS = (
    mark("No such file or directory"),
    mark("Permission denied"),
    mark("Operation not permitted"),
    mark("File exists"),
    mark("Not a directory"),
    mark("Is a directory"),
    mark("Directory not empty"),
    mark("No space left on device"),
    mark("Read-only file system"),
    mark("File name too long"),
    mark("File too large"),
    mark("Disk quota exceeded"),
    mark("Too many open files"),
    mark("Input/output error"),
    mark("Bad file descriptor"),
    mark("Broken pipe"),
    mark("Invalid argument"),
    mark("Connection refused"),
    mark("Connection reset by peer"),
    mark("Connection timed out"),
    mark("Network is unreachable"),
    mark("No route to host"),
    mark("Cannot assign requested address"),
    mark("Address already in use"),
    mark("Name or service not known"),
    mark("Temporary failure in name resolution"),
    mark("No address associated with hostname"),
    mark("Text file busy"),
    mark("Device or resource busy"),
    mark("Too many levels of symbolic links"),
)


def why(error: OSError | ValueError) -> str:
    """Return why the system refused, in its words: a message, where they are among ``SYSTEMS_WORDS``."""
    said = getattr(error, "strerror", None) or next(iter(error.args), None) or type(error).__name__
    return tr(said) if said in SYSTEMS_WORDS else said if isinstance(said, str) else str(said)
