"""`make archive` where something is wrong: each end has its code, one line of what and one of what to do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homecoming.archive import git, inventory, moving, tree, undo
from homecoming.connection.interrupts import Interrupted
from tests.support import application_files as truth
from tests.support.application import commit, snapshot, status
from tests.support.application import git as ask
from tests.support.command import Ran

Run = Callable[..., Ran]
SCRIPT = truth.script("data", "corrige")


@pytest.fixture
def folder(tmp_path: Path, registered: Path) -> Path:
    """A folder with one script, in no repository."""
    place = tmp_path / "painel"
    place.mkdir()
    (place / "fix_x.py").write_text(SCRIPT)
    os.utime(place / "fix_x.py", (1755700000, 1755700000))
    return place


@pytest.mark.parametrize("verb", ["archive", "archive-undo"])
def test_a_source_that_is_none(folder: Path, run: Run, verb: str) -> None:
    todo = "Next: Name the application's folder: make archive SRC=../application\n"
    assert run(verb, "nada") == (2, "", "Error: SRC: nada does not exist\n" + todo)
    assert run(verb, str(folder / "fix_x.py"))[::2] == (
        2,
        f"Error: SRC: {folder}/fix_x.py is not a folder\n{todo}",
    )
    (folder / "laço").symlink_to("laço")
    code, _, err = run(verb, str(folder / "laço"))
    assert (code, err.count("\n"), err.startswith("Error: SRC: ")) == (2, 2, True)
    assert run(verb, "a\0b")[0] == 2


def test_a_source_inside_the_archive(folder: Path, run: Run) -> None:
    run("archive", "--apply", str(folder))
    for place in (folder / "archive", folder / "archive/2025-08/data"):
        assert run("archive", str(place)) == (
            2,
            "",
            f"Error: SRC: {place} is inside the archive\nNext: Name the application's folder, which holds archive/\n",
        )


@pytest.fixture
def nobodys(registered: Path) -> Iterator[Path]:
    """A folder that anybody may enter, for a test that becomes nobody: root may read everything."""
    place = Path("/tmp") / f"painel-{os.getpid()}"  # noqa: S108
    place.mkdir()
    place.chmod(0o755)
    registered.parent.chmod(0o755)
    yield place
    for inner in place.rglob("*"):
        inner.chmod(0o755)
    shutil.rmtree(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; others see it with their own files")
def test_what_cannot_be_read_is_said_and_left(nobodys: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(nobodys)
    text = inventory.shipped().read_text()
    (nobodys / "REGISTER.toml").write_text(text)
    monkeypatch.setattr(inventory, "shipped", lambda: nobodys / "REGISTER.toml")
    for name in ("fechada", "app"):
        (nobodys / name).mkdir()
    (nobodys / "app/interna").mkdir()
    (nobodys / "app/fix_x.py").write_text(SCRIPT)
    (nobodys / "app/fix_y.py").write_text(SCRIPT)
    (nobodys / "app/fix_y.py").chmod(0)
    (nobodys / "app/interna").chmod(0)
    (nobodys / "fechada").chmod(0)
    os.seteuid(65534)
    try:
        closed = run("archive", "fechada")
        code, out, err = run("archive", "app")
        apply = run("archive", "--apply", "app")
    finally:
        os.seteuid(0)
    assert closed == (
        2,
        "",
        "Error: SRC: fechada cannot be read: PermissionError\nNext: Name a folder that this user may read\n",
    )
    assert (code, err) == (0, "")
    assert "cannot be read, left as it is" in out
    assert "Left alone: interna: cannot be read (Permission denied), left alone" in out
    # The folder is not this user's to change.
    assert "stays: in a read-only folder" in out
    assert apply[0] == 0
    assert "Nothing to do" in apply[1]


NAMES = (
    "fix com espaço.py", "fix_'aspas'.py", 'fix_"duplas".py', "-fix_traço.py", "fix_$(x).py", "fix_*.py", "fix_[a].py",
    "fix_nova\nlinha.py", "fix_🎉.py", "fix_tab\t.py", "fix_#.py", "fix_%s.py", "fix_\\barra.py",
    "fix_:x.py", ":(icase)fix_y.py", ":!fix_z.py",
)  # fmt: skip


@pytest.mark.parametrize("tracked", [True, False])
def test_every_name_moves_and_comes_back(folder: Path, run: Run, tracked: bool) -> None:
    for name in NAMES:
        (folder / name).write_text(SCRIPT)
    ask(folder, "init", "-q")
    if tracked:
        ask(folder, "add", "-A")
        commit(folder, "x")
    before, word = snapshot(folder), status(folder)
    code, out, err = run("archive", "--apply", str(folder))
    assert (code, err) == (0, "")
    assert all(line.isprintable() for line in out.splitlines())
    assert [name for name in NAMES if (folder / name).exists()] == []
    assert [path for path in snapshot(folder) if "archive/" in path and path.endswith("fix_#.py")]
    moved = ask(folder, "ls-files", "-z", "--", "archive").split("\0")
    assert len(moved) - 1 == (len(NAMES) + 1) * tracked
    assert run("archive-undo", str(folder))[0] == 0
    assert (snapshot(folder), status(folder)) == (before, word)


def test_a_name_that_is_no_text_stays(folder: Path, run: Run) -> None:
    name = os.fsdecode(b"fix_\xe7.py")
    (folder / name).write_text(SCRIPT)
    code, out, _ = run("archive", "--apply", str(folder))
    assert code == 0
    assert "fix_\\xe7.py" in out
    assert "stays: a name that is not UTF-8" in out
    assert (folder / name).exists()


def test_odd_files_are_judged_or_left(folder: Path, run: Run) -> None:
    (folder / "migrate_pasta.py").mkdir()
    (folder / "migrate_pasta.py/fix_dentro.py").write_text(SCRIPT)
    (folder / "fix_enorme.sql").write_bytes(b"DROP TABLE x;\n" + b" " * tree.LARGEST)
    (folder / "fix_binario.py").write_bytes(b"\x7fELF\0\0\0")
    (folder / "fix_nulo.py").write_bytes(SCRIPT.encode() + b"\0")
    (folder / "fix_utf16.sql").write_bytes("DROP TABLE produtos;\n".encode("utf-16"))
    (folder / "fix_erro.py").write_text("def (:\nimport sqlite3\nsqlite3.connect('x').execute('DROP TABLE t')\n")
    (folder / "fix_bom.py").write_bytes(b"\xef\xbb\xbf" + SCRIPT.encode())
    (folder / "fix_fundo.py").write_text("x = " + "(" * 500 + ")" * 500 + "\n")
    (folder / "fix_cadeia.py").write_text("a" + ".b()" * 3000 + "\n")
    (folder / "fix_escape.py").write_text("import re\nre.compile('\\d')\n" + SCRIPT)
    (folder / "fix_quebrado.py").symlink_to("nada.py")
    (folder / "fix_laço.py").symlink_to("fix_laço.py")
    (folder / "atalho").symlink_to("fix_bom.py")
    os.mkfifo(folder / "fix_fila.py")
    (folder / "pasta").symlink_to(".")
    code, out, err = run("archive", "--apply", str(folder))
    assert (code, err) == (0, "")
    rows = {line.split("  ")[0]: " ".join(line.split()) for line in out.splitlines()}
    for name, why in {
        "fix_enorme.sql": "not one too large for a script, left as it is",
        "fix_binario.py": "not one no text, left as it is",
        "fix_nulo.py": "not one no text, left as it is",
        "fix_quebrado.py": "not one a symbolic link, left as it is",
        "fix_laço.py": "not one a symbolic link, left as it is",
        "fix_utf16.sql": "stays: not UTF-8 (utf-16)",
        "fix_bom.py": "stays: in use: linked by atalho:1",
        "fix_erro.py": "does not parse",
    }.items():
        assert why in rows[name], name
    for name in ("migrate_pasta.py/fix_dentro.py", "fix_erro.py", "fix_escape.py", "fix_x.py"):
        assert not (folder / name).exists()
    for name in ("fix_quebrado.py", "fix_laço.py", "pasta"):
        assert (folder / name).is_symlink()


def test_what_is_there_already_is_not_overwritten(folder: Path, run: Run) -> None:
    target = folder / "archive/2025-08/data/FIX_X.py"
    target.parent.mkdir(parents=True)
    target.with_name("fix_x.py").write_text("outro\n")
    out = run("archive", "--apply", str(folder))[1]
    assert "stays: collides: archive/2025-08/data/fix_x.py is there" in out
    target.with_name("fix_x.py").unlink()
    shutil.rmtree(folder / "archive")
    (folder / "archive").write_text("a file\n")
    assert "stays: collides: archive is no folder" in run("archive", "--apply", str(folder))[1]
    (folder / "archive").unlink()
    elsewhere = folder.parent / "fora"
    elsewhere.mkdir()
    (folder / "archive").symlink_to(elsewhere)
    assert run("archive", "--apply", str(folder))[0] == 4
    assert list(elsewhere.iterdir()) == []
    assert (folder / "fix_x.py").read_text() == SCRIPT


def test_a_page_somebody_wrote_is_not_overwritten(folder: Path, run: Run) -> None:
    (folder / "archive").mkdir()
    (folder / "archive/README.md").write_text("escrito à mão\n")
    before = snapshot(folder)
    assert run("archive", "--apply", str(folder))[::2] == (
        4,
        "Error: archive/README.md was written by somebody, and would be overwritten\nNext: Give it another name\n",
    )
    assert snapshot(folder) == before


def test_a_file_with_two_names_stays(folder: Path, run: Run) -> None:
    (folder / "outro_nome").hardlink_to(folder / "fix_x.py")
    assert "stays: has another name (a hard link)" in run("archive", "--apply", str(folder))[1]
    assert (folder / "fix_x.py").exists()


def test_a_register_that_leads_astray_stops_everything(folder: Path, run: Run) -> None:
    (folder / "archive").mkdir()
    place = folder / "archive/REGISTER.toml"
    place.write_text('[[script]]\npath = "../../fix_x.py"\ndate = 2025-08-01\nkind = "data"\ndialect = "sqlite"\n')
    before = snapshot(folder)
    assert run("archive", "--apply", str(folder)) == (
        2,
        "",
        f"Error: {place}: entry 1: path is not as it has to be\nNext: Put the entry right: docs/archive.md\n",
    )
    assert snapshot(folder) == before


def test_without_git_a_repository_is_only_looked_at(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(small)
    monkeypatch.setenv("PATH", str(small))
    assert run("archive", str(small))[0] == 0
    what = f"Error: {small} is a git repository, and there is no git on PATH\nNext: Install git, or put it on PATH\n"
    assert run("archive", "--apply", str(small))[::2] == (2, what)
    assert run("archive-undo", str(small))[::2] == (2, what)
    assert snapshot(small) == before


def test_a_repository_git_does_not_read(folder: Path, run: Run) -> None:
    (folder / ".git").write_text("gitdir: nowhere\n")
    code, _, err = run("archive", "--apply", str(folder))
    assert code == 2
    assert err.startswith(f"Error: git cannot read the repository {folder}: fatal: not a git repository")
    assert err.endswith("\nNext: See git status there\n")


def test_another_git_at_work(small: Path, run: Run) -> None:
    (small / ".git/index.lock").touch()
    code, _, err = run("archive", "--apply", str(small))
    assert (code, err) == (
        5,
        "Error: another git is at work in the repository (index.lock)\nNext: Wait for it to end, then run again\n",
    )
    assert (small / "migrate_simple.py").exists()


def test_another_run_at_work(small: Path, run: Run) -> None:
    state = small / ".git/painel-archive"
    state.mkdir()
    with undo.Lock(state):
        code, _, err = run("archive", "--apply", str(small))
    assert (code, err) == (5, "Error: another run is moving files here\nNext: Wait for it, then run again\n")
    assert (small / "migrate_simple.py").exists()


def test_a_file_in_conflict_stays(small: Path, run: Run) -> None:
    ask(small, "checkout", "-q", "-b", "outra")
    (small / "migrate_simple_v2.py").write_text(SCRIPT + "# a\n")
    ask(small, "add", "-A")
    commit(small, "a")
    ask(small, "checkout", "-q", "main")
    (small / "migrate_simple_v2.py").write_text(SCRIPT + "# b\n")
    ask(small, "add", "-A")
    commit(small, "b")
    with pytest.raises(subprocess.CalledProcessError):
        ask(small, "merge", "outra")
    before, word = snapshot(small), status(small)
    code, out, _ = run("archive", "--apply", str(small))
    assert code == 0
    assert "stays: in a merge conflict" in out
    assert (small / "migrate_simple_v2.py").exists()
    assert not (small / "migrate_simple.py").exists()
    assert run("archive-undo", str(small))[0] == 0
    assert (snapshot(small), status(small)) == (before, word)


@pytest.mark.parametrize("how", ["deleted", "changed"])
def test_a_file_that_changed_while_others_were_looked_at(
    small: Path, run: Run, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    real = moving.move

    def meanwhile(*arguments: Any) -> Any:
        place = small / "migrate_simple.py"
        place.unlink() if how == "deleted" else place.write_text("x\n")
        return real(*arguments)

    monkeypatch.setattr(moving, "move", meanwhile)
    assert run("archive", "--apply", str(small))[::2] == (
        4,
        "Error: migrate_simple.py was changed or deleted meanwhile\nNext: Run again\n",
    )
    assert (small / "corrigirPrecos.py").exists()
    assert not (small / "archive").exists()


@pytest.mark.parametrize("kept_by_git", [True, False])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), Interrupted(signal.SIGINT)], ids=["full", "interrupted"]
)
def test_a_failure_in_the_middle_moves_everything_back(
    small: Path, run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, kept_by_git: bool
) -> None:
    if not kept_by_git:
        shutil.rmtree(small / ".git")
    (small / "fix_senha.py").write_text('senha = "abc123"\n' + SCRIPT)
    before = snapshot(small)
    word = status(small) if kept_by_git else ""
    real = Path.write_bytes

    def full(place: Path, data: bytes) -> int:
        if place.name == "README.md" and place.parent.name == "archive":
            raise error
        return real(place, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, err = run("archive", "--apply", "--redact", str(small))
    monkeypatch.undo()
    if isinstance(error, OSError):
        assert (code, err) == (
            6,
            (
                "Error: a file could not be moved: [Errno 28] No space left on device\n"
                "Next: Everything is where it was. Put that right, run again\n"
            ),
        )
    else:
        assert code == 130
    assert snapshot(small) == before
    assert not kept_by_git or status(small) == word


def test_a_run_that_was_killed_is_taken_back(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before, word = snapshot(small), status(small)
    monkeypatch.setattr(undo, "take_back", lambda *_: 0)  # no time for it
    monkeypatch.setattr(git.Repository, "stage", lambda *_: 1 / 0)  # before the register is written
    (small / "fix_senha.py").write_text('senha = "abc123"\n' + SCRIPT)
    with_new = snapshot(small)
    run("archive", "--apply", "--redact", str(small))
    monkeypatch.undo()
    assert snapshot(small) != with_new
    assert run("archive-undo", str(small))[0] == 0
    assert snapshot(small) == with_new
    (small / "fix_senha.py").unlink()
    assert (snapshot(small), status(small)) == (before, word)


def test_what_was_edited_or_deleted_since_is_not_taken_back(small: Path, run: Run) -> None:
    run("archive", "--apply", str(small))
    (moved,) = small.glob("archive/*/*/migrate_simple.py")
    moved.write_text("# editado\n")
    (deleted,) = small.glob("archive/*/*/check_db.py")
    deleted.unlink()
    (small / "corrigirPrecos.py").write_text("outro\n")
    (small / "archive/REGISTER.toml").write_text("# lido\n")
    before, word = snapshot(small), status(small)
    code, out, err = run("archive-undo", str(small))
    assert (code, out) == (4, "")
    what, todo = err.splitlines()
    assert what.startswith("Error: 4 of the moved files are not as they were left: ")
    for problem in (
        f"{moved.relative_to(small)}: edited since it was moved",
        f"{deleted.relative_to(small)}: deleted since it was moved",
        "corrigirPrecos.py: there is a file again where it came from",
        "archive/REGISTER.toml: edited or deleted since",
    ):
        assert problem in what
    assert todo == (
        "Next: Keep your edits somewhere else and put these as they were (git diff, git checkout), then run again"
    )
    assert (snapshot(small), status(small)) == (before, word)


@pytest.mark.parametrize("damage", ["cut", "lies", "climbs", "empty"])
def test_a_damaged_list_moves_nothing(small: Path, run: Run, damage: str) -> None:
    run("archive", "--apply", str(small))
    (place,) = (small / ".git/painel-archive").glob("*/undo.json")
    text = place.read_text()
    if damage == "climbs":
        document = json.loads(text)
        document["list"]["moves"][0]["source"] = "../../fora.py"
        document["check"] = undo.hash_of(json.dumps(document["list"], sort_keys=True).encode())
        text = json.dumps(document)
    place.write_text(
        {"cut": text[:100], "lies": text.replace("migrate_simple", "migrate_outro"), "climbs": text, "empty": ""}[
            damage
        ]
    )
    before, word = snapshot(small), status(small)
    assert run("archive-undo", str(small)) == (
        2,
        "",
        (
            f"Error: the undo list {place} is damaged\n"
            "Next: Move the files back by hand, as archive/REGISTER.toml says; then remove that folder\n"
        ),
    )
    assert (snapshot(small), status(small)) == (before, word)


def test_a_hook_and_a_variable_of_git_do_not_lead_elsewhere(
    small: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "outro"
    other.mkdir()
    ask(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    assert run("archive", "--apply", str(small))[0] == 0
    assert not (other / "index").exists()
    assert "R  migrate_simple.py -> archive/2025-08/schema/migrate_simple.py" in ask(small, "status", "--porcelain")


def test_an_upgrade_does_not_load_the_archive() -> None:
    said = "import sys, homecoming.cli, homecoming.commands.upgrade;"
    said += "print([m for m in sys.modules if m.startswith(('homecoming.archive', 'rich', 'detect_secrets'))])"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", said], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n"
