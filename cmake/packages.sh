# Sourced by ./poolscope and ./check (POSIX sh): finds out what is missing on this machine and installs it, or says
# what to install. Everything is said on standard error.
#
# A need is a line "KIND NAME DEBIAN FEDORA ARCH ALPINE BREW WHY": KIND is `command` (NAME is looked for in PATH),
# `module` (pkg-config --exists NAME), `header` (cc finds <NAME>) or `file` (NAME exists); "-" where a system has
# it without a package.

say() {
    printf '%s: %s\n' "${program:-poolscope}" "$*" >&2
}

present() {
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 ;;
    module) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$2" ;;
    file) [ -e "$2" ] ;;
    header) printf '#include <%s>\n' "$2" | cc -E - >/dev/null 2>&1 ;;
    esac
}

# missing_needs NEEDS: prints the lines of needs that are not met.
missing_needs() {
    printf '%s\n' "$1" | while read -r kind name rest; do
        if [ -n "$kind" ] && ! present "$kind" "$name"; then
            printf '%s %s %s\n' "$kind" "$name" "$rest"
        fi
    done
}

# packages_of LINES COLUMN: the packages in a column, each once.
packages_of() {
    printf '%s\n' "$1" | awk -v column="$2" '$column != "-" && $column != "" && !seen[$column]++ { printf "%s ", $column }'
}

explain() {
    printf '%s\n' "$1" | awk -v column="$2" '
        $column == "" { next }
        { why = ""; for (i = 8; i <= NF; i++) why = why (i > 8 ? " " : "") $i
          printf "  %-22s %s\n", ($column == "-" ? $2 : $column), why }' >&2
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1
}

install_debian() {
    lines=$1
    packages=$(packages_of "$lines" 3)
    say "installing what is missing (apt-get):"
    explain "$lines" 3
    apt_log=$(mktemp "${TMPDIR:-/tmp}/poolscope-apt.XXXXXX") || return 1
    # The lists of a fresh machine are empty or old: install, and if that fails read them anew.
    # shellcheck disable=SC2086
    if as_root apt-get install -y -q --no-install-recommends $packages >"$apt_log" 2>&1 ||
        { as_root apt-get update -q >>"$apt_log" 2>&1 &&
            as_root apt-get install -y -q --no-install-recommends $packages >>"$apt_log" 2>&1; }; then
        rm -f "$apt_log"
        return 0
    fi
    tail -n 30 "$apt_log" >&2
    rm -f "$apt_log"
    say "apt-get could not install: $packages"
    return 1
}

# provide NEEDS: 0 when everything is there, in the end.
provide() {
    lines=$(missing_needs "$1")
    [ -z "$lines" ] && return 0
    if command -v apt-get >/dev/null 2>&1; then
        column=3 how='apt-get install'
        if can_be_root; then
            install_debian "$lines" || return 1
            lines=$(missing_needs "$1")
            [ -z "$lines" ] && return 0
            say "still missing after the installation:"
            explain "$lines" 2
            return 1
        fi
    elif command -v dnf >/dev/null 2>&1; then
        column=4 how='dnf install'
    elif command -v pacman >/dev/null 2>&1; then
        column=5 how='pacman -S'
    elif command -v apk >/dev/null 2>&1; then
        column=6 how='apk add'
    elif command -v brew >/dev/null 2>&1 || [ "$(uname -s)" = Darwin ]; then
        column=7 how='brew install'
    else
        column=3 how='your package manager; Debian calls them'
    fi
    say "missing on this machine:"
    explain "$lines" "$column"
    say "install them with: $how $(packages_of "$lines" "$column")"
    return 1
}

# What the program itself is built from.
build_needs='
command cc gcc gcc gcc gcc - the C compiler
header stdio.h libc6-dev glibc-devel - musl-dev - headers of the C library
command cmake cmake cmake cmake cmake cmake configures the build
command ninja ninja-build ninja-build ninja ninja ninja builds
command pkg-config pkg-config pkgconf-pkg-config pkgconf pkgconf pkgconf finds the libraries
module ncursesw libncurses-dev ncurses-devel ncurses ncurses-dev ncurses draws on the terminal
module libuv libuv1-dev libuv-devel libuv libuv-dev libuv event loops and thread pool of two engines
module inih libinih-dev inih-devel libinih inih-dev inih reads preset files
module jansson libjansson-dev jansson-devel jansson jansson-dev jansson writes JSON
module libpng libpng-dev libpng-devel libpng libpng-dev libpng writes pictures'

# cmake_is_new_enough: 3.25, for the version of CMakePresets.json.
cmake_is_new_enough() {
    cmake --version | awk 'NR == 1 { split($3, v, "."); exit !(v[1] > 3 || (v[1] == 3 && v[2] >= 25)) }'
}
