/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Which suspects are defects
 * --------------------------
 * A defect adds about the same to its pixel in every frame, while what the subject has there
 * changes with focus and motion. Two measures of a sample are taken in each frame and in the mean
 * of all, of which the second is what the frames are held against, the amplitude a:
 *
 *     residue     the sample minus the mean of its eight neighbours
 *     off ground  the sample minus the plane through the ring of the 24 pixels that are 3 away
 *
 * For either, called r, each frame adds to the evidence:
 *
 *     s        the local scale: 1.25 × the mean of |residue| over 9 × 9 pixels but the inner 3 × 3
 *              (the standard deviation, were it noise), at least that of the noise
 *     telling  |a| >= 1.5 s, so that a good pixel would hardly reach half of a, and not clipped
 *     hit      telling, and r >= 0.4 a
 *     same     of the pixels of 9 × 9 but the inner 5 × 5 whose residue is beyond the noise, and a
 *              fifth of the suspect's (sharpening rings far), in this frame and in the first one:
 *              the share that has the same sign in both
 *
 * A suspect is a defect where in one colour (its other colours count from a score of 4) both
 * measures of the mean are 6 of 255 or more, and
 *
 *     score    |sum (r / s²)| / sqrt (sum (1 / s²)) >= 8: the frames speak loudest that have little
 *              to show there; 16 at the border, where neighbours are mirrored
 *     steady   half of the frames, and at least two, are telling, and nine of ten of these are
 *              hits of the residue, three of four hits off the ground
 *     still    `same` was below 0.8 in some frame: the subject did change, or is too flat to tell
 *     shape    off ground <= residue / 0.65 in the mean, or it is a grain of dust; and of no two
 *              opposite neighbours both are off by half of it, or it is part of a line
 *
 * where score and steadiness are asked of both measures: the residue alone would take the good
 * neighbours of a defect for dark ones. A speck of the subject that moves, or is in focus in
 * few frames, has few hits; where subject and focus stand still in all frames nothing can be told
 * apart, and nothing is marked; nor anywhere, where that goes for more than half of the defects.
 *
 * Demosaicing, scaling and JPEG smear a defect over its neighbours, and sharpening rings around it.
 * A camera does so with all of its defects, or with none: at each place of the 5 × 5 around them
 * the median over all defects of (off ground / that of the defect) tells, where it is 0.08
 * or more and three times its own standard error. There, what is off by 15 % of its defect and
 * steady is marked with it. From fewer than eight defects nothing is learnt of the camera.
 */
#include "steps/hot-pixels-judge.h"

#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    REACH = 5, /* of the window read around a suspect */
    SIDE = 2 * REACH + 1,
    SCALE_REACH = 4, /* of the pixels whose residues give the scale */
    CORE = 1,        /* of those that do not */
    SMEARED_CORE = 2,
    SPILL_REACH = 2,
    RING = 3,
    LEAST_DEFECTS = 8,
    LEAST_SPEAKING = 12, /* pixels that must speak for the subject standing still */
    CHUNK = 64,          /* suspects that one worker looks at */
    WINDOW_FLOATS = 16 * SIDE * 4,
    MARKS = 9 * 9
};

static const double significant = 8, significant_too = 4;
static const double hit_share = 0.4, telling_share = 1.5; /* of the amplitude, of the scale */
static const double core_hits = 0.9, middle_hits = 0.75;  /* of the telling frames */
static const double least_amplitude = 6.0 / 255;
static const double least_deviation = 0.3 / 255;      /* of the noise: that of rounding to 8 bit */
static const double beyond_noise = 2.5;               /* standard deviations */
static const double still = 0.8, ringing_share = 0.2; /* of the suspect's residue */
static const double spill_share = 0.15, smear_share = 0.08, smear_errors = 3;
static const double least_spill = 4.0 / 255;
static const double shape_share = 0.65, line_share = 0.5;
static const double white = 0.98, nearly_white = 0.9;

enum { N_SPILL = (2 * SPILL_REACH + 1) * (2 * SPILL_REACH + 1) };

