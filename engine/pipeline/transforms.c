/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Transforms that come from a file, and transforms that go to one.
 *
 * Those that come in are fitted to this stack before any picture is read. Taken as they are they
 * become the records at once, and the alignment has nothing left to measure; as a start they go
 * with the sweep to the alignment. The file's reference is the run's, unless the option names
 * another.
 */
#include "pipeline/run.h"

#include <hyperfocal/error.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

static bool
given (const char *name)
{
    return name && *name;
}

/* The option's word for the reference; its default leaves the file's. */
static bool
choose_reference (HfRun *run, GError **error)
{
    const HfAlignOptions *align = &run->options->align;
    int reference;

    if (!given (align->reference) || g_ascii_strcasecmp (align->reference, "middle") == 0)
        return true;
    return hf_align_reference (align, run->result->n_frames, &reference, error) &&
           hf_transforms_rebase (run->transforms, reference, error);
}

static void
take (HfRun *run)
{
    const HfTransforms *transforms = run->transforms;
    const HfFrameInfo *reference = &run->infos[transforms->reference];

    for (int i = 0; i < transforms->n_frames; i++) {
        const HfFrameTransform *frame = &transforms->frames[i];
        HfRecord *record = &run->result->records[i];

        record->align.matrix = frame->matrix;
        record->align.model = frame->model;
        record->align.correlation = NAN;
        record->align.residual = NAN;
        record->align.inliers = NAN;
        record->align.inliers = NAN;
        record->align.overlap =
            hf_align_overlap (&frame->matrix, reference->width, reference->height,
                              run->infos[i].width, run->infos[i].height);
        if (!frame->used)
            hf_record_leave_out (record, "%s",
                                 frame->reason ? frame->reason : "its transform says so");
    }
}

bool
hf_run_read_transforms (HfRun *run, GError **error)
{
    const HfAlignOptions *align = &run->options->align;
    HfStackResult *result = run->result;

    if (!given (align->transforms_in))
        return hf_align_reference (align, result->n_frames, &result->reference, error);
    run->transforms = hf_transforms_read (align->transforms_in, error);
    if (!run->transforms ||
        !hf_transforms_fit (run->transforms, run->infos, result->n_frames, align->transforms_in,
                            error) ||
        !choose_reference (run, error))
        return false;
    result->reference = run->transforms->reference;
    if (align->transforms_use == HF_TRANSFORMS_TAKE)
        take (run);
    return true;
}

bool
hf_run_check_transforms_out (const HfRun *run, GError **error)
{
    const char *path = run->options->output.transforms_out;
    char *folder;
    int number = 0;

    if (!given (path))
        return true;
    folder = g_path_get_dirname (path);
    if (g_file_test (path, G_FILE_TEST_IS_DIR))
        number = EISDIR;
    else if (g_access (folder, W_OK | X_OK) != 0)
        number = errno;
    g_free (folder);
    if (number == 0)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: %s", path,
                 g_strerror (number));
    return false;
}

bool
hf_run_write_transforms (const HfRun *run, GError **error)
{
    const HfStackResult *result = run->result;
    const char *path = run->options->output.transforms_out;
    HfTransforms *transforms;
    bool good;

    if (!given (path))
        return true;
    transforms = hf_transforms_new (result->n_frames, result->reference);
    for (int i = 0; i < result->n_frames; i++) {
        const HfRecord *record = &result->records[i];
        HfFrameTransform *frame = &transforms->frames[i];

        frame->name = g_strdup (result->names[i]);
        frame->width = run->infos[i].width;
        frame->height = run->infos[i].height;
        frame->used = record->used;
        frame->reason = g_strdup (record->reason);
        frame->model = record->align.model;
        if (record->used)
            frame->matrix = record->align.matrix;
    }
    good = hf_transforms_write (transforms, path, error);
    hf_transforms_free (transforms);
    return good;
}
