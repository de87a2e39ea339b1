/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every kernel of the pyramid at every CPU level: the same bits as the plainest level, which is
 * itself held against formulas in double precision; widths 1 .. 67, odd addresses, nothing written
 * outside.
 */
#include "kernels/kernels.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { WIDEST = 67, ROOM = 256, BEFORE = 64, GUARD = 0x5a };

/* One row of inputs and outputs, long enough for the kernels that double the width. */
typedef struct Rows {
    float in[8][ROOM];
    uint8_t validity[ROOM];
    unsigned char out[6][ROOM * sizeof (float)];
} Rows;

static const float near[3] = { 0.125f, 0.75f, 0.125f };

typedef struct Case {
    const char *name;
    /* Runs the kernel on out[…] + `at` samples; returns how many samples of out[k] it may write. */
    void (*run) (const HfPyramidKernels *kernels, const HfPyramidStore *store, Rows *rows, int at,
                 int n);
    int samples;  /* written for each of n */
    int bytes[6]; /* of a sample of out[k]; 0 = not written, -1, -2, -3: the
                   * store's colour, weight, range */
} Case;

static float *
float_out (Rows *rows, int k, int at)
{
    return (float *) rows->out[k] + BEFORE / 4 + at;
}

static void *
out_of (Rows *rows, int k, int bytes, int at)
{
    return rows->out[k] + BEFORE + at * bytes;
}

static float *
in_of (Rows *rows, int k)
{
    return rows->in[k] + 16;
}

#define RUN(name)                                                                                  \
    static void run_##name (const HfPyramidKernels *kernels, const HfPyramidStore *store,          \
                            Rows *rows, int at, int n)

