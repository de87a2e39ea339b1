/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Which pairs are registered, and in what order.
 *
 * Step by step, on each side of the reference a frame is registered to the last two good frames
 * there (its anchors). The first of these pairs starts from the layers' offsets, the second from
 * the composition of the first with the anchors' own pair, so it needs no search. A frame that
 * registers with at least one anchor, and plausibly (align-limits.c), becomes an anchor itself and
 * the older one goes; one that does not is tried against the reference, and left out if that fails
 * too. So bad frames never enter the
 * chain, the next frame reaches over any number of them, and what is kept in memory is two frames a
 * side and the reference.
 *
 * Not step by step it is the other way round: each frame is registered to the reference, and to its
 * side's anchors only where that fails.
 *
 * A batch is registered in parallel as if all its frames were good, which nearly always they are,
 * and then gone through in order; only where a frame turned out bad are pairs registered anew. What
 * is registered from which start therefore never depends on how the sweep is cut into batches.
 */
#include "steps/align-chain.h"

#include "steps/align-limits.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

/* One frame of a batch, with the pairs made in advance. */
typedef struct Job {
    int frame;
    HfAlignSide *side;
    const HfImage *image;
    HfAlignView *view;
    HfAlignView *anchors[2]; /* assumed; NULL = none */
    HfAlignPair pairs[2];
    HfMatrix between; /* assumed anchors' own pair, if: */
    bool linked;
    GError *error;
} Job;

typedef struct Batch {
    HfAlignChain *chain;
    HfSweep *sweep;
    Job *jobs;
    int n;
    int first; /* of the jobs whose features are being found */
} Batch;

HfMatrix
hf_align_offset (const HfSweep *sweep, int from, int to)
{
    HfMatrix m = hf_matrix_identity ();

    m.m[2] = sweep->infos[from].x - sweep->infos[to].x;
    m.m[5] = sweep->infos[from].y - sweep->infos[to].y;
    return m;
}

HfMatrix
hf_align_start (const HfSweep *sweep, int from, int to)
{
    const HfTransforms *start = sweep->start;
    HfMatrix back;

    if (!start || !start->frames[from].used || !start->frames[to].used ||
        !hf_matrix_invert (start->frames[from].matrix, &back))
        return hf_align_offset (sweep, from, to);
    return hf_matrix_multiply (start->frames[to].matrix, back);
}

HfAlignChain *
hf_align_chain_new (const HfSweep *sweep)
{
    HfAlignChain *chain = g_new0 (HfAlignChain, 1);
    const HfFrameInfo *reference = &sweep->infos[sweep->reference];
    int width = (reference->width + sweep->reduction - 1) / sweep->reduction;
    int height = (reference->height + sweep->reduction - 1) / sweep->reduction;

    chain->tools = (HfAlignTools) {
        .plan = hf_align_plan (width, height, sweep->reduction),
        .transform = (HfTransformModel) sweep->options->align.transform,
        .features = &sweep->options->features,
        .pool = sweep->pool,
        .budget = sweep->budget,
        .monitor = sweep->monitor,
    };
    if (sweep->plots)
        chain->plots = hf_align_plots_new (sweep->n_frames);
    chain->step_by_step = sweep->options->align.step_process;
    chain->nodes = g_new (int, sweep->n_frames);
    for (int i = 0; i < sweep->n_frames; i++)
        chain->nodes[i] = -1;
    for (int i = 0; i < 2; i++)
        chain->sides[i].links = g_array_new (FALSE, FALSE, sizeof (HfAlignLink));
    return chain;
}

static bool
is_anchor (const HfAlignChain *chain, const HfAlignView *view)
{
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < chain->sides[s].n_anchors; i++)
            if (chain->sides[s].anchors[i].view == view)
                return true;
    return view == chain->reference;
}

