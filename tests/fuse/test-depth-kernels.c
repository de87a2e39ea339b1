/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every kernel of the depth map at every CPU level: the same bits as the plainest level, which is
 * itself held against formulas in double precision; widths 1 .. 67, odd addresses, nothing written
 * outside.
 */
#include "kernels/kernels.h"

#include <float.h>
#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { WIDEST = 67, ROOM = 256, BEFORE = 16, N_IN = 11, N_OUT = 11, GUARD = 0x5a };

typedef struct Rows {
    float in[N_IN][ROOM];
    float out[N_OUT][ROOM];
} Rows;

typedef struct Case {
    const char *name;
    void (*run) (const HfDepthKernels *kernels, Rows *rows, int at, int n);
    int n_out;   /* rows written */
    int samples; /* for each of n */
    double (*truth) (const Rows *rows, int at, int k, int i, const Rows *before); /* may be NULL */
    double tolerance; /* of the larger of 1 and the truth */
} Case;

static const float *
in_of (const Rows *rows, int k)
{
    return rows->in[k] + 32;
}

static float *
out_of (Rows *rows, int k, int at)
{
    return rows->out[k] + BEFORE + at;
}

static const float weights[] = { 0.1f, 0.2f, 0.4f, 0.2f, 0.1f };
static const float near[] = { 0.125f, 0.75f, 0.125f };

static void
rows_of (const Rows *rows, const float **list, int n)
{
    for (int i = 0; i < n; i++)
        list[i] = in_of (rows, i);
}

#define RUN(name) static void run_##name (const HfDepthKernels *kernels, Rows *rows, int at, int n)
#define TRUTH(name)                                                                                \
    static double true_##name (const Rows *rows, int at, int k, int i, const Rows *before)

RUN (convolve_columns)
{
    const float *list[5];

    rows_of (rows, list, 5);
    kernels->convolve_columns (out_of (rows, 0, at), list, weights, 2, n);
}

TRUTH (convolve_columns)
{
    double sum = 0;

    for (int j = 0; j < 5; j++)
        sum += (double) weights[j] * in_of (rows, j)[i];
    return sum;
}

RUN (convolve_row)
{
    kernels->convolve_row (out_of (rows, 0, at), in_of (rows, 0), weights, 2, n);
}

TRUTH (convolve_row)
{
    double sum = 0;

    for (int j = -2; j <= 2; j++)
        sum += (double) weights[j + 2] * in_of (rows, 0)[i + j];
    return sum;
}

RUN (least)
{
    const float *list[5];

    rows_of (rows, list, 5);
    kernels->least_of_rows (out_of (rows, 0, at), list, 2, n);
    kernels->least_in_row (out_of (rows, 1, at), in_of (rows, 0), 2, n);
}

TRUTH (least)
{
    double least = INFINITY;

    for (int j = 0; j < 5; j++)
        least = MIN (least, k == 0 ? in_of (rows, j)[i] : in_of (rows, 0)[i + j - 2]);
    return least;
}

RUN (slopes)
{
    const float *list[3];

    rows_of (rows, list, 3);
    kernels->tenengrad (out_of (rows, 0, at), list, 0, n);
    kernels->sobel (out_of (rows, 1, at), list, 0, n);
    kernels->laplacian (out_of (rows, 2, at), list, 0, n);
    kernels->modified_laplacian (out_of (rows, 3, at), list, 0, n);
    kernels->variance (out_of (rows, 4, at), list, 0, n);
    kernels->tenengrad (out_of (rows, 5, at), list, 0, n);
    kernels->tenengrad (out_of (rows, 5, at), list, 1, n);
}

