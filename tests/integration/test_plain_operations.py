"""A later revision in Alembic's plain operations finds the tables in public, though no name of it is in the path."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from homecoming.errors import Refused
from homecoming.history.configuration import configuration
from homecoming.run.migrate import migrate
from tests.support import history, next_revision
from tests.support.history import HEAD, NEXT

REVISION = f"""\"\"\"Plain operations\"\"\"

import sqlalchemy as sa

from alembic import op

revision = "{NEXT}"
down_revision = "{HEAD}"


def upgrade():
    op.create_table("festas_de_ontem", sa.Column("id", sa.Integer, primary_key=True), sa.Column("nome", sa.String(20)))
    op.add_column("festas_de_ontem", sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")))
    op.add_column("eventos", sa.Column("forro_de_ontem", sa.String(20), server_default="nenhuma"))
    op.create_index("ix_eventos_forro_de_ontem", "eventos", ["forro_de_ontem"])
    op.alter_column("eventos", "forro_de_ontem", type_=sa.String(40), existing_type=sa.String(20), nullable=False)
    op.create_check_constraint("forro_de_ontem_curta", "eventos", "forro_de_ontem <> ''")
    op.bulk_insert(sa.table("festas_de_ontem", sa.column("nome", sa.String)), [{{"nome": "junina"}}])
    op.execute("UPDATE public.festas_de_ontem SET nome = upper(nome)")


def downgrade():
    op.drop_constraint("forro_de_ontem_curta", "eventos")
    op.drop_index("ix_eventos_forro_de_ontem", "eventos")
    op.drop_column("eventos", "forro_de_ontem")
    op.drop_table("festas_de_ontem")
"""


def test_plain_operations_work_under_the_safe_path(postgres: sa.Engine, tmp_path: Path) -> None:
    (tmp_path / f"{NEXT}_plain.py").write_text(REVISION, encoding="utf-8")
    history.at_head(postgres)
    config = history.config(postgres)
    ours = Path(config.get_main_option("script_location") or "") / "versions"
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_path_separator", "os")
    config.set_main_option("version_locations", f"{ours}:{tmp_path}")
    command.upgrade(config, "head")
    with postgres.connect() as connection:
        assert connection.exec_driver_sql("SELECT nome FROM public.festas_de_ontem").scalar() == "JUNINA"
        (column,) = (
            c for c in sa.inspect(connection).get_columns("eventos", "public") if c["name"] == "forro_de_ontem"
        )
    assert (str(column["type"]), column["nullable"]) == ("VARCHAR(40)", False)
    # The row of the table that it made is somebody's by now.
    with pytest.raises(Refused, match=r"drops festas_de_ontem [(]1 row[)]"):
        command.downgrade(config, HEAD)
    with postgres.begin() as connection:
        connection.exec_driver_sql("DELETE FROM public.festas_de_ontem")
    command.downgrade(config, HEAD)
    with postgres.connect() as connection:
        assert not sa.inspect(connection).has_table("festas_de_ontem", "public")
        assert "forro_de_ontem" not in {c["name"] for c in sa.inspect(connection).get_columns("eventos", "public")}
        assert connection.exec_driver_sql("SELECT version_num FROM public.alembic_version").scalar() == HEAD


def test_what_a_revision_took_from_a_table_at_head_a_later_one_gives_back(
    postgres: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is as head has it is asked for nothing; one that was so before the run may not be so any more."""
    history.at_head(postgres)
    next_revision.add(tmp_path / "history", monkeypatch, 'op.drop_constraint("empresas_cnpj_key", "empresas")')
    again = 'op.ensure_table("empresas", sa.Column("cnpj", sa.String(18), nullable=False, unique=True))'
    last = next_revision.REVISION.format(number="9998", before=NEXT, upgrade=f"    {again}", downgrade="    pass")
    (tmp_path / "history/alembic/versions/9998_last.py").write_text(last, encoding="utf-8")
    migrate(configuration(connection=postgres, way="command"), "upgrade", "head")
    with postgres.connect() as connection:
        (unique,) = sa.inspect(connection).get_unique_constraints("empresas", "public")
    assert unique["name"] == "empresas_cnpj_key"
