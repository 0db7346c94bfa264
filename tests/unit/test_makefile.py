"""The Makefile is an index that tells the truth, hands arguments over as typed, and sets up what it needs.

A stand-in takes the interpreter's place, since a real environment is a download: `.ci/run` is the test of that.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.given import words

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
[ARGUMENTS] = (found.split() for found in re.findall(r"^ARGUMENTS := (.*)$", MAKEFILE, re.MULTILINE))
LISTED = re.findall(r"^##   ([a-z-]+) ", MAKEFILE, re.MULTILINE)
SCRIPTS = "<scripts/language.sh><scripts/deploy/start.sh><scripts/monitoring/watch.sh>"
TESTS = "<-m><tests.support.given><-n><logical><--dist><worksteal>"
SAY_ARGUMENTS = '#!/bin/sh\nfor argument; do printf "<%s>" "$argument"; done; echo " $DATABASE_URL"\n'


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def make(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run make with nothing of this process's environment, which has a make above it."""
    environ = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(folder), **environ}
    return subprocess.run(["make", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone without `.venv`, in a folder with a blank in its name."""
    folder = tmp_path / "o painel"
    folder.mkdir()
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, folder)
    for name in ("scripts/language.sh", "homecoming/locale/pt.po"):
        (folder / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def ready(clone: Path) -> Path:
    """A clone whose `.venv` is set up, with an interpreter that says its arguments and DATABASE_URL."""
    script(clone / ".venv/bin/python", SAY_ARGUMENTS)
    script(clone / ".venv/bin/shellcheck", SAY_ARGUMENTS)
    script(clone / "scripts/deploy/start.sh", "")
    script(clone / "scripts/monitoring/watch.sh", SAY_ARGUMENTS)
    (clone / ".venv/runtime").touch()
    (clone / ".venv/development").touch()
    return clone


def test_help_lists_every_target_and_nothing_else(clone: Path) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    defined = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert LISTED == phony[1].split() == defined
    done = make(clone)
    assert done.stdout == make(clone, "help").stdout
    assert re.findall(r"^  ([a-z-]+) ", done.stdout, re.MULTILINE) == LISTED
    assert not (clone / ".venv").exists(), "help has to be at once"


def test_help_fits_a_terminal(clone: Path) -> None:
    for language in ("en", "pt"):
        assert max(map(len, make(clone, "help", MIGRATION_LANG=language).stdout.splitlines())) <= 102


def test_help_in_portuguese_has_the_same_targets_and_arguments(clone: Path) -> None:
    """Line for line: with what stands before the text, and whatever a line names that is typed."""
    english, portuguese = (make(clone, "help", MIGRATION_LANG=name).stdout.splitlines() for name in ("en", "pt"))
    assert portuguese[0] == "make ALVO [NOME=valor ...]"
    assert "  status                 onde ele está, e o que está pendente" in portuguese
    for line, other in zip(english[1:], portuguese[1:], strict=True):
        target = r"^(?:  [a-z-]+ .{0,21}(?=  )|  purge-retired .*|  load .*?\]| +)"
        assert re.findall(target, line) == re.findall(target, other)
        typed = r"\b[A-Z_]{2,}=[a-z0-9]*|\bdocs/[\w/.]+|https?:\S+|\b[A-Z]+_[A-Z_]+\b|make \w+"
        # What a value is called is translated: SPLIT=folder, CONFIRM=name.
        named = (re.sub("=(?:folder|pasta|name|nome)", "=", text) for text in (line, other))
        assert sorted(re.findall(typed, next(named))) == sorted(re.findall(typed, next(named)))
        assert (line == other) == (line.strip() == "" or line.startswith("  purge-retired"))


SPOKEN = {"LC_ALL": "pt_BR.UTF-8", "LC_MESSAGES": "pt", "LANG": "pt_PT", "MIGRATION_LANG": "PT_BR"}


@pytest.mark.parametrize("name", SPOKEN)
def test_the_variable_or_the_locale_says_the_language(clone: Path, name: str) -> None:
    assert "esta lista" in make(clone, "help", **{name: SPOKEN[name]}).stdout
    assert "this list" in make(clone, "help", **{"LANG": "pt_BR", name: "ptx"}).stdout
    assert "this list" in make(clone, "help", MIGRATION_LANG="en", LC_ALL="pt_BR").stdout


def test_a_file_of_variables_says_it_too(clone: Path) -> None:
    for line in ("MIGRATION_LANG=pt", 'export MIGRATION_LANG = "pt_BR"'):
        (clone / ".env").write_text(f"DATABASE_URL=sqlite:///x\n{line}\n")
        assert "esta lista" in make(clone, "help", LANG="en_US.UTF-8").stdout


def test_the_language_on_the_command_line_goes_before_what_the_machine_has(ready: Path) -> None:
    """A container has LC_ALL=C.UTF-8, which goes before LANG."""
    script(ready / ".venv/bin/python", '#!/bin/sh\necho "$1 $MIGRATION_LANG"\n')
    (ready / ".venv/runtime").touch()
    for given, heard in (("LANG=pt", "pt"), ("LANG=pt_BR.UTF-8", "pt_BR"), ("MIGRATION_LANG=pt", "pt"), ("LANG=C", "")):
        assert make(ready, "sql", given, LC_ALL="C.UTF-8").stdout == f"-m {heard}\n"
        assert ("esta lista" in make(ready, "help", given, LC_ALL="C.UTF-8").stdout) == bool(heard)


def test_what_no_catalogue_has_stands_out(ready: Path) -> None:
    """Under the pseudo-language each line is in brackets: the help, and what the Makefile says by itself."""
    shown = make(ready, "help", MIGRATION_LANG="xx").stdout.splitlines()
    assert [line for line in shown if line and not re.fullmatch("⟦.*⟧", line)] == []
    assert make(ready, "downgrade", MIGRATION_LANG="xx").stderr.startswith("⟦REV is missing: write make downgrade")
    recipes = re.sub(r"\$\(SAY\) (?:--lines|\"[^\"]*\")", "", MAKEFILE)
    assert re.findall(r"\becho\b.*", recipes) == []


def test_without_a_catalogue_it_is_english(clone: Path) -> None:
    (clone / "homecoming/locale/pt.po").unlink()
    assert "this list" in make(clone, "help", LANG="pt_BR").stdout


@pytest.mark.parametrize(
    ("arguments", "handed_over"),
    [
        (["upgrade"], "<-m><painel_migrations><upgrade><--><head>"),
        (["upgrade", "REV=0003"], "<-m><painel_migrations><upgrade><--><0003>"),
        (["upgrade", "PLAN=1"], "<-m><painel_migrations><upgrade><--plan><--><head>"),
        (["upgrade", "PLAN=1", "REV=+1"], "<-m><painel_migrations><upgrade><--plan><--><+1>"),
        (["downgrade", "REV=-1"], "<-m><painel_migrations><downgrade><--><-1>"),
        (["status"], "<-m><painel_migrations><status>"),
        (["verify"], "<-m><painel_migrations><verify>"),
        (["verify", "FORMAT=json"], "<-m><painel_migrations><verify><--format=json>"),
        (["repair"], "<-m><painel_migrations><repair>"),
        (["repair", "PLAN=1"], "<-m><painel_migrations><repair><--plan>"),
        (["repair", "BACKUP=require"], "<-m><painel_migrations><repair><--backup=require>"),
        (["health"], "<-m><painel_migrations><health>"),
        (["health", "FORMAT=json"], "<-m><painel_migrations><health><--format=json>"),
        (["history"], "<-m><painel_migrations><history>"),
        (["history", "FORMAT=json"], "<-m><painel_migrations><history><--format=json>"),
        (["doctor"], "<-m><painel_migrations><doctor>"),
        (["backup"], "<-m><painel_migrations><backup>"),
        (["backup-verify"], "<-m><painel_migrations><backup-verify>"),
        (["backup-verify", "FILE=a b.dump"], "<-m><painel_migrations><backup-verify><--><a b.dump>"),
        (["restore", "FILE=a b.dump"], "<-m><painel_migrations><restore><--><a b.dump>"),
        (
            ["restore", "FILE=x", "INTO=outro", "CONFIRM=-1"],
            "<-m><painel_migrations><restore><--into=outro><--confirm=-1><--><x>",
        ),
        (["drill"], "<-m><painel_migrations><drill>"),
        (["drill", "FILE=-1"], "<-m><painel_migrations><drill><--><-1>"),
        (["metrics"], "<-m><painel_migrations><metrics>"),
        (["watch"], "<>"),
        (["watch", "EVERY=5"], "<5>"),
        (["dashboard"], "<-m><painel_migrations><dashboard>"),
        (["dashboard", "HOST=::1", "PORT=80"], "<-m><painel_migrations><dashboard><--host=::1><--port=80>"),
        (["dashboard", "STATIC=a b.html"], "<-m><painel_migrations><dashboard><--static=a b.html>"),
        (["check"], "<-m><painel_migrations><check>"),
        (
            ["check", "FROM=0022", "FORMAT=markdown"],
            "<-m><painel_migrations><check><--format=markdown><--from=0022>",
        ),
        (["revision", "M=Add capa"], "<-m><painel_migrations><revision><-m=Add capa>"),
        (["archive"], "<-m><painel_migrations><archive><--><.>"),
        (["archive", "SRC=../painel"], "<-m><painel_migrations><archive><--><../painel>"),
        (["archive", "APPLY=1", "REDACT=1"], "<-m><painel_migrations><archive><--apply><--redact><--><.>"),
        (["archive", "APPLY=0", "REDACT=yes"], "<-m><painel_migrations><archive><--><.>"),
        (["archive-undo"], "<-m><painel_migrations><archive-undo><--><.>"),
        (["archive-undo", "SRC=../painel"], "<-m><painel_migrations><archive-undo><--><../painel>"),
        (["test", "ARGS=-k 'a or b'"], f"{TESTS}<--lane=quick>"),
        (["test", "LANE=ci"], f"{TESTS}<--lane=ci>"),
        (["test-all"], f"{TESTS}<--lane=all>"),
        (["bench"], "<-m><tests.load.bench>"),
        (["load", "ARGS=--rows 10"], "<-m><tests.load.main><--rows><10>"),
        (["lint"], "<-m><ruff><check><.> \n<-m><ruff><format><--check><.> \n<-m><mypy> \n" + SCRIPTS),
    ],
)
def test_what_each_target_runs(ready: Path, arguments: list[str], handed_over: str) -> None:
    done = make(ready, *arguments)
    assert (done.stdout, done.stderr, done.returncode) == (handed_over + " \n", "", 0)


# Every word of the Makefile that can be a variable's name, so that a new one is tried by itself; not make's own.
NAMES = sorted(set(re.findall(r"\b[A-Z][A-Z_]*\b", MAKEFILE)) - {"MAKEFLAGS", "DATABASE_URL"})


@pytest.mark.parametrize("value", ["starter", "1"])
@pytest.mark.parametrize("target", LISTED)
def test_what_the_environment_has_is_no_argument(ready: Path, target: str, value: str) -> None:
    """A platform's PLAN=starter would have an upgrade do nothing and succeed."""
    assert {"PLAN", "REV", "APPLY", "STATIC", "ARGS", "PYTHON"} <= set(NAMES)
    inherited = dict.fromkeys([*NAMES, *map("GIVEN_{}".format, NAMES)], value)
    without, done = make(ready, target), make(ready, target, **inherited)
    assert (done.stdout, done.stderr, done.returncode) == (without.stdout, without.stderr, without.returncode)


def test_every_argument_that_help_or_the_documents_name_is_one() -> None:
    commands = (ROOT / "docs/commands.md").read_text()
    told = re.findall(r"^##.*", MAKEFILE, re.MULTILINE) + re.findall(r"`make .*?`", commands)
    named = {name for line in told for name in re.findall(r"\b([A-Z_]+)=", line)}
    assert named - {"NAME"} == set(ARGUMENTS)


def test_an_interpreter_of_the_environment_is_somebody_elses(clone: Path) -> None:
    """Build tools and shells set PYTHON, to one that may be too old."""
    script(clone / "bin/python3.13", WORKS)
    assert make(clone, "status", PYTHON="python2").stdout == "ran\n"


def test_lint_says_what_it_cannot_check_and_fails_with_each_tool(ready: Path) -> None:
    script(ready / ".venv/bin/shellcheck", "#!/bin/sh\nexit 1\n")
    assert make(ready, "lint").returncode == 2
    (ready / ".venv/bin/shellcheck").unlink()
    done = make(ready, "lint")
    assert (done.stderr, done.returncode) == ("No shellcheck for this machine: the scripts are not checked\n", 0)
    script(ready / ".venv/bin/python", "#!/bin/sh\nexit 1\n")
    (ready / ".venv/runtime").touch()
    (ready / ".venv/development").touch()
    assert make(ready, "lint").returncode == 2


def test_every_script_a_recipe_names_is_there() -> None:
    for module in re.findall(r"python -m (tests\.[a-z.]+)", MAKEFILE):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()


@pytest.mark.parametrize(
    "text",
    ['it\'s "quoted"', "costs $5, $HOME, $$ and $(shell echo 1)", "a=b; false # ação", "`false` \\", "-m x", "*"],
)
def test_text_arrives_as_typed(ready: Path, text: str) -> None:
    assert make(ready, "revision", f"M={text}").stdout == f"<-m><painel_migrations><revision><-m={text}> \n"
    assert make(ready, "upgrade", f"REV={text}").stdout == f"<-m><painel_migrations><upgrade><--><{text}> \n"
    assert make(ready, "archive", f"SRC={text}").stdout == f"<-m><painel_migrations><archive><--><{text}> \n"
    assert make(ready, "status", DATABASE_URL=text).stdout == f"<-m><painel_migrations><status> {text}\n"


# What each argument is for, as a target that takes it.
TAKES = {
    **dict.fromkeys(("REV", "PLAN", "BACKUP", "PREPARE"), "upgrade"),
    **dict.fromkeys(("FROM", "TO", "STYLE", "SPLIT"), "sql-rollback"),
    **dict.fromkeys(("SRC", "APPLY", "REDACT"), "archive"),
    **dict.fromkeys(("HOST", "PORT", "STATIC"), "dashboard"),
    "FILE": "drill",
    "OLDER_THAN": "purge-retired",
    **dict.fromkeys(("INTO", "CONFIRM"), "restore"),
    "M": "revision",
    "MODELS": "states",
    "FORMAT": "verify",
    "EVERY": "watch",
    **dict.fromkeys(("LANE", "ARGS"), "test"),
    "PYTHON": "status",
}
# An interpreter, and a watch, that say what reached them by the environment, too.
SAY_ALL = SAY_ARGUMENTS + """for name in $SAID; do eval "printf '{%s=%s}' $name \\"\\$$name\\""; done\n"""
CODE = (
    "$(shell touch ran)",
    "$$(touch ran)",
    "$(touch ran)",
    "`touch ran`",
    "'; touch ran; '",
    '"; touch ran; "',
    "$(R)",
)


@pytest.mark.parametrize("code", CODE)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_code_in_an_argument_is_text(ready: Path, name: str, code: str) -> None:
    """A pipeline writes make revision M="$TITLE": a stranger's title, which make would expand for its recipes."""
    for said in (".venv/bin/python", "scripts/monitoring/watch.sh"):
        script(ready / said, SAY_ALL)
    (ready / ".venv/runtime").touch()
    (ready / ".venv/development").touch()
    variables = f"{name} GIVEN_{name} OTHER DATABASE_URL MAKEFLAGS"
    given = [f"{name}={code}", f"OTHER={code}", f"DATABASE_URL={code}"]
    given += [needed for needed in ("TO=0017", "FILE=backups/a", "CONFIRM=a") if not needed.startswith(f"{name}=")]
    done = make(ready, TAKES[name], *given, SAID=variables)
    assert not list(ready.rglob("ran")), done.stdout
    assert f"{{{name}=}}" in done.stdout
    for said in (f"GIVEN_{name}", "OTHER", "DATABASE_URL"):
        assert f"{{{said}={code}}}" in done.stdout
    # Nor does a make that one of them starts get it.
    assert "touch" not in done.stdout.rpartition("{MAKEFLAGS=")[2]
    # Its other name is nobody's to give.
    assert "touch" not in make(ready, TAKES[name], f"GIVEN_{name}={code}").stdout
    assert not list(ready.rglob("ran"))


def test_the_words_of_a_test_run_are_quoted_as_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEN_ARGS", """-k 'a or b' "$(touch ran)" `x`""")
    monkeypatch.setattr("sys.argv", ["given", "-n", "1"])
    assert words() == ["-n", "1", "-k", "a or b", "$(touch ran)", "`x`"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("downgrade", "REV is missing: write make downgrade REV=0017"),
        ("revision", "M is missing: write make revision M='Add capa to eventos'"),
    ],
)
def test_a_missing_argument(ready: Path, target: str, message: str) -> None:
    done = make(ready, target)
    assert (done.stdout, done.stderr.splitlines()[0], done.returncode) == ("", message, 2)


def test_a_command_that_fails_keeps_its_code_in_makes_line(ready: Path) -> None:
    script(ready / ".venv/bin/python", "#!/bin/sh\nexit 4\n")
    (ready / ".venv/runtime").touch()
    done = make(ready, "upgrade")
    assert done.returncode == 2
    assert done.stderr.endswith("Error 4\n")


# Setting up

WORKS = """#!/bin/sh
case "$*" in
    *"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python;;
    *"pip install"*) echo "$*" >>installed;;
    *painel_migrations*) echo ran;;
