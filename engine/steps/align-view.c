/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The planes that registration works on.
 *
 *   base    grey 0..1, halved by the binomial (1 5 10 10 5 1) / 32, which keeps the geometry of
 *           boxes: pixel k of a level lies at 2k + 1/2 of the level before.
 *   smooth  base after the binomial of nine taps (sigma sqrt 2). It takes away what cubic
 *           interpolation cannot carry, and most of the noise; with less of it the estimate is
 * drawn to whole pixels. normal  (G1 - G8) / sqrt (G8 ((G1 - G8)^2) + 1e-4) of base, G with the
 * sigma as its index: a band of the picture with contrast made equal everywhere. Defocus, exposure
 * and vignetting change it little, so that coarse levels can be compared without further ado. G8 is
 *           three running means.
 *
 * The finest level has at most MOST_PIXELS, and two full-size pixels a pixel where the picture is
 * large enough: halving a picture of one megapixel costs .001 px and saves three quarters of the
 * work.
 */
#include "steps/align-view.h"

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum {
    MOST_PIXELS = 1650000,
    ENOUGH_PIXELS = 500000, /* what is smaller is not halved */
    COARSEST_WIDTH = 40,
    NORMAL_WIDTH = 400, /* levels wider than this have no normalised plane */
    BOX_RADIUS = 8,     /* three means over 17: sigma 8.5 */
    PAD = 16            /* floats that may be read or written beyond the ends of a row */
};

static int
halved (int size, int times)
{
    for (int i = 0; i < times; i++)
        size = (size + 1) / 2;
    return size;
}

HfAlignPlan
hf_align_plan (int width, int height, int reduction)
{
    HfAlignPlan plan = { .reduction = reduction };
    double pixels = (double) width * height;

    while (pixels > MOST_PIXELS || (pixels > ENOUGH_PIXELS && reduction << plan.n_halved < 2)) {
        plan.n_halved++;
        pixels = (double) halved (width, plan.n_halved) * halved (height, plan.n_halved);
    }
    plan.n_levels = 1;
    while (halved (MIN (width, height), plan.n_halved + plan.n_levels) >= COARSEST_WIDTH / 2 &&
           plan.n_levels < HF_ALIGN_MOST_LEVELS)
        plan.n_levels++;
    while (plan.first_normal < plan.n_levels - 1 &&
           halved (width, plan.n_halved + plan.first_normal) > NORMAL_WIDTH)
        plan.first_normal++;
    plan.n_smooth = MAX (plan.first_normal, 1);
    return plan;
}

double
hf_align_plan_factor (const HfAlignPlan *plan)
{
    return plan->reduction * (double) (1 << plan->n_halved);
}

static size_t
stride_of (int width)
{
    return ((size_t) width + 2 * PAD + 15) & ~(size_t) 15;
}

/* A plane of its own, for the time of the building. */
static bool
plane_new (HfPlane *plane, int width, int height, HfBudget *budget, GError **error)
{
    *plane = (HfPlane) { width, height, stride_of (width), NULL };
    plane->data = hf_pixels_new_n (budget, (size_t) height, plane->stride * sizeof (float),
                                   "a plane of the alignment", error);
    return plane->data != NULL;
}

static inline float *
row_of (const HfPlane *plane, int y)
{
    return plane->data + (size_t) y * plane->stride;
}

static inline float *
clamped_row (const HfPlane *plane, int y)
{
    return row_of (plane, CLAMP (y, 0, plane->height - 1));
}

/* Repeats the first and last of n samples PAD times on both sides. */
static void
pad_row (float *row, int n)
{
    for (int i = 0; i < PAD; i++) {
        row[-1 - i] = row[0];
        row[n + i] = row[n - 1];
    }
}

