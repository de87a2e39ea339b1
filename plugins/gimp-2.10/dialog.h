/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dialog on GIMP 2.10, made from the option tables. */
#ifndef HF_GIMP_2_10_DIALOG_H
#define HF_GIMP_2_10_DIALOG_H

#include "core/options.h"

/* Shows `options` and takes what the user sets; false when the dialog was dismissed, the options
 * are then as they were. */
bool hf_dialog_run (HfPluginOptions *options);

#endif
