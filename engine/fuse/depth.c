/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The fuser by depth map: its memory, how its work is shared out, and what the options mean. */
#include "fuse/depth.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

enum { OUTPUT_ROWS = 64, SMALLEST = 16, PIECE = 32 };

/* ---- rows and chunks ---- */

float *
hf_depth_scratch (const HfDepth *depth, int worker)
{
    return depth->scratch + (size_t) worker * depth->scratch_floats;
}

int
hf_depth_mirror (int i, int n)
{
    int period = 2 * (n - 1);

    if (i >= 0 && i < n)
        return i;
    if (n == 1)
        return 0;
    i = ((i % period) + period) % period;
    return i < n ? i : period - i;
}

void
hf_depth_extend (float *out, const float *row, int n, int margin)
{
    memcpy (out + margin, row, (size_t) n * sizeof (float));
    for (int i = 1; i <= margin; i++) {
        out[margin - i] = row[hf_depth_mirror (-i, n)];
        out[margin + n - 1 + i] = row[hf_depth_mirror (n - 1 + i, n)];
    }
}

const float *
hf_depth_near (int y)
{
    static const float near[2][3] = { { 0.125f, 0.75f, 0.125f }, { 0.0f, 0.5f, 0.5f } };

    return near[y & 1];
}

void
hf_depth_expand (const HfDepth *depth, const HfDepthLevel *level, float *plane, int k,
                 float *buffer, float *out)
{
    const HfDepthLevel *fine = level - 1;
    const float *row = hf_depth_row (level, plane, hf_depth_mirror (2 * k, fine->height) / 2);

    memcpy (buffer + 1, row, (size_t) level->width * sizeof (float));
    buffer[0] = row[hf_depth_mirror (-2, fine->width) / 2];
    buffer[level->width + 1] = row[hf_depth_mirror (2 * level->width, fine->width) / 2];
    depth->kernels->expand_row (out, buffer + 1, level->width);
}

typedef struct Piece {
    void (*func) (void *data, int chunk, int worker);
    void *data;
    const HfMonitor *monitor;
    int first;
} Piece;

static void
run_chunk (void *data, int chunk, int worker)
{
    const Piece *piece = data;

    if (!hf_monitor_cancelled (piece->monitor))
        piece->func (piece->data, piece->first + chunk, worker);
}

bool
hf_depth_for (const HfDepth *depth, int n_chunks, void (*func) (void *data, int chunk, int worker),
              void *data, HfDepthPart part, GError **error)
{
    Piece piece = { func, data, part.monitor, 0 };
    int most = MAX (PIECE, 8 * depth->n_workers);

    for (; piece.first < n_chunks; piece.first += most) {
        int n = MIN (most, n_chunks - piece.first);
        double share = (double) (piece.first + n) / n_chunks;

        hf_pool_for (depth->pool, n, run_chunk, &piece);
        if (!hf_monitor_check (part.monitor, part.from + (part.to - part.from) * share, error))
            return false;
    }
    return true;
}

/* ---- options ---- */

static void
set_measure (HfDepth *depth, const HfFuseOptions *options)
{
    HfFocusMeasure *measure = &depth->measure;
    bool blurred = options->depth_energy == HF_DEPTH_ENERGY_LAPLACIAN ||
                   options->depth_energy == HF_DEPTH_ENERGY_MODIFIED_LAPLACIAN;
    double sigma = options->energy_sigma_space;

    measure->energy = (HfDepthEnergy) options->depth_energy;
    measure->blur = hf_focus_window (blurred ? options->depth_blur_size : 1, measure->blur_weights);
    measure->window =
        hf_focus_window (options->radius ? 2 * options->radius + 1 : options->depth_kernel_size,
                         measure->window_weights);
    measure->smooth = options->energy_smooth_size;
    measure->smooth_sigma = (float) options->energy_sigma_color;
    for (int i = 0; i <= measure->smooth; i++)
        measure->smooth_weights[i] = (float) exp (-i * i / (2 * sigma * sigma));
}

/* At least what rounding to the sample type does; of a float picture, what no eye would see. */
static double
least_noise (HfSampleType precision)
{
    switch (precision) {
    case HF_SAMPLE_U8:
        return 0.29 / 255;
    case HF_SAMPLE_U16:
        return 0.29 / 65535;
    case HF_SAMPLE_FLOAT:
        break;
    }
    return 1e-6;
}

