"""What the database is at head: its tables by domain, its enums, its useful indexes and its triggers."""

from painel_migrations.schema.enums import ENUMS, LABEL_HEIRS
from painel_migrations.schema.indexes import USEFUL_INDEXES, UsefulIndex
from painel_migrations.schema.metadata import metadata
from painel_migrations.schema.triggers import TRIGGERS

__all__ = ["ENUMS", "LABEL_HEIRS", "TRIGGERS", "USEFUL_INDEXES", "UsefulIndex", "metadata"]
