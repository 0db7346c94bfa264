"""An address of a server, and a connection to it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """One address: ``host`` as it was named, ``family`` of the socket, ``address`` as a socket takes it."""

    host: str
    family: int
    address: Any

    @property
    def local(self) -> bool:
        """Whether it is a socket in this machine's file system."""
        return isinstance(self.address, str)

    def __str__(self) -> str:
        if self.local:
            return str(self.address)
        where, port = self.address[:2]
        return f"[{where}]:{port}" if ":" in where else f"{where}:{port}"

    def connect(self, timeout: float) -> socket.socket:
        """Open a connection to it. Errors: OSError."""
        connection = socket.socket(self.family, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(self.address)
        except BaseException:
            connection.close()
            raise
        return connection
