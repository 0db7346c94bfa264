# shellcheck shell=sh
# To be sourced: what cannot be followed ends with exit code 2, one line of what and one of what to do, and no value.

refuse() {
    printf 'Error: %s\nNext: %s\n' "$1" "$2" >&2
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
        refuse "$1 is not a whole number from $4 to $5" "Correct it, or unset it: then it is $3"
    fi
    printf '%s\n' "${number}"
}
