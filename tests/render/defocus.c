/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Defocus: the image of a point out of focus is a disc. The kernel is the share of each sample's
 * square that the disc covers, exact along rows, by 64 lines a row otherwise.
 *
 * A large disc costs its rim only: with the running sum P(x) = s(0) + … + s(x) of each row,
 *     sum over dx of w(dx) s(x + dx) = sum over dx of (w(dx) - w(dx + 1)) P(x + dx),
 * and w is constant inside of the disc. Either way the blur is a short list of (dx, dy, weight)
 * over the samples or over their running sums; the shorter list is taken. Opaque canvases are
 * blurred less their mean colour, so that running sums stay small and keep their precision.
 */
#include "canvas.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

enum {
    LINES = 64,
    MOST_REACH = 128,
    BLOCK = 32 /* samples; blocks that see only transparency are passed over */
};

typedef struct Tap {
    int dx, dy;
    float weight;
} Tap;

typedef struct Defocus {
    const HfCanvas *from;
    HfCanvas *to;
    HfPixel mean;    /* taken off while at work */
    bool running;    /* taps are on running sums */
    int reach;       /* samples that the disc extends to each side */
    size_t stride;   /* samples a row of `padded` */
    HfPixel *padded; /* the rows, or their running sums, extended by reach + 1 at each side */
    guint8 *filled;  /* height × n_blocks: is anything but transparency there? */
    int n_blocks;    /* in a row, BLOCK samples each */
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
choose_taps (Defocus *defocus, double radius)
{
    double variance;
    float *kernel = disc_kernel (radius, defocus->reach, &variance);
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
        HfPixel sample = in[CLAMP (x - defocus->reach - 1, 0, from->width - 1)] - defocus->mean;

        sum = defocus->running ? sum + sample : sample;
        out[x] = sum;
    }
}

/* The mean colour of an opaque canvas, roughly; nothing for others, whose empty parts are to stay
 * 0. */
static HfPixel
mean_colour (const HfCanvas *canvas)
{
    size_t n = (size_t) canvas->width * (size_t) canvas->height, count = 0;
    HfPixel sum = { 0 };

    for (size_t i = 0; canvas->opaque && i < n; i += 997, count++)
        sum += canvas->pixels[i];
    return count ? sum * (1.0f / (float) count) : sum;
}

static void
mark_row (void *data, int y, int worker)
{
    Defocus *defocus = data;
    const HfCanvas *from = defocus->from;
    const HfPixel *in = from->pixels + (size_t) y * (size_t) from->width;

    for (int block = 0; block < defocus->n_blocks; block++) {
        bool filled = from->opaque;

        for (int x = block * BLOCK; !filled && x < MIN ((block + 1) * BLOCK, from->width); x++)
            filled = in[x][3] != 0;
        defocus->filled[y * defocus->n_blocks + block] = filled;
    }
}

/* Does the disc reach anything from this block? */
static bool
reaches_something (const Defocus *defocus, int block, int y)
{
    int far = (defocus->reach + BLOCK) / BLOCK, n = defocus->n_blocks;
    int left = MAX (0, block - far), right = MIN (n - 1, block + far);
    int top = MAX (0, y - defocus->reach),
        bottom = MIN (defocus->to->height - 1, y + defocus->reach);

    for (int row = top; row <= bottom; row++)
        if (memchr (defocus->filled + row * n + left, 1, (size_t) (right - left + 1)))
            return true;
    return false;
}

/* Samples from .. to - 1 of a row, at least four, four at a time; the last group may repeat some.
 */
static void
blur_samples (const Defocus *defocus, int y, int from, int to)
{
    int reach = defocus->reach, height = defocus->to->height;
    HfPixel *out = defocus->to->pixels + (size_t) y * (size_t) defocus->to->width;
    const HfPixel *rows[2 * MOST_REACH + 1]; /* y - reach .. y + reach, at the first sample */

    for (int dy = -reach; dy <= reach; dy++)
        rows[dy + reach] =
            defocus->padded + reach + 1 + (size_t) CLAMP (y + dy, 0, height - 1) * defocus->stride;
    for (int x = from; x < to; x += 4) {
        int at = MIN (x, to - 4);
        HfPixel a = defocus->mean, b = a, c = a, d = a;

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

static void
blur_row (void *data, int y, int worker)
{
    Defocus *defocus = data;
    int width = defocus->to->width;
    HfPixel *out = defocus->to->pixels + (size_t) y * (size_t) width;

    if (defocus->from->opaque) {
        blur_samples (defocus, y, 0, width);
        return;
    }
    memset (out, 0, (size_t) width * sizeof (HfPixel));
    for (int block = 0; block < defocus->n_blocks; block++) {
        int end = MIN ((block + 1) * BLOCK, width);

        if (reaches_something (defocus, block, y))
            blur_samples (defocus, y, MIN (block * BLOCK, end - 4), end);
    }
}

size_t
hf_canvas_defocus_room (const HfCanvas *canvas, double radius)
{
    return (size_t) canvas->height * ((size_t) canvas->width + 2 * (size_t) (ceil (radius) + 2));
}

void
hf_canvas_defocus (const HfCanvas *canvas, double radius, HfCanvas *blurred, HfPixel *room,
                   HfPool *pool)
{
    Defocus defocus = { .from = canvas, .to = blurred, .padded = room };

    defocus.reach = MAX (0, (int) ceil (radius - 0.5));
    defocus.mean = mean_colour (canvas);
    g_return_if_fail (defocus.reach <= MOST_REACH && canvas->width >= 4);
    blurred->width = canvas->width, blurred->height = canvas->height;
    blurred->x = canvas->x, blurred->y = canvas->y, blurred->step = canvas->step;
    blurred->opaque = canvas->opaque;
    defocus.stride = (size_t) canvas->width + 2 * ((size_t) defocus.reach + 1);
    defocus.n_blocks = (canvas->width + BLOCK - 1) / BLOCK;
    defocus.filled = g_new (guint8, (gsize) canvas->height * (gsize) defocus.n_blocks);
    choose_taps (&defocus, fmax (radius, 0.5));
    hf_pool_for (pool, canvas->height, mark_row, &defocus);
    hf_pool_for (pool, canvas->height, pad_row, &defocus);
    hf_pool_for (pool, canvas->height, blur_row, &defocus);
    g_free (defocus.filled);
    g_free (defocus.taps);
}
