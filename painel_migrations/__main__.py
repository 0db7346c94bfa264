"""`python -m painel_migrations <verb>`: the command line."""

import sys

from painel_migrations.cli import main

sys.exit(main())
