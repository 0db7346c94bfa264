#!/bin/sh
# Start the application on a database brought to head: start.sh COMMAND ..., for a platform without a pre-deploy, or a
# SQLite file on a volume that a pre-deploy does not see. POSIX sh; variables, exit codes: docs/deploy.md.
set -eu

script=$(readlink -f -- "$0")
here=$(dirname -- "${script}")
# shellcheck source=scripts/deploy/signals.sh
. "${here}/signals.sh"
# shellcheck source=scripts/deploy/variables.sh
. "${here}/variables.sh"

[ "$#" -gt 0 ] || refuse 'no command that starts the application' 'Write it behind: start.sh uvicorn app.main:app'
# The platform's health check waits for the application, which waits for this.
seconds=$(number START_MIGRATION_SECONDS "${START_MIGRATION_SECONDS:-}" 60 1 3600)
only_migrated=$(number START_ONLY_MIGRATED "${START_ONLY_MIGRATED:-}" 0 0 1)

run env "PREDEPLOY_SECONDS=${seconds}" PREDEPLOY_CLOCK=START_MIGRATION_SECONDS sh "${here}/predeploy.sh"
[ -z "${stopped}" ] || exit "$((128 + stopped))"
if [ "${code}" -ne 0 ]; then
    if [ "${only_migrated}" -eq 1 ]; then
        printf 'start: no migration, exit code %s: the application does not start (START_ONLY_MIGRATED)\n' "${code}" >&2
        exit "${code}"
    fi
    # The application ran on this database until now: it is better off with the old schema than not at all.
    printf 'start: no migration, exit code %s: the application starts all the same\n' "${code}" >&2
fi
# In this process's place, so that signals reach the application.
exec "$@"
