"""Everything a database holds, as one text to compare: two texts are equal where nothing was changed."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import sqlalchemy as sa

from tests.support.servers import Server


def of(engine: sa.Engine, server: Server | None) -> str:
    """Return pg_dump's text, data and all schemas with it; of an SQLite file, the digest of its bytes.

    Raises FileNotFoundError where there is no SQLite file, CalledProcessError where pg_dump fails.
    """
    if server is None:
        return hashlib.sha256(Path(str(engine.url.database)).read_bytes()).hexdigest()
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    dumped = subprocess.run([server.bin / "pg_dump", url], check=True, capture_output=True, encoding="utf-8").stdout
    # From the releases of August 2025 on, two lines of a dump hold a random word.
    return "\n".join(line for line in dumped.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))
