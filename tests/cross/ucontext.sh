#!/bin/sh
# The tests of green threads and their contract with the portable context switch instead of assembly.
#
#   tests/cross/ucontext.sh [FOLDER]        FOLDER: build/ucontext
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
folder=${1:-$root/build/ucontext}
cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    "-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O2 -g" -DPOOLSCOPE_WERROR=ON -DPOOLSCOPE_SWITCH=ucontext >/dev/null
cmake --build "$folder" --target contract_test green_wait_test green_queue_test green_own_test \
    green_resize_test green_deep_sleep_test green_stack_test regress_wake_test regress_close_test \
    engine_stress >/dev/null
status=0
run() {
    printf '%s: ' "$*"
    if "$@" >"$folder/log" 2>&1; then
        echo passed
    else
        status=1
        grep -E '^\[  (FAILED|ERROR)|LINE|LOST|LEAK' "$folder/log" || tail -n 3 "$folder/log"
    fi
}
cd "$folder/tests"
run engines/contract/contract_test green
for test in wait queue own resize deep_sleep stack; do
    run "engines/green/green_${test}_test"
done
run engines/regress/regress_wake_test
run engines/regress/regress_close_test
run soak/engine_stress 6000 green
exit "$status"
