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
shoot deadlock 14 --size 120x36 --after 6s

shoot fault quick-demo --control 'fault stuck 0 20s' --size 120x36 --after 10s --duration 20s
shoot crash quick-demo --control 'fault crash 1' --size 120x36 --after 10s --duration 20s
