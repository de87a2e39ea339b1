/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rendered.h"

#include <hyperfocal/align.h>
#include <math.h>
#include <string.h>

typedef struct Reader {
    HfImage *image; /* float, corrected */
    HfAlignRecord record;
    HfInterpolation interpolation;
} Reader;

/* A frame as float, gain and vignetting undone. */
static HfImage *
corrected_frame (const HfRender *render, int k)
{
    const HfRenderOptions *options = &render->options;
    HfImage *frame = render->frames[k];
    int n = frame->format.n_channels;
    HfImage *image =
        hf_image_new (NULL, frame->width, frame->height, (HfFormat) { HF_SAMPLE_FLOAT, n }, NULL);
    HfRect rect = { 0, 0, frame->width, frame->height };
    float *memory = hf_pixels_new_n (NULL, hf_band_floats (rect.width, rect.height, n),
                                     sizeof (float), "a frame", NULL);
    HfBand band;

    hf_band_place (&band, rect, n, memory);
    hf_band_read (&band, frame);
    for (int y = 0; y < rect.height; y++)
        for (int x = 0; x < rect.width; x++) {
            double light = render->gains[k] * hf_render_vignetting (options, x, y);

            for (int c = 0; c < n; c++)
                band.colour[c][(size_t) y * band.stride + (size_t) x] /= (float) light;
        }
    hf_band_write (&band, image);
    hf_pixels_free (memory);
    return image;
}

/* Hot pixels become the mean of their neighbours to the left and right. */
static void
repair (const HfRender *render, HfImage *image)
{
    int n = image->format.n_channels;

    for (int i = 0; i < render->n_hot_pixels; i++) {
        int x = render->hot_pixels[i].x;
        float *row = hf_image_row (image, render->hot_pixels[i].y);
        int left = x > 0 ? x - 1 : x + 1, right = x + 1 < image->width ? x + 1 : x - 1;

        for (int c = 0; c < n; c++)
            row[x * n + c] = 0.5f * (row[left * n + c] + row[right * n + c]);
    }
}

static void
read_warped (void *data, HfBand *band, int worker)
{
    const Reader *reader = data;
    int width = reader->image->width, height = reader->image->height;
    HfRect reach =
        hf_align_reach (&reader->record, reader->interpolation, band->rect, width, height);
    size_t scratch_floats = hf_align_scratch (&reader->record, reader->interpolation, band->rect,
                                              band->n_colours, width, height);
    float *memory = g_new (float, hf_band_floats (reach.width, reach.height, band->n_colours));
    float *scratch = scratch_floats ? g_new (float, scratch_floats) : NULL;
    HfBand in;

    hf_band_place (&in, reach, band->n_colours, memory);
    if (!hf_rect_is_empty (reach))
        hf_band_read (&in, reader->image);
    hf_align_apply (&reader->record, reader->interpolation, width, height, &in, band, scratch);
    g_free (memory);
    g_free (scratch);
}

static bool
write_rows (void *data, const HfBand *band, GError **error)
{
    hf_band_write (band, data);
    return true;
}

/* The noise in one sample of a frame: what was put in, and rounding. */
static double
noise_of (const HfRender *render)
{
    HfSampleType type = render->options.format.type;
    double step = type == HF_SAMPLE_U8 ? 1 / 255.0 : type == HF_SAMPLE_U16 ? 1 / 65535.0 : 0;

    return hypot (render->options.noise, step / sqrt (12));
}

static void
add_frame (HfFuser *fuser, const HfRender *render, int k, HfInterpolation interpolation)
{
    Reader reader = { corrected_frame (render, k),
                      { .matrix = render->matrices[k] },
                      interpolation };
    HfBandReader frame = { read_warped, &reader };

    reader.record.model =
        hf_matrix_is_identity (&render->matrices[k]) ? HF_TRANSFORM_NONE : HF_TRANSFORM_AFFINE;
    repair (render, reader.image);
    g_assert_true (hf_fuser_add (fuser, &frame, NULL, NULL));
    hf_image_free (reader.image);
}

static HfImage *
read_map (HfFuser *fuser, HfFuserMap map, int width, int height)
{
    HfImage *image = hf_image_new (NULL, width, height, (HfFormat) { HF_SAMPLE_FLOAT, 1 }, NULL);
    HfBandWriter writer = { write_rows, image };

    g_assert_true (hf_fuser_map (fuser, map, &writer, NULL, NULL));
    return image;
}

HfImage *
rendered_fuse_by (const HfRender *render, HfInterpolation interpolation, HfPool *pool,
                  const HfFuseOptions *fuse, HfImage *maps[2])
{
    const HfRenderOptions *options = &render->options;
    double sigma = noise_of (render);
    HfFormat format = { HF_SAMPLE_FLOAT, options->format.n_channels };
    HfImage *fused = hf_image_new (NULL, options->width, options->height, format, NULL);
    HfBandWriter writer = { write_rows, fused };
    HfFuserSetup setup = { .options = fuse,
                           .width = options->width,
                           .height = options->height,
                           .n_colours = hf_format_n_colours (format),
                           .precision = options->format.type,
                           .noise = { sigma, sigma, sigma },
                           .pool = pool };
    HfFuser *fuser = hf_fuser_new (&setup, NULL);

    for (int pass = 0; pass < hf_fuser_n_passes (fuser); pass++) {
        for (int k = 0; k < options->n_frames; k++)
            add_frame (fuser, render, k, interpolation);
        g_assert_true (hf_fuser_end_pass (fuser, NULL));
    }
    g_assert_true (hf_fuser_finish (fuser, &writer, NULL, NULL));
    for (int i = 0; maps && i < 2; i++)
        maps[i] = read_map (fuser, i == 0 ? HF_FUSER_MAP_DEPTH : HF_FUSER_MAP_CONFIDENCE,
                            options->width, options->height);
    hf_fuser_free (fuser);
    return fused;
}

HfImage *
rendered_fuse (const HfRender *render, HfInterpolation interpolation, HfPool *pool)
{
    HfFuseOptions fuse;
    HfImage *fused;

    hf_options_init (&hf_fuse_table, &fuse);
    fused = rendered_fuse_by (render, interpolation, pool, &fuse, NULL);
    hf_options_clear (&hf_fuse_table, &fuse);
    return fused;
}

RenderedScore
rendered_score (const HfRender *render, const HfImage *fused, HfPool *pool)
{
    HfImage *ceiling = hf_render_ceiling (render, pool, NULL);
    HfImage *edges = hf_render_edges (render, 12, NULL);
    int border = hf_render_border (render);
    RenderedScore score = {
        .fused = hf_picture_psnr (fused, render->truth, border, NULL),
        .ceiling = hf_picture_psnr (ceiling, render->truth, border, NULL),
        .fused_edges = hf_picture_psnr (fused, render->truth, border, edges),
        .ceiling_edges = hf_picture_psnr (ceiling, render->truth, border, edges),
    };

    hf_image_free (ceiling);
    hf_image_free (edges);
    return score;
}