RUN (take)
{
    store->take (out_of (rows, 0, store->colour_bytes, at), in_of (rows, 0), NULL, n);
    store->take (out_of (rows, 1, store->colour_bytes, at), in_of (rows, 0), rows->validity, n);
}
RUN (keep)
{
    store->keep (out_of (rows, 0, store->colour_bytes, at), in_of (rows, 0), n);
    store->load (float_out (rows, 1, at), out_of (rows, 0, store->colour_bytes, at), n);
}
RUN (band)
{
    store->take (out_of (rows, 2, store->colour_bytes, at), in_of (rows, 3), NULL, n);
    store->band (float_out (rows, 0, at), float_out (rows, 1, at),
                 out_of (rows, 2, store->colour_bytes, at), in_of (rows, 0), in_of (rows, 1),
                 in_of (rows, 2), near, 0, n);
    store->band (float_out (rows, 3, at), float_out (rows, 1, at),
                 out_of (rows, 2, store->colour_bytes, at), in_of (rows, 2), in_of (rows, 1),
                 in_of (rows, 0), near, 1, n);
}
RUN (weigh)
{
    void *weight = out_of (rows, 0, store->weight_bytes, at);
    void *peak = out_of (rows, 1, store->weight_bytes, at);

    memset (weight, 0, (size_t) (n * store->weight_bytes));
    memset (peak, 0, (size_t) (n * store->weight_bytes));
    store->weigh (weight, peak, float_out (rows, 2, at), in_of (rows, 4), rows->validity, n);
    store->weigh (weight, peak, float_out (rows, 3, at), in_of (rows, 5), NULL, n);
    store->weigh (weight, peak, float_out (rows, 4, at), in_of (rows, 6), rows->validity, n);
}
RUN (blend)
{
    void *mean = out_of (rows, 0, store->colour_bytes, at);

    store->take (mean, in_of (rows, 0), NULL, n);
    store->blend (mean, in_of (rows, 7), in_of (rows, 1), n);
}
RUN (range)
{
    void *low = out_of (rows, 0, store->range_bytes, at);
    void *high = out_of (rows, 1, store->range_bytes, at);

    store->clear_range (low, high, n);
    store->widen (low, high, in_of (rows, 0), rows->validity, n);
    store->widen (low, high, in_of (rows, 1), rows->validity, n);
    store->widen (low, high, in_of (rows, 7), NULL, n);
    memcpy (float_out (rows, 2, at), in_of (rows, 2), (size_t) n * sizeof (float));
    store->limit (float_out (rows, 2, at), low, high, in_of (rows, 7), n);
}
RUN (raise)
{
    void *most = out_of (rows, 0, store->range_bytes, at);

    memset (most, 0, (size_t) (n * store->range_bytes));
    store->raise (most, in_of (rows, 0), n);
    store->raise (most, in_of (rows, 7), n);
    store->load_most (float_out (rows, 1, at), most, n);
    store->raise (out_of (rows, 2, store->range_bytes, at), NULL, n);
}
RUN (expand)
{
    kernels->expand (float_out (rows, 0, at), in_of (rows, 0), n);
    kernels->stretch (float_out (rows, 1, at), in_of (rows, 0), n);
}
RUN (rows)
{
    const float *five[5] = { in_of (rows, 0), in_of (rows, 1), in_of (rows, 2), in_of (rows, 3),
                             in_of (rows, 7) };

    kernels->smooth_columns (float_out (rows, 0, at), five, n);
    kernels->smooth_row (float_out (rows, 1, at), in_of (rows, 0), n);
    kernels->reduce_row (float_out (rows, 2, at), in_of (rows, 0), n);
    kernels->soften_row (float_out (rows, 3, at), in_of (rows, 0), n);
    kernels->soften_reduce (float_out (rows, 4, at), five[0], five[1], five[2], n);
    memcpy (float_out (rows, 5, at), in_of (rows, 3), (size_t) n * sizeof (float));
    kernels->add_expanded (float_out (rows, 5, at), five[0], five[1], five[2], near, n);
}
RUN (validity)
{
    const float *sums[3] = { in_of (rows, 0), in_of (rows, 1), in_of (rows, 2) };
    const float *weights[3] = { in_of (rows, 7), in_of (rows, 7) + 1, in_of (rows, 7) + 2 };

    kernels->soften_ratio (float_out (rows, 0, at), sums, weights, n);
    memcpy (float_out (rows, 1, at), in_of (rows, 3), (size_t) n * sizeof (float));
    kernels->multiply (float_out (rows, 1, at), in_of (rows, 7), n);
    memcpy (float_out (rows, 2, at), float_out (rows, 1, at), (size_t) n * sizeof (float));
    kernels->divide (float_out (rows, 2, at), in_of (rows, 7), n);
    kernels->load_validity (float_out (rows, 3, at), rows->validity, n);
    kernels->keep_validity (out_of (rows, 4, 1, at), in_of (rows, 7), 255.0f, n);
}
RUN (sharpness)
{
    const float *fine[3] = { in_of (rows, 4), in_of (rows, 5), in_of (rows, 6) };
    const float *wide[2] = { in_of (rows, 5), in_of (rows, 6) };
    const float *coarse[2] = { in_of (rows, 6), in_of (rows, 4) };

    kernels->sharpness (float_out (rows, 0, at), float_out (rows, 1, at), fine, in_of (rows, 4),
                        wide, coarse, 0.01f, n);
}

enum { COLOUR = -1, WEIGHT = -2, RANGE = -3 };

static const Case cases[] = {
    { "take", run_take, 1, { COLOUR, COLOUR } },
    { "keep", run_keep, 1, { COLOUR, 4 } },
    { "band", run_band, 1, { 4, 4, COLOUR, 4 } },
    { "weigh", run_weigh, 1, { WEIGHT, WEIGHT, 4, 4, 4 } },
    { "blend", run_blend, 1, { COLOUR } },
    { "range", run_range, 1, { RANGE, RANGE, 4 } },
    { "raise", run_raise, 1, { RANGE, 4, RANGE } },
    { "expand", run_expand, 2, { 4, 4 } },
    { "rows", run_rows, 1, { 4, 4, 4, 4, 4, 4 } },
    { "validity", run_validity, 1, { 4, 4, 4, 4, 1 } },
    { "sharpness", run_sharpness, 1, { 4, 4 } },
};

