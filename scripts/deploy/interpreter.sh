# shellcheck shell=sh
# To be sourced after variables.sh, with $root for the clone's folder: which Python runs the library, and from where.

# Prints the interpreter, which variable NAME may name: interpreter NAME "${NAME:-}"
# shellcheck disable=SC2154  # Where this is sourced, root is set.
interpreter() {
    if [ -n "$2" ]; then
        printf '%s\n' "$2"
    elif [ -x "${root}/.venv/bin/python" ]; then
        printf '%s\n' "${root}/.venv/bin/python"
    elif ! command -v python3 && ! command -v python; then
        message 'no Python is found'
        what=${words}
        message 'Install Python 3.11 or newer, or name one: %s=/path/to/python' "$1"
        refuse "${what}" "${words}"
    fi
}

# In a clone the library lies beside this folder. Nothing is imported from the current folder, whose own `alembic` may be
# a package.
[ ! -d "${root}/painel_migrations" ] || export PYTHONPATH="${root}${PYTHONPATH:+:${PYTHONPATH}}"
export PYTHONSAFEPATH=1
