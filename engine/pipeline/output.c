/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "pipeline/output.h"

#include <hyperfocal/error.h>

enum {
    ROWS = 64, /* that go to a sink at a time */
    PIECE = 16 /* rows that one worker makes at a time */
};

HfPictureInfo
hf_run_picture_info (const HfRun *run, HfPictureKind kind, const char *name, int frame,
                     HfFormat format)
{
    const HfFrameInfo *reference = &run->infos[run->result->reference];
    HfRect crop = run->result->crop;

    return (HfPictureInfo) { .kind = kind,
                             .name = name,
                             .frame = frame,
                             .width = crop.width,
                             .height = crop.height,
                             .x = reference->x + crop.x,
                             .y = reference->y + crop.y,
                             .format = format,
                             .metadata = reference->metadata,
                             .pool = run->pool };
}

static bool
write_rows (HfSink *sink, HfImage *rows, int height, GError **error)
{
    HfImage part = *rows;

    part.height = height;
    return hf_sink_write (sink, &part, error);
}

/* ---- a picture in bands ---- */

bool
hf_output_begin (HfOutput *output, HfRun *run, HfSink *first, HfSink *second,
                 const HfPictureInfo *info, GError **error)
{
    *output = (HfOutput) { run, { first, second == first ? NULL : second }, NULL };
    output->rows =
        hf_image_new (run->budget, info->width, MIN (ROWS, info->height), info->format, error);
    if (!output->rows)
        return false;
    for (int i = 0; i < 2; i++)
        if (output->sinks[i] && !hf_sink_begin (output->sinks[i], info, error))
            return false;
    return true;
}

static bool
write_part (HfOutput *output, HfBand *part, GError **error)
{
    hf_band_write (part, output->rows);
    for (int i = 0; i < 2; i++)
        if (output->sinks[i] &&
            !write_rows (output->sinks[i], output->rows, part->rect.height, error))
            return false;
    return true;
}

/* The part of the rows within the crop goes on, in pieces of ROWS. */
static bool
write_band (void *data, const HfBand *band, GError **error)
{
    HfOutput *output = data;
    HfRect inside = hf_rect_intersect (band->rect, output->run->result->crop);

    for (int y = inside.y; y < inside.y + inside.height; y += ROWS) {
        HfRect rect = { inside.x, y, inside.width, MIN (ROWS, inside.y + inside.height - y) };
        HfBand part = hf_band_crop (band, rect);

        part.rect.x = part.rect.y = 0;
        if (!write_part (output, &part, error))
            return false;
    }
    return true;
}

HfBandWriter
hf_output_writer (HfOutput *output)
{
    return (HfBandWriter) { write_band, output };
}

bool
hf_output_end (HfOutput *output, GError **error)
{
    for (int i = 0; i < 2; i++)
        if (output->sinks[i] && !hf_sink_end (output->sinks[i], error))
            return false;
    return true;
}

void
hf_output_clear (HfOutput *output)
{
    g_clear_pointer (&output->rows, hf_image_free);
}

/* ---- aligned frames ---- */

typedef struct RowJob {
    HfBandReader reader;
    const HfBorder *border;
    HfBorderRim rim;
    const HfMatrix *matrix; /* canvas -> frame */
    HfImage *rows;
    HfRect rect; /* of the rows, on the canvas */
    float *scratch;
    size_t scratch_floats; /* a worker */
    int n_colours;
} RowJob;

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
    hf_border_fill (job->border, &job->rim, job->matrix, job->rim.width, job->rim.height, &band);
    /* The image of rows begins at the rows' own corner. */
    band.rect.x -= job->rect.x;
    band.rect.y -= job->rect.y;
    hf_band_write_all (&band, job->rows);
}

static bool
write_aligned_rows (HfRun *run, RowJob *job, GError **error)
{
    HfRect crop = run->result->crop;

    for (int y = crop.y; y < crop.y + crop.height; y += ROWS) {
        int height = MIN (ROWS, crop.y + crop.height - y);

        job->rect = (HfRect) { crop.x, y, crop.width, height };
        hf_pool_for (run->pool, (height + PIECE - 1) / PIECE, make_piece, job);
        if (hf_monitor_cancelled (run->monitor)) {
            g_set_error (error, HF_ERROR, HF_ERROR_CANCELLED, "cancelled");
            return false;
        }
        if (!write_rows (run->sinks.layers, job->rows, height, error))
            return false;
    }
    return true;
}

/* The reference's sample type; alpha where the frame has some or leaves some of the crop to a
 * border that is seen through. */
static HfFormat
aligned_format (const HfRun *run, int frame)
{
    HfFormat format = run->infos[run->result->reference].format;
    bool alpha = hf_format_has_alpha (run->infos[frame].format) ||
                 (run->border.value[3] < 1 && !hf_run_covers (run, frame, run->result->crop));

    format.n_channels = hf_format_n_colours (format) + (alpha ? 1 : 0);
    return format;
}

static bool
make_row_job (const HfRun *run, RowJob *job, HfFormat format, GError **error)
{
    HfRect crop = run->result->crop;
    size_t n_threads = (size_t) hf_pool_n_threads (run->pool);

    job->scratch_floats = hf_band_floats (crop.width, PIECE, job->n_colours);
    job->scratch = hf_pixels_new_n (run->budget, n_threads, job->scratch_floats * sizeof (float),
                                    "rows of an aligned frame", error);
    if (job->scratch)
        job->rows = hf_image_new (run->budget, crop.width, MIN (ROWS, crop.height), format, error);
    return job->rows != NULL;
}

/* The rim of the frame, for the border; to be freed with hf_pixels_free (job->rim.sums). */
static bool
take_rim (const HfRun *run, RowJob *job, int frame, const HfChain *chain, GError **error)
{
    const HfFrameInfo *info = &run->infos[frame];
    size_t n = hf_border_rim_doubles (info->width, info->height, job->n_colours);
    double *sums = hf_pixels_new_n (run->budget, n, sizeof *sums, "the border of a frame", error);

    if (!sums)
        return false;
    hf_border_rim_begin (&job->rim, info->width, info->height, job->n_colours, sums);
    hf_chain_rim (chain, &job->rim);
    return true;
}

bool
hf_run_write_aligned (HfRun *run, int frame, HfChain *chain, GError **error)
{
    RowJob job = { .reader = hf_chain_reader (chain),
                   .border = &run->border,
                   .matrix = &run->result->records[frame].align.matrix };
    HfSink *sink = run->sinks.layers;
    HfFormat format = aligned_format (run, frame);
    /* Frames are named after their files, without the folder. */
    char *name = g_path_get_basename (run->result->names[frame]);
    HfPictureInfo info = hf_run_picture_info (run, HF_PICTURE_ALIGNED, name, frame, format);
    bool good;

    job.n_colours = hf_format_n_colours (format);
    good = take_rim (run, &job, frame, chain, error) && make_row_job (run, &job, format, error) &&
           hf_sink_begin (sink, &info, error) && write_aligned_rows (run, &job, error) &&
           hf_sink_end (sink, error);
    hf_image_free (job.rows);
    hf_pixels_free (job.scratch);
    hf_pixels_free (job.rim.sums);
    g_free (name);
    return good;
}
