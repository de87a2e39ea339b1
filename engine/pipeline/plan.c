/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * What a run will need, before it starts. The least that works is one decoded frame, the state of
 * the fusion and one tile a thread; with more memory further frames are decoded ahead.
 */
#include "pipeline/chain.h"
#include "pipeline/fuse.h"
#include "pipeline/run.h"
#include "pipeline/scale.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

/* Sweep 1 looks at pictures of at least so many pixels, where the frames have them. */
static const double MEASURED_PIXELS = 1.2e6;

bool
hf_memory_from_text (const char *text, size_t *bytes, GError **error)
{
    char *end = NULL;
    double number = g_ascii_strtod (text, &end), unit = 1;

    if (g_ascii_strcasecmp (text, "auto") == 0) {
        *bytes = hf_machine_memory () / 2;
        return true;
    }
    switch (g_ascii_toupper (*end)) {
    case 'K':
        unit = 1e3;
        break;
    case 'M':
        unit = 1e6;
        break;
    case 'G':
        unit = 1e9;
        break;
    }
    if (end == text || (unit > 1 && g_ascii_strcasecmp (end + 1, "B") != 0 && end[1] != '\0') ||
        (unit == 1 && *end != '\0') || !(number > 0) || number * unit > 1e18) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "option memory cannot be \"%s\", only auto or a size such as 800M or 2G",
                     text);
        return false;
    }
    *bytes = (size_t) (number * unit);
    return true;
}

static bool
read_infos (HfRun *run, GError **error)
{
    HfStackResult *result = run->result;
    int n = run->source->n_frames;

    run->infos = g_new0 (HfFrameInfo, n);
    result->records = g_new0 (HfRecord, n);
    result->names = g_new0 (char *, n + 1);
    result->n_frames = n;
    for (int i = 0; i < n; i++)
        hf_record_init (&result->records[i]);
    for (int i = 0; i < n; i++) {
        if (!hf_source_info (run->source, i, &run->infos[i], error))
            return false;
        result->names[i] = g_strdup (run->infos[i].name);
        if (run->infos[i].warning)
            hf_monitor_warn (run->monitor, "%s", run->infos[i].warning);
    }
    return true;
}

static bool
check_colours (const HfRun *run, GError **error)
{
    const HfFrameInfo *reference = &run->infos[run->result->reference];
    int n_colours = hf_format_n_colours (reference->format);

    for (int i = 0; i < run->result->n_frames; i++) {
        const HfFrameInfo *info = &run->infos[i];

        if (hf_format_n_colours (info->format) != n_colours) {
            g_set_error (error, HF_ERROR, HF_ERROR_SIZE, "%s is %s, but the reference %s is %s",
                         info->name, hf_format_name (info->format), reference->name,
                         hf_format_name (reference->format));
            return false;
        }
    }
    return true;
}

/* Features may be asked for in larger pictures than the sweep would take. */
static int
choose_reduction (const HfFrameInfo *reference, const HfFeaturesOptions *features)
{
    double pixels = (double) reference->width * reference->height;
    int reduction = 8;

    while (reduction > 1 && pixels / (reduction * reduction) < MEASURED_PIXELS)
        reduction /= 2;
    while (features->estimate != HF_ESTIMATE_DIRECT && features->subsample > 0 &&
           reduction > features->subsample)
        reduction /= 2;
    return reduction;
}

static size_t
largest_frame (const HfRun *run)
{
    size_t largest = 0;

    for (int i = 0; i < run->result->n_frames; i++) {
        const HfFrameInfo *info = &run->infos[i];

        largest = MAX (largest, (size_t) info->width * (size_t) info->height *
                                    hf_format_bytes (info->format));
    }
    return largest;
}

HfFuserSetup
hf_run_fuser_setup (const HfRun *run)
{
    const HfFrameInfo *reference = &run->infos[run->result->reference];
    HfFuserSetup setup = { .options = &run->options->fuse,
                           .width = reference->width * run->options->output.scale_factor,
                           .height = reference->height * run->options->output.scale_factor,
                           .n_colours = hf_format_n_colours (reference->format),
                           .n_frames = run->result->n_used,
                           .precision = reference->format.type,
                           .memory_limit = run->fuser_limit,
                           .pool = run->pool,
                           .budget = run->budget };

    memcpy (setup.noise, run->result->noise, sizeof setup.noise);
    return setup;
}

bool
hf_run_fuses (const HfRun *run)
{
    const HfStackSinks *sinks = &run->sinks;

    return sinks->fused || sinks->depth || sinks->confidence;
}

HfFinishSetup
hf_run_finish_setup (const HfRun *run, const double noise[3])
{
    HfFuserSetup fuser = hf_run_fuser_setup (run);

    return (HfFinishSetup) { .options = &run->options->finish,
                             .width = run->infos[run->result->reference].width,
                             .height = run->infos[run->result->reference].height,
                             .n_colours = fuser.n_colours,
                             .noise = { noise[0], noise[1], noise[2] },
                             .pool = fuser.pool,
                             .budget = fuser.budget };
}

