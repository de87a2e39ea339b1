/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Finding defect pixels
 * ---------------------
 * Defects stay at their pixel while the subject moves and is focused otherwise, so they survive in
 * the mean of all frames, of which they stand out:
 *
 *     fixed thresholds   mean - binomial blur of the mean > threshold of the colour
 *     automatic          residue = mean - mean of the eight neighbours, and the pixel above (below)
 * all eight: suspects, of which a look at each frame tells the defects from the subject
 * (hot-pixels-judge.c)
 *
 * A suspect's residue is above four standard deviations of the noise in the mean, and 3 of 255.
 *
 * Within a run a sample of three frames, decoded anyway, has to do: there a suspect is above
 * 2.5 standard deviations of the noise, and 4 of 255, in each of the frames, mean of the colours.
 *
 * The picture is searched in tiles that stay in cache.
 */
#include <hyperfocal/hot-pixels.h>

#include "kernels/kernels.h"
#include "plots/plot.h"
#include "steps/hot-pixels-judge.h"

#include <hyperfocal/error.h>
#include <hyperfocal/noise.h>
#include <math.h>
#include <string.h>

#define HF_OPTION_STRUCT HfNoiseMapOptions
static const HfOption options_of_map[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/noise-map.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_noise_map_table = { "noise-map", "Noise map", options_of_map,
                                           G_N_ELEMENTS (options_of_map),
                                           sizeof (HfNoiseMapOptions) };

enum {
    TILE_WIDTH = 512,
    TILE_HEIGHT = 32,
    PADDED = TILE_WIDTH + 2,
    MOST_IN_TILE = TILE_WIDTH * TILE_HEIGHT / 16, /* suspects */
    MOST_SUSPECTS = 1 << 16,
    MOST_BLUR = 15, /* radius */
    LEVELS = 256    /* of the histogram */
};

static const double sample_deviations = 2.5, sample_least = 4.0 / 255;
static const double mean_deviations = 4, mean_least = 3.0 / 255;

/* One search through the tiles of a picture. */
typedef struct Search {
    const HfMean *mean;
    bool sample;       /* of frames in memory, all to be seen in each */
    double least[3];   /* residue of a suspect, of each colour or (the first) their mean */
    int columns, rows; /* of tiles */
    int *counts;       /* suspects of each tile */
    HfDefect *places;  /* MOST_IN_TILE of each tile */
    float *scratch;    /* scratch_floats of each worker */
    size_t scratch_floats;
} Search;

static HfRect
tile_rect (const HfMean *mean, int columns, int tile)
{
    int x = tile % columns * TILE_WIDTH, y = tile / columns * TILE_HEIGHT;

    return (HfRect) { x, y, MIN (TILE_WIDTH, mean->width - x),
                      MIN (TILE_HEIGHT, mean->height - y) };
}

static HfRect
grown (const HfMean *mean, HfRect rect, int by)
{
    HfRect frame = { 0, 0, mean->width, mean->height };
    HfRect wide = { rect.x - by, rect.y - by, rect.width + 2 * by, rect.height + 2 * by };

    return hf_rect_intersect (wide, frame);
}

/* Mirrors a coordinate at the first and last pixel of a side. */
static int
mirrored (int i, int side)
{
    i = ABS (i);
    if (i >= side)
        i = 2 * (side - 1) - i;
    return CLAMP (i, 0, side - 1);
}

/* ---- suspects ---- */

/* The colours' mean, or one colour, of a tile with a pixel around it, mirrored at the borders of
 * the picture. */
static void
pad_tile (const HfMean *mean, const HfBand *band, HfRect tile, int colour, float *padded)
{
    const HfPeakKernels *kernels = hf_kernels ()->peak;
    int left = tile.x - band->rect.x; /* 1, or 0 at the border */

    memset (padded, 0, (size_t) (tile.height + 2) * PADDED * sizeof *padded);
    for (int j = -1; j <= tile.height; j++) {
        int y = mirrored (tile.y + j, mean->height) - band->rect.y;
        float *row = padded + (j + 1) * PADDED + 1;

        for (int c = 0; c < band->n_colours; c++)
            if (colour < 0 || c == colour)
                kernels->add (band->colour[c] + (size_t) y * band->stride,
                              colour < 0 ? 1.0f / (float) band->n_colours : 1, band->rect.width,
                              row - left);
        if (left == 0)
            row[-1] = row[MIN (1, tile.width - 1)];
        if (tile.x + tile.width == mean->width)
            row[tile.width] = row[MAX (tile.width - 2, tile.width == 1 ? -left : 0)];
    }
}

static void
add_place (Search *search, int tile, int x, int y)
{
    int *n = &search->counts[tile];

    if (*n < MOST_IN_TILE)
        search->places[(size_t) tile * MOST_IN_TILE + (size_t) (*n)++] = (HfDefect) { x, y, 7 };
}

/* Lists the pixels of one row that stand out: `excess` says whether of all their neighbours,
 * least and most by how much in all frames. */
static void
list_row (Search *search, int tile, HfRect rect, int row, const float *excess, const float *least,
          const float *most, double threshold)
{
    const HfPeakKernels *kernels = hf_kernels ()->peak;
    float enough = (float) threshold;

    if (kernels->count (excess, 0, rect.width) == 0)
        return;
    for (int i = 0; i < rect.width; i++)
        if ((excess[i] > 0 && least[i] > enough) || (excess[i] < 0 && most[i] < -enough))
            add_place (search, tile, rect.x + i, rect.y + row);
}

/* All frames agree: the least and most residue of each pixel over the frames in memory. */
static bool
sample_tile (const Search *search, HfRect tile, float *padded, float *sum, float *least,
             float *most, float *memory)
{
    const HfPeakKernels *kernels = hf_kernels ()->peak;
    const HfMean *mean = search->mean;
    HfRect wide = grown (mean, tile, 1);
    float residue[TILE_WIDTH];

    memset (sum, 0, (size_t) (tile.height + 2) * PADDED * sizeof *sum);
    for (int k = 0; k < tile.height * TILE_WIDTH; k++)
        least[k] = INFINITY, most[k] = -INFINITY;
    for (int f = 0; f < mean->n_frames; f++) {
        HfBand band;

        hf_band_place (&band, wide, mean->n_colours, memory);
        hf_band_read (&band, mean->images[f]);
        if (!band.opaque)
            return false;
        pad_tile (mean, &band, tile, -1, padded);
        kernels->add (padded, 1, (tile.height + 2) * PADDED, sum);
        for (int j = 0; j < tile.height; j++) {
            const float *row = padded + (j + 1) * PADDED + 1;

            kernels->residue (row - PADDED, row, row + PADDED, tile.width, residue);
            kernels->extend (residue, tile.width, least + j * TILE_WIDTH, most + j * TILE_WIDTH);
        }
    }
    return true;
}

static void
search_sample_tile (Search *search, int tile, HfRect rect, float *scratch)
{
    const HfPeakKernels *kernels = hf_kernels ()->peak;
    float *padded = scratch, *sum = padded + PADDED * (TILE_HEIGHT + 2);
    float *least = sum + PADDED * (TILE_HEIGHT + 2), *most = least + TILE_WIDTH * TILE_HEIGHT;
    float excess[TILE_WIDTH];
    /* `sum` is that of all frames */
    double threshold = search->least[0];

    if (!sample_tile (search, rect, padded, sum, least, most, most + TILE_WIDTH * TILE_HEIGHT))
        return;
    for (int j = 0; j < rect.height; j++) {
        const float *row = sum + (j + 1) * PADDED + 1;

        kernels->excess (row - PADDED, row, row + PADDED, rect.width, excess);
        list_row (search, tile, rect, j, excess, least + j * TILE_WIDTH, most + j * TILE_WIDTH,
                  threshold);
    }
}

static void
search_mean_tile (Search *search, int tile, HfRect rect, float *scratch)
{
    const HfPeakKernels *kernels = hf_kernels ()->peak;
    const HfMean *mean = search->mean;
    HfRect wide = grown (mean, rect, 1);
    float *padded = scratch, *memory = padded + PADDED * (TILE_HEIGHT + 2);
    float *more = memory + hf_band_floats (PADDED, TILE_HEIGHT + 2, mean->n_colours);
    float excess[TILE_WIDTH], residue[TILE_WIDTH];
    HfBand band;

    hf_band_place (&band, wide, mean->n_colours, memory);
    hf_mean_read (mean, &band, more);
    for (int c = 0; c < mean->n_colours; c++) {
        pad_tile (mean, &band, rect, c, padded);
        for (int j = 0; j < rect.height; j++) {
            const float *row = padded + (j + 1) * PADDED + 1;

            kernels->excess (row - PADDED, row, row + PADDED, rect.width, excess);
            kernels->residue (row - PADDED, row, row + PADDED, rect.width, residue);
            list_row (search, tile, rect, j, excess, residue, residue, search->least[c]);
        }
    }
}

static void
search_tile (void *data, int chunk, int worker)
{
    Search *search = data;
    HfRect rect = tile_rect (search->mean, search->columns, chunk);
    float *scratch = search->scratch + (size_t) worker * search->scratch_floats;

    if (search->sample)
        search_sample_tile (search, chunk, rect, scratch);
    else
        search_mean_tile (search, chunk, rect, scratch);
}

static void
choose_thresholds (Search *search)
{
    const HfMean *mean = search->mean;
    double variance = 0;

    for (int c = 0; c < mean->n_colours; c++) {
        variance += mean->noise[c] * mean->noise[c];
        search->least[c] =
            fmax (mean_least, mean_deviations * mean->noise[c] / sqrt (mean->n_frames));
    }
    if (search->sample)
        search->least[0] =
            fmax (sample_least, sample_deviations * sqrt (variance * 9 / 8) / mean->n_colours);
}

static bool
search_new (Search *search, const HfMean *mean, bool sample, HfPool *pool, HfBudget *budget,
            GError **error)
{
    size_t n_tiles;

    *search = (Search) { .mean = mean, .sample = sample };
    choose_thresholds (search);
    search->columns = (mean->width + TILE_WIDTH - 1) / TILE_WIDTH;
    search->rows = (mean->height + TILE_HEIGHT - 1) / TILE_HEIGHT;
    n_tiles = (size_t) search->columns * (size_t) search->rows;
    search->scratch_floats = 2 * PADDED * (TILE_HEIGHT + 2) + 2 * TILE_WIDTH * TILE_HEIGHT +
                             2 * hf_band_floats (PADDED, TILE_HEIGHT + 2, mean->n_colours);
    search->scratch = hf_pixels_new_n (budget, (size_t) hf_pool_n_threads (pool),
                                       search->scratch_floats * sizeof (float),
                                       "the search for defect pixels", error);
    search->places =
        search->scratch
            ? hf_pixels_new_n (budget, n_tiles, MOST_IN_TILE * sizeof (HfDefect) + sizeof (int),
                               "the suspected pixels", error)
            : NULL;
    if (!search->places)
        return false;
    search->counts = (int *) (search->places + n_tiles * MOST_IN_TILE);
    return true;
}

static void
search_clear (Search *search)
{
    hf_pixels_free (search->places);
    hf_pixels_free (search->scratch);
}

/* Moves the places of all tiles together; returns their number. A pixel that stands out in several
 * colours is listed for each, one after the other at most three times. */
static int
gather_places (Search *search)
{
    int n = 0;

    for (int tile = 0; tile < search->columns * search->rows; tile++) {
        const HfDefect *places = search->places + (size_t) tile * MOST_IN_TILE;

        for (int i = 0; i < search->counts[tile]; i++) {
            bool listed = false;

            for (int k = 0; k < i && !listed; k++)
                listed = places[k].x == places[i].x && places[k].y == places[i].y;
            if (!listed)
                search->places[n++] = places[i];
        }
    }
    return n;
}

/* The number of suspects in all tiles, in order in `places`. */
static int
search_tiles (Search *search, HfPool *pool)
{
    int n_tiles = search->columns * search->rows;

    memset (search->counts, 0, (size_t) n_tiles * sizeof *search->counts);
    hf_pool_for (pool, n_tiles, search_tile, search);
    return gather_places (search);
}

static HfSuspects *
find_suspects (const HfMean *mean, bool sample, HfPool *pool, HfBudget *budget, GError **error)
{
    HfSuspects *suspects = NULL;
    Search search;

    if (search_new (&search, mean, sample, pool, budget, error)) {
        int n = search_tiles (&search, pool);

        while (n > MOST_SUSPECTS) { /* a coarser look where nearly everything stands out */
            for (int c = 0; c < 3; c++)
                search.least[c] *= 1.5;
            n = search_tiles (&search, pool);
        }
        suspects = hf_suspects_new (mean, search.places, n, pool, budget, error);
    }
    search_clear (&search);
    return suspects;
}

HfHotPixelMap *
hf_hot_pixels_sample (const HfImage *const *images, int n_images, HfPool *pool, HfBudget *budget,
                      GError **error)
{
    HfMean mean = { images[0]->width, images[0]->height, hf_format_n_colours (images[0]->format),
                    n_images, images };
    HfHotPixelMap *map = NULL;
    HfSuspects *suspects;
    bool alike = n_images >= 2;

    for (int i = 1; i < n_images; i++)
        alike = alike && images[i]->width == mean.width && images[i]->height == mean.height &&
                hf_format_n_colours (images[i]->format) == mean.n_colours;
    if (!alike)
        return hf_hot_pixel_map_new (mean.width, mean.height, NULL, 0, budget, error);
    hf_noise_measure (images[0], pool, mean.noise);
    suspects = find_suspects (&mean, true, pool, budget, error);
    for (int i = 0; suspects && i < n_images; i++)
        hf_suspects_look (suspects, images[i]);
    if (suspects)
        map = hf_suspects_settle (suspects, budget, error);
    hf_suspects_free (suspects);
    return map;
}

/* ---- all frames of all sources ---- */

typedef struct Finding {
    HfSource *const *sources;
    int n_sources;
    int radius; /* of the blur */
    bool automatic;
    double thresholds[3]; /* 0..1 */
    HfPool *pool;
    HfBudget *budget;
    HfMonitor *monitor;
    HfMean mean;
    HfFrameInfo first; /* what all frames must be like */
    HfSuspects *suspects;
    const HfImage *image; /* that is added to the mean */
} Finding;

static bool
parse_thresholds (const char *text, bool *automatic, double thresholds[3], GError **error)
{
    char **parts = g_strsplit (text, ",", -1);
    guint n = g_strv_length (parts);
    bool good = n == 1 || n == 3;

    *automatic =
        g_ascii_strcasecmp (g_strstrip (parts[0] ? parts[0] : (char[]) { 0 }), "auto") == 0;
    for (guint i = 0; good && !*automatic && i < 3; i++) {
        const char *part = g_strstrip (parts[n == 1 ? 0 : i]);
        char *end = NULL;
        double number = g_ascii_strtod (part, &end);

        good = end > part && *end == '\0' && number >= 0 && number <= 255;
        thresholds[i] = number / 255;
    }
    good = good && (!*automatic || n == 1);
    if (!good)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "option channel-thresholds cannot be \"%s\", only auto, a number from 0 to "
                     "255, or three as in 13,13,13",
                     text);
    g_strfreev (parts);
    return good;
}

