/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dialog on GIMP 3, a GimpProcedureDialog with a frame for each option table. */
#ifndef HF_GIMP_3_DIALOG_H
#define HF_GIMP_3_DIALOG_H

#include <libgimp/gimp.h>
#include <stdbool.h>

/* Shows the options in `config` and lets the user change them; false when dismissed. */
bool hf_dialog_run (GimpProcedure *procedure, GimpProcedureConfig *config);

/* The same for the noise map. */
bool hf_noise_map_dialog_run (GimpProcedure *procedure, GimpProcedureConfig *config);

#endif
