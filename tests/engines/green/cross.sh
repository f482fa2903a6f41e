#!/bin/sh
# The switch test on aarch64, run by qemu-user. Arguments: source folder, a folder for the program.
# Exit status 77: the tools are not there.
set -eu
source=$1
program=$2/switch_test_aarch64
command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null || exit 77
aarch64-linux-gnu-gcc -std=c17 -O2 -g -static -frounding-math -I"$source" \
    "$source/tests/engines/green/switch_test.c" "$source/engines/green/switch_aarch64.S" \
    -o "$program" -lm
exec qemu-aarch64 "$program"
