/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shape.h"

#include <math.h>

double
hf_shape_curve (GArray *strokes, HfRandom *random, double x, double y, double angle, int n,
                double length, double bend, double from, double to)
{
    double turn = 0;

    for (int i = 0; i < n; i++) {
        HfStroke stroke = { .ax = x, .ay = y };

        turn = 0.7 * turn + hf_random_next (random, -bend, bend);
        angle += turn;
        x += cos (angle) * length / n;
        y += sin (angle) * length / n;
        stroke.bx = x, stroke.by = y;
        stroke.a_half = from + (to - from) * i / n;
        stroke.b_half = from + (to - from) * (i + 1) / n;
        g_array_append_val (strokes, stroke);
    }
    return angle;
}

void
hf_shape_bounds (const GArray *strokes, double *left, double *top, double *right, double *bottom)
{
    *left = *top = G_MAXDOUBLE;
    *right = *bottom = -G_MAXDOUBLE;
    for (guint i = 0; i < strokes->len; i++) {
        const HfStroke *s = &g_array_index (strokes, HfStroke, i);
        double half = fmax (s->a_half, s->b_half);

        *left = fmin (*left, fmin (s->ax, s->bx) - half);
        *right = fmax (*right, fmax (s->ax, s->bx) + half);
        *top = fmin (*top, fmin (s->ay, s->by) - half);
        *bottom = fmax (*bottom, fmax (s->ay, s->by) + half);
    }
}

/* The samples of the canvas that a rectangle of reference pixels may touch. */
static HfRect
touched (const HfCanvas *canvas, double left, double top, double right, double bottom)
{
    int x = (int) floor ((left - canvas->x) / canvas->step) - 1;
    int y = (int) floor ((top - canvas->y) / canvas->step) - 1;
    int right_end = (int) ceil ((right - canvas->x) / canvas->step) + 2;
    int bottom_end = (int) ceil ((bottom - canvas->y) / canvas->step) + 2;

    return hf_rect_intersect ((HfRect) { 0, 0, canvas->width, canvas->height },
                              (HfRect) { x, y, right_end - x, bottom_end - y });
}

/* Cover 0..1 at a place: half at the rim, a ramp of one sample. */
static float
stroke_cover (const HfStroke *s, double x, double y, double step)
{
    double dx = s->bx - s->ax, dy = s->by - s->ay, square = dx * dx + dy * dy;
    double along = square > 0 ? ((x - s->ax) * dx + (y - s->ay) * dy) / square : 0;
    double t = fmin (1, fmax (0, along));
    double distance = hypot (x - s->ax - t * dx, y - s->ay - t * dy);
    double half = s->a_half + t * (s->b_half - s->a_half);
    double cover = 0.5 + (half - distance) / step;

    return (float) fmin (1, fmax (0, fmin (cover, 2 * half / step)));
}

static void
add_stroke (const HfStroke *s, const HfCanvas *canvas, HfRect all, float *cover)
{
    double half = fmax (s->a_half, s->b_half);
    HfRect rect = touched (canvas, fmin (s->ax, s->bx) - half, fmin (s->ay, s->by) - half,
                           fmax (s->ax, s->bx) + half, fmax (s->ay, s->by) + half);

    for (int y = rect.y; y < rect.y + rect.height; y++) {
        float *row = cover + (size_t) (y - all.y) * (size_t) all.width - all.x;

        for (int x = rect.x; x < rect.x + rect.width; x++) {
            float here = stroke_cover (s, canvas->x + x * canvas->step,
                                       canvas->y + y * canvas->step, canvas->step);

            row[x] = MAX (row[x], here);
        }
    }
}

/* The cover of all strokes over the rectangle that they touch; to be freed with g_free (). */
static float *
total_cover (const GArray *strokes, const HfCanvas *canvas, HfRect *rect)
{
    double left, top, right, bottom;
    float *cover;

    hf_shape_bounds (strokes, &left, &top, &right, &bottom);
    *rect = touched (canvas, left, top, right, bottom);
    if (strokes->len == 0 || hf_rect_is_empty (*rect))
        return NULL;
    cover = g_new0 (float, (size_t) rect->width *(size_t) rect->height);
    for (guint i = 0; i < strokes->len; i++)
        add_stroke (&g_array_index (strokes, HfStroke, i), canvas, *rect, cover);
    return cover;
}

void
hf_shape_paint (const GArray *strokes, HfCanvas *canvas, const float colour[3], float opacity)
{
    HfPixel paint = { colour[0], colour[1], colour[2], 1 };
    HfRect rect;
    float *cover = total_cover (strokes, canvas, &rect);

    for (int y = 0; cover && y < rect.height; y++) {
        HfPixel *row =
            canvas->pixels + (size_t) (y + rect.y) * (size_t) canvas->width + (size_t) rect.x;

        for (int x = 0; x < rect.width; x++) {
            float share = opacity * cover[(size_t) y * (size_t) rect.width + (size_t) x];

            row[x] += share * (paint - row[x]);
        }
    }
    g_free (cover);
}

void
hf_shape_cut_out (const GArray *strokes, HfCanvas *canvas)
{
    HfRect rect;
    float *cover = total_cover (strokes, canvas, &rect);

    for (int y = 0; y < canvas->height; y++) {
        HfPixel *row = canvas->pixels + (size_t) y * (size_t) canvas->width;
        bool in_rows = cover && y >= rect.y && y < rect.y + rect.height;

        for (int x = 0; x < canvas->width; x++) {
            bool inside = in_rows && x >= rect.x && x < rect.x + rect.width;

            row[x] *=
                inside ? cover[(size_t) (y - rect.y) * (size_t) rect.width + (size_t) (x - rect.x)]
                       : 0;
        }
    }
    g_free (cover);
}