esac
"""


def test_the_first_command_sets_up_once_and_speaks_of_it_on_standard_error(clone: Path) -> None:
    script(clone / "bin/python3.13", WORKS)
    done = make(clone, "status")
    assert (done.stdout, done.returncode) == ("ran\n", 0)
    assert done.stderr == "Setting up .venv (once)\nInstalling requirements.txt into .venv\n"
    assert "--only-binary :all: --require-hashes -r requirements.txt" in (clone / "installed").read_text()
    done = make(clone, "status")
    assert (done.stdout, done.stderr) == ("ran\n", "")


def test_changed_requirements_are_installed(ready: Path) -> None:
    script(ready / ".venv/bin/python", WORKS)
    (ready / ".venv/runtime").touch()
    earlier = (ready / "requirements.txt").stat().st_mtime - 10
    os.utime(ready / ".venv/runtime", (earlier, earlier))
    assert make(ready, "status").stderr == "Installing requirements.txt into .venv\n"


def test_an_interpreter_that_does_not_do_is_passed_over(clone: Path) -> None:
    """pyenv puts a python3.13 on the path that only says which versions have one."""
    for name in ("python3.13", "python3.12", "python3.11"):
        script(clone / "bin" / name, "#!/bin/sh\necho no such version >&2\nexit 127\n")
    script(clone / "bin/python3", WORKS)
    done = make(clone, "status")
    assert (done.stdout, "no such version" in done.stderr) == ("ran\n", False)


@pytest.mark.parametrize("name", ["my py/python", "o'py/$HOME `x`/python"])
def test_an_interpreter_in_a_folder_of_any_name(clone: Path, name: str) -> None:
    script(clone / name, WORKS)
    assert make(clone, "status", f"PYTHON={clone / name}").stdout == "ran\n"


def test_no_python_is_one_clear_line(clone: Path) -> None:
    script(clone / "bin/python2", "#!/bin/sh\nexit 1\n")
    done = make(clone, "status", "PYTHON=python2")
    assert done.stderr.splitlines()[:2] == [
        "Setting up .venv (once)",
        "No Python 3.11 or newer with its venv module: install one, or name it: make PYTHON=/path/to/python",
    ]
    assert done.returncode == 2
    assert not (clone / ".venv").exists()


def test_what_pip_says_is_shown_when_it_fails_and_tried_again(clone: Path) -> None:
    script(clone / "bin/python3.13", WORKS.replace('echo "$*" >>installed', "echo no route to host; exit 1"))
    done = make(clone, "status")
    assert done.stdout == ""
    assert "no route to host\nrequirements.txt could not be installed: the reason is above\n" in done.stderr
    script(clone / ".venv/bin/python", WORKS)
    assert make(clone, "status").stdout == "ran\n"


# Requirement files


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_hashed_and_name_no_place(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(name)) > 4
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|--(extra-)?index|--find-links|file:", text)


def test_development_adds_to_the_runtime_and_changes_nothing() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()
