/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * One model for the whole stack, and the records.
 *
 * Each pair keeps, as a quadratic, how much any projective motion leaves of the local shifts that
 * were seen (align-fit.c), so models are compared without looking at pixels again. The automatic
 * choice takes the simplest model that does about as well as the best.
 *
 * Rigid, affine or homography are judged by what they leave of the local shifts in each ninth of
 * the picture when fitted to the other eight (cross-validation: Stone, Cross-Validatory Choice and
 * Assessment of Statistical Predictions, 1974). Freedom that the motion has not makes this worse,
 * not better, so neither noise nor the number of parameters needs an allowance. A looser model is
 * taken where the stricter one leaves SAME_PREDICTION more and puts some pixel elsewhere, and if
 * what it adds is more than the pairs' own error: three frames registered two by two should close
 * as a triangle, a -> b -> c = a -> c, and as far as it stays open, so little is known of the
 * motion. What is not motion -- defocus that is not the same on all sides of an edge, parallax --
 * fits well in a pair, but does not close: on real stacks freer models mostly open the triangles
 * further.
 *
 * No motion, or a mere shift, is taken instead of rigid where it leaves at most SAME_ENERGY more of
 * what noise does not explain, and puts no pixel elsewhere. In the rendered stacks a factor of
 * thousands lies between "no motion" and the slightest real one, so the margin matters little.
 */
#include "steps/align-chain.h"
#include "steps/align-limits.h"

#include <math.h>

/* So much more than the best model leaves is still the same. */
static const double SAME_ENERGY = 0.15;
static const double SAME_PREDICTION = 0.05;
static const double MOST_OPENED = 0.5;  /* of the mean square that a looser model adds */
static const double LEAST_SHIFT = 0.03; /* pixels of level 0: unexplained shifts that say nothing */
static const double SAME_PLACE = 0.25;  /* full-size pixels */
static const double SAME_PLACE_LEVEL = 0.12; /* pixels of level 0, where those are coarse */

typedef struct Settling {
    HfAlignChain *chain;
    HfSweep *sweep;
    HfMatrix *matrices; /* of all frames, by the model being looked at */
} Settling;

static double
factor_of (const HfAlignChain *chain)
{
    return hf_align_plan_factor (&chain->tools.plan);
}

/* Where the frames of a pair lie without motion, on level 0. */
static HfMatrix
no_motion (const Settling *settling, const HfAlignLink *link)
{
    return hf_matrix_to_reduced (
        hf_align_offset (settling->sweep, link->from_frame, link->to_frame),
        factor_of (settling->chain));
}

/* The pair's matrix, full size, by the model, and the mean square it leaves, in full-size pixels.
 */
static bool
pair_matrix (const Settling *settling, const HfAlignLink *link, HfTransformModel model,
             HfMatrix *matrix, double *mean_square)
{
    double factor = factor_of (settling->chain);
    HfMatrix none = no_motion (settling, link);

    if (!hf_align_best (&link->quadratic, model, &none, matrix, mean_square))
        return false;
    *matrix = model == HF_TRANSFORM_NONE
                  ? hf_align_offset (settling->sweep, link->from_frame, link->to_frame)
                  : hf_matrix_from_reduced (*matrix, factor);
    *mean_square *= factor * factor;
    return true;
}

static bool
solve_side (Settling *settling, const HfAlignSide *side, HfTransformModel model)
{
    const HfFrameInfo *reference = &settling->sweep->infos[settling->sweep->reference];
    int n_edges = (int) side->links->len;
    HfAlignEdge *edges = g_new (HfAlignEdge, n_edges + 1);
    HfMatrix *nodes = g_new (HfMatrix, side->n_nodes + 1);
    bool good = true;

    for (int i = 0; i < n_edges && good; i++) {
        const HfAlignLink *link = &g_array_index (side->links, HfAlignLink, i);
        edges[i].to = link->to;
        edges[i].from = link->from;
        edges[i].distance = link->to - link->from;
        good = pair_matrix (settling, link, model, &edges[i].matrix, &edges[i].variance);
    }
    good = good &&
           hf_align_graph_solve (edges, n_edges, side->n_nodes, model == HF_TRANSFORM_HOMOGRAPHY,
                                 reference->width, reference->height, nodes);
    for (int i = 0; i < n_edges && good; i++) {
        const HfAlignLink *link = &g_array_index (side->links, HfAlignLink, i);

        settling->matrices[link->to_frame] = nodes[link->to];
    }
    g_free (edges);
    g_free (nodes);
    return good;
}