static void
set_noise (HfDepth *depth, const HfFuserSetup *setup)
{
    double sigma[3] = { 0 }, noise[HF_DEPTH_ENERGY_LEVELS];

    depth->noise_variance = 0;
    for (int c = 0; c < depth->n_colours; c++) {
        double given = setup->options->noise_level;

        sigma[c] = MAX (given > 0 ? given / 100 : setup->noise[c], least_noise (setup->precision));
        depth->noise_variance += sigma[c] * sigma[c];
    }
    hf_focus_noise (&depth->measure, sigma, depth->n_colours, depth->n_energy, noise);
    for (int i = depth->n_energy - 1; i >= 0; i--)
        depth->levels[i].noise =
            noise[i] +
            (i + 1 < depth->n_energy ? HF_DEPTH_COARSER * depth->levels[i + 1].noise : 0);
    depth->judge.noise = 2 * (float) depth->levels[0].noise;
    depth->window.noise = 16 * (float) depth->levels[0].noise + 1e-30f;
}

static void
set_options (HfDepth *depth, const HfFuserSetup *setup)
{
    const HfFuseOptions *options = setup->options;
    bool max = options->map_type == HF_MAP_MAX;

    depth->judge.prefer = options->prefer == HF_PREFER_FRONT  ? -1
                          : options->prefer == HF_PREFER_BACK ? 1
                                                              : 0;
    depth->power = max && !(options->temperature > 0) ? 0 : (float) options->weight_power;
    depth->window = (HfDepthWindow) { .reach = 1.6f, .doubt = 10, .soft = -1 };
    if (max)
        depth->window.soft = (float) options->temperature;
    depth->veto = 0.2f;
    depth->noise_share = 40;
    /* Each step of smoothing makes it half as much again; 4 is what does well on rendered stacks. */
    depth->pull = 0.1 * pow (1.5, (options->smoothing ? options->smoothing : 4) - 4);
    depth->weight_reach = hf_focus_window (options->pyramid_smooth_size, depth->weight_window);
}

/* ---- memory ---- */

static void
size_levels (HfDepth *depth, const HfFuserSetup *setup)
{
    int width = setup->width, height = setup->height;
    int blend = setup->options->pyramid_levels;

    depth->n_energy = 1;
    for (int i = 0; i <= HF_DEPTH_MOST_LEVELS; i++) {
        HfDepthLevel *level = &depth->levels[i];

        level->width = width;
        level->height = height;
        level->stride = (size_t) ((width + 15) & ~15);
        depth->n_settle = i;
        if (i < HF_DEPTH_ENERGY_LEVELS && MIN (width, height) >= SMALLEST)
            depth->n_energy = i + 1;
        if (i <= blend && (i == 0 || MIN (width, height) > 1))
            depth->n_blend = i;
        if (MAX (width, height) <= 2)
            break;
        width = (width + 1) / 2;
        height = (height + 1) / 2;
    }
    depth->n_levels = MAX (depth->n_blend, depth->n_energy - 1);
}

/* Planes are laid out one after the other; with no memory yet only their sizes are added up. */
typedef struct Layout {
    char *block;
    size_t at, most;
} Layout;

static float *
place (Layout *layout, size_t n)
{
    char *plane = layout->block ? layout->block + layout->at : NULL;

    layout->at = (layout->at + n * sizeof (float) + 63) & ~(size_t) 63;
    layout->most = MAX (layout->most, layout->at);
    return (float *) plane;
}

static float *
place_plane (Layout *layout, const HfDepthLevel *level)
{
    return place (layout, level->stride * (size_t) level->height);
}

/* The frame at work, and what both passes know. */
static void
place_both (HfDepth *depth, Layout *layout)
{
    for (int i = 0; i <= depth->n_levels; i++) {
        HfDepthLevel *level = &depth->levels[i];

        for (int c = 0; i > 0 && c < depth->n_colours; c++)
            level->picture[c] = place_plane (layout, level);
        if (i > 0)
            level->validity = place_plane (layout, level);
        if (i < depth->n_energy) {
            level->energy = place_plane (layout, level);
            level->peak = place_plane (layout, level);
        }
    }
    depth->levels[0].depth = place_plane (layout, &depth->levels[0]);
    depth->levels[0].confidence = place_plane (layout, &depth->levels[0]);
    depth->scratch = place (layout, depth->scratch_floats * (size_t) depth->n_workers);
}

static void
place_first (HfDepth *depth, Layout *layout)
{
    const HfDepthLevel *whole = &depth->levels[0];
    HfDepthTrack *track = &depth->track;
    float **planes[] = { &track->last,   &track->before_last, &track->sum,   &track->before,
                         &track->after,  &track->index,       &track->peak2, &track->before2,
                         &track->after2, &track->index2 };
    guint n = depth->judge.prefer ? G_N_ELEMENTS (planes) : 6;

    track->peak = whole->peak;
    for (guint i = 0; i < n; i++)
        *planes[i] = place_plane (layout, whole);
    for (int i = 1; i < depth->n_energy; i++)
        for (int c = 0; c < depth->n_colours; c++)
            depth->levels[i].guide[c] = place_plane (layout, &depth->levels[i]);
    for (int i = 1; i <= depth->n_settle; i++) {
        depth->levels[i].depth = place_plane (layout, &depth->levels[i]);
        depth->levels[i].confidence = place_plane (layout, &depth->levels[i]);
    }
}