/* What the frames say of one sample. */
typedef struct Evidence {
    float sum; /* of r / s² */
    guint16 n_telling, n_hits;
} Evidence;

typedef struct Suspect {
    int x, y;
    bool shaped[3];             /* by the mean */
    float residue[3];           /* of the mean */
    float off[3][N_SPILL];      /* the ground, of the mean; around the suspect, by rows */
    float weight[3];            /* sum of 1 / s² */
    Evidence core[3];           /* r = residue */
    Evidence spill[3][N_SPILL]; /* r = off ground */
    float least_same;           /* over the frames after the first */
    gint8 first[MARKS];         /* signs of the residues in the first frame, 0 = within the noise */
} Suspect;

struct HfSuspects {
    const HfMean *mean;
    HfPool *pool;
    Suspect *suspects;
    int n;
    int n_seen;           /* frames */
    const HfImage *image; /* that is looked at */
};

/* The pixels around a suspect, mirrored at the border of the picture; one plane a colour. */
typedef struct Window {
    float samples[3][SIDE][SIDE];
} Window;

/* ---- reading ---- */

static void
clear_plane (HfBand *band, int c)
{
    for (int row = 0; row < band->rect.height; row++)
        memset (band->colour[c] + (size_t) row * band->stride, 0,
                (size_t) band->rect.width * sizeof (float));
}

static void
add_image (const HfMean *mean, const HfImage *image, HfBand *band, float *scratch)
{
    const HfPeakKernels *kernels = hf_kernels ()->peak;
    HfBand part;

    hf_band_place (&part, band->rect, mean->n_colours, scratch);
    hf_band_read (&part, image);
    for (int c = 0; c < mean->n_colours; c++)
        for (int row = 0; row < band->rect.height; row++)
            kernels->add (part.colour[c] + (size_t) row * part.stride,
                          1.0f / (float) mean->n_frames, band->rect.width,
                          band->colour[c] + (size_t) row * band->stride);
}

void
hf_mean_read (const HfMean *mean, HfBand *band, float *scratch)
{
    const HfPeakKernels *kernels = hf_kernels ()->peak;

    band->opaque = true;
    for (int c = 0; c < mean->n_colours; c++)
        clear_plane (band, c);
    for (int i = 0; mean->images && i < mean->n_frames; i++)
        add_image (mean, mean->images[i], band, scratch);
    for (int c = 0; !mean->images && c < mean->n_colours; c++)
        for (int row = 0; row < band->rect.height; row++) {
            size_t at = ((size_t) c * (size_t) mean->height + (size_t) (band->rect.y + row)) *
                            (size_t) mean->width +
                        (size_t) band->rect.x;

            kernels->add (mean->planes + at, 1.0f / (float) mean->n_frames, band->rect.width,
                          band->colour[c] + (size_t) row * band->stride);
        }
}

/* Mirrors a coordinate at the first and last pixel of a side. */
static int
mirrored (int i, int side)
{
    i = ABS (i);
    if (i >= side)
        i = 2 * (side - 1) - i;
    return CLAMP (i, 0, side - 1);
}

/* The window around a pixel, of a picture or, without one, of the mean. */
static void
read_window (const HfMean *mean, const HfImage *image, int x, int y, Window *window)
{
    HfRect frame = { 0, 0, mean->width, mean->height };
    HfRect square = { x - REACH, y - REACH, SIDE, SIDE };
    float memory[WINDOW_FLOATS], scratch[WINDOW_FLOATS];
    HfBand band;

    hf_band_place (&band, hf_rect_intersect (square, frame), mean->n_colours, memory);
    if (image)
        hf_band_read (&band, image);
    else
        hf_mean_read (mean, &band, scratch);
    for (int j = 0; j < SIDE; j++) {
        int row =
            CLAMP (mirrored (y - REACH + j, mean->height) - band.rect.y, 0, band.rect.height - 1);

        for (int i = 0; i < SIDE; i++) {
            int column =
                CLAMP (mirrored (x - REACH + i, mean->width) - band.rect.x, 0, band.rect.width - 1);

            for (int c = 0; c < mean->n_colours; c++)
                window->samples[c][j][i] =
                    band.colour[c][(size_t) row * band.stride + (size_t) column];
        }
    }
}

