"""A finished backup is shipped by a command that no shell reads; old ones go that nobody made by hand."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.backup import manifest, place
from homecoming.backup.manifest import Manifest, Proof
from homecoming.backup.retention import too_many
from tests.integration.backup.test_backup import address, made
from tests.support import command, lineage
from tests.support.command import Ran

BACKUPS = Path("backups")
PROOF = Proof("2026-01-01T00:00:00+00:00", "a temporary file", {})


@pytest.fixture
def filled(sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    lineage.build(sqlite, 18, rows=2)
    monkeypatch.setenv("DATABASE_URL", address(sqlite))
    return sqlite


def told(name: str, days: float, made_for: str = "nightly", proven: bool = False) -> Manifest:
    """A manifest of so many days ago."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    values = {"file": name, "kind": "sqlite", "sha256": "", "size": 0, "made_at": at, "made_for": made_for, "run": ""}
    values |= {"project": "", "database": "a.db", "place": "", "server": "", "client": None, "revision": None}
    values |= {"fingerprint": "", "contents": 0, "seconds": 0.0, "tables": {}}
    return Manifest(**values, proven=PROOF if proven else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("backups", "gone"),
    [
        ([told("a", 0), told("b", 1), told("c", 2)], ["c"]),
        ([told("a", 0), told("b", 9)], ["b"]),
        # The newest stays whatever its age, and so does the last one that is proven.
        ([told("a", 40)], []),
        ([told("a", 0), told("b", 1), told("c", 2), told("d", 3, proven=True), told("e", 4, proven=True)], ["c", "e"]),
        ([told("a", 0), told("b", 90, proven=True)], []),
        # A person's stays, and takes nobody's place.
        ([told("a", 0, "person"), told("b", 1), told("c", 2), told("d", 99, "person"), told("e", 3)], ["e"]),
        ([told("a", 0, "upgrade"), told("b", 1, "upgrade"), told("c", 2, "nightly")], ["c"]),
        ([], []),
    ],
    ids=["too many", "too old", "the only one", "proven", "proven and old", "a person's", "upgrades", "none"],
)
def test_which_go(backups: list[Manifest], gone: list[str]) -> None:
    assert [one.file for one in too_many(backups, keep=2, days=7)] == gone


