"""Compiled Python for a run of the tests, where the machine writes none: each process would compile it all again.

A test starts processes by the hundred, and Alembic loads the revisions anew for every run: a fifth of a process's time
was compiling. So what is compiled is kept for the run, outside the working tree, and goes with it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile


def keep() -> None:
    """Keep what is compiled in a temporary folder until this process ends; those it starts find and fill it as well."""
    if not os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Python keeps it beside the source, or where it was told to.
        return
    folder = tempfile.mkdtemp(prefix="compiled-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = folder
    sys.dont_write_bytecode = False
