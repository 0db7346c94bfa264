"""The guarded operations that revisions are written in, as ``op.<name>``; importing this package registers them."""

from painel_migrations.operations import columns, enums, keys, retiring, tables, triggers, values

__all__ = ["columns", "enums", "keys", "retiring", "tables", "triggers", "values"]
