"""How much the served page takes of its visitors: so many connections, and so long for a request to be sent."""

from __future__ import annotations

import asyncio
from functools import cache

MOST_CONNECTIONS = 64
"""Connections at once, those that wait for a look included; whoever comes after them gets 503."""

REQUEST_WITHIN = 10.0
"""Seconds for the head of a request, also of the next one on the same connection."""


@cache
def limited_protocol() -> type[asyncio.Protocol]:
    """Return uvicorn's protocol for HTTP/1.1 with an end to half a request.

    uvicorn itself waits for the rest for ever: a hundred visitors who send half a request would keep its connections.
    """
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Limited(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._answered: object = None
            self._watch()

        def _watch(self) -> None:
            self._deadline = self.loop.call_later(REQUEST_WITHIN, self._look)

        def _look(self) -> None:
            if self.cycle is None or (self.cycle.response_complete and self.cycle is self._answered):
                # No whole request since the last look.
                self.transport.abort()
                return
            if self.cycle.response_complete:
                self._answered = self.cycle
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._deadline.cancel()
            super().connection_lost(exc)

    return Limited
