#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh HOST TEST: runs TEST.scm in GIMP (HOST 2.10 or 3) without a display, then
# holds the pictures it saved against those of the command. All it makes stays in
# BUILD/tests/gimp/HOST/TEST. Exits 77 where GIMP or the real stack is missing.
set -euo pipefail

host=$1 test=$2
here=$HF_SOURCE_DIR/tests/gimp
plug_ins=$HF_BUILD_DIR/plugins/gimp-$host
folder=$HF_BUILD_DIR/tests/gimp/$host/$test
command=$HF_BUILD_DIR/cli/hyperfocal
compare=$HF_BUILD_DIR/tests/gimp/compare-pictures
failed=0

# shellcheck source=tests/gimp/gimp.sh
. "$here/gimp.sh"
find_gimp "$host"
rm -rf "$folder"
mkdir -p "$folder"

# agree FILE WANTED LEVELS SHARE [MARGIN]: a picture from GIMP against one that is right.
agree() {
    printf '%s: ' "$1"
    "$compare" "$folder/$1" "$folder/$2" "${@:3}" || failed=1
}

# says TEXT: GIMP has shown this message.
says() {
    if grep -qF "$1" "$folder/gimp.log"; then
        echo "ok says: $1"
    else
        echo "FAILED no message: $1"
        failed=1
    fi
}

# fuse NAME OPTION… FRAME…: the command's picture of the same frames.
fuse() {
    "$command" stack "${@:2}" -o "$folder/$1"
}

# graph NAME FOLDER: the picture of hyperfocal:focus-stack, from the gegl command.
graph() {
    GEGL_PATH="$HF_BUILD_DIR/gegl-ops:$(pkg-config --variable=pluginsdir gegl-0.4)" \
        gegl -o "$folder/$1" -- hyperfocal:focus-stack folder="$2" 2>>"$folder/gegl.log"
}

# convert_frames ENDING OPTION…: the rendered frames changed by ImageMagick, in order.
convert_frames() {
    local frame ending=$1
    shift
    mkdir -p "$folder/$ending"
    for frame in "${frames[@]}"; do
        convert "$frame" "$@" "$folder/$ending/$(basename "$frame")"
    done
}

# layered DEPTH FRAME…: pagesDEPTH.tif with pages and layer block, blockDEPTH.tif with one page only.
layered() {
    "$command" stack "${@:2}" -o "$folder/fused$1.tif" --layers "$folder/pages$1.tif"
    cp "$folder/pages$1.tif" "$folder/block$1.tif"
    "$HF_BUILD_DIR/tests/gimp/first-page" "$folder/block$1.tif"
}

scheme_list() {
    printf '(list'
    printf ' "%s"' "$@"
    printf ')'
}

