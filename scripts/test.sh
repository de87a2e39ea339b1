#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Install what is missing, build, and run all tests of Hyperfocal.
#
#   scripts/test.sh             everything
#   scripts/test.sh PART...     only these parts: release, asan, tsan, gimp3
#
#   release   the whole suite, as it is shipped, with this machine's GEGL and GIMP
#   asan      the suite under the address and undefined-behaviour sanitizers, without the hosts
#   tsan      the tests that use threads under the thread sanitizer
#   gimp3     the GIMP tests in GIMP 3, in a Debian trixie chroot; on Debian, as root
#
# May be run from any directory, and again. HF_WERROR=1 makes compiler warnings errors. Exits non-zero
# when any part fails; the last lines are ctest's own counts.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd "$root" || exit 1
jobs=$(nproc)
mkdir -p build
summary=() counts=() failed=0

say() { printf '\n=== %s\n' "$*"; }

skip() { summary+=("$(printf '%-8s skipped: %s' "$1" "$2")"); }

# Run one part, note how it went and what ctest counted.
part() {
    local name=$1 start=$SECONDS log=build/test-$1.log status
    shift
    say "$name"
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    if [ "$status" = 77 ]; then
        skip "$name" "$(tail -n 1 "$log")"
    elif [ "$status" = 0 ]; then
        summary+=("$(printf '%-8s passed in %4d s' "$name" $((SECONDS - start)))")
    else
        summary+=("$(printf '%-8s FAILED (status %d) after %d s, see %s' "$name" "$status" \
            $((SECONDS - start)) "$log")")
        failed=1
    fi
    while IFS= read -r line; do counts+=("$name: $line"); done \
        < <(grep -aE '\((Skipped|Failed|Timeout)\)$|^[0-9]+% tests passed' "$log")
}

# build_and_test PRESET CTEST-OPTIONS...
build_and_test() {
    local preset=$1
    shift
    cmake --preset "$preset" -DHF_WERROR="${HF_WERROR:-0}" &&
        cmake --build --preset "$preset" --parallel "$jobs" &&
        ctest --preset "$preset" --no-tests=error --parallel "$jobs" "$@"
}

gimp3() {
    if pkg-config --exists gimp-3.0; then
        skip gimp3 "this machine's own GIMP is 3, the release part has tested it"
    else
        part gimp3 scripts/gimp3-chroot.sh
    fi
}

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(release asan tsan gimp3)
for name in "${parts[@]}"; do
    case "$name" in
        release | asan | tsan | gimp3) ;;
        *) echo "test.sh: no part $name; there are release, asan, tsan and gimp3" >&2; exit 2 ;;
    esac
done

say "packages"
scripts/deps.sh --test || exit 1

unfit='^(gimp|slow)$'
for name in "${parts[@]}"; do
    case "$name" in
        release) part release build_and_test release ;;
        asan) part asan build_and_test dev --label-exclude "$unfit" ;;
        tsan) part tsan build_and_test tsan --label-regex '^threads$' --label-exclude "$unfit" ;;
        gimp3) gimp3 ;;
    esac
done

say "summary, $SECONDS s in all"
printf '%s\n' "${summary[@]}"
printf '%s\n' "${counts[@]}"
exit "$failed"