TRUTH (slopes)
{
    const float *a = in_of (rows, 0) + i, *b = in_of (rows, 1) + i, *c = in_of (rows, 2) + i;
    double x = ((double) a[1] - a[-1] + 2 * ((double) b[1] - b[-1]) + (double) c[1] - c[-1]) / 8;
    double y = ((double) c[-1] - a[-1] + 2 * ((double) c[0] - a[0]) + (double) c[1] - a[1]) / 8;
    double bend_x = 2.0 * b[0] - b[-1] - b[1], bend_y = 2.0 * b[0] - a[0] - c[0];
    double mean = 0, squares = 0;

    for (int j = -1; j <= 1; j++) {
        mean += ((double) a[j] + b[j] + c[j]) / 9;
        squares += ((double) a[j] * a[j] + (double) b[j] * b[j] + (double) c[j] * c[j]) / 9;
    }
    switch (k) {
    case 1:
        return fabs (x) + fabs (y);
    case 2:
        return (bend_x + bend_y) * (bend_x + bend_y) / 16;
    case 3:
        return (fabs (bend_x) + fabs (bend_y)) / 4;
    case 4:
        return squares - mean * mean;
    }
    return (k == 5 ? 2 : 1) * (x * x + y * y);
}

RUN (products)
{
    for (int k = 0; k < 4; k++)
        memcpy (out_of (rows, k, at), in_of (rows, 0), (size_t) n * sizeof (float));
    kernels->square (out_of (rows, 0, at), n);
    kernels->multiply (out_of (rows, 1, at), in_of (rows, 1), n);
    kernels->divide (out_of (rows, 2, at), in_of (rows, 9), n);
    kernels->mark_invalid (out_of (rows, 3, at), in_of (rows, 9), n);
}

TRUTH (products)
{
    double row = in_of (rows, 0)[i], valid = in_of (rows, 9)[i];

    switch (k) {
    case 0:
        return row * row;
    case 1:
        return row * in_of (rows, 1)[i];
    case 2:
        return valid > 0 ? row / valid : 0;
    }
    return valid > 0 ? row : -1;
}

RUN (smooth)
{
    static const float spatial[] = { 1, 0.6f, 0.3f };
    const float *list[5];

    rows_of (rows, list, 5);
    kernels->smooth (out_of (rows, 0, at), list, spatial, 0.5f, 2, n);
}

TRUTH (smooth)
{
    static const double spatial[] = { 1, 0.6f, 0.3f };
    double sum = 0, total = 0, own = in_of (rows, 2)[i];

    for (int j = -2; j <= 2; j++)
        for (int m = -2; m <= 2; m++) {
            double other = in_of (rows, 2 + j)[i + m], weight = spatial[abs (j)] * spatial[abs (m)];
            double difference = own + other > 0 ? (own - other) / (0.5 * (own + other)) : 0;

            weight /= (1 + difference * difference) * (1 + difference * difference);
            sum += weight * other;
            total += weight;
        }
    return sum / total;
}

RUN (reduce_row)
{
    kernels->reduce_row (out_of (rows, 0, at), in_of (rows, 0), n);
}

TRUTH (reduce_row)
{
    static const double kernel[] = { 1, 4, 6, 4, 1 };
    double sum = 0;

    for (int j = -2; j <= 2; j++)
        sum += kernel[j + 2] / 16 * in_of (rows, 0)[2 * i + j];
    return sum;
}

RUN (expand_row)
{
    kernels->expand_row (out_of (rows, 0, at), in_of (rows, 0), n);
}

TRUTH (expand_row)
{
    const float *in = in_of (rows, 0) + i / 2;

    return i % 2 ? 0.5 * ((double) in[0] + in[1])
                 : 0.125 * ((double) in[-1] + in[1]) + 0.75 * in[0];
}

RUN (add_expanded)
{
    for (int keep = 0; keep < 2; keep++) {
        memcpy (out_of (rows, keep, at), in_of (rows, 8), (size_t) n * sizeof (float));
        kernels->add_expanded (out_of (rows, keep, at), in_of (rows, 0), in_of (rows, 1),
                               in_of (rows, 2), near, 0.3f, keep, n);
    }
}

TRUTH (add_expanded)
{
    double sum = 0, row = in_of (rows, 8)[i];

    for (int j = 0; j < 3; j++)
        sum += 0.3 * near[j] * in_of (rows, j)[i];
    return k == 1 && row < 0 ? 0 : row + sum;
}

