/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Balance: frames made alike in light and colour
 * ------------------------------------------------
 * Both reduced pictures are brought to a raster of cells (mean colours of the encoded samples);
 * where the record's matrix says that the centre of a cell of the reference lies in the frame, the
 * frame's raster is read, bilinearly. From the means follow the channels: luminosity; red, green
 * and blue; saturation and value; lightness and saturation; L, a and b. Each channel's map is
 * fitted to the pairs (balance-fit.c).
 *
 * Channels are taken of means, not means of channels: saturation of single pixels would tell the
 * noise and the focus of a frame. For the same reason cells are larger where channels are no sums
 * of light.
 *
 * Cells of which a tenth or more is at the upper end of its range in one of the pictures are left
 * out of both, and so are windows without light. All frames keep their samples when none is to be
 * changed by more than 1 %, which the fusion does not notice (and to which occluders and high
 * contrast at the border may come without flicker).
 */
#include <hyperfocal/balance.h>
#include <hyperfocal/error.h>

#include "kernels/kernels.h"
#include "steps/balance-parts.h"
#include "steps/step.h"

#include <math.h>
#include <string.h>

#define HF_OPTION_STRUCT HfBalanceOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/balance.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_balance_table = { "balance", "Balance", options, G_N_ELEMENTS (options),
                                         sizeof (HfBalanceOptions) };

enum {
    MOST_CELLS = 128,
    MOST_MIXED_CELLS = 48,
    SLICE = 512
}; /* along the longer side; cells at a time */

static const double unnoticed = 0.01;

typedef struct State {
    HfBalanceChannel channel;        /* as measured: luminosity for grey frames */
    double darkest, brightest;       /* 0..1 */
    HfLight reference;               /* its planes hold channels */
    HfBalanceHistogram **histograms; /* n_frames, where plots are wanted */
    int n_frames;
} State;

int
hf_balance_channels (HfBalanceChannel channel, int channels[3])
{
    bool hue = channel == HF_BALANCE_HSV || channel == HF_BALANCE_HLS;
    int n = channel == HF_BALANCE_LUMI ? 1 : hue ? 2 : 3;

    for (int i = 0; i < n; i++)
        channels[i] = i + (hue ? 1 : 0);
    return n;
}

static bool
wanted (const HfStackOptions *stack)
{
    return stack->balance.channel != HF_BALANCE_NONE;
}

/* ---- Options ---- */

static double
white_of (HfSampleType type)
{
    return type == HF_SAMPLE_U8 ? 255 : type == HF_SAMPLE_U16 ? 65535 : 1;
}

/* The least light that tells anything: a step of 8 bits, some of 16. */
static double
darkest_of (HfSampleType type)
{
    return type == HF_SAMPLE_U8 ? 1 / 255.0 : type == HF_SAMPLE_U16 ? 4 / 65535.0 : 1e-6;
}

/* "min,max" in the samples' own units; a negative max is none. */
static bool
parse_interval (const char *text, HfSampleType type, State *state, GError **error)
{
    char **words = g_strsplit (text, ",", -1), *end[2] = { NULL };
    double white = white_of (type), low = 0, high = 0;
    bool good = g_strv_length (words) == 2;

    if (good) {
        low = g_ascii_strtod (words[0], &end[0]);
        high = g_ascii_strtod (words[1], &end[1]);
        good = end[0] != words[0] && end[1] != words[1] && !*g_strchug (end[0]) &&
               !*g_strchug (end[1]) && isfinite (low) && isfinite (high) && low >= 0 &&
               (high < 0 || high >= low);
    }
    if (good) {
        state->darkest = low / white;
        state->brightest = high < 0 ? INFINITY : high / white;
    } else {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "option intensity-interval cannot be \"%s\", only min,max as in 10,250; a "
                     "maximum of -1 has no limit",
                     text);
    }
    g_strfreev (words);
    return good;
}

static void
end (void *data)
{
    State *state = data;

    if (!state)
        return;
    hf_light_clear (&state->reference);
    for (int i = 0; i < state->n_frames && state->histograms; i++)
        g_free (state->histograms[i]);
    g_free (state->histograms);
    g_free (state);
}

