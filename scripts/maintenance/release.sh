#!/bin/sh
# What CHANGELOG.md says of the newest version that has a number: `release.sh version` prints the number, or nothing
# where there is none; `release.sh notes` what stands below its heading, which is `## 0.2.0, 2026-12-01`. Exit code 1,
# and one line of why, where `__version__` in painel_migrations is another than that number.
set -eu

cd "$(dirname "$0")/../.."

version=$(sed -n 's/^## \([0-9][0-9.]*\), [0-9]\{4\}-[0-9]\{2\}-[0-9]\{2\}$/\1/p' CHANGELOG.md | sed -n 1p)
if [ -n "${version}" ] && ! grep -q "^__version__ = \"${version}\"\$" painel_migrations/__init__.py; then
    echo "release: CHANGELOG.md has ${version}, painel_migrations/__init__.py another version" >&2
    exit 1
fi
case ${1-} in
    version) [ -z "${version}" ] || echo "${version}" ;;
    notes)
        # From its heading to the next one.
        awk -v heading="## ${version}, " '/^## /{on = index($0, heading) == 1; next} on' CHANGELOG.md
        ;;
    *)
        echo "release: say version or notes" >&2
        exit 2
        ;;
esac