static void
fill (Rows *rows, GRand *random)
{
    for (int k = 0; k < 8; k++)
        for (int i = 0; i < ROOM; i++) {
            double value = g_rand_double_range (random, -0.3, 1.3);

            if (k >= 4 && k < 7) /* energies, over many orders */
                value = pow (10, g_rand_double_range (random, -7, 1));
            if (k == 7) /* shares and validities, often 0 or 1 */
                value = CLAMP (g_rand_double_range (random, -0.3, 1.3), 0, 1);
            rows->in[k][i] = (float) value;
        }
    for (int i = 0; i < ROOM; i++)
        rows->validity[i] = (uint8_t) CLAMP (g_rand_int_range (random, -60, 320), 0, 255);
    memset (rows->out, GUARD, sizeof rows->out);
}

static int
bytes_of (const Case *c, const HfPyramidStore *store, int k)
{
    switch (c->bytes[k]) {
    case COLOUR:
        return store->colour_bytes;
    case WEIGHT:
        return store->weight_bytes;
    case RANGE:
        return store->range_bytes;
    default:
        return c->bytes[k];
    }
}

static void
check_guards (const Case *c, const HfPyramidStore *store, const Rows *rows, int at, int n)
{
    for (int k = 0; k < 6; k++) {
        int bytes = bytes_of (c, store, k);
        int from = BEFORE + at * bytes, to = from + n * c->samples * bytes;

        for (int i = 0; i < (int) sizeof rows->out[k]; i++)
            if (i < from || i >= to)
                g_assert_cmpint (rows->out[k][i], ==, GUARD);
    }
}

static const HfPyramidStore *
store_of (const HfPyramidKernels *kernels, int i)
{
    return i == 0 ? &kernels->compact : i == 1 ? &kernels->deep : &kernels->exact;
}

static void
same_bits_at_every_level (void)
{
    GRand *random = g_rand_new_with_seed (3);
    Rows *plain = g_new (Rows, 1), *rows = g_new (Rows, 1), *fresh = g_new (Rows, 1);

    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
        for (int n = 1; n <= WIDEST; n++)
            for (int s = 0; s < 3; s++) {
                int at = g_rand_int_range (random, 0, 4);

                fill (fresh, random);
                for (int l = 0; hf_kernels_level (l); l++) {
                    const HfPyramidKernels *kernels = hf_kernels_level (l)->pyramid;
                    const HfPyramidStore *store = store_of (kernels, s);

                    *rows = *fresh;
                    cases[i].run (kernels, store, rows, at, n);
                    check_guards (&cases[i], store, rows, at, n);
                    if (l == 0)
                        *plain = *rows;
                    if (memcmp (plain->out, rows->out, sizeof rows->out) != 0)
                        g_error ("%s of %d samples differs at level %s", cases[i].name, n,
                                 hf_kernels_level (l)->level);
                }
            }
    g_free (plain);
    g_free (rows);
    g_free (fresh);
    g_rand_free (random);
}

/* ---- the formulas; the rest is held against the slow reference of the whole ---- */

static void
check_near (float value, double expected, double tolerance)
{
    if (!(fabs (value - expected) <= tolerance))
        g_error ("%.9g is not %.9g within %g", value, expected, tolerance);
}

