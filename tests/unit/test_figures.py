"""A figure in a document is what the code has, or what a test measures; one that is neither is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.history import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "docs/monitoring/README.md"])
UNITS = "kB|MB|GB|ms|s|%|seconds|minutes"
_FIGURE = re.compile(rf"(?<![\w.,/-])\d[\d.]*(?: to \d+)? ?(?:{UNITS})(?![\w/])")

_SIZES = ("tests/unit/test_console_script.py", r"def test_the_page_says_how_large_they_are")
_PROMETHEUS = "docs/monitoring/prometheus-rules.yml"
_VITALS = "homecoming/monitoring/health_vitals.py"
_WEBHOOK = "homecoming/monitoring/alerts/webhook.py"
_LOCK_TIMEOUT = ("homecoming/settings.py", r'"MIGRATION_LOCK_TIMEOUT": Seconds\(4\.0')
_LIMIT = ("homecoming/backup_settings.py", r'BACKUP_LIMIT: "500MB"')

HELD: dict[str, dict[str, tuple[str, str]]] = {
    "adopt.md": {"60 seconds": ("homecoming/states/commits.py", r"SECONDS = 60\.0")},
    "architecture.md": {
        "125 kB": ("tests/unit/test_console_script.py", r"room\(125_000\)"),
        "1 kB": ("tests/unit/test_console_script.py", r"1_000 \* after\("),
    },
    "backup.md": {"500MB": _LIMIT},
    "backup.pt.md": {"500MB": _LIMIT},
    "commands.md": {
        "1 MB": ("homecoming/preflight/on_sqlite.py", r"LEAST = 1 << 20"),
        "0.3 s": ("homecoming/rehearsal/giving_way.py", r"TRIES = 0\.3"),
        "500MB": _LIMIT,
    },
    "console.md": {
        "5 minutes": ("homecoming/settings.py", r'"MIGRATION_LOCK_WAIT": Seconds\(300\.0'),
        "4 s": _LOCK_TIMEOUT,
        **dict.fromkeys(("120 kB", "124 kB", "78 kB", "66 kB"), _SIZES),
    },
    "deploy.md": {
        # 5, 10, 20, 40: half of each at least.
        "37 to 75 s": ("scripts/deploy/predeploy.sh", r"number PREDEPLOY_PAUSE \"\$\{PREDEPLOY_PAUSE:-\}\" 5 "),
        "300 s": ("homecoming/settings.py", r'"MIGRATION_LOCK_WAIT": Seconds\(300\.0'),
        "60 s": ("homecoming/settings.py", r'"MIGRATION_STARTUP_LIMIT": Seconds\(60\.0'),
    },
    "development.md": {"20 seconds": ("tests/unit/test_lanes.py", r"max\(slowest\(function\)\) < 12")},
    "monitoring/README.md": {
        "0.25 s": (_VITALS, r'"latency": Threshold\(0\.25'),
        "5 minutes": (_VITALS, r'"long_transactions": Threshold\(300\.0'),
        "50 %": (_VITALS, r'"sequences": Threshold\(0\.5, 0\.9\)'),
        "90 %": (_VITALS, r'"sequences": Threshold\(0\.5, 0\.9\)'),
        "15 minutes": (_PROMETHEUS, r"painel_snapshot_timestamp_seconds > 900"),
        "80 %": (_PROMETHEUS, r"painel_sequence_limit_ids > 0\.8"),
        "4 seconds": (_WEBHOOK, r"attempt: float = 4\.0"),
        "10 seconds": (_WEBHOOK, r"total: float = 10\.0"),
        "2 seconds": (_WEBHOOK, r"retry_after: float = 2\.0"),
    },
}
"""By page, each figure with the file that has it, and a pattern of how."""


def figures(page: Path) -> set[str]:
    """What a page says with a unit, but in examples of output, and in what is still to do."""
    text = re.sub(r"^```.*?^```|^ {4}[^\n]*$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return set(_FIGURE.findall(text.partition("\n## Next steps\n")[0]))


def test_each_figure_of_each_page_is_held() -> None:
    # What was measured is in a file of its own, which that page is made of (tests/recovery/test_load.py); examples that
    # messages give are not measured.
    pages = [page for page in PAGES if page.name not in ("README.md", "messages.md", "performance.md")]
    said = {str(page.relative_to(ROOT / "docs")): figures(page) for page in pages}
    said["monitoring/README.md"] = figures(ROOT / "docs/monitoring/README.md")
    assert figures(ROOT / "README.md") == set()
    assert {name: found for name, found in said.items() if found} == {name: set(held) for name, held in HELD.items()}


@pytest.mark.parametrize("name", HELD)
def test_what_holds_it_is_there(name: str) -> None:
    for figure, (file, pattern) in HELD[name].items():
        assert re.search(pattern, (ROOT / file).read_text("utf-8")), figure


def test_a_figure_that_nobody_holds_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("It takes 17 s, or 3.5 kB.\n\n    not 4 s\n\n```text\nnor 5 s\n```\n\n## Next steps\n\nnor 6 s\n")
    assert figures(page) == {"17 s", "3.5 kB"}
