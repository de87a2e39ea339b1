/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* From one colour profile to another, by babl. */
#ifndef HF_FILES_COLOUR_H
#define HF_FILES_COLOUR_H

#include <hyperfocal/image.h>

/* Opaque here, so that only colour.c needs babl. */
typedef struct HfColour HfColour;

/*
 * Prepares the conversion of samples of `format` between two ICC profiles (NULL: sRGB). *colour is
 * NULL where there is nothing to do. HF_ERROR_FORMAT with the name of the file (`from_label` or
 * `to_label`) whose profile cannot be used.
 */
bool hf_colour_new (GBytes *from, const char *from_label, GBytes *to, const char *to_label,
                    HfFormat format, HfColour **colour, GError **error);
void hf_colour_free (HfColour *colour);

/* Converts n pixels; `to` is not `from`. Any thread. */
void hf_colour_convert (const HfColour *colour, const void *from, void *to, int n);

#endif
