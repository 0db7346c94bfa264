"""What tests build databases with. Whatever is started here works for this project."""

import painel_migrations  # noqa: F401  names it
