"""`make archive` on a made-up application: looks, moves, and takes back to the last byte and git's last word."""

from __future__ import annotations

import datetime
import hashlib
import os
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from homecoming.archive import inventory, readme
from tests.support import application_files as truth
from tests.support.application import SOME, commit, git, make, snapshot, status
from tests.support.command import Ran

Run = Callable[..., Ran]

SECRET = "aB3xYz9Qw"
WITH_SECRETS = (
    f'import os\r\nimport psycopg2\r\n\r\nURL = os.getenv("DATABASE_URL", "postgresql://u:{SECRET}@h.example/db")\r\n'
    f'print("Senha: {SECRET} 🔑")\r\n'
    'psycopg2.connect(URL).cursor().execute("ALTER TABLE produtos DROP COLUMN evento_id")\r\n'
)


def moving() -> dict[str, truth.Made]:
    """What has to move: every one-off script that nothing keeps, as the rules see it."""
    made = truth.files()
    found = {path: one for path, one in made.items() if one.truth != truth.NOT and not one.stays}
    for missed in ("mexe_no_banco.py", "rodar_sql.py"):
        del found[missed]
    return {**found, "limpeza_noturna.py": made["limpeza_noturna.py"]}


def test_looking_changes_nothing(application: Path, run: Run) -> None:
    before, word = snapshot(application), status(application)
    inside = set(snapshot(application / ".git"))
    code, out, err = run("archive", str(application))
    assert (code, err) == (0, "")
    assert (snapshot(application), status(application)) == (before, word)
    assert set(snapshot(application / ".git")) == inside
    lines = out.splitlines()
    assert lines[0].split() == ["file", "verdict", "why", "secrets"]
    (row,) = (line for line in lines if line.startswith("migrate_simple.py "))
    assert row.split("  ")[0] == "migrate_simple.py"
    assert "covered by 0018" in row
    assert "stays: in use: named in Procfile:1" in out
    assert f"{len(moving())} one-off scripts to move, 13 to stay" in out
    assert lines[-1] == "Nothing was changed. APPLY=1 moves them (painel archive --apply)"
    assert run("archive", "--redact", str(application))[0] == 0
    assert snapshot(application) == before


def test_everything_moves_byte_for_byte_with_its_history_and_comes_back(application: Path, run: Run) -> None:
    before, word = snapshot(application), status(application)
    code, _, err = run("archive", "--apply", str(application))
    assert (code, err) == (0, "")
    after = snapshot(application)
    expected = moving()
    gone = {path for path, (kind, *_) in before.items() if kind == "file" and path not in after}
    assert gone == set(expected)
    archived = {entry.path: entry for entry in inventory.load(application / "archive/REGISTER.toml")}
    assert set(archived) == set(expected)
    for path, one in expected.items():
        target = archived[path].archived
        assert after[target] == before[path]
        assert target.startswith("archive/2025-08/")
        assert archived[path].review == (one.truth in (truth.UNKNOWN, truth.CHANGED, truth.NOT))
        assert hashlib.sha256(one.data).hexdigest() in archived[path].sha256
    renamed = [line for line in git(application, "status", "--porcelain").splitlines() if line.startswith("R  ")]
    assert len(renamed) == len(expected)
    commit(application, "Arquiva")
    log = git(application, "log", "--follow", "--format=%s", "--", archived["migrate_simple.py"].archived)
    assert log.splitlines() == ["Arquiva", "A aplicação"]
    git(application, "reset", "-q", "--soft", "HEAD~1")
    assert "back where they were" in run("archive-undo", str(application))[1]
    assert (snapshot(application), status(application)) == (before, word)
    assert not (application / ".git/painel-archive").exists()


def test_twice_is_once(small: Path, run: Run) -> None:
    run("archive", "--apply", str(small))
    once, word = snapshot(small), status(small)
    code, out, _ = run("archive", "--apply", str(small))
    assert code == 0
    assert out.splitlines()[-1].startswith("Nothing to do: ")
    assert (snapshot(small), status(small)) == (once, word)
    assert len(list((small / ".git/painel-archive").iterdir())) == 1
    assert run("archive-undo", str(small))[0] == 0
    code, out, _ = run("archive-undo", str(small))
    assert (code, out) == (0, "Nothing to undo: no run moved files here, or all were taken back\n")


