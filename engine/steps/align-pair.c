/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Registration of two frames, from what is known before to what the tiles say.
 *
 *   1. From the start matrix down the normalised levels, coarsest first (align-coarse.c).
 *   2. Where the pictures do not correlate well after that, from other starts too: phase
 * correlation, and with rotation and scale (align-start.c). The best correlation wins; nearly equal
 * ones (a repeated pattern) are decided for the motion nearest to the start.
 *   3. Down the smooth levels by tiles (align-tiles.c), once a level, and until it stands on the
 * finest.
 *
 * Good is what correlates: wrong registrations of real and rendered frames stayed under .2, right
 * ones with a third of the picture hidden behind something reached .64.
 */
#include "steps/align-pair.h"

#include <hyperfocal/error.h>
#include <math.h>

static const double GOOD_CORRELATION = 0.9; /* no other start is tried */
static const double LEAST_CORRELATION = 0.5;
static const double SAME_CORRELATION = 0.02;
static const double CLEARLY_MORE = 0.0025; /* pixels² of the level */
static const double STANDS = 0.05; /* pixels of the finest level that the last round may move */

enum {
    COARSE_ITERATIONS = 12,
    GUESS_WIDTH = 256,
    FEWEST_TILES = 4,
    ENOUGH_TILES = 24, /* for more than a similarity */
    MOST_ROUNDS = 4    /* on the finest level */
};

typedef struct Candidate {
    HfMatrix matrix; /* level first_normal */
    double correlation;
} Candidate;

static HfMatrix
to_level (HfMatrix full, const HfAlignLevel *level)
{
    return hf_matrix_to_reduced (full, level->factor);
}

static HfMatrix
from_level (HfMatrix m, const HfAlignLevel *level)
{
    return hf_matrix_from_reduced (m, level->factor);
}

static int
n_parameters (HfTransformModel transform)
{
    return transform == HF_TRANSFORM_TRANSLATION ? 2 : 4;
}

/* Down the normalised levels from level `from`, which m belongs to. */
static Candidate
descend (const HfAlignTools *tools, const HfAlignView *template, const HfAlignView *frame, int from,
         HfMatrix m, HfCoarseScratch *scratch)
{
    Candidate candidate = { m, 0 };

    for (int k = from; k >= tools->plan.first_normal; k--) {
        candidate.correlation = hf_align_coarse (&template->levels[k], &frame->levels[k],
                                                 n_parameters (tools->transform), COARSE_ITERATIONS,
                                                 scratch, &candidate.matrix);
        if (k > tools->plan.first_normal)
            candidate.matrix = hf_matrix_from_reduced (candidate.matrix, 2);
    }
    return candidate;
}

/* The better correlation; if they are the same within a little, the one nearer to the start. */
static void
keep_better (const HfAlignLevel *level, const HfMatrix *start, Candidate *best, Candidate other)
{
    double best_distance, other_distance;

    hf_matrix_distance (&best->matrix, start, level->width, level->height, &best_distance, NULL);
    hf_matrix_distance (&other.matrix, start, level->width, level->height, &other_distance, NULL);
    if (other.correlation > best->correlation + SAME_CORRELATION ||
        (other.correlation > best->correlation - SAME_CORRELATION &&
         other_distance < best_distance))
        *best = other;
}

static bool
try_guesses (const HfAlignTools *tools, const HfAlignView *template, const HfAlignView *frame,
             const HfMatrix *start, HfCoarseScratch *scratch, Candidate *best, GError **error)
{
    const HfAlignLevel *finest = &template->levels[tools->plan.first_normal];
    int n_guesses = tools->transform == HF_TRANSFORM_TRANSLATION ? 1 : 2;
    int k = tools->plan.first_normal;

    while (k < tools->plan.n_levels - 1 && template->levels[k].width > GUESS_WIDTH)
        k++;
    for (int turned = 0; turned < n_guesses && best->correlation < GOOD_CORRELATION; turned++) {
        HfMatrix m;

        if (!hf_align_guess (&template->levels[k], &frame->levels[k], turned, tools->budget, &m,
                             error))
            return false;
        keep_better (finest, start, best, descend (tools, template, frame, k, m, scratch));
    }
    return true;
}