static void *
begin (HfSweep *sweep, GError **error)
{
    const HfBalanceOptions *wishes = &sweep->options->balance;
    HfFormat format = sweep->infos[sweep->reference].format;
    State *state = g_new0 (State, 1);
    bool all = wishes->map == HF_BALANCE_MATCH_HIST;

    state->n_frames = sweep->n_frames;
    state->channel =
        hf_format_n_colours (format) == 1 ? HF_BALANCE_LUMI : (HfBalanceChannel) wishes->channel;
    if (sweep->plots)
        state->histograms = g_new0 (HfBalanceHistogram *, sweep->n_frames);
    if (parse_interval (all ? "0,-1" : wishes->interval, format.type, state, error))
        return state;
    end (state);
    return NULL;
}

/* ---- Cells ---- */

/* Turns mean colours into channels; what was not to be used stays so. */
static void
make_channels (HfBalanceChannel channel, HfLight *light)
{
    const HfBalanceKernels *kernels = hf_kernels ()->balance;
    int n_cells = light->width * light->height;
    float found[3][SLICE] = { { 0 } };
    float *const lab[3] = { found[0], found[1], found[2] };

    for (int at = 0; at < n_cells && channel > HF_BALANCE_RGB; at += SLICE) {
        const float *const in[3] = { light->plane[0] + at, light->plane[1] + at,
                                     light->plane[2] + at };
        int n = MIN (SLICE, n_cells - at);

        if (channel == HF_BALANCE_HSV)
            kernels->split_hsv (in, n, found[1], found[2]);
        else if (channel == HF_BALANCE_HLS)
            kernels->split_hls (in, n, found[1], found[2]);
        else
            kernels->split_lab (in, n, lab);
        for (int c = 2; c >= 0; c--)
            for (int i = 0; i < n; i++)
                light->plane[c][at + i] = isnan (in[0][i]) ? NAN : found[c][i];
    }
}

static int
size_of_cells (HfBalanceChannel channel, const HfSweep *sweep, const HfImage *image)
{
    int longest = MAX (image->width, image->height), wish = sweep->options->balance.img_scale;
    int most = channel > HF_BALANCE_RGB ? MOST_MIXED_CELLS : MOST_CELLS;

    if (wish == 0)
        return (longest + most - 1) / most;
    return MAX ((wish + sweep->reduction / 2) / sweep->reduction, 1);
}

static bool
measure_light (const State *state, HfSweep *sweep, int frame, const HfImage *image, HfLight *light,
               GError **error)
{
    const HfFrameInfo *info = &sweep->infos[frame];
    HfLightRules rules = { .size = size_of_cells (state->channel, sweep, image),
                           .colours = state->channel != HF_BALANCE_LUMI,
                           .darkest = state->darkest,
                           .brightest = state->brightest };

    if (!hf_light_measure (light, image, sweep->reduction, info->width, info->height, &rules,
                           sweep->budget, error))
        return false;
    make_channels (state->channel, light);
    return true;
}

/* Pairs a cell of the reference; false when it does not count. */
static bool
make_pair (const HfLight *reference, const HfLight *light, const HfMatrix *matrix, int column,
           int row, HfBalancePair *pair)
{
    int at = row * reference->width + column;
    double u, v, x, y, here, there;
    HfLightSpot spot;

    hf_light_place (reference, column, row, &u, &v);
    hf_matrix_map (matrix, u, v, &x, &y);
    if (isnan (reference->plane[0][at]) || !hf_light_find (light, x, y, &spot))
        return false;
    for (int c = 0; c < reference->n_planes; c++) {
        pair->reference[c] = reference->plane[c][at];
        pair->frame[c] = (float) hf_light_at (light, light->plane[c], &spot);
    }
    here = hf_light_squared_radius (reference, u, v);
    there = hf_light_squared_radius (light, x, y);
    pair->d2 = (float) (there - here);
    pair->d4 = (float) (there * there - here * here);
    pair->flat = fmaxf (reference->flat[at], (float) hf_light_at (light, light->flat, &spot));
    pair->column = column;
    pair->row = row;
    return !isnan (pair->frame[0]);
}

/* Cells beyond this distance from the centre do not count, in half diagonals, squared. */
static double
squared_mask (const HfSweep *sweep)
{
    const HfFrameInfo *info = &sweep->infos[sweep->reference];
    double size = sweep->options->balance.mask_size;
    double radius = size * MIN (info->width, info->height) / hypot (info->width, info->height);

    return size > 0 ? radius * radius : INFINITY;
}