def test_runs_are_taken_back_one_by_one(small: Path, run: Run) -> None:
    states = [(snapshot(small), status(small))]
    run("archive", "--apply", str(small))
    states.append((snapshot(small), status(small)))
    (small / "fix_novo.py").write_text(truth.script("data", "novo"))
    with_new = snapshot(small), status(small)
    run("archive", "--apply", str(small))
    assert (small / "archive/2025-08/data/fix_novo.py").exists() is False  # dated by its own month
    run("archive-undo", str(small))
    assert (snapshot(small), status(small)) == with_new
    (small / "fix_novo.py").unlink()
    run("archive-undo", str(small))
    assert (snapshot(small), status(small)) == states[0]


def test_the_readme_tells_what_lies_there(small: Path, run: Run) -> None:
    run("archive", "--apply", str(small))
    page = (small / "archive/README.md").read_text()
    assert "\n## 2025-08\n" in page
    assert "| [`migrate_simple.py`](2025-08/schema/migrate_simple.py) | schema | Copies backend/eventos.db" in page
    assert "| 0018 |\n" in page
    assert "| [`migrate_simple_v2.py`](2025-08/schema/migrate_simple_v2.py) | schema |  |  | *review* |\n" in page


def add_secrets(small: Path) -> None:
    """Four scripts with a credential: tracked, staged, changed since it was staged, untracked."""
    names = ("fix_a.py", "fix_b.py", "fix_c.py", "fix_d.py")
    for name in names:
        (small / name).write_bytes(WITH_SECRETS.encode())
        (small / name).chmod(0o755)
        os.utime(small / name, (1755700001, 1755700001))
    git(small, "add", "fix_a.py")
    commit(small, "a")
    git(small, "add", "fix_b.py")
    (small / "fix_c.py").write_bytes(b"# staged before\n")
    git(small, "add", "fix_c.py")
    (small / "fix_c.py").write_bytes(WITH_SECRETS.encode())
    (small / "README.md").write_text("changed, and staged\n")
    git(small, "add", "README.md")
    (small / "README.md").write_text("changed again\n")


def test_a_credential_is_named_by_line_and_never_moves(small: Path, run: Run) -> None:
    add_secrets(small)
    before, word = snapshot(small), status(small)
    code, out, err = run("archive", "--apply", str(small))
    assert code == 4
    assert err == (
        "Error: 4 credentials in 4 scripts would enter the archive; their lines are listed above\n"
        "Next: Change them where they are used, then run again with REDACT=1 (painel archive --apply --redact)\n"
    )
    assert "  fix_a.py:4 password in a URL\n" in out
    assert "Rotate every one of them where it is used" in out
    assert SECRET not in out + err
    assert (snapshot(small), status(small)) == (before, word)


def test_redacted_scripts_come_back_with_their_credentials(small: Path, run: Run) -> None:
    add_secrets(small)
    before, word = snapshot(small), status(small)
    code, out, err = run("archive", "--apply", "--redact", str(small))
    assert (code, err) == (0, "")
    assert SECRET not in out
    assert "(redacted)" in out
    archived = {entry.path: entry for entry in inventory.load(small / "archive/REGISTER.toml")}
    for name in ("fix_a.py", "fix_b.py", "fix_c.py", "fix_d.py"):
        entry = archived[name]
        assert entry.redacted == ("line 4: password in a URL",)
        data = (small / entry.archived).read_bytes()
        assert data.decode() == WITH_SECRETS.replace(SECRET, "REDACTED")
        assert entry.sha256 == (hashlib.sha256(data).hexdigest(),)
        tracked = git(small, "ls-files", "--", entry.archived)
        assert bool(tracked) == (name != "fix_d.py")
        if tracked:
            assert SECRET not in git(small, "show", f":{entry.archived}")
    # Neither on the disk nor in what a commit would take, but for what was there before.
    for place in (small / "archive").rglob("*"):
        assert place.is_dir() or SECRET.encode() not in place.read_bytes()
    kept = list((small / ".git/painel-archive").rglob("*.kept"))
    assert len(kept) == 4
    assert {place.stat().st_mode & 0o077 for place in (*kept, kept[0].parent)} == {0}
    assert run("archive-undo", str(small))[0] == 0
    assert (snapshot(small), status(small)) == (before, word)