static bool
find_coarsely (const HfAlignTools *tools, const HfAlignView *template, const HfAlignView *frame,
               const HfMatrix *start, bool sure, Candidate *found, GError **error)
{
    int finest = tools->plan.first_normal, coarsest = sure ? finest : tools->plan.n_levels - 1;
    const HfAlignLevel *a = &template->levels[finest], *b = &frame->levels[finest];
    HfMatrix near = to_level (*start, a);
    HfCoarseScratch scratch;
    bool good = true;

    if (!hf_coarse_scratch_init (&scratch, a, b, tools->budget, error))
        return false;
    *found = descend (tools, template, frame, coarsest,
                      to_level (*start, &template->levels[coarsest]), &scratch);
    if (!sure && found->correlation < GOOD_CORRELATION)
        good = try_guesses (tools, template, frame, &near, &scratch, found, error);
    hf_coarse_scratch_clear (&scratch);
    return good;
}

/*
 * A stack of unknown motion is taken for rigid until tiles show that a similarity leaves clearly
 * more of their shifts than an affine or projective motion does; from there on the estimate is made
 * around the simplest that does not. Which model it will be is decided for the whole stack later.
 */
static HfTransformModel
loosen (const HfAlignQuadratic *quadratic, const HfMatrix *m, HfTransformModel model)
{
    double noise = quadratic->all.noise / quadratic->all.weight, best, left;
    HfMatrix ignored;

    if (quadratic->n_tiles < ENOUGH_TILES ||
        !hf_align_best (quadratic, HF_TRANSFORM_HOMOGRAPHY, m, &ignored, &best))
        return model;
    while (model < HF_TRANSFORM_HOMOGRAPHY &&
           hf_align_best (quadratic, model, m, &ignored, &left) &&
           left - best > 0.5 * fmax (0, best - noise) + CLEARLY_MORE)
        model++;
    return model;
}

/* The model that so many tiles can decide on. */
static HfTransformModel
tighten (HfTransformModel model, int n_tiles)
{
    return n_tiles < ENOUGH_TILES && model == HF_TRANSFORM_HOMOGRAPHY ? HF_TRANSFORM_AFFINE : model;
}

/* The fit to one round of tiles; *model may become a looser one where it is free. False where they
 * do not determine a motion. */
static bool
fit_tiles (const HfAlignTools *tools, const HfAlignLevel *template, HfAlignTiles *tiles,
           HfTransformModel *model, HfMatrix *m, HfAlignQuadratic *quadratic)
{
    static const int parameters[] = { [HF_TRANSFORM_TRANSLATION] = 2,
                                      [HF_TRANSFORM_RIGID] = 4,
                                      [HF_TRANSFORM_AFFINE] = 6,
                                      [HF_TRANSFORM_HOMOGRAPHY] = 8 };
    double mean_square;
    bool found;

    if (tiles->n < FEWEST_TILES)
        return false;
    hf_align_fit_tiles (tiles, parameters[tighten (*model, tiles->n)], template, m, quadratic);
    if (tools->transform == HF_TRANSFORM_AUTO)
        *model = loosen (quadratic, m, *model);
    found = hf_align_best (quadratic, tighten (*model, tiles->n), m, m, &mean_square);
    *m = hf_matrix_normalise (*m);
    return found;
}

/* One round of tiles on one level; *model may become a looser one where it is free. */
static bool
fit_level (const HfAlignTools *tools, const HfAlignLevel *template, const HfAlignLevel *frame,
           HfTransformModel *model, HfMatrix *m, HfAlignQuadratic *quadratic, bool *found,
           GError **error)
{
    HfAlignTiles tiles;

    *found = false;
    if (!hf_align_tiles (tools, template, frame, m, &tiles, error))
        return false;
    *found = fit_tiles (tools, template, &tiles, model, m, quadratic);
    g_free (tiles.tiles);
    return true;
}

