/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The warp: a frame resampled once onto the reference's pixels
 * -------------------------------------------------------------
 * The record's matrix maps an output pixel (u, v) to the position (x, y) in the frame. What is done
 * there depends on the matrix:
 *
 *   whole shift  the identity or a shift by whole pixels: samples are copied, bit for bit.
 *
 *   separable    an affine matrix  x = a u + b v + c,  y = d u + e v + f  of moderate rotation and
 *                scale, which is what frames of one stack differ by. Two passes of one-dimensional
 *                interpolation (Catmull and Smith, 3-D Transformations of Images in Scanline Order,
 *                1980): solving the second equation for v turns the first one into
 *                    x = A u + B y + C,   A = a - b d / e,   B = b / e,   C = c - f b / e
 *                so that pass 1 fills, for every frame row y and output column u, what lies at x,
 * and pass 2 walks down the columns of that. n taps cost 2 n multiplications instead of n². The
 * picture goes through in strips of columns with a ring of just the rows that pass 2 still needs,
 * so that between the passes all stays in the nearest cache.
 *
 *   direct       anything else, projective matrices and large rotations included: n × n taps.
 *
 * Kernels: Catmull-Rom and Lanczos (kernels/warp-kernels.c). Where a frame is minified by more than
 * 1.2 the kernel is stretched by what exceeds that, to keep out what the output cannot hold;
 * breathing of a few percent keeps its full sharpness.
 *
 * Borders: a pixel is covered when its position lies within the centres of the frame's outer
 * pixels, give or take 1e-6 pixels, which is above the rounding of composed matrices and below
 * anything seen. Taps beyond the border repeat it. Where the frame does not cover, validity is 0
 * and the position is moved to the border (in the separable way along the row first, then the
 * column), so filters that look across the edge of coverage find no step.
 *
 * Validity: colours are interpolated premultiplied, and so is 1 - validity, which is exactly 0
 * where all taps are valid; there the bits are those of an opaque frame.
 *
 * Positions are counted in 2^-40 pixels from absolute coordinates, so that the result does not
 * depend on the rectangles in which a picture is asked for.
 */
#include <hyperfocal/align.h>

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum {
    WIDE_STRIP = 256,  /* columns of a strip while the rotation is small */
    NARROW_STRIP = 64, /* and otherwise, to need fewer rows at a time */
    LONGEST_SPAN = 2 * (WIDE_STRIP + HF_WARP_BLOCK) + 64, /* frame columns under a strip */
    MOST_ROWS = 64, /* rows that one output row of a strip may touch */
    STRIP_STRIDE = WIDE_STRIP + HF_WARP_BLOCK,
    MOST_STRETCH = 8
};

static const int64_t one_pixel = (int64_t) 1 << HF_WARP_FRACTION;
static const int64_t tolerance = 1099512; /* 1e-6 pixels */
static const double most_slope = 0.47;    /* tan 25° */
static const double narrow_slope = 0.05;
static const double unstretched = 1.2;

typedef enum { NOWHERE, WHOLE_SHIFT, SEPARABLE, DIRECT } Kind;

/* y = slope u + offset at row v: fixed-point positions of a row. */
typedef struct Line {
    double by_row, offset;
    int64_t slope;
} Line;

typedef struct Warp {
    Kind kind;
    const HfWarpKernels *kernels;
    HfInterpolation interpolation;
    int taps, width, height; /* of the kernel, of the frame */
    HfMatrix matrix;         /* normalised */
    Line x, y;               /* positions of the output pixels of row v (affine) */
    Line pass_1;             /* positions in frame row y */
    int strip;               /* columns */
} Warp;

static int64_t
fixed (double position)
{
    double limited = position < 0x1p22 ? position : 0x1p22, scaled;
    int64_t rounded;

    limited = limited > -0x1p22 ? limited : -0x1p22;
    scaled = limited * 0x1p40 + 0.5;
    rounded = (int64_t) scaled;
    return rounded - (scaled < (double) rounded);
}

static int64_t
line_start (const Line *line, int row)
{
    return fixed (line->by_row * row + line->offset);
}

static int64_t
line_at (const Line *line, int column, int row)
{
    return line_start (line, row) + line->slope * column;
}

/* Whole part, rounded down. */
static int
whole (int64_t position)
{
    return (int) (position >> HF_WARP_FRACTION);
}

