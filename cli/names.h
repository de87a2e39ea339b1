/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a run: which frames there are, and that nothing is written over them. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "arguments.h"

/* The frames in order, folders replaced by their pictures; owned strings, ended by NULL. */
GPtrArray *frame_names (const Arguments *arguments, GError **error);

/*
 * Outputs must differ from each other and from the frames, by whatever path they are named,
 * and layers must be named as a TIFF: HF_ERROR_ARGUMENT.
 */
bool output_names_check (const Arguments *arguments, const GPtrArray *frames, GError **error);

/* Does the name end as that of a TIFF file? */
bool output_name_is_tiff (const char *name);

/* Do both paths name the same file, or would they? */
bool is_same_file (const char *a, const char *b);

#endif
