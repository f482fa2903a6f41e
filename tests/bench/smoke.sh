#!/bin/sh
# Every bench on every engine, briefly: it gives its right answer or says that it cannot. usage: smoke.sh PROGRAM
set -eu
program=$1
benches=$("$program" benches)
engines=$("$program" engines)
failed=0

# size BENCH: operations that take little time on the slowest engine, sanitizers included.
size() {
    case $1 in
    fib) echo 12 ;;
    skynet) echo 1000 ;;
    skynet-tasks | handoff | pingpong | sleepers*) echo 100 ;;
    chain | chain-tasks) echo 300 ;;
    yield) echo 3 ;;
    wake) echo 5 ;;
    work) echo 20 ;;
    probes) echo 300 ;;
    *) echo 2000 ;;
    esac
}

for bench in $benches; do
    [ "$bench" != echo ] || continue
    for engine in $engines; do
        status=0
        line=$(timeout 60 "$program" "$bench" "$engine" 2 "$(size "$bench")") || status=$?
        case $status,$line in
        0,*'"ok":true'*) ;;
        3,*'"ok":false'*) ;;
        *)
            echo "$bench on $engine: exit status $status: $line"
            failed=1
            ;;
        esac
    done
done
exit $failed
