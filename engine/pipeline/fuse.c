/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Sweep 2: full-size frames in order -> apply chain -> fusion, and beside it the aligned frames to
 * the layers' sink. A source that can be read from any thread is decoded ahead by the pool, as many
 * frames as the plan allows; other sources are read here, by the calling thread.
 */
#include "pipeline/chain.h"
#include "pipeline/run.h"

#include <hyperfocal/error.h>
#include <hyperfocal/noise.h>
#include <string.h>

enum { ROWS = 64 }; /* of a piece that goes to a sink */

/* One frame on its way: being decoded, or decoded. */
typedef struct Slot {
    HfRun *run;
    int frame;
    HfJob *job;
    HfImage *image;
    GError *error;
} Slot;

typedef struct Sweep {
    HfRun *run;
    HfRect crop;
    int *used; /* indices of the frames that take part, in order */
    int n_used;
    Slot *slots; /* ring of ahead + 1 */
    int n_slots;
    int next;      /* position in `used` of the next frame to decode */
    HfImage *rows; /* ROWS rows of the crop, with the format of the sink that is written to */
} Sweep;

static void
decode (void *data, int worker)
{
    Slot *slot = data;

    slot->image =
        hf_source_read (slot->run->source, slot->frame, 1, slot->run->budget, &slot->error);
}

/* Starts decoding until `position` and `ahead` frames after it are on their way. */
static void
decode_ahead (Sweep *sweep, int position)
{
    HfRun *run = sweep->run;
    bool any_thread = run->source->klass->any_thread;
    int last = MIN (position + (any_thread ? run->ahead : 0), sweep->n_used - 1);

    for (; sweep->next <= last; sweep->next++) {
        Slot *slot = &sweep->slots[sweep->next % sweep->n_slots];

        slot->run = run;
        slot->frame = sweep->used[sweep->next];
        if (any_thread)
            slot->job = hf_pool_submit (run->pool, decode, slot);
        else
            decode (slot, 0);
    }
}

static void
finish_slot (Sweep *sweep, Slot *slot)
{
    hf_job_wait (sweep->run->pool, slot->job);
    slot->job = NULL;
}

static void
clear_slot (Sweep *sweep, Slot *slot)
{
    finish_slot (sweep, slot);
    g_clear_pointer (&slot->image, hf_image_free);
    g_clear_error (&slot->error);
}

/* The decoded frame at this position; lent, NULL with an error. */
static const HfImage *
take_frame (Sweep *sweep, int position, GError **error)
{
    Slot *slot = &sweep->slots[position % sweep->n_slots];

    decode_ahead (sweep, position);
    finish_slot (sweep, slot);
    if (slot->error)
        g_propagate_error (error, g_steal_pointer (&slot->error));
    return slot->image;
}

/* ---- aligned frames ---- */

typedef struct RowJob {
    HfBandReader reader;
    HfImage *rows;
    HfRect rect; /* of the rows, on the canvas */
    float *scratch;
    size_t scratch_floats; /* a worker */
    int n_colours;
} RowJob;

enum { PIECE = 16 }; /* rows that one worker makes at a time */

static HfRect
piece_rect (const RowJob *job, int chunk)
{
    int y = job->rect.y + chunk * PIECE;

    return (HfRect) { job->rect.x, y, job->rect.width,
                      MIN (PIECE, job->rect.y + job->rect.height - y) };
}

static void
make_piece (void *data, int chunk, int worker)
{
    RowJob *job = data;
    HfBand band;

    hf_band_place (&band, piece_rect (job, chunk), job->n_colours,
                   job->scratch + (size_t) worker * job->scratch_floats);
    job->reader.read (job->reader.data, &band, worker);
    /* The image of rows begins at the rows' own corner. */
    band.rect.x -= job->rect.x;
    band.rect.y -= job->rect.y;
    hf_band_write (&band, job->rows);
}

static bool
write_rows (HfSink *sink, HfImage *rows, int height, GError **error)
{
    HfImage part = *rows;

    part.height = height;
    return hf_sink_write (sink, &part, error);
}

