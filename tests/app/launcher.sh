#!/bin/sh
# launcher.sh SOURCE: the launcher in a copy of the tree, in a folder with a space in its name, through a symbolic
# link, from another folder; then a second start, then a start of the moved tree.
set -eu
source=$1
top=$(mktemp -d "${TMPDIR:-/tmp}/poolscope launcher.XXXXXX")
trap 'rm -rf "$top"' EXIT
mkdir "$top/a tree" "$top/elsewhere" "$top/bin"
(cd "$source" && tar cf - --exclude=build --exclude=.git .) | (cd "$top/a tree" && tar xf -)
ln -s "../a tree/poolscope" "$top/bin/first"
ln -s first "$top/bin/poolscope"
cd "$top/elsewhere"

expect() {
    what=$1
    shift
    "$top/bin/poolscope" "$@" >"$top/out" 2>"$top/err" || { echo "$what: exit $?"; cat "$top/out" "$top/err"; exit 1; }
}

expect 'first start' --version
grep -q '^poolscope [0-9]' "$top/out" || { echo "first start wrote:"; cat "$top/out"; exit 1; }
[ "$(wc -l <"$top/out")" -eq 1 ]
grep -q 'building' "$top/err"

begin=$(date +%s%N)
expect 'second start' --version
end=$(date +%s%N)
[ ! -s "$top/err" ] || { echo "the second start wrote:"; cat "$top/err"; exit 1; }
echo "second start: $(((end - begin) / 1000000)) ms"

# Exit codes and arguments come through.
code=0
"$top/bin/poolscope" run 'no such preset' >"$top/out" 2>"$top/err" || code=$?
[ "$code" -eq 2 ]
grep -q "no such preset" "$top/err"

mv "$top/a tree" "$top/b tree"
rm "$top/bin/first"
ln -s "$top/b tree/poolscope" "$top/bin/first"
expect 'start of a moved tree' --version
grep -q 'building' "$top/err"

# A source that does not compile: the compiler's words, and failure.
echo 'this is no C' >>"$top/b tree/src/app/main.c"
code=0
"$top/bin/poolscope" --version >"$top/out" 2>"$top/err" || code=$?
[ "$code" -eq 1 ]
grep -q 'error:' "$top/err"
grep -q 'the build failed' "$top/err"
[ ! -s "$top/out" ]
