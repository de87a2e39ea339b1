/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inner loops alone, on rows that stay in cache, at every CPU level that this processor runs. */
#include "bench.h"
#include "timing.h"

#include "kernels/kernels.h"

#include <hyperfocal/option.h>

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 2048, MARGIN = 64, REPEATS = 2000, MAX_RUNS = 1000, MAX_LEVELS = 4 };

/* Rows of all the kinds that kernels take, filled with numbers that are not all alike. */
typedef struct Rows {
    const HfKernels *kernels;
    float *in[9], *out[4];
    void *kept[6];
    uint8_t *bytes;
} Rows;

static float *
new_row (int seed)
{
    float *row = aligned_alloc (64, sizeof (float) * (2 * N + 2 * MARGIN));

    for (int i = 0; i < 2 * N + 2 * MARGIN; i++)
        row[i] = 0.5f + 0.4f * sinf (0.1f * (float) i + (float) seed);
    return row;
}

static void
init_rows (Rows *rows)
{
    for (guint i = 0; i < G_N_ELEMENTS (rows->in); i++)
        rows->in[i] = new_row ((int) i);
    for (guint i = 0; i < G_N_ELEMENTS (rows->out); i++)
        rows->out[i] = new_row (0);
    for (guint i = 0; i < G_N_ELEMENTS (rows->kept); i++)
        rows->kept[i] = g_malloc0 (sizeof (float) * N);
    rows->bytes = g_malloc (4 * N);
    for (int i = 0; i < 4 * N; i++)
        rows->bytes[i] = (uint8_t) (i * 37);
}

static void
clear_rows (Rows *rows)
{
    for (guint i = 0; i < G_N_ELEMENTS (rows->in); i++)
        free (rows->in[i]);
    for (guint i = 0; i < G_N_ELEMENTS (rows->out); i++)
        free (rows->out[i]);
    for (guint i = 0; i < G_N_ELEMENTS (rows->kept); i++)
        g_free (rows->kept[i]);
    g_free (rows->bytes);
}

static void
band_read (Rows *rows)
{
    rows->kernels->band->read_u8 (rows->bytes, 3, N, rows->out);
}

static void
band_write (Rows *rows)
{
    rows->kernels->band->write_u8 ((const float *const *) rows->in, 3, N, rows->bytes);
}

static void
warp_rows (Rows *rows, int interpolation)
{
    HfWarpAlongRow work = { .slope = (int64_t) (1.004 * 0x1p40),
                            .start = (int64_t) (0.3 * 0x1p40),
                            .n = N - 128,
                            .origin = -MARGIN,
                            .n_planes = 3 };

    for (int p = 0; p < 3; p++) {
        work.rows[p] = rows->in[p];
        work.out[p] = rows->out[p];
    }
    rows->kernels->warp->along_row[interpolation](&work);
}

static void
warp_bicubic (Rows *rows)
{
    warp_rows (rows, HF_INTERPOLATION_BICUBIC);
}

static void
warp_lanczos_4 (Rows *rows)
{
    warp_rows (rows, HF_INTERPOLATION_LANCZOS_4);
}

static void
warp_optimal (Rows *rows)
{
    warp_rows (rows, HF_INTERPOLATION_OPTIMAL);
}

static void
warp_lanczos_6 (Rows *rows)
{
    warp_rows (rows, HF_INTERPOLATION_LANCZOS_6);
}

static const HfPyramidTaps taps = { 0.0625f, 0.375f };

static void
pyramid_smooth (Rows *rows)
{
    rows->kernels->pyramid->smooth_columns (rows->out[0], (const float *const *) rows->in, N);
}

static void
pyramid_reduce (Rows *rows)
{
    rows->kernels->pyramid->reduce_row (rows->out[0], rows->in[0] + MARGIN, taps, N);
}

static void
pyramid_bands (Rows *rows)
{
    HfPyramidBands bands = { .n_colours = 3, .near = { 0.125f, 0.75f, 0.125f } };

    for (int c = 0; c < 3; c++) {
        bands.picture[c] = rows->kept[c];
        bands.above[c] = rows->in[c];
        bands.middle[c] = rows->in[c + 1];
        bands.below[c] = rows->in[c + 2];
        bands.band[c] = rows->out[c];
    }
    bands.energy = rows->out[3];
    rows->kernels->pyramid->compact.bands (&bands, N);
}

static void
pyramid_choose (Rows *rows)
{
    float *const *in = rows->in;
    HfPyramidChoice choice = { .n_colours = 3,
                               .own = in[0],
                               .soft = { in[1], in[2], in[3] },
                               .wide = { in[4], in[5] },
                               .lead = { in[6], in[7] },
                               .band = { in[0], in[1], in[2] },
                               .noise = 1e-4f,
                               .wide_share = 0.5f,
                               .sharpness = rows->out[0],
                               .weight = rows->kept[3],
                               .reference = rows->kept[4],
                               .mean = { rows->kept[0], rows->kept[1], rows->kept[2] } };

    rows->kernels->pyramid->compact.choose (&choice, N);
}

static void
align_smooth (Rows *rows)
{
    rows->kernels->align->smooth_columns (rows->out[0], (const float *const *) rows->in, N);
}

static void
align_cubic (Rows *rows)
{
    rows->kernels->align->cubic_row (rows->out[0], rows->in[0], N, 0.25f, 1e-4f);
}

static const struct {
    const char *name;
    void (*run) (Rows *rows);
} kernels[] = {
    { "band read, RGB 8 bit", band_read },
    { "band write, RGB 8 bit", band_write },
    { "warp along a row, RGB, bicubic", warp_bicubic },
    { "warp along a row, RGB, lanczos-4", warp_lanczos_4 },
    { "warp along a row, RGB, lanczos-6", warp_lanczos_6 },
    { "warp along a row, RGB, optimal", warp_optimal },
    { "pyramid, smooth columns", pyramid_smooth },
    { "pyramid, reduce a row", pyramid_reduce },
    { "pyramid, bands of RGB", pyramid_bands },
    { "pyramid, choice of RGB", pyramid_choose },
    { "align, smooth columns", align_smooth },
    { "align, cubic along a row", align_cubic },
};

static double
nanoseconds (Rows *rows, void (*run) (Rows *rows), int runs)
{
    double values[MAX_RUNS];

    for (int i = 0; i < runs; i++) {
        double start = now ();

        for (int j = 0; j < REPEATS; j++)
            run (rows);
        values[i] = (now () - start) * 1e9 / ((double) REPEATS * N);
    }
    return median (values, runs);
}

int
bench_kernels (int argc, char **argv)
{
    BenchOptions options = bench_options (&argc, argv);
    Rows rows;

    init_rows (&rows);
    printf ("%-36s", "ns a pixel");
    for (int level = 0; hf_kernels_level (level); level++)
        printf ("%8s", hf_kernels_level (level)->level);
    printf ("   median of %d runs\n", options.runs);
    for (guint i = 0; i < G_N_ELEMENTS (kernels); i++) {
        printf ("%-36s", kernels[i].name);
        for (int level = 0; level < MAX_LEVELS && hf_kernels_level (level); level++) {
            rows.kernels = hf_kernels_level (level);
            printf ("%8.2f", nanoseconds (&rows, kernels[i].run, options.runs));
        }
        printf ("\n");
    }
    clear_rows (&rows);
    return 0;
}