/* A shift is one exactly, whatever the arithmetic has rounded; the warp has a quick way for it. */
static void
make_shifts (Settling *settling)
{
    for (int i = 0; i < settling->sweep->n_frames; i++) {
        HfMatrix shift = hf_matrix_identity ();

        shift.m[2] = settling->matrices[i].m[2];
        shift.m[5] = settling->matrices[i].m[5];
        settling->matrices[i] = shift;
    }
}

/* All matrices by one model; no motion needs no solving, and is exact. */
static bool
solve (Settling *settling, HfTransformModel model)
{
    const HfSweep *sweep = settling->sweep;

    for (int i = 0; i < sweep->n_frames; i++)
        settling->matrices[i] = hf_align_offset (sweep, sweep->reference, i);
    if (model == HF_TRANSFORM_NONE)
        return true;
    if (!solve_side (settling, &settling->chain->sides[0], model) ||
        !solve_side (settling, &settling->chain->sides[1], model))
        return false;
    if (model == HF_TRANSFORM_TRANSLATION)
        make_shifts (settling);
    return true;
}

/* What pairs leave by a model, one number for each; false where it cannot be told. */
typedef bool (*MeanSquare) (const Settling *settling, const HfAlignLink *link,
                            HfTransformModel model, double *mean_square);

static bool
left_by_pair (const Settling *settling, const HfAlignLink *link, HfTransformModel model,
              double *mean_square)
{
    HfMatrix none = no_motion (settling, link), ignored;

    return hf_align_best (&link->quadratic, model, &none, &ignored, mean_square);
}

static bool
predicted_by_pair (const Settling *settling, const HfAlignLink *link, HfTransformModel model,
                   double *mean_square)
{
    HfMatrix none = no_motion (settling, link);

    return hf_align_predict (&link->quadratic, model, &none, mean_square);
}

static bool
noise_of_pair (const Settling *settling, const HfAlignLink *link, HfTransformModel model,
               double *mean_square)
{
    *mean_square = link->quadratic.all.noise / link->quadratic.all.weight;
    return true;
}

/* The mean over all pairs, in full-size pixels squared. */
static double
mean_over_pairs (const Settling *settling, HfTransformModel model, MeanSquare mean_square_of_pair)
{
    double sum = 0, n = 0, factor = factor_of (settling->chain);

    for (int s = 0; s < 2; s++) {
        const GArray *links = settling->chain->sides[s].links;

        for (guint i = 0; i < links->len; i++) {
            double mean_square;

            if (!mean_square_of_pair (settling, &g_array_index (links, HfAlignLink, i), model,
                                      &mean_square))
                return G_MAXDOUBLE;
            sum += mean_square;
            n += 1;
        }
    }
    return n > 0 ? sum / n * factor * factor : 0;
}

/* The largest distance of any pixel of a registered frame between both sets of matrices. */
static double
largest_difference (const Settling *settling, const HfMatrix *matrices)
{
    const HfSweep *sweep = settling->sweep;
    const HfFrameInfo *reference = &sweep->infos[sweep->reference];
    double most = 0;

    for (int i = 0; i < sweep->n_frames; i++) {
        double largest;

        if (settling->chain->nodes[i] < 0)
            continue;
        hf_matrix_distance (&settling->matrices[i], &matrices[i], reference->width,
                            reference->height, NULL, &largest);
        most = fmax (most, largest);
    }
    return most;
}

