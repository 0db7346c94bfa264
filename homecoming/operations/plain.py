"""Plain Alembic operations on PostgreSQL, which later revisions are written in: what they name lies in schema public.

The search_path shows nothing of it (``connection.engines.SAFE_PATH``), and revisions name no schema, as the models do.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.ddl.base import AlterTable, DropColumn
from alembic.ddl.postgresql import PostgresqlImpl

from homecoming.operations.batch import BATCH
from homecoming.operations.undeclared import drops_column
from homecoming.operations.watch import WATCH

PUBLIC = "public"
VERSIONS = "alembic_version"


class PublicImpl(PostgresqlImpl):
    """Alembic's way of sending its operations to PostgreSQL, with schema public named; for our history only."""

    __dialect__ = "postgresql"

    def _exec(self, construct: Any, execution_options: Any = None, *arguments: Any, **options: Any) -> Any:
        if not self.context_opts.get("in_public"):
            return super()._exec(construct, execution_options, *arguments, **options)
        batch = self.context_opts.get(BATCH)
        if _is_of_versions(construct) and (batch or self.as_sql):
            # What Alembic notes after each revision; its count of rows is looked at once, at the end of the run.
            text = str(construct.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
            # It is compiled for a driver, to which a % begins a parameter; a column needs no more than its name.
            text = text.replace("%%", "%").replace(f"{PUBLIC}.{VERSIONS}.", "")
            if batch:
                batch.add(text)
            else:
                self.static_output(text + self.command_terminator)
            return None
        if isinstance(construct, AlterTable):
            _name_schema(construct)
        if isinstance(construct, DropColumn) and construct.schema == PUBLIC and (watch := self.context_opts.get(WATCH)):
            drops_column(watch, str(construct.table_name), str(construct.column.name))
        named = {"schema_translate_map": {None: PUBLIC}}
        if not self.as_sql:
            return super()._exec(construct, {**(execution_options or {}), **named}, *arguments, **options)
        if isinstance(construct, str):
            return super()._exec(construct, execution_options, *arguments, **options)
        if not isinstance(construct, sa.schema.ExecutableDDLElement):
            options["compile_kwargs"] = {"literal_binds": True}
        compiled = construct.compile(dialect=self.dialect, render_schema_translate=True, **named, **options)
        self.static_output(str(compiled).replace("\t", "    ").strip() + self.command_terminator)
        return None

    def static_output(self, text: str) -> None:
        """Print a statement, or a comment."""
        if watch := self.context_opts.get(WATCH):
            watch.plain(text)
        super().static_output(text)

    def bulk_insert(self, table: Any, rows: list[dict[str, Any]], multiinsert: bool = True) -> None:
        """Insert rows as Alembic does. SQLAlchemy translates no schema of a table that only names its columns."""
        if self.context_opts.get("in_public") and table.schema is None and not isinstance(table, sa.Table):
            columns = [sa.column(column.name, column.type) for column in table.columns]
            table = sa.table(table.name, *columns, schema=PUBLIC)
        super().bulk_insert(table, rows, multiinsert)


def _is_of_versions(construct: Any) -> bool:
    return isinstance(construct, sa.sql.dml.UpdateBase) and getattr(construct.table, "name", "") == VERSIONS


def _name_schema(construct: AlterTable) -> None:
    construct.schema = construct.schema or PUBLIC
    of_type = getattr(construct, "type_", None)
    if isinstance(of_type, sa.Enum) and of_type.schema is None:
        here: Any = of_type
        construct.type_ = here.copy(schema=PUBLIC)  # type: ignore[attr-defined]  # of ColumnType and its kin