static bool
write_aligned_rows (Sweep *sweep, RowJob *job, GError **error)
{
    HfRect crop = sweep->crop;

    for (int y = crop.y; y < crop.y + crop.height; y += ROWS) {
        int height = MIN (ROWS, crop.y + crop.height - y);

        job->rect = (HfRect) { crop.x, y, crop.width, height };
        hf_pool_for (sweep->run->pool, (height + PIECE - 1) / PIECE, make_piece, job);
        if (hf_monitor_cancelled (sweep->run->monitor)) {
            g_set_error (error, HF_ERROR, HF_ERROR_CANCELLED, "cancelled");
            return false;
        }
        if (!write_rows (sweep->run->layers, job->rows, height, error))
            return false;
    }
    return true;
}

/* The reference's sample type; alpha where the frame has some or does not cover the crop. */
static HfFormat
aligned_format (const HfRun *run, int frame, HfRect crop)
{
    HfFormat format = run->infos[run->result->reference].format;
    bool alpha =
        hf_format_has_alpha (run->infos[frame].format) || !hf_run_covers (run, frame, crop);

    format.n_channels = hf_format_n_colours (format) + (alpha ? 1 : 0);
    return format;
}

static HfPictureInfo
picture_info (const Sweep *sweep, HfPictureKind kind, const char *name, int frame, HfFormat format)
{
    const HfFrameInfo *reference = &sweep->run->infos[sweep->run->result->reference];

    return (HfPictureInfo) { .kind = kind,
                             .name = name,
                             .frame = frame,
                             .width = sweep->crop.width,
                             .height = sweep->crop.height,
                             .x = reference->x + sweep->crop.x,
                             .y = reference->y + sweep->crop.y,
                             .format = format,
                             .metadata = reference->metadata,
                             .pool = sweep->run->pool };
}

/* Frames are named after their files, without the folder. */
static char *
layer_name (const HfRun *run, int frame)
{
    return g_path_get_basename (run->result->names[frame]);
}

static bool
write_aligned (Sweep *sweep, int frame, HfBandReader reader, GError **error)
{
    HfRun *run = sweep->run;
    HfFormat format = aligned_format (run, frame, sweep->crop);
    RowJob job = { .reader = reader, .n_colours = hf_format_n_colours (format) };
    size_t n_threads = (size_t) hf_pool_n_threads (run->pool);
    char *name = layer_name (run, frame);
    HfPictureInfo info = picture_info (sweep, HF_PICTURE_ALIGNED, name, frame, format);
    bool good = false;

    job.scratch_floats = hf_band_floats (sweep->crop.width, PIECE, job.n_colours);
    job.scratch = hf_pixels_new_n (run->budget, n_threads, job.scratch_floats * sizeof (float),
                                   "rows of an aligned frame", error);
    job.rows = job.scratch ? hf_image_new (run->budget, sweep->crop.width,
                                           MIN (ROWS, sweep->crop.height), format, error)
                           : NULL;
    if (job.rows)
        good = hf_sink_begin (run->layers, &info, error) &&
               write_aligned_rows (sweep, &job, error) && hf_sink_end (run->layers, error);
    hf_image_free (job.rows);
    hf_pixels_free (job.scratch);
    g_free (name);
    return good;
}

/* ---- adding ---- */

static bool
add_frame (Sweep *sweep, int pass, int position, GError **error)
{
    HfRun *run = sweep->run;
    const HfImage *image = take_frame (sweep, position, error);
    int frame = sweep->used[position];
    HfFuserSetup setup = hf_run_fuser_setup (run);
    HfChain *chain;
    HfBandReader reader;
    bool good;

    if (!image)
        return false;
    chain = hf_chain_new (image, &run->result->records[frame],
                          (HfInterpolation) run->options->align.interpolation, setup.width,
                          setup.height, run->pool, run->budget, error);
    if (!chain)
        return false;
    reader = hf_chain_reader (chain);
    good = hf_fuser_add (run->fuser, &reader, run->monitor, error) &&
           (pass > 0 || !run->layers || write_aligned (sweep, frame, reader, error));
    hf_chain_free (chain);
    return good;
}

