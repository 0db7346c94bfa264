"""From settings to a live connection: engines, one transaction, one run at a time, and what an error means."""

from homecoming.connection.engines import make_engine, prepare_sqlite

__all__ = ["make_engine", "prepare_sqlite"]
