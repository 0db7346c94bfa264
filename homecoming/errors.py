"""What can go wrong: each error says what, what to do next, and the exit code it ends with."""


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
    return FailedError(f"an error nobody foresaw: {type(error).__name__}", todo)
