/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stack could give at best, and how far a picture is from the truth. */
#include "interpolation.h"
#include "render.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

enum { LOBES = 4 };

static double
sample_at (const HfImage *image, int x, int y, int channel)
{
    const void *row = hf_image_row (image, y);
    size_t at = (size_t) x * (size_t) image->format.n_channels + (size_t) channel;

    if (image->format.type == HF_SAMPLE_FLOAT)
        return ((const float *) row)[at];
    return image->format.type == HF_SAMPLE_U16 ? ((const guint16 *) row)[at] / 65535.0
                                               : ((const guint8 *) row)[at] / 255.0;
}

/* A frame's sample with gain and vignetting undone; beyond the border the nearest one's. */
static double
undone_sample (const HfRender *render, int frame, int x, int y, int channel)
{
    x = CLAMP (x, 0, render->options.width - 1);
    y = CLAMP (y, 0, render->options.height - 1);
    return sample_at (render->frames[frame], x, y, channel) /
           (render->gains[frame] * hf_render_vignetting (&render->options, x, y));
}

static void
interpolate (const HfRender *render, int frame, double x, double y, float *colour)
{
    int n = render->options.format.n_channels;
    int left = (int) floor (x) - (LOBES - 1), top = (int) floor (y) - (LOBES - 1);
    const float *table = hf_lanczos_4_weights ();
    const float *wx = table + 2 * LOBES * (int) ((x - floor (x)) * HF_PHASES + 0.5);
    const float *wy = table + 2 * LOBES * (int) ((y - floor (y)) * HF_PHASES + 0.5);

    for (int c = 0; c < n; c++) {
        double sum = 0;

        for (int j = 0; j < 2 * LOBES; j++) {
            if (wy[j] == 0)
                continue;
            for (int i = 0; i < 2 * LOBES; i++)
                if (wx[i] != 0)
                    sum += (double) (wx[i] * wy[j]) *
                           undone_sample (render, frame, left + i, top + j, c);
        }
        colour[c] = (float) sum;
    }
}

typedef struct Ceiling {
    const HfRender *render;
    HfImage *picture;
} Ceiling;

static void
ceiling_row (void *data, int y, int worker)
{
    Ceiling *ceiling = data;
    const HfRender *render = ceiling->render;
    const float *depth = hf_image_row (render->depth, y);
    float *out = hf_image_row (ceiling->picture, y);

    for (int x = 0; x < render->options.width; x++) {
        int frame = CLAMP ((int) lround ((double) depth[x]), 0, render->options.n_frames - 1);
        double at_x, at_y;

        hf_matrix_map (&render->matrices[frame], x, y, &at_x, &at_y);
        interpolate (render, frame, at_x, at_y, out + x * render->options.format.n_channels);
    }
}

HfImage *
hf_render_ceiling (const HfRender *render, HfPool *pool, GError **error)
{
    const HfImage *truth = render->truth;
    Ceiling ceiling = { render,
                        hf_image_new (NULL, truth->width, truth->height, truth->format, error) };

    if (ceiling.picture)
        hf_pool_for (pool, truth->height, ceiling_row, &ceiling);
    return ceiling.picture;
}

HfImage *
hf_render_seen_truth (const HfRender *render, GError **error)
{
    const HfImage *truth = render->truth;
    HfImage *seen = hf_image_new (NULL, truth->width, truth->height, truth->format, error);

    for (int y = 0; seen && y < seen->height; y++) {
        const float *in = hf_image_row (truth, y);
        float *out = hf_image_row (seen, y);

        for (int i = 0; i < seen->width * seen->format.n_channels; i++)
            out[i] = in[i] * (float) hf_render_vignetting (&render->options,
                                                           i / seen->format.n_channels, y);
    }
    return seen;
}

static void
mark_disc (HfImage *mask, int x, int y, int radius)
{
    for (int j = MAX (0, y - radius); j <= MIN (mask->height - 1, y + radius); j++) {
        int half = (int) sqrt ((double) (radius * radius - (j - y) * (j - y)));
        int left = MAX (0, x - half), right = MIN (mask->width - 1, x + half);

        memset ((guint8 *) hf_image_row (mask, j) + left, 255, (size_t) (right - left + 1));
    }
}

HfImage *
hf_render_edges (const HfRender *render, int distance, GError **error)
{
    const HfImage *depth = render->depth;
    HfImage *mask =
        hf_image_new (NULL, depth->width, depth->height, (HfFormat) { HF_SAMPLE_U8, 1 }, error);

    if (!mask)
        return NULL;
    memset (mask->data, 0, mask->stride * (size_t) mask->height);
    for (int y = 0; y < depth->height; y++) {
        const float *row = hf_image_row (depth, y);
        const float *below = hf_image_row (depth, MIN (y + 1, depth->height - 1));

        for (int x = 0; x < depth->width; x++) {
            float next = row[MIN (x + 1, depth->width - 1)];

            if (fabsf (row[x] - next) > 1 || fabsf (row[x] - below[x]) > 1)
                mark_disc (mask, x, y, distance);
        }
    }
    return mask;
}

double
hf_picture_psnr (const HfImage *a, const HfImage *b, int border, const HfImage *mask)
{
    int n = hf_format_n_colours (a->format);
    double total = 0, count = 0;

    if (a->width != b->width || a->height != b->height || n != hf_format_n_colours (b->format))
        return NAN;
    for (int y = border; y < a->height - border; y++) {
        const guint8 *chosen = mask ? hf_image_row (mask, y) : NULL;
        double sum = 0;

        for (int x = border; x < a->width - border; x++) {
            if (chosen && !chosen[x])
                continue;
            for (int c = 0; c < n; c++) {
                double difference = sample_at (a, x, y, c) - sample_at (b, x, y, c);

                sum += difference * difference;
            }
            count += n;
        }
        total += sum;
    }
    return count > 0 ? -10 * log10 (total / count) : NAN;
}
