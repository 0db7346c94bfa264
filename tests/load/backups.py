"""What `make backup` costs beside plain `pg_dump -Fc` of the same database: `make load`.

Both take turns, and begin in turns, so that a busy machine slows them alike; a figure is the median of its runs, after
one of each that does not count. Ours compares more: it counts rows, and computes the checksums that prove a restore.
"""

from __future__ import annotations

import html
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import sqlalchemy as sa

from tests.conftest import engine_of
from tests.load.waits import build
from tests.support import command, servers

OURS, PLAIN = "make backup", "pg_dump -Fc"

GOAL = 1.15
"""What a backup may take, in times of plain pg_dump's."""

WITHIN = 600.0
"""Seconds until a run that does not end is given up."""

# Seconds between two looks at a process's memory.
_PAUSE = 0.02


@dataclass(frozen=True)
class Run:
    """A backup: of how many rows in each large table, on which way, and what it took.

    Attributes: ``seconds`` of the whole process; ``peak``, its memory in KiB, 0 where the system does not tell;
    ``bytes`` of the file; ``load``, how many processes wanted the machine as it ended, a minute's average.
    """

    rows: int
    way: str
    seconds: float
    peak: int
    bytes: int
    load: float


@dataclass
class Figures:
    """All runs; ``contents``, rows and bytes of all tables by the rows of a large one."""

    version: int
    contents: dict[int, tuple[int, int]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def of(self, rows: int, way: str, name: str, of: Callable[[Sequence[float]], float] = statistics.median) -> float:
        """Return a figure of a way; the median, unless ``of`` is something else."""
        return float(of([getattr(run, name) for run in self.runs if (run.rows, run.way) == (rows, way)]))

    def ratio(self, rows: int) -> float:
        """How many times plain pg_dump's time ours takes."""
        return self.of(rows, OURS, "seconds") / self.of(rows, PLAIN, "seconds")

    def lines(self) -> Iterator[str]:
        """The figures, a line each."""
        for rows, (all_rows, size) in self.contents.items():
            ours, plain = (self.of(rows, way, "seconds") for way in (OURS, PLAIN))
            least = self.of(rows, OURS, "seconds", min) / self.of(rows, PLAIN, "seconds", min)
            yield (
                f"{all_rows:,} rows, {size / 1e6:,.0f} MB: {OURS} {ours:.2f} s, {PLAIN} {plain:.2f} s, ratio "
                f"{self.ratio(rows):.2f} (goal {GOAL}; of the shortest {least:.2f})"
            )
            sizes = self.of(rows, OURS, "bytes") / self.of(rows, PLAIN, "bytes")
            speed = f"{all_rows / ours:,.0f} rows a second, {size / ours / 1e6:,.0f} MB a second"
            yield f"  {speed}; its file is {sizes:.2f} times as large"
        small, large = min(self.contents), max(self.contents)
        peaks = [self.of(rows, OURS, "peak") for rows in (small, large)]
        if peaks[0]:
            plain_peak = self.of(large, PLAIN, "peak") / 1024
            yield (
                f"peak memory {peaks[1] / 1024:.1f} MiB ({PLAIN} {plain_peak:.1f}), "
                f"{peaks[1] / peaks[0]:.2f} times that of {self.contents[small][0]:,} rows (flat is 1)"
            )


def measure(version: int, sizes: Sequence[int], runs: int, tell: Callable[[str], object]) -> Figures:
    """Measure both ways, each so many runs, on databases of so many rows in each of the large tables.

    Args:
        version: PostgreSQL's.
        sizes: In each of the large tables; a tenth of them in usuarios.
        runs: Of each way that count.
        tell: Is told each run as it ends.
    """
    figures = Figures(version)
    with servers.start(version) as server:
        for rows in sizes:
            engine = engine_of(server.create_database("original"))
            build(engine, rows)
            figures.contents[rows] = _contents(engine)
            engine.dispose()
            for number in range(runs + 1):
                for way in (OURS, PLAIN) if number % 2 else (PLAIN, OURS):
                    run = _one(server, engine.url, rows, way)
                    counts = "" if number else "  (not counted)"
                    tell(f"{rows:9,} {way:12} {run.seconds:6.2f} s  load {run.load:.1f}{counts}")
                    figures.runs += [run] if number else []
            server.drop_database("original")
    return figures


def _contents(engine: sa.Engine) -> tuple[int, int]:
    """Return the rows and the bytes of all tables, which are settled: what inserts left to do is no reader's part."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        found = connection.exec_driver_sql(
            "SELECT sum(reltuples::float8)::bigint, sum(pg_table_size(oid))::bigint FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace <> ALL ('{pg_catalog, information_schema}'::regnamespace[])"
        ).one()
    return int(found[0]), int(found[1])


def _one(server: servers.Server, url: sa.URL, rows: int, way: str) -> Run:
    """Make one backup, which is gone afterwards. Raises RuntimeError where it fails."""
    program = str(server.bin / "pg_dump")
    with tempfile.TemporaryDirectory() as folder:
        if way == OURS:
            arguments = [sys.executable, "-m", "painel_migrations", "backup"]
        else:
            dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
            arguments = [program, "-Fc", "--file", f"{folder}/plain.dump", dsn]
        environment = command.environment(url, MIGRATION_BACKUP_DIR=folder, MIGRATION_PG_DUMP=program)
        peak, began = 0, time.perf_counter()
        with subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None:
                peak = _peak(process.pid) or peak
                if time.perf_counter() - began > WITHIN:
                    process.kill()
                try:
                    process.wait(_PAUSE)
                except subprocess.TimeoutExpired:
                    continue
        seconds = time.perf_counter() - began
        if process.returncode:
            raise RuntimeError(f"{way} ended with exit code {process.returncode}")
        size = max(file.stat().st_size for file in Path(folder).iterdir())
    return Run(rows, way, seconds, peak, size, os.getloadavg()[0])


def _peak(pid: int) -> int:
    """Return the peak of a process's memory in KiB, without that of the one it was forked from; 0 where none tells."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def page(figures: Figures) -> str:
    """Return the figures as a page that needs nothing else: a bar for each way's time, and the lines."""
    times = {(rows, way): figures.of(rows, way, "seconds") for rows in figures.contents for way in (OURS, PLAIN)}
    most = max(times.values())
    bars = "".join(
        f'<text x="0" y="{40 * n + 16}">{html.escape(way)}, {figures.contents[rows][0]:,} rows: {seconds:.2f} s</text>'
        f'<rect x="0" y="{40 * n + 22}" width="{max(1, 700 * seconds / most):.0f}" height="12" fill="#2a6f97"/>'
        for n, ((rows, way), seconds) in enumerate(times.items())
    )
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in figures.lines())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>What a backup costs</title>'
        "<style>body{font:16px sans-serif;margin:2em;max-width:50em}</style>"
        f"<h1>What a backup costs</h1><p>PostgreSQL {figures.version}. Medians of the runs, which took turns.</p>"
        f'<svg width="720" height="{40 * len(times) + 10}" role="img" aria-label="seconds">{bars}</svg>'
        f"<ul>{lines}</ul></html>\n"
    )


def write(figures: Figures, folder: Path) -> None:
    """Write ``backups.json`` and ``backups.html`` into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    document = asdict(figures) | {"ratios": {rows: figures.ratio(rows) for rows in figures.contents}}
    (folder / "backups.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    (folder / "backups.html").write_text(page(figures), "utf-8")
