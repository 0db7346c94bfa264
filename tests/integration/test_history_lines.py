"""What `migration_history` says, read back; and a revision that was edited after it had run, found by its hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming import catalog
from homecoming.history.configuration import configuration
from homecoming.history.lines import Edited, Line, edited, read_lines
from homecoming.history.run_history import revision_sha256
from painel_migrations import __version__
from tests.support import history


@pytest.fixture
def script() -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration())


def test_every_line_as_it_was_written(database: sa.Engine, script: ScriptDirectory) -> None:
    with database.connect() as connection:
        assert read_lines(connection) == []
    began = datetime.now(UTC)
    history.upgrade(database, "0003")
    history.downgrade(database, "0002")
    with database.connect() as connection:
        lines = read_lines(connection)
        state = catalog.fingerprint(catalog.read(connection))
    assert [(line.revision, line.direction) for line in lines] == [
        ("0001", "upgrade"),
        ("0002", "upgrade"),
        ("0003", "upgrade"),
        ("0003", "downgrade"),
    ]
    assert [line.id for line in lines] == sorted(line.id for line in lines)
    assert len({line.run for line in lines}) == 2
    postgresql = database.dialect.name == "postgresql"
    for line in lines:
        assert began - timedelta(seconds=2) < line.applied_at < datetime.now(UTC) + timedelta(seconds=2)
        assert line.applied_at.utcoffset() == timedelta(0)
        assert (line.way, line.project_version, line.script_sha256) == ("command", __version__, None)
        assert line.role == ("postgres" if postgresql else None)
        assert 0 <= line.seconds < 60
        assert line.rows_retired == 0
        assert line.revision_sha256 == revision_sha256(script.get_revision(line.revision))
    assert lines[-1].fingerprint_after == state
    assert lines[-1].fingerprint_before == lines[0].fingerprint_after != state


def test_a_table_of_that_name_that_is_another_s(database: sa.Engine) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE migration_history (id INTEGER, run TEXT)")
        assert read_lines(connection) == []


@pytest.fixture
def lines(script: ScriptDirectory) -> list[Line]:
    """A line for each of the first three revisions, as a run of their present files leaves it."""
    at = datetime(2025, 9, 1, tzinfo=UTC)
    line = Line(1, "r", "", "upgrade", at, 0.1, "command", None, None, "1", None, "", "a", "b", 0)
    return [
        replace(line, id=number, revision=name, revision_sha256=revision_sha256(script.get_revision(name)))
        for number, name in enumerate(("0001", "0002", "0003"), start=1)
    ]


def test_a_file_that_is_the_one_that_ran(lines: list[Line], script: ScriptDirectory) -> None:
    assert edited(lines, script) == []


def test_an_edited_revision(lines: list[Line], script: ScriptDirectory) -> None:
    ran = replace(lines[1], revision_sha256="0" * 64)
    found = [Edited("0002", "0" * 64, lines[1].revision_sha256)]
    assert edited([lines[0], ran, lines[2]], script) == found
    # A stamp runs nothing, so it settles nothing.
    assert edited([ran, replace(lines[1], direction="stamp")], script) == found


def test_the_newest_run_of_a_revision_counts(lines: list[Line], script: ScriptDirectory) -> None:
    other = replace(lines[1], revision_sha256="0" * 64)
    assert edited([other, replace(lines[1], way="repair")], script) == []
    assert edited([lines[1], other], script) == [Edited("0002", "0" * 64, lines[1].revision_sha256)]
    assert edited([other, replace(other, direction="downgrade")], script) == []


def test_a_revision_that_has_no_file_any_more(lines: list[Line], script: ScriptDirectory) -> None:
    assert edited([replace(lines[0], revision="9999")], script) == []


def test_line_ends_that_git_changed_are_no_edit(lines: list[Line], tmp_path: Path, script: ScriptDirectory) -> None:
    revision = script.get_revision("0001")
    copy = tmp_path / "0001.py"
    copy.write_bytes(Path(revision.path).read_bytes().replace(b"\n", b"\r\n"))
    revision.path = str(copy)
    assert edited(lines, script) == []
    copy.write_bytes(copy.read_bytes() + b"#")
    assert [found.revision for found in edited(lines, script)] == ["0001"]
