/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernels of denoising and sharpening at every CPU level: against plain sums in double at
 * widths 1 … 67, to the bit between levels, with guards around what they may write.
 */
#include "kernels/kernels.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MOST = 67, ROOM = 128, ROWS = 9, GUARD = 8 };

static const float guard = 42;

/* Random rows with room on both sides, and outputs with guards. */
typedef struct Data {
    float rows[4][ROWS][ROOM];
    const float *row[4][ROWS];
    float out[2][ROOM];
} Data;

static void
fill (Data *data, GRand *random)
{
    for (int set = 0; set < 4; set++)
        for (int j = 0; j < ROWS; j++) {
            for (int i = 0; i < ROOM; i++)
                data->rows[set][j][i] = (float) g_rand_double (random);
            data->row[set][j] = data->rows[set][j] + 1; /* any alignment */
        }
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < ROOM; i++)
            data->out[k][i] = guard;
}

static float *
output (Data *data, int k)
{
    return data->out[k] + GUARD;
}

static void
check_guards (const Data *data, int n)
{
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < ROOM; i++)
            if (i < GUARD || i >= GUARD + n)
                g_assert_cmpfloat (data->out[k][i], ==, guard);
}

static void
check_row (const float *got, const double *expected, int n)
{
    for (int i = 0; i < n; i++)
        g_assert_cmpfloat (fabs (got[i] - expected[i]), <=, 2e-6 * (1 + fabs (expected[i])));
}

/* ---- one kernel each: the call, and the same in double ---- */

typedef void (*Call) (const HfFinishKernels *kernels, Data *data, int n);
typedef void (*Plain) (const Data *data, int n, double *out);

static void
call_difference (const HfFinishKernels *kernels, Data *data, int n)
{
    kernels->difference (data->row[0], data->row[1], 3, n, output (data, 0));
}

static void
plain_difference (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++)
            out[i] += pow ((double) data->row[0][c][i] - data->row[1][c][i], 2);
}

static void
call_difference_grey (const HfFinishKernels *kernels, Data *data, int n)
{
    kernels->difference (data->row[0], data->row[1], 1, n, output (data, 0));
}

static void
plain_difference_grey (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = pow ((double) data->row[0][0][i] - data->row[1][0][i], 2);
}

static void
call_multiply (const HfFinishKernels *kernels, Data *data, int n)
{
    kernels->multiply (data->row[0][0], data->row[0][1], n, output (data, 0));
}

static void
plain_multiply (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = (double) data->row[0][0][i] * data->row[0][1][i];
}

static const float weigh_scale = 1.9f;

static void
call_weigh_valid (const HfFinishKernels *kernels, Data *data, int n)
{
    HfDenoiseRow row = { data->row[0],
                         data->row[1],
                         data->row[2][0],
                         data->row[2][1],
                         data->row[2][2],
                         weigh_scale,
                         n };

    kernels->weigh (&row, output (data, 0));
}

static double
plain_weight (const Data *data, int i, bool pairs)
{
    double distance = 0, share = 0, t;

    for (int j = 0; j < HF_DENOISE_PATCH; j++)
        for (int k = 0; k < HF_DENOISE_PATCH; k++) {
            distance += data->row[0][j][i + k];
            share += pairs ? data->row[1][j][i + k] : 1;
        }
    t = 2 - distance / share * weigh_scale / ((double) data->row[2][0][i] + data->row[2][1][i]);
    return pow (CLAMP (t, 0, 1), 2) * (pairs ? data->row[2][2][i] : 1);
}

static void
plain_weigh_valid (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = plain_weight (data, i, true);
}

static void
call_weigh (const HfFinishKernels *kernels, Data *data, int n)
{
    HfDenoiseRow row = {
        data->row[0], NULL, data->row[2][0], data->row[2][1], NULL, weigh_scale, n
    };

    kernels->weigh (&row, output (data, 0));
}

static void
plain_weigh (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = plain_weight (data, i, false);
}

