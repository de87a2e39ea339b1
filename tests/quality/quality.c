/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "quality.h"

#include <math.h>
#include <string.h>

enum { EDGE_DISTANCE = 16 }; /* pixels from a jump of the depth */

/* From the table of targets: target minus ceiling of each case. */
const QualityCase quality_cases[] = {
    { "plane", -1.7, NAN },      { "breathing", -0.1, NAN }, { "occlusion", -0.1, -0.3 },
    { "noise", 0.6, NAN },       { "flicker", -0.1, NAN },   { "weak-texture", 1.7, NAN },
    { "repeat", -0.3, NAN },     { "16-bit", -0.1, NAN },    { "vignetting", -0.7, NAN },
    { "hot-pixels", -0.1, NAN }, { "hand-held", -0.2, NAN }, { NULL, 0, NAN },
};

const QualityCase *
quality_case_find (const char *name)
{
    for (const QualityCase *quality = quality_cases; quality->name; quality++)
        if (strcmp (quality->name, name) == 0)
            return quality;
    return NULL;
}

static void
score_motion (const HfRender *render, const HfStackResult *result, QualityScore *score)
{
    int n_moved = 0;

    for (int i = 0; i < result->n_frames; i++) {
        double mean;

        if (i == result->reference)
            continue;
        hf_matrix_distance (&result->records[i].align.matrix, &render->matrices[i],
                            render->options.width, render->options.height, &mean, NULL);
        score->motion += mean;
        score->worst_motion = fmax (score->worst_motion, mean);
        n_moved++;
    }
    score->motion /= MAX (n_moved, 1);
    score->n_left_out = result->n_frames - result->n_used;
}

static bool
score_picture (const QualityCase *quality, const HfRender *render, const HfImage *fused,
               HfPool *pool, QualityScore *score, GError **error)
{
    HfImage *ceiling = hf_render_ceiling (render, pool, error);
    HfImage *edges = ceiling ? hf_render_edges (render, EDGE_DISTANCE, error) : NULL;
    int border = hf_render_border (render);

    if (edges) {
        score->fused = hf_picture_psnr (fused, render->truth, border, NULL);
        score->ceiling = hf_picture_psnr (ceiling, render->truth, border, NULL);
        score->fused_edges = score->ceiling_edges = NAN;
        if (!isnan (quality->edge_distance)) {
            score->fused_edges = hf_picture_psnr (fused, render->truth, border, edges);
            score->ceiling_edges = hf_picture_psnr (ceiling, render->truth, border, edges);
        }
    }
    hf_image_free (ceiling);
    hf_image_free (edges);
    return edges != NULL;
}

/* The whole walk with defaults; the fused picture, or NULL. */
static HfImage *
stack_render (const HfRender *render, HfFusionMethod method, HfStackResult *result, GError **error)
{
    HfSource *source =
        hf_source_new_from_images (render->frames, NULL, NULL, render->options.n_frames);
    HfSink *sink = hf_sink_new_memory (NULL);
    HfStackSinks sinks = { .fused = sink };
    HfStackOptions options;
    HfImage *fused = NULL;

    hf_stack_options_init (&options);
    options.fuse.method = (int) method;
    if (hf_stack_run (source, &options, &sinks, NULL, result, error))
        fused = hf_memory_sink_take (sink, 0, NULL, NULL);
    hf_stack_options_clear (&options);
    hf_sink_free (sink);
    hf_source_free (source);
    return fused;
}

bool
quality_score (const QualityCase *quality, guint64 seed, int width, int height,
               HfFusionMethod method, HfPool *pool, QualityScore *score, GError **error)
{
    HfRenderOptions options;
    HfStackResult result = { 0 };
    HfRender *render;
    HfImage *fused = NULL;
    bool scored = false;

    *score = (QualityScore) { 0 };
    hf_render_options_init (&options, quality->name, seed);
    if (width > 0)
        hf_render_options_resize (&options, width, height);
    render = hf_render_new (&options, pool, error);
    if (render)
        fused = stack_render (render, method, &result, error);
    if (fused) {
        score_motion (render, &result, score);
        scored = score_picture (quality, render, fused, pool, score, error);
    }
    hf_image_free (fused);
    hf_stack_result_clear (&result);
    hf_render_free (render);
    return scored;
}

bool
quality_reached (const QualityCase *quality, const QualityScore *score)
{
    return score->n_left_out == 0 && score->fused >= score->ceiling + quality->distance &&
           (isnan (quality->edge_distance) ||
            score->fused_edges >= score->ceiling_edges + quality->edge_distance);
}
