"""PgBouncer in transaction mode before a server, where Debian's package is installed: between two transactions a client
may be given another client's connection, so nothing may lean on a session.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.servers import USER, Server

PROGRAM = shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
"""PgBouncer's path, or None where it is not installed: apt-get install pgbouncer."""

READY_WITHIN = 20.0

CONFIGURATION = """[databases]
* = host=127.0.0.1 port={server} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 1
ignore_startup_parameters = extra_float_digits
"""


@contextlib.contextmanager
def running(server: Server, to: int | None = None, more: str = "") -> Iterator[int]:
    """Start PgBouncer with one connection a database, for all clients, and give its port.

    `to` is the port it connects to where that is another than the server's; `more` are lines of its configuration.
    """
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="pooler-", dir="/tmp"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "users").write_text(f'"{USER}" ""\n')
    file = folder / "pooler.ini"
    file.write_text(CONFIGURATION.format(server=to or server.port, user=USER, port=port, folder=folder) + more)
    account: dict[str, Any] = {}
    if not os.geteuid():
        # Like PostgreSQL, it refuses root.
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for path in (folder, *folder.iterdir()):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([PROGRAM, str(file)], stdout=log, stderr=log, cwd=folder, **account)
    try:
        _wait(process, port, folder / "log")
        yield port
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"PgBouncer did not start: {log.read_text()[-2000:]}")
