#!/bin/sh
# screenshots.sh PROGRAM CAST FOLDER: makes the pictures of README and the recorded tour from real runs, some minutes.
# Replaces what is there. CAST is the program of tests/pty/cast.c, which presses the keys.
set -eu
program=$1 cast=$2 folder=$3
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
mkdir -p "$folder"
folder=$(CDPATH='' cd -- "$folder" && pwd -P)
program=$(realpath "$program") cast=$(realpath "$cast")

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
shoot live-large quick-demo --workers 16 --size 160x45 --after 8s --duration 20s
shoot deadlock 14 --size 120x36 --after 6s

shoot fault quick-demo --control 'fault stuck 0 20s' --size 120x36 --after 10s --duration 20s
shoot crash quick-demo --control 'fault crash 1' --size 120x36 --after 10s --duration 20s

# Screens that keys lead to. Lessons are opened by the command line (key :).
live='wait 1
key enter
wait 6'
screen live-80x24 80x24 "$live"
screen live-60x16 60x16 "$live"
screen live-light 80x24 "$live" --theme light
screen live-200x60 200x60 "$live"
screen filter 80x24 "$live
type /
wait 0.5"
screen diagnosis 80x24 "$live
type d
wait 0.5"
screen why 80x24 "$live
type w
wait 0.5"
screen worker 80x24 "$live
key enter
wait 0.5"
screen trigger 80x24 "$live
type T
wait 0.5"
screen marks 120x40 "$live
type a
wait 3
type b
wait 0.5"
screen presenter 80x24 "$live
type P
wait 1"
screen options 80x24 'wait 1
key f2
wait 0.5'
screen compare 80x24 'wait 1
type c
wait 0.5
key enter
wait 34'
screen tune 80x24 'wait 1
type u
wait 0.5
key enter
wait 45'
for lesson in 2 4 7 11 12 14 15 17 20 23; do
    screen "lesson-$lesson" 80x24 "wait 1
type :lesson $lesson
key enter
wait 1
key enter
wait 1"
done
screen lesson-reveal 80x24 'wait 1
type :lesson 7
key enter
wait 1
key enter
type 2
type 3
type 3
wait 0.5
key enter
wait 8
key enter
wait 8
key enter
wait 1'
screen julia 80x24 'wait 1
type :run 32-julia
key enter
wait 6'
"$program" run quick-demo --duration 20s --record "$folder/run.psrec" --json >/dev/null
screen replay 80x24 'wait 6
type ,
wait 0.5' replay "$folder/run.psrec"
rm "$folder/run.psrec"
"$cast" "$program" 80x24 "$here/tour.keys" "$folder/tour.cast"
