/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the hosts say about the procedure, once for both. */
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
#define HF_STACK_AUTHORS "The Hyperfocal developers"
#define HF_STACK_DATE "2025"

/* The icon lies beside the program of the plug-in. */
#define HF_ICON_FILE "hyperfocal.svg"

#endif
