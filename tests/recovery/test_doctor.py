"""`make doctor`: each step's failure is brought about, and what it says of it is the whole sentence."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from homecoming.candidates import Candidate
from homecoming.connection.failures_postgresql import FAILURES, UNKNOWN_NETWORK, UNKNOWN_SQL
from homecoming.connection.locks import lock_key
from homecoming.database_url import parse_url
from homecoming.doctor.probe import Probe
from homecoming.doctor.runner import examine
from homecoming.doctor.step import Step, ok
from homecoming.doctor.tls import expiry
from tests.conftest import engine_of
from tests.support import command, history, lineage, pooler, servers, whole
from tests.support.command import Ran
from tests.support.history import HEAD, REVISIONS, after, counted

PENDING = f"{counted(len(REVISIONS))} pending"

CANARY = "c@n:a/r%y'd ü"
FORMS = (CANARY, quote(CANARY, safe=""), quote(CANARY), "c@n", "c%40n", "r%y", "r%25y")

ROLES = f"""
    CREATE ROLE operador LOGIN PASSWORD '{CANARY.replace("'", "''")}';
    CREATE ROLE leitor LOGIN;
    CREATE ROLE copia LOGIN;
    ALTER ROLE copia SET default_transaction_read_only = on;
"""
RULES = """
local all all trust
host all operador 127.0.0.1/32 scram-sha-256
host all de_fora 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
"""
DATABASES = ("vazio", "alheio", "velho", "novo")

PASSWORD_ADVICE = "Another attempt would say the same. Correct user and password in DATABASE_URL, then run again"
NOT_ASKED = "log-in, version, latency, pooler, revision, preflight, schema, runs"
MEND_FIRST = (
    "No way leads to the database. Mend DATABASE_URL first, as the advice above says, and run again. Only where nobody"
    " can, the database's own console does: make sql > fix.sql, and paste it there (docs/console.md)"
)
CONSOLE = "No way leads to the database. Its own console does: make sql > fix.sql, and paste it there (docs/console.md)"
RUNS_AND_HAS = "See that the server runs and DATABASE_URL has its host and port, then run again"


class Report(NamedTuple):
    """A report of one candidate, its wrapped lines put together and its times left out."""

    code: int
    text: str

    def step(self, name: str) -> str:
        """The state and the words of a step."""
        found = re.search(rf"^  (\S+) +{name} +(.*)$", self.text, re.MULTILINE)
        assert found, self.text
        return f"{found[1]}: {found[2]}"

    @property
    def advice(self) -> str:
        """What to do, of the only candidate."""
        (found,) = re.findall(r"^  Advice: (.*)$", self.text, re.MULTILINE)
        return str(found)

    @property
    def end(self) -> str:
        """The line for all candidates."""
        return self.text.rpartition("\n\n")[2]


def unwrapped(report: str) -> str:
    *ways, end = report.rstrip("\n").split("\n\n")
    text = "\n\n".join([*(re.sub(r"\n {4,}", " ", way) for way in ways), end.replace("\n", " ")])
    return re.sub(r"\d+(\.\d)? ms", "N ms", text)


Doctor = Callable[..., Report]


@pytest.fixture
def doctor(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """A function that runs the doctor, with variables, in this process."""

    def examined(url: sa.URL | str = "", **variables: str) -> Report:
        text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
        for name, value in {"DATABASE_URL": text, **variables}.items():
            monkeypatch.setenv(name, value)
        code, out, err = run("doctor")
        assert err == ""
        # One word may be longer than a line: it is there to be copied.
        assert [line for line in out.splitlines() if len(line) > 80 and " " in line[19:]] == []
        return Report(code, unwrapped(out))

    return examined


class Gate:
    """A server with rules and the databases of these tests."""

    def __init__(self) -> None:
        self.server = servers.start(18)
        (self.server.folder / "data" / "pg_hba.conf").write_text(RULES)
        with self.server.connection("postgres") as cursor:
            cursor.execute(ROLES)
            cursor.execute("SELECT pg_reload_conf()")
        engines = {name: engine_of(self.server.create_database(name)) for name in DATABASES}
        with engines["alheio"].begin() as connection:
            connection.exec_driver_sql("CREATE TABLE pedidos (id integer PRIMARY KEY)")
        lineage.build(engines["velho"], 18, rows=2)
        history.upgrade(engines["novo"])
        engines["torto"] = engine_of(self.server.create_database("torto", template="novo"))
        with engines["torto"].begin() as connection:
            connection.exec_driver_sql("ALTER TABLE produtos ADD COLUMN evento_id integer NOT NULL")
            connection.exec_driver_sql("DROP INDEX idx_produtos_nome")
        self.engines = engines

    def url(self, database: str = "velho", user: str = "postgres", **options: Any) -> sa.URL:
        """A URL; `port`, `host` and `password` are parts of it, other options stand behind the question mark."""
        return sa.URL.create(
            "postgresql",
            username=user,
            password=options.pop("password", None),
            host=options.pop("host", "127.0.0.1"),
            port=options.pop("port", self.server.port),
            database=database,
            query=options,
        )


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.server.stop()


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None], host: str = "127.0.0.1") -> Iterator[int]:
    """Give the port of a listener, which hands every connection to `serve` in a thread of its own."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.create_server((host, 0), family=family)
    threads: list[threading.Thread] = []
    ending = threading.Event()

    def accept() -> None:
        while True:
            client, _ = door.accept()
            if ending.is_set():
                client.close()
                return
            threads.append(threading.Thread(target=served, args=(client,)))
            threads[-1].start()

    def served(client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            serve(client)

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    port = int(door.getsockname()[1])
    try:
        yield port
    finally:
        ending.set()
        socket.create_connection((host, port)).close()
        for thread in (acceptor, *threads):
            thread.join()
        door.close()


def mute(client: socket.socket) -> None:
    while client.recv(1024):
        pass


# The whole report.


def test_a_database_with_pending_revisions(gate: Gate, doctor: Doctor) -> None:
    before = whole.of(gate.engines["velho"], gate.server)
    port = gate.server.port
    version = gate.server.version
    report = doctor(gate.url())
    assert report.code == 0
    assert re.sub(rf"PostgreSQL {version}\.\d+.*", f"PostgreSQL {version}", report.text) == (
        f"Database: PostgreSQL velho on 127.0.0.1:{port} (DATABASE_URL)\n"
        "  ok    name       127.0.0.1 is an address\n"
        f"  ok    TCP        127.0.0.1:{port} in N ms\n"
        "  ok    TLS        not offered, so nothing is encrypted (no sslmode)\n"
        "  ok    log-in     as postgres to velho in N ms, not encrypted\n"
        f"  ok    version    PostgreSQL {version}\n"
        "  ok    latency    N ms a round trip (median of 5)\n"
        "  ok    pooler     looks like none\n"
        f"  ok    revision   no revision; {PENDING}\n"
        "  ok    preflight  nothing would refuse an upgrade; what rows hold is not looked at\n"
        "  -     schema     not compared: it is not at head\n"
        "  ok    runs       none under way\n"
        "  Advice: make upgrade PLAN=1, which tries it on the rows as well; then make upgrade\n"
        "\n"
        f"An upgrade would use PostgreSQL velho on 127.0.0.1:{port} (DATABASE_URL)."
    )
    assert whole.of(gate.engines["velho"], gate.server) == before


# The steps to a session, each failing.


def test_a_name_nobody_knows(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url(host="db.invalid"))
    assert report.code == 3
    assert re.fullmatch("FAIL: db.invalid: (Name or service not known|.*name resolution.*)", report.step("name"))
    assert report.step("not asked") == f"-: TCP, TLS, {NOT_ASKED}"
    assert report.advice == "Correct the host in DATABASE_URL, or mend name resolution, then run again"
    assert report.end == CONSOLE


def test_a_name_that_cannot_be_one(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url(host="db..railway.internal"))
    assert (report.code, report.step("name")) == (3, "FAIL: db..railway.internal: Name or service not known")


def test_a_resolver_that_does_not_answer(gate: Gate, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be interrupted: it is left behind. (A name server that is silent cannot be had in a test.)"""
    silent = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silent.wait())
    report = doctor(gate.url(host="db.railway.internal"), MIGRATION_CONNECT_TIMEOUT="0.2")
    silent.set()
    assert (report.code, report.step("name")) == (
        3,
        "FAIL: db.railway.internal: name resolution timed out: no answer in 0.2 s",
    )
    assert report.advice == (
        "That is Railway's private name, known only inside its network: from elsewhere name the database in"
        " DATABASE_PUBLIC_URL in place of DATABASE_URL, then run again"
    )


def refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def test_a_port_nobody_listens_on(gate: Gate, doctor: Doctor) -> None:
    port = refused_port()
    report = doctor(gate.url(port=port))
    assert (report.code, report.step("TCP")) == (3, f"FAIL: 127.0.0.1:{port}: Connection refused")
    assert report.advice == RUNS_AND_HAS
    assert report.step("not asked") == f"-: TLS, {NOT_ASKED}"


def test_an_address_that_does_not_answer(gate: Gate, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener whose queue is full drops what comes, as a firewall does."""
    with socket.socket() as door, contextlib.ExitStack() as waiting:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        port = int(door.getsockname()[1])
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        report = doctor(gate.url(port=port), MIGRATION_CONNECT_TIMEOUT="0.3")
    assert (report.code, report.step("TCP")) == (3, f"FAIL: 127.0.0.1:{port}: timed out")
    assert report.advice == (
        "See that the network lets you through to the host and port in DATABASE_URL, then run again"
    )


def test_a_missing_socket(gate: Gate, doctor: Doctor, tmp_path: Path) -> None:
    report = doctor(f"postgresql://postgres@/velho?host={tmp_path}")
    path = f"{tmp_path}/.s.PGSQL.5432"
    assert (report.code, report.step("name")) == (3, f"ok: {tmp_path} is a folder of sockets")
    assert report.step("TCP") == f"FAIL: {path}: No such file or directory"
    assert report.advice == "See that the server runs and DATABASE_URL has the folder of its socket, then run again"


def test_a_socket(gate: Gate, doctor: Doctor) -> None:
    folder, port = gate.server.folder, gate.server.port
    report = doctor(f"postgresql://postgres@/velho?host={folder}&port={port}&sslmode=require")
    assert report.code == 0
    assert report.step("TCP") == f"ok: {folder}/.s.PGSQL.{port} in N ms"
    assert report.step("TLS") == "ok: none, on a socket of this machine"


def test_a_host_that_is_left_to_the_client_library(gate: Gate, doctor: Doctor) -> None:
    report = doctor("postgresql://postgres@/velho?port=1")
    assert report.code == 3
    assert (
        report.step("name") == "ok: no host in it: the client library chooses, by PGHOST or its own folder of sockets"
    )
    assert report.step("TCP") == "ok: left to the log-in"
    assert report.advice == "See that the server runs and DATABASE_URL has the folder of its socket, then run again"


def test_several_hosts(gate: Gate, doctor: Doctor) -> None:
    port = refused_port()
    report = doctor(f"postgresql://postgres@/velho?host=127.0.0.1:{port}&host=127.0.0.1:{gate.server.port}")
    assert report.code == 0
    assert report.step("TCP") == f"note: 127.0.0.1:{port}: Connection refused; 127.0.0.1:{gate.server.port} in N ms"
    assert report.step("log-in") == "ok: as postgres to velho in N ms, not encrypted"


def test_an_ipv6_address(gate: Gate, doctor: Doctor) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening(lambda client: client.close(), host="::1") as port:
        report = doctor(gate.url(host="::1", port=port))
    assert (report.code, report.step("TCP")) == (3, f"ok: [::1]:{port} in N ms")
    assert report.step("TLS") == f"FAIL: [::1]:{port} takes connections and closes them at once"


def test_a_host_with_ipv6_only(gate: Gate, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Railway's private network was for years. (No name server of this machine has one.)"""
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 1, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    report = doctor(gate.url(host="db.railway.internal"))
    assert report.step("name") == "ok: db.railway.internal is ::1 (IPv6 only), found in N ms"
    assert report.step("TCP").startswith("FAIL: [::1]:1: ")


def test_a_listener_that_says_nothing(gate: Gate, doctor: Doctor) -> None:
    with listening(mute) as port:
        report = doctor(gate.url(port=port), MIGRATION_CONNECT_TIMEOUT="0.3")
    assert report.code == 3
    assert report.step("TCP") == f"ok: 127.0.0.1:{port} in N ms"
    assert report.step("TLS") == f"FAIL: 127.0.0.1:{port} takes connections and says nothing for 0.3 s"
    assert report.advice == RUNS_AND_HAS


def test_a_proxy_without_its_server(gate: Gate, doctor: Doctor) -> None:
    """What the project began with: every address accepts, and closes."""
    with listening(lambda client: client.close()) as port:
        report = doctor(gate.url(port=port))
    assert report.step("TLS") == f"FAIL: 127.0.0.1:{port} takes connections and closes them at once"
    assert report.advice == (
        "See the log of the server behind the host and port in DATABASE_URL, or of what stands in front of it"
    )


def test_another_kind_of_server(gate: Gate, doctor: Doctor) -> None:
    def web(client: socket.socket) -> None:
        client.recv(1024)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(web) as port:
        report = doctor(gate.url(port=port))
    assert report.step("TLS") == f"FAIL: 127.0.0.1:{port} answers, but not as a PostgreSQL server does"
    assert report.advice == RUNS_AND_HAS


def test_a_log_in_that_is_never_answered(gate: Gate, doctor: Doctor) -> None:
    def half(client: socket.socket) -> None:
        if len(client.recv(1024)) == 8:
            client.sendall(b"N")
        mute(client)

    with listening(half) as port:
        report = doctor(gate.url(port=port, connect_timeout="2"), MIGRATION_CONNECT_TIMEOUT="0.3")
    assert (report.code, report.step("log-in")) == (3, "FAIL: timed out: no answer in 1.6 s")
    assert report.advice == (
        "See that the network lets you through to the host and port in DATABASE_URL, then run again"
    )


def test_a_server_without_tls_where_it_is_required(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url(sslmode="require"))
    assert (report.code, report.step("TLS")) == (3, "FAIL: not offered, and sslmode=require requires it")
    assert report.advice == (
        "Another attempt would say the same. Change sslmode in DATABASE_URL, or the server, then run again"
    )
    assert report.step("not asked") == f"-: {NOT_ASKED}"


def test_tls_that_is_not_asked_for(gate: Gate, doctor: Doctor) -> None:
    assert doctor(gate.url(sslmode="disable")).step("TLS") == "ok: not asked for (sslmode=disable)"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed, and makes the certificates: apt-get install openssl")
    folder = tmp_path_factory.mktemp("certificate")
    signed, key = folder / "server.crt", folder / "server.key"
    options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [openssl, "req", *options, *names, "-keyout", str(key), "-out", str(signed)], check=True, capture_output=True
    )
    return signed, key


@pytest.fixture
def encrypted(gate: Gate, certificate: tuple[Path, Path]) -> Iterator[int]:
    """The port of TLS before the server: the PostgreSQL programs of the wheel are built without it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def serve(client: socket.socket) -> None:
        client.recv(8, socket.MSG_WAITALL)
        client.sendall(b"S")
        with (
            context.wrap_socket(client, server_side=True) as secured,
            socket.create_connection(("127.0.0.1", gate.server.port)) as server,
        ):
            while True:
                for source in [secured] if secured.pending() else select.select([secured, server], [], [])[0]:
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    (server if source is secured else secured).sendall(data)

    with listening(serve) as port:
        yield port


def test_tls_whose_certificate_nobody_asks_about(gate: Gate, doctor: Doctor, encrypted: int) -> None:
    report = doctor(gate.url(host="localhost", port=encrypted, sslmode="require"))
    assert report.code == 0
    assert report.step("TLS") == (
        "ok: TLSv1.3 offered (sslmode=require); its certificate does not verify, which is not asked for:"
        " self-signed certificate, expires in 8 days"
    )
    assert report.step("log-in") == "ok: as postgres to velho in N ms, TLSv1.3"


def test_tls_that_verifies(gate: Gate, doctor: Doctor, encrypted: int, certificate: tuple[Path, Path]) -> None:
    url = gate.url(host="localhost", port=encrypted, sslmode="verify-full", sslrootcert=str(certificate[0]))
    report = doctor(url)
    assert (report.code, report.step("TLS")) == (
        0,
        "ok: TLSv1.3 offered (sslmode=verify-full); its certificate verifies, expires in 8 days",
    )


def test_tls_that_does_not_verify(gate: Gate, doctor: Doctor, encrypted: int, certificate: tuple[Path, Path]) -> None:
    """The certificate is another host's. Never weaker than asked: the log-in does not happen."""
    report = doctor(gate.url(port=encrypted, sslmode="verify-full", sslrootcert=str(certificate[0])))
    assert report.code == 3
    assert report.step("TLS") == (
        "note: TLSv1.3 offered (sslmode=verify-full); its certificate does not verify: IP address mismatch,"
        " certificate is not valid for '127.0.0.1', expires in 8 days"
    )
    assert 'does not match host name "127.0.0.1"' in report.step("log-in")
    assert report.advice == (
        "Another attempt would say the same. Change sslmode in DATABASE_URL, or the server, then run again"
    )


def test_the_end_of_a_certificate() -> None:
    short = b"\x17\x0d250101000000Z\x17\x0d"
    assert str(expiry(b"..." + short + b"491231235959Z...")) == "2049-12-31 23:59:59+00:00"
    assert str(expiry(b"\x17\x0d510101000000Z\x17\x0d520101000000Z")) == "1952-01-01 00:00:00+00:00"
    assert str(expiry(short[:-2] + b"\x18\x0f20500101000000Z")) == "2050-01-01 00:00:00+00:00"
    assert expiry(b"no certificate") is None


@pytest.mark.parametrize(
    ("options", "said", "advice"),
    [
        (
            {"user": "operador", "password": "errada"},
            'password authentication failed for user "operador"',
            PASSWORD_ADVICE,
        ),
        ({"user": "operador"}, "fe_sendauth: no password supplied", PASSWORD_ADVICE),
        (
            {"database": "nenhum"},
            'database "nenhum" does not exist',
            "Another attempt would say the same. Correct the database's name in DATABASE_URL, then run again",
        ),
        (
            {"user": "ninguem"},
            'role "ninguem" does not exist',
            "Another attempt would say the same. Correct the user in DATABASE_URL, then run again",
        ),
        (
            {"user": "de_fora"},
            'pg_hba.conf rejects connection for host "127.0.0.1", user "de_fora", database "velho", no encryption',
            (
                "Another attempt would say the same."
                " Let this user connect, or name another in DATABASE_URL, then run again"
            ),
        ),
    ],
    ids=["password", "no password", "database", "role", "rule"],
)
def test_a_log_in_that_is_refused(gate: Gate, doctor: Doctor, options: dict[str, str], said: str, advice: str) -> None:
    report = doctor(gate.url(**options))
    assert report.code == 3
    assert said in report.step("log-in")
    assert report.step("log-in").startswith("FAIL: ")
    assert report.advice == advice
    # Who may connect is the server's to say, and its console may; a wrong variable is ours.
    assert report.end == (MEND_FIRST if "Correct " in advice else CONSOLE)


def test_a_server_that_speaks_another_encoding(gate: Gate, doctor: Doctor) -> None:
    """Before the log-in a server on Windows speaks Latin-1, and psycopg2 takes it for UTF-8."""
    words = 'autenticação do tipo senha falhou para usuário "postgres"'.encode("latin-1")
    fields = b"SFATAL\x00C28P01\x00M" + words + b"\x00\x00"

    def refuse(client: socket.socket) -> None:
        if len(client.recv(1024)) == 8:
            client.sendall(b"N")
            client.recv(1024)
        client.sendall(b"E" + (4 + len(fields)).to_bytes(4, "big") + fields)

    with listening(refuse) as port:
        report = doctor(gate.url(port=port))
    assert report.code == 3
    assert words.decode("latin-1") in report.step("log-in")
    assert report.advice == PASSWORD_ADVICE


# In a session.


@pytest.mark.skipif(pooler.PROGRAM is None, reason="PgBouncer is not installed: apt-get install pgbouncer")
def test_a_pooler(gate: Gate, doctor: Doctor) -> None:
    with pooler.running(gate.server) as port:
        report = doctor(gate.url(port=port))
        with_another = doctor(gate.url(port=port), DATABASE_UNPOOLED_URL=str(gate.url(port=refused_port())))
    said = "looks like one: the number of this session is not the server's own"
    assert (report.code, report.step("pooler")) == (
        0,
        f"note: {said}. Where there is a way around it, set DATABASE_UNPOOLED_URL to that",
    )
    assert report.step("revision") == f"ok: no revision; {PENDING}"
    assert (with_another.code, with_another.step("pooler")) == (0, f"ok: {said}")


def test_an_empty_database(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url("vazio"))
    assert (report.code, report.step("revision")) == (0, f"ok: no tables; {PENDING}")
    assert report.advice == "make upgrade"


def test_another_application_s_database(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url("alheio"))
    assert (report.code, report.step("revision")) == (
        4,
        "FAIL: the database has 1 table, and none of this application's",
    )
    assert report.advice == "Correct DATABASE_URL; an empty database will do"
    assert report.end == (
        f"An upgrade would use PostgreSQL alheio on 127.0.0.1:{gate.server.port} (DATABASE_URL), and be refused there."
    )


def test_a_database_at_head(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url("novo"))
    assert (report.code, report.step("revision"), report.step("schema")) == (
        0,
        f"ok: at {HEAD} (head)",
        "ok: equal to head",
    )
    assert report.advice == "Nothing to do"


def test_a_database_that_drifted(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url("torto"))
    assert (report.code, report.step("schema")) == (0, "note: drifted: 2 differences from head")
    assert report.advice == "make verify"


def test_a_role_without_rights(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url(user="leitor"))
    assert report.code == 4
    assert report.step("log-in") == "ok: as leitor to velho in N ms, not encrypted"
    assert report.step("preflight").startswith("FAIL: the role leitor may not alter what postgres owns: ")
    assert report.advice == "Connect as postgres"


def test_a_role_that_may_not_even_look(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url("novo", user="leitor"))
    assert (report.code, report.step("revision")) == (4, "FAIL: permission denied for table alembic_version")
    assert report.advice == "Connect as the owner of the tables and of the database, then run again"


def test_a_role_that_is_read_only(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url("vazio", user="copia"))
    assert report.code == 4
    assert report.step("preflight") == "FAIL: transactions of the role copia in the database vazio are set to read-only"


def pid_of(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_a_run_under_way(gate: Gate, doctor: Doctor) -> None:
    with gate.engines["novo"].connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
        pid = pid_of(connection)
        report = doctor(gate.url("novo"))
    assert report.code == 0
    assert re.fullmatch(
        rf"note: one is under way: pid {pid}, user postgres, application without a name, query start .* UTC\."
        rf" If it hangs: SELECT pg_terminate_backend\({pid}\)",
        report.step("runs"),
    )


def test_a_table_that_is_held(gate: Gate, doctor: Doctor) -> None:
    """It is named, and the comparison does not wait behind it."""
    with gate.engines["novo"].connect() as connection:
        connection.exec_driver_sql("SET application_name = 'relatorio'; LOCK TABLE produtos IN ACCESS EXCLUSIVE MODE")
        # A shorter time is a request that is being answered.
        connection.exec_driver_sql("SELECT pg_sleep(1)")
        pid = pid_of(connection)
        report = doctor(gate.url("novo"))
    assert report.code == 0
    said = report.step("preflight")
    assert said.startswith(f"note: produtos is held by session {pid} of postgres (relatorio), for ")
    assert said.endswith(f". End it: SELECT pg_terminate_backend({pid})")
    assert report.step("schema") == "note: not compared with head: canceling statement due to lock timeout"


def test_a_session_that_ends_on_the_way(gate: Gate) -> None:
    """What was found out until then stays said."""
    probe = probe_to(str(gate.url()), timeout=10)
    steps: list[Step] = []
    for step in examine(probe):
        steps.append(step)
        if step.name == "version":
            end_sessions(gate.server, "velho")
    assert [step.name for step in steps] == ["name", "TCP", "TLS", "log-in", "version", "latency", "not asked"]
    assert (steps[-2].code, steps[-2].said) == (3, "server closed the connection unexpectedly")


def end_sessions(server: servers.Server, database: str) -> None:
    """End them, and wait until they have."""
    deadline = time.monotonic() + 30
    with server.connection("postgres") as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])
            if not cursor.fetchall():
                return
            time.sleep(0.01)
    raise AssertionError("a session does not end")


# Several candidates.


def test_several_ways(gate: Gate, doctor: Doctor) -> None:
    """All of them are examined, in the order an upgrade tries them; it stays with the first that lets it in."""
    port, nobody = gate.server.port, refused_port()
    place = f"on 127.0.0.1:{port}"
    report = doctor(
        gate.url("novo"),
        DATABASE_UNPOOLED_URL=str(gate.url("novo", port=nobody)),
        DATABASE_ALTERNATIVE_URLS=f"{gate.url('novo', user='leitor')}, {gate.url('nenhum')}",
    )
    assert re.findall("^(?:Way|  Advice).*$", report.text, re.MULTILINE) == [
        f"Way 1 of 4, direct: PostgreSQL novo on 127.0.0.1:{nobody} (DATABASE_UNPOOLED_URL)",
        "  Advice: See that the server runs and DATABASE_UNPOOLED_URL has its host and port, then run again",
        f"Way 2 of 4, alternative: PostgreSQL novo {place} (DATABASE_ALTERNATIVE_URLS[1])",
        "  Advice: Connect as the owner of the tables and of the database, then run again",
        f"Way 3 of 4, alternative: PostgreSQL nenhum {place} (DATABASE_ALTERNATIVE_URLS[2])",
        (
            "  Advice: Another attempt would say the same. Correct the database's name in DATABASE_ALTERNATIVE_URLS[2],"
            " then run again"
        ),
        f"Way 4 of 4, pooler: PostgreSQL novo {place} (DATABASE_URL)",
        "  Advice: Nothing to do",
    ]
    used = f"An upgrade would use PostgreSQL novo {place} (DATABASE_ALTERNATIVE_URLS[1]), and be refused there."
    instead = " DATABASE_URL would do: unset DATABASE_ALTERNATIVE_URLS[1]."
    assert (report.code, report.end) == (4, used + instead)


def test_a_second_way_that_is_used(gate: Gate, doctor: Doctor) -> None:
    report = doctor(gate.url("novo"), DATABASE_UNPOOLED_URL=str(gate.url("novo", port=refused_port())))
    assert (report.code, report.end) == (
        0,
        f"An upgrade would use PostgreSQL novo on 127.0.0.1:{gate.server.port} (DATABASE_URL).",
    )


# Settings that cannot be followed.


def test_settings_that_cannot_be_read(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://operador:{CANARY}@127.0.0.1/velho")
    code, out, err = run("doctor")
    assert (code, out) == (2, "")
    assert err.startswith("Error: DATABASE_URL is not a database URL\nNext: Write it as postgresql://")
    assert "c@n" not in err


def test_two_products(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///eventos.db")
    monkeypatch.setenv("DATABASE_PUBLIC_URL", "postgresql://postgres@127.0.0.1/velho")
    assert run("doctor") == (
        2,
        "",
        (
            "Error: DATABASE_URL names a SQLite database, DATABASE_PUBLIC_URL a PostgreSQL one\n"
            "Next: They must be names of the same database: unset one of them\n"
        ),
    )


# It works when nothing works.


@pytest.mark.parametrize("broken", ['raise ImportError("libpq.so.5: cannot open shared object file")', ""])
def test_a_driver_that_is_broken(gate: Gate, tmp_path: Path, broken: str) -> None:
    """Not to be loaded, or without what is called: what goes without it is said all the same."""
    (tmp_path / "psycopg2").mkdir()
    (tmp_path / "psycopg2" / "__init__.py").write_text(broken)
    environment = command.environment(gate.url())
    environment["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{environment['PYTHONPATH']}"
    ended = command.run(gate.url(), "doctor", env=environment)
    report = Report(ended.code, unwrapped(ended.out))
    assert (report.code, ended.err, report.end) == (3, "", CONSOLE)
    assert report.step("TCP") == f"ok: 127.0.0.1:{gate.server.port} in N ms"
    if broken:
        assert report.step("log-in") == ("FAIL: psycopg2 cannot be loaded: libpq.so.5: cannot open shared object file")
        assert report.advice == "Install it again: rm -r .venv, then run again"
    else:
        assert report.step("log-in").startswith("FAIL: ")


def probe_to(url: str, timeout: float = 0.1) -> Probe:
    return Probe(Candidate(parse_url(url, "DATABASE_URL"), "DATABASE_URL"), timeout)


def test_whatever_a_step_raises() -> None:
    def broken(_: Probe) -> list[Step]:
        raise AttributeError(f"info of {CANARY}")

    probe = probe_to("postgresql://postgres@127.0.0.1/velho")
    (step,) = probe.ask("log-in", broken)
    assert (step.said, step.todo, step.code, step.last) == (
        "unexpected error: AttributeError",
        "Run again with --verbose, and report it",
        3,
        True,
    )
    probe.engine = engine_of("sqlite://")
    (step,) = probe.ask("pooler", broken)
    assert (step.state, step.said, step.code, step.last) == (
        "note",
        "unexpected error: AttributeError",
        0,
        False,
    )


def test_a_screen_that_cannot_show_a_letter(gate: Gate) -> None:
    # As a person writes it: what is quoted in a database's name is read as it stands.
    url = gate.url("aqui").render_as_string().removesuffix("aqui") + "ação"
    ended = command.run(url, "doctor", env=command.environment(url, PYTHONIOENCODING="ascii"))
    assert ended.out.startswith("Database: PostgreSQL a\\xe7\\xe3o on 127.0.0.1")
    assert (ended.code, ended.err) == (3, "")


def test_a_reader_that_goes_away(gate: Gate) -> None:
    process = command.start(gate.url(), "doctor")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    ended = command.end(process)
    assert (ended.code, ended.err) == (0, "")


def test_an_interrupt(gate: Gate) -> None:
    with listening(mute) as port:
        process = command.start(gate.url(port=port), "doctor")
        assert process.stdout is not None
        next(line for line in process.stdout if "TCP" in line)
        process.send_signal(signal.SIGINT)
        ended = command.end(process)
    assert (ended.code, ended.err) == (130, "Interrupted: rolled back, nothing was changed\n")


def test_no_advice_goes_in_circles() -> None:
    said = [failure.doctor or failure.todo for failure in (*FAILURES, UNKNOWN_NETWORK, UNKNOWN_SQL)]
    assert [todo for todo in said if "doctor" in todo] == []


# Secrets.


def test_a_password_is_never_said(gate: Gate, tmp_path: Path) -> None:
    """Right or wrong, reached or not, in four candidates at once."""
    url = gate.url("novo", user="operador", password=CANARY)
    wrong = gate.url("nenhum", user="operador", password=f"{CANARY}x")
    variables = {
        "DATABASE_UNPOOLED_URL": gate.url("novo", user="operador", password=CANARY, host="db.invalid"),
        "DATABASE_PUBLIC_URL": gate.url("novo", user="operador", password=CANARY, sslmode="require"),
        "DATABASE_ALTERNATIVE_URLS": wrong,
    }
    texts = {name: value.render_as_string(hide_password=False) for name, value in variables.items()}
    ended = command.run(url, "doctor", env=command.environment(url, **texts), cwd=tmp_path)
    report = Report(ended.code, unwrapped(ended.out))
    assert (ended.code, ended.err) == (4, "")
    assert "as operador to novo in N ms" in report.text
    assert 'password authentication failed for user "operador"' in report.text
    assert [form for form in FORMS if form in ended.out] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMS[:3])
def test_a_password_in_a_driver_s_words(form: str) -> None:
    url = sa.URL.create("postgresql", "operador", CANARY, "127.0.0.1", 5432, "velho").render_as_string(False)

    def quoting(_: Probe) -> list[Step]:
        return [ok("log-in", f'could not parse "{form}"', f"Correct {form!r}")]

    (step,) = probe_to(url).ask("log-in", quoting)
    assert (step.said, step.todo.strip("'\"")) == ('could not parse "***"', step.todo.strip("'\""))
    assert "***" in step.todo


def test_a_password_that_is_no_secret() -> None:
    """Where it is the user's name, the report would be full of asterisks, which would tell it."""
    probe = probe_to("postgresql://postgres:postgres@127.0.0.1/velho")
    assert probe.censored('role "postgres" does not exist') == 'role "postgres" does not exist'


# SQLite.


@pytest.fixture(scope="module")
def head_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("head") / "eventos.db"
    history.upgrade(engine_of(f"sqlite:///{file}"))
    return file


@pytest.fixture
def at_head(head_file: Path, tmp_path: Path) -> Path:
    """A file at head in the current folder."""
    return Path(shutil.copy(head_file, tmp_path))


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_file_that_is_not_there_yet(doctor: Doctor, tmp_path: Path) -> None:
    report = doctor("sqlite:///eventos.db")
    assert (report.code, report.step("file")) == (
        0,
        f"note: {tmp_path / 'eventos.db'} does not exist, and an upgrade makes it",
    )
    assert (report.advice, report.end) == ("make upgrade", "An upgrade would use SQLite eventos.db (DATABASE_URL).")
    assert list(tmp_path.iterdir()) == []


def test_a_file_at_head(doctor: Doctor, at_head: Path, tmp_path: Path) -> None:
    before = files(tmp_path)
    size = (tmp_path / "eventos.db").stat().st_size / 1e6
    assert doctor("sqlite:///eventos.db") == (
        0,
        (
            "Database: SQLite eventos.db (DATABASE_URL)\n"
            f"  ok    file       {tmp_path / 'eventos.db'}, {size:.1f} MB\n"
            "  ok    kind       SQLite, with a rollback journal\n"
            "  ok    holder     nobody\n"
            f"  ok    revision   at {HEAD} (head)\n"
            "  ok    preflight  nothing would refuse an upgrade\n"
            "  ok    schema     equal to head\n"
            "  Advice: Nothing to do\n"
            "\n"
            "An upgrade would use SQLite eventos.db (DATABASE_URL)."
        ),
    )
    assert files(tmp_path) == before


def test_a_file_as_a_uri(doctor: Doctor, sqlite: sa.Engine, tmp_path: Path) -> None:
    lineage.build(sqlite, 18, rows=1)
    report = doctor(f"sqlite:///file:{tmp_path / 'eventos.db'}?uri=true")
    assert (report.code, report.step("revision")) == (0, f"ok: no revision; {PENDING}")


def test_a_database_in_memory(doctor: Doctor) -> None:
    assert doctor("sqlite:///:memory:").step("file") == "ok: in memory, and gone when a command ends"


def test_a_missing_folder(doctor: Doctor, tmp_path: Path) -> None:
    report = doctor(f"sqlite:///{tmp_path}/dados/eventos.db")
    assert (report.code, report.step("file")) == (3, f"FAIL: the folder of {tmp_path}/dados/eventos.db does not exist")
    assert report.advice == f"Make it, or correct DATABASE_URL: mkdir -p {tmp_path}/dados"
    assert report.end == "No way leads to the database."


def test_a_file_that_is_no_database(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "eventos.db").write_text("cpf;nome\n")
    report = doctor("sqlite:///eventos.db")
    assert (report.code, report.step("file")) == (4, "FAIL: eventos.db is no SQLite database")
    assert report.advice == "Correct DATABASE_URL, or move the file away"
    assert report.step("not asked") == "-: kind, holder, revision, preflight, schema"


def test_a_file_of_another_application(doctor: Doctor, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "eventos.db")) as connection:
        connection.execute("CREATE TABLE pedidos (id INTEGER PRIMARY KEY)")
    report = doctor("sqlite:///eventos.db")
    assert (report.code, report.step("revision")) == (
        4,
        "FAIL: the database has 1 table, and none of this application's",
    )


def test_a_file_cut_short(doctor: Doctor, at_head: Path, tmp_path: Path) -> None:
    at_head.write_bytes(at_head.read_bytes()[:8192])
    report = doctor("sqlite:///eventos.db")
    assert (report.code, report.advice) == (4, "Bring it back from a backup, or move it away")


def test_a_file_that_may_not_be_written(
    doctor: Doctor, sqlite: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write what nobody may, and these tests may be root's: what the system would answer is put in."""
    lineage.build(sqlite, 18)
    monkeypatch.setattr(os, "access", lambda path, mode: not (mode & os.W_OK and Path(path).name == "eventos.db"))
    report = doctor("sqlite:///eventos.db")
    assert (report.code, report.step("preflight")) == (4, "FAIL: the file cannot be written by this user")
    assert report.advice == "Change its permissions or its folder's, then run again"


def test_a_file_that_is_held(doctor: Doctor, at_head: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(at_head)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        report = doctor("sqlite:///eventos.db")
    assert (report.code, report.step("holder")) == (
        0,
        "note: another process, which an upgrade would wait for: database is locked",
    )
    assert report.step("schema") == "ok: equal to head"


def test_a_file_with_a_write_ahead_log(doctor: Doctor, at_head: Path, tmp_path: Path) -> None:
    """Closed, open, and left behind by an application that was ended: read, where that writes nothing."""
    with contextlib.closing(sqlite3.connect(at_head)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    before = files(tmp_path)
    report = doctor("sqlite:///eventos.db")
    assert (report.step("kind"), report.step("holder")) == ("ok: SQLite, with a write-ahead log", "ok: nobody")
    assert report.step("schema") == "ok: equal to head"
    assert files(tmp_path) == before

    with contextlib.closing(sqlite3.connect(at_head)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0021'")
        connection.commit()
        names = set(files(tmp_path))
        report = doctor("sqlite:///eventos.db")
        assert report.step("kind") == "ok: SQLite, with a write-ahead log that is in use"
        assert report.step("holder") == "note: not asked: eventos.db is in use, or was when its application was ended"
        assert report.step("revision") == f"ok: at 0021; {counted(after('0021'))} pending"
        assert set(files(tmp_path)) == names
        left = {name: content for name, (content, _) in files(tmp_path).items()}
    for name in ("eventos.db", "eventos.db-wal"):
        (tmp_path / name).write_bytes(left[name])
    before = files(tmp_path)
    report = doctor("sqlite:///eventos.db")
    assert (report.code, report.step("kind")) == (
        0,
        "note: SQLite, with changes in eventos.db-wal that nobody has merged: looked at in a copy",
    )
    assert report.step("revision") == f"ok: at 0021; {counted(after('0021'))} pending"
    assert files(tmp_path) == before


def test_a_file_with_a_hot_journal(doctor: Doctor, sqlite: sa.Engine, tmp_path: Path) -> None:
    """An application that was killed in a transaction: to read the file would take the transaction back."""
    lineage.build(sqlite, 18, rows=2)
    killed = (
        "import os, sqlite3; c = sqlite3.connect('eventos.db', isolation_level=None);"
        "c.execute('PRAGMA cache_size = 1'); c.execute('BEGIN');"
        "c.execute('CREATE TABLE novas (t)');"
        "[c.execute('INSERT INTO novas VALUES (zeroblob(8000))') for _ in range(9)]; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", killed], check=True, cwd=tmp_path)
    before = files(tmp_path)
    assert "eventos.db-journal" in before
    report = doctor("sqlite:///eventos.db")
    assert (report.code, report.step("kind")) == (
        0,
        "note: SQLite, with changes that were broken off: looked at in a copy, in which they are taken back",
    )
    assert report.advice == "make upgrade PLAN=1, which tries it on the rows as well; then make upgrade"
    assert files(tmp_path) == before


def test_a_file_whose_application_is_at_work(doctor: Doctor, sqlite: sa.Engine, tmp_path: Path) -> None:
    lineage.build(sqlite, 18)
    with contextlib.closing(sqlite3.connect(tmp_path / "eventos.db", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO empresas (nome, cnpj, email, telefone) VALUES ('a', 'b', 'c', 'd')")
        report = doctor("sqlite:///eventos.db")
    assert (report.code, report.step("kind")) == (
        0,
        "note: SQLite, with a rollback journal in which changes are under way",
    )
    assert report.step("revision") == f"ok: no revision; {PENDING}"