/* What is too little to be told from nothing, pixels². */
static double
least_mean_square (const Settling *settling)
{
    double least = LEAST_SHIFT * factor_of (settling->chain);

    return least * least;
}

/* Does the model lead to the same places as `matrices` everywhere? Leaves its own in settling. */
static bool
leads_to_same (Settling *settling, HfTransformModel model, const HfMatrix *matrices)
{
    double most = fmax (SAME_PLACE, SAME_PLACE_LEVEL * factor_of (settling->chain));

    return solve (settling, model) && largest_difference (settling, matrices) < most;
}

static const HfAlignLink *
find_link (const GArray *links, int to, int from)
{
    for (guint i = 0; i < links->len; i++) {
        const HfAlignLink *link = &g_array_index (links, HfAlignLink, i);

        if (link->to == to && link->from == from)
            return link;
    }
    return NULL;
}

/* Square of the mean distance over the picture, full-size pixels. */
static double
square_between (const Settling *settling, const HfMatrix *a, const HfMatrix *b)
{
    const HfFrameInfo *reference = &settling->sweep->infos[settling->sweep->reference];
    double mean;

    hf_matrix_distance (a, b, reference->width, reference->height, &mean, NULL);
    return mean * mean;
}

/* How far the triangle over `link` and the two shorter ones is open; 0 where there is none. */
static bool
opening_of (const Settling *settling, const GArray *links, const HfAlignLink *link,
            HfTransformModel model, double *square)
{
    const HfAlignLink *first = find_link (links, link->to - 1, link->from);
    const HfAlignLink *second = find_link (links, link->to, link->to - 1);
    HfMatrix across, a, b;
    double ignored;

    if (link->to - link->from != 2 || !first || !second ||
        !pair_matrix (settling, link, model, &across, &ignored) ||
        !pair_matrix (settling, first, model, &a, &ignored) ||
        !pair_matrix (settling, second, model, &b, &ignored))
        return false;
    b = hf_matrix_multiply (b, a);
    *square = square_between (settling, &across, &b);
    return true;
}

/*
 * Is what `looser` adds to `model` more than error? Mean squares: how far the two models' pairs lie
 * apart against how far the looser one leaves triangles open.
 */
static bool
adds_up (const Settling *settling, HfTransformModel model, HfTransformModel looser)
{
    double opened = 0, n_triangles = 0, added = 0, n_links = 0;

    for (int s = 0; s < 2; s++) {
        const GArray *links = settling->chain->sides[s].links;

        for (guint i = 0; i < links->len; i++) {
            const HfAlignLink *link = &g_array_index (links, HfAlignLink, i);
            double square, ignored;
            HfMatrix a, b;

            if (pair_matrix (settling, link, model, &a, &ignored) &&
                pair_matrix (settling, link, looser, &b, &ignored)) {
                added += square_between (settling, &a, &b);
                n_links++;
            }
            if (opening_of (settling, links, link, looser, &square)) {
                opened += square;
                n_triangles++;
            }
        }
    }
    return n_triangles == 0 || opened / n_triangles < MOST_OPENED * added / n_links;
}

/* Is `looser` worth its freedom? */
static bool
is_better (Settling *settling, HfTransformModel model, HfTransformModel looser)
{
    size_t size = sizeof (HfMatrix) * (size_t) settling->sweep->n_frames;
    double strictly = mean_over_pairs (settling, model, predicted_by_pair);
    double loosely = mean_over_pairs (settling, looser, predicted_by_pair);
    HfMatrix *matrices;
    bool same;

    if (strictly <= loosely * (1 + SAME_PREDICTION) + least_mean_square (settling) ||
        !adds_up (settling, model, looser) || !solve (settling, looser))
        return false;
    matrices = g_memdup2 (settling->matrices, size);
    same = leads_to_same (settling, model, matrices);
    g_free (matrices);
    return !same;
}