static void
smoothing_is_as_written (void)
{
    GRand *random = g_rand_new_with_seed (4);
    const HfPyramidKernels *kernels = hf_kernels_level (0)->pyramid;
    Rows *rows = g_new (Rows, 1);
    const float *x = in_of (rows, 0), *out[6];

    fill (rows, random);
    for (int k = 0; k < 6; k++)
        out[k] = float_out (rows, k, 0);
    run_rows (kernels, &kernels->exact, rows, 0, 40);
    for (int i = 0; i < 40; i++) {
        const float *y = in_of (rows, 1), *z = in_of (rows, 2);

        check_near (
            out[0][i],
            (x[i] + 4.0 * y[i] + 6.0 * z[i] + 4.0 * in_of (rows, 3)[i] + in_of (rows, 7)[i]) / 16,
            1e-6);
        check_near (out[1][i],
                    (x[i - 2] + 4.0 * x[i - 1] + 6.0 * x[i] + 4.0 * x[i + 1] + x[i + 2]) / 16,
                    1e-6);
        check_near (out[2][i],
                    (x[2 * i - 2] + 4.0 * x[2 * i - 1] + 6.0 * x[2 * i] + 4.0 * x[2 * i + 1] +
                     x[2 * i + 2]) /
                        16,
                    1e-6);
        check_near (out[3][i], (x[i - 1] + 2.0 * x[i] + x[i + 1]) / 4, 1e-6);
        check_near (out[4][i], (x[2 * i] + 2.0 * y[2 * i] + z[2 * i]) / 4, 1e-6);
        check_near (out[5][i], in_of (rows, 3)[i] + (x[i] + 6.0 * y[i] + z[i]) / 8, 1e-6);
    }
    memset (rows->out, 0, sizeof rows->out);
    run_expand (kernels, &kernels->exact, rows, 0, 40);
    for (int i = 0; i < 40; i++) {
        check_near (out[0][2 * i], (x[i - 1] + 6.0 * x[i] + x[i + 1]) / 8, 1e-6);
        check_near (out[0][2 * i + 1], (x[i] + (double) x[i + 1]) / 2, 1e-6);
        check_near (out[1][2 * i], x[i], 0);
        check_near (out[1][2 * i + 1], (x[i] + (double) x[i + 1]) / 2, 1e-6);
    }
    g_free (rows);
    g_rand_free (random);
}

/* Many frames through the running softmax of each store: mean and weight as of all at once. */
static void
running_softmax_is_the_softmax (void)
{
    enum { N = 64, FRAMES = 40 };
    GRand *random = g_rand_new_with_seed (5);

    for (int s = 0; s < 2; s++) {
        const HfPyramidKernels *kernels = hf_kernels_level (0)->pyramid;
        const HfPyramidStore *store = s ? &kernels->exact : &kernels->compact;
        float energy[FRAMES][N], band[FRAMES][N], share[N], mean[N];
        char weight[N * 4] = { 0 }, peak[N * 4] = { 0 }, kept[N * 4] = { 0 };

        for (int f = 0; f < FRAMES; f++) {
            for (int i = 0; i < N; i++) {
                energy[f][i] = (float) pow (10, g_rand_double_range (random, -0.3, 0.3));
                band[f][i] = (float) g_rand_double_range (random, -0.4, 0.4) * store->unit;
            }
            store->weigh (weight, peak, share, energy[f], NULL, N);
            store->blend (kept, share, band[f], N);
        }
        store->load (mean, kept, N);
        for (int i = 0; i < N; i++) {
            double sum = 0, total = 0;

            for (int f = 0; f < FRAMES; f++) {
                sum += pow (energy[f][i], 20) * band[f][i];
                total += pow (energy[f][i], 20);
            }
            /* Compact: the weight's 8 bits, a random walk of 40 steps of .2 %. Exact: ratios'
             * rounding, 20 fold. */
            check_near (mean[i] / store->unit, sum / total / store->unit, s ? 2e-5 : 4e-3);
        }
    }
    g_rand_free (random);
}

static void
bytes_hold_whole_levels (void)
{
    const HfPyramidKernels *kernels = hf_kernels_level (0)->pyramid;
    const HfPyramidStore *store = &kernels->compact;

    for (int level = 0; level < 256; level++) {
        float exact = (float) level / 255.0f, inner = ((float) level + 0.4f) / 255.0f;
        uint8_t low, high;

        store->clear_range (&low, &high, 1);
        store->widen (&low, &high, &exact, NULL, 1);
        g_assert_cmpint (low, ==, level);
        g_assert_cmpint (high, ==, level);
        store->widen (&low, &high, &inner, NULL, 1);
        g_assert_cmpint (low, ==, level);
        g_assert_cmpint (high, ==, MIN (level + 1, 255));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/pyramid-kernels/same-bits-at-every-level", same_bits_at_every_level);
    g_test_add_func ("/pyramid-kernels/smoothing-is-as-written", smoothing_is_as_written);
    g_test_add_func ("/pyramid-kernels/running-softmax-is-the-softmax",
                     running_softmax_is_the_softmax);
    g_test_add_func ("/pyramid-kernels/bytes-hold-whole-levels", bytes_hold_whole_levels);
    return g_test_run ();
}
