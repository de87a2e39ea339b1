/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures, bands and whole warps for the tests of this folder. */
#ifndef PICTURES_H
#define PICTURES_H

#include <hyperfocal/align.h>

/* The number all random pictures of this run start from: HF_TEST_SEED, or one drawn and printed. */
guint32 drawn_seed (void);

/* A band with memory of its own. */
HfBand band_new (HfRect rect, int n_colours);
void band_free (HfBand *band);

/* Float planes of random samples 0..1; opaque unless `see_through`. */
HfBand random_band (HfRect rect, int n_colours, bool see_through, GRand *random);

/* A record with this matrix. */
HfAlignRecord record_of (HfMatrix matrix);

/* Rotation (radians), scale and shift about the centre of a width × height picture. */
HfMatrix motion (double rotation, double scale, double dx, double dy, int width, int height);

/* What hf_align_apply () makes of `rect` when it is handed no more than the reach and a scratch of
 * just the size asked for, both surrounded by what it must not touch. */
HfBand warp_rect (const HfBand *frame, const HfAlignRecord *record, HfInterpolation interpolation,
                  HfRect rect);

/* Sample (x, y) in picture coordinates of a plane; plane n_colours is the validity. */
float band_sample (const HfBand *band, int plane, int x, int y);

/* Same rectangle, validity and -- where validity is above 0 -- colours, to the bit. */
bool bands_equal (const HfBand *a, const HfBand *b);

#endif
