/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one frame costs in each step, with all threads and memory warm. */
#include "bench.h"
#include "timing.h"

#include "pipeline/chain.h"
#include "pipeline/run.h"

#include <hyperfocal/files.h>
#include <hyperfocal/noise.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TILE_WIDTH = 512, TILE_HEIGHT = 128, MAX_RUNS = 1000 };

typedef struct Steps {
    HfSource *source;
    HfImage *image;
    HfPool *pool;
    int runs;
    double megapixels;
    HfRecord record;
    HfStackOptions options;
    int reduction;
    HfFuser *fuser;
    float *tiles; /* one a worker */
} Steps;

static void
print_step (const Steps *steps, const char *name, double *seconds, double *busy)
{
    double middle = median (seconds, steps->runs);

    printf ("  %-34s %8.1f ms %8.1f ms of processors %8.0f MP/s\n", name, middle * 1e3,
            median (busy, steps->runs) * 1e3, steps->megapixels / middle);
}

static void
time_step (Steps *steps, const char *name, bool (*step) (Steps *steps))
{
    double seconds[MAX_RUNS], busy[MAX_RUNS];

    if (!step (steps)) {
        printf ("  %-34s   failed\n", name);
        return;
    }
    for (int i = 0; i < steps->runs; i++) {
        double start = now (), start_busy = processor_seconds ();

        step (steps);
        seconds[i] = now () - start;
        busy[i] = processor_seconds () - start_busy;
    }
    print_step (steps, name, seconds, busy);
}

static bool
decode (Steps *steps)
{
    HfImage *image = hf_source_read (steps->source, 0, steps->reduction, NULL, NULL);

    hf_image_free (image);
    return image != NULL;
}

static bool
measure_noise (Steps *steps)
{
    double sigma[3];

    hf_noise_measure (steps->image, steps->pool, sigma);
    return true;
}

/* Bands are asked for as the fusion does: a tile a worker, its memory warm. */
typedef struct Reading {
    HfBandReader reader;
    float *memory; /* of one tile a worker */
    size_t floats;
    int width, height, n_colours;
} Reading;

static int
n_columns (const Reading *reading)
{
    return (reading->width + TILE_WIDTH - 1) / TILE_WIDTH;
}

static void
read_tile (void *data, int chunk, int worker)
{
    Reading *reading = data;
    int x = chunk % n_columns (reading) * TILE_WIDTH, y = chunk / n_columns (reading) * TILE_HEIGHT;
    HfBand band;

    hf_band_place (&band,
                   (HfRect) { x, y, MIN (TILE_WIDTH, reading->width - x),
                              MIN (TILE_HEIGHT, reading->height - y) },
                   reading->n_colours, reading->memory + (size_t) worker * reading->floats);
    reading->reader.read (reading->reader.data, &band, worker);
}

static HfChain *
new_chain (Steps *steps)
{
    return hf_chain_new (steps->image, NULL, &steps->record, &steps->options, steps->image->width,
                         steps->image->height, steps->pool, NULL, NULL);
}

static bool
apply_chain (Steps *steps)
{
    HfChain *chain = new_chain (steps);
    Reading reading = { .width = steps->image->width,
                        .height = steps->image->height,
                        .n_colours = hf_format_n_colours (steps->image->format),
                        .memory = steps->tiles };

    if (!chain)
        return false;
    reading.reader = hf_chain_reader (chain);
    reading.floats = hf_band_floats (TILE_WIDTH, TILE_HEIGHT, reading.n_colours);
    hf_pool_for (steps->pool,
                 n_columns (&reading) * ((reading.height + TILE_HEIGHT - 1) / TILE_HEIGHT),
                 read_tile, &reading);
    hf_chain_free (chain);
    return true;
}

static bool
add_frame (Steps *steps)
{
    HfChain *chain = new_chain (steps);
    HfBandReader reader = hf_chain_reader (chain);
    bool good = hf_fuser_add (steps->fuser, &reader, NULL, NULL);

    hf_chain_free (chain);
    return good;
}

static bool
drop_rows (void *data, const HfBand *band, GError **error)
{
    return true;
}

