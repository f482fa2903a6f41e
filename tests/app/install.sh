#!/bin/sh
# install.sh BUILD SOURCE CC FLAGS: installs a build into a temporary folder, builds a program against what is there,
# as a user of the library would, and runs it on every engine.
set -eu
build=$1 source=$2 cc=$3 flags=$4
prefix=$(mktemp -d "${TMPDIR:-/tmp}/poolscope-install.XXXXXX")
trap 'rm -rf "$prefix"' EXIT

cmake --install "$build" --prefix "$prefix" >"$prefix/log" || { cat "$prefix/log"; exit 1; }
pc=$(find "$prefix" -name poolscope.pc)
libraries=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"

for kind in shared static; do
    if [ "$kind" = shared ]; then
        link=$(pkg-config --libs poolscope)
    else
        link="$libraries/libpoolscope.a $(pkg-config --libs-only-l libuv) -lpthread -lm"
    fi
    # shellcheck disable=SC2046,SC2086
    "$cc" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror $flags $(pkg-config --cflags poolscope) \
        -o "$prefix/example-$kind" "$source/tests/app/example_engine.c" $link
    for engine in green pthread async threadpool; do
        LD_LIBRARY_PATH=$libraries "$prefix/example-$kind" "$engine"
    done
done

# Every installed header can be included alone.
for header in $(cd "$prefix/include/poolscope" && find . -name '*.h'); do
    printf '#include <%s>\n' "${header#./}" |
        "$cc" -std=c11 -D_GNU_SOURCE -fsyntax-only -Wall -Werror $(pkg-config --cflags poolscope) -x c -
done

test "$("$prefix/bin/poolscope" --version)" = "poolscope $(pkg-config --modversion poolscope)"
for page in poolscope poolscope-run poolscope-lesson poolscope-grade; do
    test -s "$prefix/share/man/man1/$page.1"
done
completed=$(PATH="$prefix/bin:$PATH" bash -c '
    . "$0/share/bash-completion/completions/poolscope"
    complete_line() {
        COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _poolscope
        echo "${COMPREPLY[*]}"
    }
    complete_line "poolscope gr"
    complete_line "poolscope run 07-"
    complete_line "poolscope run --engine pthread:c"' "$prefix")
test "$completed" = "grade
07-skewed-tasks
channel"
test -s "$prefix/share/zsh/site-functions/_poolscope"
test -s "$prefix/share/fish/vendor_completions.d/poolscope.fish"
test -n "$(find "$prefix/share/poolscope/presets" -name '*.ini')"
echo "installed, linked and run"
