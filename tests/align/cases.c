/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define USUAL 0.04, 0.12

const Case cases[] = {
    { "plane", "plane", 0, 0, HF_TRANSFORM_NONE },
    { "bumps", "bumps", 0, 0, HF_TRANSFORM_NONE },
    { "breathing", "breathing", USUAL, HF_TRANSFORM_RIGID },
    { "flicker", "flicker", USUAL, HF_TRANSFORM_RIGID },
    { "noise", "noise", USUAL, HF_TRANSFORM_RIGID },
    { "weak-texture", "weak-texture", USUAL, HF_TRANSFORM_RIGID },
    { "repeat", "repeat", USUAL, HF_TRANSFORM_RIGID },
    { "vignetting", "vignetting", USUAL, HF_TRANSFORM_RIGID },
    { "hot-pixels", "hot-pixels", USUAL, HF_TRANSFORM_RIGID },
    { "occlusion", "occlusion", USUAL, HF_TRANSFORM_RIGID },
    { "16-bit", "16-bit", USUAL, HF_TRANSFORM_RIGID },
    { "hand-held", "hand-held", USUAL, HF_TRANSFORM_RIGID },
    { "keystone", "keystone", 0.1, 0.3, HF_TRANSFORM_HOMOGRAPHY },
    { "keystone-noise", "keystone", 0.1, 0.3, HF_TRANSFORM_HOMOGRAPHY, .noise = 0.035 },
    /* each neighbour of the reference 150 px, 12 degrees and 12 % away */
    { "far-starts", "breathing", USUAL, HF_TRANSFORM_RIGID, 3, "middle", 300, 24, 0.24 },
    { "long", "breathing", 0.1, 0.12, HF_TRANSFORM_RIGID, 100, "first", 20, 0.6, 0.05 },
    { NULL },
};

static void
prepare (const Case *which, HfRenderOptions *options)
{
    if (which->n_frames)
        options->n_frames = which->n_frames;
    if (which->reference && strcmp (which->reference, "first") == 0)
        options->reference = 0;
    if (which->drift > 0)
        options->drift = which->drift * options->width / 1280;
    if (which->noise > 0)
        options->noise = which->noise;
    if (which->turn > 0)
        options->rotation = which->turn;
    if (which->growth > 0)
        options->breathing = which->growth;
}

static bool
set (HfStackOptions *options, const char *setting, GError **error)
{
    char **parts = g_strsplit (setting, "=", 2);
    void *part = NULL;
    const HfOption *option = parts[0] ? hf_stack_option_find (options, parts[0], &part) : NULL;
    bool good = false;

    if (option && parts[1])
        good = hf_option_set (option, part, parts[1], error);
    else
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "\"%s\" is no option=value", setting);
    g_strfreev (parts);
    return good;
}

static double
farthest_error (const Drive *drive, const HfRender *render)
{
    int last = drive->n_frames - 1, far = drive->reference > last / 2 ? 0 : last;
    double mean;

    hf_matrix_distance (&drive->records[far].align.matrix, &render->matrices[far],
                        render->options.width, render->options.height, &mean, NULL);
    return mean;
}

static void
judge (const Drive *drive, const HfRender *render, Outcome *outcome)
{
    *outcome = (Outcome) { .correlation = 1, .inliers = 1, .model = HF_TRANSFORM_NONE };
    outcome->left_out = drive_error (drive, render->matrices, render->options.width,
                                     render->options.height, &outcome->mean, &outcome->worst);
    outcome->farthest = farthest_error (drive, render);
    outcome->milliseconds = 1e3 * drive->seconds / drive->n_frames;
    for (int i = 0; i < drive->n_frames; i++) {
        const HfAlignRecord *record = &drive->records[i].align;

        outcome->correlation = fmin (outcome->correlation, record->correlation);
        outcome->inliers = fmin (outcome->inliers, record->inliers);
        outcome->model = MAX (outcome->model, record->model);
        outcome->n_moved += !hf_matrix_is_identity (&record->matrix);
    }
}

bool
case_measure (const Case *which, guint64 seed, int width, int height, const char *const *settings,
              Outcome *outcome, GError **error)
{
    HfRenderOptions options;
    HfRender *render;
    Drive drive;
    HfPool *pool;
    bool good = true;

    hf_render_options_init (&options, which->rendered, seed);
    hf_render_options_resize (&options, width, height);
    prepare (which, &options);
    pool = hf_pool_new (0, NULL);
    render = hf_render_new (&options, pool, error);
    hf_pool_free (pool);
    if (!render)
        return false;
    drive_init (&drive);
    if (which->reference)
        good = hf_option_set (hf_option_find (&hf_align_table, "reference"), &drive.options.align,
                              which->reference, error);
    for (int i = 0; good && settings && settings[i]; i++)
        good = set (&drive.options, settings[i], error);
    good = good && drive_images (&drive, render->frames, options.n_frames, error);
    if (good)
        judge (&drive, render, outcome);
    drive_clear (&drive);
    hf_render_free (render);
    return good;
}
