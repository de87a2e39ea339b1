/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Registration by features (engine/features): points that are found again in the other frame.
 *
 * Features are found in a grey copy of 8 bits, reduced by the mean of n × n pixels or by every n-th
 * one, its darkest and brightest thousandth at 0 and 255. The matches that agree with one motion
 * become tiles: where one lies, by how much the motion misses it, and how sure that is, from the
 * feature's size. From there on all is as in the direct estimate: the fit, the choice of a model
 * for the stack, the graph over all pairs.
 */
#include "steps/align-features.h"

#include "steps/align-pair.h"

#include <hyperfocal/band.h>
#include <math.h>
#include <string.h>

enum {
    BINS = 4096,
    FEWEST_AGREEING = 8 /* fewer wrong matches agree by chance now and then */
};

static const double MOST_PIXELS = 2e6;       /* of the automatic subsampling */
static const double MOST_FINE_PIXELS = 12e6; /* of a frame that is looked at again */
static const double DARKEST = 1e-3;          /* share of the pixels that may become 0, or 255 */
static const double SURE_SIZE = 4;           /* pixels: features up to this size are placed best, */
static const double SURENESS = 0.3;          /* to so many pixels */

struct HfAlignFeatures {
    HfFeatureSet *set;
    double factor, shift; /* full-size pixel = factor × pixel of the set + shift */
};

/* How often what the alignment sees, reduced `reduction` times, is reduced once more. */
static int
further_reduction (const HfFeaturesOptions *options, const HfImage *image, int reduction)
{
    int n = 1;

    if (options->subsample > 0)
        return MAX (1, (int) lrint ((double) options->subsample / reduction));
    while ((double) image->width * image->height / (n * n) > MOST_PIXELS)
        n++;
    return n;
}

/* ---- the grey copy ---- */

typedef struct Grey {
    int width, height, n; /* n: source pixels a pixel, both ways */
    float *grey;
    uint8_t *bytes, *mask;
} Grey;

/* Adds a row of the picture to a row of the copy; of the picture's columns what does not fill a
 * pixel is left out. */
static void
add_row (const Grey *grey, const HfBand *row, bool every, float *sums, float *weights)
{
    static const float parts[3] = { 0.299f, 0.587f, 0.114f };
    int step = every ? grey->n : 1, first = every ? grey->n / 2 : 0;

    for (int x = first; x < grey->width * grey->n; x += step) {
        float value = row->colour[0][x], weight = row->opaque ? 1 : row->validity[x];

        if (row->n_colours == 3)
            value = parts[0] * value + parts[1] * row->colour[1][x] + parts[2] * row->colour[2][x];
        sums[x / grey->n] += weight * value;
        weights[x / grey->n] += weight;
    }
}

static void
finish_row (Grey *grey, int y, int n_summed, const float *sums, const float *weights)
{
    for (int x = 0; x < grey->width; x++) {
        size_t at = (size_t) y * (size_t) grey->width + (size_t) x;
        bool valid = weights[x] > 0.5f * (float) n_summed;

        grey->mask[at] = valid ? 255 : 0;
        grey->grey[at] = valid ? CLAMP (sums[x] / weights[x], -1e6f, 1e6f) : 0;
    }
}

static void
read_grey (Grey *grey, const HfImage *image, bool every, float *memory)
{
    int n_colours = hf_format_n_colours (image->format);
    float *sums = memory + hf_band_floats (image->width, 1, n_colours);
    float *weights = sums + grey->width;
    HfBand row;

    for (int y = 0; y < grey->height; y++) {
        memset (sums, 0, 2 * (size_t) grey->width * sizeof (float));
        for (int j = every ? grey->n / 2 : 0; j < grey->n; j += every ? grey->n : 1) {
            hf_band_place (&row, (HfRect) { 0, y * grey->n + j, image->width, 1 }, n_colours,
                           memory);
            hf_band_read (&row, image);
            add_row (grey, &row, every, sums, weights);
        }
        finish_row (grey, y, every ? 1 : grey->n * grey->n, sums, weights);
    }
}