static int
count_frames (const Finding *finding)
{
    int n = 0;

    for (int s = 0; s < finding->n_sources; s++)
        n += finding->sources[s]->n_frames;
    return n;
}

static bool
check_frame (Finding *finding, HfSource *source, int frame, GError **error)
{
    const HfFrameInfo *first = &finding->first;
    HfFrameInfo info = { 0 };
    bool good;

    if (!hf_source_info (source, frame, &info, error))
        return false;
    good =
        !first->name || (info.width == first->width && info.height == first->height &&
                         hf_format_n_colours (info.format) == hf_format_n_colours (first->format));
    if (!good)
        g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                     "%s is %d × %d pixels, %s, but %s is %d × %d, %s", info.name, info.width,
                     info.height, hf_format_name (info.format), first->name, first->width,
                     first->height, hf_format_name (first->format));
    if (good && !first->name)
        finding->first = info;
    else
        hf_frame_info_clear (&info);
    return good;
}

static bool
check_frames (Finding *finding, GError **error)
{
    for (int s = 0; s < finding->n_sources; s++)
        for (int i = 0; i < finding->sources[s]->n_frames; i++)
            if (!check_frame (finding, finding->sources[s], i, error))
                return false;
    finding->mean.width = finding->first.width;
    finding->mean.height = finding->first.height;
    finding->mean.n_colours = hf_format_n_colours (finding->first.format);
    return true;
}

