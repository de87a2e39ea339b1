/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Which frames are looked at, and about which of them.
 *
 * The reference may be the one bad frame of a good stack: black, of another scene. Then hardly any
 * frame fits it, and the sweep is made again about frames next to it that did not fit, of the same
 * size and format, until most frames fit. The reference that most frames fit is kept, and the user
 * is told.
 */
#include "pipeline/run.h"

enum { MOST_TRIES = 4 };

/* The reference and every n-th frame from there. */
static void
take_frames (HfRun *run)
{
    HfStackResult *result = run->result;
    int n = run->options->align.resample;

    for (int i = 0; i < result->n_frames; i++) {
        HfRecord *record = &result->records[i];

        record->taken = (i - result->reference) % n == 0;
        if (!record->taken)
            hf_record_leave_out (record, "it is passed over, as resample takes one frame in %d", n);
    }
}

static int
count_taken (const HfRun *run)
{
    int n = 0;

    for (int i = 0; i < run->result->n_frames; i++)
        n += run->result->records[i].taken;
    return n;
}

static int
count_fitting (const HfRecord *records, int n_frames)
{
    int n = 0;

    for (int i = 0; i < n_frames; i++)
        n += records[i].used;
    return n;
}

static bool
most_fit (const HfRun *run, int n_fitting)
{
    return 2 * n_fitting > count_taken (run);
}

/* Can the frame stand for the reference in all that was planned? */
static bool
is_alike (const HfFrameInfo *a, const HfFrameInfo *b)
{
    return a->width == b->width && a->height == b->height && a->format.type == b->format.type &&
           a->format.n_channels == b->format.n_channels;
}

/* The records as they were before the sweep. */
static HfRecord *
fresh_records (const HfRun *run)
{
    int n = run->result->n_frames;
    HfRecord *records = g_new0 (HfRecord, n);

    for (int i = 0; i < n; i++) {
        const HfRecord *old = &run->result->records[i];

        hf_record_init (&records[i]);
        if (!old->taken)
            hf_record_leave_out (&records[i], "%s", old->reason);
        records[i].taken = old->taken;
    }
    return records;
}

static void
free_records (HfRecord *records, int n)
{
    for (int i = 0; i < n; i++)
        hf_record_clear (&records[i]);
    g_free (records);
}

/* Sweeps about another reference; keeps what came out of it if more frames fit. */
static bool
try_reference (HfRun *run, int reference, GError **error)
{
    HfStackResult *result = run->result;
    HfRecord *before = result->records;
    int reference_before = result->reference;
    bool good;

    result->records = fresh_records (run);
    result->reference = reference;
    good = hf_run_measure (run, error);
    if (good && count_fitting (result->records, result->n_frames) >
                    count_fitting (before, result->n_frames)) {
        free_records (before, result->n_frames);
        return true;
    }
    free_records (result->records, result->n_frames);
    result->records = before;
    result->reference = reference_before;
    return good;
}

static bool
look_for_reference (HfRun *run, GError **error)
{
    HfStackResult *result = run->result;
    int asked = result->reference, n = result->n_frames, tries = 0;
    int fitted = count_fitting (result->records, n), fitting = fitted;

    for (int k = 2; k < 2 * n && tries < MOST_TRIES && !most_fit (run, fitting); k++) {
        int frame = asked + (k % 2 ? -(k / 2) : k / 2);

        if (frame < 0 || frame >= n || !result->records[frame].taken ||
            result->records[frame].used || !is_alike (&run->infos[frame], &run->infos[asked]))
            continue;
        tries++;
        if (!try_reference (run, frame, error))
            return false;
        fitting = count_fitting (result->records, n);
    }
    if (result->reference != asked)
        hf_monitor_warn (
            run->monitor, "%s is the reference in place of %s, which only %d of %d frames fit",
            result->names[result->reference], result->names[asked], fitted, count_taken (run));
    return true;
}

bool
hf_run_measure_best (HfRun *run, GError **error)
{
    const HfStackResult *result = run->result;

    take_frames (run);
    if (!hf_run_measure (run, error))
        return false;
    if (run->options->align.strict || run->transforms || count_taken (run) < 3 ||
        most_fit (run, count_fitting (result->records, result->n_frames)))
        return true;
    return look_for_reference (run, error);
}
