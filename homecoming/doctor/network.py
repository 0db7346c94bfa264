"""The way to a PostgreSQL server, before a word of its language: names, and a connection to each address."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time

from homecoming.connection.failures import classify
from homecoming.doctor.place import Place
from homecoming.doctor.probe import Probe
from homecoming.doctor.step import Step, from_error, note, ok, took, unreached
from homecoming.doctor.timeout import within
from homecoming.language import joined, tr

DEFAULT_PORT = "5432"
OWN_CHOICE = tr("no host in it: the client library chooses, by PGHOST or its own folder of sockets")


def names(probe: Probe) -> list[Step]:
    """Look up every host; one that cannot be found matters only where there is no other."""
    options = probe.options()
    hosts = _list(options.get("hostaddr") or options.get("host"))
    ports = _list(options.get("port")) or [DEFAULT_PORT]
    if not hosts:
        return [ok("name", OWN_CHOICE)]
    said: list[str] = []
    failed: list[Step] = []
    for number, host in enumerate(hosts):
        # libpq: one port for all hosts, or one for each.
        port = int(ports[number if number < len(ports) else -1] or DEFAULT_PORT)
        if host.startswith(("/", "@")):
            path = f"{host}/.s.PGSQL.{port}"
            # An abstract socket's name begins with a zero byte.
            address = "\0" + path[1:] if host.startswith("@") else path
            probe.places.append(Place(host, socket.AF_UNIX, address))
            said.append(tr("{host} is a folder of sockets", host=host))
            continue
        began = time.monotonic()
        try:
            places = within(probe.timeout, lambda host=host, port=port: _lookup(host, port))  # type: ignore[misc]
        except OSError as error:
            step = from_error("name", _as_lookup(error), probe.source)
            # As libpq would say it, which names the host.
            kind = classify(OSError(f'could not translate host name "{host}" to address: {step.said}'))[0]
            failed.append(unreached("name", kind.name, step.said, probe.source))
            said.append(tr("{host}: {said}", host=host, said=failed[-1].said))
            continue
        probe.places += places
        said.append(_found(host, places, time.monotonic() - began))
    text = joined("; ", said)
    if not probe.places:
        return [Step("name", failed[0].state, text, failed[0].todo, failed[0].code, last=True)]
    return [note("name", text) if failed else ok("name", text)]


def _list(option: object) -> list[str]:
    return str(option).split(",") if option else []


def _lookup(host: str, port: int) -> list[Place]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        # A part of the name is empty, or longer than 63 letters.
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
    return [Place(host, family, address) for family, _, _, _, address in found]


def _as_lookup(error: OSError) -> OSError:
    """Silence of a name server is a failure of the name, not of the server that nobody has asked yet."""
    return (
        socket.gaierror(0, tr("name resolution {error}", error=error.args[0]))
        if isinstance(error, TimeoutError)
        else error
    )


def _found(host: str, places: list[Place], seconds: float) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        names = ", ".join(str(place.address[0]) for place in places)
        if all(place.family == socket.AF_INET6 for place in places):
            return tr("{host} is {names} (IPv6 only), found in {took}", host=host, names=names, took=took(seconds))
        return tr("{host} is {names}, found in {took}", host=host, names=names, took=took(seconds))
    return tr("{host} is an address", host=host)


def addresses(probe: Probe) -> list[Step]:
    """Connect to every address, all at the same time; those that answer are kept, in their order."""
    if not probe.places:
        return [ok("TCP", tr("left to the log-in"))]
    results: list[tuple[Place, float | OSError]] = []

    def work(place: Place) -> None:
        began = time.monotonic()
        try:
            place.connect(probe.timeout).close()
            results.append((place, time.monotonic() - began))
        except OSError as error:
            results.append((place, error))

    threads = [threading.Thread(target=work, args=(place,), daemon=True) for place in probe.places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.sort(key=lambda result: probe.places.index(result[0]))
    probe.places = [place for place, result in results if not isinstance(result, OSError)]
    steps = [from_error("TCP", result, probe.source) for _, result in results if isinstance(result, OSError)]
    failed = iter(steps)
    text = joined(
        "; ",
        (
            tr("{place}: {said}", place=place, said=next(failed).said)
            if isinstance(result, OSError)
            else tr("{place} in {took}", place=place, took=took(result))
            for place, result in results
        ),
    )
    if not probe.places:
        return [Step("TCP", steps[0].state, text, steps[0].todo, steps[0].code, last=True)]
    return [note("TCP", text) if steps else ok("TCP", text)]