/* ---- one frame ---- */

static float
residue_at (float samples[SIDE][SIDE], int j, int i)
{
    float sides = samples[j - 1][i - 1] + samples[j - 1][i + 1] + samples[j + 1][i - 1] +
                  samples[j + 1][i + 1];
    float cross = samples[j - 1][i] + samples[j + 1][i] + samples[j][i - 1] + samples[j][i + 1];

    return samples[j][i] - (sides + cross) * 0.125f;
}

static bool
is_within (int j, int i, int reach)
{
    return abs (j - REACH) <= reach && abs (i - REACH) <= reach;
}

static double
deviation_of (const HfMean *mean, int c)
{
    return fmax (mean->noise[c], least_deviation);
}

/* The local scale of a colour around the suspect. */
static double
scale_of (const HfMean *mean, Window *window, int c)
{
    double sum = 0;
    int n = 0;

    for (int j = REACH - SCALE_REACH; j <= REACH + SCALE_REACH; j++)
        for (int i = REACH - SCALE_REACH; i <= REACH + SCALE_REACH; i++)
            if (!is_within (j, i, CORE)) {
                sum += fabs ((double) residue_at (window->samples[c], j, i));
                n++;
            }
    return fmax (1.25 * sum / n, deviation_of (mean, c));
}

/* The plane through the ring around the middle of the window: what would be there but for the
 * defect. */
typedef struct Ground {
    float level, across, down; /* level in the middle, slopes a pixel */
} Ground;

static Ground
ground_of (float samples[SIDE][SIDE])
{
    float sum = 0, across = 0, down = 0, squares = 0;

    for (int j = -RING; j <= RING; j++)
        for (int i = -RING; i <= RING; i++)
            if (abs (i) == RING || abs (j) == RING) {
                float sample = samples[REACH + j][REACH + i];

                sum += sample;
                across += sample * (float) i;
                down += sample * (float) j;
                squares += (float) (i * i);
            }
    return (Ground) { sum / (8 * RING), across / squares, down / squares };
}

/* How far the sample at (j, i) from the middle is off the ground. */
static float
off_ground (float samples[SIDE][SIDE], const Ground *ground, int j, int i)
{
    return samples[REACH + j][REACH + i] -
           (ground->level + ground->across * (float) i + ground->down * (float) j);
}

/* Adds one frame: r where the mean of all frames has `amplitude`. */
static void
add_evidence (Evidence *evidence, float amplitude, float r, float sample, double scale)
{
    float sign = amplitude < 0 ? -1 : 1;

    evidence->sum += r / (float) (scale * scale);
    if (fabs ((double) amplitude) < telling_share * scale ||
        (sample >= (float) white && sample - r >= (float) nearly_white))
        return;
    evidence->n_telling++;
    if (sign * r >= (float) hit_share * sign * amplitude)
        evidence->n_hits++;
}

static void
add_colour (const HfMean *mean, Suspect *suspect, Window *window, int c)
{
    float (*samples)[SIDE] = window->samples[c];
    double scale = scale_of (mean, window, c);
    Ground ground = ground_of (samples);
    int n = 0;

    suspect->weight[c] += (float) (1 / (scale * scale));
    add_evidence (&suspect->core[c], suspect->residue[c], residue_at (samples, REACH, REACH),
                  samples[REACH][REACH], scale);
    for (int j = -SPILL_REACH; j <= SPILL_REACH; j++)
        for (int i = -SPILL_REACH; i <= SPILL_REACH; i++) {
            add_evidence (&suspect->spill[c][n], suspect->off[c][n],
                          off_ground (samples, &ground, j, i), samples[REACH + j][REACH + i],
                          scale);
            n++;
        }
}

/* The signs of what the subject shows around the suspect, beyond the noise, in all colours
 * together. */
