#!/bin/sh
# Prints jobs.yaml once for each database that is named, to pipe into kubectl: sh jobs.sh loja-1 loja-2
# A database has a Job of its own: its exit code, its log, its line in migration_history; none waits for another.
set -eu

script=$(readlink -f -- "$0")
root=$(dirname -- "$(dirname -- "$(dirname -- "$(dirname -- "${script}")")")")
# shellcheck source=scripts/language.sh
. "${root}/scripts/language.sh"

refuse() {
    message "$@"
    printf 'jobs: %s\n' "${words}" >&2
    exit 2
}

[ "$#" -gt 0 ] || refuse 'name the databases: sh jobs.sh loja-1 loja-2'
for name; do
    # What Kubernetes takes as a name, with room for what stands before it.
    case ${name} in
        "" | -* | *- | *[!a-z0-9-]*) refuse '%s is no name: small letters, digits and -' "${name}" ;;
        *) [ "${#name}" -le 40 ] || refuse '%s is longer than 40 letters' "${name}" ;;
    esac
done
for name; do
    printf '%s\n' ---
    sed -e '/^ *#/d' -e "s/DATABASE\$/${name}/" "$(dirname -- "${script}")/jobs.yaml"
done
