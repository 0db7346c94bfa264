"""Every migration PainelUniversal's database needs, from any state it was ever in to the one the application needs."""

__version__ = "0.1.0"
