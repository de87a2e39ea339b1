/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Sweep 1: reduced frames, outward from the reference (r, r + 1, r - 1, r + 2, …), in batches that
 * are decoded in parallel and shown to all steps. Memory is that of one batch and of what the
 * steps keep, whatever the number of frames.
 */
#include "pipeline/run.h"
#include "steps/step.h"

#include <string.h>

enum { MAX_STEPS = 8, MAX_BATCH = 16 };

typedef struct Measuring {
    HfRun *run;
    HfSweep sweep;
    const HfStep *steps[MAX_STEPS]; /* those that are wanted */
    void *states[MAX_STEPS];
    int n_steps;
    int *order; /* n_taken: the frames that are taken, outward */
    int n_taken;
    int batch; /* frames a batch */
    HfImage *images[MAX_BATCH];
    GError *errors[MAX_BATCH];
    const int *frames; /* of the batch that is being decoded */
} Measuring;

static void
take (Measuring *measuring, int frame)
{
    const HfStackResult *result = measuring->run->result;

    if (frame >= 0 && frame < result->n_frames && result->records[frame].taken)
        measuring->order[measuring->n_taken++] = frame;
}

static void
order_outward (Measuring *measuring)
{
    int n_frames = measuring->sweep.n_frames, reference = measuring->sweep.reference;

    measuring->order = g_new (int, n_frames);
    take (measuring, reference);
    for (int distance = 1; distance < n_frames; distance++) {
        take (measuring, reference + distance);
        take (measuring, reference - distance);
    }
}

static void
decode (void *data, int chunk, int worker)
{
    Measuring *measuring = data;
    HfRun *run = measuring->run;

    measuring->images[chunk] =
        hf_source_read (run->source, measuring->frames[chunk], run->reduction, run->budget,
                        &measuring->errors[chunk]);
    if (measuring->images[chunk])
        hf_run_mend_reduced (run, measuring->images[chunk]);
}

static bool
decode_batch (Measuring *measuring, int n, GError **error)
{
    HfRun *run = measuring->run;
    GError *first = NULL;

    hf_pool_for (run->source->klass->any_thread ? run->pool : NULL, n, decode, measuring);
    for (int i = 0; i < n; i++) {
        if (measuring->errors[i] && !first)
            first = g_steal_pointer (&measuring->errors[i]);
        g_clear_error (&measuring->errors[i]);
    }
    if (first)
        g_propagate_error (error, first);
    return first == NULL;
}

static void
free_batch (Measuring *measuring)
{
    for (int i = 0; i < MAX_BATCH; i++) {
        hf_image_free (measuring->images[i]);
        measuring->images[i] = NULL;
    }
}

static bool
look_at_batch (Measuring *measuring, int first, int n, GError **error)
{
    measuring->frames = measuring->order + first;
    if (!decode_batch (measuring, n, error))
        return false;
    for (int s = 0; s < measuring->n_steps; s++)
        if (!measuring->steps[s]->look (measuring->states[s], &measuring->sweep, measuring->frames,
                                        measuring->images, n, error))
            return false;
    return true;
}

static bool
look_at_all (Measuring *measuring, GError **error)
{
    int n_taken = measuring->n_taken;

    for (int first = 0; first < n_taken; first += measuring->batch) {
        int n = MIN (measuring->batch, n_taken - first);
        bool good = hf_monitor_check (measuring->run->monitor, (double) first / n_taken, error) &&
                    look_at_batch (measuring, first, n, error);

        free_batch (measuring);
        if (!good)
            return false;
    }
    return true;
}

static bool
begin_steps (Measuring *measuring, GError **error)
{
    for (int s = 0; hf_steps[s] && s < MAX_STEPS; s++) {
        int n = measuring->n_steps;

        if (!hf_steps[s]->wanted (measuring->run->options))
            continue;
        measuring->steps[n] = hf_steps[s];
        measuring->states[n] = hf_steps[s]->begin (&measuring->sweep, error);
        if (!measuring->states[n])
            return false;
        measuring->n_steps++;
    }
    return true;
}

static bool
settle_steps (Measuring *measuring, GError **error)
{
    for (int s = 0; s < measuring->n_steps; s++)
        if (!measuring->steps[s]->settle (measuring->states[s], &measuring->sweep, error))
            return false;
    return hf_monitor_check (measuring->run->monitor, 1, error);
}

bool
hf_run_measure (HfRun *run, GError **error)
{
    HfStackResult *result = run->result;
    const HfOutputOptions *output = &run->options->output;
    Measuring measuring = {
        .run = run,
        .sweep = { .options = run->options,
                   .source = run->source,
                   .infos = run->infos,
                   .n_frames = result->n_frames,
                   .reference = result->reference,
                   .reduction = run->reduction,
                   .records = result->records,
                   .pool = run->pool,
                   .budget = run->budget,
                   .start = run->transforms,
                   .monitor = run->monitor,
                   .plots = *output->plots ? output->plots : NULL },
        .batch = CLAMP (2 * result->threads, 2, MAX_BATCH),
    };
    bool good;

    order_outward (&measuring);
    good = begin_steps (&measuring, error) &&
           (measuring.n_steps == 0 || look_at_all (&measuring, error)) &&
           settle_steps (&measuring, error);
    for (int s = 0; s < measuring.n_steps; s++)
        measuring.steps[s]->end (measuring.states[s]);
    g_free (measuring.order);
    return good;
}
