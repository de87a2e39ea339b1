/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas.h"

#include "interpolation.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

enum { REACH = 16 }; /* of the small separable kernels, samples */

HfCanvas *
hf_canvas_new (int width, int height, double x, double y, double step, bool opaque, GError **error)
{
    HfPixel *pixels = hf_pixels_new_n (NULL, (size_t) width * (size_t) height, sizeof (HfPixel),
                                       "a canvas of the scene", error);
    HfCanvas *canvas;

    if (!pixels)
        return NULL;
    canvas = g_new (HfCanvas, 1);
    *canvas = (HfCanvas) { width, height, x, y, step, opaque, false, pixels };
    return canvas;
}

void
hf_canvas_free (HfCanvas *canvas)
{
    if (!canvas)
        return;
    if (!canvas->view)
        hf_pixels_free (canvas->pixels);
    g_free (canvas);
}

HfCanvas *
hf_canvas_view (const HfCanvas *canvas, int from, int to)
{
    HfCanvas *view = g_new (HfCanvas, 1);

    from = CLAMP (from, 0, canvas->height - 1);
    to = CLAMP (to, from + 1, canvas->height);
    *view = *canvas;
    view->view = true;
    view->y += from * canvas->step;
    view->height = to - from;
    view->pixels += (size_t) from * (size_t) canvas->width;
    return view;
}

/* A separable filter that may take every n-th sample of the result. */
typedef struct Filter {
    const HfCanvas *from;
    HfCanvas *to;
    HfPixel *between; /* filtered along y: to->height × from->width */
    int every;
    int reach;
    float weights[2 * REACH + 1];
} Filter;

static void
filter_row (void *data, int y, int worker)
{
    Filter *filter = data;
    const HfCanvas *from = filter->from;
    HfPixel *between = filter->between + (size_t) y * (size_t) from->width;
    HfPixel *to = filter->to->pixels + (size_t) y * (size_t) filter->to->width;

    for (int k = -filter->reach; k <= filter->reach; k++) {
        int row = CLAMP (y * filter->every + k, 0, from->height - 1);
        const HfPixel *in = from->pixels + (size_t) row * (size_t) from->width;
        float weight = filter->weights[k + filter->reach];

        for (int x = 0; x < from->width; x++)
            between[x] = (k == -filter->reach ? (HfPixel) { 0 } : between[x]) + weight * in[x];
    }
    for (int x = 0; x < filter->to->width; x++) {
        HfPixel sum = { 0 };

        for (int k = -filter->reach; k <= filter->reach; k++) {
            int column = CLAMP (x * filter->every + k, 0, from->width - 1);

            sum += filter->weights[k + filter->reach] * between[column];
        }
        to[x] = sum;
    }
}

static HfCanvas *
run_filter (Filter *filter, HfPool *pool, GError **error)
{
    const HfCanvas *from = filter->from;
    int every = filter->every;

    filter->to =
        hf_canvas_new ((from->width + every - 1) / every, (from->height + every - 1) / every,
                       from->x, from->y, from->step * every, from->opaque, error);
    if (!filter->to)
        return NULL;
    filter->between = hf_pixels_new_n (NULL, (size_t) filter->to->height * (size_t) from->width,
                                       sizeof (HfPixel), "a filtered canvas", error);
    if (!filter->between) {
        hf_canvas_free (filter->to);
        return NULL;
    }
    hf_pool_for (pool, filter->to->height, filter_row, filter);
    hf_pixels_free (filter->between);
    return filter->to;
}

HfCanvas *
hf_canvas_halve (const HfCanvas *canvas, HfPool *pool, GError **error)
{
    Filter filter = { .from = canvas,
                      .every = 2,
                      .reach = 2,
                      .weights = { 1 / 16.0f, 4 / 16.0f, 6 / 16.0f, 4 / 16.0f, 1 / 16.0f } };

    return run_filter (&filter, pool, error);
}

/* Share of the sample `k` away that lies within half a pixel, times its Gaussian weight: the two
 * kernels convolved on the raster. */
static double
exposure_weight (int k, double step, double sigma)
{
    double half = 0.5 / step, sum = 0;

    for (int j = -REACH; j <= REACH; j++) {
        double box = fmax (0, fmin (half, j + 0.5) - fmax (-half, j - 0.5));
        double distance = (k - j) * step;

        sum += box * (sigma > 0 ? exp (-0.5 * distance * distance / (sigma * sigma)) : k == j);
    }
    return sum;
}

HfCanvas *
hf_canvas_expose (const HfCanvas *canvas, double sigma, HfPool *pool, GError **error)
{
    Filter filter = { .from = canvas, .every = 1 };
    double sum = 0;

    filter.reach = MIN (REACH, (int) ceil (0.5 / canvas->step + 3.5 * sigma / canvas->step));
    for (int k = -filter.reach; k <= filter.reach; k++)
        sum += exposure_weight (k, canvas->step, sigma);
    for (int k = -filter.reach; k <= filter.reach; k++)
        filter.weights[k + filter.reach] = (float) (exposure_weight (k, canvas->step, sigma) / sum);
    return run_filter (&filter, pool, error);
}

/* Near or beyond the border: the nearest sample stands in, or nothing. */
static HfPixel
sample_at_border (const HfCanvas *canvas, const float *wx, const float *wy, int left, int top)
{
    HfPixel sum = { 0 };

    if (!canvas->opaque && (left < -6 || top < -6 || left > canvas->width || top > canvas->height))
        return sum;
    for (int j = 0; j < 6; j++) {
        for (int i = 0; i < 6; i++) {
            int x = CLAMP (left + i, 0, canvas->width - 1);
            int y = CLAMP (top + j, 0, canvas->height - 1);

            if (canvas->opaque || (x == left + i && y == top + j))
                sum += wx[i] * wy[j] *
                       canvas->pixels[(size_t) y * (size_t) canvas->width + (size_t) x];
        }
    }
    return sum;
}

HfPixel
hf_canvas_sample (const HfCanvas *canvas, const float *weights, double x, double y)
{
    double at_x = (x - canvas->x) / canvas->step, at_y = (y - canvas->y) / canvas->step;
    double whole_x = floor (at_x), whole_y = floor (at_y);
    const float *wx = weights + 6 * (int) ((at_x - whole_x) * HF_PHASES + 0.5);
    const float *wy = weights + 6 * (int) ((at_y - whole_y) * HF_PHASES + 0.5);
    int left = (int) whole_x - 2, top = (int) whole_y - 2;
    const HfPixel *row;
    HfPixel sum = { 0 };

    if (left < 0 || top < 0 || left + 6 > canvas->width || top + 6 > canvas->height)
        return sample_at_border (canvas, wx, wy, left, top);
    row = canvas->pixels + (size_t) top * (size_t) canvas->width + (size_t) left;
    for (int j = 0; j < 6; j++, row += canvas->width) {
        HfPixel line = wx[0] * row[0] + wx[1] * row[1] + wx[2] * row[2] + wx[3] * row[3] +
                       wx[4] * row[4] + wx[5] * row[5];

        sum += wy[j] * line;
    }
    return sum;
}
