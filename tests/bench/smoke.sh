#!/bin/sh
# Every bench on every engine, briefly: it gives its right answer or says that it cannot. usage: smoke.sh PROGRAM
set -eu
program=$1
failed=0
for row in 'submit 2000' 'submit-inside 5000' 'burst 2000' 'chain 500' 'fib 12' 'skynet 1000' 'tasks 2000' 'tasks-inside 2000' \
    'chain-tasks 300' 'skynet-tasks 100' 'yield 3' 'handoff 100' 'sleepers 100' 'wake 5'; do
    for engine in green green:global threadpool:fifo threadpool:steal pthread:channel pthread:per-task async; do
        # shellcheck disable=SC2086 # a name and a number
        set -- $row
        status=0
        line=$(timeout 60 "$program" "$1" "$engine" 2 "$2") || status=$?
        case $status,$line in
        0,*'"ok":true'*) ;;
        3,*'"ok":false'*) ;;
        *)
            echo "$1 on $engine: exit status $status: $line"
            failed=1
            ;;
        esac
    done
done
exit $failed