static void
place_second (HfDepth *depth, Layout *layout)
{
    HfDepthLevel *whole = &depth->levels[0];

    for (int i = 0; i <= depth->n_blend; i++) {
        HfDepthLevel *level = &depth->levels[i];

        level->weight = place_plane (layout, level);
        level->total = place_plane (layout, level);
        for (int c = 0; c < depth->n_colours; c++)
            level->sum[c] = place_plane (layout, level);
    }
    if (depth->weight_reach)
        depth->smoothed = place_plane (layout, whole);
    depth->most = place_plane (layout, whole);
    for (int c = 0; c < depth->n_colours; c++) {
        depth->low[c] = place_plane (layout, whole);
        depth->high[c] = place_plane (layout, whole);
    }
    depth->output_rows = MIN (OUTPUT_ROWS, whole->height);
    depth->output =
        place (layout, hf_band_floats (whole->width, depth->output_rows, depth->n_colours));
}

/* What the second pass keeps takes the place of what only the first one needs. */
static size_t
lay_out (HfDepth *depth, char *block)
{
    Layout layout = { block, 0, 0 };
    size_t common;

    depth->scratch_floats = MAX (hf_depth_measure_scratch (depth), hf_depth_row_scratch (depth));
    place_both (depth, &layout);
    common = layout.at;
    place_first (depth, &layout);
    layout.at = common;
    place_second (depth, &layout);
    return layout.most;
}

size_t
hf_depth_row_scratch (const HfDepth *depth)
{
    const HfDepthLevel *whole = &depth->levels[0];

    return 6 * (whole->stride + 32 + HF_TILE_LONGEST_REACH * 2) +
           hf_band_floats (whole->width, HF_DEPTH_ROWS, depth->n_colours);
}

static size_t
set_up (HfDepth *depth, const HfFuserSetup *setup)
{
    memset (depth, 0, sizeof *depth);
    depth->n_colours = setup->n_colours;
    depth->kernels = hf_kernels ()->depth;
    depth->pool = setup->pool;
    depth->n_workers = hf_pool_n_threads (setup->pool);
    set_measure (depth, setup->options);
    set_options (depth, setup);
    size_levels (depth, setup);
    return lay_out (depth, NULL);
}

static size_t
depth_memory (const HfFuserSetup *setup)
{
    HfDepth *depth = g_new (HfDepth, 1);
    size_t bytes = set_up (depth, setup);

    g_free (depth);
    return bytes;
}

/* ---- the passes ---- */

typedef struct Fill {
    const HfDepth *depth;
    float *plane;
    const HfDepthLevel *level;
    float value;
} Fill;

static void
fill_rows (void *data, int chunk, int worker)
{
    const Fill *fill = data;
    int last = MIN ((chunk + 1) * HF_DEPTH_ROWS, fill->level->height);

    for (int y = chunk * HF_DEPTH_ROWS; y < last; y++) {
        float *row = hf_depth_row (fill->level, fill->plane, y);

        for (size_t x = 0; x < fill->level->stride; x++)
            row[x] = fill->value;
    }
}

static void
fill_plane (const HfDepth *depth, const HfDepthLevel *level, float *plane, float value)
{
    Fill fill = { depth, plane, level, value };

    if (plane)
        hf_pool_for (depth->pool, (level->height + HF_DEPTH_ROWS - 1) / HF_DEPTH_ROWS, fill_rows,
                     &fill);
}

static void
start_first (HfDepth *depth)
{
    const HfDepthLevel *whole = &depth->levels[0];
    const HfDepthTrack *track = &depth->track;
    float *none[] = { track->last,  track->before_last, track->before, track->after,
                      track->peak2, track->before2,     track->after2, track->index2 };

    for (guint i = 0; i < G_N_ELEMENTS (none); i++)
        fill_plane (depth, whole, none[i], -1);
    fill_plane (depth, whole, track->sum, 0);
    fill_plane (depth, whole, track->index, 0);
    for (int i = 0; i < depth->n_energy; i++) {
        fill_plane (depth, &depth->levels[i], depth->levels[i].peak, -1);
        for (int c = 0; c < depth->n_colours; c++)
            fill_plane (depth, &depth->levels[i], depth->levels[i].guide[c], 0);
    }
}

