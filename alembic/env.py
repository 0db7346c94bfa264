"""Alembic's entry: every command comes through here, so that `alembic upgrade head` is as safe as `make upgrade`."""

import logging.config

from alembic import context

import painel_migrations  # noqa: F401  names the project, whose revisions these are
from homecoming.run import environment

# Only Alembic's own command line has no logging of its own; the file name is absent when the configuration is made in
# code.
if context.config.config_file_name and not context.config.attributes.get("homecoming"):
    logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    environment.run_offline(context)
else:
    environment.run_online(context)