static bool
begin_mean (Finding *finding, GError **error)
{
    HfMean *mean = &finding->mean;
    size_t plane = (size_t) mean->width * (size_t) mean->height;

    mean->planes = hf_pixels_new_n (finding->budget, plane * (size_t) mean->n_colours,
                                    sizeof *mean->planes, "the mean of all frames", error);
    if (!mean->planes)
        return false;
    memset (mean->planes, 0, plane * (size_t) mean->n_colours * sizeof *mean->planes);
    return true;
}

/* Adds a row of the frame to the mean, in pieces that fit on the stack. */
static void
add_row (void *data, int chunk, int worker)
{
    const HfPeakKernels *kernels = hf_kernels ()->peak;
    Finding *finding = data;
    HfMean *mean = &finding->mean;
    float memory[TILE_WIDTH * 4];

    for (int x = 0; x < mean->width; x += TILE_WIDTH) {
        HfRect rect = { x, chunk, MIN (TILE_WIDTH, mean->width - x), 1 };
        HfBand band;

        hf_band_place (&band, rect, mean->n_colours, memory);
        hf_band_read (&band, finding->image);
        for (int c = 0; c < mean->n_colours; c++)
            kernels->add (band.colour[c], 1, rect.width,
                          mean->planes +
                              ((size_t) c * (size_t) mean->height + (size_t) chunk) *
                                  (size_t) mean->width +
                              (size_t) x);
    }
}

