/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Defocus: the image of a point out of focus is a disc. The kernel is the share of each sample's
 * square that the disc covers, exact along rows, by 64 lines a row otherwise.
 *
 * A large disc costs its rim only: with the running sum P(x) = s(0) + … + s(x) of each row,
 *     sum over dx of w(dx) s(x + dx) = sum over dx of (w(dx) - w(dx + 1)) P(x + dx),
 * and w is constant inside of the disc. Either way the blur is a short list of (dx, dy, weight)
 * over the samples or over their running sums; the shorter list is taken.
 */
#include "canvas.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

enum { LINES = 64 };

typedef struct Tap {
    int dx, dy;
    float weight;
} Tap;

typedef struct Defocus {
    const HfCanvas *from;
    HfCanvas *to;
    bool running;    /* taps are on running sums */
    int reach;       /* samples that the disc extends to each side */
    size_t stride;   /* samples a row of `padded` */
    HfPixel *padded; /* the rows, or their running sums, extended by reach + 1 at each side */
    Tap *taps;
    int n_taps;
} Defocus;

/* Shares for dx, dy = -reach .. reach, row by row, of sum 1. */
static float *
disc_kernel (double radius, int reach, double *variance)
{
    int side = 2 * reach + 1;
    float *kernel = g_new0 (float, side *side);
    double sum = 0, moment = 0;

    for (int line = 0; line < side * LINES; line++) {
        double y = (line + 0.5) / LINES - 0.5 - reach;
        double half = fabs (y) < radius ? sqrt (radius * radius - y * y) : 0;

        for (int dx = -reach; dx <= reach; dx++) {
            double share = fmax (0, fmin (half, dx + 0.5) - fmax (-half, dx - 0.5));

            kernel[line / LINES * side + dx + reach] += (float) share;
            sum += share;
            moment += share * dx * dx;
        }
    }
    for (int i = 0; i < side * side; i++)
        kernel[i] /= (float) sum;
    *variance = moment / sum;
    return kernel;
}

double
hf_defocus_variance (double radius)
{
    double variance;

    g_free (disc_kernel (radius, MAX (0, (int) ceil (radius - 0.5)), &variance));
    return variance;
}

/* The kernel as a list; `running`: on running sums. */
static GArray *
list_taps (const float *kernel, int reach, bool running)
{
    GArray *taps = g_array_new (FALSE, FALSE, sizeof (Tap));
    int side = 2 * reach + 1;

    for (int dy = -reach; dy <= reach; dy++) {
        const float *row = kernel + (dy + reach) * side;

        for (int dx = running ? -reach - 1 : -reach; dx <= reach; dx++) {
            float here = dx < -reach ? 0 : row[dx + reach];
            float next = running && dx < reach ? row[dx + 1 + reach] : 0;
            Tap tap = { dx, dy, here - next };

            if (tap.weight != 0)
                g_array_append_val (taps, tap);
        }
    }
    return taps;
}

static void
choose_taps (Defocus *defocus, double radius, double *variance)
{
    float *kernel = disc_kernel (radius, defocus->reach, variance);
    GArray *plain = list_taps (kernel, defocus->reach, false);
    GArray *running = list_taps (kernel, defocus->reach, true);

    defocus->running = running->len < plain->len;
    defocus->n_taps = (int) MIN (running->len, plain->len);
    defocus->taps = (Tap *) g_array_free (defocus->running ? running : plain, FALSE);
    g_array_free (defocus->running ? plain : running, TRUE);
    g_free (kernel);
}

static void
pad_row (void *data, int y, int worker)
{
    Defocus *defocus = data;
    const HfCanvas *from = defocus->from;
    const HfPixel *in = from->pixels + (size_t) y * (size_t) from->width;
    HfPixel *out = defocus->padded + (size_t) y * defocus->stride;
    HfPixel sum = { 0 };

    for (int x = 0; x < (int) defocus->stride; x++) {
        HfPixel sample = in[CLAMP (x - defocus->reach - 1, 0, from->width - 1)];

        sum = defocus->running ? sum + sample : sample;
        out[x] = sum;
    }
}

static void
blur_row (void *data, int y, int worker)
{
    Defocus *defocus = data;
    int width = defocus->to->width, height = defocus->to->height, reach = defocus->reach;
    HfPixel *out = defocus->to->pixels + (size_t) y * (size_t) width;
    const HfPixel *rows[257]; /* the rows y - reach .. y + reach at the first sample */

    for (int dy = -reach; dy <= reach; dy++)
        rows[dy + reach] =
            defocus->padded + reach + 1 + (size_t) CLAMP (y + dy, 0, height - 1) * defocus->stride;
    for (int x = 0; x < width; x += 4) {
        int at = MIN (x, MAX (0, width - 4));
        HfPixel a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };

        for (int i = 0; i < defocus->n_taps; i++) {
            Tap tap = defocus->taps[i];
            const HfPixel *in = rows[tap.dy + reach] + at + tap.dx;

            a += tap.weight * in[0];
            b += tap.weight * in[1];
            c += tap.weight * in[2];
            d += tap.weight * in[3];
        }
        out[at] = a, out[at + 1] = b, out[at + 2] = c, out[at + 3] = d;
    }
}

HfCanvas *
hf_canvas_defocus (const HfCanvas *canvas, double radius, HfPool *pool, double *variance,
                   GError **error)
{
    Defocus defocus = { .from = canvas, .reach = MAX (0, (int) ceil (radius - 0.5)) };
    double ignored;

    g_return_val_if_fail (defocus.reach <= 128 && canvas->width >= 4, NULL);
    defocus.to = hf_canvas_new (canvas->width, canvas->height, canvas->x, canvas->y, canvas->step,
                                canvas->opaque, error);
    if (!defocus.to)
        return NULL;
    /* Four more, so that the last group of four may look past the end. */
    defocus.stride = (size_t) canvas->width + 2 * ((size_t) defocus.reach + 1) + 4;
    defocus.padded = hf_pixels_new_n (NULL, (size_t) canvas->height * defocus.stride,
                                      sizeof (HfPixel), "a blurred canvas", error);
    if (!defocus.padded) {
        hf_canvas_free (defocus.to);
        return NULL;
    }
    choose_taps (&defocus, fmax (radius, 0.5), variance ? variance : &ignored);
    hf_pool_for (pool, canvas->height, pad_row, &defocus);
    hf_pool_for (pool, canvas->height, blur_row, &defocus);
    hf_pixels_free (defocus.padded);
    g_free (defocus.taps);
    return defocus.to;
}
