/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Maps of defect pixels, and what replaces them
 * ---------------------------------------------
 * A map is the list of its defects, by row and column, with the place where each row begins: a
 * sensor has few. A wrong sample becomes the mean or the median of the good samples of the square
 * around it; the square grows by a pixel on each side until it holds one. Wrong samples are
 * never read and others never written, so that it can be done in place and in any order.
 */
#include <hyperfocal/hot-pixels.h>

#include <hyperfocal/error.h>
#include <stdlib.h>
#include <string.h>

#define HF_OPTION_STRUCT HfHotPixelOptions
static const HfOption options_of_step[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/hot-pixels.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_hot_pixel_table = { "hot-pixels", "Hot pixels", options_of_step,
                                           G_N_ELEMENTS (options_of_step),
                                           sizeof (HfHotPixelOptions) };

enum {
    MOST_RADIUS = 8,
    SIDE = 2 * MOST_RADIUS + 1,
    WINDOW_FLOATS = 32 * SIDE * 4 /* hf_band_floats (SIDE, SIDE, 3) */
};

struct HfHotPixelMap {
    int width, height;
    int n;
    int counts[3];     /* of each colour */
    HfDefect *defects; /* n */
    int *rows;         /* height + 1: where each row begins in `defects` */
};

/* ---- maps ---- */

static HfHotPixelMap *
map_allocate (int width, int height, int n, HfBudget *budget, GError **error)
{
    HfHotPixelMap *map = g_new0 (HfHotPixelMap, 1);

    map->width = width;
    map->height = height;
    map->n = n;
    map->defects = hf_pixels_new_n (budget, (size_t) MAX (n, 1), sizeof *map->defects,
                                    "the map of defect pixels", error);
    if (map->defects)
        map->rows = hf_pixels_new_n (budget, (size_t) height + 1, sizeof *map->rows,
                                     "the map of defect pixels", error);
    if (map->rows)
        return map;
    hf_hot_pixel_map_free (map);
    return NULL;
}

void
hf_hot_pixel_map_free (HfHotPixelMap *map)
{
    if (!map)
        return;
    hf_pixels_free (map->defects);
    hf_pixels_free (map->rows);
    g_free (map);
}

static int
compare_defects (const void *a, const void *b)
{
    const HfDefect *p = a, *q = b;

    return p->y != q->y ? (p->y > q->y) - (p->y < q->y) : (p->x > q->x) - (p->x < q->x);
}

/* Joins neighbours of the sorted list that are the same pixel, finds the rows, counts. */
static void
map_settle (HfHotPixelMap *map)
{
    int n = 0;

    for (int i = 0; i < map->n; i++) {
        HfDefect defect = map->defects[i];

        if (n > 0 && compare_defects (&map->defects[n - 1], &defect) == 0)
            map->defects[n - 1].channels |= defect.channels;
        else
            map->defects[n++] = defect;
    }
    map->n = n;
    for (int y = 0, i = 0; y <= map->height; y++) {
        while (i < n && map->defects[i].y < y)
            i++;
        map->rows[y] = i;
    }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++)
            map->counts[c] += map->defects[i].channels >> c & 1;
}

HfHotPixelMap *
hf_hot_pixel_map_new (int width, int height, const HfDefect *defects, int n, HfBudget *budget,
                      GError **error)
{
    HfHotPixelMap *map = map_allocate (width, height, n, budget, error);

    if (!map)
        return NULL;
    map->n = 0;
    for (int i = 0; i < n; i++)
        if (defects[i].x >= 0 && defects[i].x < width && defects[i].y >= 0 &&
            defects[i].y < height && defects[i].channels & 7)
            map->defects[map->n++] = defects[i];
    qsort (map->defects, (size_t) map->n, sizeof *map->defects, compare_defects);
    map_settle (map);
    return map;
}

/* The channels that row y of the picture marks at x. */
static unsigned
marked_channels (const HfBand *row, int x)
{
    unsigned channels = 0;

    for (int c = 0; c < row->n_colours; c++)
        if (row->colour[c][x] > 0.5f)
            channels |= row->n_colours == 1 ? 7u : 1u << c;
    return channels;
}

/* Calls for each row of the picture; with a map its defects are filled in, n is their number. */
static int
read_marks (const HfImage *image, float *memory, HfHotPixelMap *map)
{
    int n = 0;

    for (int y = 0; y < image->height; y++) {
        HfBand row;

        hf_band_place (&row, (HfRect) { 0, y, image->width, 1 },
                       hf_format_n_colours (image->format), memory);
        hf_band_read (&row, image);
        for (int x = 0; x < image->width; x++) {
            unsigned channels = marked_channels (&row, x);

            if (channels && map)
                map->defects[n] = (HfDefect) { x, y, channels };
            n += channels != 0;
        }
    }
    return n;
}

