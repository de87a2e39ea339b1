#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Make the picture of the README anew: a rendered stack, three of its frames and what became of them.
#
#   scripts/pictures.sh [BUILD]     the build folder (build/release)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(realpath "${1:-$root/build/release}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$build/tests/render/render-stack" --case occlusion --seed 4 --format png --output "$work"
"$build/cli/hyperfocal" stack "$work"/frame-*.png -o "$work/fused.png" --report "$work/report.json"
for name in frame-0000 frame-0006 frame-0011 fused; do
    convert "$work/$name.png" -gravity center -crop 640x420+0+0 +repage "$work/$name-crop.png"
done
montage "$work"/frame-{0000,0006,0011}-crop.png "$work/fused-crop.png" -tile 2x2 -geometry +4+4 \
    -quality 88 "$root/docs/images/frames-and-fused.jpg"
"$build/tests/render/render-stack" --compare "$work/fused.png" "$work/truth.tif"
