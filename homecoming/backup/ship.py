"""A finished backup handed to a command that takes it elsewhere: rclone, aws s3 cp, age. No shell reads it."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from homecoming.backup.manifest import Made, beside
from homecoming.backup_settings import BACKUP_COMMAND, COMMAND_LIMIT
from homecoming.connection.interrupts import CancellationToken
from homecoming.discretion import discreet
from homecoming.errors import UnshippedError
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.settings import Settings, handed_on

log = get_logger("backup")

# What stands for the file in the command's words.
PLACE = "{}"

# Seconds between two looks at the command, and until one that does not end is killed.
_PAUSE = 0.05
_GRACE = 0.5


def ship(made: Made, settings: Settings, token: CancellationToken) -> None:
    """Run the command for a backup's file, and then for its manifest, where one is set.

    Errors: UnshippedError; the backup stays where it is.
    """
    if not settings.backup.command:
        return
    began = time.monotonic()
    for path in (made.file, beside(made.file)):
        _run(_words(settings.backup.command, path.absolute()), path, settings.backup.command_limit, token)
    log.info("Shipped by %s in %.1f s", Path(settings.backup.command[0]).name, time.monotonic() - began)


def _words(command: tuple[str, ...], path: Path) -> list[str]:
    """Return the command with a file in it: in place of each ``{}``, else as its last word."""
    if any(PLACE in word for word in command):
        return [word.replace(PLACE, str(path)) for word in command]
    return [*command, str(path)]


def _run(words: list[str], path: Path, limit: float, token: CancellationToken) -> None:
    name = Path(words[0]).name
    deadline = time.monotonic() + limit
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=handed_on(),
                # With whatever it starts it is ended.
                start_new_session=True,
            )
        except OSError as error:
            raise _unshipped(path, tr("{name} cannot be run: {why}", name=name, why=error.strerror)) from None
        try:
            while process.poll() is None:
                token.check()
                if time.monotonic() > deadline:
                    raise _unshipped(
                        path,
                        tr(
                            "{name} was not done within {limit}, {seconds:g} s",
                            name=name,
                            limit=COMMAND_LIMIT,
                            seconds=limit,
                        ),
                    )
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_PAUSE)
        finally:
            _end(process)
        if process.returncode:
            said.seek(0)
            lines = [line for line in said.read(20_000).decode("utf-8", "replace").splitlines() if line.strip()]
            why = tr("{name} ended with exit code {code}", name=name, code=process.returncode)
            if lines:
                why = tr("{what}: {said}", what=why, said=discreet(lines[-1].strip()))
            raise _unshipped(path, why)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command that still runs, with what it started."""
    if process.poll() is not None:
        return
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signum)
            process.wait(_GRACE)
            return


def _unshipped(path: Path, why: str) -> UnshippedError:
    return UnshippedError(
        tr("{path} is made, and was not shipped: {why}", path=path, why=why),
        tr("Ship it yourself, or mend {backup_command} and make another", backup_command=BACKUP_COMMAND),
    )
