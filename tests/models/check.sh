#!/bin/sh
# Run spin on a model: check.sh MODEL FOLDER pass|fail [-D...]
#   pass: no error may be found; fail: the model is a mutant and an error must be found.
# pan exits with 0 either way, so its summary is read. Exit status 77: spin is not there.
set -eu
model=$1 folder=$2 expected=$3
shift 3
command -v spin >/dev/null || exit 77
mkdir -p "$folder"
cd "$folder"
spin "$@" -a "$model" >spin.log
cc -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c
./pan -m1000000 >pan.log 2>&1
errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log)
grep -E 'errors:|states, stored' pan.log
if grep -q 'search depth too small' pan.log; then
    echo "the search was cut short"
    exit 1
fi
case $expected in
pass) [ "$errors" = 0 ] ;;
fail) [ "$errors" != 0 ] ;;
esac
