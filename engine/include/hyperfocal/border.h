/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * What an aligned frame, as a picture of its own, shows where it did not see the canvas. The fusion
 * knows nothing of it: there validity rules.
 *
 * The colour follows the mode: one value (constant), the nearest pixel of the frame's rim
 * (replicate), or the rim more and more blurred with the distance (replicate-blur). How much of it
 * is seen, its alpha, is the last number of border-value, in every mode; 0 leaves it
 * transparent, and then the colour shows only where a file has no alpha, as JPEG.
 */
#ifndef HF_BORDER_H
#define HF_BORDER_H

#include <hyperfocal/align.h>

HF_BEGIN_DECLS

typedef struct HfBorder {
    HfBorderMode mode;
    float value[4]; /* R, G, B and alpha, 0..1; a grey frame takes the mean of R, G, B */
    double blur;    /* pixels of the frame */
} HfBorder;

/* The options as numbers. HF_ERROR_ARGUMENT when border-value is not four numbers 0..255. */
HF_API bool hf_border_init (HfBorder *border, const HfAlignOptions *options, GError **error);

/* The outermost pixels of a frame of width × height, as running sums in memory that is borrowed. */
typedef struct HfBorderRim {
    int width, height, n_colours;
    int n;        /* pixels around: once for each that has two sides of the rim at it */
    double *sums; /* (n_colours + 1) × 2 × (n + 1) */
    double means[4];
} HfBorderRim;

/* Doubles of memory that a rim takes. */
HF_API size_t hf_border_rim_doubles (int width, int height, int n_colours);

/*
 * Begins a rim over `memory`, takes in what bands (in the frame's coordinates) hold of it -- all
 * pixels of the rim once or more often --, and makes the sums. Nothing can fail.
 */
HF_API void hf_border_rim_begin (HfBorderRim *rim, int width, int height, int n_colours,
                                 double *memory);
HF_API void hf_border_rim_take (HfBorderRim *rim, const HfBand *band);
HF_API void hf_border_rim_settle (HfBorderRim *rim);

/*
 * Fills what a warped band does not cover: pixels of validity 0 that `matrix` (canvas -> frame)
 * puts outside of the frame get the colour of the mode, and its alpha as validity. Colour under
 * the frame's own zero validity becomes 0. rim may be NULL in mode constant. A pixel depends on
 * its place alone, not on the band's rectangle. Re-entrant.
 */
HF_API void hf_border_fill (const HfBorder *border, const HfBorderRim *rim, const HfMatrix *matrix,
                            int src_width, int src_height, HfBand *band);

HF_END_DECLS
#endif