void
hf_align_chain_free (HfAlignChain *chain)
{
    if (!chain)
        return;
    for (int s = 0; s < 2; s++) {
        HfAlignSide *side = &chain->sides[s];

        for (int i = 0; i < side->n_anchors; i++)
            if (side->anchors[i].view != chain->reference)
                hf_align_view_free (side->anchors[i].view);
        g_array_free (side->links, TRUE);
    }
    hf_align_view_free (chain->reference);
    hf_align_plots_free (chain->plots);
    g_free (chain->nodes);
    g_free (chain);
}

static void
make_view (void *data, int chunk, int worker)
{
    Batch *batch = data;
    Job *job = &batch->jobs[chunk];

    if (hf_monitor_cancelled (batch->sweep->monitor))
        return;
    job->view = hf_align_view_new (&batch->chain->tools.plan, job->frame, job->image,
                                   batch->sweep->budget, &job->error);
}

static void
find_features (void *data, int chunk, int worker)
{
    Batch *batch = data;
    Job *job = &batch->jobs[batch->first + chunk];

    if (hf_monitor_cancelled (batch->sweep->monitor))
        return;
    job->view->features =
        hf_align_features_new (batch->chain->tools.features, job->image, batch->sweep->reduction, 0,
                               batch->sweep->budget, &job->error);
}

static void
find_all_features (Batch *batch)
{
    const HfFeaturesOptions *options = batch->chain->tools.features;
    const HfImage *image = batch->jobs[0].image;
    int at_once =
        hf_align_features_at_once (options, (double) image->width * image->height,
                                   batch->sweep->budget, hf_pool_n_threads (batch->sweep->pool));

    if (options->estimate == HF_ESTIMATE_DIRECT)
        return;
    for (batch->first = 0; batch->first < batch->n; batch->first += at_once)
        hf_pool_for (batch->sweep->pool, MIN (at_once, batch->n - batch->first), find_features,
                     batch);
}

static void
make_first_pair (void *data, int chunk, int worker)
{
    Batch *batch = data;
    Job *job = &batch->jobs[chunk];
    HfMatrix start;

    if (!job->anchors[0])
        return;
    start = hf_align_start (batch->sweep, job->anchors[0]->frame, job->frame);
    hf_align_pair (&batch->chain->tools, job->anchors[0], job->view, &start, false, &job->pairs[0],
                   &job->error);
}

/* From the composition over the first anchor where both parts are known, else from the offsets. */
static bool
second_pair (Batch *batch, HfAlignView *anchor, HfAlignView *view, const HfAlignPair *first,
             bool linked, const HfMatrix *between, HfAlignPair *pair, GError **error)
{
    bool sure = linked && first->good;
    HfMatrix start = sure ? hf_matrix_multiply (first->matrix, *between)
                          : hf_align_start (batch->sweep, anchor->frame, view->frame);

    return hf_align_pair (&batch->chain->tools, anchor, view, &start, sure, pair, error);
}

static void
make_second_pair (void *data, int chunk, int worker)
{
    Batch *batch = data;
    Job *job = &batch->jobs[chunk];

    if (job->anchors[1])
        second_pair (batch, job->anchors[1], job->view, &job->pairs[0], job->linked, &job->between,
                     &job->pairs[1], &job->error);
}

static bool
first_error (Batch *batch, GError **error)
{
    bool good = !hf_monitor_cancelled (batch->sweep->monitor);

    if (!good)
        g_set_error (error, HF_ERROR, HF_ERROR_CANCELLED, "cancelled");
    for (int i = 0; i < batch->n; i++) {
        if (batch->jobs[i].error && good) {
            g_propagate_error (error, g_steal_pointer (&batch->jobs[i].error));
            good = false;
        }
        g_clear_error (&batch->jobs[i].error);
    }
    return good;
}

static HfAlignAnchor
reference_anchor (const HfAlignChain *chain)
{
    return (HfAlignAnchor) { chain->reference, 0, hf_matrix_identity (), false,
                             hf_matrix_identity () };
}

/* What a frame of this side is registered to first, and where all of that fails; 2 at most. */
static int
first_choices (const HfAlignChain *chain, const HfAlignSide *side, HfAlignAnchor anchors[2])
{
    anchors[0] = reference_anchor (chain);
    if (!chain->step_by_step)
        return 1;
    memcpy (anchors, side->anchors, sizeof side->anchors);
    return side->n_anchors;
}

