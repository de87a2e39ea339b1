#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Install what building and testing Hyperfocal needs, on Debian and Ubuntu.
#
#   scripts/deps.sh           build, GIMP and GEGL packages of this release
#   scripts/deps.sh --test    those, and what only the tests use
#   scripts/deps.sh --bench   those, and the programs that the bench compares with
#
# Packages that are already there are not touched; nothing is asked for when nothing is missing.
# Works as root or through sudo. Set HF_NO_INSTALL=1 to only name what is missing.
set -euo pipefail

build=(build-essential cmake ninja-build pkg-config gettext
       libglib2.0-dev libtiff-dev libexif-dev libjpeg-dev libpng-dev zlib1g-dev libbabl-dev libgegl-dev)
features=(libopencv-features2d-dev libopencv-calib3d-dev libopencv-flann-dev) # optional
test=(gegl xvfb xauth xdotool openbox imagemagick libimage-exiftool-perl mmdebstrap)
bench=(enfuse hugin-tools)

have() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'; }
known() { [ -n "$(apt-cache show "$1" 2>/dev/null)" ]; }

missing() {
    local name
    for name in "$@"; do
        have "$name" || printf '%s\n' "$name"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo --preserve-env=DEBIAN_FRONTEND "$@"; fi
}

# GIMP 3 where the release has it, GIMP 2.10 otherwise.
gimp_packages() {
    if known libgimp-3.0-dev; then
        printf '%s\n' gimp libgimp-3.0-dev
    else
        printf '%s\n' gimp libgimp2.0-dev
    fi
}

wanted=("${build[@]}" "${features[@]}")
case "${1:-}" in
    '') ;;
    --test) wanted+=("${test[@]}") ;;
    --bench) wanted+=("${test[@]}" "${bench[@]}") ;;
    *) echo "deps.sh: unknown option $1; use --test or --bench" >&2; exit 2 ;;
esac

command -v apt-get >/dev/null || {
    echo "deps.sh: no apt-get here; install by hand: ${wanted[*]} gimp and its development files" >&2
    exit 0
}

mapfile -t absent < <(missing "${wanted[@]}" gimp)
if ! have libgimp2.0-dev && ! have libgimp-3.0-dev; then absent+=(libgimp-dev-of-this-release); fi
[ "${#absent[@]}" = 0 ] && exit 0
if [ "${HF_NO_INSTALL:-0}" = 1 ]; then
    echo "deps.sh: missing: ${absent[*]}" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
as_root apt-get update -q -o Acquire::Retries=3
mapfile -t gimp < <(gimp_packages)
mapfile -t absent < <(missing "${wanted[@]}" "${gimp[@]}")
present=()
for name in "${absent[@]}"; do
    if known "$name"; then
        present+=("$name")
    else
        echo "deps.sh: this release has no package $name, going on without it" >&2
    fi
done
if [ "${#present[@]}" -gt 0 ]; then
    as_root apt-get install -q -y --no-install-recommends -o Acquire::Retries=3 "${present[@]}"
fi
