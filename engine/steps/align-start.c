/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Where to begin when nothing is known: phase correlation.
 *
 * The shift between two pictures is where the inverse transform of their cross spectrum, each
 * frequency made unit length, peaks. The magnitude of a spectrum does not change with a shift; a
 * rotation turns it, a scale shrinks it, and in log-polar coordinates both are shifts, which the
 * same method finds (Reddy and Chatterji, An FFT-Based Technique for Translation, Rotation, and
 * Scale-Invariant Image Registration, 1996). Pictures are faded out to their borders, and of the
 * spectrum the lowest frequencies, which the fading makes, are passed over.
 *
 * The precision is some tenth of a degree and of a percent, and a pixel of a level of 160 or so;
 * the coarse estimate takes it from there.
 */
#include "steps/align-pair.h"

#include <math.h>
#include <string.h>

enum {
    ANGLES = 256, /* over half a turn */
    RADII = 128
};

typedef struct Complex {
    float re, im;
} Complex;

typedef struct Spectrum {
    int size; /* both sides, a power of two */
    Complex *data;
} Spectrum;

static const double LOWEST_RADIUS = 0.04, HIGHEST_RADIUS = 0.45; /* cycles a pixel */

/* The transform of n = 2^k values `step` apart, in place (Cooley and Tukey); no scaling. */
static void
transform_line (Complex *data, size_t step, int n, const Complex *roots, int root_step)
{
    for (int i = 1, j = 0; i < n; i++) {
        int bit = n >> 1;

        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            Complex swap = data[(size_t) i * step];

            data[(size_t) i * step] = data[(size_t) j * step];
            data[(size_t) j * step] = swap;
        }
    }
    for (int half = 1; half < n; half *= 2) {
        int stride = n / (2 * half) * root_step;

        for (int first = 0; first < n; first += 2 * half) {
            for (int k = 0; k < half; k++) {
                Complex root = roots[k * stride];
                Complex *a = &data[(size_t) (first + k) * step];
                Complex *b = &data[(size_t) (first + k + half) * step];
                Complex t = { b->re * root.re - b->im * root.im,
                              b->re * root.im + b->im * root.re };

                *b = (Complex) { a->re - t.re, a->im - t.im };
                *a = (Complex) { a->re + t.re, a->im + t.im };
            }
        }
    }
}

/* Forward transform of width × height values, both powers of two. */
static void
transform (Complex *data, int width, int height)
{
    int longest = MAX (width, height);
    Complex *roots = g_new (Complex, longest / 2 + 1);

    for (int k = 0; k <= longest / 2; k++) {
        double angle = -2 * G_PI * k / longest;

        roots[k] = (Complex) { (float) cos (angle), (float) sin (angle) };
    }
    for (int y = 0; y < height; y++)
        transform_line (data + (size_t) y * (size_t) width, 1, width, roots, longest / width);
    for (int x = 0; x < width; x++)
        transform_line (data + x, (size_t) width, height, roots, longest / height);
    g_free (roots);
}

static double
fade (double at, double size)
{
    return 0.5 - 0.5 * cos (2 * G_PI * (at + 0.5) / size);
}

/* The plane faded out, in the middle of a square of zeros; with `back`, seen through that matrix.
 */
static void
fill (const HfPlane *plane, const HfMatrix *back, const Spectrum *spectrum)
{
    int left = (spectrum->size - plane->width) / 2, top = (spectrum->size - plane->height) / 2;

    memset (spectrum->data, 0,
            (size_t) spectrum->size * (size_t) spectrum->size * sizeof (Complex));
    for (int y = 0; y < plane->height; y++) {
        for (int x = 0; x < plane->width; x++) {
            double u = back->m[0] * x + back->m[1] * y + back->m[2];
            double v = back->m[3] * x + back->m[4] * y + back->m[5];
            int i = (int) lrint (u), j = (int) lrint (v);

            if (i < 0 || j < 0 || i >= plane->width || j >= plane->height)
                continue;
            spectrum->data[(size_t) (y + top) * (size_t) spectrum->size + (size_t) (x + left)].re =
                (float) (fade (x, plane->width) * fade (y, plane->height)) *
                plane->data[(size_t) j * plane->stride + (size_t) i];
        }
    }
    transform (spectrum->data, spectrum->size, spectrum->size);
}

/* a = conj (a) b / |a b|, transformed back (the conjugate's forward transform). */
static void
correlate_phases (Complex *a, const Complex *b, int width, int height)
{
    size_t n = (size_t) width * (size_t) height;

    for (size_t i = 0; i < n; i++) {
        Complex cross = { a[i].re * b[i].re + a[i].im * b[i].im,
                          a[i].re * b[i].im - a[i].im * b[i].re };
        float length = sqrtf (cross.re * cross.re + cross.im * cross.im) + 1e-12f;

        a[i] = (Complex) { cross.re / length, -cross.im / length };
    }
    transform (a, width, height);
}

static float
peak_value (const Complex *data, int width, int height, int x, int y)
{
    /* a little smoothing: the peak of a small motion within a pixel is spread over neighbours */
    float sum = 0;

    for (int j = -1; j <= 1; j++)
        for (int i = -1; i <= 1; i++)
            sum += data[(size_t) ((y + j) & (height - 1)) * (size_t) width +
                        (size_t) ((x + i) & (width - 1))]
                       .re *
                   (i && j   ? 0.25f
                    : i || j ? 0.5f
                             : 1);
    return sum;
}

static double
parabola (double before, double at, double after)
{
    double curvature = before - 2 * at + after;

    return curvature < 0 ? CLAMP (0.5 * (before - after) / curvature, -0.5, 0.5) : 0;
}