static void
take_frame (Finding *finding, const HfImage *image)
{
    HfMean *mean = &finding->mean;

    if (finding->suspects) {
        hf_suspects_look (finding->suspects, image);
        return;
    }
    if (mean->n_frames == 0)
        hf_noise_measure (image, finding->pool, mean->noise);
    finding->image = image;
    hf_pool_for (finding->pool, mean->height, add_row, finding);
    mean->n_frames++;
}

/* Reads all frames once; [from, to] of the progress. */
static bool
sweep (Finding *finding, double from, double to, GError **error)
{
    int n = count_frames (finding), k = 0;

    for (int s = 0; s < finding->n_sources; s++)
        for (int i = 0; i < finding->sources[s]->n_frames; i++, k++) {
            HfImage *image;

            if (!hf_monitor_check (finding->monitor, from + (to - from) * k / n, error))
                return false;
            image = hf_source_read (finding->sources[s], i, 1, finding->budget, error);
            if (!image)
                return false;
            take_frame (finding, image);
            hf_image_free (image);
        }
    return hf_monitor_check (finding->monitor, to, error);
}

/* ---- the mean minus its blur ---- */

typedef struct Comparison {
    const Finding *finding;
    int columns;
    int *counts;                 /* of each tile, noisy pixels; then where they begin */
    HfDefect *defects;           /* NULL: only counted */
    gint64 (*levels)[3][LEVELS]; /* of each worker: how many residues within each level, or NULL */
    float *scratch;
    size_t scratch_floats;
    float weights[2 * MOST_BLUR + 1];
} Comparison;

