/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pictures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

guint32
drawn_seed (void)
{
    static guint32 seed;
    const char *wanted = g_getenv ("HF_TEST_SEED");

    if (seed == 0) {
        seed = wanted ? (guint32) strtoul (wanted, NULL, 10) : g_random_int () % 1000000 + 1;
        g_test_message ("HF_TEST_SEED=%u", seed);
    }
    return seed;
}

HfBand
band_new (HfRect rect, int n_colours)
{
    size_t n = hf_band_floats (rect.width, rect.height, n_colours);
    float *memory = g_new (float, n);
    HfBand band;

    for (size_t i = 0; i < n; i++)
        memory[i] = NAN; /* whatever is forgotten shows */
    hf_band_place (&band, rect, n_colours, memory);
    return band;
}

void
band_free (HfBand *band)
{
    g_free (band->colour[0]);
}

static float *
plane_of (const HfBand *band, int plane)
{
    return plane == band->n_colours ? band->validity : band->colour[plane];
}

HfBand
random_band (HfRect rect, int n_colours, bool see_through, GRand *random)
{
    HfBand band = band_new (rect, n_colours);

    for (int p = 0; p < n_colours + (see_through ? 1 : 0); p++)
        for (int y = 0; y < rect.height; y++)
            for (int x = 0; x < rect.width; x++)
                plane_of (&band, p)[(size_t) y * band.stride + (size_t) x] =
                    (float) g_rand_double (random);
    band.opaque = !see_through;
    return band;
}

HfAlignRecord
record_of (HfMatrix matrix)
{
    return (HfAlignRecord) { .matrix = matrix, .model = HF_TRANSFORM_AFFINE };
}

HfMatrix
motion (double rotation, double scale, double dx, double dy, int width, int height)
{
    double c = scale * cos (rotation), s = scale * sin (rotation);
    double x = (width - 1) / 2.0, y = (height - 1) / 2.0;

    return (HfMatrix) { { c, -s, x + dx - c * x + s * y, s, c, y + dy - s * x - c * y, 0, 0, 1 } };
}

float
band_sample (const HfBand *band, int plane, int x, int y)
{
    return plane_of (
        band, plane)[(size_t) (y - band->rect.y) * band->stride + (size_t) (x - band->rect.x)];
}

/* The part of a frame, in memory that ends where the part ends. */
static HfBand
copy_part (const HfBand *frame, HfRect part)
{
    HfBand copy = band_new (part, frame->n_colours);

    for (int p = 0; p < frame->n_colours + (frame->opaque ? 0 : 1); p++)
        for (int y = 0; y < part.height; y++)
            for (int x = 0; x < part.width; x++)
                plane_of (&copy, p)[(size_t) y * copy.stride + (size_t) x] =
                    band_sample (frame, p, part.x + x, part.y + y);
    copy.opaque = frame->opaque;
    return copy;
}

HfBand
warp_rect (const HfBand *frame, const HfAlignRecord *record, HfInterpolation interpolation,
           HfRect rect)
{
    int width = frame->rect.width, height = frame->rect.height;
    HfRect reach = hf_align_reach (record, interpolation, rect, width, height);
    size_t n = hf_align_scratch (record, interpolation, rect, frame->n_colours, width, height);
    HfBand in = copy_part (frame, reach), out = band_new (rect, frame->n_colours);
    float *scratch = n ? g_new (float, n + 1) : NULL;

    for (size_t i = 0; i < n; i++)
        scratch[i] = NAN;
    if (n)
        scratch[n] = 42;
    g_assert_true (hf_rect_is_empty (reach) ||
                   (reach.x >= 0 && reach.y >= 0 && reach.x + reach.width <= width &&
                    reach.y + reach.height <= height));
    hf_align_apply (record, interpolation, width, height, &in, &out, scratch);
    if (n)
        g_assert_cmpfloat (scratch[n], ==, 42);
    g_free (scratch);
    band_free (&in);
    return out;
}

bool
bands_equal (const HfBand *a, const HfBand *b)
{
    if (memcmp (&a->rect, &b->rect, sizeof a->rect) != 0 || a->n_colours != b->n_colours)
        return false;
    for (int y = a->rect.y; y < a->rect.y + a->rect.height; y++) {
        for (int x = a->rect.x; x < a->rect.x + a->rect.width; x++) {
            float va = a->opaque ? 1 : band_sample (a, a->n_colours, x, y);
            float vb = b->opaque ? 1 : band_sample (b, b->n_colours, x, y);

            if (va != vb)
                return false;
            for (int c = 0; c < a->n_colours && va > 0; c++)
                if (band_sample (a, c, x, y) != band_sample (b, c, x, y))
                    return false;
        }
    }
    return true;
}
