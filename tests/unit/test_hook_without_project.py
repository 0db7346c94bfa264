"""The start-up hook in an application that has not said which project it is; and under which names rooms log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from homecoming.backup import verify
from homecoming.project import logger_name

ROOT = Path(__file__).parents[2]


def test_the_log_of_a_verified_backup_has_the_name_of_its_room() -> None:
    assert verify.log.name == logger_name("backup")


def test_a_hook_without_a_project_says_so_and_raises_nothing(tmp_path: Path) -> None:
    text = (
        "from homecoming.hook import deploy_monitor, run_auto_migration\n"
        "deploy_monitor.log_startup_info()\n"
        "assert run_auto_migration() is False\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    lines = ended.stderr.splitlines()
    assert len(lines) == 2
    assert all("no project is named" in line and "name_project(" in line for line in lines)
