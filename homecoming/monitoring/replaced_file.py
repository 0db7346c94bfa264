"""A file that others read while it is written: replaced at once, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from homecoming.language import tr


def write(path: Path, text: bytes) -> None:
    """Replace a file at once, readable by everybody, so that no half of it is ever read.

    Arguments: ``path``, whose folder has to be there; ``text``, all of it.
    Errors: OSError; the file is then as it was.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        # A rename would put a file in the place of /dev/null.
        raise OSError(errno.EINVAL, tr("is not a regular file"), str(path))
    # The collector reads what ends in .prom.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        # It belongs to whoever migrates; the collector is another user.
        unfinished.chmod(0o644)
        unfinished.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
