"""`make metrics` on real databases: one that is well, one that drifted, one that is not there; and after a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from tests.support import lineage
from tests.support.command import Ran

PASSWORD = "canario-7713"
CPF = "93541134780"


def samples(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def one(text: str, name: str) -> float:
    [(_, value)] = samples(text)[name]
    return value


def drift(text: str) -> dict[str, float]:
    return {labels["kind"]: value for labels, value in samples(text)["painel_drift_findings"] if value}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "homecoming.prom"
    monkeypatch.setenv("MIGRATION_METRICS_FILE", str(path))
    return path


def test_from_behind_to_drifted(
    database: sa.Engine, run: Callable[..., Ran], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(database, 16, rows=5)
    with database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE usuarios SET cpf = '{CPF}' WHERE id = (SELECT min(id) FROM usuarios)")
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))

    code, out, err = run("metrics")
    assert (code, err) == (0, "")
    assert file.read_text() == out
    assert one(out, "painel_pending_revisions") > 0
    assert "painel_behind_since_timestamp_seconds" in out
    assert "painel_drift_findings" not in out

    # A run writes the file by itself.
    file.unlink()
    assert run("upgrade")[0] == 0
    written = file.read_text()
    assert one(written, "painel_pending_revisions") == 0
    assert one(written, "painel_last_run_success") == 1
    assert drift(written) == {}
    applied = {labels["revision"] for labels, _ in samples(written)["painel_revision_duration_seconds"]}
    assert len(applied) > 10
    assert sum(value for _, value in samples(written)["painel_retired_rows"]) > 0

    with database.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_usuarios_cpf")
    code, drifted, _ = run("metrics")
    assert code == 0
    assert drift(drifted) == {"index": 1}
    assert one(drifted, "painel_healthy") == 0
    for text in (out, written, drifted):
        assert CPF not in text
        assert str(database.url.password) not in text


def test_of_a_database_that_is_not_there(run: Callable[..., Ran], file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://painel:{PASSWORD}@127.0.0.1:1/painel")
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    code, out, err = run("metrics")
    assert code == 0
    assert one(out, "painel_database_up") == 0
    assert samples(out)["painel_connection_attempts_total"][0][0]["result"] == "refused"
    assert "painel_pending_revisions" not in out
    assert file.read_text() == out, "what is said on the way goes to standard error"
    assert "refused" in err
    assert PASSWORD not in out + err


@pytest.mark.parametrize("style", ["text", "json"])
def test_standard_output_has_nothing_else(style: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_LOG", style)
    _, out, _ = run("metrics")
    assert all(line.startswith(("painel_", "# HELP painel_", "# TYPE painel_")) for line in out.splitlines())
    assert samples(out)


def test_a_setting_that_cannot_be_followed(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_LOCK_WAIT", "x")
    code, out, err = run("metrics")
    assert (code, out) == (2, "")
    assert err.startswith("Error: MIGRATION_LOCK_WAIT is not a number of seconds\n")


def test_a_file_that_cannot_be_written(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_METRICS_FILE", "no/such/folder/painel.prom")
    code, out, err = run("metrics")
    assert (code, err) == (
        2,
        (
            "Error: MIGRATION_METRICS_FILE cannot be written: No such file or directory\n"
            "Next: Name a file in a folder that is there and that this user may write to, or unset it\n"
        ),
    )
    assert samples(out), "they are printed all the same"
