# shellcheck shell=sh
# To be sourced after language.sh: what cannot be followed ends with exit code 2, one line of what and one of what to
# do, and no value.

# Says what, and what to do, each in the reader's language.
# shellcheck disable=SC2154  # language.sh sets words.
refuse() {
    message 'Error: %s' "$1"
    printf '%s\n' "${words}" >&2
    message 'Next: %s' "$2"
    printf '%s\n' "${words}" >&2
    exit 2
}

# Prints the whole number that variable NAME has: number NAME "${NAME:-}" DEFAULT LEAST MOST
number() {
    number=${2:-$3}
    # Seven digits and more are no duration; a sign or a point is no digit.
    case ${number} in *[!0-9]* | ???????*) number='' ;; *) ;; esac
    # To arithmetic, 08 would be a mistyped octal number.
    while [ "${number#0}" != "${number}" ] && [ "${#number}" -gt 1 ]; do number=${number#0}; done
    if [ "${number:--1}" -lt "$4" ] || [ "${number}" -gt "$5" ]; then
        message '%s is not a whole number from %s to %s' "$1" "$4" "$5"
        what=${words}
        message 'Correct it, or unset it: then it is %s' "$3"
        refuse "${what}" "${words}"
    fi
    printf '%s\n' "${number}"
}
