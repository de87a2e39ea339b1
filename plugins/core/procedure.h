/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the hosts say about the procedures, once for both. */
#ifndef HF_PROCEDURE_H
#define HF_PROCEDURE_H

#define HF_STACK_PROCEDURE "plug-in-hyperfocal-stack"
#define HF_STACK_MENU_LABEL "_Focus Stack..."
#define HF_STACK_MENU_PATH "<Image>/Filters/Combine"
#define HF_STACK_BLURB                                                                             \
    "Fuses the visible layers, each focused at another distance, into one that is sharp "          \
    "everywhere"
#define HF_STACK_HELP                                                                              \
    "Takes the visible layers as the frames of a focal stack, the bottom one first, registers "    \
    "them, "                                                                                       \
    "evens out their light and fuses them. Adds the result as the top layer \"Focus stack\" and, " \
    "if "                                                                                          \
    "asked for, the aligned frames as layers of the group \"Aligned frames\". Members of visible " \
    "groups are frames too; results of earlier runs are not. Layer masks, opacities and modes do " \
    "not count."

#define HF_NOISE_MAP_PROCEDURE "plug-in-hyperfocal-noise-map"
#define HF_NOISE_MAP_MENU_LABEL "_Noise Map of a Camera"
#define HF_NOISE_MAP_BLURB "Finds the defect pixels of the camera that took the visible layers"
#define HF_NOISE_MAP_HELP                                                                          \
    "Takes the visible layers as pictures of one camera, as they came from it, and finds the "     \
    "pixels that stand out in nearly all of them. Adds the layer \"Noise map\", white where a "    \
    "channel is defect. Exported alone as PNG or TIFF it is what the option noise-mask of Focus "  \
    "Stack takes."

#define HF_AUTHORS "The Hyperfocal developers"
#define HF_DATE "2026"

/* The icon lies beside the program of the plug-in. */
#define HF_ICON_FILE "hyperfocal.svg"

#endif
