#!/bin/sh
# The library as an installed one: its headers compile alone, it shows no names but its own, and a program built by
# pkg-config runs against the shared and against the static one. usage: install_test.sh BUILD CMAKE CC SANITIZE CFLAGS
set -eu
build=$1 cmake=$2 cc=$3 sanitize=$4 flags=$5
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d "${TMPDIR:-/tmp}/poolscope-install.XXXXXX")
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "install_test: $*" >&2
    exit 1
}

"$cmake" --install "$build" --prefix "$root/first" --component development >/dev/null
# It can be moved.
mv "$root/first" "$root/prefix"
pc=$(find "$root/prefix" -name poolscope.pc)
[ -n "$pc" ] || fail "no poolscope.pc was installed"
PKG_CONFIG_PATH=$(dirname "$pc"):${PKG_CONFIG_PATH:-}
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir poolscope)
[ "$sanitize" = '' ] || flags="$flags -fsanitize=$sanitize"
strict="$flags -std=c17 -Wall -Wextra -Wstrict-prototypes -Werror"

headers=0
for header in $(cd "$root/prefix/include/poolscope" && find . -name '*.h'); do
    # shellcheck disable=SC2046,SC2086 # lists of options
    printf '#include <%s>\n' "${header#./}" |
        "$cc" $strict -D_GNU_SOURCE $(pkg-config --cflags poolscope) -fsyntax-only -x c - || fail "$header does not compile alone"
    headers=$((headers + 1))
done
[ "$headers" -ge 8 ] || fail "only $headers headers were installed"

# names FILE [NM OPTION]: global symbols that a program could clash with.
names() {
    nm --defined-only --extern-only ${2:+"$2"} "$1" | awk 'NF == 3 { print $3 }'
}
for library in "$libdir/libpoolscope.so -D" "$libdir/libpoolscope.a"; do
    # shellcheck disable=SC2086 # a file and an option
    names $library >"$root/names"
    grep -qx ps_engine_create "$root/names" || fail "$library lacks ps_engine_create"
    foreign=$(grep -v '^ps_' "$root/names" | head -n 5 | tr '\n' ' ')
    [ -z "$foreign" ] || fail "$library shows $foreign"
done

# shellcheck disable=SC2046,SC2086
"$cc" $strict -D_GNU_SOURCE "$here/example.c" -o "$root/shared" $(pkg-config --cflags --libs poolscope) "-Wl,-rpath,$libdir"
# shellcheck disable=SC2046,SC2086
"$cc" $strict -D_GNU_SOURCE "$here/example.c" -o "$root/static" \
    $(pkg-config --static --cflags --libs poolscope | sed 's/-lpoolscope/-l:libpoolscope.a/')
readelf -d "$root/shared" | grep -q 'NEEDED.*libpoolscope' || fail "the shared library was not used"
! readelf -d "$root/static" | grep -q 'NEEDED.*libpoolscope' || fail "the static library was not used"
for program in shared static; do
    for engine in green threadpool pthread; do
        "$root/$program" "$engine" || fail "example ($program) on $engine: exit status $?"
    done
done
