/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Fusion by depth map: what its parts share.
 *
 * Two passes over the frames. The first looks for the depth: at every pixel the sharpness of the
 * frames, one after the other, is a curve whose peak tells which frame is in focus (S. Nayar, Y.
 * Nakagawa: Shape from Focus, 1994). The second takes the colours from the frames near that depth.
 *
 *     depth-energy.c   sharpness of a frame, from coarse to fine
 *     depth-settle.c   peaks of the curves -> depth and confidence, filled and smoothed
 *     depth-blend.c    colours: weights from depth and sharpness, blended in a pyramid
 *     depth.c          memory, work, the fuser
 *
 * Level l has its pixel (x, y) at (2^l x, 2^l y) of the picture; beyond the edges pictures go on
 * mirrored. The frame's own colours at full size are never kept: they are read again where they
 * are wanted. Nothing depends on the number of frames.
 */
#ifndef HF_DEPTH_H
#define HF_DEPTH_H

#include "fuse/focus-tile.h"

enum {
    HF_DEPTH_MOST_LEVELS = 12,
    HF_DEPTH_ENERGY_LEVELS = 6, /* that sharpness comes from: up to 64 pixels of blur */
    HF_DEPTH_ROWS = 16          /* that one worker takes at a time */
};

/* How much a level adds of the sharpness of the next coarser one. */
#define HF_DEPTH_COARSER 0.3f

typedef struct HfDepthLevel {
    int width, height;
    size_t stride; /* floats from row to row, of all planes */
    double noise;  /* sharpness of noise, with that of the coarser levels added */

    /* The current frame; pictures and validity from level 1 on. */
    float *picture[3], *validity;
    float *energy;
    float *weight; /* second pass */

    float *peak; /* largest energy of all frames */

    /* First pass. */
    float *guide[3];           /* colours where the energy was largest, from level 1 on */
    float *depth, *confidence; /* depth-settle.c: pushed up; those of level 0 stay */

    /* Second pass. */
    float *sum[3], *total;
} HfDepthLevel;

typedef struct HfDepth {
    int n_colours;
    int n_levels; /* levels[n_levels] is the coarsest, of colours only */
    int n_energy; /* levels 0 .. n_energy - 1 have energies */
    int n_blend;  /* bands that are blended; levels[n_blend] is the base */
    int n_settle; /* levels[n_settle] is the coarsest that unknown depths are filled from */
    HfDepthLevel levels[HF_DEPTH_MOST_LEVELS + 1];
    const HfDepthKernels *kernels;
    HfPool *pool;
    int n_workers;

    HfFocusMeasure measure;
    HfDepthJudge judge;
    HfDepthWindow window;
    float power;           /* of the ratio of sharpnesses; 0 = they do not count */
    double pull;           /* how much a pixel believes its surroundings */
    double noise_variance; /* of all colours of a pixel together */
    int weight_reach;
    float weight_window[2 * HF_TILE_LONGEST_REACH + 1];

    int pass, frame; /* number of the pass, and of the frame in it */
    int n_frames;    /* of the first pass */
    bool opaque;     /* the current frame is valid everywhere */
    int see_through; /* the same while it is read, by several workers */
    HfDepthTrack track;
    float veto;        /* of the surroundings' peaks against a pixel's own, see depth-settle.c */
    float noise_share; /* of the noise, added to sharpnesses before they are compared */
    float *smoothed;   /* second pass, where weights are smoothed */
    float *low[3], *high[3], *most; /* second pass: range of the contributing frames, validity */
    int collapsed;                  /* levels that are added up already, from n_blend down */

    float *output;
    int output_rows;
    float *scratch; /* n_workers × scratch_floats */
    size_t scratch_floats;
    char *memory;
} HfDepth;

static inline float *
hf_depth_row (const HfDepthLevel *level, float *plane, int y)
{
    return plane + (size_t) y * level->stride;
}

/* The scratch memory of a worker. */
float *hf_depth_scratch (const HfDepth *depth, int worker);

/* Where a picture of n samples goes on beyond its ends. */
int hf_depth_mirror (int i, int n);

/* Copies a row of n samples with `margin` mirrored ones at either end. */
void hf_depth_extend (float *out, const float *row, int n, int margin);

/* Weights of the three expanded rows (k - 1, k, k + 1) at row y, k = y / 2. */
const float *hf_depth_near (int y);

/*
 * Coarse row k of a plane of `level`, expanded to the finer level's width: 2 × level->width samples
 * in out. `buffer` holds width + 2 samples.
 */
void hf_depth_expand (const HfDepth *depth, const HfDepthLevel *level, float *plane, int k,
                      float *buffer, float *out);

typedef struct HfDepthPart {
    HfMonitor *monitor;
    double from, to; /* of the monitor's part */
} HfDepthPart;

/* Runs func over chunks, with check points between them. */
bool hf_depth_for (const HfDepth *depth, int n_chunks,
                   void (*func) (void *data, int chunk, int worker), void *data, HfDepthPart part,
                   GError **error);

/* depth-energy.c: pictures, validity and energies of all levels from a frame. */
bool hf_depth_measure (HfDepth *depth, const HfBandReader *frame, HfDepthPart part, GError **error);
/* depth-energy.c: takes the current frame's energies into the curves. */
bool hf_depth_track (HfDepth *depth, HfDepthPart part, GError **error);
/* depth-energy.c: the curves from row y on. */
HfDepthTrack hf_depth_track_row (const HfDepth *depth, int y);

/* depth-settle.c: depth and confidence of level 0, from the curves. */
bool hf_depth_settle (HfDepth *depth, GError **error);

/* depth-blend.c: the current frame's colours. */
bool hf_depth_blend (HfDepth *depth, const HfBandReader *frame, HfDepthPart part, GError **error);
/* depth-blend.c: all added up, to the writer. */
bool hf_depth_write (HfDepth *depth, const HfBandWriter *writer, HfMonitor *monitor,
                     GError **error);

/* Floats of scratch that the parts need for each worker. */
size_t hf_depth_measure_scratch (const HfDepth *depth);
size_t hf_depth_row_scratch (const HfDepth *depth);

#endif
