"""Where every database stands: history, health, metrics, alerts, a page. Nothing here changes a database.

``status_app`` is the page as an ASGI application, to mount: ``app.mount("/status", status_app)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homecoming.extras import need

if TYPE_CHECKING:
    from homecoming.monitoring.web.application import status_app as status_app

__all__ = ["status_app"]


def __getattr__(name: str) -> Any:
    # Only for whoever asks for it: Starlette takes longer to load than a run at head has to do.
    if name == "status_app":
        need("page", "monitoring.status_app")
        from homecoming.monitoring.web.application import status_app

        return status_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
