#!/bin/sh
# Start the application on a database brought to head: start.sh COMMAND ..., for a platform without a pre-deploy, or a
# SQLite file on a volume that a pre-deploy does not see. POSIX sh; variables, exit codes: docs/deploy.md.
set -eu

script=$(readlink -f -- "$0")
here=$(dirname -- "${script}")
root=$(dirname -- "$(dirname -- "${here}")")
# shellcheck source=scripts/language.sh
. "${root}/scripts/language.sh"
# shellcheck source=scripts/deploy/signals.sh
. "${here}/signals.sh"
# shellcheck source=scripts/deploy/variables.sh
. "${here}/variables.sh"

if [ "$#" -eq 0 ]; then
    message 'no command that starts the application'
    what=${words}
    message 'Write it behind: %s' 'start.sh uvicorn app.main:app'
    refuse "${what}" "${words}"
fi
# The platform's health check waits for the application, which waits for this.
seconds=$(number START_MIGRATION_SECONDS "${START_MIGRATION_SECONDS:-}" 60 1 3600)
only_migrated=$(number START_ONLY_MIGRATED "${START_ONLY_MIGRATED:-}" 0 0 1)

say() {
    message "$@"
    printf 'start: %s\n' "${words}" >&2
}

run env "PREDEPLOY_SECONDS=${seconds}" PREDEPLOY_CLOCK=START_MIGRATION_SECONDS sh "${here}/predeploy.sh"
[ -z "${stopped}" ] || exit "$((128 + stopped))"
if [ "${code}" -ne 0 ]; then
    if [ "${only_migrated}" -eq 1 ]; then
        say 'no migration, exit code %s: the application does not start (START_ONLY_MIGRATED)' "${code}"
        exit "${code}"
    fi
    # The application ran on this database until now: it is better off with the old schema than not at all.
    say 'no migration, exit code %s: the application starts all the same' "${code}"
fi
# In this process's place, so that signals reach the application.
exec "$@"
