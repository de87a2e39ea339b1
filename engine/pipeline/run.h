/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * One run of a stack, cut into its parts: plan (what fits, how far is reduced), measure (sweep 1),
 * crop, read-ahead and chain (decoded frames and the apply chain over them), output (pictures on
 * their way to sinks), and fuse (sweep 2), which drives them.
 */
#ifndef HF_RUN_H
#define HF_RUN_H

#include <hyperfocal/border.h>
#include <hyperfocal/stack.h>
#include <hyperfocal/transforms.h>

typedef struct HfRun {
    HfSource *source;
    const HfStackOptions *options;
    HfStackSinks sinks;
    HfMonitor *monitor;
    HfStackResult *result;
    HfFrameInfo *infos;       /* n_frames */
    HfTransforms *transforms; /* from a file, fitted to this stack; NULL: none */
    HfHotPixelMap *defects;   /* of the sensor; NULL: none */
    HfHotPixelMap *reduced_defects; /* the same for reduced frames, unless reduction is 1 */
    HfPool *pool;
    HfBudget *budget;
    HfFuser *fuser;
    bool noise_known; /* result->noise has been measured */
    int reduction; /* of sweep 1 */
    size_t fuser_limit; /* bytes that the fuser may hold */
    int ahead;     /* frames decoded beside the one that is worked on */
    gint64 stage_start;
    HfBorder border;     /* of aligned frames as pictures */
} HfRun;

/* plan.c: reads the headers, checks what can be known, makes pool and budget. */
bool hf_run_plan (HfRun *run, GError **error);
/* plan.c: the fuser's setup for this run (options, canvas, noise, pool, budget). */
HfFuserSetup hf_run_fuser_setup (const HfRun *run);
/* plan.c: the same for what comes after the fusion, with the noise of one frame. */
HfFinishSetup hf_run_finish_setup (const HfRun *run, const double noise[3]);
/* plan.c: is anything fused, or are frames only aligned? */
bool hf_run_fuses (const HfRun *run);
/* plan.c: bytes from the text of the memory option; "auto" is half of the machine's. */
bool hf_memory_from_text (const char *text, size_t *bytes, GError **error);

/* transforms.c: chooses the reference and reads the file of transforms where one is given; taken
 * as they are they go into the records. */
bool hf_run_read_transforms (HfRun *run, GError **error);
/* transforms.c: can the file for the transforms be written, if one is wanted? HF_ERROR_FILE. */
bool hf_run_check_transforms_out (const HfRun *run, GError **error);
/* transforms.c: writes it from the records. */
bool hf_run_write_transforms (const HfRun *run, GError **error);

/* defects.c: bytes that looking for defects in a sample of frames takes; 0 where that is not done. */
size_t hf_run_samples_memory (const HfRun *run);
/* defects.c: finds or reads the map of defect pixels. */
bool hf_run_find_defects (HfRun *run, GError **error);
/* defects.c: replaces the defect pixels of a frame of sweep 1, in place. */
void hf_run_mend_reduced (const HfRun *run, HfImage *image);

/* measure.c: sweep 1 about the result's reference; fills the records. */
bool hf_run_measure (HfRun *run, GError **error);
/* reference.c: the same, and about another reference where most frames do not fit that one. */
bool hf_run_measure_best (HfRun *run, GError **error);

/* crop.c: the output's rectangle for the crop option, from the records. */
HfRect hf_run_crop (const HfRun *run);
/* crop.c: does the frame see all of this rectangle of the canvas? */
bool hf_run_covers (const HfRun *run, int frame, HfRect rect);

/* fuse.c: looks at the noise of a raw full-size frame; of all that are shown, before anything is
 * fused, the lowest counts: one that is sharp everywhere reads too high. Always show the same. */
void hf_run_note_noise (HfRun *run, const HfImage *frame);

/* fuse.c: sweep 2 and the end; writes to the sinks. */
bool hf_run_fuse (HfRun *run, GError **error);

/* run.c: ends the stage that is going on and notes its time under `name`. */
void hf_run_end_stage (HfRun *run, const char *name);

#endif
