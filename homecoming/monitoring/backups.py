"""What is known of a database's backups: by the manifests in the folder, without a look at the database."""

from __future__ import annotations

import contextlib
from datetime import datetime

from homecoming.backup import manifest
from homecoming.backup.manifest import NIGHTLY
from homecoming.monitoring.snapshot import Backups
from homecoming.settings import Settings


def read_backups(settings: Settings) -> Backups:
    """Return what the folder says of the configured database's backups; a folder that cannot be read says nothing."""
    with contextlib.suppress(OSError):
        found = manifest.of_database(settings)
        made = [_moment(told.made_at) for told in found]
        return Backups(
            count=len(found),
            made_at=max(made, default=None),
            first_at=min(made, default=None),
            proven_at=max((_moment(told.made_at) for told in found if told.proven), default=None),
            drilled_at=max((_moment(told.drilled.at) for told in found if told.drilled), default=None),
            size=found[0].size if found else None,
            is_named=settings.backup.is_named,
            is_nightly=any(told.made_for == NIGHTLY for told in found),
        )
    return Backups(is_named=settings.backup.is_named)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