static void
mark_subject (const HfMean *mean, Window *window, gint8 marks[MARKS])
{
    double variance = 0;
    float least, core = 0;
    int n = 0;

    for (int c = 0; c < mean->n_colours; c++)
        variance += pow (deviation_of (mean, c), 2);
    least = (float) (beyond_noise * sqrt (variance * 9 / 8));
    for (int c = 0; c < mean->n_colours; c++)
        core += residue_at (window->samples[c], REACH, REACH);
    least = fmaxf (least, (float) ringing_share * fabsf (core));
    for (int j = REACH - SCALE_REACH; j <= REACH + SCALE_REACH; j++)
        for (int i = REACH - SCALE_REACH; i <= REACH + SCALE_REACH; i++) {
            float residue = 0;

            for (int c = 0; c < mean->n_colours; c++)
                residue += residue_at (window->samples[c], j, i);
            marks[n++] = is_within (j, i, SMEARED_CORE) ? 0
                         : residue > least              ? 1
                         : residue < -least             ? -1
                                                        : 0;
        }
}

/* The share of marks that are the same in both; 0 where too few speak. */
static float
share_of_same (const gint8 *a, const gint8 *b)
{
    int n = 0, n_same = 0;

    for (int i = 0; i < MARKS; i++) {
        n += a[i] && b[i];
        n_same += a[i] && a[i] == b[i];
    }
    return n < LEAST_SPEAKING ? 0 : (float) n_same / (float) n;
}

static void
look_at_suspect (const HfSuspects *suspects, Suspect *suspect)
{
    const HfMean *mean = suspects->mean;
    gint8 marks[MARKS];
    Window window;

    read_window (mean, suspects->image, suspect->x, suspect->y, &window);
    for (int c = 0; c < mean->n_colours; c++)
        add_colour (mean, suspect, &window, c);
    mark_subject (mean, &window, suspects->n_seen == 0 ? suspect->first : marks);
    if (suspects->n_seen > 0)
        suspect->least_same = fminf (suspect->least_same, share_of_same (suspect->first, marks));
}

static void
look_at_chunk (void *data, int chunk, int worker)
{
    HfSuspects *suspects = data;
    int end = MIN (suspects->n, (chunk + 1) * CHUNK);

    for (int i = chunk * CHUNK; i < end; i++)
        look_at_suspect (suspects, &suspects->suspects[i]);
}

void
hf_suspects_look (HfSuspects *suspects, const HfImage *image)
{
    suspects->image = image;
    hf_pool_for (suspects->pool, (suspects->n + CHUNK - 1) / CHUNK, look_at_chunk, suspects);
    suspects->n_seen++;
}

/* ---- all frames ---- */

/* Is it a pixel in the mean, and neither grain nor line? */
static bool
has_shape (float samples[SIDE][SIDE], const Ground *ground)
{
    static const int pairs[4][2] = { { 0, 1 }, { 1, 0 }, { 1, 1 }, { 1, -1 } };
    float core = off_ground (samples, ground, 0, 0);
    float sign = core < 0 ? -1 : 1, half = (float) line_share * fabsf (core);

    if (sign * residue_at (samples, REACH, REACH) < (float) shape_share * fabsf (core))
        return false;
    for (int k = 0; k < 4; k++) {
        int j = pairs[k][0], i = pairs[k][1];

        if (sign * off_ground (samples, ground, j, i) > half &&
            sign * off_ground (samples, ground, -j, -i) > half)
            return false;
    }
    return true;
}

static void
begin_suspect (const HfMean *mean, Suspect *suspect)
{
    Window window;

    read_window (mean, NULL, suspect->x, suspect->y, &window);
    for (int c = 0; c < mean->n_colours; c++) {
        float (*samples)[SIDE] = window.samples[c];
        Ground ground = ground_of (samples);
        int n = 0;

        suspect->residue[c] = residue_at (samples, REACH, REACH);
        suspect->shaped[c] = has_shape (samples, &ground);
        for (int j = -SPILL_REACH; j <= SPILL_REACH; j++)
            for (int i = -SPILL_REACH; i <= SPILL_REACH; i++)
                suspect->off[c][n++] = off_ground (samples, &ground, j, i);
    }
}

