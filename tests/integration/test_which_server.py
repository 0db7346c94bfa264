"""URLs of one PostgreSQL database, as providers and other clients write them: each leads there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from homecoming import cli
from tests.support import servers

# As an application's SQLAlchemy 2.0 takes it: what looks like a code is a part of the name.
NAME = "meu%20banco"


@pytest.fixture(scope="module")
def parts(server_of: Callable[[int], servers.Server]) -> Iterator[dict[str, object]]:
    server = server_of(18)
    url = sa.make_url(server.url())
    server.create_database(NAME)
    yield {"u": url.username, "h": url.host, "p": url.port, "d": NAME}
    server.drop_database(NAME)


@pytest.mark.parametrize(
    "text",
    [
        "postgres://{u}:@{h}:{p}/{d}\n",
        "postgresql+asyncpg://{u}@{h}:{p}/{d}?ssl=disable",
        "postgresql+psycopg://{u}@{h}:{p}/{d}?sslmode=prefer&channel_binding=prefer",
        "postgresql:///{d}?host={h}:{p}&user={u}",
        "postgresql://{u}@/{d}?host=127.0.0.1:1&host={h}:{p}",
        "POSTGRESQL+PG8000://{u}:a%40b%25c@{h}:{p}/{d}",
    ],
)
@pytest.mark.parametrize("name", ["DATABASE_URL", "database_public_url"])
def test_each_leads_to_the_database(
    text: str,
    name: str,
    parts: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for variable in [one for one in os.environ if one.upper().startswith(("DATABASE_", "PG"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv(name, text.format(**parts))
    assert cli.main(["status"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"Database: PostgreSQL {NAME}")
    assert said.out.splitlines()[0].endswith(f" ({name.upper()})")
    assert said.err == ""