static bool
fill_pairs (const State *state, const HfSweep *sweep, int frame, const HfLight *light,
            HfBalancePairs *pairs, GError **error)
{
    const HfLight *reference = &state->reference;
    HfSampleType type = sweep->infos[frame].format.type;
    double mask = squared_mask (sweep);

    *pairs = (HfBalancePairs) { .windows = hf_light_windows (reference),
                                .step = type == HF_SAMPLE_FLOAT ? 0 : 1 / white_of (type),
                                .darkest = darkest_of (type) };
    pairs->pairs =
        hf_pixels_new_n (sweep->budget, (size_t) reference->width * (size_t) reference->height,
                         sizeof *pairs->pairs, "the balance", error);
    for (int row = 0; row < reference->height && pairs->pairs; row++) {
        for (int column = 0; column < reference->width; column++) {
            double u, v;

            hf_light_place (reference, column, row, &u, &v);
            if (hf_light_squared_radius (reference, u, v) <= mask)
                pairs->n += make_pair (reference, light, &sweep->records[frame].align.matrix,
                                       column, row, &pairs->pairs[pairs->n]);
        }
    }
    return pairs->pairs != NULL;
}

/* ---- The step ---- */

static void
fit_record (const State *state, const HfBalancePairs *pairs, HfBalanceMap map,
            HfBalanceRecord *record)
{
    int channels[3], n = hf_balance_channels (state->channel, channels);

    *record = hf_balance_none ();
    record->channel = state->channel;
    record->map = map;
    for (int i = 0; i < n; i++)
        hf_balance_fit (pairs, channels[i], record);
    for (int c = 1; c < 3 && n == 1; c++) {
        record->gain[c] = record->gain[0];
        record->gamma[c] = record->gamma[0];
        memcpy (record->curve[c], record->curve[0], sizeof record->curve[0]);
    }
}

typedef struct Batch {
    State *state;
    HfSweep *sweep;
    const int *frames;
    HfImage *const *images;
    GError **errors;
} Batch;

static void
measure_one (void *data, int chunk, int worker)
{
    const Batch *batch = data;
    HfSweep *sweep = batch->sweep;
    State *state = batch->state;
    int frame = batch->frames[chunk];
    HfLight light = { 0 };
    HfBalancePairs pairs = { 0 };
    GError **error = &batch->errors[chunk];

    if (frame == sweep->reference || !sweep->records[frame].used)
        return;
    if (measure_light (state, sweep, frame, batch->images[chunk], &light, error) &&
        fill_pairs (state, sweep, frame, &light, &pairs, error)) {
        fit_record (state, &pairs, (HfBalanceMap) sweep->options->balance.map,
                    &sweep->records[frame].balance);
        if (state->histograms) {
            state->histograms[frame] = g_new (HfBalanceHistogram, 1);
            hf_balance_count (&pairs, state->histograms[frame]);
        }
    }
    hf_pixels_free (pairs.pairs);
    hf_light_clear (&light);
}

static bool
look (void *data, HfSweep *sweep, const int *frames, HfImage *const *images, int n, GError **error)
{
    State *state = data;
    GError **errors = g_new0 (GError *, n);
    Batch batch = { state, sweep, frames, images, errors };
    bool ok = true;

    for (int i = 0; i < n && ok; i++)
        if (frames[i] == sweep->reference)
            ok = measure_light (state, sweep, frames[i], images[i], &state->reference, error);
    if (ok)
        hf_pool_for (sweep->pool, n, measure_one, &batch);
    for (int i = 0; i < n; i++) {
        if (errors[i] && ok) {
            g_propagate_error (error, errors[i]);
            ok = false;
        } else {
            g_clear_error (&errors[i]);
        }
    }
    g_free (errors);
    return ok;
}

/* Frames that were left out later, and stacks without flicker, keep their samples. */
static bool
settle (void *data, HfSweep *sweep, GError **error)
{
    const State *state = data;
    double most = 0;
    bool ok = true;

    for (int i = 0; i < sweep->n_frames; i++)
        if (sweep->records[i].used)
            most = fmax (most, hf_balance_change (&sweep->records[i].balance));
    for (int i = 0; i < sweep->n_frames; i++)
        if (!sweep->records[i].used || most <= unnoticed)
            sweep->records[i].balance = hf_balance_none ();
    for (int i = 0; i < sweep->n_frames && state->histograms && ok; i++) {
        HfBalanceRecord record = sweep->records[i].balance;

        record.channel = state->channel;
        if (state->histograms[i])
            ok = hf_balance_plot (state->histograms[i], &record, i, sweep->plots, error);
    }
    return ok;
}

const HfStep hf_balance_step = { "balance", wanted, begin, look, settle, end };
