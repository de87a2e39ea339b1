/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* From an opened reader to a frame: reduced, converted, upright. */
#ifndef HF_FILES_DECODE_H
#define HF_FILES_DECODE_H

#include "files/colour.h"
#include "files/reader.h"

/*
 * The whole picture, reduced `reduction` times in the geometry of hf_image_reduce () on the upright
 * picture, its colours converted (`colour` may be NULL). Once a reader.
 */
HfImage *hf_decode (HfReader *reader, int reduction, const HfColour *colour, HfBudget *budget,
                    GError **error);

#endif