static void
begin_chunk (void *data, int chunk, int worker)
{
    HfSuspects *suspects = data;
    int end = MIN (suspects->n, (chunk + 1) * CHUNK);

    for (int i = chunk * CHUNK; i < end; i++)
        begin_suspect (suspects->mean, &suspects->suspects[i]);
}

HfSuspects *
hf_suspects_new (const HfMean *mean, const HfDefect *places, int n, HfPool *pool, HfBudget *budget,
                 GError **error)
{
    HfSuspects *suspects = g_new0 (HfSuspects, 1);

    suspects->mean = mean;
    suspects->pool = pool;
    suspects->n = n;
    suspects->suspects = hf_pixels_new_n (budget, (size_t) MAX (n, 1), sizeof (Suspect),
                                          "the suspected pixels", error);
    if (!suspects->suspects) {
        hf_suspects_free (suspects);
        return NULL;
    }
    for (int i = 0; i < n; i++)
        suspects->suspects[i] = (Suspect) { places[i].x, places[i].y, .least_same = 1 };
    hf_pool_for (pool, (n + CHUNK - 1) / CHUNK, begin_chunk, suspects);
    return suspects;
}

void
hf_suspects_free (HfSuspects *suspects)
{
    if (!suspects)
        return;
    hf_pixels_free (suspects->suspects);
    g_free (suspects);
}

/* Is this share of the telling frames hits, and do enough tell? */
static bool
is_steady (const HfSuspects *suspects, const Evidence *evidence, double share)
{
    int n = evidence->n_telling;

    return n >= 2 && 2 * n >= suspects->n_seen && evidence->n_hits >= share * n;
}

static double
score_of (const Suspect *suspect, const Evidence *evidence, int c)
{
    return fabs ((double) evidence->sum) / sqrt ((double) suspect->weight[c]);
}

/* The colours in which the suspect is a defect, unless the subject stands still. */
static unsigned
judge (const HfSuspects *suspects, const Suspect *suspect)
{
    unsigned strong = 0, weak = 0;
    bool at_border = suspect->x == 0 || suspect->y == 0 ||
                     suspect->x == suspects->mean->width - 1 ||
                     suspect->y == suspects->mean->height - 1;

    for (int c = 0; c < suspects->mean->n_colours; c++) {
        const Evidence *core = &suspect->core[c], *middle = &suspect->spill[c][N_SPILL / 2];
        double score = fmin (score_of (suspect, core, c), score_of (suspect, middle, c));

        if (score >= significant_too)
            weak |= 1u << c;
        if (score >= (at_border ? 2 : 1) * significant && is_steady (suspects, core, core_hits) &&
            is_steady (suspects, middle, middle_hits) &&
            fabs ((double) suspect->residue[c]) >= least_amplitude &&
            fabs ((double) suspect->off[c][N_SPILL / 2]) >= least_amplitude && suspect->shaped[c])
            strong |= 1u << c;
    }
    return strong ? strong | weak : 0;
}

/* Takes back those around which the subject stands still: where these are the most, all. */
static void
judge_all (const HfSuspects *suspects, unsigned *verdicts)
{
    int n_still = 0, n_moving = 0;

    for (int i = 0; i < suspects->n; i++) {
        bool stands = (double) suspects->suspects[i].least_same >= still;

        verdicts[i] = judge (suspects, &suspects->suspects[i]);
        n_still += verdicts[i] && stands;
        n_moving += verdicts[i] && !stands;
        if (stands)
            verdicts[i] = 0;
    }
    if (n_still > n_moving)
        memset (verdicts, 0, (size_t) suspects->n * sizeof *verdicts);
}

static int
compare_floats (const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;

    return (x > y) - (x < y);
}

static float
median_of (float *numbers, int n)
{
    qsort (numbers, (size_t) n, sizeof *numbers, compare_floats);
    return numbers[n / 2];
}

/* Is the median of the n ratios (which are used up) clearly not 0? */
static bool
is_smeared (float *ratios, int n)
{
    float median = median_of (ratios, n);
    double error;

    for (int i = 0; i < n; i++)
        ratios[i] = fabsf (ratios[i] - median);
    /* 1.48: from a median of distances to a standard deviation; 1.25: to that of a median */
    error = 1.48 * 1.25 * (double) median_of (ratios, n) / sqrt (n);
    return n >= LEAST_DEFECTS && fabs ((double) median) >= smear_share &&
           fabs ((double) median) >= smear_errors * error;
}