static bool
make_fuser (Steps *steps, const HfFuseOptions *options)
{
    HfFuserSetup setup = { .options = options,
                           .width = steps->image->width,
                           .height = steps->image->height,
                           .n_colours = hf_format_n_colours (steps->image->format),
                           .precision = steps->image->format.type,
                           .noise = { 0.01, 0.01, 0.01 },
                           .pool = steps->pool };

    printf ("  %-34s %8.0f MB\n", "memory of the fusion", (double) hf_fuser_memory (&setup) / 1e6);
    steps->fuser = hf_fuser_new (&setup, NULL);
    return steps->fuser != NULL;
}

static void
time_chain (Steps *steps)
{
    HfMatrix slight = { { 1.004, -0.003, 2.3, 0.003, 1.004, -1.7, 0, 0, 1 } };
    size_t floats = hf_band_floats (TILE_WIDTH, TILE_HEIGHT, 3);

    steps->tiles = hf_pixels_new_n (NULL, (size_t) hf_pool_n_threads (steps->pool),
                                    floats * sizeof (float), "the bench", NULL);
    time_step (steps, "apply chain, no motion", apply_chain);
    steps->record.vignetting = (HfVignettingRecord) { .shape = { -0.6, 0.01 }, .applied = true };
    time_step (steps, "apply chain, vignetting", apply_chain);
    steps->record.vignetting = hf_vignetting_none ();
    steps->record.align.matrix = slight;
    steps->record.align.model = HF_TRANSFORM_RIGID;
    for (const HfChoice *choice = hf_interpolation_choices; choice->nick; choice++) {
        char *name = g_strdup_printf ("apply chain, %s", choice->nick);

        steps->options.align.interpolation = choice->value;
        time_step (steps, name, apply_chain);
        g_free (name);
    }
    steps->record.align.matrix = hf_matrix_identity ();
    hf_pixels_free (steps->tiles);
}

static void
time_fusion (Steps *steps)
{
    HfFuseOptions options;
    HfBandWriter writer = { drop_rows, NULL };

    hf_options_init (&hf_fuse_table, &options);
    if (make_fuser (steps, &options)) {
        double seconds;

        time_step (steps, "add to the fusion, no motion", add_frame);
        seconds = now ();
        hf_fuser_end_pass (steps->fuser, NULL);
        hf_fuser_finish (steps->fuser, &writer, NULL, NULL);
        seconds = now () - seconds;
        printf ("  %-34s %8.1f ms\n", "finish, once", seconds * 1e3);
    }
    hf_fuser_free (steps->fuser);
    hf_options_clear (&hf_fuse_table, &options);
}

static void
time_all (Steps *steps)
{
    printf ("%.1f MP, %d threads, median of %d runs\n", steps->megapixels,
            hf_pool_n_threads (steps->pool), steps->runs);
    for (steps->reduction = 1; steps->reduction <= 8; steps->reduction *= 2) {
        char *name = g_strdup_printf ("decode 1/%d, one thread", steps->reduction);

        time_step (steps, name, decode);
        g_free (name);
    }
    time_step (steps, "noise", measure_noise);
    if (steps->source->n_frames > 1)
        bench_estimate (steps->source, steps->pool, steps->runs);
    time_chain (steps);
    time_fusion (steps);
}

int
bench_steps (int argc, char **argv)
{
    BenchOptions options = bench_options (&argc, argv);
    char **frames = bench_frames (argc, argv);
    Steps steps = { .runs = options.runs };
    GError *error = NULL;

    if (!frames)
        return 1;
    steps.source = hf_files_source_new ((const char *const *) frames, &error);
    steps.image = steps.source ? hf_source_read (steps.source, 0, 1, NULL, &error) : NULL;
    if (steps.image) {
        steps.megapixels = steps.image->width * 1e-6 * steps.image->height;
        steps.pool = hf_pool_new (options.threads, NULL);
        hf_stack_options_init (&steps.options);
        hf_record_init (&steps.record);
        time_all (&steps);
        hf_record_clear (&steps.record);
        hf_stack_options_clear (&steps.options);
    } else {
        fprintf (stderr, "hf-bench: %s\n", error->message);
        g_clear_error (&error);
    }
    hf_pool_free (steps.pool);
    hf_image_free (steps.image);
    hf_source_free (steps.source);
    g_strfreev (frames);
    return steps.megapixels > 0 ? 0 : 1;
}