/* Frames are fused: all of them, or slabs. */
static bool
has_fuser (const HfRun *run)
{
    return hf_run_fuses (run) || hf_run_slab_size (run) > 0;
}

enum { OUTPUT_ROWS = 64, PIECE_ROWS = 16 }; /* of output.c */

/* Rows on their way to the sinks, and what a worker makes aligned frames in. */
static size_t
output_memory (const HfRun *run, const HfFuserSetup *setup)
{
    HfFormat format = { setup->precision, setup->n_colours + 1 };
    size_t rows =
        (size_t) setup->width * OUTPUT_ROWS * hf_format_bytes (format) +
        hf_scale_writer_memory (run->options->output.scale_factor, setup->width, setup->n_colours);
    size_t piece = hf_band_floats (setup->width, PIECE_ROWS, setup->n_colours) * sizeof (float);

    return run->sinks.layers ? rows + piece * (size_t) hf_pool_n_threads (run->pool) : rows;
}

/* Bytes that one run needs beside the fuser: while frames are added one of them and the chain, then
 * the finish; rows for the sinks. */
static size_t
working_memory (const HfRun *run, size_t frame)
{
    HfFuserSetup setup = hf_run_fuser_setup (run);
    size_t n_threads = (size_t) hf_pool_n_threads (run->pool);
    size_t chain = hf_chain_memory (setup.width, setup.height, setup.n_colours) * n_threads;
    HfFinishSetup finish = hf_run_finish_setup (run, (const double[]) { 1, 1, 1 });

    if (!has_fuser (run))
        return frame + chain + output_memory (run, &setup);
    return MAX (frame + chain, hf_finish_memory (&finish)) + output_memory (run, &setup);
}

/* The fuser gets all that the rest leaves before frames are decoded ahead: what it would have to
 * keep in a file costs more than waiting for a frame. */
static bool
plan_memory (HfRun *run, size_t limit, GError **error)
{
    int n_threads = hf_pool_n_threads (run->pool);
    size_t frame = largest_frame (run), least = working_memory (run, frame);
    HfFuserSetup setup;

    run->fuser_limit = limit > least ? limit - least : 1;
    setup = hf_run_fuser_setup (run);
    least += has_fuser (run) ? hf_fuser_memory (&setup) : 0;
    least =
        MAX (least, hf_run_samples_memory (run)); /* which come and go before the fuser is made */
    if (least > limit) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY,
                     "fusing %d × %d pixels needs at least %.0f MB of memory, but only %.0f MB are "
                     "allowed",
                     setup.width, setup.height, ceil (least / 1e6), floor (limit / 1e6));
        return false;
    }
    run->ahead = CLAMP (n_threads / 2, 1, 8);
    while (run->ahead > 0 && least + frame * (size_t) run->ahead > limit)
        run->ahead--;
    return true;
}

static bool
check_sinks (const HfRun *run, GError **error)
{
    const HfStackSinks *sinks = &run->sinks;
    HfFusionMethod method = (HfFusionMethod) run->options->fuse.method;

    if (!hf_run_fuses (run) && !sinks->layers && !sinks->slabs)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "there is no place for any picture");
    else if (run->options->output.scale_factor > 1 && hf_run_slab_size (run) > 0)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "slabs are not fused on a finer grid: scale-factor is %d, but must be 1",
                     run->options->output.scale_factor);
    else if ((sinks->depth || sinks->confidence) && !hf_fuse_method_has_maps (method))
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "the method %s makes no depth map",
                     hf_choice_nick (hf_fusion_method_choices, (int) method));
    else
        return true;
    return false;
}

bool
hf_run_plan (HfRun *run, GError **error)
{
    const HfOutputOptions *output = &run->options->output;
    size_t limit;

    if (!check_sinks (run, error) || !hf_run_check_slabs (run, error) ||
        !hf_run_check_plot_depth (run, error))
        return false;
    if (run->source->n_frames < 2) {
        g_set_error (error, HF_ERROR, HF_ERROR_STACK,
                     "a focus stack needs at least two frames, not %d", run->source->n_frames);
        return false;
    }
    if (!hf_memory_from_text (output->memory, &limit, error) ||
        !hf_run_check_transforms_out (run, error) || !read_infos (run, error) ||
        !hf_run_read_transforms (run, error) || !check_colours (run, error))
        return false;
    run->pool = hf_pool_new (output->threads, error);
    if (!run->pool)
        return false;
    run->result->threads = hf_pool_n_threads (run->pool);
    run->budget = hf_budget_new (limit);
    run->reduction =
        choose_reduction (&run->infos[run->result->reference], &run->options->features);
    return plan_memory (run, limit, error);
}
