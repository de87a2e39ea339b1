/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frames.h"

#include <math.h>
#include <string.h>

static size_t
n_pixels (const Frame *frame)
{
    return (size_t) frame->width * (size_t) frame->height;
}

/* Noise on a grid of `step` pixels, interpolated by a smooth curve, added with weight `share`. */
static void
add_octave (Frame *frame, int c, int step, double share, GRand *random)
{
    int columns = frame->width / step + 2, rows = frame->height / step + 2;
    double *grid = g_new (double, columns *rows);

    for (int i = 0; i < columns * rows; i++)
        grid[i] = g_rand_double (random);
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            double u = (double) (x % step) / step, v = (double) (y % step) / step;
            const double *at = grid + (y / step) * columns + x / step;
            double top = at[0] + u * (at[1] - at[0]);
            double bottom = at[columns] + u * (at[columns + 1] - at[columns]);

            frame->colour[c][(size_t) y * (size_t) frame->width + (size_t) x] +=
                (float) (share * (top + v * (bottom - top)));
        }
    g_free (grid);
}

Frame *
frame_new_texture (int width, int height, int n_colours, guint32 seed)
{
    Frame *frame = frame_new (width, height, n_colours);
    GRand *random = g_rand_new_with_seed (seed);

    for (int c = 0; c < n_colours; c++) {
        add_octave (frame, c, 1, 0.3, random);
        add_octave (frame, c, 2, 0.2, random);
        add_octave (frame, c, 5, 0.2, random);
        add_octave (frame, c, 17, 0.3, random);
    }
    g_rand_free (random);
    return frame;
}

Frame *
frame_copy (const Frame *frame)
{
    Frame *copy = frame_new (frame->width, frame->height, frame->n_colours);

    for (int c = 0; c < frame->n_colours; c++)
        memcpy (copy->colour[c], frame->colour[c], n_pixels (frame) * sizeof (float));
    memcpy (copy->validity, frame->validity, n_pixels (frame) * sizeof (float));
    return copy;
}

/* Along one direction; samples beyond the ends are those of the ends. */
static void
blur_line (float *line, size_t step, int n, double sigma, float *copy)
{
    int reach = (int) ceil (3 * sigma);

    for (int i = 0; i < n; i++)
        copy[i] = line[(size_t) i * step];
    for (int i = 0; i < n; i++) {
        double sum = 0, total = 0;

        for (int j = -reach; j <= reach; j++) {
            double weight = exp (-j * j / (2 * sigma * sigma));

            sum += weight * copy[CLAMP (i + j, 0, n - 1)];
            total += weight;
        }
        line[(size_t) i * step] = (float) (sum / total);
    }
}

Frame *
frame_blurred (const Frame *frame, double sigma)
{
    Frame *blurred = frame_copy (frame);
    float *copy = g_new (float, MAX (frame->width, frame->height));
    size_t width = (size_t) frame->width;

    for (int c = 0; c < frame->n_colours; c++) {
        for (int y = 0; y < frame->height; y++)
            blur_line (blurred->colour[c] + (size_t) y * width, 1, frame->width, sigma, copy);
        for (int x = 0; x < frame->width; x++)
            blur_line (blurred->colour[c] + x, width, frame->height, sigma, copy);
    }
    g_free (copy);
    return blurred;
}

void
frame_add_noise (Frame *frame, double sigma, guint32 seed)
{
    GRand *random = g_rand_new_with_seed (seed);

    for (int c = 0; c < frame->n_colours; c++)
        for (size_t i = 0; i < n_pixels (frame); i++) {
            double sum = -6;

            for (int k = 0; k < 12; k++)
                sum += g_rand_double (random);
            frame->colour[c][i] += (float) (sigma * sum);
        }
    g_rand_free (random);
}

void
frame_round (Frame *frame, HfSampleType precision)
{
    float most = precision == HF_SAMPLE_U8 ? 255.0f : 65535.0f;

    for (int c = 0; c < frame->n_colours && precision != HF_SAMPLE_FLOAT; c++)
        for (size_t i = 0; i < n_pixels (frame); i++)
            frame->colour[c][i] =
                floorf (CLAMP (frame->colour[c][i], 0.0f, 1.0f) * most + 0.5f) / most;
}

void
frame_make_holes (Frame *frame, guint32 seed)
{
    GRand *random = g_rand_new_with_seed (seed);
    int w = frame->width, h = frame->height;
    double left = g_rand_double_range (random, 0, w * 0.2);

    for (int hole = 0; hole < 3; hole++) {
        double x = g_rand_double_range (random, 0, w), y = g_rand_double_range (random, 0, h);
        double a = g_rand_double_range (random, 1, 1 + w * 0.15);
        double b = g_rand_double_range (random, 1, 1 + h * 0.15);

        for (int j = 0; j < h; j++)
            for (int i = 0; i < w; i++) {
                double r = hypot ((i - x) / a, (j - y) / b);
                float *validity = &frame->validity[(size_t) j * (size_t) w + (size_t) i];

                if (r < 1 || i < left - 2)
                    *validity = 0;
                else if (r < 1.2 || i < left)
                    *validity = MIN (*validity, (float) g_rand_double (random));
            }
    }
    g_rand_free (random);
}

