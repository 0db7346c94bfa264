"""`make doctor`: why the database cannot be reached, or what an upgrade would meet there. Nothing is written."""

from homecoming.doctor.runner import doctor

__all__ = ["doctor"]