/* Binomial weights, as of repeated averages of two neighbours. */
static void
fill_weights (int radius, float *weights)
{
    double row[2 * MOST_BLUR + 2] = { 1 };

    for (int n = 1; n <= 2 * radius; n++)
        for (int i = n; i >= 0; i--)
            row[i] = (row[i] + (i > 0 ? row[i - 1] : 0)) / 2;
    for (int i = 0; i <= 2 * radius; i++)
        weights[i] = (float) row[i];
}

/* One row of the tile's blur across: `across` holds rows of it, of the band's height. */
static void
blur_across (const Comparison *comparison, const HfBand *band, HfRect rect, int c, float *across)
{
    const HfMean *mean = &comparison->finding->mean;
    int radius = comparison->finding->radius;

    for (int j = 0; j < band->rect.height; j++)
        for (int i = 0; i < rect.width; i++) {
            const float *row = band->colour[c] + (size_t) j * band->stride;
            float sum = 0;

            for (int k = -radius; k <= radius; k++)
                sum += comparison->weights[k + radius] *
                       row[CLAMP (mirrored (rect.x + i + k, mean->width) - band->rect.x, 0,
                                  band->rect.width - 1)];
            across[j * TILE_WIDTH + i] = sum;
        }
}

static float
blur_down (const Comparison *comparison, const HfBand *band, int i, int y, const float *across)
{
    const HfMean *mean = &comparison->finding->mean;
    int radius = comparison->finding->radius;
    float sum = 0;

    for (int k = -radius; k <= radius; k++) {
        int row = CLAMP (mirrored (y + k, mean->height) - band->rect.y, 0, band->rect.height - 1);

        sum += comparison->weights[k + radius] * across[row * TILE_WIDTH + i];
    }
    return sum;
}