static void
start_second (HfDepth *depth)
{
    const HfDepthLevel *whole = &depth->levels[0];

    for (int i = 0; i <= depth->n_blend; i++) {
        fill_plane (depth, &depth->levels[i], depth->levels[i].total, 0);
        for (int c = 0; c < depth->n_colours; c++)
            fill_plane (depth, &depth->levels[i], depth->levels[i].sum[c], 0);
    }
    fill_plane (depth, whole, depth->most, 0);
    for (int c = 0; c < depth->n_colours; c++) {
        fill_plane (depth, whole, depth->low[c], INFINITY);
        fill_plane (depth, whole, depth->high[c], -INFINITY);
    }
}

static void *
depth_begin (const HfFuserSetup *setup, GError **error)
{
    HfDepth *depth = g_new (HfDepth, 1);
    size_t bytes = set_up (depth, setup);

    depth->memory = hf_pixels_new (setup->budget, bytes, "the state of the fusion", error);
    if (!depth->memory) {
        g_free (depth);
        return NULL;
    }
    lay_out (depth, depth->memory);
    set_noise (depth, setup);
    memset (depth->scratch, 0, depth->scratch_floats * (size_t) depth->n_workers * sizeof (float));
    start_first (depth);
    return depth;
}

static void
depth_end (void *state)
{
    HfDepth *depth = state;

    if (!depth)
        return;
    hf_pixels_free (depth->memory);
    g_free (depth);
}

static bool
depth_add (void *state, const HfBandReader *frame, HfMonitor *monitor, GError **error)
{
    HfDepth *depth = state;
    HfDepthPart measure = { monitor, 0, depth->pass == 0 ? 0.8 : 0.5 };
    HfDepthPart rest = { monitor, measure.to, 1 };
    bool good;

    depth->window.frame = (float) depth->frame;
    good = hf_depth_measure (depth, frame, measure, error) &&
           (depth->pass == 0 ? hf_depth_track (depth, rest, error)
                             : hf_depth_blend (depth, frame, rest, error));
    depth->frame += good;
    return good;
}

static bool
depth_end_pass (void *state, GError **error)
{
    HfDepth *depth = state;

    if (depth->pass == 0) {
        depth->n_frames = depth->frame;
        depth->judge.n_frames = (float) depth->n_frames;
        if (!hf_depth_settle (depth, error))
            return false;
        start_second (depth);
    }
    depth->pass++;
    depth->frame = 0;
    return true;
}

static bool
depth_finish (void *state, const HfBandWriter *writer, HfMonitor *monitor, GError **error)
{
    HfDepth *depth = state;

    if (depth->pass < 2) {
        g_set_error (error, HF_ERROR, HF_ERROR_STACK,
                     "a depth map needs two passes over the frames, not %d", depth->pass);
        return false;
    }
    return hf_depth_write (depth, writer, monitor, error);
}

/* ---- maps ---- */

static void
copy_map_row (const HfDepth *depth, HfFuserMap map, int y, float *out)
{
    const HfDepthLevel *whole = &depth->levels[0];
    float scale = depth->n_frames > 1 ? 1.0f / (float) (depth->n_frames - 1) : 0;

    if (map == HF_FUSER_MAP_CONFIDENCE) {
        memcpy (out, hf_depth_row (whole, whole->confidence, y),
                (size_t) whole->width * sizeof (float));
        return;
    }
    for (int x = 0; x < whole->width; x++)
        out[x] = CLAMP (hf_depth_row (whole, whole->depth, y)[x] * scale, 0.0f, 1.0f);
}

static bool
depth_map (void *state, HfFuserMap map, const HfBandWriter *writer, HfMonitor *monitor,
           GError **error)
{
    HfDepth *depth = state;
    const HfDepthLevel *whole = &depth->levels[0];
    HfBand band;

    for (int y = 0; y < whole->height; y += depth->output_rows) {
        int n_rows = MIN (depth->output_rows, whole->height - y);

        hf_band_place (&band, (HfRect) { 0, y, whole->width, n_rows }, 1, depth->output);
        band.opaque = true;
        for (int row = 0; row < n_rows; row++)
            copy_map_row (depth, map, y + row, band.colour[0] + (size_t) row * band.stride);
        if (!hf_monitor_check (monitor, (double) y / whole->height, error) ||
            !writer->write (writer->data, &band, error))
            return false;
    }
    return hf_monitor_check (monitor, 1, error);
}

static int
two_passes (const HfFuserSetup *setup)
{
    return 2;
}

const HfFuserClass hf_depth_fuser = {
    .n_passes = two_passes,
    .memory = depth_memory,
    .begin = depth_begin,
    .add = depth_add,
    .end_pass = depth_end_pass,
    .finish = depth_finish,
    .map = depth_map,
    .end = depth_end,
};