def test_what_was_committed_in_between_comes_back_too(small: Path, run: Run) -> None:
    before = snapshot(small)
    run("archive", "--apply", str(small))
    git(small, "add", "-A")
    commit(small, "Arquiva")
    assert run("archive-undo", str(small))[0] == 0
    assert snapshot(small) == before
    git(small, "add", "-A")
    assert git(small, "diff", "--cached", "HEAD~1") == ""


def test_untracked_and_unstaged_stay_what_they_were(small: Path, run: Run) -> None:
    (small / "fix_solto.py").write_text(truth.script("data", "solto"))
    (small / "fix_previsto.py").write_text(truth.script("data", "previsto"))
    git(small, "add", "-N", "fix_previsto.py")
    with (small / "corrigirPrecos.py").open("a") as stream:
        stream.write("# mais\n")
    (small / ".gitignore").write_text("fix_ignorado.py\n")
    (small / "fix_ignorado.py").write_text(truth.script("data", "ignorado"))
    before, word = snapshot(small), status(small)
    assert run("archive", "--apply", str(small))[0] == 0
    moved = {entry.path: entry.archived for entry in inventory.load(small / "archive/REGISTER.toml")}
    assert {"fix_solto.py", "fix_previsto.py", "corrigirPrecos.py", "fix_ignorado.py"} <= set(moved)
    tracked = git(small, "ls-files", "--", "archive")
    assert moved["fix_solto.py"] not in tracked
    assert moved["corrigirPrecos.py"] in tracked
    assert run("archive-undo", str(small))[0] == 0
    assert (snapshot(small), status(small)) == (before, word)


def test_what_was_untracked_is_untracked_again_though_it_was_added_since(small: Path, run: Run) -> None:
    (small / "fix_solto.py").write_text(truth.script("data", "solto"))
    before, word = snapshot(small), status(small)
    run("archive", "--apply", str(small))
    git(small, "add", "archive")
    assert run("archive-undo", str(small))[0] == 0
    assert (snapshot(small), status(small)) == (before, word)


def test_outside_of_a_repository_files_move_plainly(registered: Path, tmp_path: Path, run: Run) -> None:
    small = tmp_path / "sem git"
    small.mkdir()
    make(small, repository=False, only=SOME)
    (small / "fix_a.py").write_bytes(WITH_SECRETS.encode())
    before = snapshot(small)
    assert run("archive", str(small))[0] == 0
    assert snapshot(small) == before
    assert run("archive", "--apply", "--redact", str(small))[0] == 0
    once = snapshot(small)
    assert "archive/2025-08/schema/migrate_simple.py" in once
    assert once[".painel-archive/.gitignore"][1] == b"*\n"
    assert once[".painel-archive"][2] == 0o700
    assert run("archive", "--apply", "--redact", str(small))[0] == 0
    assert snapshot(small) == once
    assert run("archive-undo", str(small))[0] == 0
    assert snapshot(small) == before


def test_a_folder_inside_a_repository_has_its_own_archive(small: Path, run: Run) -> None:
    before, word = snapshot(small), status(small)
    assert run("archive", "--apply", str(small / "backend"))[0] == 0
    assert (small / "backend/archive/2025-08/check/check_db.py").exists()
    assert not (small / "archive").exists()
    assert (small / "migrate_simple.py").exists()
    assert "Nothing to undo" in run("archive-undo", str(small))[1]
    assert run("archive-undo", str(small / "backend"))[0] == 0
    assert (snapshot(small), status(small)) == (before, word)


