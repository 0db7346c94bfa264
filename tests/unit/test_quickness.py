"""What a command leaves out, so that it begins and ends sooner."""

from __future__ import annotations

import sys

import pytest
import sqlalchemy as sa
from alembic.util import pyfiles

from homecoming import console
from homecoming.operations.sqlite import live
from tests.support import command


def after_sql(asked: str) -> str:
    """Run the verb `sql` as a process of its own, and return what an expression says as Python ends."""
    program = (
        "import atexit, gc, runpy, sys\nsys.argv = ['painel', 'sql']\n"
        f"atexit.register(lambda: print({asked}, file=sys.stderr))\n"
        "runpy.run_module('painel_migrations', run_name='__main__')"
    )
    ended = command.of("postgresql://nobody@nowhere.invalid/painel", sys.executable, "-c", program)
    assert ended.code == 0, ended.err
    return ended.err.splitlines()[-1]


def test_the_end_looks_for_no_garbage() -> None:
    assert int(after_sql("gc.get_freeze_count()")) > 100_000


def test_a_script_for_postgresql_loads_nothing_of_sqlite() -> None:
    ours, theirs = "homecoming.operations.sqlite", "sqlalchemy.dialects.sqlite"
    loaded = after_sql(f"[name for name in sys.modules if name.startswith({(ours, theirs)!r})]")
    assert loaded == "[]"


def test_a_script_in_english_reads_no_catalogue_of_translations() -> None:
    assert after_sql("__import__('homecoming.language').language.catalogue.cache_info().misses") == "0"


def test_a_script_imports_each_revision_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    imported: list[str] = []
    load = pyfiles.load_python_file

    def noting(folder: str, name: str) -> object:
        imported.append(name)
        return load(folder, name)

    monkeypatch.setattr("alembic.util.load_python_file", noting)
    assert console.sql("base", "head", "block", None) == 0
    assert capsys.readouterr().out
    assert imported
    assert len(imported) == len(set(imported))


def test_the_indexes_of_a_table_are_listed_once(sqlite: sa.Engine) -> None:
    with sqlite.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {live._INDEXES}", ("usuarios",)).all()
    assert [row.detail.split()[1] for row in plan if row.detail.startswith("SCAN")] == ["l", "m", "c"]