RUN (weigh)
{
    memcpy (out_of (rows, 0, at), in_of (rows, 3), (size_t) n * sizeof (float));
    kernels->weigh (out_of (rows, 0, at), in_of (rows, 0), in_of (rows, 1), NULL, 0.1f, 3.5f, n);
    memcpy (out_of (rows, 1, at), in_of (rows, 3), (size_t) n * sizeof (float));
    kernels->weigh (out_of (rows, 1, at), in_of (rows, 0), in_of (rows, 1), in_of (rows, 9), 0.1f,
                    0, n);
}

TRUTH (weigh)
{
    double ratio = (in_of (rows, 0)[i] + 0.1) / (in_of (rows, 1)[i] + 0.1);
    double valid = in_of (rows, 9)[i];

    if (k == 0)
        return in_of (rows, 3)[i] * pow (MIN (ratio, 1), 3.5);
    return in_of (rows, 3)[i] * MAX (2 * valid - 1, valid / 1024);
}

static const HfDepthWindow windows[3] = {
    { .frame = 0.5f, .reach = 0.6f, .doubt = 2, .noise = 0.3f, .soft = -1 },
    { .frame = 0.5f, .soft = 0 },
    { .frame = 0.5f, .soft = 0.2f },
};
RUN (prior)
{
    for (int k = 0; k < 3; k++)
        kernels->prior (out_of (rows, k, at), in_of (rows, 8), in_of (rows, 1), &windows[k], n);
}

TRUTH (prior)
{
    double away = 0.5 - in_of (rows, 8)[i], unsure = 0.3 / (0.3 + in_of (rows, 1)[i]), x, part;

    if (k == 1)
        return away >= -0.5 && away < 0.5 ? 1 : 1e-6;
    if (k == 2) {
        x = MAX (fabs (away) - 0.5, 0) / 0.2;
        return MAX (1 / ((1 + x * x) * (1 + x * x)), 1e-6);
    }
    x = away / (0.6 + 2 * unsure * unsure);
    part = MAX (1 - x * x, 0);
    return MAX (part * part, 1e-4);
}

RUN (blending)
{
    memcpy (out_of (rows, 0, at), in_of (rows, 0), (size_t) n * sizeof (float));
    kernels->accumulate (out_of (rows, 0, at), in_of (rows, 1), in_of (rows, 2), n);
    memcpy (out_of (rows, 1, at), in_of (rows, 0), (size_t) n * sizeof (float));
    kernels->raise (out_of (rows, 1, at), in_of (rows, 1), n);
    memcpy (out_of (rows, 2, at), in_of (rows, 0), (size_t) n * sizeof (float));
    kernels->guide (out_of (rows, 2, at), in_of (rows, 1), in_of (rows, 2), in_of (rows, 3), n);
    memcpy (out_of (rows, 3, at), in_of (rows, 0), (size_t) n * sizeof (float));
    memcpy (out_of (rows, 4, at), in_of (rows, 1), (size_t) n * sizeof (float));
    kernels->widen (out_of (rows, 3, at), out_of (rows, 4, at), in_of (rows, 2), in_of (rows, 3),
                    n);
    memcpy (out_of (rows, 5, at), in_of (rows, 2), (size_t) n * sizeof (float));
    kernels->limit (out_of (rows, 5, at), in_of (rows, 0), in_of (rows, 1), in_of (rows, 9), n);
}

TRUTH (blending)
{
    double a = in_of (rows, 0)[i], b = in_of (rows, 1)[i], c = in_of (rows, 2)[i];
    double d = in_of (rows, 3)[i];

    switch (k) {
    case 0:
        return a + b * c;
    case 1:
        return MAX (a, b);
    case 2:
        return c > d ? b : a;
    case 3:
        return d >= 0.3f ? MIN (a, c) : a;
    case 4:
        return d >= 0.3f ? MAX (b, c) : b;
    }
    return in_of (rows, 9)[i] <= 0 ? 0 : a <= b ? MIN (MAX (c, a), b) : c;
}

/* Six frames and what comes after the last; the curve of pixel i is in_of (0 .. 5)[i]. */
enum { N_FRAMES = 6 };

