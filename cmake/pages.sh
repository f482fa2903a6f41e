# pages.sh PROGRAM FOLDER: manual pages and completion scripts, as the program prints them.
set -eu
program=$1 folder=$2
rm -rf "$folder" && mkdir -p "$folder"
"$program" completion bash >"$folder/poolscope.bash"
"$program" completion zsh >"$folder/_poolscope"
"$program" completion fish >"$folder/poolscope.fish"
for command in $("$program" help --commands); do
    "$program" manual "$command" >"$folder/poolscope-$command.1"
done
"$program" manual >"$folder/poolscope.1"