def test_a_register_that_is_there_keeps_its_own_lines(small: Path, run: Run) -> None:
    place = small / "archive/REGISTER.toml"
    place.parent.mkdir()
    old = (
        '# nosso\n[[script]]\npath = "velho.py" # lembrar\ndate = 2025-07-01\nkind = "data"\ndialect = "sqlite"\n'
        'did = "Old."\nno_revision = "never worked"\n'
    )
    place.write_text(old)
    (small / "archive/README.md").write_text(readme.MARK + "\nfeito antes\n")
    git(small, "add", "-A")
    commit(small, "registro")
    before, word = snapshot(small), status(small)
    assert run("archive", "--apply", str(small))[0] == 0
    assert place.read_text().startswith(old)
    assert tomllib.loads(place.read_text())["script"][0]["date"] == datetime.date(2025, 7, 1)
    assert "## 2025-07" in (small / "archive/README.md").read_text()
    assert run("archive-undo", str(small))[0] == 0
    assert (snapshot(small), status(small)) == (before, word)


def test_an_archive_elsewhere_in_the_tree_is_at_rest(small: Path, run: Run) -> None:
    """Its scripts are not found again, and keep nobody: an archived script that names another runs no more."""
    run("archive", "--apply", str(small / "backend"))
    with (small / "backend/archive/2025-08/check/check_db.py").open("a") as stream:
        stream.write('import os\nos.system("python migrate_simple.py")\n')
    out = run("archive", "--apply", str(small))[1]
    assert "backend/archive" not in out
    assert "migrate_simple.py -> archive/2025-08/schema/migrate_simple.py" in out


def test_a_copy_of_what_was_archived_is_known_but_not_another_file_of_that_name(small: Path, run: Run) -> None:
    run("archive", "--apply", str(small))
    (small / "copia.py").write_bytes((small / "archive/2025-08/schema/migrate_simple_v2.py").read_bytes())
    (small / "ferramentas").mkdir()
    (small / "ferramentas/migrate_simple_v2.py").write_text("print('outra coisa')\n")
    (small / "migrate_simple_v2.py").write_text(truth.script("schema", "outra vez"))
    out = run("archive", str(small))[1]
    rows = {line.split("  ")[0]: line for line in out.splitlines()}
    assert "known, to be reviewed" in rows["copia.py"]
    assert "known, changed since" in rows["migrate_simple_v2.py"]
    assert "not one" in rows["ferramentas/migrate_simple_v2.py"]


def test_a_repository_of_its_own_is_left_alone(small: Path, run: Run) -> None:
    inner = small / "vendor/outro"
    inner.mkdir(parents=True)
    (inner / "fix_x.py").write_text(truth.script("data", "x"))
    git(inner, "init", "-q")
    submodule = small / "vendor/sub"
    shutil.copytree(inner, submodule)
    shutil.rmtree(submodule / ".git")
    (submodule / ".git").write_text("gitdir: ../../.git/modules/sub\n")
    out = run("archive", str(small))[1]
    assert "fix_x.py" not in out
    for name in ("vendor/outro", "vendor/sub"):
        assert f"Left alone: {name}: a repository of its own, left alone; make archive SRC= it\n" in out


def test_a_worktree_has_its_own_list(small: Path, tmp_path: Path, run: Run) -> None:
    tree = tmp_path / "árvore"
    git(small, "worktree", "add", "-q", str(tree), "-b", "outra")
    before, word = snapshot(tree), status(tree)
    assert run("archive", "--apply", str(tree))[0] == 0
    assert "Nothing to undo" in run("archive-undo", str(small))[1]
    assert run("archive-undo", str(tree))[0] == 0
    restored = snapshot(tree)
    for path in before:
        assert restored[path][:3] == before[path][:3]
    assert (set(restored), status(tree)) == (set(before), word)


@pytest.mark.parametrize("folder", [".", "aplicação"])
def test_without_a_folder_it_is_this_one(small: Path, run: Run, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small if folder == "." else small.parent)
    assert run("archive", *([] if folder == "." else [folder]))[1].startswith("file ")
