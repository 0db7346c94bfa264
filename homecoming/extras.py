"""What a plain installation leaves out: one table of which verb or feature needs which extra, and what that brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from homecoming.errors import UsageError
from homecoming.language import tr
from homecoming.project import project


@dataclass(frozen=True)
class Extra:
    """What may be left out.

    Attributes:
        modules: What it brings, as it is imported, each with the name it is installed by.
        verbs: The verbs that do nothing without it.
        feature: What else does.
    """

    modules: Mapping[str, str]
    verbs: tuple[str, ...] = ()
    feature: str = ""


# As in pyproject.toml; a test holds the two together, and commands.md.
EXTRAS: Mapping[str, Extra] = {
    "archive": Extra(
        {"detect_secrets": "detect-secrets", "rich": "rich", "sqlparse": "sqlparse", "tomlkit": "tomlkit"},
        ("archive",),
    ),
    "completion": Extra({"shtab": "shtab"}, feature="--print-completion"),
    "history": Extra({"rich": "rich"}, ("history",)),
    "logs": Extra({"structlog": "structlog"}, feature="MIGRATION_LOG=json"),
    "metrics": Extra({"prometheus_client": "prometheus-client"}, ("metrics",), "MIGRATION_METRICS_FILE"),
    "page": Extra(
        {"markupsafe": "markupsafe", "starlette": "starlette", "uvicorn": "uvicorn"},
        ("dashboard",),
        "monitoring.status_app",
    ),
}


class MissingExtraError(UsageError):
    """Something was asked for that this installation leaves out."""


def need(extra: str, what: str) -> None:
    """Go on only where an extra is installed.

    Args:
        extra: A name of ``EXTRAS``.
        what: What needs it: a verb, or a feature.

    Raises:
        MissingExtraError: Where it is not, with how to install it.
    """
    missing = [name for module, name in EXTRAS[extra].modules.items() if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            tr("{what} needs what this installation leaves out: {names}", what=what, names=", ".join(missing)),
            f"pip install '{project().program}[{extra}]'",
        )


def need_for(verb: str, style: str | None = None) -> None:
    """Go on only where a verb's extra is installed.

    Args:
        verb: The verb.
        style: Its ``--format``: a document needs nothing that draws tables.

    Raises:
        MissingExtraError: Where it is not, with how to install it.
    """
    for name, extra in EXTRAS.items():
        if verb in extra.verbs and not (name == "history" and style == "json"):
            need(name, verb)
