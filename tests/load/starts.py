"""What a command with nothing to do costs, beside `alembic current` in a project of Alembic's own template."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import engine_of
from tests.support import command, history, servers

GOAL = 1.15
"""What an upgrade at head may take, in times of `alembic current`."""

REVISION = """\
revision = "{number:04d}"
down_revision = {before}


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
"""


@dataclass
class Figures:
    """Medians, in seconds of the whole process."""

    upgrade: float
    current: float
    interpreter: float

    @property
    def ratio(self) -> float:
        """How many times the time of `alembic current` an upgrade with nothing to do takes."""
        return self.upgrade / self.current


def project(folder: Path, url: str) -> Path:
    """Make a project by Alembic's own template with as many revisions as there are here, at head."""
    run = [sys.executable, "-m", "alembic"]
    subprocess.run([*run, "init", "migrations"], cwd=folder, check=True, capture_output=True)
    text = (folder / "alembic.ini").read_text().splitlines()
    lines = [f"sqlalchemy.url = {url}" if line.startswith("sqlalchemy.url") else line for line in text]
    (folder / "alembic.ini").write_text("\n".join(lines))
    for number in range(1, len(history.REVISIONS) + 1):
        before = "None" if number == 1 else f'"{number - 1:04d}"'
        (folder / f"migrations/versions/{number:04d}_x.py").write_text(REVISION.format(number=number, before=before))
    subprocess.run([*run, "upgrade", "head"], cwd=folder, check=True, capture_output=True)
    return folder


def measure(version: int, runs: int) -> Figures:
    """Measure all three in turns, each so many times, after one of each that does not count."""
    with servers.start(version) as server, tempfile.TemporaryDirectory() as place:
        engine = engine_of(server.create_database("ours"))
        history.upgrade(engine)
        other = engine_of(server.create_database("other")).url.render_as_string(hide_password=False)
        folder = project(Path(place), other)
        environment = command.environment(engine.url)
        ways = {
            "upgrade": ([sys.executable, "-m", "painel_migrations", "upgrade"], place),
            "current": ([sys.executable, "-m", "alembic", "current"], str(folder)),
            "interpreter": ([sys.executable, "-c", "pass"], place),
        }
        took: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(runs + 1):
            for way, (arguments, where) in ways.items():
                began = time.perf_counter()
                subprocess.run(arguments, cwd=where, env=environment, check=True, capture_output=True)
                took[way] += [time.perf_counter() - began] if number else []
    return Figures(**{way: statistics.median(each) for way, each in took.items()})