static void
call_gather (const HfFinishKernels *kernels, Data *data, int n)
{
    float *sums[3] = { data->rows[3][0], data->rows[3][1], output (data, 0) };

    memset (sums[2], 0, (size_t) n * sizeof (float));
    memset (output (data, 1), 0, (size_t) n * sizeof (float));
    kernels->gather (data->row[2][0], data->row[0], data->row[1], 3, n, sums, output (data, 1));
    for (int i = 0; i < n; i++)
        g_assert_cmpfloat (output (data, 1)[i], ==, data->row[2][0][i]);
}

static void
plain_gather (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = data->row[2][0][i] * ((double) data->row[1][2][i] - data->row[0][2][i]);
}

static void
call_settle (const HfFinishKernels *kernels, Data *data, int n)
{
    for (int i = 0; i < n + 1; i++)
        data->rows[0][2][i] += 1;
    kernels->settle (data->row[0][0], data->row[0][1], data->row[0][2], 0.75f, n, output (data, 0));
}

static void
plain_settle (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = data->row[0][0][i] + 0.75 * data->row[0][1][i] / data->row[0][2][i];
}

static void
call_detail (const HfFinishKernels *kernels, Data *data, int n)
{
    memset (output (data, 0), 0, (size_t) n * sizeof (float));
    kernels->detail (data->row[0], n, output (data, 0));
}

static void
plain_detail (const Data *data, int n, double *out)
{
    static const double filter[3] = { 1, -2, 1 };

    for (int i = 0; i < n; i++) {
        for (int k = 0; k < 9; k++)
            out[i] += filter[k / 3] * filter[k % 3] * data->row[0][k / 3][i + k % 3];
        out[i] *= out[i] / 36;
    }
}

static void
call_whole (const HfFinishKernels *kernels, Data *data, int n)
{
    kernels->whole (data->row[0], n, output (data, 0));
}

static void
plain_whole (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++) {
        out[i] = 1;
        for (int k = 0; k < 9; k++)
            out[i] *= data->row[0][k / 3][i + k % 3];
    }
}

static void
call_calm (const HfFinishKernels *kernels, Data *data, int n)
{
    kernels->calm (data->row[0], data->row[1], n, 1.5f, 0.74f, output (data, 0));
}

static double
plain_calm_at (const Data *data, int i, bool weighted)
{
    double sum = 0, share = 0;

    for (int j = 0; j < HF_DENOISE_CALM; j++)
        for (int k = 0; k < HF_DENOISE_CALM; k++) {
            double weight = weighted ? data->row[1][j][i + k] : 1;

            sum += data->row[0][j][i + k] * weight;
            share += weight;
        }
    return CLAMP (1.5 * sum / share, (double) 0.74f, 1);
}

static void
plain_calm (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = plain_calm_at (data, i, true);
}

static void
call_calm_opaque (const HfFinishKernels *kernels, Data *data, int n)
{
    kernels->calm (data->row[0], NULL, n, 1.5f, 0.74f, output (data, 0));
}

static void
plain_calm_opaque (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        out[i] = plain_calm_at (data, i, false);
}

static const float blur_weights[5] = { 0.3f, 0.2f, 0.1f, 0.04f, 0.01f };

static void
call_blur_rows (const HfFinishKernels *kernels, Data *data, int n)
{
    kernels->blur_rows (data->row[0], blur_weights, 4, n, output (data, 0));
}

static void
plain_blur_rows (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        for (int k = -4; k <= 4; k++)
            out[i] += (double) blur_weights[ABS (k)] * data->row[0][4 + k][i];
}

static void
call_blur_row (const HfFinishKernels *kernels, Data *data, int n)
{
    kernels->blur_row (data->row[0][0], blur_weights, 4, n, output (data, 0));
}

static void
plain_blur_row (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++)
        for (int k = -4; k <= 4; k++)
            out[i] += (double) blur_weights[ABS (k)] * data->row[0][0][i + 4 + k];
}

