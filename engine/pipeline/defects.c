/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Before sweep 1: the map of the sensor's defects, from a picture, from a sample of three frames
 * (first, last and middle, which differ most in focus and motion), or from all. Both sweeps
 * mend the frames by it: the reduced ones the steps look at, and the bands of the full-size ones.
 */
#include "pipeline/run.h"

#include <hyperfocal/error.h>
#include <hyperfocal/files.h>

enum {
    MOST_SAMPLES = 3,
    LEAST_FRAMES = 5 /* of a shorter stack the three are so alike that the subject's own specks pass */
};

typedef struct Samples {
    HfRun *run;
    int frames[MOST_SAMPLES];
    int n;
    HfImage *images[MOST_SAMPLES];
    GError *errors[MOST_SAMPLES];
} Samples;

/* ---- a map from a file ---- */

static bool
check_sizes (const HfRun *run, GError **error)
{
    for (int i = 0; i < run->result->n_frames; i++) {
        const HfFrameInfo *info = &run->infos[i];

        if (!hf_hot_pixel_map_fits (run->defects, info->width, info->height, info->name, error))
            return false;
    }
    return true;
}

static bool
load_map (HfRun *run, const char *path, GError **error)
{
    HfImage *image = hf_file_read (path, 1, run->budget, NULL, error);

    if (!image)
        return false;
    run->defects = hf_hot_pixel_map_from_image (image, run->budget, error);
    hf_image_free (image);
    return run->defects && check_sizes (run, error);
}

/* ---- a map from the frames ---- */

static bool
frames_are_alike (const HfRun *run)
{
    const HfFrameInfo *infos = run->infos;

    for (int i = 1; i < run->result->n_frames; i++)
        if (infos[i].width != infos[0].width || infos[i].height != infos[0].height)
            return false;
    return true;
}

/* The frames that are taken; newly allocated, n of them. */
static int *
taken_frames (const HfRun *run, int *n)
{
    int *frames = g_new (int, run->result->n_frames);

    *n = 0;
    for (int i = 0; i < run->result->n_frames; i++)
        if (run->result->records[i].taken)
            frames[(*n)++] = i;
    return frames;
}

static bool
wants_samples (const HfRun *run)
{
    const HfHotPixelOptions *options = &run->options->hot_pixels;

    return options->search == HF_HOT_PIXELS_AUTO && !*options->noise_mask && frames_are_alike (run);
}

size_t
hf_run_samples_memory (const HfRun *run)
{
    const HfFrameInfo *info = &run->infos[0];
    size_t frame = (size_t) info->width * (size_t) info->height * hf_format_bytes (info->format);

    /* an eighth of the samples' memory is more than the search takes */
    return wants_samples (run) ? MOST_SAMPLES * (frame + frame / 8) : 0;
}

/* First, last and middle of the frames that are taken. */
static void
choose_samples (Samples *samples, const HfRun *run)
{
    int n, *frames = taken_frames (run, &n);

    samples->n = n < LEAST_FRAMES ? 0 : MOST_SAMPLES;
    samples->frames[0] = frames[0];
    samples->frames[1] = frames[n - 1];
    samples->frames[2] = frames[n / 2];
    g_free (frames);
}

static void
decode_sample (void *data, int chunk, int worker)
{
    Samples *samples = data;
    HfRun *run = samples->run;

    samples->images[chunk] = hf_source_read (run->source, samples->frames[chunk], 1, run->budget,
                                             &samples->errors[chunk]);
}

static bool
decode_samples (Samples *samples, GError **error)
{
    HfRun *run = samples->run;
    GError *first = NULL;

    hf_pool_for (run->source->klass->any_thread ? run->pool : NULL, samples->n, decode_sample,
                 samples);
    for (int i = 0; i < samples->n; i++) {
        if (samples->errors[i] && !first)
            first = g_steal_pointer (&samples->errors[i]);
        g_clear_error (&samples->errors[i]);
    }
    if (first)
        g_propagate_error (error, first);
    return first == NULL;
}

static bool
look_at_samples (HfRun *run, GError **error)
{
    Samples samples = { .run = run };
    bool good;

    choose_samples (&samples, run);
    if (samples.n < 2)
        return true;
    good = decode_samples (&samples, error);
    if (good) {
        run->defects = hf_hot_pixels_sample ((const HfImage *const *) samples.images, samples.n,
                                             run->pool, run->budget, error);
        good = run->defects != NULL;
    }
    for (int i = 0; i < samples.n; i++)
        hf_image_free (samples.images[i]);
    return good;
}

static bool
look_at_all (HfRun *run, GError **error)
{
    HfNoiseMapOptions options;
    const char *plots = run->options->output.plots;
    char *plot = *plots ? g_build_filename (plots, "hot-pixels.svg", NULL) : NULL;

    hf_options_init (&hf_noise_map_table, &options);
    run->defects = hf_hot_pixels_find (&run->source, 1, &options, plot, run->pool, run->budget,
                                       run->monitor, error);
    hf_options_clear (&hf_noise_map_table, &options);
    g_free (plot);
    return run->defects != NULL;
}

static bool
make_map (HfRun *run, GError **error)
{
    const HfHotPixelOptions *options = &run->options->hot_pixels;

    if (options->search == HF_HOT_PIXELS_OFF)
        return true;
    if (*options->noise_mask)
        return load_map (run, options->noise_mask, error);
    if (!frames_are_alike (run))
        return true; /* pieces of pictures: a place is no longer a pixel of the sensor */
    return options->search == HF_HOT_PIXELS_ALL ? look_at_all (run, error)
                                                : look_at_samples (run, error);
}

bool
hf_run_find_defects (HfRun *run, GError **error)
{
    if (!make_map (run, error) || !hf_monitor_check (run->monitor, 1, error))
        return false;
    run->result->n_defects = hf_hot_pixel_map_count (run->defects, -1);
    if (run->result->n_defects == 0)
        g_clear_pointer (&run->defects, hf_hot_pixel_map_free);
    if (!run->defects || run->reduction == 1)
        return true;
    run->reduced_defects =
        hf_hot_pixel_map_reduce (run->defects, run->reduction, run->budget, error);
    return run->reduced_defects != NULL;
}

void
hf_run_mend_reduced (const HfRun *run, HfImage *image)
{
    const HfHotPixelMap *map = run->reduction == 1 ? run->defects : run->reduced_defects;

    if (map)
        hf_hot_pixels_mend_image (map, &run->options->hot_pixels, image);
}
