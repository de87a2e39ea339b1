#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds Hyperfocal and runs its GIMP 3 tests in a Debian trixie chroot, for machines whose own
# release has GIMP 2.10 only.
#
#   scripts/gimp3-chroot.sh               make or reuse the chroot, build, run the tests labelled gimp
#   scripts/gimp3-chroot.sh COMMAND…      build, then run COMMAND in the build folder instead
#
# HF_CHROOT  where the chroot is, or is to be made (/var/tmp/hyperfocal-trixie; 1.5 GB)
#
# Needs root, Debian and mmdebstrap; exits 77 (skipped) where one of them is missing, else with the
# tests' own exit code. The tree is copied in, never mounted; of the real stacks only pcb. What the
# tests leave (screenshots) is found below CHROOT/var/tmp/hyperfocal/build/tests/gimp.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
chroot=${HF_CHROOT:-/var/tmp/hyperfocal-trixie}
work=/var/tmp/hyperfocal # inside
packages=(gimp libgimp-3.0-dev libgegl-dev gegl libbabl-dev libtiff-dev libexif-dev libjpeg-dev
          libpng-dev zlib1g-dev gcc libc6-dev make cmake ninja-build pkgconf gettext
          xvfb xauth xdotool openbox imagemagick)

skip() {
    echo "gimp3-chroot.sh: $1; skipped" >&2
    exit 77
}

[ "$(id -u)" = 0 ] || skip "not root"
[ -f /etc/debian_version ] && grep -qs '^ID=debian' /etc/os-release || skip "not Debian"
for tool in mmdebstrap chroot tar flock; do
    command -v "$tool" >/dev/null || skip "no $tool here"
done

# One run at a time: the build folder and the mounts are shared.
mkdir -p "$(dirname "$chroot")"
exec 9>"$chroot.lock"
flock 9

mounted=()
unmount() {
    local place turn
    for place in "${mounted[@]}"; do
        # what the tests started may take a moment to end
        for turn in 1 2 3 4 5 6; do
            umount "$place" 2>/dev/null && continue 2
            sleep 0.5
        done
        umount -l "$place"
    done
    mounted=()
}
trap unmount EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# mount_inside PLACE OPTION…: mounts something at PLACE in the chroot unless that is a mount already.
mount_inside() {
    local place=$chroot$1
    shift
    mountpoint -q "$place" && return
    mkdir -p "$place"
    mount "$@" "$place"
    mounted=("$place" "${mounted[@]}")
}

inside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        chroot "$chroot" "$@"
}

have_all() {
    inside dpkg-query -W -f='${db:Status-Status}\n' "${packages[@]}" 2>/dev/null |
        grep -c '^installed$' | grep -qx "${#packages[@]}"
}

# A chroot that is only half made never gets the final name.
if [ ! -e "$chroot/etc/debian_version" ]; then
    echo "gimp3-chroot.sh: making $chroot" >&2
    rm -rf "$chroot.new"
    mmdebstrap --variant=minbase --aptopt='APT::Install-Recommends "false"' \
        --include="$(IFS=,; echo "${packages[*]}")" trixie "$chroot.new"
    rmdir "$chroot" 2>/dev/null || true
    mv -T "$chroot.new" "$chroot"
fi
mount_inside /proc -t proc proc
mount_inside /dev/pts --bind /dev/pts
if ! have_all; then
    inside apt-get update -q
    inside env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${packages[@]}"
fi

# The files of the tree: what git knows or would add, or all but build folders where there is no git.
tree_files() {
    if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git -C "$root" ls-files -z --cached --others --exclude-standard |
            (cd "$root" && while IFS= read -r -d '' file; do
                if [ -e "$file" ]; then printf '%s\0' "$file"; fi
            done)
    else
        (cd "$root" && find . -path './build*' -prune -o -path ./.git -prune -o -type f -print0)
    fi
}

rm -rf "$chroot$work/source" "$chroot$work/shared"
mkdir -p "$chroot$work/source"
tree_files | tar -C "$root" --null -T - -c | tar -C "$chroot$work/source" -x
if [ -d "$root/../shared/stacks/pcb" ]; then
    mkdir -p "$chroot$work/shared/stacks"
    cp -r "$root/../shared/stacks/pcb" "$chroot$work/shared/stacks/"
fi

inside cmake -G Ninja -S "$work/source" -B "$work/build" >"$chroot$work/cmake.log" ||
    { cat "$chroot$work/cmake.log" >&2; exit 1; }
inside ninja -C "$work/build" gimp-tests

status=0
if [ $# -gt 0 ]; then
    inside sh -c 'cd "$0" && exec "$@"' "$work/build" "$@" || status=$?
else
    inside ctest --test-dir "$work/build" -L '^gimp$' --output-on-failure --no-tests=error ||
        status=$?
fi
exit "$status"
