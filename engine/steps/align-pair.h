/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Registration of two frames: the parts of the estimate, private to the alignment step. A matrix
 * here maps pixels of the template (the frame nearer to the reference) to pixels of the frame, on
 * the level that is spoken of, unless it says full size.
 */
#ifndef HF_ALIGN_PAIR_H
#define HF_ALIGN_PAIR_H

#include "steps/align-view.h"

#include <hyperfocal/monitor.h>
#include <hyperfocal/option.h>
#include <hyperfocal/threads.h>

/* What a pair's estimate works with. */
typedef struct HfAlignTools {
    HfAlignPlan plan;
    HfTransformModel transform; /* of the options */
    const HfFeaturesOptions *features;
    HfPool *pool;
    HfBudget *budget;
    HfMonitor *monitor;
} HfAlignTools;

/*
 * What the tiles of a pair say, as a quadratic function of a small projective motion p before
 * `base`:
 *     energy (p) = p' H p - 2 g' p + c,   matrix (p) = base × (I + P (p)),
 * P moves the template's pixel by (p0 + p1 u + p2 v + (p6 u + p7 v) u, p3 + p4 u + p5 v + (p6 u +
 * p7 v) v), u and v from its centre, but for terms of second order. All in pixels of level 0.
 * Energy / weight is the mean square of the local shifts left; noise / weight is that part of it
 * which the noise of the tiles explains.
 */
enum { HF_ALIGN_PARAMETERS = 8, HF_ALIGN_CELLS = 9 };

typedef struct HfAlignSums {
    double h[HF_ALIGN_PARAMETERS][HF_ALIGN_PARAMETERS], g[HF_ALIGN_PARAMETERS], c;
    double weight, noise;
} HfAlignSums;

typedef struct HfAlignQuadratic {
    HfMatrix base;
    double centre_x, centre_y;
    HfAlignSums all, cells[HF_ALIGN_CELLS]; /* of the picture cut in 3 × 3 */
    int n_tiles;
    double inliers; /* 0..1, texture of the tiles that agree with the motion by that of all */
} HfAlignQuadratic;

typedef struct HfAlignPair {
    bool good;          /* registered */
    double correlation; /* of the normalised pictures at the finest level that has them */
    HfMatrix matrix;    /* full size, by the model asked for (automatic: rigid) */
    HfAlignQuadratic quadratic;
    bool few_features; /* fewer matches than are asked for; more may be found in larger pictures */
    char reason[160]; /* why it is not good: a clause with numbers, after "it" */
} HfAlignPair;

/* --- align-coarse.c --- */

/* Room to see a frame through a matrix. */
typedef struct HfCoarseScratch {
    HfPlane seen;
    float *line, *mask;
    int *begin, *end; /* columns of each row that were seen */
    void *memory;
} HfCoarseScratch;

/* Room for these levels and all coarser ones. */
bool hf_coarse_scratch_init (HfCoarseScratch *scratch, const HfAlignLevel *template,
                             const HfAlignLevel *frame, HfBudget *budget, GError **error);
void hf_coarse_scratch_clear (HfCoarseScratch *scratch);

/*
 * Refines m on one level of normalised planes by Gauss-Newton: shift only with 2 parameters,
 * similarity with 4. Returns the correlation before the last step, 0 where the overlap is too
 * small.
 */
double hf_align_coarse (const HfAlignLevel *template, const HfAlignLevel *frame, int n_parameters,
                        int most_iterations, HfCoarseScratch *scratch, HfMatrix *m);

/* --- align-tiles.c --- */

/* The local shift that one tile sees, in pixels of the level, and how sure it is of it. */
typedef struct HfAlignTile {
    double u, v;       /* the tile's centre from the template's */
    double dx, dy;     /* template position + d is where the frame's content lies */
    double xx, xy, yy; /* inverse of the covariance that noise gives d, 1 / pixel² */
    double softness;   /* how much more than a sharp tile's its d may be wrong, as variance */
    double weight;     /* 0..1 by agreement with the others */
    double texture;    /* root of what of its gradients' energy is not noise */
    bool alike;        /* the fit leaves less than half of the template's variance */
} HfAlignTile;

typedef struct HfAlignTiles {
    HfAlignTile *tiles; /* freed with g_free () */
    int n;
    double lost; /* texture of the tiles that could not say where they lie */
} HfAlignTiles;

/*
 * Measures all tiles of a level's smooth planes around m. False with *error on lack of memory;
 * there may be no tile.
 */
bool hf_align_tiles (const HfAlignTools *tools, const HfAlignLevel *template,
                     const HfAlignLevel *frame, const HfMatrix *m, HfAlignTiles *tiles,
                     GError **error);

/* --- align-fit.c --- */

/*
 * Fits a motion with n_parameters (2, 4, 6 or 8) to the tiles by reweighted least squares, leaves
 * their weights in them, and gives the quadratic with these weights around m.
 */
void hf_align_fit_tiles (HfAlignTiles *tiles, int n_parameters, const HfAlignLevel *template,
                         const HfMatrix *m, HfAlignQuadratic *quadratic);

/*
 * The matrix (level 0) of a model that has the least energy, and that energy divided by the weight.
 * HF_TRANSFORM_NONE: `none` itself (level 0). False where the quadratic does not determine it.
 */
bool hf_align_best (const HfAlignQuadratic *quadratic, HfTransformModel model, const HfMatrix *none,
                    HfMatrix *matrix, double *mean_square);

/*
 * How well a model says in advance what it has not seen: the mean square of what each cell leaves
 * of the model fitted to all others (where these do not determine it, to all). A model with more
 * freedom than the motion has does worse.
 */
bool hf_align_predict (const HfAlignQuadratic *quadratic, HfTransformModel model,
                       const HfMatrix *none, double *mean_square);

/* Solves the n × n symmetric positive system a x = b in place (b becomes x); false: singular. */
bool hf_align_solve (double *a, double *b, int n);

/* --- align-features.c --- */

/*
 * The matched features of both frames that agree with one motion, as tiles around that motion, which
 * *m becomes (level 0). There may be none: then the pair's reason says why. False with *error.
 */
bool hf_align_feature_tiles (const HfAlignTools *tools, const HfAlignView *template,
                             const HfAlignView *frame, HfMatrix *m, HfAlignTiles *tiles,
                             HfAlignPair *pair, GError **error);

/* --- align-start.c --- */

/*
 * Guesses of the motion by phase correlation on one normalised level: a shift, and with `turned` a
 * similarity found by the spectra's magnitude in log-polar coordinates. False with *error on lack
 * of memory.
 */
bool hf_align_guess (const HfAlignLevel *template, const HfAlignLevel *frame, bool turned,
                     HfBudget *budget, HfMatrix *m, GError **error);

/* --- align-pair.c --- */

/*
 * Registers `frame` to `template`. `start` is the full-size matrix to begin with; `sure`: it is a
 * registration already, so only the finest levels are looked at. False only for lack of memory or
 * cancel; whether it is registered stands in the pair.
 */
bool hf_align_pair (const HfAlignTools *tools, const HfAlignView *template,
                    const HfAlignView *frame, const HfMatrix *start, bool sure, HfAlignPair *pair,
                    GError **error);

#endif