/* Adds the tile's residues of colour c to the marks (bit c where above the threshold) and levels.
 */
static void
compare_colour (const Comparison *comparison, const HfBand *band, HfRect rect, int c, float *across,
                guint8 *marks, gint64 *levels)
{
    float threshold = (float) comparison->finding->thresholds[c];

    blur_across (comparison, band, rect, c, across);
    for (int j = 0; j < rect.height; j++) {
        const float *row = band->colour[c] + (size_t) (rect.y + j - band->rect.y) * band->stride +
                           (size_t) (rect.x - band->rect.x);

        for (int i = 0; i < rect.width; i++) {
            float residue = row[i] - blur_down (comparison, band, i, rect.y + j, across);

            if (residue > threshold)
                marks[j * TILE_WIDTH + i] |= (guint8) (1 << c);
            if (levels && residue >= 0)
                levels[(int) fminf (residue * 255, LEVELS - 1)]++;
        }
    }
}

static void
list_marks (const Comparison *comparison, int tile, HfRect rect, const guint8 *marks)
{
    int n = 0;

    for (int j = 0; j < rect.height; j++)
        for (int i = 0; i < rect.width; i++) {
            unsigned channels = marks[j * TILE_WIDTH + i];

            if (!channels)
                continue;
            if (comparison->defects)
                comparison->defects[comparison->counts[tile] + n] =
                    (HfDefect) { rect.x + i, rect.y + j,
                                 comparison->finding->mean.n_colours == 1 ? 7 : channels };
            n++;
        }
    if (!comparison->defects)
        comparison->counts[tile] = n;
}

