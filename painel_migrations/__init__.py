"""Every migration PainelUniversal's database needs, from any state it was ever in to the one the application needs."""

from homecoming.project import name_project

__version__ = "0.1.0"

name_project("painel_migrations.project:PROJECT")
