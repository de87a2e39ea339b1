#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# dialog.sh HOST: the plug-in as a user meets it, in GIMP's window under Xvfb: the dialog opens,
# Return runs it, one undo takes it back. Leaves dialog.png, result.png and undone.png in
# BUILD/tests/gimp/HOST/dialog. Exits 77 where a tool is missing.
set -euo pipefail

host=$1
here=$HF_SOURCE_DIR/tests/gimp
plug_ins=$HF_BUILD_DIR/plugins/gimp-$host
folder=$HF_BUILD_DIR/tests/gimp/$host/dialog
failed=0 definitions=
started=()

# shellcheck source=tests/gimp/gimp.sh
. "$here/gimp.sh"
find_gimp "$host"
for tool in Xvfb xdotool openbox import; do
    command -v "$tool" >/dev/null || { echo "no $tool here; skipped"; exit 77; }
done

scheme_list() {
    printf '(list'
    printf ' "%s"' "$@"
    printf ')'
}

stop_all() {
    local process
    for process in "${started[@]}"; do
        kill "$process" 2>/dev/null || true
    done
    wait "${started[@]}" 2>/dev/null || true
}
trap stop_all EXIT

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
    local turn turns=$(($1 * 5))
    shift
    for ((turn = 0; turn < turns; turn++)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.2
    done
    echo "waited in vain for: $*"
    return 1
}

give_up() {
    import -window root "$folder/given-up.png" || true
    tail -n 40 "$folder/gimp.log" || true
    exit 1
}

# The windows of this title that are on the screen.
windows() { xdotool search --onlyvisible --name "$1"; }

focus() {
    xdotool windowactivate --sync "$(windows "$1" | tail -n 1)"
    sleep 0.5
}

rm -rf "$folder"
mkdir -p "$folder"
render_frames "$folder/frames" 5 320 213
new_profile
write_script dialog

exec 5>"$folder/display"
Xvfb -displayfd 5 -screen 0 1280x1000x24 -nolisten tcp >"$folder/xvfb.log" 2>&1 &
started+=($!)
wait_for 20 test -s "$folder/display" || give_up
DISPLAY=:$(cat "$folder/display")
export DISPLAY
openbox >"$folder/openbox.log" 2>&1 &
started+=($!)
"$gimp" --new-instance --no-splash "${batch[@]}" -b "(load \"$folder/script.scm\")" \
    >"$folder/gimp.log" 2>&1 &
started+=($!)

wait_for 90 windows '^Focus Stack$' || give_up
sleep 1
focus '^Focus Stack$'
xdotool mousemove 1279 999
sleep 1
import -window root "$folder/dialog.png"
xdotool key Return
wait_for 60 test -e "$folder/ran" || give_up
main='GIMP$|GNU Image Manipulation Program$'
xdotool windowmove "$(windows "$main" | tail -n 1)" 0 0 windowsize "$(windows "$main" | tail -n 1)" 1270 960
focus "$main"
sleep 1
import -window root "$folder/result.png"
xdotool key ctrl+z
sleep 1
import -window root "$folder/undone.png"
: >"$folder/undone"
wait_for 60 grep -qx done "$folder/results" || true
show_results
exit "$failed"