static void
compare_tile (void *data, int chunk, int worker)
{
    const Comparison *comparison = data;
    const HfMean *mean = &comparison->finding->mean;
    HfRect rect = tile_rect (mean, comparison->columns, chunk);
    float *memory = comparison->scratch + (size_t) worker * comparison->scratch_floats;
    float *across = memory + comparison->scratch_floats / 2;
    guint8 marks[TILE_WIDTH * TILE_HEIGHT] = { 0 };
    bool counts_levels = comparison->levels && !comparison->defects; /* once */
    HfBand band;

    hf_band_place (&band, grown (mean, rect, comparison->finding->radius), mean->n_colours, memory);
    hf_mean_read (mean, &band, NULL);
    for (int c = 0; c < mean->n_colours; c++)
        compare_colour (comparison, &band, rect, c, across, marks,
                        counts_levels ? comparison->levels[worker][c] : NULL);
    list_marks (comparison, chunk, rect, marks);
}

static void
comparison_clear (Comparison *comparison)
{
    hf_pixels_free (comparison->counts);
    hf_pixels_free (comparison->defects);
    hf_pixels_free (comparison->levels);
    hf_pixels_free (comparison->scratch);
}

/* Counts the noisy pixels of each tile, and the residues within each level where `levels`. */
static bool
compare (Comparison *comparison, const Finding *finding, bool levels, GError **error)
{
    const HfMean *mean = &finding->mean;
    size_t n_threads = (size_t) hf_pool_n_threads (finding->pool);
    int n_tiles;

    *comparison = (Comparison) { .finding = finding };
    comparison->columns = (mean->width + TILE_WIDTH - 1) / TILE_WIDTH;
    n_tiles = comparison->columns * ((mean->height + TILE_HEIGHT - 1) / TILE_HEIGHT);
    fill_weights (finding->radius, comparison->weights);
    comparison->scratch_floats =
        2 * hf_band_floats (TILE_WIDTH + 2 * MOST_BLUR, TILE_HEIGHT + 2 * MOST_BLUR, 3);
    comparison->scratch =
        hf_pixels_new_n (finding->budget, n_threads, comparison->scratch_floats * sizeof (float),
                         "the blurred mean", error);
    comparison->counts = comparison->scratch
                             ? hf_pixels_new_n (finding->budget, (size_t) n_tiles, sizeof (int),
                                                "the noisy pixels", error)
                             : NULL;
    if (comparison->counts && levels) {
        comparison->levels =
            hf_pixels_new_n (finding->budget, n_threads, sizeof *comparison->levels,
                             "the histogram of the mean", error);
        if (!comparison->levels)
            return false;
        memset (comparison->levels, 0, n_threads * sizeof *comparison->levels);
    }
    if (!comparison->counts)
        return false;
    hf_pool_for (finding->pool, n_tiles, compare_tile, comparison);
    return true;
}

/* Lists the pixels counted, a second time through all tiles. */
static HfHotPixelMap *
list_noisy (Comparison *comparison, GError **error)
{
    const Finding *finding = comparison->finding;
    const HfMean *mean = &finding->mean;
    int n_tiles = comparison->columns * ((mean->height + TILE_HEIGHT - 1) / TILE_HEIGHT), n = 0;

    for (int tile = 0; tile < n_tiles; tile++) {
        int here = comparison->counts[tile];

        comparison->counts[tile] = n;
        n += here;
    }
    comparison->defects = hf_pixels_new_n (finding->budget, (size_t) MAX (n, 1), sizeof (HfDefect),
                                           "the noisy pixels", error);
    if (!comparison->defects)
        return NULL;
    hf_pool_for (finding->pool, n_tiles, compare_tile, comparison);
    return hf_hot_pixel_map_new (mean->width, mean->height, comparison->defects, n, finding->budget,
                                 error);
}

