"""TLS, asked for by hand: whether the server offers it, in which version, and whether its certificate would verify.

No secret is sent here: the log-in after it is libpq's own, with the URL as it is, so never weaker than asked.
"""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from homecoming.doctor.place import Place
from homecoming.doctor.step import Step, note, ok, unreached
from homecoming.errors import why
from homecoming.language import mark, tr, trn

if TYPE_CHECKING:
    from homecoming.doctor.probe import Probe

# A message of 8 bytes, with a number that no version of the protocol has.
SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")

REQUIRED = ("require", "verify-ca", "verify-full")
VERIFIED = ("verify-ca", "verify-full")

# What is most often wrong with a certificate.
OPENSSL_SAYS = (
    mark("self-signed certificate"),
    mark("self-signed certificate in certificate chain"),
    mark("unable to get local issuer certificate"),
    mark("certificate has expired"),
)

# A certificate's validity is two times in a row, and nothing before it is one: ASN.1, as UTCTime or GeneralizedTime.
_TIME = rb"(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)"
_VALIDITY = re.compile(_TIME + _TIME)


def tls(probe: Probe) -> list[Step]:
    """Ask the first address that took a connection."""
    options = probe.options()
    mode = str(options.get("sslmode") or "prefer")
    asked = f"sslmode={mode}" if "sslmode" in options else tr("no sslmode")
    if not probe.places:
        return [ok("TLS", tr("left to the log-in"))]
    place = probe.places[0]
    if place.local:
        return [ok("TLS", tr("none, on a socket of this machine"))]
    if mode == "disable":
        return [ok("TLS", tr("not asked for ({asked})", asked=asked))]
    if options.get("sslnegotiation") == "direct":
        return [ok("TLS", tr("left to the log-in (sslnegotiation=direct, {asked})", asked=asked))]
    try:
        answer = _offer(place, probe.timeout)
    except TimeoutError:
        said = tr("{place} takes connections and says nothing for {timeout:g} s", place=place, timeout=probe.timeout)
        return [unreached("TLS", "refused", said, probe.source)]
    if answer == b"":
        return [
            unreached(
                "TLS", "closed", tr("{place} takes connections and closes them at once", place=place), probe.source
            )
        ]
    if answer not in (b"S", b"N"):
        return [
            unreached(
                "TLS", "refused", tr("{place} answers, but not as a PostgreSQL server does", place=place), probe.source
            )
        ]
    if answer == b"N":
        if mode in REQUIRED:
            return [unreached("TLS", "tls", tr("not offered, and {asked} requires it", asked=asked), probe.source)]
        return [ok("TLS", tr("not offered, so nothing is encrypted ({asked})", asked=asked))]
    return [_examined(place, probe.timeout, mode, asked, options.get("sslrootcert"))]


def _offer(place: Place, timeout: float) -> bytes:
    with place.connect(timeout) as connection:
        try:
            connection.sendall(SSL_REQUEST)
            return connection.recv(1)
        except ConnectionError:
            return b""


def _examined(place: Place, timeout: float, mode: str, asked: str, roots: object) -> Step:
    """Judge what is offered. Only a note where it would not do: what libpq makes of it, the log-in says."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    try:
        version, certificate = _shaken(place, timeout, anyone)
    except (OSError, ValueError) as error:
        return note("TLS", tr("offered, and then it fails: {reason} ({asked})", reason=_reason(error), asked=asked))
    until = expiry(certificate)
    try:
        trusting = ssl.create_default_context(cafile=_root_file(roots))
        # From Python 3.13 on it is stricter than libpq, whose verdict this foretells.
        trusting.verify_flags &= ~ssl.VERIFY_X509_STRICT
        trusting.check_hostname = mode != "verify-ca"
        _shaken(place, timeout, trusting)
    except (OSError, ValueError) as error:
        given = {"version": version, "asked": asked, "reason": _reason(error)}
        if mode in VERIFIED:
            said = tr("{version} offered ({asked}); its certificate does not verify: {reason}", **given)
            return note("TLS", _until(said, until))
        said = tr(
            "{version} offered ({asked}); its certificate does not verify, which is not asked for: {reason}", **given
        )
        return ok("TLS", _until(said, until))
    return ok(
        "TLS", _until(tr("{version} offered ({asked}); its certificate verifies", version=version, asked=asked), until)
    )


def _shaken(place: Place, timeout: float, context: ssl.SSLContext) -> tuple[str, bytes]:
    """Shake hands, and return the version and the certificate."""
    with place.connect(timeout) as connection:
        connection.sendall(SSL_REQUEST)
        if connection.recv(1) != b"S":
            raise ConnectionResetError(tr("the server no longer offers it"))
        with context.wrap_socket(connection, server_hostname=place.host) as secured:
            return secured.version() or "TLS", secured.getpeercert(binary_form=True) or b""


def _root_file(named: object) -> str | None:
    """The file of authorities that libpq would take; None for the system's own."""
    if named:
        return None if named == "system" else str(named)
    own = Path("~/.postgresql/root.crt").expanduser()
    return str(own) if own.is_file() else None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        said = error.verify_message.rstrip(".")
        return tr(said) if said in OPENSSL_SAYS else said
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return why(error)


def expiry(certificate: bytes) -> datetime | None:
    """Return when a certificate (DER) ends; None where it cannot be read."""
    found = _VALIDITY.search(certificate)
    if found is None:
        return None
    short, long = found[3], found[4]
    if long is None:
        # Two digits of a year: RFC 5280 has them from 1950 to 2049.
        long = (b"19" if short >= b"50" else b"20") + short
    return datetime.strptime(long.decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _until(said: str, until: datetime | None) -> str:
    """Return what is said of a certificate with when it ends, where that is known."""
    if until is None:
        return said
    days = (until - datetime.now(UTC)).days
    if days < 0:
        return tr("{said}, expired on {until:%Y-%m-%d}", said=said, until=until)
    return trn("{said}, expires in {n} day", "{said}, expires in {n} days", days, said=said)
