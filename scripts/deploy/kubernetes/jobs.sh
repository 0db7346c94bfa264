#!/bin/sh
# Prints jobs.yaml once for each database that is named, to pipe into kubectl: sh jobs.sh loja-1 loja-2
# A database has a Job of its own: its exit code, its log, its line in migration_history; none waits for another.
set -eu

[ "$#" -gt 0 ] || { echo "jobs: name the databases: sh jobs.sh loja-1 loja-2" >&2; exit 2; }
for name; do
    # What Kubernetes takes as a name, with room for what stands before it.
    case ${name} in
        "" | -* | *- | *[!a-z0-9-]*) echo "jobs: ${name} is no name: small letters, digits and -" >&2; exit 2 ;;
        *) [ "${#name}" -le 40 ] || { echo "jobs: ${name} is longer than 40 letters" >&2; exit 2; } ;;
    esac
done
for name; do
    echo "---"
    sed -e '/^ *#/d' -e "s/DATABASE\$/${name}/" "$(dirname "$0")/jobs.yaml"
done