/* Rigid, or what is worth more freedom. */
static HfTransformModel
choose_freedom (Settling *settling)
{
    HfTransformModel model = HF_TRANSFORM_RIGID;

    for (int m = HF_TRANSFORM_AFFINE; m <= HF_TRANSFORM_HOMOGRAPHY; m++)
        if (is_better (settling, model, (HfTransformModel) m))
            model = (HfTransformModel) m;
    return model;
}

static bool
explains (const Settling *settling, HfTransformModel model, double best)
{
    double noise = mean_over_pairs (settling, model, noise_of_pair);
    double more = SAME_ENERGY * fmax (0, best - noise) + least_mean_square (settling);

    return mean_over_pairs (settling, model, left_by_pair) <= best + more;
}

/*
 * The simplest model that does about as well as the best, see above. For no motion and for a mere
 * shift places matter too: what is too little to be seen between neighbours can still add up along
 * the stack.
 */
static HfTransformModel
choose_model (Settling *settling)
{
    HfTransformModel loosest = choose_freedom (settling), model = HF_TRANSFORM_NONE;
    double best = mean_over_pairs (settling, loosest, left_by_pair);
    HfMatrix *matrices;

    if (loosest != HF_TRANSFORM_RIGID)
        return loosest;
    if (!solve (settling, HF_TRANSFORM_RIGID))
        return HF_TRANSFORM_NONE;
    matrices =
        g_memdup2 (settling->matrices, sizeof (HfMatrix) * (size_t) settling->sweep->n_frames);
    while (model != HF_TRANSFORM_RIGID &&
           !(explains (settling, model, best) && leads_to_same (settling, model, matrices)))
        model = model == HF_TRANSFORM_NONE ? HF_TRANSFORM_TRANSLATION : HF_TRANSFORM_RIGID;
    g_free (matrices);
    return model;
}

static void
write_record (Settling *settling, int frame, HfTransformModel model)
{
    HfSweep *sweep = settling->sweep;
    HfRecord *record = &sweep->records[frame];
    const HfFrameInfo *reference = &sweep->infos[sweep->reference];
    char reason[HF_ALIGN_REASON];

    record->align.matrix = settling->matrices[frame];
    record->align.model = hf_matrix_is_identity (&record->align.matrix) ? HF_TRANSFORM_NONE : model;
    record->align.overlap =
        hf_align_overlap (&record->align.matrix, reference->width, reference->height,
                          sweep->infos[frame].width, sweep->infos[frame].height);
    if (frame != sweep->reference &&
        !hf_align_is_plausible (sweep, frame, &record->align.matrix, reason))
        hf_record_leave_out (record, "it %s", reason);
}

/* The first link to a frame is to its nearest anchor; its residual is the frame's. */
static void
write_residuals (Settling *settling, HfTransformModel model)
{
    for (int s = 0; s < 2; s++) {
        const GArray *links = settling->chain->sides[s].links;

        for (guint i = 0; i < links->len; i++) {
            const HfAlignLink *link = &g_array_index (links, HfAlignLink, i);
            double mean_square = 0;
            HfMatrix matrix;

            if (pair_matrix (settling, link, model, &matrix, &mean_square))
                settling->sweep->records[link->to_frame].align.residual = sqrt (mean_square);
            settling->sweep->records[link->to_frame].align.inliers = link->quadratic.inliers;
        }
    }
}

bool
hf_align_settle (HfAlignChain *chain, HfSweep *sweep, GError **error)
{
    Settling settling = { chain, sweep, g_new (HfMatrix, sweep->n_frames) };
    HfTransformModel model = chain->tools.transform;

    if (model == HF_TRANSFORM_AUTO)
        model = choose_model (&settling);
    solve (&settling, model);
    write_residuals (&settling, model);
    for (int i = 0; i < sweep->n_frames; i++)
        if (sweep->records[i].used &&
            (chain->nodes[i] >= 0 || chain->tools.transform == HF_TRANSFORM_NONE))
            write_record (&settling, i, model);
    g_free (settling.matrices);
    return !chain->plots || hf_align_plots_save (chain->plots, sweep, error);
}
