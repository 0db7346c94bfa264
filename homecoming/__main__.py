"""`homecoming <verb>`: the command line, for the project that alembic.ini names."""

import gc
import sys
from typing import Any

from homecoming.errors import UsageError
from homecoming.project import name_project, named_in


def main() -> int:
    """Run the verb of the command line for the project of the folder it is run in. Returns the exit code."""
    from homecoming.language import use
    from homecoming.settings import read_language

    try:
        use(read_language())
        if sys.argv[1:2] == ["init"]:
            from homecoming.commands import init

            return init.main(sys.argv[2:])
        name_project(named_in())
    except UsageError as error:
        from homecoming.logs import say_error

        say_error(error, "text")
        return error.exit_code
    return run()


def run() -> int:
    """Run the verb of the command line for the project that is named. Returns the exit code."""
    # A verb makes half a million objects that stay until it ends: looking for cycles among them again and again costs
    # it a tenth of its time.
    gc.set_threshold(200_000, 10, 10)
    # Mako, which Alembic loads, would load every lexer of Pygments to colour errors of templates; it does without, too.
    modules: dict[str, Any] = sys.modules
    modules.setdefault("mako.ext.pygmentplugin", None)
    from homecoming.cli import main

    code = main()
    # Python looks through all of them once more before it ends, for what nothing needs: another tenth.
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(main())
