"""`health` and `metrics`: one look, and what is said of it."""

from __future__ import annotations

import contextlib

from painel_migrations.connection.interrupts import Breaker
from painel_migrations.errors import UsageError
from painel_migrations.monitoring.health import document, healthy, judge, lines
from painel_migrations.monitoring.look import look
from painel_migrations.monitoring.report import report
from painel_migrations.settings import METRICS_FILE, read_settings
from painel_migrations.terminal import as_json, say, show


def health(style: str = "text", breaker: Breaker | None = None, told: bool = False) -> int:
    """Look at the database and print whether it is healthy.

    Arguments: ``style``, ``text`` or ``json``; ``breaker``, which watches the connection; ``told``, whether the metrics
    file is written and alerts are sent, too.
    Returns 0 where it is, 1 where it is not or cannot be reached. Errors: UsageError for a variable.
    """
    settings = read_settings()
    snapshot = look(settings, breaker)
    checks = judge(snapshot)
    if style == "json":
        show(as_json(document(snapshot, checks), indent=2))
    else:
        for line in lines(snapshot, checks):
            say(line)
    if told:
        report(settings, snapshot, checks)
    return 0 if healthy(checks) else 1


def metrics(breaker: Breaker | None = None) -> int:
    """Print the metrics, and write MIGRATION_METRICS_FILE where it is set.

    Returns 0, also where the database cannot be reached: painel_database_up tells that. Errors: UsageError for a
    setting that cannot be followed; for a file that cannot be written, after they were printed.
    """
    # They take 70 ms to load, which health need not wait for.
    from painel_migrations.monitoring.metrics import exposition
    from painel_migrations.monitoring.replaced_file import write

    settings = read_settings()
    snapshot = look(settings, breaker)
    text = exposition(snapshot, judge(snapshot))
    # A reader that goes away takes nothing from the file.
    with contextlib.suppress(BrokenPipeError):
        show(text.decode())
    if (path := settings.monitoring.metrics_file) is not None:
        try:
            write(path, text)
        except OSError as error:
            raise UsageError(
                f"{METRICS_FILE} cannot be written: {error.strerror}",
                "Name a file in a folder that is there and that this user may write to, or unset it",
            ) from None
    return 0
