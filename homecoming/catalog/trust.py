"""Whose things are trusted, and which tables' rows are not read since reading them would run another role's code."""

import functools
from importlib import resources

from homecoming.project import project


@functools.cache
def trusted() -> str:
    """Return the SELECT of the roles whose code may run with the rights of whoever runs: as the helpers have it."""
    helpers = (resources.files("homecoming.operations") / "postgresql" / "05_trust.sql").read_text("utf-8")
    text = helpers.split("$fn$", 2)[1].strip("\n")
    return text.replace("@project.owners_table@", f"'{project().owners_table}'")


@functools.cache
def unread() -> str:
    """Return the SELECT of the tables of schema public whose rows are not read: ``oid``, ``why``.

    The catalogue alone decides. Whatever reads rows of a table that a run has not looked at asks this first.
    """
    text = resources.files(__package__).joinpath("unread.sql").read_text(encoding="utf-8").rstrip()
    return text.replace("{trusted}", trusted())