RUN (track)
{
    HfDepthTrack track = { out_of (rows, 0, at), out_of (rows, 1, at), out_of (rows, 2, at),
                           out_of (rows, 3, at), out_of (rows, 4, at), out_of (rows, 5, at),
                           out_of (rows, 6, at), out_of (rows, 7, at), out_of (rows, 8, at),
                           out_of (rows, 9, at), out_of (rows, 10, at) };
    float end[WIDEST];

    for (int k = 0; k < N_OUT; k++)
        for (int i = 0; i < n; i++)
            out_of (rows, k, at)[i] = k == 2 ? 0 : -1;
    for (int i = 0; i < n; i++)
        end[i] = -1;
    for (int f = 0; f < N_FRAMES; f++)
        kernels->track (&track, in_of (rows, f), (float) f, n);
    kernels->track (&track, end, N_FRAMES, n);
}

static double
curve (const Rows *rows, int i, int f)
{
    return f < 0 || f >= N_FRAMES ? -1 : in_of (rows, f)[i];
}

/* The frames of the two highest local maxima; -1: none. */
static void
find_peaks (const Rows *rows, int i, int peaks[2])
{
    peaks[0] = peaks[1] = -1;
    for (int f = 0; f < N_FRAMES; f++) {
        double here = curve (rows, i, f);

        if (here < curve (rows, i, f - 1) || here <= curve (rows, i, f + 1))
            continue;
        if (peaks[0] < 0 || here > curve (rows, i, peaks[0])) {
            peaks[1] = peaks[0];
            peaks[0] = f;
        } else if (peaks[1] < 0 || here > curve (rows, i, peaks[1])) {
            peaks[1] = f;
        }
    }
}

TRUTH (track)
{
    int peaks[2], peak;
    double sum = 0;

    find_peaks (rows, i, peaks);
    for (int f = 0; f < N_FRAMES; f++)
        sum += curve (rows, i, f);
    if (k < 3)
        return k == 0 ? -1 : k == 1 ? curve (rows, i, N_FRAMES - 1) : sum;
    peak = peaks[k >= 7];
    if (peak < 0)
        return -1;
    switch ((k - 3) % 4) {
    case 0:
        return curve (rows, i, peak);
    case 1:
        return curve (rows, i, peak - 1);
    case 2:
        return curve (rows, i, peak + 1);
    }
    return peak;
}

RUN (settle)
{
    static float index[ROOM];
    HfDepthTrack track = { .sum = (float *) in_of (rows, 3),
                           .peak = (float *) in_of (rows, 4),
                           .before = (float *) in_of (rows, 0),
                           .after = (float *) in_of (rows, 1),
                           .index = index };
    HfDepthJudge judge = { .noise = 0.01f, .n_frames = 4, .prefer = 0 };

    for (int i = 0; i < ROOM; i++)
        index[i] = (float) (i % 7);
    kernels->settle (out_of (rows, 0, at), out_of (rows, 1, at), &track, &judge, n);
}

TRUTH (settle)
{
    double peak = in_of (rows, 4)[i], rise = MAX (peak - in_of (rows, 3)[i] / 4.0, 0), a, c, top;
    double share = rise / peak, sure = rise / (rise + 0.01);

    if (k == 1)
        return MIN (MAX (share - 0.2, 0) * sure * sure * 1.7, 1);
    top = MAX (peak - 0.01, 0.1 * peak);
    a = log2 (MAX (in_of (rows, 0)[i] - 0.01, 0.02 * top) / top);
    c = log2 (MAX (in_of (rows, 1)[i] - 0.01, 0.02 * top) / top);
    return i % 7 + CLAMP ((a - c) / MIN (2 * (a + c), -1e-6), -0.5, 0.5);
}

RUN (take_sharper)
{
    float *colour[3];
    const float *row[3];

    for (int k = 0; k < 5; k++)
        memcpy (out_of (rows, k, at), in_of (rows, k), (size_t) n * sizeof (float));
    for (int c = 0; c < 3; c++) {
        colour[c] = out_of (rows, 1 + c, at);
        row[c] = in_of (rows, 5 + c);
    }
    kernels->take_sharper (out_of (rows, 0, at), colour, out_of (rows, 4, at), in_of (rows, 10),
                           row, in_of (rows, 9), 3, n);
}