HfFuserSetup
setup_for (const Frame *frame, HfSampleType precision, double sigma)
{
    static HfFuseOptions options;

    hf_options_init (&hf_fuse_table, &options);
    return (HfFuserSetup) { .options = &options,
                            .width = frame->width,
                            .height = frame->height,
                            .n_colours = frame->n_colours,
                            .precision = precision,
                            .noise = { sigma, sigma, sigma } };
}

static void
read_band (void *data, HfBand *band, int worker)
{
    const Frame *frame = data;
    HfRect rect = band->rect;

    g_assert_true (rect.x >= 0 && rect.y >= 0 && rect.x + rect.width <= frame->width &&
                   rect.y + rect.height <= frame->height);
    band->opaque = true;
    for (int y = 0; y < rect.height; y++) {
        size_t at = (size_t) (rect.y + y) * (size_t) frame->width + (size_t) rect.x;

        for (int c = 0; c < frame->n_colours; c++)
            memcpy (band->colour[c] + (size_t) y * band->stride, frame->colour[c] + at,
                    (size_t) rect.width * sizeof (float));
        memcpy (band->validity + (size_t) y * band->stride, frame->validity + at,
                (size_t) rect.width * sizeof (float));
        for (int x = 0; x < rect.width; x++)
            band->opaque &= frame->validity[at + (size_t) x] == 1.0f;
    }
    /* What an opaque band says about validity is not to be read. */
    for (size_t i = 0; band->opaque && i < (size_t) rect.height * band->stride; i++)
        band->validity[i] = 0.25f;
}

bool
frame_add (HfFuser *fuser, const Frame *frame, HfMonitor *monitor, GError **error)
{
    HfBandReader reader = { read_band, (void *) frame };

    return hf_fuser_add (fuser, &reader, monitor, error);
}

typedef struct Collected {
    Frame *frame;
    int next; /* row */
} Collected;

static bool
write_band (void *data, const HfBand *band, GError **error)
{
    Collected *collected = data;
    Frame *frame = collected->frame;

    g_assert_cmpint (band->rect.y, ==, collected->next);
    g_assert_cmpint (band->rect.x, ==, 0);
    g_assert_cmpint (band->rect.width, ==, frame->width);
    collected->next += band->rect.height;
    for (int y = 0; y < band->rect.height; y++) {
        size_t at = (size_t) (band->rect.y + y) * (size_t) frame->width;

        for (int c = 0; c < frame->n_colours; c++)
            memcpy (frame->colour[c] + at, band->colour[c] + (size_t) y * band->stride,
                    (size_t) frame->width * sizeof (float));
        for (int x = 0; x < frame->width; x++)
            frame->validity[at + (size_t) x] =
                band->opaque ? 1 : band->validity[(size_t) y * band->stride + (size_t) x];
    }
    return true;
}

Frame *
frame_finish (HfFuser *fuser, const HfFuserSetup *setup, HfMonitor *monitor, GError **error)
{
    Collected collected = { frame_new (setup->width, setup->height, setup->n_colours), 0 };
    HfBandWriter writer = { write_band, &collected };

    if (!hf_fuser_finish (fuser, &writer, monitor, error)) {
        frame_free (collected.frame);
        return NULL;
    }
    g_assert_cmpint (collected.next, ==, setup->height);
    return collected.frame;
}

Frame *
fuse_frames (const HfFuserSetup *setup, Frame *const *frames, int n_frames)
{
    GError *error = NULL;
    HfFuser *fuser = hf_fuser_new (setup, &error);
    Frame *fused;

    g_assert_no_error (error);
    for (int pass = 0; pass < hf_fuser_n_passes (fuser); pass++) {
        for (int i = 0; i < n_frames; i++) {
            frame_add (fuser, frames[i], NULL, &error);
            g_assert_no_error (error);
        }
        hf_fuser_end_pass (fuser, &error);
        g_assert_no_error (error);
    }
    fused = frame_finish (fuser, setup, NULL, &error);
    g_assert_no_error (error);
    hf_fuser_free (fuser);
    return fused;
}

double
frame_difference (const Frame *a, const Frame *b, double *rms)
{
    double largest = 0, sum = 0, n = 0;

    for (int c = 0; c < a->n_colours; c++)
        for (size_t i = 0; i < n_pixels (a); i++)
            if (a->validity[i] > 0 && b->validity[i] > 0) {
                double difference = fabs ((double) a->colour[c][i] - b->colour[c][i]);

                largest = difference > largest || isnan (difference) ? difference : largest;
                sum += difference * difference;
                n++;
            }
    if (rms)
        *rms = n > 0 ? sqrt (sum / n) : 0;
    return largest;
}

bool
frame_same_bits (const Frame *a, const Frame *b)
{
    bool same = memcmp (a->validity, b->validity, n_pixels (a) * sizeof (float)) == 0;

    for (int c = 0; c < a->n_colours; c++)
        same &= memcmp (a->colour[c], b->colour[c], n_pixels (a) * sizeof (float)) == 0;
    return same;
}

guint32
drawn_seed (void)
{
    guint32 seed = g_random_int ();

    g_test_message ("seed %u", seed);
    return seed;
}