static void
call_sharpen (const HfFinishKernels *kernels, Data *data, int n)
{
    for (int i = 0; i < n; i += 5)
        data->rows[0][2][i + 1] = 0;
    kernels->sharpen (data->row[0][0], data->row[0][1], data->row[0][2], 1.5f, 0.25f, n,
                      output (data, 0));
}

static void
plain_sharpen (const Data *data, int n, double *out)
{
    for (int i = 0; i < n; i++) {
        double in = data->row[0][0][i], share = data->row[0][2][i];
        double d = share > 0 ? in - data->row[0][1][i] / share : 0;

        out[i] = in + 1.5 * (d > 0.25 ? d - 0.25 : d < -0.25 ? d + 0.25 : 0);
    }
}

static const struct {
    const char *name;
    Call call;
    Plain plain;
} kernels_of_finish[] = {
    { "difference", call_difference, plain_difference },
    { "difference-grey", call_difference_grey, plain_difference_grey },
    { "multiply", call_multiply, plain_multiply },
    { "weigh", call_weigh, plain_weigh },
    { "weigh-valid", call_weigh_valid, plain_weigh_valid },
    { "gather", call_gather, plain_gather },
    { "settle", call_settle, plain_settle },
    { "detail", call_detail, plain_detail },
    { "whole", call_whole, plain_whole },
    { "calm", call_calm, plain_calm },
    { "calm-opaque", call_calm_opaque, plain_calm_opaque },
    { "blur-rows", call_blur_rows, plain_blur_rows },
    { "blur-row", call_blur_row, plain_blur_row },
    { "sharpen", call_sharpen, plain_sharpen },
};

static void
matches_plain (gconstpointer number)
{
    Call call = kernels_of_finish[GPOINTER_TO_INT (number)].call;
    Plain plain = kernels_of_finish[GPOINTER_TO_INT (number)].plain;
    guint32 seed = g_random_int ();

    g_test_message ("seed %u", seed);
    for (int n = 1; n <= MOST; n++) {
        float first[MOST];

        for (int level = 0; hf_kernels_level (level); level++) {
            GRand *random = g_rand_new_with_seed (seed + (guint32) n);
            double expected[MOST] = { 0 };
            Data data;

            fill (&data, random);
            call (hf_kernels_level (level)->finish, &data, n);
            plain (&data, n, expected);
            check_row (output (&data, 0), expected, n);
            if (level == 0)
                memcpy (first, output (&data, 0), sizeof first);
            g_assert_cmpmem (first, (size_t) n * sizeof (float), output (&data, 0),
                             (size_t) n * sizeof (float));
            check_guards (&data, n);
            g_rand_free (random);
        }
    }
}

/* A patch without a valid pair weighs nothing, a neighbourhood without any is as noisy as a frame.
 */
static void
nothing_valid (void)
{
    for (int level = 0; hf_kernels_level (level); level++) {
        const HfFinishKernels *kernels = hf_kernels_level (level)->finish;
        GRand *random = g_rand_new_with_seed (7);
        Data data;
        HfDenoiseRow row = {
            data.row[0], data.row[1], data.row[2][0], data.row[2][1], data.row[2][2], 1, MOST
        };

        fill (&data, random);
        memset (data.rows[1], 0, sizeof data.rows[1]);
        row.noise = data.row[2][0], row.other_noise = data.row[2][1];
        row.other_validity = data.row[2][2];
        kernels->weigh (&row, output (&data, 0));
        for (int i = 0; i < MOST; i++)
            g_assert_cmpfloat (output (&data, 0)[i], ==, 0);
        kernels->calm (data.row[0], data.row[1], MOST, 1, 0, output (&data, 0));
        for (int i = 0; i < MOST; i++)
            g_assert_cmpfloat (output (&data, 0)[i], ==, 1);
        g_rand_free (random);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (kernels_of_finish); i++) {
        char *path = g_strdup_printf ("/finish-kernels/%s", kernels_of_finish[i].name);

        g_test_add_data_func (path, GINT_TO_POINTER (i), matches_plain);
        g_free (path);
    }
    g_test_add_func ("/finish-kernels/nothing-valid", nothing_valid);
    return g_test_run ();
}
