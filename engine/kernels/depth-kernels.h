/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Inner loops of the fusion by depth map (fuse/depth.h) and of the simple fusion. Rows of n floats;
 * "rows[k]" are k rows one below the other, and rows that are read beyond 0 .. n - 1 must hold
 * samples there.
 */
#ifndef HF_DEPTH_KERNELS_H
#define HF_DEPTH_KERNELS_H

/* The running view of the focus curve of a row of pixels; -1 = there is no such frame. */
typedef struct HfDepthTrack {
    float *last, *before_last;                /* energies of the last two frames */
    float *sum;                               /* of the energies of all frames */
    float *peak, *before, *after, *index;     /* the highest local maximum, and its neighbours */
    float *peak2, *before2, *after2, *index2; /* the second highest; NULL: not kept */
} HfDepthTrack;

/* Which of two maxima is the depth, and what counts as noise: see settle (). */
typedef struct HfDepthJudge {
    float noise; /* expected energy of noise alone */
    float n_frames;
    int prefer; /* 0 the higher one, -1 the one in front (smaller index), 1 the one behind */
} HfDepthJudge;

/* How far a frame counts by its distance to the depth: see prior (). */
typedef struct HfDepthWindow {
    float frame; /* index of the frame */
    float reach,
        doubt;   /* frames: half width where the depth is sure, and what is added where not */
    float noise; /* sharpness at which it is half sure */
    float soft;  /* frames; negative: windows by reach, 0: the nearest frame alone */
} HfDepthWindow;

typedef struct HfDepthKernels {
    /* Sum over j of weights[j] rows[j], n_taps = 2 reach + 1 rows; weights are symmetric. */
    void (*convolve_columns) (float *out, const float *const *rows, const float *weights, int reach,
                              int n);
    /* The same along a row: reads in[-reach] … in[n - 1 + reach]. */
    void (*convolve_row) (float *out, const float *in, const float *weights, int reach, int n);
    /* The smallest of 2 reach + 1 rows, or of the neighbours in a row. */
    void (*least_of_rows) (float *out, const float *const *rows, int reach, int n);
    void (*least_in_row) (float *out, const float *in, int reach, int n);

    /* Sharpness of the middle one of three rows; added to what is in out where `more`. All read one
     * sample to either side. */
    void (*tenengrad) (float *out, const float *const *rows, int more, int n);
    void (*sobel) (float *out, const float *const *rows, int more, int n);
    void (*laplacian) (float *out, const float *const *rows, int more, int n);
    void (*modified_laplacian) (float *out, const float *const *rows, int more, int n);
    void (*variance) (float *out, const float *const *rows, int more, int n);

    /* row = row² */
    void (*square) (float *row, int n);
    /* row ×= factor row */
    void (*multiply) (float *row, const float *factor, int n);
    /* row /= weight, or 0 where that is 0 */
    void (*divide) (float *row, const float *weight, int n);
    /* row = validity > 0 ? row : -1 */
    void (*mark_invalid) (float *row, const float *validity, int n);
    /* Edge-preserving mean over (2 reach + 1)² neighbours: spatial[] holds the weights by |row| and
     * |column| distance, `sigma` the relative difference at which a neighbour counts a quarter. */
    void (*smooth) (float *out, const float *const *rows, const float *spatial, float sigma,
                    int reach, int n);

    /* Every second sample of the mean over 5 neighbours (1 4 6 4 1). */
    void (*reduce_row) (float *out, const float *in, int n);
    /* out[2 i], out[2 i + 1] from the coarse samples i - 1, i, i + 1 (1 6 1, 4 4). */
    void (*expand_row) (float *out, const float *in, int n);
    /* row += scale × (near[0] above + near[1] middle + near[2] below); where `keep` a negative row
     * becomes 0 instead */
    void (*add_expanded) (float *row, const float *above, const float *middle, const float *below,
                          const float near[3], float scale, int keep, int n);

    /* Takes the energies of the next frame, number `frame`, in. */
    void (*track) (const HfDepthTrack *track, const float *energy, float frame, int n);
    /* peak = max (peak, energy) */
    void (*raise) (float *peak, const float *energy, int n);
    /* guide = picture, where energy > peak */
    void (*guide) (float *guide, const float *picture, const float *energy, const float *peak,
                   int n);
    /* Depth in frames and confidence 0..1 from the focus curve. */
    void (*settle) (float *depth, float *confidence, const HfDepthTrack *track,
                    const HfDepthJudge *judge, int n);

    /* Weight 0..1 of a frame by its distance to the depth. */
    void (*prior) (float *out, const float *depth, const float *peak, const HfDepthWindow *window,
                   int n);
    /* weight ×= ((energy + floor) / (peak + floor))^power, × trust of the validity (NULL: 1) */
    void (*weigh) (float *weight, const float *energy, const float *peak, const float *validity,
                   float floor, float power, int n);
    /* sum += weight × row */
    void (*accumulate) (float *sum, const float *weight, const float *row, int n);
    /* Range of values where the prior says that the frame contributes. */
    void (*widen) (float *low, float *high, const float *row, const float *prior, int n);
    /* row brought into low..high where there is such a range; 0 where not valid */
    void (*limit) (float *row, const float *low, const float *high, const float *validity, int n);

    /* The simple fusion: takes energy and colours over where the energy is larger than the best. */
    void (*take_sharper) (float *best, float *const colour[3], float *validity, const float *energy,
                          const float *const row[3], const float *row_validity, int n_colours,
                          int n);
} HfDepthKernels;

#endif