static int
last_resorts (const HfAlignChain *chain, const HfAlignSide *side, HfAlignAnchor anchors[2])
{
    bool reference_seen = !chain->step_by_step;
    int n = 0;

    for (int i = 0; i < side->n_anchors; i++) {
        if (side->anchors[i].view == chain->reference)
            reference_seen = true;
        else if (!chain->step_by_step)
            anchors[n++] = side->anchors[i];
    }
    if (!reference_seen)
        anchors[n++] = reference_anchor (chain);
    return n;
}

/* The anchors each frame will have if all before it in the batch are good. */
static void
assume_anchors (Batch *batch)
{
    for (int i = 0; i < batch->n; i++) {
        Job *job = &batch->jobs[i];
        int n = 0;

        if (!job->side)
            continue;
        if (!batch->chain->step_by_step) {
            job->anchors[0] = batch->chain->reference;
            continue;
        }
        for (int k = i - 1; k >= 0 && n < 2; k--)
            if (batch->jobs[k].side == job->side)
                job->anchors[n++] = batch->jobs[k].view;
        for (int k = 0; k < job->side->n_anchors && n < 2; k++)
            job->anchors[n++] = job->side->anchors[k].view;
    }
}

/* After the first pairs: how the two assumed anchors are linked. */
static void
assume_links (Batch *batch)
{
    for (int i = 0; i < batch->n; i++) {
        Job *job = &batch->jobs[i];

        if (!job->anchors[1])
            continue;
        for (int k = 0; k < i; k++) {
            if (batch->jobs[k].view == job->anchors[0]) {
                job->linked = batch->jobs[k].pairs[0].good;
                job->between = batch->jobs[k].pairs[0].matrix;
            }
        }
        if (job->side->n_anchors > 0 && job->side->anchors[0].view == job->anchors[0]) {
            job->linked = job->side->anchors[0].linked;
            job->between = job->side->anchors[0].to_last;
        }
    }
}

static void
add_link (HfAlignChain *chain, HfAlignSide *side, const HfAlignPair *pair, int to_frame, int from,
          int from_frame)
{
    HfAlignLink link = { side->n_nodes,     from,           to_frame, from_frame,
                         pair->correlation, pair->quadratic };

    g_array_append_val (side->links, link);
}

static void
push_anchor (HfAlignChain *chain, HfAlignSide *side, HfAlignAnchor anchor)
{
    side->anchors[1] = side->anchors[0];
    side->anchors[0] = anchor;
    side->n_anchors = MIN (side->n_anchors + 1, 2);
    chain->nodes[anchor.view->frame] = side->n_nodes++;
}

/* What has been tried for a frame, in this order. */
typedef struct Trial {
    HfAlignAnchor anchor;
    HfAlignPair pair;
} Trial;

/* Is the pair good, and the place it leads to possible? */
static bool
check_trial (const Batch *batch, int frame, Trial *trial)
{
    HfMatrix matrix = hf_matrix_multiply (trial->pair.matrix, trial->anchor.matrix);

    if (trial->pair.good)
        trial->pair.good = hf_align_is_plausible (batch->sweep, frame, &matrix, trial->pair.reason);
    return trial->pair.good;
}

static void
accept (Batch *batch, Job *job, const Trial *trial, bool by_first)
{
    const HfAlignPair *pair = &trial->pair;
    HfAlignAnchor anchor = { job->view, job->side->n_nodes,
                             hf_matrix_normalise (
                                 hf_matrix_multiply (pair->matrix, trial->anchor.matrix)),
                             by_first, pair->matrix };
    HfRecord *record = &batch->sweep->records[job->frame];

    record->align.matrix = anchor.matrix;
    record->align.correlation = pair->correlation;
    push_anchor (batch->chain, job->side, anchor);
    if (batch->chain->plots)
        hf_align_plots_add (batch->chain->plots, &batch->chain->tools, trial->anchor.view,
                            job->view, pair);
}

