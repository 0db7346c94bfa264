"""A history with one revision more, as a developer has it, for every command of this process."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pytest

from homecoming.history import configuration
from tests.support.history import HEAD, NEXT, ROOT

REVISION = '''"""A later revision"""

import sqlalchemy as sa

from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade():
{upgrade}


def downgrade():
{downgrade}
'''


def add(folder: Path, monkeypatch: pytest.MonkeyPatch, upgrade: str, downgrade: str = "pass") -> Path:
    """Have the commands take a copy of the history that ends in a revision after all of them, NEXT.

    Args:
        folder: Where the copy goes.
        monkeypatch: Of the test.
        upgrade: The body of its function.
        downgrade: The same, of the way back.

    Returns:
        The file of the revision.
    """
    if not folder.exists():
        shutil.copytree(ROOT / "alembic", folder / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "alembic.ini", folder)
    file = folder / f"alembic/versions/{NEXT}_later.py"
    bodies = {"upgrade": upgrade, "downgrade": downgrade}
    indented = {name: textwrap.indent(textwrap.dedent(body).strip(), "    ") for name, body in bodies.items()}
    file.write_text(REVISION.format(number=NEXT, before=HEAD, **indented), encoding="utf-8")
    monkeypatch.setattr(configuration, "history_file", lambda: folder / "alembic.ini")
    return file
