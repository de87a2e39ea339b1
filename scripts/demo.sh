#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Show Hyperfocal at work: a focal stack, opened as layers in GIMP, through the plug-in.
#
#   scripts/demo.sh             on a rendered stack whose sharp truth is known
#   scripts/demo.sh FRAME...    on these photographs, in this order
#
# Installs what is missing (apt, as root or through sudo), builds, runs GIMP without a window, and leaves
# demo.xcf, the fused demo.png and the layered demo.tif in build/demo. May be run from any directory, and
# again.
set -euo pipefail

frames=()
for frame in "$@"; do
    [ -r "$frame" ] || { echo "demo.sh: cannot read $frame" >&2; exit 1; }
    frames+=("$(realpath "$frame")")
done
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build=$root/build/release
demo=$root/build/demo

say() { printf '\n=== %s\n' "$*"; }
fail() { echo "demo.sh: $*" >&2; exit 1; }

# The newest GIMP that the plug-in was built for; sets gimp, recipe, plug_ins, batch, quit.
find_gimp() {
    local host name
    for host in 3 2.10; do
        plug_ins=$build/plugins/gimp-$host
        [ -x "$plug_ins/hyperfocal/hyperfocal" ] || continue
        for name in "gimp-console-$host" "gimp-console-$host".{9,8,7,6,5,4,3,2,1,0}; do
            if command -v "$name" >/dev/null; then
                gimp=$name
                recipe=$root/plugins/recipes/demo-$host.scm
                batch=() quit=(-b '(gimp-quit 0)')
                if [ "$host" = 3 ]; then
                    batch=(--batch-interpreter=plug-in-script-fu-eval) quit=(--quit)
                fi
                return
            fi
        done
    done
    fail "the plug-in was built for no GIMP that is here"
}

# A text as Scheme writes it.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }

# Fuse the frames as layers of one image; a profile of its own keeps GIMP from asking anything.
run_gimp() {
    local frame list=
    for frame in "${frames[@]}"; do list+=" $(quoted "$frame")"; done
    mkdir -p "$demo/profile"
    printf '(plug-in-path "%s:${gimp_plug_in_dir}/plug-ins")\n' "$plug_ins" >"$demo/profile/gimprc"
    printf '(load %s)\n(hyperfocal-demo (list%s) %s %s %s)\n' "$(quoted "$recipe")" "$list" \
        "$(quoted "$demo/demo.xcf")" "$(quoted "$demo/demo.png")" "$(quoted "$demo/demo.tif")" \
        >"$demo/demo.scm"
    env -u DISPLAY GIMP2_DIRECTORY="$demo/profile" GIMP3_DIRECTORY="$demo/profile" \
        "$gimp" -i "${batch[@]}" -b "(load $(quoted "$demo/demo.scm"))" "${quit[@]}" \
        >"$demo/gimp.log" 2>&1 || true
    # GIMP 2.10 exits 0 whatever happens: what it leaves counts
    for frame in demo.xcf demo.png demo.tif; do
        [ -s "$demo/$frame" ] || { tail -n 20 "$demo/gimp.log" >&2; fail "GIMP left no $frame"; }
    done
}

say "packages"
scripts/deps.sh

say "build"
cmake --preset release
cmake --build --preset release --parallel "$(nproc)"
find_gimp

rm -rf "$demo"
mkdir -p "$demo"
if [ ${#frames[@]} = 0 ]; then
    say "stack with known truth"
    "$build/tests/render/render-stack" --case breathing --seed 1 --output "$demo/stack"
    frames=("$demo"/stack/frame*.png)
    truth=$demo/stack/truth.tif
fi

say "${#frames[@]} frames through the plug-in in $gimp"
start=$(date +%s.%N)
run_gimp
end=$(date +%s.%N)

say "done"
ls -l "$demo/demo.xcf" "$demo/demo.png" "$demo/demo.tif"
if [ -n "${truth:-}" ]; then
    "$build/tests/render/render-stack" --compare "$demo/demo.png" "$truth"
fi
awk -v a="$start" -v b="$end" 'BEGIN { printf "GIMP took %.1f s in all: start, loading, stacking, saving\n", b - a }'