static void
grey_row (const HfImage *image, int y, float *grey)
{
    const HfAlignKernels *kernels = hf_kernels ()->align;
    const void *samples = hf_image_row (image, y);
    int channels = image->format.n_channels;

    switch (image->format.type) {
    case HF_SAMPLE_U8:
        kernels->grey_u8 (grey, samples, channels, image->width);
        break;
    case HF_SAMPLE_U16:
        kernels->grey_u16 (grey, samples, channels, image->width);
        break;
    case HF_SAMPLE_FLOAT:
        kernels->grey_float (grey, samples, channels, image->width);
        break;
    }
}

/* Half alpha is enough to believe a pixel; NaN never is. */
static bool
believed (const HfImage *image, int x, int y)
{
    int n = image->format.n_channels;
    size_t at = (size_t) x * (size_t) n + (size_t) n - 1;
    const void *row = hf_image_row (image, y);

    switch (image->format.type) {
    case HF_SAMPLE_U8:
        return ((const uint8_t *) row)[at] >= 128;
    case HF_SAMPLE_U16:
        return ((const uint16_t *) row)[at] >= 32768;
    case HF_SAMPLE_FLOAT:
        break;
    }
    return ((const float *) row)[at] >= 0.5f;
}

/*
 * Pixels without validity take the mean of the others, so that their border is no edge with a
 * contrast of its own making.
 */
static void
fill_invalid (HfPlane *plane, const uint8_t *valid)
{
    double sum = 0, n = 0;
    float mean;

    for (int y = 0; y < plane->height; y++) {
        for (int x = 0; x < plane->width; x++) {
            double weight = valid[(size_t) y * (size_t) plane->width + (size_t) x];

            sum += weight * (double) row_of (plane, y)[x];
            n += weight;
        }
    }
    mean = n > 0 ? (float) (sum / n) : 0;
    for (int y = 0; y < plane->height; y++)
        for (int x = 0; x < plane->width; x++)
            if (!valid[(size_t) y * (size_t) plane->width + (size_t) x])
                row_of (plane, y)[x] = mean;
}

