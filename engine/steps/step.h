/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The measuring side of the steps, as sweep 1 of the pipeline drives it: begin, look at batches of
 * reduced frames, settle. The applying side is public (align.h, balance.h) and needs no more than
 * options and record.
 */
#ifndef HF_STEP_H
#define HF_STEP_H

#include <hyperfocal/monitor.h>
#include <hyperfocal/stack.h>
#include <hyperfocal/threads.h>
#include <hyperfocal/transforms.h>

/* What all steps share during the sweep. */
typedef struct HfSweep {
    const HfStackOptions *options;
    HfSource *source; /* to look at a frame again, from the thread that called alone; NULL: not to be had */
    const HfFrameInfo *infos; /* n_frames; sizes, offsets (the start of the alignment), formats */
    int n_frames;
    int reference; /* index */
    int reduction; /* of the pictures that look () sees: 1, 2, 4 or 8 */
    HfRecord *records; /* n_frames, initialised to identity and gain 1 */
    HfPool *pool;
    HfBudget *budget;
    const HfTransforms *start; /* where the alignment begins; NULL: by the offsets */
    HfMonitor *monitor; /* for warnings and for asking about a cancel; the pipeline reports progress */
    const char *plots;  /* a folder that settle () writes plots to (plots/plot.h); NULL: none wanted */
} HfSweep;

typedef struct HfStep {
    const char *name;
    /* Has the step anything to measure under these options? */
    bool (*wanted) (const HfStackOptions *options);
    void *(*begin) (HfSweep *sweep, GError **error);
    /*
     * Looks at n frames. Over the sweep every frame that is taken is seen once, outward from the reference: r, r + 1,
     * r - 1, r + 2, r - 2, …; a batch is a run of that order, its images are lent for the call. Earlier
     * steps of the list have looked at the same batch before. What is found goes into sweep->records;
     * alignment writes a matrix to the reference for every frame here already (not yet refined), so
     * that later steps can use the overlap. Must give the same for any cutting into batches.
     */
    bool (*look) (void *state, HfSweep *sweep, const int *frames, HfImage *const *images, int n,
                  GError **error);
    /* All frames were seen: makes the records final, marks frames that cannot be used. */
    bool (*settle) (void *state, HfSweep *sweep, GError **error);
    void (*end) (void *state); /* NULL is accepted */
} HfStep;

extern const HfStep hf_align_step;
extern const HfStep hf_vignetting_step;
extern const HfStep hf_balance_step;

/* The steps in the order they look and settle, ended by NULL. */
extern const HfStep *const hf_steps[];

#endif
