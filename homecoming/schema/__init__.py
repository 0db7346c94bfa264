"""Tools for a schema that is written as SQLAlchemy's metadata: its forms, its defaults, its parts, its triggers."""
