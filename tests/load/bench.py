"""What the commands cost, as figures and ratios: `make bench`, or `python -m tests.load.bench --help` for the sizes.

Nothing here passes or fails. Runs that are compared take turns, so that a busy machine slows both, and a figure is the
median of its runs. Everything happens on servers and files of its own, which are gone afterwards.
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic import command as alembic_command
from alembic.config import Config

from tests.conftest import engine_of
from tests.load import archive
from tests.support import command, history, lineage, scars, servers

VERSION = 18
STATE = 18
SCARS = {"postgresql": "startup_rebuild_sold_since", "sqlite": "produtos_rebuild_sold_since"}

# The peak of a process without that of the one it was forked from, which getrusage() would count; in KiB.
MEASURED = """
import pathlib, re, resource, sys
import painel_migrations
from homecoming.cli import main
code = main(["upgrade"])
status = pathlib.Path("/proc/self/status")
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) if status.exists() else \\
    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print("peak", peak)
sys.exit(code)
"""

# Rows by statement: Python's own inserts would take longer than what is measured. Keys refer to rows that are there.
NUMBERS = {
    "postgresql": "SELECT n FROM generate_series({first}, {last}) AS n",
    "sqlite": "WITH RECURSIVE c (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c",
}
FILL = (
    (
        "INSERT INTO produtos (id, nome, tipo, preco, codigo_interno, marca, evento_id, empresa_id) "
        "SELECT n, 'produto de carga ' || n, 'BEBIDA', 5, 'c' || n, 'marca ' || n, 1 + n % 5, 1 "
        "FROM ({numbers}) AS numbers"
    ),
    (
        "INSERT INTO itens_venda_pdv (id, venda_id, produto_id, quantidade, preco_unitario, preco_total, observacoes) "
        "SELECT n, 1 + n % 5, n, 1, 5, 5, 'item de carga ' || n FROM ({numbers}) AS numbers"
    ),
)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(runs: int, *works: Callable[[], float]) -> list[float]:
    """Return the median of each measured work, after one round that does not count."""
    rounds = [[work() for work in works] for _ in range(runs + 1)]
    return [statistics.median(column) for column in zip(*rounds[1:], strict=True)]


def ran(arguments: list[str], url: sa.URL) -> float:
    """Return the seconds of a process that must succeed."""
    environment = command.environment(url)

    def run() -> None:
        subprocess.run(arguments, check=True, capture_output=True, cwd=history.ROOT, env=environment)

    return timed(run)


def start(url: sa.URL, runs: int) -> Iterator[str]:
    """An upgrade with nothing to do, beside `alembic current` and the bare interpreter."""
    history.upgrade(engine_of(url.render_as_string(hide_password=False)))
    works = (["-m", "painel_migrations", "upgrade"], ["-m", "alembic", "current"], ["-c", "pass"])
    ours, plain, bare = in_turns(runs, *(lambda w=work: ran([sys.executable, *w], url) for work in works))
    yield f"{url.get_backend_name()}: upgrade, nothing to do  {ours * 1000:8.0f} ms"
    ratio = f"ratio {ours / plain:.2f} (goal 1.3)"
    yield f"{url.get_backend_name()}: alembic current         {plain * 1000:8.0f} ms   {ratio}"
    yield f"{url.get_backend_name()}: the bare interpreter    {bare * 1000:8.0f} ms"


def whole_history(server: servers.Server, folder: Path, runs: int, rows: int) -> Iterator[str]:
    """The full history from a damaged state with rows in every table, beside psql running what offline mode prints."""
    worst = engine_of(server.create_database("worst"))
    lineage.build(worst, STATE, rows=rows)
    scars.apply(worst, scars.get("postgresql", SCARS["postgresql"]))
    config = Config(str(history.ROOT / "alembic.ini"), output_buffer=io.StringIO(), attributes={"painel": True})
    alembic_command.upgrade(config, "head", sql=True)
    script = folder / "head.sql"
    script.write_text(config.output_buffer.getvalue())  # type: ignore[union-attr]

    def clone() -> sa.URL:
        server.drop_database("clone")
        return sa.make_url(server.create_database("clone", template="worst"))

    def ours() -> float:
        engine = engine_of(clone().render_as_string(hide_password=False))
        return timed(lambda: history.upgrade(engine))

    def psql() -> float:
        url = clone()
        target = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return ran([str(server.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script), target], url)

    upgraded, typed = in_turns(runs, ours, psql)
    yield f"history over {rows} rows a table: upgrade  {upgraded:6.2f} s   (interpreter's start apart)"
    yield f"history over {rows} rows a table: psql     {typed:6.2f} s   ratio {upgraded / typed:.2f} (goal 1.3)"


def memory(url: sa.URL, rows: int) -> tuple[int, float]:
    """Return the peak in KiB, and the seconds, of an upgrade over so many rows in two of the tables it rebuilds."""
    engine = engine_of(url.render_as_string(hide_password=False))
    lineage.build(engine, STATE, rows=5)
    numbers = NUMBERS[engine.dialect.name].format(first=6, last=rows)
    with engine.begin() as connection:
        for statement in FILL:
            # no_parameters: a % is a %.
            connection.exec_driver_sql(statement.format(numbers=numbers), execution_options={"no_parameters": True})
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], check=True, stdout=subprocess.PIPE, text=True, env=command.environment(url)
    )
    return int(done.stdout.splitlines()[-1].split()[1]), time.perf_counter() - began


def memories(server: servers.Server, folder: Path, sizes: list[int]) -> Iterator[str]:
    """The peak memory of an upgrade by number of rows, on both dialects."""
    for backend in ("postgresql", "sqlite"):
        peaks = []
        for size in sizes:
            file = folder / f"memory_{size}.db"
            made = server.create_database("memory") if backend == "postgresql" else f"sqlite:///{file}"
            peak, seconds = memory(sa.make_url(made), size)
            peaks.append(peak)
            yield f"{backend}: peak over {size:9,} rows  {peak / 1024:7.1f} MiB   {seconds:6.1f} s"
            server.drop_database("memory")
            file.unlink(missing_ok=True)
        yield f"{backend}: ratio {peaks[-1] / peaks[0]:.2f} (flat is 1)"


def main() -> None:
    """Print the figures as they are found."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=("start", "history", "memory", "archive"), help="one of the parts")
    parser.add_argument("--runs", type=int, default=9, help="runs a figure is the median of (9)")
    parser.add_argument("--rows", type=int, default=2000, help="rows in each table for the history (2000)")
    parser.add_argument("--small", type=int, default=10_000, help="rows for the memory, few (10 thousand)")
    parser.add_argument("--files", type=int, default=5000, help="files of the application to look at (5000)")
    parser.add_argument("--large", type=int, default=1_000_000, help="rows for the memory, many (a million)")
    given = parser.parse_args()
    if given.only in (None, "archive"):
        with tempfile.TemporaryDirectory() as name:
            archive.build(Path(name), given.files)
            show(archive.look(Path(name), given.runs, in_turns, timed))
    if given.only == "archive":
        return
    with servers.start(VERSION) as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.only in (None, "start"):
            for made in (server.create_database("start"), f"sqlite:///{folder / 'start.db'}"):
                show(start(sa.make_url(made), given.runs))
        if given.only in (None, "history"):
            show(whole_history(server, folder, given.runs, given.rows))
        if given.only in (None, "memory"):
            show(memories(server, folder, [given.small, given.large]))


def show(lines: Iterator[str]) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
