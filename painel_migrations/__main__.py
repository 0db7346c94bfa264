"""`python -m painel_migrations <verb>`: the command line."""

import gc
import sys
from typing import Any

# A verb makes half a million objects that stay until it ends: looking for cycles among them again and again costs it a
# tenth of its time.
gc.set_threshold(200_000, 10, 10)
# Mako, which Alembic loads, would load every lexer of Pygments to colour errors of templates; it does without as well.
_modules: dict[str, Any] = sys.modules
_modules.setdefault("mako.ext.pygmentplugin", None)

from painel_migrations.cli import main  # noqa: E402  what loads it all comes after both

_code = main()
# Python looks through all of them once more before it ends, for what nothing needs: another tenth.
gc.freeze()
sys.exit(_code)
