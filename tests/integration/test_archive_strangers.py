"""`make archive` in a stranger's folder: nothing outside of it is read or written, no program it names is run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from homecoming.archive import undo
from tests.support.application import git as ask
from tests.support.application import snapshot
from tests.support.command import Ran

Run = Callable[..., Ran]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody else, which must stay as it is."""
    place = tmp_path / "fora"
    place.mkdir()
    (place / "alheio.txt").write_text("alheio\n")
    return place


LINKS = ["archive", "archive/REGISTER.toml", "archive/README.md"]


@pytest.mark.parametrize("link", ["archive/2025-08", "archive/2025-08/schema"])
def test_a_script_whose_place_is_a_link_stays(small: Path, run: Run, outside: Path, link: str) -> None:
    (small / link).parent.mkdir(parents=True)
    (small / link).symlink_to(outside)
    theirs = snapshot(outside)
    code, said, _ = run("archive", "--apply", str(small))
    assert (code, f"collides: {link} is no folder" in said) == (0, True)
    assert snapshot(outside) == theirs


@pytest.mark.parametrize("link", LINKS)
def test_a_link_in_the_archive_is_refused(small: Path, run: Run, outside: Path, link: str) -> None:
    place = small / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(outside if "." not in place.name else outside / "novo.txt")
    before, theirs = snapshot(small), snapshot(outside)
    code, _, err = run("archive", "--apply", str(small))
    assert (code, err.splitlines()) == (
        4,
        [
            f"Error: {link} is a symbolic link, which would lead out of {small}",
            "Next: Put a real file or folder in its place, then run again",
        ],
    )
    assert (snapshot(small), snapshot(outside)) == (before, theirs)


def test_a_linked_folder_of_lists_is_refused(small: Path, run: Run, outside: Path) -> None:
    (small / ".git/painel-archive").symlink_to(outside)
    code, _, err = run("archive", "--apply", str(small))
    assert (code, "painel-archive is a symbolic link" in err) == (4, True)
    assert list(outside.iterdir()) == [outside / "alheio.txt"]


def edit(small: Path, change: Callable[[dict[str, list[dict[str, str]]]], None]) -> Path:
    """Change an undo list as a stranger would, who can compute its hash as well."""
    (place,) = (small / ".git/painel-archive").glob("*/undo.json")
    facts = json.loads(place.read_text())["list"]
    change(facts)
    document = {"list": facts, "check": undo.hash_of(json.dumps(facts, sort_keys=True).encode())}
    place.write_text(json.dumps(document))
    return place


@pytest.mark.parametrize("kept", ["/etc/passwd", "../../../config", "0.kept/../0.kept", "passwd"])
@pytest.mark.parametrize("where", ["moves", "written"])
def test_a_list_that_would_copy_something_in_is_damaged(small: Path, run: Run, kept: str, where: str) -> None:
    run("archive", "--apply", str(small))

    def change(facts: dict[str, list[dict[str, str]]]) -> None:
        facts[where][0]["kept"] = kept

    place = edit(small, change)
    before = snapshot(small)
    code, _, err = run("archive-undo", str(small))
    assert (code, err.splitlines()[0]) == (2, f"Error: the undo list {place} is damaged")
    assert snapshot(small) == before


def test_a_copy_that_is_a_link_is_damage(small: Path, run: Run, outside: Path) -> None:
    run("archive", "--apply", str(small))
    place = edit(small, lambda facts: facts["written"][0].update(kept="0.kept"))
    (place.parent / "0.kept").unlink(missing_ok=True)
    (place.parent / "0.kept").symlink_to(outside / "alheio.txt")
    assert run("archive-undo", str(small))[0] == 2


@pytest.mark.parametrize("part", ["source", "target"])
def test_a_list_whose_path_goes_through_a_link_is_refused(small: Path, run: Run, outside: Path, part: str) -> None:
    run("archive", "--apply", str(small))
    (small / "atalho").symlink_to(outside)
    edit(small, lambda facts: facts["moves"][0].update({part: "atalho/alheio.txt"}))
    before, theirs = snapshot(small), snapshot(outside)
    code, _, err = run("archive-undo", str(small))
    assert (code, "atalho is a symbolic link" in err) == (4, True)
    assert (snapshot(small), snapshot(outside)) == (before, theirs)


def test_no_program_that_a_repository_names_is_run(small: Path, run: Run, tmp_path: Path) -> None:
    """fsmonitor, hooks, filters by every key, gpg for signatures, a remote that is a command for a missing object."""
    ran = tmp_path / "ran"
    program = tmp_path / "programa"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >>{ran}\ncat\n')
    program.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        (hooks / name).write_text(program.read_text())
        (hooks / name).chmod(0o755)
    settings = {
        "core.fsmonitor": program,
        "core.hooksPath": hooks,
        "log.showSignature": "true",
        "gpg.program": program,
        "gpg.ssh.program": program,
        "filter.estranho=x.clean": program,
        "filter.estranho=x.smudge": program,
        "filter.outro.process": program,
        "filter.outro.required": "true",
        "diff.external": program,
        "core.sshCommand": program,
        "remote.origin.url": f"ext::{program}",
        "remote.origin.promisor": "true",
    }
    (small / ".git/info").mkdir(exist_ok=True)
    (small / ".git/info/attributes").write_text("*.py filter=estranho=x\n*.md filter=outro\n*.toml filter=outro\n")
    for name, value in settings.items():
        ask(small, "config", name, str(value))
    ran.unlink(missing_ok=True)
    # The trap works: git by itself runs them.
    subprocess.run(["git", "-C", str(small), "status"], capture_output=True, check=False)
    assert ran.exists()
    ran.unlink()
    assert run("archive", str(small))[0] == 0
    assert run("archive", "--apply", str(small))[0] == 0
    assert run("archive-undo", str(small))[0] == 0
    assert not ran.exists()


def test_a_repository_whose_files_lie_elsewhere_is_refused(small: Path, run: Run, outside: Path) -> None:
    ask(small, "config", "core.worktree", str(outside))
    theirs = snapshot(outside)
    code, _, err = run("archive", "--apply", str(small))
    assert (code, "keeps its files elsewhere" in err) == (2, True)
    assert snapshot(outside) == theirs
