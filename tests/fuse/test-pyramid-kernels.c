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
    unsigned char out[6][2 * ROOM * sizeof (double)];
} Rows;

static const float near[3] = { 0.1f, 0.8f, 0.1f };
static const HfPyramidTaps taps = { 0.05f, 0.4f };

typedef struct Case {
    const char *name;
    /* Runs the kernel on out[…] + `at` samples; returns how many samples of out[k] it may write. */
    void (*run) (const HfPyramidKernels *kernels, const HfPyramidStore *store, Rows *rows, int at,
                 int n);
    int samples;  /* written for each of n */
    int bytes[6]; /* of a sample of out[k]; 0 = not written, < 0: as the store says */
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
RUN (bands)
{
    for (int n_colours = 1; n_colours <= 3; n_colours += 2) {
        HfPyramidBands bands = { .n_colours = n_colours, .energy = float_out (rows, 4, at) };

        memcpy (bands.near, near, sizeof near);
        for (int c = 0; c < 3; c++) {
            store->take (out_of (rows, 3, store->colour_bytes, at), in_of (rows, 3), NULL, n);
            bands.picture[c] = out_of (rows, 3, store->colour_bytes, at);
            bands.above[c] = in_of (rows, c);
            bands.middle[c] = in_of (rows, 2 - c);
            bands.below[c] = in_of (rows, 3);
            bands.band[c] = float_out (rows, c, at);
        }
        store->bands (&bands, n);
    }
}

/* Three frames after each other; out: weight, reference, three means, sharpness. */
static void
choose (const HfPyramidStore *store, Rows *rows, int at, int n, int n_colours)
{
    HfPyramidChoice choice = { .n_colours = n_colours,
                               .noise = 1e-3f,
                               .preference = 0.5f,
                               .wide_share = 0.25f,
                               .soft = { in_of (rows, 4), in_of (rows, 5), in_of (rows, 6) },
                               .band = { in_of (rows, 0), in_of (rows, 1), in_of (rows, 2) },
                               .sharpness = float_out (rows, 5, at),
                               .weight = out_of (rows, 0, store->weight_bytes, at),
                               .reference = out_of (rows, 1, store->weight_bytes, at) };

    memset (choice.weight, 0, (size_t) (n * store->weight_bytes));
    memset (choice.reference, 0, (size_t) (n * store->weight_bytes));
    for (int c = 0; c < 3; c++) {
        choice.mean[c] = out_of (rows, 2 + c, store->mean_bytes, at);
        memset (choice.mean[c], 0, (size_t) (n * store->mean_bytes));
    }
    for (int f = 0; f < 3; f++) {
        choice.own = in_of (rows, 4 + f);
        choice.wide[0] = choice.lead[1] = in_of (rows, 4 + (f + 1) % 3);
        choice.wide[1] = choice.lead[0] = in_of (rows, 4 + (f + 2) % 3);
        choice.validity = f == 1 ? NULL : rows->validity;
        store->choose (&choice, n);
    }
}

RUN (choose)
{
    choose (store, rows, at, n, 1);
    choose (store, rows, at, n, 3);
}
RUN (average)
{
    void *mean[3], *weight = out_of (rows, 3, store->weight_bytes, at);
    const void *picture[3];

    memset (weight, 0, (size_t) (n * store->weight_bytes));
    store->take (out_of (rows, 4, store->colour_bytes, at), in_of (rows, 0), NULL, n);
    for (int c = 0; c < 3; c++) {
        mean[c] = out_of (rows, c, store->mean_bytes, at);
        memset (mean[c], 0, (size_t) (n * store->mean_bytes));
        picture[c] = out_of (rows, 4, store->colour_bytes, at);
    }
    store->average (mean, weight, picture, 3, rows->validity, n);
    store->average (mean, weight, picture, 3, NULL, n);
}
/* Rows of results come from rows of means: any finite numbers will do. */
RUN (results)
{
    void *mean = out_of (rows, 0, store->mean_bytes, at);
    void *row[3] = { out_of (rows, 1, store->result_bytes, at),
                     out_of (rows, 2, store->result_bytes, at),
                     out_of (rows, 3, store->result_bytes, at) };
    void *weight = out_of (rows, 4, store->weight_bytes, at), *means[3] = { mean };
    void *picture = out_of (rows, 5, store->colour_bytes, at);
    const void *pictures[3] = { picture };

    memset (weight, 0, (size_t) (n * store->weight_bytes));
    memset (mean, 0, (size_t) (n * store->mean_bytes));
    store->take (picture, in_of (rows, 1), NULL, n);
    store->average (means, weight, pictures, 1, NULL, n);
    for (int k = 0; k < 3; k++)
        store->begin_result (row[k], mean, n);
    store->add_result (row[0], mean, row[1], row[2], row[1], near, n);
}
RUN (expand_result)
{
    double in[ROOM] = { 0 };

    if (store->result_bytes == sizeof (float))
        memcpy (in, in_of (rows, 0) - 16, sizeof (float) * ROOM);
    else
        for (int i = 0; i < ROOM - 16; i++)
            in[i] = (double) in_of (rows, 0)[i - 16];
    store->expand_result (out_of (rows, 0, store->result_bytes, at),
                          (char *) in + 16 * store->result_bytes, taps, n);
}
RUN (range)
{
    void *low = out_of (rows, 0, store->range_bytes, at);
    void *high = out_of (rows, 1, store->range_bytes, at);
    double result[WIDEST];

    store->clear_range (low, high, n);
    store->widen (low, high, in_of (rows, 0), rows->validity, n);
    store->widen (low, high, in_of (rows, 1), rows->validity, n);
    store->widen (low, high, in_of (rows, 7), NULL, n);
    for (int i = 0; i < n; i++)
        result[i] = (double) in_of (rows, 2)[i];
    store->limit (float_out (rows, 2, at),
                  store->result_bytes == sizeof (double) ? (const void *) result
                                                         : (const void *) in_of (rows, 2),
                  low, high, in_of (rows, 7), n);
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
    kernels->expand (float_out (rows, 0, at), in_of (rows, 0), taps, n);
    kernels->stretch (float_out (rows, 1, at), in_of (rows, 0), n);
}
RUN (rows)
{
    const float *five[5] = { in_of (rows, 0), in_of (rows, 1), in_of (rows, 2), in_of (rows, 3),
                             in_of (rows, 7) };

    kernels->smooth_columns (float_out (rows, 0, at), five, n);
    kernels->smooth_row (float_out (rows, 1, at), in_of (rows, 0), n);
    kernels->reduce_row (float_out (rows, 2, at), in_of (rows, 0), taps, n);
    kernels->soften_row (float_out (rows, 3, at), in_of (rows, 0), n);
    kernels->soften_reduce (float_out (rows, 4, at), five[0], five[1], five[2], n);
    kernels->reduce_columns (float_out (rows, 5, at), five, taps, n);
}
RUN (reduce)
{
    const void *five[5] = { out_of (rows, 0, store->colour_bytes, at),
                            out_of (rows, 1, store->colour_bytes, at),
                            out_of (rows, 2, store->colour_bytes, at),
                            out_of (rows, 3, store->colour_bytes, at),
                            out_of (rows, 4, store->colour_bytes, at) };

    for (int k = 0; k < 5; k++)
        store->take (out_of (rows, k, store->colour_bytes, at), in_of (rows, k % 4), NULL, n);
    store->reduce_columns (float_out (rows, 5, at), five, taps, n);
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
enum { COLOUR = -1, MEAN = -2, WEIGHT = -3, RANGE = -4, RESULT = -5 };

static const Case cases[] = {
    { "take", run_take, 1, { COLOUR, COLOUR } },
    { "keep", run_keep, 1, { COLOUR, 4 } },
    { "bands", run_bands, 1, { 4, 4, 4, COLOUR, 4 } },
    { "choose", run_choose, 1, { WEIGHT, WEIGHT, MEAN, MEAN, MEAN, 4 } },
    { "average", run_average, 1, { MEAN, MEAN, MEAN, WEIGHT, COLOUR } },
    { "results", run_results, 1, { MEAN, RESULT, RESULT, RESULT, WEIGHT, COLOUR } },
    { "expand results", run_expand_result, 2, { RESULT } },
    { "range", run_range, 1, { RANGE, RANGE, 4 } },
    { "raise", run_raise, 1, { RANGE, 4, RANGE } },
    { "expand", run_expand, 2, { 4, 4 } },
    { "rows", run_rows, 1, { 4, 4, 4, 4, 4, 4 } },
    { "reduce", run_reduce, 1, { COLOUR, COLOUR, COLOUR, COLOUR, COLOUR, 4 } },
    { "validity", run_validity, 1, { 4, 4, 4, 4, 1 } },
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
    case MEAN:
        return store->mean_bytes;
    case WEIGHT:
        return store->weight_bytes;
    case RESULT:
        return store->result_bytes;
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
    const HfPyramidStore *stores[] = { &kernels->compact, &kernels->deep, &kernels->exact,
                                       &kernels->fine };

    return stores[i];
}

static void
same_bits_at_every_level (void)
{
    GRand *random = g_rand_new_with_seed (3);
    Rows *plain = g_new (Rows, 1), *rows = g_new (Rows, 1), *fresh = g_new (Rows, 1);

    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
        for (int n = 1; n <= WIDEST; n++)
            for (int s = 0; s < 4; s++) {
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
                    0.05 * (x[2 * i - 2] + (double) x[2 * i + 2]) +
                        0.25 * (x[2 * i - 1] + (double) x[2 * i + 1]) + 0.4 * x[2 * i],
                    1e-6);
        check_near (out[3][i], (x[i - 1] + 2.0 * x[i] + x[i + 1]) / 4, 1e-6);
        check_near (out[4][i], (x[2 * i] + 2.0 * y[2 * i] + z[2 * i]) / 4, 1e-6);
        check_near (out[5][i],
                    0.05 * (x[i] + (double) in_of (rows, 7)[i]) +
                        0.25 * (y[i] + (double) in_of (rows, 3)[i]) + 0.4 * z[i],
                    1e-6);
    }
    memset (rows->out, 0, sizeof rows->out);
    run_expand (kernels, &kernels->exact, rows, 0, 40);
    for (int i = 0; i < 40; i++) {
        check_near (out[0][2 * i], 0.1 * (x[i - 1] + (double) x[i + 1]) + 0.8 * x[i], 1e-6);
        check_near (out[0][2 * i + 1], (x[i] + (double) x[i + 1]) / 2, 1e-6);
        check_near (out[1][2 * i], x[i], 0);
        check_near (out[1][2 * i + 1], (x[i] + (double) x[i + 1]) / 2, 1e-6);
    }
    g_free (rows);
    g_rand_free (random);
}

enum { N = 64, FRAMES = 40 };

/* One frame for the choice: its energies and bands, no noise and no coarser band. */
static void
choose_frame (const HfPyramidStore *store, float *energy, float *band, char kept[3][N * 8])
{
    float sharpness[N], none[N] = { 0 };
    HfPyramidChoice choice = { .n_colours = 1,
                               .own = energy,
                               .soft = { energy, energy, energy },
                               .wide = { none, none },
                               .lead = { none, none },
                               .band = { band },
                               .noise = 1e-12f,
                               .sharpness = sharpness,
                               .weight = kept[0],
                               .reference = kept[1],
                               .mean = { kept[2] } };

    store->choose (&choice, N);
}

/* Many frames through the running softmax of each store: mean and weight as of all at once. */
static void
running_softmax_is_the_softmax (void)
{
    /* Compact: the weight's 8 bits, a random walk of 40 steps of .2 %. Exact: ratios' rounding, 20
     * fold. */
    static const double tolerance[] = { 4e-3, 2e-5, 2e-5, 1e-6 };
    GRand *random = g_rand_new_with_seed (5);

    for (int s = 0; s < 4; s++) {
        const HfPyramidStore *store = store_of (hf_kernels_level (0)->pyramid, s);
        float energy[FRAMES][N], band[FRAMES][N];
        char kept[3][N * 8] = { { 0 } };

        for (int f = 0; f < FRAMES; f++) {
            double most = f % 7 ? 0.3 : 2.5; /* over ratios of 300 now and then */

            for (int i = 0; i < N; i++) {
                energy[f][i] = (float) pow (10, g_rand_double_range (random, -most, most));
                band[f][i] = (float) g_rand_double_range (random, -0.4, 0.4) * store->unit;
            }
            choose_frame (store, energy[f], band[f], kept);
        }
        for (int i = 0; i < N; i++) {
            double sum = 0, total = 0, mean;

            for (int f = 0; f < FRAMES; f++) {
                sum += pow (energy[f][i], 20) * band[f][i];
                total += pow (energy[f][i], 20);
            }
            mean = store->mean_bytes == 8   ? ((double *) kept[2])[i]
                   : store->mean_bytes == 4 ? (double) ((float *) kept[2])[i]
                                            : (double) ((int16_t *) kept[2])[i];
            check_near ((float) (mean / store->unit), sum / total / store->unit, tolerance[s]);
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