/* The values below which, and above which, a thousandth of the valid pixels lies. */
static void
find_ends (const Grey *grey, double *low, double *high)
{
    size_t n = (size_t) grey->width * (size_t) grey->height, n_valid = 0, counts[BINS] = { 0 }, sum;
    double least = INFINITY, most = -INFINITY, scale;
    int bin;

    for (size_t i = 0; i < n; i++) {
        if (grey->mask[i]) {
            least = fmin (least, grey->grey[i]);
            most = fmax (most, grey->grey[i]);
            n_valid++;
        }
    }
    scale = most > least ? (BINS - 1) / (most - least) : 0;
    for (size_t i = 0; i < n; i++)
        if (grey->mask[i])
            counts[(int) ((grey->grey[i] - least) * scale)]++;
    for (bin = 0, sum = counts[0]; bin < BINS - 1 && (double) sum < DARKEST * (double) n_valid;)
        sum += counts[++bin];
    *low = least + bin / fmax (scale, 1e-12);
    for (bin = BINS - 1, sum = counts[bin]; bin > 0 && (double) sum < DARKEST * (double) n_valid;)
        sum += counts[--bin];
    *high = least + (bin + 1) / fmax (scale, 1e-12);
}

static void
make_bytes (Grey *grey)
{
    size_t n = (size_t) grey->width * (size_t) grey->height;
    double low, high, scale;

    find_ends (grey, &low, &high);
    scale = high > low && isfinite (high - low) ? 255 / (high - low) : 0;
    for (size_t i = 0; i < n; i++)
        grey->bytes[i] =
            grey->mask[i] ? (uint8_t) lrint (CLAMP ((grey->grey[i] - low) * scale, 0, 255)) : 0;
}

/* Room for the copy and for a row that is read; freed by the pointer that comes back. */
static void *
allocate (Grey *grey, const HfImage *image, float **row, HfBudget *budget, GError **error)
{
    size_t n = (size_t) grey->width * (size_t) grey->height;
    size_t floats = hf_band_floats (image->width, 1, hf_format_n_colours (image->format)) +
                    2 * (size_t) grey->width + n;
    float *memory = hf_pixels_new_n (budget, floats * sizeof (float) + 2 * n, 1,
                                     "the grey copy that features are found in", error);

    if (!memory)
        return NULL;
    *row = memory;
    grey->grey = memory + floats - n;
    grey->bytes = (uint8_t *) (memory + floats);
    grey->mask = grey->bytes + n;
    return memory;
}

HfAlignFeatures *
hf_align_features_new (const HfFeaturesOptions *options, const HfImage *image, int reduction,
                       int further, HfBudget *budget, GError **error)
{
    int n = further > 0 ? further : further_reduction (options, image, reduction);
    Grey grey = { MAX (1, image->width / n), MAX (1, image->height / n), n };
    HfAlignFeatures *features;
    HfFeaturePicture picture;
    HfFeatureSet *set;
    float *row;
    void *memory;

    if (image->width < n || image->height < n)
        grey.n = n = 1, grey.width = image->width, grey.height = image->height;
    memory = allocate (&grey, image, &row, budget, error);
    if (!memory)
        return NULL;
    read_grey (&grey, image, options->fast_subsampling, row);
    make_bytes (&grey);
    picture = (HfFeaturePicture) { grey.width, grey.height, grey.bytes,
                                   hf_format_has_alpha (image->format) ? grey.mask : NULL };
    set = hf_feature_set_new (options, &picture, error);
    hf_pixels_free (memory);
    if (!set)
        return NULL;
    features = g_new (HfAlignFeatures, 1);
    features->set = set;
    features->factor = (double) n * reduction;
    features->shift = reduction * ((options->fast_subsampling ? n / 2 : 0.5 * (n - 1)) + 0.5) - 0.5;
    return features;
}

void
hf_align_features_free (HfAlignFeatures *features)
{
    if (!features)
        return;
    hf_feature_set_free (features->set);
    g_free (features);
}

/* Half of the limit is for what OpenCV takes. */
static double
most_pixels (const HfBudget *budget)
{
    size_t limit = budget ? hf_budget_limit (budget) : 0;

    if (limit == 0)
        limit = hf_machine_memory () / 2;
    return 0.5 * (double) limit / HF_FEATURES_BYTES;
}

int
hf_align_features_at_once (const HfFeaturesOptions *options, double pixels, const HfBudget *budget,
                           int n_threads)
{
    if (options->subsample == 0)
        pixels = fmin (pixels, MOST_PIXELS);
    return (int) CLAMP (most_pixels (budget) / fmax (pixels, 1), 1, n_threads);
}

int
hf_align_features_fine (double pixels, const HfBudget *budget)
{
    double most = fmin (most_pixels (budget), MOST_FINE_PIXELS);
    int reduction = 1;

    while (reduction < 8 && pixels / (reduction * reduction) > most)
        reduction *= 2;
    return reduction;
}

bool
hf_align_features_coarser (const HfAlignFeatures *features, int reduction)
{
    return features->factor > reduction;
}

