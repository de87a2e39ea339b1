#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Speed and memory: whole stacks, steps and kernels, and the same files through align_image_stack and
# enfuse in turn.
#
#   scripts/bench.sh [RUNS]     medians of RUNS runs (3)
#
# Installs what is missing, builds, and renders 8 frames of 24 megapixels into build/bench, once.
set -euo pipefail

runs=${1:-3}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build=$root/build/release
work=$root/build/bench

say() { printf '\n=== %s\n' "$*"; }

scripts/deps.sh --bench
cmake --preset release >/dev/null
cmake --build --preset release --parallel "$(nproc)" >/dev/null

bench=$build/bench/hf-bench
if [ ! -f "$work/speed/truth.txt" ]; then
    "$build/tests/render/render-stack" --case speed --seed 1 --frames 8 --format jpg \
        --output "$work/speed"
fi
frames=("$work"/speed/frame-*.jpg)
many=()
for _ in 1 2 3 4 5 6 7 8; do many+=("${frames[@]}"); done

say "8 frames of 24 MP"
"$bench" stack --runs "$runs" "${frames[@]}"
say "64 frames: the same ones eight times"
"$bench" stack --runs 1 "${many[@]}"
say "one frame through each step"
"$bench" steps --runs "$runs" "${frames[@]:3:2}"
say "inner loops"
"$bench" kernels --runs "$runs"
if [ -d "$root/../shared/stacks/pcb" ]; then
    say "stacks/pcb"
    "$bench" stack --runs "$runs" "$root/../shared/stacks/pcb"
fi
if command -v align_image_stack >/dev/null && command -v enfuse >/dev/null; then
    say "beside align_image_stack and enfuse, the same 8 frames of 24 MP"
    "$bench" beside --runs 1 \
        "'$build/cli/hyperfocal' stack ${frames[*]@Q} -o '$work/ours.tif'" \
        "align_image_stack -m -a '$work/aligned-' ${frames[*]@Q} && enfuse --exposure-weight=0 --saturation-weight=0 --contrast-weight=1 --hard-mask -o '$work/enfuse.tif' '$work'/aligned-*.tif"
    rm -f "$work"/aligned-*.tif
fi
