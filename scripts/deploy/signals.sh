# shellcheck shell=sh
# To be sourced: `run COMMAND ...` leaves its exit code in $code, and a signal to this shell ends the command first.
#
# A shell reacts to a signal only between two commands. So the command runs in the background, and the shell waits.

# shellcheck disable=SC2034  # Read where this is sourced.
code=0     # of the last run
child=''   # the process of a run, while there is one
told=''    # whether it was told to end: once, since a second time could break its rollback
stopped='' # the number of the first signal that came

stop() {
    stopped=${stopped:-$1}
    [ -z "${child}" ] || terminate
}

terminate() {
    [ -z "${told}" ] || return 0
    told=1
    # Until it has become the command, a newborn child has this shell's traps, and dash forgets a signal that comes then.
    sleep 0.1
    # SIGTERM whatever came: a shell starts what runs in the background with SIGINT ignored.
    kill -TERM "${child}" 2>/dev/null || :
}

# shellcheck disable=SC2034
run() {
    code=0
    [ -z "${stopped}" ] || return 0
    "$@" &
    child=$!
    # A signal between the two lines above found no child to end.
    [ -z "${stopped}" ] || terminate
    # dash says "Terminated" of what it was told to end.
    wait "${child}" 2>/dev/null || code=$?
    # The signal cut the wait short: the command may still be rolling back.
    while [ -n "${stopped}" ] && kill -0 "${child}" 2>/dev/null; do wait "${child}" 2>/dev/null || :; done
    child=''
    told=''
}

trap 'stop 1' HUP
trap 'stop 2' INT
trap 'stop 15' TERM
