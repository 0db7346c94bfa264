"""Who may see the status page: whoever has the token; without one, only the machine itself.

"Itself" means that the connection begins and ends on loopback, that nobody forwarded it, and that it was made under a
name of loopback: a page of somebody else's whose name suddenly leads here (DNS rebinding) says its own name.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import secrets
from collections.abc import Mapping
from typing import Any

FORWARDED = (
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
)
_BLANKS = " \t"

FORWARDED_PREFIXES = ("x-forwarded-", "x-envoy-", "x-original-")


def has_token(headers: Mapping[str, str], token: str) -> bool:
    """Return whether a request brings the token: as bearer token, or as the password of any user."""
    # A header's bytes come as Latin-1, where the last byte of an "à" in UTF-8 is a blank too.
    scheme, _, given = headers.get("authorization", "").strip(_BLANKS).partition(" ")
    sent = given.strip(_BLANKS).encode("latin-1")
    if scheme.lower() == "basic":
        try:
            sent = base64.b64decode(sent, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return secrets.compare_digest(sent, token.encode())


def is_local(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Return whether a request is from this machine to this machine, and under its own name."""
    ends = (scope.get("server"), scope.get("client"))
    return (
        # No browser and no client of today speaks HTTP/1.0; nginx does for others, and adds no header by itself.
        scope.get("http_version") != "1.0"
        and all(end is not None and is_loopback(end[0]) for end in ends)
        and not any(name in FORWARDED or name.startswith(FORWARDED_PREFIXES) for name in headers)
        and _names_loopback(headers.get("host", ""))
    )


def is_loopback(address: str) -> bool:
    """Return whether an IP address is loopback's; a name is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def _names_loopback(host: str) -> bool:
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower() == "localhost" or is_loopback(name)
