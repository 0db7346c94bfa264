"""Who uses a script: imports, and whatever starts programs: Procfile, shell, CI, containers, Makefile, package.json."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from homecoming.archive import python, text
from homecoming.archive.tree import File
from homecoming.language import Message, tr

_SHELL = frozenset({".sh", ".bash", ".zsh", ".ps1", ".bat", ".cmd", ".mk", ".service", ".timer", ".cron"})
# What starts programs under a name of its own, and the folders of CI services.
_NAMES = re.compile(
    r"^(Procfile|Makefile|GNUmakefile|makefile|justfile|Justfile|Taskfile\.ya?ml|Dockerfile|Containerfile|crontab|"
    r"Jenkinsfile|package\.json|pyproject\.toml|setup\.cfg|tox\.ini|alembic\.ini|app\.json|vercel\.json|heroku\.yml|"
    r"railway\.(json|toml)|nixpacks\.toml|render\.yaml|fly\.toml|azure-pipelines\.yml|bitbucket-pipelines\.yml|"
    r"\.gitlab-ci\.yml|\.travis\.yml|\.pre-commit-config\.yaml|supervisord\.conf|(docker-)?compose[\w.-]*\.ya?ml)"
    r"([.-][\w.-]+)?$"
)
_FOLDERS = frozenset({".github", ".gitlab", ".circleci", ".ci", ".railway", ".buildkite", ".husky"})
# What is left of a line is cut into what a path can be made of; a blank in a name needs quotes, and ends a token here.
_TOKEN = re.compile(r"[\w./\\@+-]+")
_MODULE = re.compile(r"-m[ \t'\",]+([A-Za-z_][\w.]*)|\b([A-Za-z_][\w.]*):[A-Za-z_]")
_COMMENT = re.compile(r"^\s*(#(?!!)|REM\b|::|//)")
_WORD = re.compile(rb"[\w-]+")


@dataclass(frozen=True)
class Use:
    """One place that needs a script: the file that names it, the line, and how."""

    user: str
    line: int
    how: str

    @property
    def told(self) -> Message:
        """The use, for people."""
        return tr("{how} {place}", how=self.how, place=f"{self.user}:{self.line}")


def find(
    files: Iterable[File], scripts: Iterable[str], targets: Iterable[tuple[str, str]] = ()
) -> dict[str, list[Use]]:
    """Return who uses each of the scripts.

    Arguments: ``files``, all that may name one; ``scripts``, paths from the same folder; ``targets``, symbolic links
    with the path they lead to. A script does not use itself.
    """
    known = _Known(scripts)
    found: dict[str, list[Use]] = {path: [] for path in known.paths}
    for link, target in targets:
        if target in found:
            found[target].append(Use(link, 1, tr("linked by")))
    for file in files:
        if not (file.suffix in (".py", ".pyw") or _starts_programs(file)) or not known.paths:
            continue
        data = file.data
        # Hardly any file names a script: most are put aside without being parsed.
        if data is None or known.stems.isdisjoint(_WORD.findall(data)):
            continue
        read = text.read(data)
        if read is None:
            continue
        uses = (
            _of_python(file, data, read.text, known)
            if file.suffix in (".py", ".pyw")
            else _of_commands(file, read.text, known)
        )
        for path, use in uses:
            if path != file.path and use not in found[path]:
                found[path].append(use)
    return found


def _starts_programs(file: File) -> bool:
    if file.suffix in _SHELL or _NAMES.match(file.name) or _FOLDERS & set(file.parts[:-1]):
        return True
    return "." not in file.name and bool(file.mode & 0o111)


class _Known:
    """The scripts by what may name them."""

    def __init__(self, scripts: Iterable[str]) -> None:
        self.paths = sorted(scripts)
        self.by_name: dict[str, list[PurePosixPath]] = {}
        self.by_module: dict[str, list[tuple[str, ...]]] = {}
        for path in map(PurePosixPath, self.paths):
            self.by_name.setdefault(path.name, []).append(path)
            if path.suffix == ".py":
                self.by_module.setdefault(path.stem, []).append((*path.parts[:-1], path.stem))
        self.stems = {
            word for path in self.paths for word in _WORD.findall(PurePosixPath(path).name.encode(errors="replace"))
        }

    def named(self, token: str) -> Iterator[str]:
        """The scripts that a path in a command may mean: an absolute one, or one after `cd`, starts somewhere else."""
        parts = [part for part in token.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        absolute = token.startswith(("/", "\\"))
        for path in self.by_name.get(parts[-1], []) if parts else []:
            length = min(len(parts), len(path.parts))
            if absolute or parts[-length:] == list(path.parts[-length:]):
                yield str(path)

    def imported(self, module: str, user: PurePosixPath, level: int = 0) -> Iterator[str]:
        """The scripts that a module's name may mean; where Python looks is not known: the end of the path decides."""
        parts = tuple(module.split(".")) if module else ()
        if level:
            parts = (*user.parts[: len(user.parts) - level], *parts)
        for script in self.by_module.get(parts[-1], []) if parts else []:
            length = min(len(parts), len(script))
            same = script == parts if level else script[-length:] == parts[-length:]
            beside = script[:-1] == user.parts[:-1]
            if same and (beside or level or len(parts) > 1 or parts[0] not in sys.stdlib_module_names):
                yield "/".join(script) + ".py"


def _of_python(file: File, data: bytes, source: str, known: _Known) -> Iterator[tuple[str, Use]]:
    facts = python.facts(data, source)
    user = PurePosixPath(file.path)
    for module, level, line in facts.imports:
        for path in known.imported(module, user, level):
            yield path, Use(file.path, line, tr("imported by"))
    for said, line in facts.strings:
        for path in _in_command(said, known):
            yield path, Use(file.path, line, tr("named in"))
        if facts.loads and re.fullmatch(r"[\w.]+", said):
            for path in known.imported(said, user):
                yield path, Use(file.path, line, tr("imported by"))


def _of_commands(file: File, source: str, known: _Known) -> Iterator[tuple[str, Use]]:
    for number, line in enumerate(source.split("\n"), 1):
        if _COMMENT.match(line):
            continue
        for path in _in_command(line, known):
            yield path, Use(file.path, number, tr("named in"))
        for match in _MODULE.finditer(line):
            for path in known.imported(match[1] or match[2], PurePosixPath(file.path)):
                yield path, Use(file.path, number, tr("named in"))


def _in_command(line: str, known: _Known) -> Iterator[str]:
    for token in _TOKEN.findall(line):
        yield from known.named(token.rstrip("."))
    # A name with a blank or another unusual sign is no token: it is looked for as it is.
    for name, paths in known.by_name.items():
        if not _TOKEN.fullmatch(name) and name in line:
            yield from map(str, paths)
