"""Brings every database an application ever had home to one schema: Alembic's order, guarded operations, a way back.

It knows no table: an application says what it has as one `homecoming.project.Project`.
"""

__version__ = "0.1.0"
