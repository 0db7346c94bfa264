"""The console script: one paste that is right on any PostgreSQL database, whatever revision it is at."""

from homecoming.console.script import script_text, sql, sql_rollback, sql_verify, verify_text

__all__ = ["script_text", "sql", "sql_rollback", "sql_verify", "verify_text"]
