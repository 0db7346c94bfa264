"""The status page, to mount in the application: ``app.mount("/status", status_app)``. See `homecoming.monitoring`."""

from __future__ import annotations

from typing import Any

from homecoming import monitoring


def __getattr__(name: str) -> Any:
    # Only for whoever asks for it, as there.
    if name == "status_app":
        return monitoring.status_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