if [ "$test" = pcb ]; then
    [ -d "$HF_STACKS/pcb" ] || { echo "no real stacks here; skipped"; exit 77; }
    frames=("$HF_STACKS"/pcb/*.jpg)
else
    n_frames=6
    [ "$test" = formats ] && n_frames=4 # it has many runs
    render_frames "$folder/frames" "$n_frames" 320 213
fi

# install_plug_in: the library and the plug-in below a prefix of their own; sets plug_ins.
install_plug_in() {
    local room program library
    for room in engine plugins; do
        cmake -DCMAKE_INSTALL_PREFIX="$folder/prefix" -P "$HF_BUILD_DIR/$room/cmake_install.cmake"
    done >"$folder/install.log"
    program=$(find "$folder/prefix" -path '*/plug-ins/hyperfocal/hyperfocal')
    library=$(ldd "$program" | sed -n 's/.*libhyperfocal[^ ]* => \([^ ]*\) .*/\1/p')
    case $(realpath "$library") in
    "$(realpath "$folder")"/prefix/*) echo "ok it finds the library beside it" ;;
    *) echo "FAILED it takes the library $library"; failed=1 ;;
    esac
    plug_ins=${program%/hyperfocal/hyperfocal}
}

definitions=
case $test in
installed) install_plug_in ;;
layered)
    convert_frames wide16 -evaluate multiply 0.973 -depth 16 -define png:bit-depth=16
    layered 8 "${frames[@]}"
    layered 16 "$folder"/wide16/*.png
    definitions="(define block-is-read #$([ "$host" = 3 ] && echo t || echo f))"
    ;;
noise-map)
    rm -r "$folder/frames"
    "$HF_BUILD_DIR/tests/render/render-stack" --case hot-pixels --seed 7 --frames 6 --size 320x213 \
        --format png --output "$folder/frames"
    frames=("$folder"/frames/frame*.png)
    ;;
recipe) definitions="(define recipe \"$HF_SOURCE_DIR/plugins/recipes/demo-$host.scm\")" ;;
formats)
    convert_frames grey8 -colorspace Gray -depth 8
    convert_frames rgba8 -alpha set -region 60x50+10+20 -alpha transparent +region -depth 8
    convert_frames rgb16 -evaluate multiply 0.973 -depth 16 -define png:bit-depth=16
    convert_frames grey16 -colorspace Gray -evaluate multiply 0.973 -depth 16 \
        -define png:bit-depth=16
    convert_frames greya16 -colorspace Gray -evaluate multiply 0.973 -alpha set \
        -region 60x50+10+20 -alpha transparent +region -depth 16 -define png:bit-depth=16
    convert_frames wide16 -depth 16 -define png:bit-depth=16
    ln -s frames "$folder/rgb8"
    kinds=(grey8 rgba8 rgb16 grey16 greya16 wide16)
    definitions="(define kinds (list (cons \"rgb8\" frames)"
    for kind in "${kinds[@]}"; do
        definitions+=" (cons \"$kind\" $(scheme_list "$folder/$kind"/*.png))"
    done
    definitions+="))
(define precisions '((\"u8-linear\" . 100) (\"u16-linear\" . 200) (\"u16\" . 250) (\"u32\" . 350)
  (\"half\" . 550) (\"float-linear\" . 600) (\"float\" . 650) (\"double\" . 750)))"
    ;;
esac

run_scheme "$test"
case $test in
layers)
    fuse wanted.png "${frames[@]}"
    fuse wanted-cropped.png --crop common --report "$folder/report.json" "${frames[@]}"
    agree fused.png wanted.png 0 100
    agree fused-again.png wanted.png 0 100
    agree fused-cropped.png wanted-cropped.png 0 100
    agree aligned-reference.png "frames/$(basename "${frames[3]}")" 0 100
    crop=$(tr -d ' \n' <"$folder/report.json" | sed -n 's/.*"crop":\[\([0-9,]*\)\].*/\1/p')
    if grep -qx "crop $crop" "$folder/results"; then
        echo "ok crop $crop is that of the command"
    else
        echo "FAILED crop: the command has $crop, $(grep ^crop "$folder/results")"
        failed=1
    fi
    ;;
formats)
    for kind in rgb8 "${kinds[@]}"; do
        fuse "wanted-$kind.tif" "$folder/$kind"/*.png
        agree "$kind.tif" "wanted-$kind.tif" 0 100
    done
    # Images of other sample types have the values of the 8-bit frames, and so has wide16.
    agree u16.tif wanted-wide16.tif 0 100
    for kind in u16-linear u32 half float-linear float double; do
        agree "$kind.tif" wanted-wide16.tif 0.5 99.9
    done
    # Linear 8 bit has coarse shadows: half a level there is up to 6.4 encoded ones.
    agree u8-linear.tif wanted-wide16.tif 7 99
    ;;
failures)
    says "needs at least two visible layers, but there is 1"
    says "needs at least two visible layers, but there are 0"
    says "an indexed image cannot be focus stacked"
    ;;
offsets)
    # Where a frame was cut, others have to stand in, and near it the pyramid's coarse levels see
    # the cut; inside all is as before.
    fuse wanted.png "${frames[@]}"
    agree fused.png wanted.png 2 98 40
    agree fused-moved.png wanted.png 0 100
    ;;
layered)
    kinds=(pages)
    [ "$host" = 3 ] && kinds+=(block)
    for depth in 8 16; do
        for page in 0 1 4; do
            convert "$folder/pages$depth.tif[$page]" -compress none "$folder/page$depth-$page.tif"
        done
        [ "$host" = 3 ] && agree "block$depth.tif-Focus stack #1.tif" "fused$depth.tif" 0 100
        for kind in "${kinds[@]}"; do
            agree "$kind$depth.tif-Focus stack.tif" "fused$depth.tif" 0 100
            for page in 0 1 4; do
                name="Focus stack"
                [ "$page" = 0 ] || name=$(basename "${frames[page - 1]}")
                agree "$kind$depth.tif-$name.tif" "page$depth-$page.tif" 0 100
            done
        done
    done
    ;;
noise-map)
    "$command" noise-map "${frames[@]}" -o "$folder/maps"
    agree noise-map.png maps/hot-rgb.png 0 100
    says "noisy pixels of 320 × 213 in 6 layers"
    ;;
recipe)
    fuse wanted.png "${frames[@]}"
    agree demo.png wanted.png 0 100
    n_pages=$(identify "$folder/demo.tif" 2>/dev/null | wc -l)
    if [ "$n_pages" = $((n_frames + 1)) ]; then
        echo "ok the TIFF has $n_pages pages"
    else
        echo "FAILED the TIFF has $n_pages pages, not $((n_frames + 1))"
        failed=1
    fi
    ;;
pcb)
    fuse wanted.png "${frames[@]}"
    agree fused.png wanted.png 1 99.9
    graph fused-graph.png "$HF_STACKS/pcb"
    agree fused-graph.png wanted.png 1 99.9
    ;;
esac
exit "$failed"
