/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Denoising by non-local means
 * ----------------------------
 * Each pixel p becomes a weighted mean of the pixels q within SEARCH of it, and of itself:
 *
 *     out = p + blend × sum_q w(p, q) (q - p) / (1 + sum_q w(p, q))
 *
 * where w is near 1 for q whose surroundings look like those of p, so that edges and texture are
 * averaged along themselves (A. Buades, B. Coll, J.-M. Morel: A non-local algorithm for image
 * denoising, 2005). Surroundings are patches of 5 × 5 pixels; with D their mean square difference
 * over all colours, each divided by its noise sigma,
 *
 *     d = D / (n_colours × strength² × (v(p) + v(q))),   w = max (0, 2 - d)² kept within 1
 *
 * Patches that differ by noise alone have d near 1. A weight without a tail keeps what differs more
 * than noise can explain out altogether: no halo of half-grey pixels grows along edges.
 *
 * v is the local variance of the noise relative to that of one frame. After a fusion it is about 1
 * where one frame was taken and down to 1 / n where n agreed, and it is measured in the picture
 * itself: the mean over 9 × 9 pixels of the squared finest diagonal detail (as hf_noise_measure
 * () does for a frame), times 1.5 since resampling leaves such detail weaker than other noise.
 * Where there is texture this reads too much, but a fused picture is nowhere noisier than a frame:
 * v is held at 1.
 *
 * amount <= 1: blend is amount, strength 1. Above: all is taken, and the noise assumed amount times
 * as strong.
 *
 * Samples that are not valid, or outside of the picture, count neither in the patches nor in the
 * means; all sums are made in one order for each pixel, so the result does not depend on the
 * cutting into bands.
 */
#include <hyperfocal/finish.h>

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum {
    SEARCH = 5, /* pixels, each way */
    PATCH = HF_DENOISE_PATCH / 2,
    CALM = HF_DENOISE_CALM / 2,
    REACH = SEARCH + CALM + 1, /* the candidates' noise reaches farthest */
    RING = HF_DENOISE_CALM
};

static const float resampled = 1.5f;
static const float least_noise = 0.005f; /* of a frame's variance: 200 frames averaged */
static const float most_value = 1e18f;   /* in sigmas: squares of it stay finite */
static const double least_sigma = 1e-5;  /* below a step of 16 bit */

/* The work on one band: everything reaches REACH beyond it on each side. */
typedef struct Work {
    const HfFinishKernels *kernels;
    int n_colours;
    int width, height; /* of the band */
    bool opaque;       /* all of the neighbourhood is there and valid */
    size_t stride;     /* of the planes below */
    float *colour[3];  /* divided by their sigma, (height + 2 REACH) × stride */
    float *validity;   /* likewise */
    float *noise;      /* relative variance, SEARCH around the band filled in */
    float *sums[3];    /* width floats a row, height rows */
    float *total;
    float *rows[2][RING]; /* rings of stride floats */
    float *weight;
    float sigma[3];
    float scale;
} Work;

static bool
is_wanted (const HfFinishOptions *options, const double noise[3], int n_colours)
{
    bool noisy = noise[0] > 0 || (n_colours == 3 && (noise[1] > 0 || noise[2] > 0));

    return options->denoise_amount > 0 && noisy;
}

int
hf_denoise_reach (const HfFinishOptions *options, const double noise[3], int n_colours)
{
    return is_wanted (options, noise, n_colours) ? REACH : 0;
}

static size_t
padded_stride (int width)
{
    return ((size_t) width + 2 * REACH + 15) & ~(size_t) 15;
}

size_t
hf_denoise_scratch (int width, int height, int n_colours)
{
    size_t stride = padded_stride (width), planes = (size_t) n_colours + 1;
    size_t padded = stride * ((size_t) height + 2 * REACH);

    return padded * (planes + 1) + stride * (size_t) height * planes + stride * (2 * RING + 1);
}

static float *
take (float **memory, size_t n)
{
    float *taken = *memory;

    *memory += n;
    return taken;
}

static void
place_work (Work *work, const HfBand *out, float *memory)
{
    size_t stride = padded_stride (out->rect.width);
    size_t padded = stride * ((size_t) out->rect.height + 2 * REACH);
    size_t plain = stride * (size_t) out->rect.height;

    work->stride = stride;
    for (int c = 0; c < work->n_colours; c++)
        work->colour[c] = take (&memory, padded);
    work->validity = take (&memory, padded);
    work->noise = take (&memory, padded);
    for (int c = 0; c < work->n_colours; c++)
        work->sums[c] = take (&memory, plain);
    work->total = take (&memory, plain);
    for (int k = 0; k < 2 * RING; k++)
        work->rows[k / RING][k % RING] = take (&memory, stride);
    work->weight = take (&memory, stride);
}

