#!/bin/sh
# screenshots.sh PROGRAM FOLDER: makes the pictures of README from real runs, about a minute. Replaces what is there.
set -eu
program=$1 folder=$2
mkdir -p "$folder"

shoot() {
    name=$1
    shift
    echo "$name" >&2
    "$program" screenshot "$@" --force -o "$folder/$name.png"
}

shoot start quick-demo --screen start --size 100x32
for engine in green pthread async threadpool; do
    shoot "live-$engine" quick-demo --engine "$engine" --size 120x36 --after 8s --duration 20s
done
shoot live-small quick-demo --size 80x24 --after 8s --duration 20s
shoot live-large quick-demo --workers 16 --size 160x45 --after 8s --duration 20s
shoot deadlock 14 --size 120x36 --after 30s

# A crash: the host of a running screenshot gets a SIGSEGV.
echo crash >&2
"$program" screenshot quick-demo --size 120x36 --after 30s --duration 60s --force -o "$folder/crash.png" &
front=$!
host=
tries=0
while [ -z "$host" ] && [ "$tries" -lt 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
    for child in $(cat "/proc/$front/task/$front/children" 2>/dev/null); do
        if tr '\0' ' ' <"/proc/$child/cmdline" | grep -q ' host '; then
            host=$child
        fi
    done
done
sleep 4 # of run to be seen behind the message
kill -SEGV "$host"
wait "$front"