static bool
is_whole (double x)
{
    return fabs (x) < 0x1p22 && x == floor (x);
}

static Kind
kind_of (const HfMatrix *matrix)
{
    const double *m = matrix->m;
    double along_row, slope;

    for (int i = 0; i < 9; i++)
        if (!isfinite (m[i]))
            return NOWHERE;
    if (!hf_matrix_is_affine (matrix))
        return DIRECT;
    if (m[0] == 1 && m[1] == 0 && m[3] == 0 && m[4] == 1 && is_whole (m[2]) && is_whole (m[5]))
        return WHOLE_SHIFT;
    along_row = m[0] - m[1] * m[3] / m[4];
    slope = fmax (fabs (m[1] / m[4]), fabs (m[3]));
    if (m[4] >= 0.5 && m[4] <= unstretched && along_row >= 0.5 && slope <= most_slope &&
        hypot (m[0], m[1]) <= unstretched && hypot (m[3], m[4]) <= unstretched)
        return SEPARABLE;
    return DIRECT;
}

/* Divides by the last entry, so that a scaled matrix is the same transform. */
static HfMatrix
normalised (HfMatrix matrix)
{
    double last = matrix.m[8];

    if (last != 0 && last != 1)
        for (int i = 0; i < 9; i++)
            matrix.m[i] /= last;
    return matrix;
}

static Warp
warp_of (const HfAlignRecord *record, HfInterpolation interpolation, int width, int height)
{
    HfMatrix matrix = normalised (record->matrix);
    const double *m = matrix.m;
    Warp warp = { .kind = kind_of (&matrix),
                  .kernels = hf_kernels ()->warp,
                  .interpolation = interpolation,
                  .width = width,
                  .height = height,
                  .matrix = matrix };

    warp.taps = warp.kernels->taps[interpolation];
    if (warp.kind == WHOLE_SHIFT || warp.kind == SEPARABLE) {
        warp.x = (Line) { m[1], m[2], fixed (m[0]) };
        warp.y = (Line) { m[4], m[5], fixed (m[3]) };
        warp.pass_1 =
            (Line) { m[1] / m[4], m[2] - m[5] * m[1] / m[4], fixed (m[0] - m[1] * m[3] / m[4]) };
    }
    warp.strip = fabs (m[3]) <= narrow_slope ? WIDE_STRIP : NARROW_STRIP;
    return warp;
}

/* ---- Coverage ---- */

typedef struct Run {
    int from, to; /* pixels from … to - 1, counted from a row's first */
} Run;