/* Address of band pixel (x, y), which may lie REACH outside of the band, in a padded plane. */
static float *
at (const Work *work, float *plane, int x, int y)
{
    return plane + (size_t) (y + REACH) * work->stride + (size_t) (x + REACH);
}

/* One row of the neighbourhood from `in`; samples that are not there are 0 and not valid. */
static void
load_row (Work *work, const HfBand *in, int x, int y, int row)
{
    int from = MAX (x, in->rect.x),
        to = MIN (x + work->width + 2 * REACH, in->rect.x + in->rect.width);
    size_t offset = (size_t) (y - in->rect.y) * in->stride + (size_t) (from - in->rect.x);
    int at_x = from - x - REACH, n = to - from;
    const HfKernels *kernels = hf_kernels ();

    for (int c = 0; c < work->n_colours; c++) {
        const float *from_row = in->colour[c] + offset;
        float *to_row = at (work, work->colour[c], at_x, row);

        if (!in->opaque) {
            kernels->band->hide (from_row, in->validity + offset, n, to_row);
            from_row = to_row;
        }
        kernels->band->scale (from_row, 1 / work->sigma[c], n, to_row);
        for (int i = 0; i < n; i++)
            to_row[i] = CLAMP (to_row[i], -most_value, most_value);
    }
    if (!in->opaque)
        memcpy (at (work, work->validity, at_x, row), in->validity + offset,
                (size_t) n * sizeof (float));
    for (int i = 0; in->opaque && i < n; i++)
        at (work, work->validity, at_x, row)[i] = 1;
}

static void
load (Work *work, const HfBand *in, HfRect rect)
{
    size_t row_bytes = ((size_t) work->width + 2 * REACH) * sizeof (float);
    HfRect grown = { rect.x - REACH, rect.y - REACH, rect.width + 2 * REACH,
                     rect.height + 2 * REACH };
    HfRect there = hf_rect_intersect (grown, in->rect);

    work->opaque = in->opaque && there.width == grown.width && there.height == grown.height;
    for (int y = 0; y < grown.height; y++) {
        int row = y - REACH;

        if (there.width < grown.width || grown.y + y < there.y ||
            grown.y + y >= there.y + there.height) {
            for (int c = 0; c < work->n_colours; c++)
                memset (at (work, work->colour[c], -REACH, row), 0, row_bytes);
            memset (at (work, work->validity, -REACH, row), 0, row_bytes);
        }
        if (grown.y + y >= there.y && grown.y + y < there.y + there.height)
            load_row (work, in, grown.x, grown.y + y, row);
    }
}

/* ---- the local noise ---- */

/* Squared details of row y, and how far they may be believed, into the rings; from column
 * -SEARCH - CALM on. */
static void
find_detail (Work *work, int y)
{
    int slot = (y + REACH) % RING, first = -SEARCH - CALM - 1;
    int n = work->width + 2 * (SEARCH + CALM);
    float *found = work->rows[0][slot];
    const float *rows[3];

    memset (found, 0, (size_t) n * sizeof (float));
    for (int c = 0; c < work->n_colours; c++) {
        for (int j = 0; j < 3; j++)
            rows[j] = at (work, work->colour[c], first, y + j - 1);
        work->kernels->detail (rows, n, found);
    }
    for (int j = 0; j < 3; j++)
        rows[j] = at (work, work->validity, first, y + j - 1);
    if (!work->opaque)
        work->kernels->whole (rows, n, work->rows[1][slot]);
}

static void
measure_noise (Work *work)
{
    const float *details[RING], *weights[RING];
    int last = work->height + SEARCH + CALM;

    for (int y = -SEARCH - CALM; y < last; y++) {
        int middle = y - CALM;

        find_detail (work, y);
        if (middle < -SEARCH)
            continue;
        for (int j = 0; j < RING; j++) {
            int slot = (middle - CALM + j + REACH) % RING;

            details[j] = work->rows[0][slot];
            weights[j] = work->rows[1][slot];
        }
        work->kernels->calm (details, work->opaque ? NULL : weights, work->width + 2 * SEARCH,
                             resampled / (float) work->n_colours, least_noise,
                             at (work, work->noise, -SEARCH, middle));
    }
}

/* ---- the means ---- */