static void
refuse (Batch *batch, Job *job, const Trial *trials, int n)
{
    GString *reasons = g_string_new (NULL);

    for (int i = 0; i < n; i++)
        g_string_append_printf (reasons, "%s against %s it %s", i ? "," : "",
                                batch->sweep->infos[trials[i].anchor.view->frame].name,
                                trials[i].pair.reason);
    hf_record_leave_out (&batch->sweep->records[job->frame], "it cannot be aligned:%s",
                         reasons->str);
    g_string_free (reasons, TRUE);
}

static bool
try_pair (Batch *batch, const Job *job, Trial *trial, GError **error)
{
    int anchor = trial->anchor.view->frame;
    HfMatrix start = hf_align_start (batch->sweep, anchor, job->frame);

    return hf_align_pair (&batch->chain->tools, trial->anchor.view, job->view, &start, false,
                          &trial->pair, error);
}

/* Takes the pairs made in advance where the assumption held, makes them anew where it did not. */
static bool
first_pairs (Batch *batch, const Job *job, Trial *trials, int n, GError **error)
{
    bool same = trials[0].anchor.view == job->anchors[0];

    trials[0].pair = job->pairs[0];
    if (!same && !try_pair (batch, job, &trials[0], error))
        return false;
    if (n < 2)
        return true;
    trials[1].pair = job->pairs[1];
    if (same && trials[1].anchor.view == job->anchors[1])
        return true;
    return second_pair (batch, trials[1].anchor.view, job->view, &trials[0].pair,
                        trials[0].anchor.linked, &trials[0].anchor.to_last, &trials[1].pair, error);
}

/* Features of the frame in full resolution, once; false with *error. */
static bool
find_fine_features (Batch *batch, HfAlignView *view, int reduction, GError **error)
{
    HfSweep *sweep = batch->sweep;
    HfImage *image;

    if (view->fine)
        return true;
    image = hf_source_read (sweep->source, view->frame, reduction, sweep->budget, error);
    if (!image)
        return false;
    view->fine = hf_align_features_new (batch->chain->tools.features, image, reduction, 1,
                                        sweep->budget, error);
    hf_image_free (image);
    return view->fine != NULL;
}

static void
swap_features (HfAlignView *view)
{
    HfAlignFeatures *features = view->features;

    view->features = view->fine;
    view->fine = features;
}

/* A pair with too few features is looked at again in full resolution. Only here, by the calling
 * thread, can frames be read. */
static bool
look_closer (Batch *batch, const Job *job, Trial *trial, GError **error)
{
    HfSweep *sweep = batch->sweep;
    const HfFrameInfo *info = &sweep->infos[job->frame];
    int reduction = hf_align_features_fine ((double) info->width * info->height, sweep->budget);
    HfAlignView *anchor = trial->anchor.view;
    bool good;

    if (trial->pair.good || !trial->pair.few_features || !sweep->source ||
        !hf_align_features_coarser (job->view->features, reduction))
        return true;
    if (!find_fine_features (batch, anchor, reduction, error) ||
        !find_fine_features (batch, job->view, reduction, error))
        return false;
    swap_features (anchor);
    swap_features (job->view);
    good = try_pair (batch, job, trial, error);
    swap_features (anchor);
    swap_features (job->view);
    return good;
}

/* The links that the trials from `first` to n give; the frame is accepted by the nearest. */
static bool
settle_trials (Batch *batch, Job *job, Trial *trials, int first, int n)
{
    int best = -1;

    for (int i = n - 1; i >= first; i--) {
        const HfAlignAnchor *anchor = &trials[i].anchor;

        if (!check_trial (batch, job->frame, &trials[i]))
            continue;
        add_link (batch->chain, job->side, &trials[i].pair, job->frame, anchor->node,
                  anchor->view->frame);
        best = i;
    }
    if (best >= 0)
        accept (batch, job, &trials[best],
                best == 0 && trials[0].anchor.view == job->side->anchors[0].view);
    return best >= 0;
}

