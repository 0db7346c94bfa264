"""The image of a migration job: what its steps make runs without root, and writes nowhere but where it may."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from painel_migrations import __version__
from tests.conftest import engine_of
from tests.support import installations, lineage, servers
from tests.support.history import ROOT
from tests.support.image import Image

# With the other environments, in one worker.
pytestmark = pytest.mark.xdist_group("installations")


@pytest.fixture
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    place = tmp_path_factory.mktemp("image")
    probe = installations.pip("download", "--no-deps", "--dest", str(tmp_path_factory.mktemp("probe")), "tenacity")
    if probe.returncode:
        pytest.skip(f"no package index can be reached: {probe.stderr.strip().splitlines()[-1]}")
    made = Image(place)
    for folder in (made.root, *made.root.parents):
        # Closed to others, as pytest makes them: the image's user has to pass.
        if folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o711)
    made.build()
    return made


@pytest.fixture
def url(server_of: Callable[[int], servers.Server]) -> Iterator[str]:
    server = server_of(18)
    url = server.create_database("image")
    lineage.build(engine_of(url), 18, 22, rows=3)
    yield url
    server.drop_database("image")


def head() -> str:
    return sorted((ROOT / "alembic/versions").glob("[0-9]*.py"))[-1].name[:4]


def test_it_migrates_without_root_on_a_read_only_tree(image: Image, url: str) -> None:
    def tree() -> dict[str, tuple[int, int]]:
        found = (path for path in (image.root / "opt").rglob("*") if path.is_file())
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in found}

    before = tree()
    done = image.run(DATABASE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Done: at {head()}" in done.stdout
    assert image.run("verify", DATABASE_URL=url).returncode == 0
    assert image.run("--version").stdout == f"painel-migrations {__version__}\n"
    assert tree() == before
    # Nothing that another clone, or a person, has in this folder.
    assert {path.name for path in (image.root / "opt/painel").iterdir()} == {
        *("alembic", "alembic.ini", "archive", "homecoming", "painel_migrations", "requirements.txt", "venv"),
    }
    # Or all of that would say nothing: who runs the image owns the tree here.
    writing = dataclasses.replace(image, command=["touch"])
    assert writing.run(str(image.root / "opt/painel/more")).returncode == 1
    assert writing.run(str(image.root / "work/more")).returncode == 0
    # Where no database answers, the script for its console is in the folder for work.
    done = image.run(DATABASE_URL="postgresql://painel@127.0.0.1:1/painel", MIGRATION_CONNECT_ATTEMPTS="1")
    assert done.returncode == 3, done.stderr
    assert len(list((image.root / "work").glob("fix-*.sql"))) == 1