/* Number of pixels over each threshold, and what the thresholds were. */
static bool
save_plot (const Comparison *comparison, const HfHotPixelMap *map, const char *path, GError **error)
{
    static const char *const names[] = { "red", "green", "blue" };
    static const char *const colours[] = { "#d00000", "#008000", "#0000d0" };
    const Finding *finding = comparison->finding;
    int n_colours = finding->mean.n_colours, n_threads = hf_pool_n_threads (finding->pool);
    HfPlot *plot =
        hf_plot_new ("Noisy pixels against threshold", "mean of all frames minus its blur (0–255)",
                     "pixels over the threshold");
    bool good;

    for (int c = 0; c < n_colours; c++) {
        double thresholds[LEVELS], numbers[LEVELS], n = 0;
        double found = hf_hot_pixel_map_count (map, c);
        int n_levels = 0; /* to the last that holds a pixel */

        for (int level = LEVELS - 1; level >= 0; level--) {
            for (int worker = 0; worker < n_threads; worker++)
                n += (double) comparison->levels[worker][c][level];
            thresholds[level] = level;
            numbers[level] = n;
            n_levels = n > 0 && n_levels == 0 ? level + 1 : n_levels;
        }
        hf_plot_line (plot, n_colours == 1 ? "grey" : names[c], thresholds, numbers, n_levels);
        hf_plot_colour (plot, n_colours == 1 ? "#404040" : colours[c]);
        if (finding->automatic) {
            char *name = g_strdup_printf ("found: %.0f", found);

            hf_plot_mark_y (plot, name, found);
            g_free (name);
        } else {
            char number[32], *name;

            g_ascii_formatd (number, sizeof number, "%.4g", finding->thresholds[c] * 255);
            name = g_strdup_printf ("%s: %.0f", number, found);
            hf_plot_mark_x (plot, name, finding->thresholds[c] * 255);
            g_free (name);
        }
        hf_plot_colour (plot, n_colours == 1 ? "#404040" : colours[c]);
    }
    hf_plot_log_y (plot);
    good = hf_plot_save (plot, path, error);
    hf_plot_free (plot);
    return good;
}

/* ---- both ways ---- */

static HfHotPixelMap *
judge_suspects (Finding *finding, GError **error)
{
    HfHotPixelMap *map = NULL;

    finding->suspects =
        find_suspects (&finding->mean, false, finding->pool, finding->budget, error);
    if (finding->suspects && sweep (finding, 0.5, 1, error))
        map = hf_suspects_settle (finding->suspects, finding->budget, error);
    hf_suspects_free (finding->suspects);
    finding->suspects = NULL;
    return map;
}

static HfHotPixelMap *
make_map (Finding *finding, const char *plot, GError **error)
{
    Comparison comparison = { 0 };
    HfHotPixelMap *map = NULL;
    bool good = true;

    if (plot || !finding->automatic)
        good = compare (&comparison, finding, plot != NULL, error);
    if (good)
        map =
            finding->automatic ? judge_suspects (finding, error) : list_noisy (&comparison, error);
    if (map && plot && !save_plot (&comparison, map, plot, error))
        g_clear_pointer (&map, hf_hot_pixel_map_free);
    comparison_clear (&comparison);
    return map;
}

HfHotPixelMap *
hf_hot_pixels_find (HfSource *const *sources, int n_sources, const HfNoiseMapOptions *options,
                    const char *plot, HfPool *pool, HfBudget *budget, HfMonitor *monitor,
                    GError **error)
{
    Finding finding = { .sources = sources,
                        .n_sources = n_sources,
                        .radius = options->blur_size / 2,
                        .pool = pool,
                        .budget = budget,
                        .monitor = monitor };
    HfHotPixelMap *map = NULL;

    if (!parse_thresholds (options->channel_thresholds, &finding.automatic, finding.thresholds,
                           error))
        return NULL;
    if (count_frames (&finding) < (finding.automatic ? 2 : 1))
        g_set_error (error, HF_ERROR, HF_ERROR_STACK,
                     "defect pixels are found by what stays the same in at least two frames, not "
                     "%d",
                     count_frames (&finding));
    else if (check_frames (&finding, error) && begin_mean (&finding, error) &&
             sweep (&finding, 0, finding.automatic ? 0.5 : 1, error))
        map = make_map (&finding, plot, error);
    hf_pixels_free (finding.mean.planes);
    hf_frame_info_clear (&finding.first);
    return map;
}