/* The highest point with |x| <= most_x, |y| <= most_y (indices wrap), between the samples. */
static void
find_peak (const Complex *data, int width, int height, int most_x, int most_y, double *x, double *y)
{
    float best = -G_MAXFLOAT;
    int bx = 0, by = 0;

    for (int j = -most_y; j <= most_y; j++) {
        for (int i = -most_x; i <= most_x; i++) {
            float value = peak_value (data, width, height, i & (width - 1), j & (height - 1));

            if (value > best) {
                best = value;
                bx = i;
                by = j;
            }
        }
    }
    *x = bx + parabola (peak_value (data, width, height, bx - 1, by), best,
                        peak_value (data, width, height, bx + 1, by));
    *y = by + parabola (peak_value (data, width, height, bx, by - 1), best,
                        peak_value (data, width, height, bx, by + 1));
}

static float
magnitude (const Spectrum *spectrum, double x, double y)
{
    int size = spectrum->size, i = (int) floor (x), j = (int) floor (y);
    double fx = x - i, fy = y - j, sum = 0;

    for (int k = 0; k < 4; k++) {
        size_t at = (size_t) ((j + k / 2) & (size - 1)) * (size_t) size +
                    (size_t) ((i + k % 2) & (size - 1));
        Complex value = spectrum->data[at];

        sum += (k % 2 ? fx : 1 - fx) * (k / 2 ? fy : 1 - fy) *
               sqrt ((double) (value.re * value.re + value.im * value.im));
    }
    return (float) sum;
}

/* Rows are radii, evenly in their logarithm, columns angles over half a turn; each row without its
 * mean, as the mean says nothing about angles, and faded at both ends. */
static void
to_log_polar (const Spectrum *spectrum, Complex *polar)
{
    double ratio = log (HIGHEST_RADIUS / LOWEST_RADIUS) / RADII;

    for (int r = 0; r < RADII; r++) {
        double radius = spectrum->size * LOWEST_RADIUS * exp (ratio * r);
        double mean = 0;
        Complex *row = polar + (size_t) r * ANGLES;

        for (int a = 0; a < ANGLES; a++) {
            double angle = G_PI * a / ANGLES;
            float value = magnitude (spectrum, radius * cos (angle), radius * sin (angle));

            row[a] = (Complex) { logf (value + 1e-3f), 0 };
            mean += (double) row[a].re / ANGLES;
        }
        for (int a = 0; a < ANGLES; a++)
            row[a].re = (row[a].re - (float) mean) * (float) fade (r, RADII);
    }
}

/* Rotation (radians) and scale of the frame against the template, from the magnitudes. */
static void
find_turn (const Spectrum *a, const Spectrum *b, Complex *polar_a, Complex *polar_b, double *angle,
           double *scale)
{
    double x, y;

    to_log_polar (a, polar_a);
    to_log_polar (b, polar_b);
    transform (polar_a, ANGLES, RADII);
    transform (polar_b, ANGLES, RADII);
    correlate_phases (polar_a, polar_b, ANGLES, RADII);
    find_peak (polar_a, ANGLES, RADII, ANGLES / 9, RADII / 8, &x, &y);
    *angle = G_PI * x / ANGLES;
    *scale = exp (-log (HIGHEST_RADIUS / LOWEST_RADIUS) * y / RADII);
}

/* Template -> frame by rotation and scale about the middles, then a shift. */
static HfMatrix
similarity (const HfAlignLevel *template, const HfAlignLevel *frame, double angle, double scale,
            double dx, double dy)
{
    double a = scale * cos (angle), b = scale * sin (angle);
    double tx = 0.5 * (template->width - 1), ty = 0.5 * (template->height - 1);
    double fx = 0.5 * (frame->width - 1) + dx, fy = 0.5 * (frame->height - 1) + dy;

    return (HfMatrix) { { a, -b, fx - a * tx + b * ty, b, a, fy - b * tx - a * ty, 0, 0, 1 } };
}

static int
size_for (const HfAlignLevel *template, const HfAlignLevel *frame)
{
    int longest = MAX (MAX (template->width, template->height), MAX (frame->width, frame->height));
    int size = 32;

    while (size < longest)
        size *= 2;
    return size;
}

bool
hf_align_guess (const HfAlignLevel *template, const HfAlignLevel *frame, bool turned,
                HfBudget *budget, HfMatrix *m, GError **error)
{
    int size = size_for (template, frame);
    size_t n = (size_t) size * (size_t) size, polar = (size_t) ANGLES * RADII;
    Complex *memory = hf_pixels_new_n (budget, 2 * n + 2 * polar, sizeof (Complex),
                                       "the phase correlation", error);
    Spectrum a = { size, memory }, b = { size, memory ? memory + n : NULL };
    HfMatrix back = hf_matrix_identity ();
    double angle = 0, scale = 1, x, y;

    if (!memory)
        return false;
    fill (&template->normal, &back, &a);
    fill (&frame->normal, &back, &b);
    if (turned) {
        find_turn (&a, &b, memory + 2 * n, memory + 2 * n + polar, &angle, &scale);
        back = similarity (frame, frame, angle, scale, 0, 0);
        fill (&frame->normal, &back, &b);
    }
    correlate_phases (a.data, b.data, size, size);
    find_peak (a.data, size, size, template->width / 3, template->height / 3, &x, &y);
    /* the shift was found in the turned frame, so it comes before the turn */
    *m = similarity (template, frame, angle, scale, 0, 0);
    m->m[2] += m->m[0] * x + m->m[1] * y;
    m->m[5] += m->m[3] * x + m->m[4] * y;
    hf_pixels_free (memory);
    return true;
}
