"""The Dockerfile without an engine: its instructions, carried out in a plain folder as far as that goes."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.history import ROOT

ACCOUNT = 10001
"""The number that the Dockerfile's USER says; nobody has it here, as nobody has in the image."""


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in their order, each with what stands behind it."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines) if word]


def is_in_context(path: str) -> bool:
    """Return whether .dockerignore lets a file, by its path in this repository, into what COPY sees."""
    told = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        parts = path.split("/")
        at = [any(fnmatch.fnmatch(part, pattern) for part in parts)] if "**/" in line else []
        at += [fnmatch.fnmatch("/".join(parts[:length]), pattern) for length in range(1, len(parts) + 1)]
        if any(at):
            told = line.startswith("!")
    return told


@dataclass
class Image:
    """A folder that stands for an image's root.

    Attributes:
        root: The folder.
        environment: What ENV says.
        command: What ENTRYPOINT and CMD say, without a verb.
        verb: The verb of CMD.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    verb: list[str] = field(default_factory=list)

    def build(self) -> None:
        """Carry out COPY and RUN; a path of the image in a RUN line is one below the root here.

        Errors: AssertionError where a step fails.
        """
        workdir = Path("/")
        for word, rest in instructions():
            if word == "WORKDIR":
                workdir = Path(rest)
                self._at(workdir).mkdir(parents=True, exist_ok=True)
            elif word == "RUN":
                self._ran(rest, self._at(workdir))
            elif word == "COPY" and "--from=" not in rest:
                source, target = rest.split()
                self._copied(source, self._at(workdir) / target)
            elif word == "ENV":
                pairs = (pair.partition("=") for pair in shlex.split(rest))
                self.environment |= {name: value for name, _, value in pairs}
            elif word in ("ENTRYPOINT", "CMD"):
                setattr(self, {"ENTRYPOINT": "command", "CMD": "verb"}[word], json.loads(rest))
        for path in (self.root, *self.root.rglob("*")):
            if not path.is_symlink() and path != self._at(Path(self.environment["HOME"])):
                path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) | stat.S_IROTH)

    def run(self, *verb: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the image's command as its user does, in its last folder, the only one that may be written.

        Where the tests' interpreter is in a folder that is closed to others, it is root without any of root's powers.
        """
        work = self._at(Path(self.environment["HOME"]))
        account: list[str] = []
        if not os.geteuid():
            is_open = all(folder.stat().st_mode & stat.S_IXOTH for folder in Path(sys.executable).resolve().parents)
            if is_open:
                os.chown(work, ACCOUNT, ACCOUNT)
            who = [f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"] if is_open else []
            account = ["setpriv", *who, "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
        environment = {
            name: re.sub(r"/(?:opt|work)\b", lambda found: f"{self.root}{found[0]}", value)
            for name, value in self.environment.items()
        }
        environment["PATH"] = environment["PATH"].replace("$PATH", "/usr/bin:/bin")
        # Or the owner of the tree could write all the same.
        assert not account or shutil.which("setpriv"), "util-linux has it"
        return subprocess.run(
            [*account, "sh", "-c", 'exec "$@"', "sh", *self.command, *(verb or self.verb)],
            cwd=work,
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def _at(self, path: Path) -> Path:
        return self.root / path.relative_to("/")

    def _ran(self, line: str, folder: Path) -> None:
        # The image's own Python is the one of the tests.
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        (self.root / "bin").mkdir(exist_ok=True)
        python = self.root / "bin/python"
        if not python.exists():
            python.symlink_to(Path(sys.base_prefix) / f"bin/python3.{sys.version_info.minor}")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=folder,
            env=environment | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"

    def _copied(self, source: str, target: Path) -> None:
        origin = ROOT / source
        files = [path for path in origin.rglob("*") if path.is_file()] if origin.is_dir() else [origin]
        for path in files:
            if is_in_context(str(path.relative_to(ROOT))):
                to = target / (path.relative_to(origin) if origin.is_dir() else path.name)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)
