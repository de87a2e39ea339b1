#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Hunts with libFuzzer for input that does harm; address and undefined-behaviour sanitizers watch.
#
#   scripts/fuzz.sh [-s SECONDS] [-j JOBS] [TARGET…]     all targets for 60 seconds each, one at a time
#
# Needs clang. Builds in build/fuzz; what was found interesting is kept in build/fuzz/found/TARGET and
# goes on being used, what does harm is written to build/fuzz/harm/TARGET-…: put a copy into
# tests/fuzz/corpus/TARGET when it is mended. Prints a line a target: inputs tried, harm found.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${HF_FUZZ_BUILD:-$root/build/fuzz}
seconds=60 jobs=1
while getopts s:j: option; do
    case $option in
    s) seconds=$OPTARG ;;
    j) jobs=$OPTARG ;;
    *) sed -n '5p' "$0" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
command -v clang >/dev/null || { echo "fuzz.sh: no clang here" >&2; exit 77; }

cmake -G Ninja -S "$root" -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DHF_FUZZ=ON \
    -DHF_SANITIZE=address,undefined -DHF_BUILD_GEGL=OFF -DHF_BUILD_GIMP=OFF >"$build.log" 2>&1 ||
    { cat "$build.log" >&2; exit 1; }
ninja -C "$build" fuzz-seeds $(ninja -C "$build" -t targets all | sed -n 's/^\(fuzz-[a-z-]*\): phony$/\1/p') \
    >"$build.log" 2>&1 || { tail -n 30 "$build.log" >&2; exit 1; }
"$build/tests/fuzz/fuzz-seeds" "$build/seeds"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || for target in "$build"/tests/fuzz/fuzz-*; do
    [ -f "$target" ] && [ -x "$target" ] && [ "$(basename "$target")" != fuzz-seeds ] &&
        targets+=("$(basename "$target" | cut -c 6-)")
done
mkdir -p "$build/harm"

# hunt TARGET: one line of what came of it.
hunt() {
    local target=$1 log=$build/harm/$1.log status=0 corpus=()
    mkdir -p "$build/found/$target"
    [ -d "$root/tests/fuzz/corpus/$target" ] && corpus=("$root/tests/fuzz/corpus/$target")
    ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 \
        "$build/tests/fuzz/fuzz-$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 \
        -max_len=65536 -artifact_prefix="$build/harm/$target-" -print_final_stats=1 \
        "$build/found/$target" "$build/seeds/$target" "${corpus[@]}" >"$log" 2>&1 || status=$?
    printf '%-12s %10s inputs, %6s kept, %s\n' "$target" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(find "$build/found/$target" -type f | wc -l)" \
        "$([ "$status" = 0 ] && echo "no harm" || echo "HARM, see $log")"
    return "$status"
}

failed=0
running=0
for target in "${targets[@]}"; do
    if [ "$jobs" -gt 1 ]; then
        hunt "$target" &
        running=$((running + 1))
        if [ "$running" -ge "$jobs" ]; then wait -n || failed=1; running=$((running - 1)); fi
    else
        hunt "$target" || failed=1
    fi
done
while [ "$running" -gt 0 ]; do wait -n || failed=1; running=$((running - 1)); done
exit "$failed"
