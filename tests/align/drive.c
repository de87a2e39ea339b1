/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drive.h"

#include "steps/step.h"

#include <math.h>
#include <string.h>
#include <time.h>

void
drive_init (Drive *drive)
{
    memset (drive, 0, sizeof *drive);
    hf_stack_options_init (&drive->options);
}

static void
clear_records (Drive *drive)
{
    for (int i = 0; drive->records && i < drive->n_frames; i++)
        hf_record_clear (&drive->records[i]);
    g_clear_pointer (&drive->records, g_free);
}

void
drive_clear (Drive *drive)
{
    clear_records (drive);
    hf_stack_options_clear (&drive->options);
}

static int
choose_reduction (const HfFrameInfo *info)
{
    int reduction = 8;

    while (reduction > 1 && (double) info->width * info->height / (reduction * reduction) < 1.2e6)
        reduction /= 2;
    return reduction;
}

/* Reference first, then outward, as HfStep.look () promises. */
static void
order_outward (const Drive *drive, int *order)
{
    int n = 0;

    order[n++] = drive->reference;
    for (int distance = 1; n < drive->n_frames; distance++) {
        if (drive->reference + distance < drive->n_frames)
            order[n++] = drive->reference + distance;
        if (drive->reference - distance >= 0)
            order[n++] = drive->reference - distance;
    }
}

static bool
look_at_batch (Drive *drive, void *state, HfSweep *sweep, HfSource *source, const int *frames,
               int n, GError **error)
{
    HfImage **images = g_new0 (HfImage *, n);
    bool good = true;
    clock_t start;

    for (int i = 0; i < n && good; i++) {
        images[i] = hf_source_read (source, frames[i], sweep->reduction, NULL, error);
        good = images[i] != NULL;
    }
    start = clock ();
    good = good && hf_align_step.look (state, sweep, frames, images, n, error);
    drive->seconds += (double) (clock () - start) / CLOCKS_PER_SEC;
    for (int i = 0; i < n; i++)
        hf_image_free (images[i]);
    g_free (images);
    return good;
}

static bool
sweep_all (Drive *drive, HfSweep *sweep, HfSource *source, GError **error)
{
    int *order = g_new (int, drive->n_frames), batch = drive->batch ? drive->batch : 4;
    void *state = hf_align_step.begin (sweep, error);
    bool good = state != NULL;

    order_outward (drive, order);
    for (int i = 0; i < drive->n_frames && good; i += batch)
        good = look_at_batch (drive, state, sweep, source, order + i,
                              MIN (batch, drive->n_frames - i), error);
    good = good && hf_align_step.settle (state, sweep, error);
    hf_align_step.end (state);
    g_free (order);
    return good;
}

bool
drive_run (Drive *drive, HfSource *source, GError **error)
{
    HfFrameInfo *infos = g_new0 (HfFrameInfo, source->n_frames);
    HfPool *pool = hf_pool_new (drive->threads ? drive->threads : 2, NULL);
    HfSweep sweep = { .options = &drive->options,
                      .source = source,
                      .infos = infos,
                      .n_frames = source->n_frames,
                      .pool = pool,
                      .budget = drive->budget,
                      .monitor = drive->monitor };
    bool good = true;

    clear_records (drive);
    drive->n_frames = source->n_frames;
    drive->records = g_new0 (HfRecord, drive->n_frames);
    drive->seconds = 0;
    for (int i = 0; i < drive->n_frames; i++) {
        hf_record_init (&drive->records[i]);
        good = good && hf_source_info (source, i, &infos[i], error);
    }
    good = good &&
           hf_align_reference (&drive->options.align, drive->n_frames, &drive->reference, error);
    if (good) {
        sweep.reference = drive->reference;
        sweep.reduction =
            drive->reduction ? drive->reduction : choose_reduction (&infos[drive->reference]);
        sweep.records = drive->records;
        good = sweep_all (drive, &sweep, source, error);
    }
    for (int i = 0; i < drive->n_frames; i++)
        hf_frame_info_clear (&infos[i]);
    g_free (infos);
    hf_pool_free (pool);
    return good;
}

bool
drive_images (Drive *drive, HfImage *const *images, int n, GError **error)
{
    HfSource *source = hf_source_new_from_images (images, NULL, NULL, n);
    bool good = drive_run (drive, source, error);

    hf_source_free (source);
    return good;
}

int
drive_error (const Drive *drive, const HfMatrix *truth, int width, int height, double *mean,
             double *worst)
{
    int left_out = 0, n = 0;

    *mean = *worst = 0;
    for (int i = 0; i < drive->n_frames; i++) {
        double distance;

        if (!drive->records[i].used) {
            left_out++;
            continue;
        }
        if (i == drive->reference)
            continue;
        hf_matrix_distance (&drive->records[i].align.matrix, &truth[i], width, height, &distance,
                            NULL);
        *mean += distance;
        *worst = fmax (*worst, distance);
        n++;
    }
    *mean /= MAX (n, 1);
    return left_out;
}
