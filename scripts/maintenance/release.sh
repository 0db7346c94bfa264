#!/bin/sh
# What CHANGELOG.md says of the newest version that has a number: `release.sh version` prints the number, or nothing
# where there is none; `release.sh notes` what stands below its heading, which is `## 0.2.0, 2026-12-01`. Exit code 1,
# and one line of why, where `__version__` in painel_migrations is another than that number.
set -eu

cd "$(dirname "$0")/../.."
root=.
# shellcheck source=scripts/language.sh
. scripts/language.sh

refuse() {
    code=$1
    shift
    message "$@"
    printf 'release: %s\n' "${words}" >&2
    exit "${code}"
}

version=$(sed -n 's/^## \([0-9][0-9.]*\), [0-9]\{4\}-[0-9]\{2\}-[0-9]\{2\}$/\1/p' CHANGELOG.md | sed -n 1p)
if [ -n "${version}" ] && ! grep -q "^__version__ = \"${version}\"\$" painel_migrations/__init__.py; then
    refuse 1 'CHANGELOG.md has %s, painel_migrations/__init__.py another version' "${version}"
fi
case ${1-} in
    version) [ -z "${version}" ] || echo "${version}" ;;
    notes)
        # From its heading to the next one.
        awk -v heading="## ${version}, " '/^## /{on = index($0, heading) == 1; next} on' CHANGELOG.md
        ;;
    *) refuse 2 'say version or notes' ;;
esac
