#!/bin/sh
# screenshots.sh PROGRAM CAST FOLDER: makes the pictures of README and the recorded tour from real runs, some minutes.
# Replaces what is there. CAST is the program of tests/pty/cast.c, which presses the keys.
set -eu
program=$1 cast=$2 folder=$3
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
mkdir -p "$folder"
folder=$(CDPATH='' cd -- "$folder" && pwd -P)

shoot() {
    name=$1
    shift
    echo "$name" >&2
    "$program" screenshot "$@" --force -o "$folder/$name.png"
}

shoot start quick-demo --screen start --size 100x32
# screen NAME SIZE SCRIPT [ARGUMENTS]: the program itself saves what it shows (key S) after a script of keys.
screen() {
    name=$1 size=$2 keys=$3
    shift 3
    echo "$name" >&2
    work=$(mktemp -d)
    printf '%s\ntype S\nwait 0.5\n' "$keys" >"$work/keys"
    (cd "$work" && XDG_CONFIG_HOME=$work XDG_STATE_HOME=$work "$cast" "$program" "$size" keys cast "$@")
    rsvg-convert "$work"/poolscope-*.svg -o "$folder/$name.png"
    rm -r "$work"
}

for engine in green pthread async threadpool; do
    shoot "live-$engine" quick-demo --engine "$engine" --size 120x36 --after 8s --duration 20s
done
shoot live-small quick-demo --size 80x24 --after 8s --duration 20s
shoot live-large quick-demo --workers 16 --size 160x45 --after 8s --duration 20s
shoot deadlock 14 --size 120x36 --after 6s

shoot fault quick-demo --control 'fault stuck 0 20s' --size 120x36 --after 10s --duration 20s
shoot crash quick-demo --control 'fault crash 1' --size 120x36 --after 10s --duration 20s

screen help 80x24 'wait 1
key enter
wait 4
type z
wait 0.5'
"$cast" "$program" 80x24 "$here/tour.keys" "$folder/tour.cast"
