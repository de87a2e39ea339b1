/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Geometry of bands; their samples are converted in kernels/band.c. */
#include <hyperfocal/band.h>

#include <string.h>

bool
hf_rect_is_empty (HfRect rect)
{
    return rect.width <= 0 || rect.height <= 0;
}

HfRect
hf_rect_intersect (HfRect a, HfRect b)
{
    int left = MAX (a.x, b.x), top = MAX (a.y, b.y);
    int right = MIN (a.x + a.width, b.x + b.width), bottom = MIN (a.y + a.height, b.y + b.height);

    return (HfRect) { left, top, MAX (0, right - left), MAX (0, bottom - top) };
}

static size_t
row_floats (int width)
{
    return ((size_t) width + 15) & ~(size_t) 15;
}

size_t
hf_band_floats (int width, int height, int n_colours)
{
    return row_floats (width) * (size_t) height * (size_t) (n_colours + 1);
}

void
hf_band_place (HfBand *band, HfRect rect, int n_colours, float *memory)
{
    size_t stride = row_floats (rect.width), plane = stride * (size_t) rect.height;

    memset (band, 0, sizeof *band);
    band->rect = rect;
    band->n_colours = n_colours;
    band->stride = stride;
    for (int c = 0; c < n_colours; c++)
        band->colour[c] = memory + (size_t) c * plane;
    band->validity = memory + (size_t) n_colours * plane;
}

HfBand
hf_band_crop (const HfBand *band, HfRect rect)
{
    size_t skip =
        (size_t) (rect.y - band->rect.y) * band->stride + (size_t) (rect.x - band->rect.x);
    HfBand view = *band;

    view.rect = rect;
    for (int c = 0; c < band->n_colours; c++)
        view.colour[c] += skip;
    view.validity += skip;
    return view;
}
