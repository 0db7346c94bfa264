"""`python -m painel_migrations <verb>`: the command line of `homecoming`, for PainelUniversal."""

import sys

from homecoming.__main__ import run

if __name__ == "__main__":
    sys.exit(run())
