#!/bin/sh
# Before a deployment, bring the database to the schema the application needs: `painel upgrade`, tried again while the
# reason can pass by itself, since the platform does not retry a pre-deploy. What follows it is handed to `upgrade`.
#
# POSIX sh: it runs in a slim Debian image (dash) and on Alpine (BusyBox). Variables, exit codes: docs/deploy.md.
set -eu

# The current folder stays: .env and sqlite:///eventos.db are the application's, which starts there too.
script=$(readlink -f -- "$0")
here=$(dirname -- "${script}")
root=$(dirname -- "$(dirname -- "${here}")")
# shellcheck source=scripts/language.sh
. "${root}/scripts/language.sh"
# shellcheck source=scripts/deploy/signals.sh
. "${here}/signals.sh"
# shellcheck source=scripts/deploy/variables.sh
. "${here}/variables.sh"
# shellcheck source=scripts/deploy/interpreter.sh
. "${here}/interpreter.sh"

attempts=$(number PREDEPLOY_ATTEMPTS "${PREDEPLOY_ATTEMPTS:-}" 5 1 100)
pause=$(number PREDEPLOY_PAUSE "${PREDEPLOY_PAUSE:-}" 5 0 3600)
longest=$(number PREDEPLOY_LONGEST_PAUSE "${PREDEPLOY_LONGEST_PAUSE:-}" 60 0 3600)
seconds=$(number PREDEPLOY_SECONDS "${PREDEPLOY_SECONDS:-}" 0 0 86400)
# What is named when they are over: start.sh has a variable of its own for them.
clock=${PREDEPLOY_CLOCK-PREDEPLOY_SECONDS}

python=$(interpreter PREDEPLOY_PYTHON "${PREDEPLOY_PYTHON:-}")

# A reader that goes away does not end the run.
trap '' PIPE

say() {
    message "$@"
    printf 'predeploy: %s\n' "${words}" || :
}

# Says how it ends, and ends: finish CODE TEMPLATE [VALUE ...]
finish() {
    with=$1
    shift
    if [ "${with}" -eq 0 ]; then say "$@"; else say "$@" >&2; fi
    exit "${with}"
}

# Goes on unless a signal has come.
go_on() {
    case ${stopped} in
        '') ;;
        1) finish 129 'ended by %s at %s' SIGHUP "${this}" ;;
        2) finish 130 'ended by %s at %s' SIGINT "${this}" ;;
        14) finish 124 'ended at %s: %s, %s s, are over' "${this}" "${clock}" "${seconds}" ;;
        *) finish 143 'ended by %s at %s' SIGTERM "${this}" ;;
    esac
}

# One clock for all attempts and pauses. Its output is nobody's: a pipe it held would keep the reader waiting.
watchdog=''
watch() {
    trap 'stop 15' TERM HUP
    run sleep "${seconds}"
    [ -n "${stopped}" ] || kill -ALRM "$$"
}
if [ "${seconds}" -gt 0 ]; then
    trap 'stop 14' ALRM
    trap 'kill -TERM "${watchdog}" 2>/dev/null && wait "${watchdog}" || :' EXIT
    # Between its birth and its own traps it has ours: dash forgets a signal that comes then, and would wait for the clock.
    trap - TERM
    watch >/dev/null 2>&1 &
    watchdog=$!
    trap 'stop 15' TERM
fi

attempt=1
while :; do
    message 'attempt %s of %s' "${attempt}" "${attempts}"
    this=${words}
    go_on
    printf 'predeploy: %s\n' "${this}" || :
    # With it the upgrade leaves the console's way to the last attempt, and tells by 7 what no other one would change.
    export MIGRATION_ATTEMPTS_LEFT="$((attempts - attempt))"
    run "${python}" -m painel_migrations upgrade "$@"
    go_on
    case ${code} in
        0) finish 0 '%s ended with exit code 0' "${this}" ;;
        3) message '%s ended with exit code 3, no connection' "${this}" ;;
        5) message '%s ended with exit code 5, the lock is held' "${this}" ;;
        7)
            finish 3 '%s ended with exit code 3, no connection, and another would say the same: not tried again' \
                "${this}"
            ;;
        *)
            finish "${code}" '%s ended with exit code %s, which does not pass by itself: not tried again' \
                "${this}" "${code}"
            ;;
    esac
    ended=${words}
    [ "${attempt}" -lt "${attempts}" ] || finish "${code}" '%s: that was the last' "${ended}"
    # Half of the pause is chance, so that replicas that failed together come back one by one; half is sure, so that
    # the attempts are not all spent on a database that is only starting up.
    [ "${pause}" -le "${longest}" ] || pause=${longest}
    # Backquotes where a signal may come: bash 5.2 loses one that meets a $(...), or ends with an error of its grammar.
    # shellcheck disable=SC2006
    chance=`od -An -N2 -tu2 /dev/urandom`
    milliseconds=$((pause * 500 + pause * 500 * chance / 65536))
    # shellcheck disable=SC2006
    rest=`printf '%d.%03d' "$((milliseconds / 1000))" "$((milliseconds % 1000))"`
    say '%s: again in %s s' "${ended}" "${rest}"
    run sleep "${rest}"
    go_on
    pause=$((pause * 2))
    attempt=$((attempt + 1))
done
