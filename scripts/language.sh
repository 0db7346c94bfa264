# shellcheck shell=sh
# What people are told, in the language they read: the catalogue is that of every other message, homecoming/locale/.
# To be sourced, with $root for the clone's folder; or, as the Makefile does it, from there:
#     sh scripts/language.sh TEMPLATE [VALUE ...]    one message
#     sh scripts/language.sh --lines <FILE           each line that is one
# POSIX sh and awk, since make help is for a clone where nothing is set up yet. Without awk, or the catalogue,
# it is English.

# As settings.read_language has it: the variable, also out of .env, then the locale.
language=${MIGRATION_LANG:-}
if [ -z "${language}" ] && [ -r .env ]; then
    language=$(sed -n "s/^[[:space:]]*\(export \)\{0,1\}MIGRATION_LANG[[:space:]]*=[[:space:]]*[\"']\{0,1\}//p" .env)
fi
case ${language:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
    [pP][tT] | [pP][tT][!A-Za-z]*) language=pt ;;
    xx) language=xx ;; # What a test tells by what is no message: see homecoming/language.py.
    *) language=en ;;
esac

# Copies lines to standard output, each that is a message in the language.
translated() {
    if [ "${language}" = xx ]; then
        sed 's/..*/⟦&⟧/'
    elif [ "${language}" = en ] || [ ! -r "${root}/homecoming/locale/${language}.po" ] || ! command -v awk >/dev/null; then
        sed ''
    else
        awk '
            function text() { sub(/^[a-z]+ "/, ""); sub(/"$/, ""); gsub(/\\"/, "\""); return $0 }
            FNR != NR { print ($0 in said) ? said[$0] : $0; next }
            /^msgid / { id = text() }
            /^msgstr / { said[id] = text() }
        ' "${root}/homecoming/locale/${language}.po" -
    fi
}

# Leaves a message in $words: message TEMPLATE [VALUE ...], a %s in the template for each value.
#
# Backquotes where a signal may come: bash 5.2 loses one that meets a $(...), or ends with an error of its grammar.
# shellcheck disable=SC2006
message() {
    words=$1
    [ "${language}" = en ] || words=`printf '%s\n' "$1" | translated`
    shift
    # shellcheck disable=SC2059  # The template is ours.
    words=`printf "${words}" "$@"`
}

case ${0##*/} in
    language.sh)
        root=.
        if [ "$1" = --lines ]; then translated; else message "$@" && printf '%s\n' "${words}"; fi
        ;;
    *) ;;
esac