/* The validity of the incoming picture, NULL without error where it has no alpha. */
static bool
read_validity (const HfImage *image, HfBudget *budget, uint8_t **valid, GError **error)
{
    *valid = NULL;
    if (!hf_format_has_alpha (image->format))
        return true;
    *valid = hf_pixels_new_n (budget, (size_t) image->height, (size_t) image->width,
                              "the validity of a frame", error);
    for (int y = 0; *valid && y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            (*valid)[(size_t) y * (size_t) image->width + (size_t) x] = believed (image, x, y);
    return *valid != NULL;
}

static bool
read_grey (const HfImage *image, const uint8_t *valid, HfBudget *budget, HfPlane *plane,
           GError **error)
{
    if (!plane_new (plane, image->width, image->height, budget, error))
        return false;
    for (int y = 0; y < image->height; y++)
        grey_row (image, y, row_of (plane, y));
    if (valid)
        fill_invalid (plane, valid);
    return true;
}

/*
 * The grey of an opaque picture at half the size, without a plane of the full size between: the six
 * rows that an output row is made of go round in a ring.
 */
static bool
read_halved (const HfImage *image, HfBudget *budget, HfPlane *out, GError **error)
{
    const HfAlignKernels *kernels = hf_kernels ()->align;
    size_t stride = stride_of (image->width) + 2 * PAD;
    float *ring =
        hf_pixels_new_n (budget, 7 * stride, sizeof (float), "rows of the alignment", error);
    float *line = ring + 6 * stride + PAD;
    int next = 0;

    if (!ring ||
        !plane_new (out, halved (image->width, 1), halved (image->height, 1), budget, error)) {
        hf_pixels_free (ring);
        return false;
    }
    for (int y = 0; y < out->height; y++) {
        const float *rows[6];

        for (; next <= MIN (2 * y + 3, image->height - 1); next++)
            grey_row (image, next, ring + (size_t) (next % 6) * stride);
        for (int k = 0; k < 6; k++)
            rows[k] = ring + (size_t) (CLAMP (2 * y + k - 2, 0, image->height - 1) % 6) * stride;
        kernels->halve_columns (line, rows, image->width);
        pad_row (line, image->width);
        kernels->halve_row (row_of (out, y), line, out->width);
    }
    hf_pixels_free (ring);
    return true;
}

/* `in` at half the size; its memory is given back. */
static bool
halve (HfPlane *in, HfBudget *budget, GError **error)
{
    const HfAlignKernels *kernels = hf_kernels ()->align;
    HfPlane out;
    float *line = hf_pixels_new_n (budget, stride_of (in->width) + 2 * PAD, sizeof (float),
                                   "a row of the alignment", error);
    bool good =
        line && plane_new (&out, halved (in->width, 1), halved (in->height, 1), budget, error);

    for (int y = 0; good && y < out.height; y++) {
        const float *rows[6];

        for (int k = 0; k < 6; k++)
            rows[k] = clamped_row (in, 2 * y + k - 2);
        kernels->halve_columns (line + PAD, rows, in->width);
        pad_row (line + PAD, in->width);
        kernels->halve_row (row_of (&out, y), line + PAD, out.width);
    }
    hf_pixels_free (line);
    if (good) {
        hf_pixels_free (in->data);
        *in = out;
    }
    return good;
}

/* A pixel of the half-size mask counts when all that its value is made of counted. */
static uint8_t *
halve_validity (uint8_t *in, int width, int height, HfBudget *budget, GError **error)
{
    int out_width = halved (width, 1), out_height = halved (height, 1);
    uint8_t *out = hf_pixels_new_n (budget, (size_t) out_height, (size_t) out_width,
                                    "the validity of a frame", error);

    for (int y = 0; out && y < out_height; y++) {
        for (int x = 0; x < out_width; x++) {
            uint8_t all = 1;

            for (int k = -2; k <= 3; k++) {
                int i = CLAMP (2 * x + k, 0, width - 1), j = CLAMP (2 * y + k, 0, height - 1);

                all &= in[(size_t) (2 * y) * (size_t) width + (size_t) i];
                all &= in[(size_t) j * (size_t) width + (size_t) MIN (2 * x, width - 1)];
            }
            out[(size_t) y * (size_t) out_width + (size_t) x] = all;
        }
    }
    hf_pixels_free (in);
    return out;
}

static bool
smooth (const HfPlane *in, HfPlane *out, HfBudget *budget, GError **error)
{
    const HfAlignKernels *kernels = hf_kernels ()->align;
    float *line = hf_pixels_new_n (budget, stride_of (in->width) + 2 * PAD, sizeof (float),
                                   "a row of the alignment", error);

    for (int y = 0; line && y < in->height; y++) {
        const float *rows[9];

        for (int k = 0; k < 9; k++)
            rows[k] = clamped_row (in, y + k - 4);
        kernels->smooth_columns (line + PAD, rows, in->width);
        pad_row (line + PAD, in->width);
        kernels->smooth_row (row_of (out, y), line + PAD, in->width);
    }
    hf_pixels_free (line);
    return line != NULL;
}

/* Running mean over 2 BOX_RADIUS + 1 samples along the rows, the ends repeated. */
static void
mean_along_rows (const HfPlane *in, HfPlane *out)
{
    int n = in->width;

    for (int y = 0; y < in->height; y++) {
        const float *from = row_of (in, y);
        float *to = row_of (out, y);
        double sum = 0;

        for (int k = -BOX_RADIUS; k <= BOX_RADIUS; k++)
            sum += from[CLAMP (k, 0, n - 1)];
        for (int x = 0; x < n; x++) {
            to[x] = (float) (sum / (2 * BOX_RADIUS + 1));
            sum += (double) from[MIN (x + BOX_RADIUS + 1, n - 1)] - from[MAX (x - BOX_RADIUS, 0)];
        }
    }
}

/* The same down the columns; `sums` holds a row. */
static void
mean_down_columns (const HfPlane *in, HfPlane *out, float *restrict sums)
{
    int n = in->width;

    memset (sums, 0, (size_t) n * sizeof *sums);
    for (int k = -BOX_RADIUS; k <= BOX_RADIUS; k++)
        for (int x = 0; x < n; x++)
            sums[x] += clamped_row (in, k)[x];
    for (int y = 0; y < in->height; y++) {
        const float *restrict enter = clamped_row (in, y + BOX_RADIUS + 1);
        const float *restrict leave = clamped_row (in, y - BOX_RADIUS);
        float *restrict to = row_of (out, y);

        for (int x = 0; x < n; x++) {
            to[x] = sums[x] * (1.0f / (2 * BOX_RADIUS + 1));
            sums[x] += enter[x] - leave[x];
        }
    }
}

static void
blur_widely (HfPlane *plane, HfPlane *scratch, float *sums)
{
    for (int pass = 0; pass < 3; pass++) {
        mean_along_rows (plane, scratch);
        mean_down_columns (scratch, plane, sums);
    }
}

static void
copy_plane (const HfPlane *in, HfPlane *out)
{
    for (int y = 0; y < in->height; y++)
        memcpy (row_of (out, y), row_of (in, y), (size_t) in->width * sizeof (float));
}

/* out = in - wide, and wide = out squared */
static void
take_band (HfPlane *in_out, HfPlane *wide)
{
    for (int y = 0; y < in_out->height; y++) {
        float *restrict band = row_of (in_out, y), *restrict square = row_of (wide, y);

        for (int x = 0; x < in_out->width; x++) {
            band[x] -= square[x];
            square[x] = band[x] * band[x];
        }
    }
}

static void
divide_by_contrast (HfPlane *band, const HfPlane *variance)
{
    for (int y = 0; y < band->height; y++) {
        float *restrict value = row_of (band, y);
        const float *restrict square = row_of (variance, y);

        for (int x = 0; x < band->width; x++)
            value[x] /= sqrtf (fmaxf (square[x], 0) + 1e-4f);
    }
}

static void
smooth_slightly (const HfPlane *in, HfPlane *scratch, HfPlane *out)
{
    int n = in->width;

    for (int y = 0; y < in->height; y++) {
        const float *a = clamped_row (in, y - 2), *b = clamped_row (in, y - 1), *c = row_of (in, y);
        const float *d = clamped_row (in, y + 1), *e = clamped_row (in, y + 2);
        float *to = row_of (scratch, y);

        for (int x = 0; x < n; x++)
            to[x] = (a[x] + e[x]) * 0.0625f + (b[x] + d[x]) * 0.25f + c[x] * 0.375f;
    }
    for (int y = 0; y < in->height; y++) {
        const float *from = row_of (scratch, y);
        float *to = row_of (out, y);

        for (int x = 0; x < n; x++)
            to[x] = (from[MAX (x - 2, 0)] + from[MIN (x + 2, n - 1)]) * 0.0625f +
                    (from[MAX (x - 1, 0)] + from[MIN (x + 1, n - 1)]) * 0.25f + from[x] * 0.375f;
    }
}

static bool
normalise (const HfPlane *base, HfPlane *out, HfBudget *budget, GError **error)
{
    HfPlane wide = { 0 }, scratch = { 0 };
    float *sums = hf_pixels_new_n (budget, (size_t) base->width, sizeof (float),
                                   "a row of the alignment", error);
    bool good = sums && plane_new (&wide, base->width, base->height, budget, error) &&
                plane_new (&scratch, base->width, base->height, budget, error);

    if (good) {
        smooth_slightly (base, &scratch, out);
        copy_plane (out, &wide);
        blur_widely (&wide, &scratch, sums);
        take_band (out, &wide);
        blur_widely (&wide, &scratch, sums);
        divide_by_contrast (out, &wide);
    }
    hf_pixels_free (scratch.data);
    hf_pixels_free (wide.data);
    hf_pixels_free (sums);
    return good;
}

/* Memory of one level: the planes it has, and its mask. */
static bool
level_new (const HfAlignPlan *plan, int k, const HfPlane *base, const uint8_t *valid,
           HfBudget *budget, HfAlignView *view, GError **error)
{
    HfAlignLevel *level = &view->levels[k];
    bool is_smooth = k < plan->n_smooth, is_normal = k >= plan->first_normal;
    size_t stride = stride_of (base->width), plane = stride * (size_t) base->height;
    size_t pixels = (size_t) base->width * (size_t) base->height;
    float *at = hf_pixels_new_n (budget,
                                 plane * (size_t) (is_smooth + is_normal) +
                                     (valid ? pixels / sizeof (float) + 1 : 0),
                                 sizeof (float), "a frame of the alignment", error);

    if (!at)
        return false;
    view->memory[k] = at;
    *level = (HfAlignLevel) { .width = base->width, .height = base->height };
    level->factor = hf_align_plan_factor (plan) * (double) (1 << k);
    level->smooth = (HfPlane) { base->width, base->height, stride, is_smooth ? at : NULL };
    at += is_smooth ? plane : 0;
    level->normal = (HfPlane) { base->width, base->height, stride, is_normal ? at : NULL };
    at += is_normal ? plane : 0;
    if (valid) {
        level->valid = (uint8_t *) at;
        memcpy (level->valid, valid, pixels);
    }
    return true;
}

static bool
fill_level (const HfAlignPlan *plan, int k, const HfPlane *base, const uint8_t *valid,
            HfBudget *budget, HfAlignView *view, GError **error)
{
    HfAlignLevel *level = &view->levels[k];

    return level_new (plan, k, base, valid, budget, view, error) &&
           (!level->smooth.data || smooth (base, &level->smooth, budget, error)) &&
           (!level->normal.data || normalise (base, &level->normal, budget, error));
}

/* Halves plane and mask together. */
static bool
next_size (HfPlane *base, uint8_t **valid, HfBudget *budget, GError **error)
{
    int width = base->width, height = base->height;

    if (*valid) {
        *valid = halve_validity (*valid, width, height, budget, error);
        if (!*valid)
            return false;
    }
    return halve (base, budget, error);
}

HfAlignView *
hf_align_view_new (const HfAlignPlan *plan, int frame, const HfImage *image, HfBudget *budget,
                   GError **error)
{
    HfAlignView *view = g_new0 (HfAlignView, 1);
    HfPlane base = { 0 };
    uint8_t *valid = NULL;
    bool at_once = plan->n_halved > 0 && !hf_format_has_alpha (image->format);
    bool good = at_once ? read_halved (image, budget, &base, error)
                        : read_validity (image, budget, &valid, error) &&
                              read_grey (image, valid, budget, &base, error);

    view->frame = frame;
    for (int i = at_once; good && i < plan->n_halved; i++)
        good = next_size (&base, &valid, budget, error);
    for (int k = 0; good && k < plan->n_levels; k++) {
        good = (k == 0 || next_size (&base, &valid, budget, error)) &&
               fill_level (plan, k, &base, valid, budget, view, error);
        view->n_levels += good;
    }
    hf_pixels_free (base.data);
    hf_pixels_free (valid);
    if (good)
        return view;
    hf_align_view_free (view);
    return NULL;
}

void
hf_align_view_free (HfAlignView *view)
{
    if (!view)
        return;
    for (int k = 0; k < HF_ALIGN_MOST_LEVELS; k++)
        hf_pixels_free (view->memory[k]);
    hf_align_features_free (view->features);
    hf_align_features_free (view->fine);
    g_free (view);
}
