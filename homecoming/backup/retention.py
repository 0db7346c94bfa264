"""Which backups go: of those that were made by themselves, the old ones and those that are too many."""

from __future__ import annotations

from homecoming.backup import manifest
from homecoming.backup.manifest import PERSON, Made, Manifest
from homecoming.language import mark
from homecoming.logs import get_logger
from homecoming.settings import Settings

log = get_logger("backup")

_DAY = 86_400.0


def too_many(backups: list[Manifest], keep: int, days: int) -> list[Manifest]:
    """Return which of a database's backups go.

    A person's never does, and takes nobody's place; nor do the newest, the newest that is proven, the newest drilled.

    Arguments: ``backups``, the newest first; ``keep``, how many of the others stay; ``days``, for how long.
    """
    newest_proven = next((told for told in backups if told.proven), None)
    newest_drilled = next((told for told in backups if told.drilled), None)
    safe = {told.file for told in (*backups[:1], newest_proven, newest_drilled) if told}
    ours = [told for told in backups if told.made_for != PERSON]
    return [
        told for place, told in enumerate(ours) if told.file not in safe and (place >= keep or told.age > days * _DAY)
    ]


def retire_old(settings: Settings, made: Made) -> None:
    """Remove what is too much of a database's backups, after one was made that no person asked for."""
    if made.manifest.made_for == PERSON:
        return
    folder = settings.backup.folder
    for told in too_many(manifest.of_database(settings), settings.backup.keep, settings.backup.keep_days):
        try:
            # The manifest last: without its file it is told as such.
            (folder / told.file).unlink(missing_ok=True)
            manifest.beside(folder / told.file).unlink(missing_ok=True)
        except OSError as error:
            log.warning(mark("An old backup cannot be removed: %s: %s"), folder / told.file, error.strerror)
        else:
            log.info("Removed: %s, made %s", folder / told.file, told.made_at)