def test_what_was_made_by_itself_goes_with_its_manifest(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_BACKUP_KEEP", "1")
    assert run("backup")[0] == 0
    by_hand, _ = made()
    # Of another database, in the same folder.
    strange = manifest.read(by_hand)
    (BACKUPS / "another.db").write_bytes(by_hand.read_bytes())
    manifest.write(replace(strange, file="another.db", made_for="nightly", place="SQLite b.db", path="/b.db"), BACKUPS)
    for _ in range(3):
        time.sleep(1.1)
        code, out, _ = run("backup", "--nightly")
        assert code == 0
    assert "Removed: backups/eventos-none-" in out
    left = manifest.found(BACKUPS)
    assert sorted(one.made_for for one in left) == ["nightly", "nightly", "person"]
    assert len(list(BACKUPS.iterdir())) == 6
    assert by_hand.is_file()


def test_an_upgrade_s_backups_are_limited_too(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_BACKUP_KEEP", "1")
    for revision in ("0004", "0010", "0017"):
        time.sleep(1.1)
        assert run("upgrade", "--backup", "require", revision)[0] == 0
    assert made()[1].revision == "0010"


def ships(monkeypatch: pytest.MonkeyPatch, text: str, *words: str) -> None:
    """Have a program of that text as the command."""
    Path("ship").write_text(f"#!/bin/sh\n{text}\n")
    Path("ship").chmod(0o700)
    monkeypatch.setenv("MIGRATION_BACKUP_COMMAND", " ".join([str(Path("ship").absolute()), *words]))


def test_the_file_goes_and_then_its_manifest(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("far").mkdir()
    ships(monkeypatch, 'echo "$#:$1:$2" >>said; cp "$2" "far/$1${2##*/}"', "'a b;c'")
    code, out, err = run("backup")
    assert code == 0, err
    file, _ = made()
    assert Path("said").read_text() == f"2:a b;c:{file.absolute()}\n2:a b;c:{file.absolute()}.json\n"
    assert Path(f"far/a b;c{file.name}").read_bytes() == file.read_bytes()
    assert "Shipped by ship in " in out


def test_no_shell_reads_a_name(filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_BACKUP_DIR", "$(touch ran); touch ran; `touch ran` x")
    ships(monkeypatch, 'echo "$1" >>said', "--to={}.far")
    assert run("backup")[0] == 0
    assert not list(Path().rglob("ran"))
    assert Path("said").read_text().startswith(f"--to={Path().absolute()}/$(touch ran); touch ran; `touch ran` x/ev")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo Sending; echo 'no such bucket' >&2; exit 7", "ship ended with exit code 7: no such bucket"),
        ("echo 'postgresql://u:s3cr3t-x@h/d' >&2; exit 1", "ship ended with exit code 1: "),
        ("sleep 60 & wait", "ship was not done within MIGRATION_BACKUP_COMMAND_LIMIT, 0.5 s"),
        (None, "nowhere cannot be run: No such file or directory"),
    ],
    ids=["fails", "says a secret", "hangs", "is missing"],
)
def test_one_that_fails_has_an_exit_code_of_its_own(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, text: str | None, said: str
) -> None:
    monkeypatch.setenv("MIGRATION_BACKUP_COMMAND_LIMIT", "0.5")
    if text is None:
        monkeypatch.setenv("MIGRATION_BACKUP_COMMAND", "nowhere")
    else:
        ships(monkeypatch, text)
    began = time.monotonic()
    code, out, err = run("backup")
    file, _ = made()
    assert code == 8
    assert f"{file} is made, and was not shipped: {said}" in err
    assert "mend MIGRATION_BACKUP_COMMAND and make another" in err
    assert "s3cr3t-x" not in out + err
    assert time.monotonic() - began < 30


def test_a_signal_ends_the_command(filled: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ships(monkeypatch, "echo $$ >pid; exec sleep 60")
    process = command.start(filled.url, "backup")
    deadline = time.monotonic() + command.WITHIN
    while not (Path("pid").exists() and Path("pid").read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert command.end(process).code == 143
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)
    # Before the command was begun the file was whole.
    assert made()[0].is_file()


def test_a_quote_that_is_not_closed(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_BACKUP_COMMAND", "rclone 'copy")
    code, _, err = run("backup")
    assert (code, "MIGRATION_BACKUP_COMMAND has a quote that is not closed" in err) == (2, True)
    assert not BACKUPS.exists()


class TestBeforeAnUpgrade:
    """What ships a backup makes a disk that is not kept good enough; where it fails there, there is none."""

    def test_on_a_disk_that_is_not_kept(
        self, filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(place, "is_kept", lambda _folder: False)
        ships(monkeypatch, 'cp "$1" .')
        assert run("upgrade", "--backup", "require")[0] == 0
        assert Path(made()[0].name).is_file()

    @pytest.mark.parametrize(
        ("kept", "mode", "code"), [(True, "require", 0), (False, "require", 4), (False, "auto", 0)]
    )
    def test_one_that_is_not_shipped(
        self,
        filled: sa.Engine,
        run: Callable[..., Ran],
        monkeypatch: pytest.MonkeyPatch,
        kept: bool,
        mode: str,
        code: int,
    ) -> None:
        monkeypatch.setattr(place, "is_kept", lambda _folder: kept)
        ships(monkeypatch, "exit 3")
        ended, out, err = run("upgrade", "--backup", mode)
        assert ended == code
        assert "is made, and was not shipped: ship ended with exit code 3" in out + err
        assert ("Where data was damaged" in out) == kept


def test_the_documented_line_of_age_and_aws(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line with two programs and a pipe, with programs that stand for them."""
    page = (Path(__file__).parents[3] / "docs/backup.md").read_text()
    (line,) = [line for line in page.splitlines() if "age -R" in line]
    Path("bin").mkdir()
    for name, text in (("age", 'echo locked; cat "$3"'), ("aws", 'cat >"far-${4##*/}"')):
        (Path("bin") / name).write_text(f"#!/bin/sh\n{text}\n")
        (Path("bin") / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{Path('bin').absolute()}:{os.environ['PATH']}")
    Path(".env").write_text(line.strip() + "\n")
    code, _, err = run("backup")
    assert code == 0, err
    file, _ = made()
    assert Path(f"far-{file.name}.age").read_bytes() == b"locked\n" + file.read_bytes()
    assert Path(f"far-{file.name}.json.age").is_file()