/* ---- a pair ---- */

/* The motion between two sets as one between full-size frames. */
static HfMatrix
full_size (const HfAlignFeatures *template, const HfAlignFeatures *frame, HfMatrix motion)
{
    HfMatrix to_set = { { 1 / template->factor, 0, -template->shift / template->factor, 0,
                          1 / template->factor, -template->shift / template->factor, 0, 0, 1 } };
    HfMatrix from_set = { { frame->factor, 0, frame->shift, 0, frame->factor, frame->shift, 0, 0,
                            1 } };

    return hf_matrix_normalise (hf_matrix_multiply (hf_matrix_multiply (from_set, motion), to_set));
}

static double
to_level (const HfAlignFeatures *features, double at, const HfAlignLevel *level)
{
    return (features->factor * at + features->shift + 0.5) / level->factor - 0.5;
}

static HfAlignTile
tile_of (const HfFeatureMatch *match, const HfAlignFeatures *a, const HfAlignFeatures *b,
         const HfAlignLevel *template, const HfAlignLevel *frame, const HfMatrix *back)
{
    double x = to_level (a, match->x0, template), y = to_level (a, match->y0, template), bx, by;
    double sigma = SURENESS * fmax (1, match->size / SURE_SIZE) * a->factor / template->factor;

    hf_matrix_map (back, to_level (b, match->x1, frame), to_level (b, match->y1, frame), &bx, &by);
    return (HfAlignTile) { .u = x - 0.5 * (template->width - 1),
                           .v = y - 0.5 * (template->height - 1),
                           .dx = bx - x,
                           .dy = by - y,
                           .xx = 1 / (sigma * sigma),
                           .yy = 1 / (sigma * sigma),
                           .softness = 1,
                           .weight = 1,
                           .texture = 1,
                           .alike = true };
}

/* Matches that do not agree are lost: they count in the share of inliers. */
static void
make_tiles (const HfFeatureMatch *matches, int n, const HfAlignView *template,
            const HfAlignView *frame, const HfMatrix *m, HfAlignTiles *tiles)
{
    HfMatrix back;

    if (!hf_matrix_invert (*m, &back))
        return;
    tiles->tiles = g_new (HfAlignTile, n);
    for (int i = 0; i < n; i++) {
        HfAlignTile tile = tile_of (&matches[i], template->features, frame->features,
                                    &template->levels[0], &frame->levels[0], &back);

        if (matches[i].agrees)
            tiles->tiles[tiles->n++] = tile;
        else
            tiles->lost += tile.texture;
    }
}

/* The matches between both, with those marked that agree with *m (full size); NULL with *error, or
 * without but with the pair's reason, where there are too few. */
static HfFeatureMatch *
agreeing_matches (const HfAlignTools *tools, const HfAlignFeatures *template,
                  const HfAlignFeatures *frame, HfMatrix *m, int *n, HfAlignPair *pair,
                  GError **error)
{
    const HfFeaturesOptions *options = tools->features;
    HfFeatureMatch *matches = hf_feature_match (options, template->set, frame->set, n, error);
    int n_agree = 0;

    if (*n < options->min_good_matches) {
        g_snprintf (pair->reason, sizeof pair->reason,
                    "has only %d matching features, where %d are needed", *n,
                    options->min_good_matches);
        pair->few_features = true;
    } else {
        n_agree = hf_feature_fit (options, tools->transform, matches, *n, m, error);
        g_snprintf (pair->reason, sizeof pair->reason,
                    "has %d matching features, but no motion that at least %d of them follow", *n,
                    FEWEST_AGREEING);
    }
    if (n_agree < FEWEST_AGREEING)
        g_clear_pointer (&matches, g_free);
    else
        *m = full_size (template, frame, *m);
    return matches;
}

bool
hf_align_feature_tiles (const HfAlignTools *tools, const HfAlignView *template,
                        const HfAlignView *frame, HfMatrix *m, HfAlignTiles *tiles,
                        HfAlignPair *pair, GError **error)
{
    GError *failure = NULL;
    int n = 0;
    HfFeatureMatch *matches =
        agreeing_matches (tools, template->features, frame->features, m, &n, pair, &failure);

    *tiles = (HfAlignTiles) { NULL, 0, 0 };
    if (matches) {
        *m = hf_matrix_normalise (hf_matrix_to_reduced (*m, template->levels[0].factor));
        make_tiles (matches, n, template, frame, m, tiles);
        g_free (matches);
    }
    if (failure)
        g_propagate_error (error, failure);
    return failure == NULL;
}
