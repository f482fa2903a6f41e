#!/bin/sh
# A page that `poolscope export --format html` makes, in headless Chromium: its charts are drawn, nothing is said on
# the console, nothing is asked for. Usage: browser.sh PROGRAM. Exit status 77: there is no Chromium.
set -eu
program=$1
for name in ${CHROMIUM:-chromium chromium-browser google-chrome}; do
    browser=$(command -v "$name") && break
done
if [ -z "${browser:-}" ]; then
    echo "skipped: no Chromium here (package chromium; CHROMIUM=PATH names another)"
    exit 77
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/poolscope-browser.XXXXXX")
trap 'rm -rf "$folder"' EXIT

"$program" run quick-demo --duration 500ms --json --record "$folder/run.psrec" >/dev/null
"$program" export "$folder/run.psrec" --format html -o "$folder/page.html"

# What a script would see: boxes of drawn elements, and every resource that was fetched.
sed 's#</body>#<script>\
const drawn = [...document.querySelectorAll("svg")].map(s => [...s.querySelectorAll("path,rect")].filter(e => {\
  const b = e.getBBox(); return b.width > 0 \&\& getComputedStyle(e).visibility === "visible"; }).length);\
document.body.dataset.drawn = drawn.join(" ");\
document.body.dataset.fetched = performance.getEntriesByType("resource").map(e => e.name).join(" ");\
document.body.dataset.wide = document.documentElement.scrollWidth > innerWidth;\
</script></body>#' "$folder/page.html" >"$folder/probed.html"
"$browser" --headless --no-sandbox --disable-gpu --enable-logging=stderr --user-data-dir="$folder/profile" \
    --window-size=1000,800 --dump-dom "file://$folder/probed.html" >"$folder/dom" 2>"$folder/log"

fail() {
    echo "$*"
    grep -o '<body[^>]*>' "$folder/dom" || true
    exit 1
}
if grep 'CONSOLE' "$folder/log"; then
    fail "the console is not empty"
fi
grep -q 'data-fetched=""' "$folder/dom" || fail "something was fetched"
grep -q 'data-wide="false"' "$folder/dom" || fail "the page is wider than its window"
grep -Eq 'data-drawn="[1-9][0-9]* [1-9][0-9]* [1-9][0-9]* [1-9][0-9]*"' "$folder/dom" || fail "a chart is not drawn"
grep -o 'data-drawn="[^"]*"' "$folder/dom"