static bool
settle_job (Batch *batch, Job *job, GError **error)
{
    HfAlignAnchor anchors[2];
    Trial trials[4];
    int n_first = first_choices (batch->chain, job->side, anchors), n = n_first;

    for (int i = 0; i < n_first; i++)
        trials[i].anchor = anchors[i];
    if (!first_pairs (batch, job, trials, n_first, error))
        return false;
    for (int i = 0; i < n_first; i++)
        if (!look_closer (batch, job, &trials[i], error))
            return false;
    if (settle_trials (batch, job, trials, 0, n_first))
        return true;
    n += last_resorts (batch->chain, job->side, anchors);
    for (int i = n_first; i < n; i++) {
        trials[i].anchor = anchors[i - n_first];
        if (!try_pair (batch, job, &trials[i], error) ||
            !look_closer (batch, job, &trials[i], error))
            return false;
        if (settle_trials (batch, job, trials, i, i + 1))
            return true;
    }
    refuse (batch, job, trials, n);
    return true;
}

/* The reference opens both sides. */
static void
settle_reference (Batch *batch, Job *job)
{
    HfAlignChain *chain = batch->chain;
    HfAlignAnchor anchor;

    chain->reference = job->view;
    anchor = reference_anchor (chain);
    batch->sweep->records[job->frame].align.correlation = 1;
    for (int s = 0; s < 2; s++)
        push_anchor (chain, &chain->sides[s], anchor);
}

static void
free_passed_views (Batch *batch, HfAlignView *const *old, int n_old)
{
    for (int i = 0; i < n_old; i++)
        if (!is_anchor (batch->chain, old[i]))
            hf_align_view_free (old[i]);
    for (int i = 0; i < batch->n; i++)
        if (batch->jobs[i].view && !is_anchor (batch->chain, batch->jobs[i].view))
            hf_align_view_free (batch->jobs[i].view);
}

/* Views of the anchors, each once, without the reference. */
static int
anchor_views (const HfAlignChain *chain, HfAlignView **views)
{
    int n = 0;

    for (int s = 0; s < 2; s++)
        for (int i = 0; i < chain->sides[s].n_anchors; i++)
            if (chain->sides[s].anchors[i].view != chain->reference)
                views[n++] = chain->sides[s].anchors[i].view;
    return n;
}

static void
init_jobs (Batch *batch, const int *frames, HfImage *const *images)
{
    for (int i = 0; i < batch->n; i++) {
        Job *job = &batch->jobs[i];

        job->frame = frames[i];
        job->image = images[i];
        job->side = frames[i] == batch->sweep->reference
                        ? NULL
                        : &batch->chain->sides[frames[i] > batch->sweep->reference];
    }
}

static bool
register_batch (Batch *batch, GError **error)
{
    HfPool *pool = batch->sweep->pool;

    hf_pool_for (pool, batch->n, make_view, batch);
    if (!first_error (batch, error))
        return false;
    find_all_features (batch);
    if (!first_error (batch, error))
        return false;
    if (!batch->jobs[0].side)
        settle_reference (batch, &batch->jobs[0]);
    assume_anchors (batch);
    hf_pool_for (pool, batch->n, make_first_pair, batch);
    if (!first_error (batch, error))
        return false;
    assume_links (batch);
    hf_pool_for (pool, batch->n, make_second_pair, batch);
    if (!first_error (batch, error))
        return false;
    for (int i = 0; i < batch->n; i++)
        if (batch->jobs[i].side && !settle_job (batch, &batch->jobs[i], error))
            return false;
    return true;
}

bool
hf_align_chain_add (HfAlignChain *chain, HfSweep *sweep, const int *frames, HfImage *const *images,
                    int n, GError **error)
{
    Batch batch = { chain, sweep, g_new0 (Job, n), n };
    HfAlignView *old[4];
    int n_old = anchor_views (chain, old);
    bool good;

    init_jobs (&batch, frames, images);
    good = register_batch (&batch, error);
    free_passed_views (&batch, old, n_old);
    g_free (batch.jobs);
    return good;
}
