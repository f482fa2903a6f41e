#!/bin/sh
# The contract of the engines on aarch64: builds the engines and their tests with the cross compiler and
# runs them under qemu-user.
#
#   tests/cross/aarch64.sh [FOLDER [ENGINE[:POLICY[:CASE]] ...]]
#
# FOLDER (build/aarch64) keeps the libraries, which are taken from Debian's archive by apt without
# installing them, and the programs. Needs gcc-aarch64-linux-gnu and qemu-user. Exit status 77: the
# tools are not there.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
folder=${1:-$root/build/aarch64}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- green:steal green:global pthread:channel pthread:per-task async threadpool:fifo \
    threadpool:steal threadpool:sharded threadpool:uv threadpool:bulkhead
cc=aarch64-linux-gnu-gcc
command -v "$cc" >/dev/null && command -v qemu-aarch64 >/dev/null || exit 77
mkdir -p "$folder/objects"
folder=$(CDPATH='' cd -- "$folder" && pwd -P)
sysroot=$folder/sysroot

# Package lists and archives of their own: the system's architectures stay as they are.
provide() {
    [ -e "$sysroot/provided" ] && return
    mkdir -p "$sysroot" "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
    : >"$folder/apt/status"
    for step in update "download libuv1 libuv1-dev libcmocka0 libcmocka-dev"; do
        # shellcheck disable=SC2086 # a list of words
        (cd "$folder/apt" && apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
            -o Dir::State::lists="$folder/apt/lists" -o Dir::State::status="$folder/apt/status" \
            -o Dir::Cache="$folder/apt/cache" -o APT::Sandbox::User=root $step)
    done
    for package in "$folder"/apt/*.deb; do
        dpkg-deb -x "$package" "$sysroot"
    done
    : >"$sysroot/provided"
}

sources() {
    find "$root/src/base" "$root/src/metrics" "$root/engines" -name '*.c' ! -name 'switch_*.c'
    printf '%s\n' "$root/engines/green/switch_aarch64.S"
    find "$root/tests/engines/contract" -name '*.c' ! -name '*_test.c'
}

# Everything anew if anything has changed: headers have no rules here.
compile() {
    program=$folder/contract_test
    [ -e "$program" ] && [ -z "$(find "$root/src" "$root/engines" "$root/tests/engines" -newer "$program" -type f)" ] && return
    rm -f "$folder"/objects/*.o
    # shellcheck disable=SC2016 # for the shell that xargs starts
    sources | (cd "$folder/objects" && xargs -P "$(nproc)" -n 1 sh -c '
        "$0" -std=c17 -O2 -g -Wall -Werror -D_GNU_SOURCE -DPOOLSCOPE_VERSION="\"\"" -I"$1" -I"$1/src" \
            -I"$1/tests" -isystem "$2/usr/include" -c "$3" -o "$(printf %s "$3" | tr / _).o"' \
        "$cc" "$root" "$sysroot")
    libraries=$sysroot/usr/lib/aarch64-linux-gnu
    "$cc" -o "$program" "$folder"/objects/*.o -L"$libraries" -Wl,-rpath,"$libraries" \
        -Wl,-rpath-link,"$libraries" -Wl,-z,now -lcmocka -luv -lm -lpthread
}

emulate() {
    qemu-aarch64 -L /usr/aarch64-linux-gnu "$folder/contract_test" "$@"
}

# run SUBJECT: its cases in one process; or one process a case where tasks are threads, since qemu-user
# (7.2) keeps 280 KB of every thread that has ended. With the 150,000 threads of retire_with_queue, which is
# about queues that such a policy has not, that would be 40 GB: it is left out, and the output shows it.
run() {
    case $1 in
    pthread:per-task)
        for name in $(emulate --list "$1" | grep -v ':retire_with_queue$'); do
            emulate "$name" || return
        done
        ;;
    *)
        emulate "$1"
        ;;
    esac >"$folder/contract.log" 2>&1
}

provide
compile
status=0
for subject in "$@"; do
    printf '%s: ' "$subject"
    if run "$subject"; then
        printf '%s passed of %s\n' "$(grep -c '^\[       OK' "$folder/contract.log")" \
            "$(emulate --list "$subject" | wc -l)"
    else
        status=1
        grep -E '^\[  (FAILED|ERROR)|LINE|qemu' "$folder/contract.log" || tail -n 3 "$folder/contract.log"
    fi
done
exit "$status"
