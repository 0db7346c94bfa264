"""The console script: one paste that is right on any PostgreSQL database, whatever revision it is at."""

from painel_migrations.deploy.console.script import sql, sql_rollback, sql_verify

__all__ = ["sql", "sql_rollback", "sql_verify"]