static bool
refine (const HfAlignTools *tools, const HfAlignView *template, const HfAlignView *frame,
        HfMatrix m, HfAlignPair *pair, GError **error)
{
    const HfAlignLevel *finest = &template->levels[0];
    HfTransformModel model =
        tools->transform == HF_TRANSFORM_AUTO ? HF_TRANSFORM_RIGID : tools->transform;
    double moved = 1;
    bool found = true;

    for (int k = tools->plan.n_smooth - 1; k > 0 && found; k--) {
        if (!fit_level (tools, &template->levels[k], &frame->levels[k], &model, &m,
                        &pair->quadratic, &found, error))
            return false;
        m = hf_matrix_from_reduced (m, 2);
    }
    for (int round = 0; round < MOST_ROUNDS && found && moved > STANDS; round++) {
        HfMatrix before = m;

        if (!fit_level (tools, finest, &frame->levels[0], &model, &m, &pair->quadratic, &found,
                        error))
            return false;
        hf_matrix_distance (&before, &m, finest->width, finest->height, NULL, &moved);
    }
    pair->matrix = from_level (m, finest);
    pair->good = found;
    if (!found)
        g_snprintf (pair->reason, sizeof pair->reason,
                    "shows texture on fewer than %d tiles of 16 × 16 pixels", FEWEST_TILES);
    return true;
}

/* How alike the normalised pictures are under the pair's matrix. */
static bool
correlate (const HfAlignTools *tools, const HfAlignView *template, const HfAlignView *frame,
           HfAlignPair *pair, GError **error)
{
    const HfAlignLevel *a = &template->levels[tools->plan.first_normal];
    const HfAlignLevel *b = &frame->levels[tools->plan.first_normal];
    HfMatrix m = to_level (pair->matrix, a);
    HfCoarseScratch scratch;

    if (!hf_coarse_scratch_init (&scratch, a, b, tools->budget, error))
        return false;
    pair->correlation = CLAMP (hf_align_coarse (a, b, 4, 1, &scratch, &m), 0, 1);
    hf_coarse_scratch_clear (&scratch);
    return true;
}

static bool
correlates (HfAlignPair *pair)
{
    if (pair->correlation >= LEAST_CORRELATION)
        return true;
    g_snprintf (pair->reason, sizeof pair->reason, "correlates by %.2f only, where %.2f is needed",
                pair->correlation, LEAST_CORRELATION);
    return false;
}

/* By the features of both; whether it is registered stands in the pair. */
static bool
pair_by_features (const HfAlignTools *tools, const HfAlignView *template, const HfAlignView *frame,
                  HfAlignPair *pair, GError **error)
{
    HfTransformModel model =
        tools->transform == HF_TRANSFORM_AUTO ? HF_TRANSFORM_RIGID : tools->transform;
    HfAlignTiles tiles;
    HfMatrix m;

    if (!hf_align_feature_tiles (tools, template, frame, &m, &tiles, pair, error))
        return false;
    if (tiles.n == 0)
        return true;
    pair->good = fit_tiles (tools, &template->levels[0], &tiles, &model, &m, &pair->quadratic);
    g_free (tiles.tiles);
    if (!pair->good) {
        g_snprintf (pair->reason, sizeof pair->reason, "has features that determine no motion");
        return true;
    }
    pair->matrix = from_level (m, &template->levels[0]);
    if (!correlate (tools, template, frame, pair, error))
        return false;
    pair->good = correlates (pair);
    return true;
}

bool
hf_align_pair (const HfAlignTools *tools, const HfAlignView *template, const HfAlignView *frame,
               const HfMatrix *start, bool sure, HfAlignPair *pair, GError **error)
{
    HfMatrix m, near = *start;
    Candidate found;

    *pair = (HfAlignPair) { .matrix = *start };
    if (hf_monitor_cancelled (tools->monitor)) {
        g_set_error (error, HF_ERROR, HF_ERROR_CANCELLED, "cancelled");
        return false;
    }
    if (template->features && frame->features) {
        if (!pair_by_features (tools, template, frame, pair, error))
            return false;
        if (tools->features->estimate == HF_ESTIMATE_FEATURES)
            return true;
        sure = sure || pair->good;
        near = pair->good ? pair->matrix : *start;
        *pair = (HfAlignPair) { .matrix = near };
    }
    if (!find_coarsely (tools, template, frame, &near, sure, &found, error))
        return false;
    pair->correlation = CLAMP (found.correlation, 0, 1);
    if (!correlates (pair))
        return true;
    m = found.matrix;
    for (int k = tools->plan.first_normal; k > tools->plan.n_smooth - 1; k--)
        m = hf_matrix_from_reduced (m, 2);
    return refine (tools, template, frame, m, pair, error);
}
