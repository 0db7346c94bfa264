#!/bin/sh
# By night: a backup, its proof, once a week a drill, and one look at the database, which writes MIGRATION_METRICS_FILE
# and sends the alerts that are due. A backup removes those that are too old: docs/backup.md.
#
# Each step is done whatever became of the others; it ends with the exit code of the first one that failed. POSIX sh: it
# runs in a slim Debian image (dash) and on Alpine (BusyBox).
set -eu

# The current folder stays: .env, backups/ and sqlite:///eventos.db are the application's.
script=$(readlink -f -- "$0")
root=$(dirname -- "$(dirname -- "$(dirname -- "${script}")")")
# shellcheck source=scripts/language.sh
. "${root}/scripts/language.sh"
# shellcheck source=scripts/deploy/variables.sh
. "${root}/scripts/deploy/variables.sh"
# shellcheck source=scripts/deploy/interpreter.sh
. "${root}/scripts/deploy/interpreter.sh"

days=$(number NIGHTLY_DRILL_DAYS "${NIGHTLY_DRILL_DAYS:-}" 7 1 365)
python=$(interpreter NIGHTLY_PYTHON "${NIGHTLY_PYTHON:-}")

# shellcheck source=scripts/deploy/signals.sh
. "${root}/scripts/deploy/signals.sh"

# A reader that goes away does not end the night's work.
trap '' PIPE

first=0
step() {
    [ -z "${stopped}" ] || return 0
    run "${python}" -m painel_migrations "$@"
    message '%s ended with exit code %s' "$1" "${code}"
    printf 'nightly: %s\n' "${words}" 2>/dev/null || :
    [ "${first}" -ne 0 ] || first=${code}
}

step backup --nightly
# 8: it is made, and was not shipped. Where none was made the last one has its proof.
case ${code} in 0 | 8) step backup-verify "--drill-after=${days}" ;; *) ;; esac
step health --report

[ -z "${stopped}" ] || exit "$((128 + stopped))"
exit "${first}"
