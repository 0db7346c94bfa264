#!/bin/sh
# Every EVERY seconds (60; the first argument) one look at the database: `painel health --report`, which also writes
# MIGRATION_METRICS_FILE and sends the alerts that are due. A line a round: the time and the verdict.
#
# A round that takes longer than EVERY is waited for: two never run at once. A signal is how it ends: exit code 0.
# POSIX sh: it runs in a slim Debian image (dash) and on Alpine (BusyBox). Exit codes: docs/monitoring/README.md.
#
# Backquotes where a signal may come: bash 5.2 loses one that meets a $(...), or ends with an error of its grammar.
# shellcheck disable=SC2006
set -eu

# The current folder stays: .env and sqlite:///eventos.db are the application's.
script=$(readlink -f -- "$0")
root=$(dirname -- "$(dirname -- "$(dirname -- "${script}")")")
# shellcheck source=scripts/language.sh
. "${root}/scripts/language.sh"
# shellcheck source=scripts/deploy/variables.sh
. "${root}/scripts/deploy/variables.sh"
# shellcheck source=scripts/deploy/interpreter.sh
. "${root}/scripts/deploy/interpreter.sh"

every=$(number EVERY "${1:-}" 60 1 86400)
python=$(interpreter WATCH_PYTHON "${WATCH_PYTHON:-}")

# shellcheck source=scripts/deploy/signals.sh
. "${root}/scripts/deploy/signals.sh"

# A reader that goes away does not end the watch.
trap '' PIPE

# Its lines are for people: a JSON line has its time and its run, and no two are ever the same.
export MIGRATION_LOG=text

said=`mktemp -d`
trap 'rm -rf -- "${said}"' EXIT

# In the place of the shell that `run` starts, so that a signal reaches it.
# shellcheck disable=SC2317,SC2329  # `run` calls it.
look() { exec "${python}" -m painel_migrations health --report >"${said}/out" 2>"${said}/err"; }

say() { printf 'watch: %s %s\n' "`date -u +%Y-%m-%dT%H:%M:%SZ`" "$1" 2>/dev/null || :; }

before=''
while [ -z "${stopped}" ]; do
    began=`date +%s`
    run look
    [ -z "${stopped}" ] || break
    # The verdict is the first line of what health says.
    verdict=`sed -n 1p "${said}/out"` || verdict=''
    message 'no verdict, exit code %s' "${code}"
    case ${code}:${verdict} in [01]:?*) ;; *) verdict=${words} ;; esac
    say "${verdict}"
    rest=`sed 1d "${said}/out" && cat "${said}/err"` || rest=''
    # The reasons follow where they are other than a round ago, numbers aside, which are never the same.
    now=`printf '%s\n' "${code}" "${rest}" | sed '2,$s/[0-9][0-9.,]*//g'`
    if [ "${now}" != "${before}" ] && [ -n "${rest}" ]; then
        printf '%s\n' "${rest}" | sed 's/^/    /' 2>/dev/null || :
    fi
    if [ -z "${before}" ]; then
        # Settings or an interpreter that never worked do not pass by themselves; those of a running watch may be mended.
        case ${code} in 2 | 126 | 127) exit "${code}" ;; *) ;; esac
    fi
    before=${now}
    ended=`date +%s`
    pause=$((every - ended + began))
    # The clock may have been set back meanwhile.
    [ "${pause}" -le "${every}" ] || pause=${every}
    [ "${pause}" -le 0 ] || run sleep "${pause}"
done
message 'stopped'
say "${words}"