/* The first of n pixels whose position slope i + start is at least `bound`; slope >= 0. */
static int
first_from (int64_t slope, int64_t start, int n, int64_t bound)
{
    int low = 0, high = n;

    if (start >= bound)
        return 0;
    if (start + slope * (n - 1) < bound)
        return n;
    while (low < high) {
        int middle = (low + high) / 2;

        if (start + slope * middle >= bound)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Which of n pixels along a line from `start` lie within 0 … size - 1; one side of the line is
 * before the run, the other behind it. */
static Run
run_inside (int64_t slope, int64_t start, int n, int size)
{
    int64_t low = -tolerance, high = (int64_t) (size - 1) * one_pixel + tolerance;

    if (slope < 0)
        return (Run) { first_from (-slope, -start, n, -high),
                       first_from (-slope, -start, n, -low + 1) };
    return (Run) { first_from (slope, start, n, low), first_from (slope, start, n, high + 1) };
}

/* The pixels of the output's row v that an affine warp covers. */
static Run
covered_run (const Warp *warp, HfRect out, int v)
{
    Run along_x = run_inside (warp->x.slope, line_at (&warp->x, out.x, v), out.width, warp->width);
    Run along_y = run_inside (warp->y.slope, line_at (&warp->y, out.x, v), out.width, warp->height);

    return (Run) { MAX (along_x.from, along_y.from), MIN (along_x.to, along_y.to) };
}

/* Smallest and largest position over a rectangle; rounding is monotonous, so they lie at corners.
 */
static void
line_range (const Line *line, HfRect rect, int64_t *least, int64_t *most)
{
    int right = rect.x + rect.width - 1, bottom = rect.y + rect.height - 1;
    int64_t corners[4] = { line_at (line, rect.x, rect.y), line_at (line, right, rect.y),
                           line_at (line, rect.x, bottom), line_at (line, right, bottom) };

    *least = *most = corners[0];
    for (int i = 1; i < 4; i++) {
        *least = MIN (*least, corners[i]);
        *most = MAX (*most, corners[i]);
    }
}

static bool
all_covered (const Warp *warp, HfRect out)
{
    int64_t x0, x1, y0, y1;

    line_range (&warp->x, out, &x0, &x1);
    line_range (&warp->y, out, &y0, &y1);
    return x0 >= -tolerance && x1 <= (int64_t) (warp->width - 1) * one_pixel + tolerance &&
           y0 >= -tolerance && y1 <= (int64_t) (warp->height - 1) * one_pixel + tolerance;
}

/* ---- Reach ---- */

/* Samples under kernels that reach `before` and `after` around positions from … to, within a frame.
 */
static void
span (int from, int to, int before, int after, int size, int *first, int *n)
{
    int left = CLAMP (CLAMP (from, 0, size - 1) - before, 0, size - 1);
    int right = CLAMP (CLAMP (to, 0, size - 1) + after, 0, size - 1);

    *first = left;
    *n = right - left + 1;
}

/* By how many columns the positions of a block may run ahead of its pixels or fall behind. */
static int
spread_of (const Warp *warp)
{
    return (int) (ABS (warp->pass_1.slope - one_pixel) * (HF_WARP_BLOCK - 1) >> HF_WARP_FRACTION) +
           2;
}

static HfRect
affine_reach (const Warp *warp, HfRect out)
{
    int before = warp->kind == WHOLE_SHIFT ? 0 : warp->taps / 2 - 1;
    int after = warp->kind == WHOLE_SHIFT ? 0 : warp->taps / 2;
    int more = warp->kind == WHOLE_SHIFT ? 0 : spread_of (warp);
    int64_t x0, x1, y0, y1;
    HfRect reach, columns = out;

    line_range (&warp->x, out, &x0, &x1);
    line_range (&warp->y, out, &y0, &y1);
    if (x1 < -tolerance || x0 > (int64_t) (warp->width - 1) * one_pixel + tolerance ||
        y1 < -tolerance || y0 > (int64_t) (warp->height - 1) * one_pixel + tolerance)
        return (HfRect) { 0, 0, 0, 0 };
    span (whole (y0), whole (y1), before, after, warp->height, &reach.y, &reach.height);
    if (warp->kind == SEPARABLE) {
        columns.y = reach.y;
        columns.height = reach.height;
        columns.width += HF_WARP_BLOCK - 1; /* whole blocks are read, the spread around them too */
        line_range (&warp->pass_1, columns, &x0, &x1);
    }
    span (whole (x0), whole (x1), before + more, after + more, warp->width, &reach.x, &reach.width);
    return reach;
}

/* A position of the direct way: where it lies, whether that is covered, and how much the kernel is
 * stretched in x and y. */
typedef struct Spot {
    double x, y; /* moved into the frame */
    bool covered;
    double stretch_x, stretch_y;
} Spot;

static double
stretch_of (double along_u, double along_v)
{
    double scale = sqrt (along_u * along_u + along_v * along_v) / unstretched;

    return scale > 1 ? fmin (scale, MOST_STRETCH) : 1;
}

static double
within (double position, int size, bool *covered)
{
    *covered = *covered && position >= -1e-6 && position <= size - 1 + 1e-6;
    position = position > 0 ? position : 0;
    return position < size - 1 ? position : size - 1;
}

static Spot
spot_at (const Warp *warp, int u, int v)
{
    const double *m = warp->matrix.m;
    double w = m[6] * u + (m[7] * v + m[8]);
    double scale = w > 1e-9 ? 1 / w : 0; /* 0: behind the horizon, seen by no frame */
    double x = (m[0] * u + (m[1] * v + m[2])) * scale;
    double y = (m[3] * u + (m[4] * v + m[5])) * scale;
    Spot spot = { .covered = scale > 0 };

    spot.stretch_x = stretch_of ((m[0] - x * m[6]) * scale, (m[1] - x * m[7]) * scale);
    spot.stretch_y = stretch_of ((m[3] - y * m[6]) * scale, (m[4] - y * m[7]) * scale);
    spot.x = within (x, warp->width, &spot.covered);
    spot.y = within (y, warp->height, &spot.covered);
    return spot;
}

/* The direct way: the box around the four corners, which holds what lies between them as long as
 * none is behind the horizon; else the whole frame. */
static HfRect
direct_reach (const Warp *warp, HfRect out)
{
    const double *m = warp->matrix.m;
    double x0 = HUGE_VAL, x1 = -HUGE_VAL, y0 = HUGE_VAL, y1 = -HUGE_VAL, stretch = 1;
    int right = warp->width - 1, bottom = warp->height - 1, arm;
    HfRect reach;

    for (int i = 0; i < 4; i++) {
        int u = out.x + (i & 1 ? out.width - 1 : 0), v = out.y + (i & 2 ? out.height - 1 : 0);
        Spot spot = spot_at (warp, u, v);
        double x, y;

        if (!(m[6] * u + (m[7] * v + m[8]) > 1e-9))
            return (HfRect) { 0, 0, warp->width, warp->height };
        hf_matrix_map (&warp->matrix, u, v, &x, &y);
        x0 = fmin (x0, x), x1 = fmax (x1, x), y0 = fmin (y0, y), y1 = fmax (y1, y);
        stretch = fmax (stretch, fmax (spot.stretch_x, spot.stretch_y));
    }
    if (x1 < -2e-6 || x0 > right + 2e-6 || y1 < -2e-6 || y0 > bottom + 2e-6)
        return (HfRect) { 0, 0, 0, 0 };
    if (!hf_matrix_is_affine (&warp->matrix) && stretch > 1)
        stretch = MOST_STRETCH;                      /* it varies within the rectangle */
    arm = (int) ceil (warp->taps / 2 * stretch) + 1; /* one for the rounding of 1 / w */
    span ((int) fmax (x0, -1), (int) fmin (x1, right), arm, arm, warp->width, &reach.x,
          &reach.width);
    span ((int) fmax (y0, -1), (int) fmin (y1, bottom), arm, arm, warp->height, &reach.y,
          &reach.height);
    return reach;
}

static HfRect
reach_of (const Warp *warp, HfRect out)
{
    if (warp->kind == NOWHERE || hf_rect_is_empty (out))
        return (HfRect) { 0, 0, 0, 0 };
    return warp->kind == DIRECT ? direct_reach (warp, out) : affine_reach (warp, out);
}

HfRect
hf_align_reach (const HfAlignRecord *record, HfInterpolation interpolation, HfRect out,
                int src_width, int src_height)
{
    Warp warp = warp_of (record, interpolation, src_width, src_height);

    return reach_of (&warp, out);
}

/* ---- Whole shifts ---- */

/* Row of the frame from `at` on, `n` samples, the border repeated. */
static void
copy_repeating (const float *row, int size, int at, int n, float *out)
{
    int left = CLAMP (-at, 0, n), right = CLAMP (size - at, left, n);

    for (int i = 0; i < left; i++)
        out[i] = row[0];
    if (right > left)
        memcpy (out + left, row + (at + left), (size_t) (right - left) * sizeof *out);
    for (int i = right; i < n; i++)
        out[i] = row[size - 1];
}

static const float *
band_row (const float *plane, const HfBand *band, int y)
{
    return plane + (size_t) (y - band->rect.y) * band->stride;
}

static void
shift (const Warp *warp, const HfBand *in, HfBand *out)
{
    int dx = (int) warp->x.offset, dy = (int) warp->y.offset;

    for (int v = 0; v < out->rect.height; v++) {
        int y = CLAMP (out->rect.y + v + dy, in->rect.y, in->rect.y + in->rect.height - 1);
        int at = out->rect.x + dx - in->rect.x;
        size_t skip = (size_t) v * out->stride;

        for (int c = 0; c < out->n_colours; c++)
            copy_repeating (band_row (in->colour[c], in, y), in->rect.width, at, out->rect.width,
                            out->colour[c] + skip);
        if (!in->opaque)
            copy_repeating (band_row (in->validity, in, y), in->rect.width, at, out->rect.width,
                            out->validity + skip);
    }
}

/* ---- Two passes ---- */

typedef struct Passes {
    const Warp *warp;
    const HfBand *in;
    HfBand *out;
    int n_planes; /* colours, and 1 - validity unless the frame is opaque */
    float *ring;  /* n_slots rows of n_planes × STRIP_STRIDE: what pass 1 made */
    int n_slots;
    float *spans; /* n_planes × LONGEST_SPAN: a frame row with its border, premultiplied */
    int first, n; /* columns of the strip */
} Passes;

static int
slots_needed (const Warp *warp)
{
    return warp->taps + (int) ceil (fabs (warp->matrix.m[3]) * (warp->strip - 1)) + 2;
}

static float *
slot (const Passes *passes, int y)
{
    return passes->ring +
           (size_t) (y % passes->n_slots) * (size_t) (passes->n_planes * STRIP_STRIDE);
}

/* Columns left … right of a frame row, premultiplied unless opaque, the border repeated. */
static void
fill_span (const Passes *passes, int plane, int y, int left, int right, float *out)
{
    const HfBand *in = passes->in;
    int from = CLAMP (left, in->rect.x, in->rect.x + in->rect.width - 1);
    int to = CLAMP (right, from, in->rect.x + in->rect.width - 1), n = to - from + 1;
    size_t skip = (size_t) (from - in->rect.x);
    const float *validity = band_row (in->validity, in, y) + skip;
    float *middle = out + (from - left);

    if (plane == in->n_colours)
        passes->warp->kernels->complement (validity, n, middle);
    else if (!in->opaque)
        passes->warp->kernels->premultiply (band_row (in->colour[plane], in, y) + skip, validity, n,
                                            middle);
    else
        memcpy (middle, band_row (in->colour[plane], in, y) + skip, (size_t) n * sizeof *middle);
    for (int x = left; x < from; x++)
        out[x - left] = middle[0];
    for (int x = to + 1; x <= right; x++)
        out[x - left] = middle[n - 1];
}

/* The frame's sample at column x, premultiplied, or 1 - validity. */
static float
border_sample (const Passes *passes, int plane, int x, int y)
{
    float sample;

    fill_span (passes, plane, y, x, x, &sample);
    return sample;
}

/* Interpolates the pixels `run` of a strip's row. */
static void
interpolate_row (const Passes *passes, int y, Run run, float *out)
{
    const Warp *warp = passes->warp;
    const HfBand *in = passes->in;
    int64_t start = line_start (&warp->pass_1, y), slope = warp->pass_1.slope;
    int first = passes->first + run.from, n = run.to - run.from;
    int blocks = (n + HF_WARP_BLOCK - 1) / HF_WARP_BLOCK * HF_WARP_BLOCK;
    int spread = spread_of (warp);
    int left = whole (start + slope * first) - spread - warp->taps / 2 + 1;
    int right = whole (start + slope * (first + blocks - 1)) + spread + warp->taps / 2;
    bool inside = in->opaque && left >= in->rect.x && right < in->rect.x + in->rect.width;
    HfWarpAlongRow work = { .slope = slope,
                            .start = start,
                            .first = first,
                            .n = n,
                            .origin = inside ? in->rect.x : left,
                            .n_planes = passes->n_planes };

    for (int p = 0; p < passes->n_planes; p++) {
        float *copy = passes->spans + (size_t) p * LONGEST_SPAN;

        if (!inside)
            fill_span (passes, p, y, left, right, copy);
        work.rows[p] = inside ? band_row (in->colour[p], in, y) : copy;
        work.out[p] = out + p * STRIP_STRIDE + run.from;
    }
    warp->kernels->along_row[warp->interpolation](&work);
}

/* Pass 1: row y of the frame at the strip's columns, into its slot. */
static void
fill_slot (const Passes *passes, int y)
{
    const Warp *warp = passes->warp;
    float *out = slot (passes, y);
    Run run = run_inside (warp->pass_1.slope, line_at (&warp->pass_1, passes->first, y), passes->n,
                          warp->width);

    if (run.to > run.from)
        interpolate_row (passes, y, run, out);
    for (int p = 0; p < passes->n_planes; p++) {
        float *row = out + p * STRIP_STRIDE;
        float left = run.from > 0 ? border_sample (passes, p, 0, y) : 0;
        float right = run.to < passes->n ? border_sample (passes, p, warp->width - 1, y) : 0;

        for (int i = 0; i < run.from; i++)
            row[i] = left;
        for (int i = run.to; i < passes->n; i++)
            row[i] = right;
    }
}

static float *
plane_row (const HfBand *band, int plane, int v)
{
    float *samples = plane == band->n_colours ? band->validity : band->colour[plane];

    return samples + (size_t) (v - band->rect.y) * band->stride;
}

/* Pixels from … to - 1 of output row v, whose positions are above or below the frame. */
static void
repeat_row (const Passes *passes, int v, int from, int to, int y)
{
    for (int p = 0; p < passes->n_planes && to > from; p++)
        memcpy (plane_row (passes->out, p, v) + (passes->first - passes->out->rect.x) + from,
                slot (passes, y) + p * STRIP_STRIDE + from, (size_t) (to - from) * sizeof (float));
}

/* Pass 2: output row v of the strip, from rows low … high (beyond the frame: its border). */
static void
write_row (const Passes *passes, int v, int low, int high)
{
    const Warp *warp = passes->warp;
    int64_t slope = warp->y.slope, start = line_start (&warp->y, v);
    Run run = run_inside (slope, start + slope * passes->first, passes->n, warp->height);
    int above = slope < 0 ? warp->height - 1 : 0, below = warp->height - 1 - above;
    const float *rows[MOST_ROWS];
    HfWarpAlongColumn work = { .slope = slope,
                               .start = start,
                               .first = passes->first + run.from,
                               .n = run.to - run.from,
                               .rows = rows,
                               .origin = low,
                               .plane = STRIP_STRIDE,
                               .n_planes = passes->n_planes };

    repeat_row (passes, v, 0, run.from, above);
    repeat_row (passes, v, run.to, passes->n, below);
    if (work.n <= 0)
        return;
    for (int y = low; y <= high; y++)
        rows[y - low] = slot (passes, CLAMP (y, 0, warp->height - 1)) + run.from;
    for (int p = 0; p < passes->n_planes; p++)
        work.out[p] = plane_row (passes->out, p, v) + (work.first - passes->out->rect.x);
    warp->kernels->along_column[warp->interpolation](&work);
}

static void
warp_strip (Passes *passes)
{
    const Warp *warp = passes->warp;
    HfRect out = passes->out->rect;
    int last = warp->height - 1, next = 0;

    for (int v = out.y; v < out.y + out.height; v++) {
        int one = whole (line_at (&warp->y, passes->first, v));
        int other = whole (line_at (&warp->y, passes->first + passes->n - 1, v));
        int low = CLAMP (MIN (one, other), -1, last) - warp->taps / 2 + 1;
        int high = CLAMP (MAX (one, other), -1, last) + warp->taps / 2;

        next = MAX (next, CLAMP (low, 0, last));
        for (; next <= MIN (high, last); next++)
            fill_slot (passes, next);
        write_row (passes, v, low, high);
    }
}

static void
warp_in_passes (const Warp *warp, const HfBand *in, HfBand *out, float *scratch)
{
    Passes passes = { .warp = warp, .in = in, .out = out, .ring = scratch };

    passes.n_planes = out->n_colours + (in->opaque ? 0 : 1);
    passes.n_slots = slots_needed (warp);
    passes.spans = scratch + (size_t) (passes.n_slots * passes.n_planes) * STRIP_STRIDE;
    for (int x = 0; x < out->rect.width; x += warp->strip) {
        passes.first = out->rect.x + x;
        passes.n = MIN (warp->strip, out->rect.width - x);
        warp_strip (&passes);
    }
}

/* ---- Direct ---- */

static float
frame_sample (const HfBand *in, int plane, int x, int y)
{
    int column = CLAMP (x, in->rect.x, in->rect.x + in->rect.width - 1) - in->rect.x;
    int row = CLAMP (y, in->rect.y, in->rect.y + in->rect.height - 1) - in->rect.y;
    size_t at = (size_t) row * in->stride + (size_t) column;

    if (plane == in->n_colours)
        return 1 - in->validity[at];
    return in->opaque ? in->colour[plane][at] : in->colour[plane][at] * in->validity[at];
}

/* Weights of a stretched kernel around a fraction; returns their number. */
static int
stretched_weights (const Warp *warp, double fraction, double stretch, float *weights)
{
    int arm = (int) ceil (warp->taps / 2 * stretch);
    float sum = 0;

    for (int j = 0; j < 2 * arm; j++) {
        double distance = (j - arm + 1 - fraction) / stretch;

        weights[j] = warp->kernels->value[warp->interpolation]((float) distance);
        sum += weights[j];
    }
    for (int j = 0; j < 2 * arm; j++)
        weights[j] /= sum;
    return 2 * arm;
}

/* One pixel of a minified frame, planes apart by HF_WARP_BLOCK. */
static void
stretched_pixel (const Warp *warp, const HfBand *in, int n_planes, const Spot *spot, float *out)
{
    float across[HF_WARP_MOST_TAPS * MOST_STRETCH], down[HF_WARP_MOST_TAPS * MOST_STRETCH];
    int x = (int) spot->x, y = (int) spot->y;
    int n_across = stretched_weights (warp, spot->x - x, spot->stretch_x, across);
    int n_down = stretched_weights (warp, spot->y - y, spot->stretch_y, down);

    for (int p = 0; p < n_planes; p++) {
        float sum = 0;

        for (int j = 0; j < n_down; j++) {
            float row = 0;

            for (int k = 0; k < n_across; k++)
                row += across[k] *
                       frame_sample (in, p, x - n_across / 2 + 1 + k, y - n_down / 2 + 1 + j);
            sum += down[j] * row;
        }
        out[p * HF_WARP_BLOCK] = sum;
    }
}

/* Copies the window of every pixel, for blocks at the border or with validity. */
static void
copy_windows (const Warp *warp, const HfBand *in, int n_planes, const Spot *spots, int n,
              float *windows)
{
    int taps = warp->taps;

    for (int p = 0; p < n_planes; p++) {
        for (int i = 0; i < n; i++) {
            int left = (int) spots[i].x - taps / 2 + 1, top = (int) spots[i].y - taps / 2 + 1;

            for (int j = 0; j < taps; j++)
                for (int k = 0; k < taps; k++)
                    *windows++ = frame_sample (in, p, left + k, top + j);
        }
    }
}

/* Pixels at … at + n - 1 of output row v: colours and validity from what was interpolated. */
static void
unmultiply (const Warp *warp, HfBand *out, int v, int at, int n)
{
    float *colours[3];

    for (int c = 0; c < out->n_colours; c++)
        colours[c] = plane_row (out, c, v) + at;
    warp->kernels->unmultiply (colours, out->n_colours, plane_row (out, out->n_colours, v) + at, n);
}

/* A block of n pixels: out[plane × HF_WARP_BLOCK + pixel]. */
static void
direct_block (const Warp *warp, const HfBand *in, int n_planes, const Spot *spots, int n,
              float *scratch, float *out)
{
    HfRect whole_in = in->rect;
    int taps = warp->taps, window = taps * taps;
    float x[HF_WARP_BLOCK], y[HF_WARP_BLOCK];
    ptrdiff_t offsets[HF_WARP_BLOCK];
    bool inside = in->opaque;
    HfWarpBlock work = { .offsets = offsets, .x = x, .y = y, .n = n, .n_planes = n_planes };

    for (int i = 0; i < n; i++) {
        int left = (int) spots[i].x - taps / 2 + 1 - whole_in.x;
        int top = (int) spots[i].y - taps / 2 + 1 - whole_in.y;

        x[i] = (float) (spots[i].x - (int) spots[i].x);
        y[i] = (float) (spots[i].y - (int) spots[i].y);
        offsets[i] = (ptrdiff_t) top * (ptrdiff_t) in->stride + left;
        inside = inside && left >= 0 && left + taps <= whole_in.width && top >= 0 &&
                 top + taps <= whole_in.height;
    }
    if (!inside) {
        copy_windows (warp, in, n_planes, spots, n, scratch);
        for (int i = 0; i < n; i++)
            offsets[i] = i * window;
    }
    work.stride = inside ? in->stride : (size_t) taps;
    for (int p = 0; p < n_planes; p++) {
        work.planes[p] = inside ? in->colour[p] : scratch + p * n * window;
        work.out[p] = out + p * HF_WARP_BLOCK;
    }
    warp->kernels->block[warp->interpolation](&work);
}

/* Pixels at … at + n - 1 of output row v; marks in covered[] what the frame covers. */
static void
direct_pixels (const Warp *warp, const HfBand *in, HfBand *out, int v, int at, int n,
               float *scratch, bool *covered)
{
    int n_planes = out->n_colours + (in->opaque ? 0 : 1);
    float results[4 * HF_WARP_BLOCK];
    Spot spots[HF_WARP_BLOCK];

    for (int i = 0; i < n; i++) {
        spots[i] = spot_at (warp, out->rect.x + at + i, v);
        covered[i] = spots[i].covered;
    }
    direct_block (warp, in, n_planes, spots, n, scratch, results);
    for (int i = 0; i < n; i++)
        if (spots[i].stretch_x > 1 || spots[i].stretch_y > 1)
            stretched_pixel (warp, in, n_planes, &spots[i], results + i);
    for (int p = 0; p < n_planes; p++)
        memcpy (plane_row (out, p, v) + at, results + p * HF_WARP_BLOCK,
                (size_t) n * sizeof *results);
    if (!in->opaque)
        unmultiply (warp, out, v, at, n);
}

static void
warp_directly (const Warp *warp, const HfBand *in, HfBand *out, float *scratch)
{
    bool all = true;

    for (int v = out->rect.y; v < out->rect.y + out->rect.height; v++) {
        float *validity = plane_row (out, out->n_colours, v);

        for (int at = 0; at < out->rect.width; at += HF_WARP_BLOCK) {
            int n = MIN (HF_WARP_BLOCK, out->rect.width - at);
            bool covered[HF_WARP_BLOCK];

            direct_pixels (warp, in, out, v, at, n, scratch, covered);
            for (int i = 0; i < n; i++) {
                all = all && covered[i];
                if (in->opaque || !covered[i])
                    validity[at + i] = covered[i] ? 1 : 0;
            }
        }
    }
    out->opaque = all && in->opaque;
}

/* ---- All together ---- */

size_t
hf_align_scratch (const HfAlignRecord *record, HfInterpolation interpolation, HfRect out,
                  int n_colours, int src_width, int src_height)
{
    Warp warp = warp_of (record, interpolation, src_width, src_height);
    size_t n_planes = (size_t) n_colours + 1;

    if (hf_rect_is_empty (reach_of (&warp, out)) || warp.kind == WHOLE_SHIFT)
        return 0;
    if (warp.kind == DIRECT)
        return n_planes * (size_t) (HF_WARP_BLOCK * warp.taps * warp.taps);
    return n_planes * ((size_t) (slots_needed (&warp) * STRIP_STRIDE) + LONGEST_SPAN);
}

/* Nothing of the frame is seen. */
static void
leave_empty (HfBand *out)
{
    for (int v = out->rect.y; v < out->rect.y + out->rect.height; v++)
        for (int p = 0; p <= out->n_colours; p++)
            memset (plane_row (out, p, v), 0, (size_t) out->rect.width * sizeof (float));
    out->opaque = false;
}

/* Validity of an affine warp, which holds that of the frame or 1 minus it, or nothing if that is
 * opaque. */
static void
finish_validity (const Warp *warp, const HfBand *in, HfBand *out)
{
    int n = out->rect.width;

    out->opaque = in->opaque && all_covered (warp, out->rect);
    if (out->opaque)
        return;
    for (int v = out->rect.y; v < out->rect.y + out->rect.height; v++) {
        float *validity = plane_row (out, out->n_colours, v);
        Run run = covered_run (warp, out->rect, v);

        if (warp->kind == SEPARABLE && !in->opaque)
            unmultiply (warp, out, v, 0, n);
        for (int i = 0; i < n; i++) {
            bool covered = i >= run.from && i < run.to;

            validity[i] = !covered ? 0 : in->opaque ? 1 : validity[i];
        }
    }
}

void
hf_align_apply (const HfAlignRecord *record, HfInterpolation interpolation, int src_width,
                int src_height, const HfBand *in, HfBand *out, float *scratch)
{
    Warp warp = warp_of (record, interpolation, src_width, src_height);

    if (hf_rect_is_empty (out->rect))
        return;
    if (hf_rect_is_empty (in->rect) || hf_rect_is_empty (reach_of (&warp, out->rect))) {
        leave_empty (out);
        return;
    }
    if (warp.kind == DIRECT) {
        warp_directly (&warp, in, out, scratch);
        return;
    }
    if (warp.kind == WHOLE_SHIFT)
        shift (&warp, in, out);
    else
        warp_in_passes (&warp, in, out, scratch);
    finish_validity (&warp, in, out);
}
