"""`make doctor`: why the database cannot be reached, or what an upgrade would meet there. Nothing is written."""

from painel_migrations.deploy.doctor.rounds import doctor

__all__ = ["doctor"]
