"""A later revision in Alembic's plain operations finds the tables in public, though no name of it is in the path."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from painel_migrations.errors import Refused
from tests.support import history

REVISION = """\"\"\"Plain operations\"\"\"

import sqlalchemy as sa

from alembic import op

revision = "NEXT"
down_revision = "HEAD"


def upgrade():
    op.create_table("festas", sa.Column("id", sa.Integer, primary_key=True), sa.Column("nome", sa.String(20)))
    op.add_column("festas", sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")))
    op.add_column("eventos", sa.Column("capa", sa.String(20), server_default="nenhuma"))
    op.create_index("ix_eventos_capa", "eventos", ["capa"])
    op.alter_column("eventos", "capa", type_=sa.String(40), existing_type=sa.String(20), nullable=False)
    op.create_check_constraint("capa_curta", "eventos", "capa <> ''")
    op.bulk_insert(sa.table("festas", sa.column("nome", sa.String)), [{"nome": "junina"}])
    op.execute("UPDATE public.festas SET nome = upper(nome)")


def downgrade():
    op.drop_constraint("capa_curta", "eventos")
    op.drop_index("ix_eventos_capa", "eventos")
    op.drop_column("eventos", "capa")
    op.drop_table("festas")
"""


def test_plain_operations_work_under_the_safe_path(postgres: sa.Engine, tmp_path: Path) -> None:
    (tmp_path / f"{history.NEXT}_plain.py").write_text(
        REVISION.replace("NEXT", history.NEXT).replace("HEAD", history.HEAD), encoding="utf-8"
    )
    history.upgrade(postgres)
    config = history.config(postgres)
    ours = Path(config.get_main_option("script_location") or "") / "versions"
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_path_separator", "os")
    config.set_main_option("version_locations", f"{ours}:{tmp_path}")
    command.upgrade(config, "head")
    with postgres.connect() as connection:
        assert connection.exec_driver_sql("SELECT nome FROM public.festas").scalar() == "JUNINA"
        (column,) = (c for c in sa.inspect(connection).get_columns("eventos", "public") if c["name"] == "capa")
    assert (str(column["type"]), column["nullable"]) == ("VARCHAR(40)", False)
    # The row of the table that it made is somebody's by now.
    with pytest.raises(Refused, match=r"drops festas [(]1 row[)]"):
        command.downgrade(config, history.HEAD)
    with postgres.begin() as connection:
        connection.exec_driver_sql("DELETE FROM public.festas")
    command.downgrade(config, history.HEAD)
    with postgres.connect() as connection:
        assert not sa.inspect(connection).has_table("festas", "public")
        assert "capa" not in {c["name"] for c in sa.inspect(connection).get_columns("eventos", "public")}
        assert connection.exec_driver_sql("SELECT version_num FROM public.alembic_version").scalar() == history.HEAD
