"""`backup-verify` and `drill`: a backup restored where nobody is, compared, taken to head and back, compared again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from homecoming.backup import manifest, place
from homecoming.backup.contents import differences, differences_of_rows
from homecoming.backup.manifest import Manifest
from homecoming.backup.scratch import Scratch, fill, look, scratch
from homecoming.backup.sqlite import DamagedError
from homecoming.connection.interrupts import CancellationToken
from homecoming.errors import Refused
from homecoming.history.bookkeeping import BOOKKEEPING
from homecoming.language import Message, joined, tr, trn
from homecoming.logs import get_logger
from homecoming.settings import Settings, read_settings

log = get_logger("backup")

# How many differences are told.
_TOLD = 10

# What a night may begin earlier than the last one ended.
_NIGHT = timedelta(hours=12)


_PARTS = {
    "hash": tr("hash"),
    "scratch": tr("scratch"),
    "restore": tr("restore"),
    "upgrade": "upgrade",
    "verify": "verify",
    "way back": tr("way back"),
    "compare": tr("compare"),
}


@dataclass
class _Times:
    """The seconds that each part took."""

    seconds: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def took(self, part: str) -> None:
        now = time.monotonic()
        self.seconds[part] = round(now - self.began, 3)
        self.began = now


def backup_verify(given: str | None, token: CancellationToken, drill_after: int | None = None) -> int:
    """Restore a backup into a scratch database, compare it, and note in its manifest that it is proven.

    Arguments: ``given``, its file; None for the newest of the configured database; ``drill_after``, days without a
    drill after which it is drilled as well.
    Returns 0; 1 where it is not what its manifest says. Errors: HomecomingError.
    """
    return _proven(given, token, drilled=drill_after is not None and _is_drill_due(drill_after))


def _is_drill_due(days: int) -> bool:
    """Whether no backup of the configured database was drilled for so many days, give or take a night."""
    drills = [told.drilled.at for told in manifest.of_database(read_settings()) if told.drilled]
    due = datetime.now(UTC) - timedelta(days=days) + _NIGHT
    return not any(datetime.fromisoformat(at) > due for at in drills)


def drill(given: str | None, token: CancellationToken) -> int:
    """As ``backup_verify``; then take the restored one to head, check it there, take it back, and compare again."""
    return _proven(given, token, drilled=True)


def chosen(given: str | None, settings: Settings) -> tuple[Path, Manifest]:
    """Return a backup by its path or by its name; without one, the newest of the configured database.

    Errors: Refused where there is none, or its manifest is missing.
    """
    folder = settings.backup.folder
    if given:
        named = Path(given)
        file = named if named.exists() or (folder / named).name != given else folder / named
        return file, manifest.read(file)
    for told in manifest.of_database(settings):
        return folder / told.file, told
    raise Refused(tr("there is no backup of this database in {folder}", folder=folder), tr("Make one: make backup"))


def refuse_damaged(file: Path, told: Manifest, token: CancellationToken) -> None:
    """Go on where a file is the one that its manifest tells of. Errors: DamagedError."""
    size = file.stat().st_size
    if size != told.size:
        what = tr("{file} has {size} bytes, and its manifest says {told}", file=file, size=size, told=told.size)
    elif place.sha256_of(file, token.check) != told.sha256:
        what = tr("{file} is damaged: its SHA-256 is not the one in its manifest", file=file)
    else:
        return
    raise DamagedError(what, tr("Take another backup, or bring this file back from where backups are shipped to"))


def _proven(given: str | None, token: CancellationToken, drilled: bool) -> int:
    settings, times = read_settings(), _Times()
    file, told = chosen(given, settings)
    log.info("Backup: %s, of %s, made %s", file, told.place, told.made_at)
    refuse_damaged(file, told, token)
    times.took("hash")
    with scratch(told, settings, token) as there:
        log.info("Restoring it into %s", there.where)
        times.took("scratch")
        state = fill(there, file, told, token)
        times.took("restore")
        found = differences(state, told.revision, told.fingerprint, dict(told.tables))
        if not found and drilled:
            found = _there_and_back(there, told, times, token)
        where = there.where
    if found:
        for line in found[:_TOLD]:
            log.info("  %s", line)
        raise DamagedError(
            trn(
                "{file} was restored, and is not what its manifest says: {n} difference",
                "{file} was restored, and is not what its manifest says: {n} differences",
                len(found),
                file=file,
            ),
            tr("Do not rely on it. Make another, and prove it: make backup, then make backup-verify"),
        )
    manifest.write(manifest.proven(told, where, times.seconds, drilled), file.parent)
    tables = tr("{tables} tables, {rows} rows", tables=len(told.tables), rows=told.rows)
    log.info("Proven: %s, fingerprint and checksums are those of the backup", tables)
    parts = (tr("{part} {seconds:.1f} s", part=_PARTS[part], seconds=took) for part, took in times.seconds.items())
    log.info("Took: %s", joined(", ", parts))
    return 0


def _there_and_back(there: Scratch, told: Manifest, times: _Times, token: CancellationToken) -> list[Message]:
    """Take a restored database to head and back to where it was; return what is wrong at head, or not as it was."""
    from homecoming import catalog
    from homecoming.connection.reach import reached
    from homecoming.run.attempts import run_to

    run_to("upgrade", "head", there.settings, way="command", token=token)
    times.took("upgrade")
    with reached(there.settings, read_only=True, token=token) as endpoint:
        drift = [one for one in catalog.verify(endpoint.connection) if one.severity is catalog.Severity.FAIL]
    times.took("verify")
    if drift:
        return [
            tr("at head: {kind} {object}: {why}", kind=one.kind_word, object=one.object, why=one.why) for one in drift
        ]
    run_to("downgrade", told.revision or "base", there.settings, way="command", token=token)
    times.took("way back")
    # What runs write of themselves is not what they found.
    kept = {name: count for name, count in told.tables.items() if name.split(".")[-1] not in BOOKKEEPING}
    back = {name: count for name, count in look(there.settings, token, told.checksums).tables.items() if name in kept}
    times.took("compare")
    return differences_of_rows(back, kept)