HfHotPixelMap *
hf_hot_pixel_map_from_image (const HfImage *image, HfBudget *budget, GError **error)
{
    size_t n_floats = hf_band_floats (image->width, 1, hf_format_n_colours (image->format));
    float *memory =
        hf_pixels_new_n (budget, n_floats, sizeof *memory, "a row of the noise mask", error);
    HfHotPixelMap *map = NULL;

    if (!memory)
        return NULL;
    map =
        map_allocate (image->width, image->height, read_marks (image, memory, NULL), budget, error);
    if (map) {
        read_marks (image, memory, map);
        map_settle (map);
    }
    hf_pixels_free (memory);
    return map;
}

int
hf_hot_pixel_map_width (const HfHotPixelMap *map)
{
    return map->width;
}

int
hf_hot_pixel_map_height (const HfHotPixelMap *map)
{
    return map->height;
}

int
hf_hot_pixel_map_count (const HfHotPixelMap *map, int colour)
{
    if (!map)
        return 0;
    return colour < 0 ? map->n : map->counts[MIN (colour, 2)];
}

const HfDefect *
hf_hot_pixel_map_defects (const HfHotPixelMap *map)
{
    return map->defects;
}

unsigned
hf_hot_pixel_map_at (const HfHotPixelMap *map, int x, int y)
{
    int from, to;

    if (!map || x < 0 || y < 0 || x >= map->width || y >= map->height)
        return 0;
    from = map->rows[y];
    to = map->rows[y + 1];
    while (from < to) {
        int middle = from + (to - from) / 2;

        if (map->defects[middle].x == x)
            return map->defects[middle].channels;
        if (map->defects[middle].x < x)
            from = middle + 1;
        else
            to = middle;
    }
    return 0;
}

HfImage *
hf_hot_pixel_map_to_image (const HfHotPixelMap *map, int colour, HfBudget *budget, GError **error)
{
    HfFormat format = { HF_SAMPLE_U8, colour < 0 ? 3 : 1 };
    HfImage *image = hf_image_new (budget, map->width, map->height, format, error);

    if (!image)
        return NULL;
    memset (image->data, 0, image->stride * (size_t) image->height);
    for (int i = 0; i < map->n; i++) {
        HfDefect defect = map->defects[i];
        guint8 *row = hf_image_row (image, defect.y);

        if (colour >= 0)
            row[defect.x] = defect.channels >> colour & 1 ? 255 : 0;
        for (int c = 0; c < 3 && colour < 0; c++)
            row[3 * defect.x + c] = defect.channels >> c & 1 ? 255 : 0;
    }
    return image;
}

HfHotPixelMap *
hf_hot_pixel_map_reduce (const HfHotPixelMap *map, int factor, HfBudget *budget, GError **error)
{
    HfHotPixelMap *reduced =
        map_allocate ((map->width + factor - 1) / factor, (map->height + factor - 1) / factor,
                      map->n, budget, error);

    if (!reduced)
        return NULL;
    for (int i = 0; i < map->n; i++)
        reduced->defects[i] = (HfDefect) { map->defects[i].x / factor, map->defects[i].y / factor,
                                           map->defects[i].channels };
    qsort (reduced->defects, (size_t) map->n, sizeof *reduced->defects, compare_defects);
    map_settle (reduced);
    return reduced;
}

bool
hf_hot_pixel_map_fits (const HfHotPixelMap *map, int width, int height, const char *name,
                       GError **error)
{
    if (!map || (map->width == width && map->height == height))
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                 "the noise mask is of %d × %d pixels, but %s is of %d × %d", map->width,
                 map->height, name, width, height);
    return false;
}

/* ---- replacing ---- */

int
hf_hot_pixels_margin (void)
{
    return MOST_RADIUS;
}

static int
compare_floats (const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;

    return (x > y) - (x < y);
}

static float
replacement (float *good, int n, int method)
{
    double sum = 0;

    if (method == HF_MASK_MEDIAN) {
        qsort (good, (size_t) n, sizeof *good, compare_floats);
        return n % 2 ? good[n / 2] : (good[n / 2 - 1] + good[n / 2]) / 2;
    }
    for (int i = 0; i < n; i++)
        sum += (double) good[i];
    return (float) (sum / n);
}

/* The channels of a band that are wrong at a pixel: bits of its colours. */
static unsigned
wrong_colours (const HfHotPixelMap *map, int n_colours, int x, int y)
{
    unsigned channels = hf_hot_pixel_map_at (map, x, y);

    return n_colours == 1 ? channels != 0 : channels;
}

