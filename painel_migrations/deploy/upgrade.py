"""`upgrade` and `downgrade`: the run from first to last line."""

from __future__ import annotations

import logging
import time

from alembic import command

from painel_migrations.connection.engines import make_engine
from painel_migrations.deploy.configuration import configuration
from painel_migrations.settings import read_settings

log = logging.getLogger("painel_migrations.deploy")


def upgrade(revision: str) -> int:
    """Bring the configured database to a revision. Returns the exit code; errors: PainelError."""
    return _run(command.upgrade, revision)


def downgrade(revision: str) -> int:
    """Take the configured database back to a revision. Returns the exit code; errors: PainelError."""
    return _run(command.downgrade, revision)


def _run(verb: object, revision: str) -> int:
    settings = read_settings()
    log.info("Database: %s", settings.candidates[0])
    engine = make_engine(settings.database_url, lock_wait=settings.lock_wait)
    config = configuration(connection=engine, way="command")
    began = time.monotonic()
    verb(config, revision)  # type: ignore[operator]
    outcome = config.attributes["outcome"]
    if outcome.steps:
        checked = "; the schema is what the application needs" if outcome.verified else ""
        steps = f"{outcome.steps} revision{'s' if outcome.steps > 1 else ''}"
        log.info("Done: at %s after %s, %.1f s%s", outcome.revision, steps, time.monotonic() - began, checked)
    else:
        log.info("At %s: nothing to do", outcome.revision)
    return 0