/* At which of the places around its defects the camera smears them. `ratios` has room for three a
 * suspect. */
static void
learn_smear (const HfSuspects *suspects, const unsigned *verdicts, float *ratios,
             bool smeared[N_SPILL])
{
    for (int k = 0; k < N_SPILL; k++) {
        int n = 0;

        for (int i = 0; i < suspects->n; i++)
            for (int c = 0; c < 3; c++) {
                const float *off = suspects->suspects[i].off[c];

                if (verdicts[i] >> c & 1 && fabsf (off[N_SPILL / 2]) >= (float) least_amplitude)
                    ratios[n++] = off[k] / off[N_SPILL / 2];
            }
        smeared[k] = k != N_SPILL / 2 && n > 0 && is_smeared (ratios, n);
    }
}

static bool
is_spilt (const HfSuspects *suspects, const Suspect *suspect, int c, int k)
{
    double off = fabs ((double) suspect->off[c][k]);
    double core = fabs ((double) suspect->off[c][N_SPILL / 2]);

    return off >= fmax (spill_share * core, least_spill) &&
           is_steady (suspects, &suspect->spill[c][k], core_hits) &&
           score_of (suspect, &suspect->spill[c][k], c) >= significant_too;
}

/* Lists the suspect with its spill; returns the new number. Without `defects`: only counts. */
static int
list_defect (const HfSuspects *suspects, const Suspect *suspect, unsigned colours,
             const bool smeared[N_SPILL], HfDefect *defects, int n)
{
    bool grey = suspects->mean->n_colours == 1;

    for (int k = 0; k < N_SPILL; k++) {
        int x = suspect->x + k % (2 * SPILL_REACH + 1) - SPILL_REACH;
        int y = suspect->y + k / (2 * SPILL_REACH + 1) - SPILL_REACH;
        unsigned wrong = k == N_SPILL / 2 ? colours : 0;

        for (int c = 0; c < 3; c++)
            if (smeared[k] && colours >> c & 1 && is_spilt (suspects, suspect, c, k))
                wrong |= 1u << c;
        if (wrong && defects)
            defects[n] = (HfDefect) { x, y, grey ? 7 : wrong };
        n += wrong != 0;
    }
    return n;
}

static int
list_defects (const HfSuspects *suspects, const unsigned *verdicts, const bool smeared[N_SPILL],
              HfDefect *defects)
{
    int n = 0;

    for (int i = 0; i < suspects->n; i++)
        if (verdicts[i])
            n = list_defect (suspects, &suspects->suspects[i], verdicts[i], smeared, defects, n);
    return n;
}

HfHotPixelMap *
hf_suspects_settle (const HfSuspects *suspects, HfBudget *budget, GError **error)
{
    const HfMean *mean = suspects->mean;
    size_t n_suspects = (size_t) suspects->n;
    /* a verdict and three ratios a suspect */
    unsigned *verdicts = hf_pixels_new_n (budget, n_suspects + 1, 4 * sizeof *verdicts,
                                          "the verdicts on suspected pixels", error);
    HfHotPixelMap *map = NULL;
    HfDefect *defects = NULL;
    bool smeared[N_SPILL];
    int n;

    if (!verdicts)
        return NULL;
    judge_all (suspects, verdicts);
    learn_smear (suspects, verdicts, (float *) (verdicts + n_suspects + 1), smeared);
    n = list_defects (suspects, verdicts, smeared, NULL);
    defects = hf_pixels_new_n (budget, (size_t) n + 1, sizeof *defects, "the defect pixels", error);
    if (defects) {
        list_defects (suspects, verdicts, smeared, defects);
        map = hf_hot_pixel_map_new (mean->width, mean->height, defects, n, budget, error);
    }
    hf_pixels_free (defects);
    hf_pixels_free (verdicts);
    return map;
}
