#!/bin/sh
# check.sh MODEL.pml right|wrong [MACRO[=VALUE] ...]: explore the model completely; `wrong` wants an error.
# pan exits 0 in either case: what it printed decides.
set -eu
model=$(realpath "$1")
want=$2
shift 2
macros=
for macro in "$@"; do macros="$macros -D$macro"; done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# shellcheck disable=SC2086 # a list of words
spin $macros -a "$model" > spin.out 2>&1 || { cat spin.out; exit 1; }
cc -O2 -w -DSAFETY -DCOLLAPSE -DNOFAIR -DMEMLIM=1500 -o pan pan.c
./pan -E -m1000000 > pan.out 2>&1 || true

if grep -Eq 'max search depth too small|out of memory|reached -DMEMLIM|search truncated' pan.out; then
    cat pan.out
    echo "check.sh: the search was not complete"
    exit 1
fi
grep -E 'errors:|states, stored|assertion' pan.out || { cat pan.out; exit 1; }
if grep -q 'errors: 0$' pan.out; then found=right; else found=wrong; fi
if [ "$found" != "$want" ]; then
    cat pan.out
    echo "check.sh: $(basename "$model") $* is $found, not $want"
    exit 1
fi