/* The good samples of colour c within `radius` of the pixel; `around` holds them. */
static int
gather (const HfHotPixelMap *map, const HfBand *around, int c, const HfDefect *defect, int radius,
        float *good)
{
    HfRect square = { defect->x - radius, defect->y - radius, 2 * radius + 1, 2 * radius + 1 };
    int n = 0;

    square = hf_rect_intersect (square, around->rect);
    for (int y = square.y; y < square.y + square.height; y++) {
        for (int x = square.x; x < square.x + square.width; x++) {
            size_t at =
                (size_t) (y - around->rect.y) * around->stride + (size_t) (x - around->rect.x);

            if (!(wrong_colours (map, around->n_colours, x, y) >> c & 1) &&
                (around->opaque || around->validity[at] > 0))
                good[n++] = around->colour[c][at];
        }
    }
    return n;
}

static void
mend_pixel (const HfHotPixelMap *map, const HfHotPixelOptions *options, const HfDefect *defect,
            const HfBand *around, HfBand *out)
{
    size_t at =
        (size_t) (defect->y - out->rect.y) * out->stride + (size_t) (defect->x - out->rect.x);
    unsigned wrong = wrong_colours (map, out->n_colours, defect->x, defect->y);
    float good[SIDE * SIDE];

    for (int c = 0; c < out->n_colours; c++) {
        int n = 0;

        for (int radius = options->mask_kernel_size / 2; wrong >> c & 1 && n == 0; radius++) {
            if (radius > MOST_RADIUS)
                break;
            n = gather (map, around, c, defect, radius, good);
        }
        if (n > 0)
            out->colour[c][at] = replacement (good, n, options->mask_method);
    }
}

/* The defects of the map within columns of row y. */
static const HfDefect *
row_defects (const HfHotPixelMap *map, int y, int x, int width, int *n)
{
    const HfDefect *from, *to;

    *n = 0;
    if (!map || y < 0 || y >= map->height)
        return NULL;
    from = map->defects + map->rows[y];
    to = map->defects + map->rows[y + 1];
    while (from < to && from->x < x)
        from++;
    while (to > from && to[-1].x >= x + width)
        to--;
    *n = (int) (to - from);
    return from;
}

static void
copy_band (const HfBand *in, HfBand *out)
{
    HfBand part = hf_band_crop (in, out->rect);
    size_t bytes = (size_t) out->rect.width * sizeof (float);

    for (int row = 0; row < out->rect.height; row++) {
        size_t from = (size_t) row * part.stride, to = (size_t) row * out->stride;

        for (int c = 0; c < out->n_colours; c++)
            memcpy (out->colour[c] + to, part.colour[c] + from, bytes);
        if (!in->opaque)
            memcpy (out->validity + to, part.validity + from, bytes);
    }
    out->opaque = in->opaque;
}

void
hf_hot_pixels_apply (const HfHotPixelMap *map, const HfHotPixelOptions *options, const HfBand *in,
                     HfBand *out)
{
    HfRect rect = out->rect;

    if (in->colour[0] != out->colour[0])
        copy_band (in, out);
    for (int y = rect.y; y < rect.y + rect.height; y++) {
        int n;
        const HfDefect *defects = row_defects (map, y, rect.x, rect.width, &n);

        for (int i = 0; i < n; i++)
            mend_pixel (map, options, &defects[i], in, out);
    }
}

/* What lies within the margin of a pixel, as a band of its own; grows with what is needed. */
static void
read_around (HfBand *around, const HfImage *image, const HfDefect *defect, float *memory)
{
    HfRect frame = { 0, 0, image->width, image->height };
    HfRect square = { defect->x - MOST_RADIUS, defect->y - MOST_RADIUS, SIDE, SIDE };

    hf_band_place (around, hf_rect_intersect (square, frame), hf_format_n_colours (image->format),
                   memory);
    hf_band_read (around, image);
}

void
hf_hot_pixels_mend (const HfHotPixelMap *map, const HfHotPixelOptions *options,
                    const HfImage *image, HfBand *band)
{
    HfRect rect = band->rect;
    float memory[WINDOW_FLOATS];

    for (int y = rect.y; y < rect.y + rect.height; y++) {
        int n;
        const HfDefect *defects = row_defects (map, y, rect.x, rect.width, &n);

        for (int i = 0; i < n; i++) {
            HfBand around;

            read_around (&around, image, &defects[i], memory);
            mend_pixel (map, options, &defects[i], &around, band);
        }
    }
}

void
hf_hot_pixels_mend_image (const HfHotPixelMap *map, const HfHotPixelOptions *options,
                          HfImage *image)
{
    float memory[WINDOW_FLOATS];

    for (int i = 0; i < hf_hot_pixel_map_count (map, -1); i++) {
        const HfDefect *defect = &map->defects[i];
        HfBand around, pixel;

        read_around (&around, image, defect, memory);
        pixel = hf_band_crop (&around, (HfRect) { defect->x, defect->y, 1, 1 });
        mend_pixel (map, options, defect, &around, &pixel);
        hf_band_write (&pixel, image);
    }
}