TRUTH (take_sharper)
{
    double best = in_of (rows, 0)[i], energy = in_of (rows, 10)[i];

    if (k == 0)
        return MAX (best, energy);
    if (k == 4)
        return MAX (in_of (rows, 4)[i], in_of (rows, 9)[i]);
    return in_of (rows, energy > best ? 4 + k : k)[i];
}

#define CASE(name, n_out, samples, tolerance)                                                      \
    {                                                                                              \
#name, run_##name, n_out, samples, true_##name, tolerance                                  \
    }

static const Case cases[] = {
    CASE (convolve_columns, 1, 1, 1e-6),
    CASE (convolve_row, 1, 1, 1e-6),
    CASE (least, 2, 1, 0),
    CASE (slopes, 6, 1, 1e-6),
    CASE (products, 4, 1, 1e-6),
    CASE (smooth, 1, 1, 1e-6),
    CASE (reduce_row, 1, 1, 1e-6),
    CASE (expand_row, 1, 2, 1e-6),
    CASE (add_expanded, 2, 1, 1e-6),
    CASE (weigh, 2, 1, 3e-6),
    CASE (prior, 3, 1, 2e-6),
    CASE (blending, 6, 1, 1e-6),
    CASE (track, 11, 1, 1e-6),
    CASE (settle, 2, 1, 2e-5),
    CASE (take_sharper, 5, 1, 0),
};

/* 0..1; row 8 from -1, row 9 a validity with many zeros and ones, row 4 above all others. */
static void
fill (Rows *rows, GRand *random)
{
    for (int k = 0; k < N_IN; k++)
        for (int i = 0; i < ROOM; i++) {
            double value = g_rand_double (random);

            if (k == 8)
                value = 2 * value - 1;
            if (k == 9)
                value = CLAMP (3 * value - 1, 0, 1);
            rows->in[k][i] = (float) value;
        }
    memset (rows->out, GUARD, sizeof rows->out);
}

static bool
guarded (const Rows *rows, int k, int first, int last)
{
    for (int i = 0; i < ROOM; i++) {
        const unsigned char *bytes = (const unsigned char *) &rows->out[k][i];

        for (size_t j = 0; (i < first || i >= last) && j < sizeof (float); j++)
            if (bytes[j] != GUARD)
                return false;
    }
    return true;
}

static void
check_truth (const Case *test, Rows *rows, int at, int n)
{
    for (int k = 0; k < test->n_out; k++)
        for (int i = 0; i < n * test->samples; i++) {
            double truth = test->truth (rows, at, k, i, NULL), found = out_of (rows, k, at)[i];

            if (!(fabs (found - truth) <= test->tolerance * MAX (1, fabs (truth))))
                g_error ("%s, output %d, sample %d of %d: %.9g, not %.9g", test->name, k, i, n,
                         found, truth);
        }
}

static void
check_kernel (gconstpointer data)
{
    const Case *test = data;
    guint32 seed = g_random_int ();
    GRand *random = g_rand_new_with_seed (seed);
    Rows *first = g_new (Rows, 1), *rows = g_new (Rows, 1);

    g_test_message ("seed %u", seed);
    for (int n = 1; n <= WIDEST; n++) {
        int at = n % 5;

        fill (first, random);
        memcpy (rows, first, sizeof *rows);
        test->run (hf_kernels_level (0)->depth, first, at, n);
        check_truth (test, first, at, n);
        for (int k = 0; k < N_OUT; k++)
            g_assert_true (guarded (first, k, BEFORE + at,
                                    k < test->n_out ? BEFORE + at + n * test->samples : 0) ||
                           (k >= test->n_out && guarded (first, k, 0, 0)));
        for (int level = 1; hf_kernels_level (level); level++) {
            Rows *other = g_memdup2 (rows, sizeof *rows);

            test->run (hf_kernels_level (level)->depth, other, at, n);
            g_assert_cmpint (memcmp (other->out, first->out, sizeof other->out), ==, 0);
            g_free (other);
        }
    }
    g_rand_free (random);
    g_free (first);
    g_free (rows);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        char *path = g_strdup_printf ("/depth-kernels/%s", cases[i].name);

        g_test_add_data_func (path, &cases[i], check_kernel);
        g_free (path);
    }
    return g_test_run ();
}
