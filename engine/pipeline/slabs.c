/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Slabs: the stack in runs of neighbouring frames, each fused to a picture of its own. A slab keeps
 * what lies before another thing, which the picture of all frames cannot show, so it is what a
 * retoucher paints from.
 *
 * Slab k of `size` frames and overlap o begins at frame k (size - o); as many as reach the last
 * frame, which no two slabs both hold for the overlap alone.
 */
#include "pipeline/fuse.h"
#include "pipeline/output.h"
#include "pipeline/slab-store.h"

#include <hyperfocal/error.h>

enum { USUAL_SIZE = 10 };

typedef struct Slabs {
    HfRun *run;
    const int *used;
    int n_used;
    int size, step; /* frames of a slab, and from one's first to the next one's first */
    int n;
    double from, to;    /* of the progress */
    HfSlabStore *store; /* NULL: they are not fused again */
} Slabs;

int
hf_run_slab_size (const HfRun *run)
{
    int size = run->options->slabs.slabs;
    bool again = hf_run_fuses (run) && run->options->slabs.slab_result == HF_SLAB_RESULT_SLABS;

    if (run->sinks.slabs)
        return size > 0 ? size : USUAL_SIZE;
    return again ? size : 0;
}

bool
hf_run_fuses_slabs_again (const HfRun *run)
{
    return hf_run_fuses (run) && hf_run_slab_size (run) > 0 &&
           run->options->slabs.slab_result == HF_SLAB_RESULT_SLABS;
}

bool
hf_run_check_slabs (const HfRun *run, GError **error)
{
    const HfStackSinks *sinks = &run->sinks;
    int size = hf_run_slab_size (run), overlap = run->options->slabs.slab_overlap;

    if (size > 0 && overlap >= size)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "slabs of %d frames cannot overlap by %d: slab-overlap must be less than that",
                     size, overlap);
    else if ((sinks->depth || sinks->confidence) && hf_run_fuses_slabs_again (run))
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "a depth map needs all frames, but slab-result is slabs");
    else
        return true;
    return false;
}

static int
first_of (const Slabs *slabs, int k)
{
    return k * slabs->step;
}

static int
length_of (const Slabs *slabs, int k)
{
    return MIN (slabs->size, slabs->n_used - first_of (slabs, k));
}

static void
cut (Slabs *slabs)
{
    int beyond;

    slabs->size = hf_run_slab_size (slabs->run);
    slabs->step = slabs->size - slabs->run->options->slabs.slab_overlap;
    beyond = MAX (slabs->n_used - slabs->size, 0);
    slabs->n = 1 + (beyond + slabs->step - 1) / slabs->step;
}

/* ---- one slab ---- */

/* The reference's format, with alpha where no frame of the slab covers the whole crop. */
static HfFormat
format_of (const Slabs *slabs, int k)
{
    const HfRun *run = slabs->run;
    HfFormat format = run->infos[run->result->reference].format;
    const int *frames = slabs->used + first_of (slabs, k);
    bool covered = false;

    for (int i = 0; i < length_of (slabs, k); i++)
        covered = covered || (!hf_format_has_alpha (run->infos[frames[i]].format) &&
                              hf_run_covers (run, frames[i], run->result->crop));
    format.n_channels =
        hf_format_n_colours (format) + (!covered || hf_format_has_alpha (format) ? 1 : 0);
    return format;
}

static char *
name_of (const Slabs *slabs, int k)
{
    int first = first_of (slabs, k), last = first + length_of (slabs, k) - 1;

    return g_strdup_printf ("slab %d (frames %d-%d)", k + 1, slabs->used[first] + 1,
                            slabs->used[last] + 1);
}

/* Sends the slab in run->fuser where it is wanted. */
static bool
send_slab (Slabs *slabs, int k, GError **error)
{
    HfRun *run = slabs->run;
    HfBandWriter kept = slabs->store ? hf_slab_store_add (slabs->store) : (HfBandWriter) { 0 };
    char *name = name_of (slabs, k);
    HfPictureInfo info = hf_run_picture_info (run, HF_PICTURE_SLAB, name, -1, format_of (slabs, k));
    HfOutput output = { 0 };
    HfBandWriter writer;
    bool good;

    if (!run->sinks.slabs) {
        g_free (name);
        return hf_fuser_finish (run->fuser, &kept, run->monitor, error);
    }
    good = hf_output_begin (&output, run, run->sinks.slabs, NULL, &info, error);
    writer = hf_output_writer (&output);
    good = good && hf_run_finish_to (run, slabs->store ? &kept : NULL, &writer, error) &&
           hf_output_end (&output, error);
    hf_output_clear (&output);
    g_free (name);
    return good;
}

static bool
make_slab (Slabs *slabs, int k, GError **error)
{
    HfRun *run = slabs->run;
    double share = (slabs->to - slabs->from) / slabs->n;
    HfFrameSpan span = { .frames = slabs->used + first_of (slabs, k),
                         .n = length_of (slabs, k),
                         .n_sent = k > 0 ? slabs->size - slabs->step : 0,
                         .from = slabs->from + share * k,
                         .to = slabs->from + share * (k + 0.9) };
    bool good = hf_run_fuse_span (run, &span, error);

    hf_monitor_part (run->monitor, span.to, slabs->from + share * (k + 1), "Writing a slab");
    good = good && send_slab (slabs, k, error);
    g_clear_pointer (&run->fuser, hf_fuser_free);
    return good;
}

/* ---- all of them ---- */

static bool
add_slab (Slabs *slabs, int k, GError **error)
{
    HfBandReader reader = hf_slab_store_reader (slabs->store, k);
    HfRun *run = slabs->run;

    return hf_monitor_check (run->monitor, 0, error) &&
           hf_fuser_add (run->fuser, &reader, run->monitor, error) &&
           hf_slab_store_check (slabs->store, error);
}

static bool
fuse_again (Slabs *slabs, double from, double to, GError **error)
{
    HfRun *run = slabs->run;
    HfFuserSetup setup = hf_run_fuser_setup (run);
    int n_adds;

    setup.n_frames = slabs->n;
    run->fuser = hf_fuser_new (&setup, error);
    if (!run->fuser)
        return false;
    n_adds = hf_fuser_n_passes (run->fuser) * slabs->n;
    for (int i = 0; i < n_adds; i++) {
        hf_monitor_part (run->monitor, from + (to - from) * i / n_adds,
                         from + (to - from) * (i + 1) / n_adds, "Fusing the slabs");
        if (!add_slab (slabs, i % slabs->n, error) ||
            ((i + 1) % slabs->n == 0 && !hf_fuser_end_pass (run->fuser, error)))
            return false;
    }
    return true;
}

bool
hf_run_fuse_slabs (HfRun *run, const int *used, int n_used, double from, double to, GError **error)
{
    bool again = hf_run_fuses_slabs_again (run), good = true;
    Slabs slabs = { .run = run,
                    .used = used,
                    .n_used = n_used,
                    .from = from,
                    .to = again ? from + 0.9 * (to - from) : to };

    cut (&slabs);
    if (again) {
        HfFuserSetup setup = hf_run_fuser_setup (run);

        slabs.store = hf_slab_store_new (setup.width, setup.height, setup.n_colours, error);
        good = slabs.store != NULL;
    }
    for (int k = 0; good && k < slabs.n; k++)
        good = make_slab (&slabs, k, error);
    good = good && (!again || fuse_again (&slabs, slabs.to, to, error));
    hf_slab_store_free (slabs.store);
    return good;
}
