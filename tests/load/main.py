"""What customers wait and what a backup costs, as JSON and pages: `make load`; its options: `--help`."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.load import backups, waits
from tests.support import servers


def main() -> None:
    """Measure, and print each round as it ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.main", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=("waits", "backups"), help="one of the two")
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10_000], help="rows in each large table for the waits (10 thousand)"
    )
    parser.add_argument("--rate", type=float, default=60, help="pieces of work that are due in a second (60)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds a figure of the waits is the median of (3)")
    parser.add_argument("--small", type=int, default=10_000, help="rows in each for backups, few (10 thousand)")
    parser.add_argument("--large", type=int, default=1_000_000, help="rows in each for backups, many (a million)")
    parser.add_argument("--runs", type=int, default=7, help="backups a figure is the median of (7)")
    parser.add_argument("--version", type=int, default=servers.available()[0], help="PostgreSQL's")
    parser.add_argument("--folder", type=Path, default=Path("build/load"), help="where the figures go (build/load)")
    given = parser.parse_args()
    if given.only in (None, "waits"):
        waited = waits.measure(given.version, given.rows, given.rate, given.rounds, list(waits.WAYS), show)
        waits.write(waited, given.folder)
        show(f"Figures: {given.folder / 'waits.json'}, {given.folder / 'waits.html'}")
    if given.only in (None, "backups"):
        made = backups.measure(given.version, [given.small, given.large], given.runs, show)
        backups.write(made, given.folder)
        for line in made.lines():
            show(line)
        show(f"Figures: {given.folder / 'backups.json'}, {given.folder / 'backups.html'}")


def show(line: str) -> None:
    """Print a line as soon as it is known."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
