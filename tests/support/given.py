"""pytest with the words of ``make test ARGS="..."`` behind its own: quoted as in a shell, and run by none."""

from __future__ import annotations

import os
import shlex
import sys


def words() -> list[str]:
    """Return what pytest is called with."""
    return [*sys.argv[1:], *shlex.split(os.environ.get("GIVEN_ARGS", ""))]


if __name__ == "__main__":
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *words()])
