/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the estimate of the alignment costs a frame, without reading it. */
#include "bench.h"
#include "timing.h"

#include "steps/step.h"

#include <math.h>
#include <stdio.h>

enum { MOST_FRAMES = 6 };

typedef struct Estimate {
    HfSweep sweep;
    HfStackOptions options;
    HfFrameInfo infos[MOST_FRAMES];
    HfRecord records[MOST_FRAMES];
    HfImage *images[MOST_FRAMES];
} Estimate;

/* As the run does: at least 1.2 megapixels are looked at. */
static int
choose_reduction (const HfFrameInfo *info)
{
    int reduction = 8;

    while (reduction > 1 && (double) info->width * info->height / (reduction * reduction) < 1.2e6)
        reduction /= 2;
    return reduction;
}

/* The first frame is the reference; the others are registered to the two before each. */
static bool
estimate_once (Estimate *estimate)
{
    static const int order[MOST_FRAMES] = { 0, 1, 2, 3, 4, 5 };
    void *state = hf_align_step.begin (&estimate->sweep, NULL);
    bool good = state && hf_align_step.look (state, &estimate->sweep, order, estimate->images,
                                             estimate->sweep.n_frames, NULL);

    good = good && hf_align_step.settle (state, &estimate->sweep, NULL);
    hf_align_step.end (state);
    return good;
}

static bool
load (Estimate *estimate, HfSource *source)
{
    bool good = true;

    for (int i = 0; i < estimate->sweep.n_frames && good; i++) {
        hf_record_init (&estimate->records[i]);
        good = hf_source_info (source, i, &estimate->infos[i], NULL);
        if (good && i == 0)
            estimate->sweep.reduction = choose_reduction (&estimate->infos[0]);
        if (good)
            estimate->images[i] = hf_source_read (source, i, estimate->sweep.reduction, NULL, NULL);
        good = estimate->images[i] != NULL;
    }
    return good;
}

void
bench_estimate (HfSource *source, HfPool *pool, int runs)
{
    Estimate estimate = { .sweep = { .n_frames = MIN (source->n_frames, MOST_FRAMES),
                                     .pool = pool } };
    double *seconds = g_new0 (double, runs), *busy = g_new0 (double, runs);
    bool good;

    estimate.sweep.options = &estimate.options;
    estimate.sweep.infos = estimate.infos;
    estimate.sweep.records = estimate.records;
    hf_stack_options_init (&estimate.options);
    good = load (&estimate, source) && estimate_once (&estimate);
    for (int i = 0; good && i < runs; i++) {
        double start = now (), start_busy = processor_seconds ();

        estimate_once (&estimate);
        seconds[i] = (now () - start) / estimate.sweep.n_frames;
        busy[i] = (processor_seconds () - start_busy) / estimate.sweep.n_frames;
    }
    if (good)
        printf ("  %-34s %8.1f ms %8.1f ms of processors, of %d frames\n", "estimate, after decode",
                median (seconds, runs) * 1e3, median (busy, runs) * 1e3, estimate.sweep.n_frames);
    for (int i = 0; i < estimate.sweep.n_frames; i++) {
        hf_image_free (estimate.images[i]);
        hf_frame_info_clear (&estimate.infos[i]);
        hf_record_clear (&estimate.records[i]);
    }
    hf_stack_options_clear (&estimate.options);
    g_free (seconds);
    g_free (busy);
}
