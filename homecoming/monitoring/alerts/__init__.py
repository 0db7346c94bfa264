"""Alerts: what the rules find in a look, told to a webhook when it begins and when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from homecoming.discretion import discreet
from homecoming.errors import UsageError
from homecoming.events import current_run
from homecoming.language import ENGLISH, Message, chosen, localized, mark, tr
from homecoming.logs import get_logger
from homecoming.monitoring.alerts.claims import Claims
from homecoming.monitoring.alerts.facts import facts, fields
from homecoming.monitoring.alerts.rules import RULES, Rule, RulesError, load
from homecoming.monitoring.alerts.webhook import (
    FIRING,
    RESOLVED,
    STATUSES,
    Alert,
    Delivery,
    Limits,
    Webhook,
    post,
    webhook,
)
from homecoming.monitoring.snapshot import Snapshot
from homecoming.project import project
from homecoming.settings import Settings

log = get_logger("monitoring")

# A sentence longer than this is a server's, not ours.
LONGEST_LINE = 600


def report(
    settings: Settings,
    snapshot: Snapshot,
    clock: Callable[[], float] = time.time,
    limits: Limits | None = None,
    rules: Path = RULES,
) -> None:
    """Tell the webhook what has begun and what is over, as the rules say.

    Arguments: ``clock``, seconds since 1970; ``limits`` of the delivery; ``rules``, a file of them. Without an address
    it does nothing.
    Errors: none but the end of the command itself: what goes wrong is a line of the log, without the address.
    """
    monitoring = settings.monitoring
    if monitoring.alert_url is None:
        return
    try:
        hook = webhook(monitoring.alert_url, monitoring.alert_style)
        _tell_all(settings, snapshot, hook, load(rules), clock(), limits or Limits())
    except UsageError as error:
        log.warning("No alert can be sent: %s. %s", error.what, error.todo)
    except RulesError as error:
        log.warning("No alert can be sent: %s", error.args[0])
    except Exception as error:
        # Only the class: a library's text may repeat the address.
        log.warning("No alert can be sent: %s", type(error).__name__)


def _tell_all(
    settings: Settings, snapshot: Snapshot, hook: Webhook, rules: Sequence[Rule], now: float, limits: Limits
) -> None:
    deadline = time.monotonic() + limits.total
    # Plain JSON is for machines; a chat is read by people.
    language = ENGLISH if hook.style == "json" else chosen()
    claims = Claims(settings.monitoring.state, snapshot.database, now)
    known, thresholds = facts(snapshot), {"behind_limit": settings.monitoring.behind_limit}
    for rule in rules:
        firing = rule.holds(known, thresholds)
        # A server that stalled for one stalls for the next: what is left is for the next report.
        late = deadline - time.monotonic() <= limits.pause
        if firing is None or late or not claims.take(rule.cause, firing):
            continue
        delivery = Delivery(tr("interrupted"))
        try:
            delivery = post(hook, _alert(rule, snapshot, firing, now, language), limits, deadline)
        finally:
            if delivery.failure:
                claims.give_back(rule.cause, firing)
        _say(rule.cause, _status(firing), delivery)


def _alert(rule: Rule, snapshot: Snapshot, firing: bool, now: float, language: str) -> Alert:
    said = fields(snapshot)
    run = snapshot.journal.last_run if rule.of_a_run else None
    return Alert(
        cause=rule.cause,
        severity=rule.severity,
        status=_status(firing),
        summary=_line(Message((rule.title if firing else rule.resolved,), said), language),
        next=_line(Message((rule.todo,), said), language) if firing else "",
        database=snapshot.database,
        revision=snapshot.revision,
        head=snapshot.head,
        run=run.run if run else current_run() or None,
        at=datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        version=project().version,
    )


def _line(text: Message, language: str) -> str:
    """A name or a server's words may hold line ends and what a terminal obeys, and be of any length."""
    shown = localized(text, language)
    line = discreet(" ".join("".join(sign if sign.isprintable() else " " for sign in shown).split()))
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def _status(firing: bool) -> str:
    return FIRING if firing else RESOLVED


def _say(cause: str, status: str, delivery: Delivery) -> None:
    if delivery.failure:
        unsent = mark("The alert %s (%s) could not be delivered: %s. The next report tries again")
        log.warning(unsent, cause, STATUSES[status], delivery.failure)
    else:
        log.info("Alert sent: %s (%s)", cause, STATUSES[status])
