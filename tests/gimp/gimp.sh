# SPDX-License-Identifier: GPL-3.0-or-later
# What run.sh and dialog.sh share: finding GIMP, a fresh profile, running a script. They set `here`,
# `folder`, `plug_ins`, `failed`.

# find_gimp HOST: sets gimp (with windows), gimp_console, and how a batch is named and ended.
find_gimp() {
    local names name
    case $1 in
    2.10) names="gimp-console-2.10" batch=() quit=(-b '(gimp-quit 0)') ;;
    3) names="gimp-console-3.2 gimp-console-3.0 gimp-console-3"
       batch=(--batch-interpreter=plug-in-script-fu-eval) quit=(--quit) ;;
    *) echo "no host $1" >&2; exit 2 ;;
    esac
    for name in $names; do
        if command -v "$name" >/dev/null; then
            gimp_console=$name
            gimp=${name/-console/}
            return
        fi
    done
    echo "no GIMP $1 here; skipped"
    exit 77
}

# render_frames FOLDER N WIDTH HEIGHT: a stack with breathing, drift and rotation; sets `frames`.
render_frames() {
    "$HF_BUILD_DIR/tests/render/render-stack" --case breathing --seed 7 --frames "$2" \
        --size "$3x$4" --format png --output "$1"
    frames=("$1"/frame*.png)
}

# A profile of its own: GIMP finds the plug-in, and nothing an earlier run left. It says that it was
# made by this version, or GIMP 3 would greet a new user.
new_profile() {
    local profile=$folder/profile settings=
    [ "$host" = 2.10 ] ||
        settings="(show-welcome-dialog no) (config-version \"$("$gimp_console" --version | grep -o '[0-9.]*$' | tail -n 1)\")"
    mkdir -p "$profile"
    printf '(plug-in-path "%s:${gimp_plug_in_dir}/plug-ins")\n%s\n' "$plug_ins" "$settings" \
        >"$profile/gimprc"
    export GIMP2_DIRECTORY=$profile GIMP3_DIRECTORY=$profile XDG_DATA_HOME=$profile/data
}

# write_script TEST: the whole of a test as one file, with the values of `definitions`.
write_script() {
    cat >"$folder/script.scm" <<END
(define results "$folder/results")
(define folder "$folder")
(define frames $(scheme_list "${frames[@]}"))
$definitions
(load "$here/prelude-$host.scm")
(load "$here/checks.scm")
(load "$here/$1.scm")
END
}

# Shows the results; anything but a whole list of oks is a failure.
show_results() {
    [ -f "$folder/results" ] && cat "$folder/results"
    if ! grep -qx done "$folder/results" 2>/dev/null || grep -q '^FAILED' "$folder/results"; then
        failed=1
        tail -n 40 "$folder/gimp.log"
    fi
}

# run_scheme TEST: runs it in GIMP without display. Its exit code says nothing: the results do.
run_scheme() {
    new_profile
    write_script "$1"
    env -u DISPLAY timeout 800 "$gimp_console" -i "${batch[@]}" \
        -b "(load \"$folder/script.scm\")" "${quit[@]}" >"$folder/gimp.log" 2>&1 || true
    show_results
}
