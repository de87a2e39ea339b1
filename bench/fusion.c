/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pyramid fusion by its stages: time, processor time, and what share of the machine's memory
 * bandwidth the planes that must pass through memory reach. The bandwidth is measured in the same
 * call, with the same threads, by copying a block that no cache holds. What must pass: every plane
 * that a stage reads or writes counts once for reading, once for writing; what stays in a cache is
 * not counted, nor is the reading of lines that are only written.
 */
#include "bench.h"
#include "timing.h"

#include "fuse/pyramid.h"

#include <hyperfocal/files.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { COPY_BYTES = 256 << 20, COPY_CHUNK = 1 << 20, MOST_FRAMES = 4, MAX_RUNS = 1000 };

typedef struct Fusion {
    HfImage *images[MOST_FRAMES];
    int n_images;
    HfPool *pool;
    HfPyramid *pyramid;
    int runs;
    char *block;      /* 2 × COPY_BYTES */
    double bandwidth; /* bytes a second, read and written */
} Fusion;

static double
processor_time (void)
{
    struct timespec time;

    clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void
copy_chunk (void *data, int chunk, int worker)
{
    char *block = data;
    size_t at = (size_t) chunk * COPY_CHUNK;

    memcpy (block + COPY_BYTES + at, block + at, COPY_CHUNK);
}

static void
copy_all (Fusion *fusion, int run)
{
    hf_pool_for (fusion->pool, COPY_BYTES / COPY_CHUNK, copy_chunk, fusion->block);
}

static void
read_frame (void *data, HfBand *band, int worker)
{
    hf_band_read (band, data);
}

static void
take (Fusion *fusion, int run)
{
    HfBandReader reader = { read_frame, fusion->images[run % fusion->n_images] };

    hf_pyramid_take (fusion->pyramid, &reader, NULL, NULL);
}

static void
reduce (Fusion *fusion, int run)
{
    hf_pyramid_reduce (fusion->pyramid, NULL, NULL);
}

static void
select_all (Fusion *fusion, int run)
{
    hf_pyramid_select (fusion->pyramid, NULL, NULL);
}

typedef struct Stage {
    const char *name;
    void (*run) (Fusion *fusion, int run);
    double seconds[MAX_RUNS], processor[MAX_RUNS];
} Stage;

static void
run_stage (Fusion *fusion, Stage *stage, int run)
{
    double wall = now (), processor = processor_time ();

    stage->run (fusion, run);
    stage->seconds[run] = now () - wall;
    stage->processor[run] = processor_time () - processor;
}

static double
pixels_of (const HfPyramid *pyramid, int first)
{
    double pixels = 0;

    for (int i = first; i <= pyramid->n_levels; i++)
        pixels += (double) pyramid->levels[i].width * pyramid->levels[i].height;
    return pixels;
}

/* Bytes that a stage moves, as said above. */
static double
bytes_of (const Fusion *fusion, int stage)
{
    const HfPyramid *pyramid = fusion->pyramid;
    const HfPyramidStore *store = pyramid->store;
    double whole = (double) pyramid->levels[0].width * pyramid->levels[0].height;
    double all = pixels_of (pyramid, 0), coarse = pixels_of (pyramid, 1);
    double n = pyramid->n_colours, colour = n * store->colour_bytes;

    switch (stage) {
    case 0: /* the frame, level 0, the range */
        return whole * ((double) hf_format_bytes (fusion->images[0]->format) + colour +
                        4 * n * store->range_bytes);
    case 1: /* each level once, and the coarser one */
        return all * colour + coarse * colour;
    default: /* pictures, means, weights, sharpness */
        return all * (3 * colour + 4 * store->weight_bytes) + coarse * 2 * sizeof (float);
    }
}

static void
print_stage (const Fusion *fusion, Stage *stage, double bytes)
{
    double seconds = median (stage->seconds, fusion->runs);
    double processor = median (stage->processor, fusion->runs);

    printf ("  %-10s %8.1f ms %8.1f ms of processors %8.2f GB %6.1f GB/s %4.0f %%\n", stage->name,
            seconds * 1e3, processor * 1e3, bytes / 1e9, bytes / 1e9 / seconds,
            100 * bytes / seconds / fusion->bandwidth);
}

static bool
drop_rows (void *data, const HfBand *band, GError **error)
{
    return true;
}

static void
finish (Fusion *fusion, int run)
{
    HfBandWriter writer = { drop_rows, NULL };

    hf_pyramid_collapse (fusion->pyramid, &writer, NULL, NULL);
}

static void
time_stages (Fusion *fusion)
{
    Stage copying = { "copy", copy_all }, finishing = { "finish", finish };
    Stage stages[] = { { "take", take }, { "reduce", reduce }, { "select", select_all } };
    Stage add = { "add" };
    double all = 0;

    for (int i = 0; i < fusion->runs; i++)
        run_stage (fusion, &copying, i);
    fusion->bandwidth = 2.0 * COPY_BYTES / median (copying.seconds, fusion->runs);
    print_stage (fusion, &copying, 2.0 * COPY_BYTES);
    for (int s = 0; s < 3; s++) /* pages and caches warm */
        stages[s].run (fusion, 0);
    for (int i = 0; i < fusion->runs; i++) {
        for (int s = 0; s < 3; s++) {
            run_stage (fusion, &stages[s], i);
            add.seconds[i] += stages[s].seconds[i];
            add.processor[i] += stages[s].processor[i];
        }
        run_stage (fusion, &finishing, i);
    }
    for (int s = 0; s < 3; s++) {
        print_stage (fusion, &stages[s], bytes_of (fusion, s));
        all += bytes_of (fusion, s);
    }
    print_stage (fusion, &add, all);
    print_stage (fusion, &finishing, pixels_of (fusion->pyramid, 0) * 24);
}

static bool
start (Fusion *fusion, const HfFuseOptions *options)
{
    const HfImage *image = fusion->images[0];
    HfFuserSetup setup = { .options = options,
                           .width = image->width,
                           .height = image->height,
                           .n_colours = hf_format_n_colours (image->format),
                           .precision = image->format.type,
                           .noise = { 0.01, 0.01, 0.01 },
                           .pool = fusion->pool };

    fusion->block = hf_pixels_new (NULL, 2 * (size_t) COPY_BYTES, "the bench", NULL);
    memset (fusion->block, 1, 2 * (size_t) COPY_BYTES);
    fusion->pyramid = hf_pyramid_fuser.begin (&setup, NULL);
    printf ("%d × %d, %d threads, state of %.0f MB, median of %d runs\n", image->width,
            image->height, hf_pool_n_threads (fusion->pool),
            (double) hf_fuser_memory (&setup) / 1e6, fusion->runs);
    return fusion->pyramid != NULL;
}

static bool
read_frames (Fusion *fusion, char **names)
{
    GError *error = NULL;
    HfSource *source = hf_files_source_new ((const char *const *) names, &error);

    for (int i = 0; source && i < MIN (MOST_FRAMES, source->n_frames) && !error; i++) {
        fusion->images[i] = hf_source_read (source, i, 1, NULL, &error);
        fusion->n_images += fusion->images[i] != NULL;
    }
    if (error)
        fprintf (stderr, "hf-bench: %s\n", error->message);
    hf_source_free (source);
    g_clear_error (&error);
    return fusion->n_images > 0;
}

int
bench_fusion (int argc, char **argv)
{
    BenchOptions options = bench_options (&argc, argv);
    char **frames = bench_frames (argc, argv);
    Fusion fusion = { .runs = options.runs };
    HfFuseOptions fuse;
    bool good = frames && read_frames (&fusion, frames);

    hf_options_init (&hf_fuse_table, &fuse);
    if (good) {
        fusion.pool = hf_pool_new (options.threads, NULL);
        good = start (&fusion, &fuse);
        if (good)
            time_stages (&fusion);
        hf_pyramid_fuser.end (fusion.pyramid);
        hf_pool_free (fusion.pool);
        hf_pixels_free (fusion.block);
    }
    for (int i = 0; i < fusion.n_images; i++)
        hf_image_free (fusion.images[i]);
    hf_options_clear (&hf_fuse_table, &fuse);
    g_strfreev (frames);
    return good ? 0 : 1;
}