static bool
add_pass (Sweep *sweep, int pass, int n_passes, GError **error)
{
    HfRun *run = sweep->run;

    if (pass > 0) /* the first pass goes on where the look at the noise has begun to decode */
        sweep->next = 0;
    for (int k = 0; k < sweep->n_used; k++) {
        double from = 0.25 + 0.65 * (pass * sweep->n_used + k) / (n_passes * sweep->n_used);
        double to = 0.25 + 0.65 * (pass * sweep->n_used + k + 1) / (n_passes * sweep->n_used);
        bool good;

        hf_monitor_part (run->monitor, from, to, "Fusing");
        good = hf_monitor_check (run->monitor, 0, error) && add_frame (sweep, pass, k, error);
        clear_slot (sweep, &sweep->slots[k % sweep->n_slots]);
        if (!good)
            return false;
    }
    return hf_fuser_end_pass (run->fuser, error);
}

/* The noise of the first used frame, raw, is taken for that of all. */
static bool
measure_noise (Sweep *sweep, GError **error)
{
    HfRun *run = sweep->run;
    const HfImage *image = take_frame (sweep, 0, error);

    if (!image)
        return false;
    hf_noise_measure (image, run->pool, run->result->noise);
    return true;
}

/* ---- the end ---- */

static bool
write_part (Sweep *sweep, HfBand *part, GError **error)
{
    HfRun *run = sweep->run;

    hf_band_write (part, sweep->rows);
    return write_rows (run->fused, sweep->rows, part->rect.height, error) &&
           (!run->layers || write_rows (run->layers, sweep->rows, part->rect.height, error));
}

/* Takes rows of the fused picture: the part within the crop goes on, in pieces of ROWS. */
static bool
write_fused (void *data, const HfBand *band, GError **error)
{
    Sweep *sweep = data;
    HfRect inside = hf_rect_intersect (band->rect, sweep->crop);

    for (int y = inside.y; y < inside.y + inside.height; y += ROWS) {
        HfRect rect = { inside.x, y, inside.width, MIN (ROWS, inside.y + inside.height - y) };
        HfBand part = hf_band_crop (band, rect);

        part.rect.x = part.rect.y = 0;
        if (!write_part (sweep, &part, error))
            return false;
    }
    return true;
}

static bool
finish (Sweep *sweep, GError **error)
{
    HfRun *run = sweep->run;
    HfFormat format = run->infos[run->result->reference].format;
    HfPictureInfo info = picture_info (sweep, HF_PICTURE_FUSED, "Focus stack", -1, format);
    HfBandWriter writer = { write_fused, sweep };

    sweep->rows = hf_image_new (run->budget, sweep->crop.width, MIN (ROWS, sweep->crop.height),
                                format, error);
    return sweep->rows && hf_sink_begin (run->fused, &info, error) &&
           (!run->layers || hf_sink_begin (run->layers, &info, error)) &&
           hf_fuser_finish (run->fuser, &writer, run->monitor, error) &&
           hf_sink_end (run->fused, error) && (!run->layers || hf_sink_end (run->layers, error));
}

static bool
fuse_all (Sweep *sweep, GError **error)
{
    HfRun *run = sweep->run;
    HfFuserSetup setup;
    int n_passes;

    if (!measure_noise (sweep, error))
        return false;
    setup = hf_run_fuser_setup (run);
    run->fuser = hf_fuser_new (&setup, error);
    if (!run->fuser)
        return false;
    n_passes = hf_fuser_n_passes (run->fuser);
    for (int pass = 0; pass < n_passes; pass++)
        if (!add_pass (sweep, pass, n_passes, error))
            return false;
    hf_run_end_stage (run, "fuse");
    hf_monitor_part (run->monitor, 0.9, 1, "Writing");
    return finish (sweep, error);
}

static void
clear_sweep (Sweep *sweep)
{
    for (int i = 0; i < sweep->n_slots; i++)
        clear_slot (sweep, &sweep->slots[i]);
    hf_image_free (sweep->rows);
    g_free (sweep->slots);
    g_free (sweep->used);
}

bool
hf_run_fuse (HfRun *run, GError **error)
{
    Sweep sweep = { .run = run, .crop = run->result->crop, .n_slots = run->ahead + 1 };
    bool good;

    sweep.used = g_new (int, run->result->n_frames);
    for (int i = 0; i < run->result->n_frames; i++)
        if (run->result->records[i].used)
            sweep.used[sweep.n_used++] = i;
    sweep.slots = g_new0 (Slot, sweep.n_slots);
    good = fuse_all (&sweep, error);
    clear_sweep (&sweep);
    return good;
}