static void
rows_at (const Work *work, int x, int y, const float *rows[3])
{
    for (int c = 0; c < work->n_colours; c++)
        rows[c] = at (work, work->colour[c], x, y);
}

/* Distances of row y to its candidates at (dx, dy), PATCH beyond both ends, into the ring. */
static void
find_distances (Work *work, int dx, int dy, int y)
{
    int slot = (y + REACH) % RING, n = work->width + 2 * PATCH;
    float *distances = work->rows[0][slot], *pairs = work->rows[1][slot];
    const float *a[3], *b[3];

    rows_at (work, -PATCH, y, a);
    rows_at (work, dx - PATCH, y + dy, b);
    work->kernels->difference (a, b, work->n_colours, n, distances);
    if (work->opaque)
        return;
    work->kernels->multiply (at (work, work->validity, -PATCH, y),
                             at (work, work->validity, dx - PATCH, y + dy), n, pairs);
    work->kernels->multiply (distances, pairs, n, work->weight);
    memcpy (distances, work->weight, (size_t) n * sizeof (float));
}

static void
add_row (Work *work, int dx, int dy, int y)
{
    const float *distances[HF_DENOISE_PATCH], *pairs[HF_DENOISE_PATCH], *a[3], *b[3];
    float *sums[3];
    HfDenoiseRow row = { distances,
                         work->opaque ? NULL : pairs,
                         at (work, work->noise, 0, y),
                         at (work, work->noise, dx, y + dy),
                         at (work, work->validity, dx, y + dy),
                         work->scale,
                         work->width };

    for (int j = 0; j < HF_DENOISE_PATCH; j++) {
        int slot = (y + j - PATCH + REACH) % RING;

        distances[j] = work->rows[0][slot];
        pairs[j] = work->rows[1][slot];
    }
    for (int c = 0; c < work->n_colours; c++)
        sums[c] = work->sums[c] + (size_t) y * work->stride;
    rows_at (work, 0, y, a);
    rows_at (work, dx, y + dy, b);
    work->kernels->weigh (&row, work->weight);
    work->kernels->gather (work->weight, a, b, work->n_colours, work->width, sums,
                           work->total + (size_t) y * work->stride);
}

static void
add_candidates (Work *work, int dx, int dy)
{
    for (int y = -PATCH; y < work->height + PATCH; y++) {
        find_distances (work, dx, dy, y);
        if (y >= PATCH)
            add_row (work, dx, dy, y - PATCH);
    }
}

static void
begin_sums (Work *work)
{
    size_t n = work->stride * (size_t) work->height;

    for (int c = 0; c < work->n_colours; c++)
        memset (work->sums[c], 0, n * sizeof (float));
    for (size_t i = 0; i < n; i++)
        work->total[i] = 1; /* the pixel itself */
}

static void
settle (const Work *work, const HfBand *in, float blend, HfBand *out)
{
    for (int y = 0; y < work->height; y++) {
        size_t from = (size_t) (out->rect.y + y - in->rect.y) * in->stride +
                      (size_t) (out->rect.x - in->rect.x);
        size_t to = (size_t) y * out->stride, row = (size_t) y * work->stride;

        for (int c = 0; c < work->n_colours; c++)
            work->kernels->settle (in->colour[c] + from, work->sums[c] + row, work->total + row,
                                   blend * work->sigma[c], work->width, out->colour[c] + to);
        if (!in->opaque)
            memcpy (out->validity + to, in->validity + from, (size_t) work->width * sizeof (float));
    }
    out->opaque = in->opaque;
}

void
hf_denoise_apply (const HfFinishOptions *options, const double noise[3], const HfBand *in,
                  HfBand *out, float *scratch)
{
    double amount = options->denoise_amount, strength = fmax (amount, 1);
    Work work = { .kernels = hf_kernels ()->finish,
                  .n_colours = out->n_colours,
                  .width = out->rect.width,
                  .height = out->rect.height,
                  .scale = (float) (1 / (out->n_colours * strength * strength)) };

    place_work (&work, out, scratch);
    for (int c = 0; c < work.n_colours; c++)
        work.sigma[c] = (float) fmax (noise[c], least_sigma);
    load (&work, in, out->rect);
    measure_noise (&work);
    begin_sums (&work);
    for (int dy = -SEARCH; dy <= SEARCH; dy++)
        for (int dx = -SEARCH; dx <= SEARCH; dx++)
            if (dx || dy)
                add_candidates (&work, dx, dy);
    settle (&work, in, (float) fmin (amount, 1), out);
}
