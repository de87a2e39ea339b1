/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The noise of one frame
 * ----------------------
 * Up to 1024 blocks of 16 × 16 pixels, spread evenly over the picture, are filtered with
 *      1 -2  1
 *     -2  4 -2
 *      1 -2  1
 * (J. Immerkaer, Fast Noise Variance Estimation, 1996), which looks at the finest diagonal detail,
 * where noise is as strong as anywhere and optics leave next to nothing: its mean square over 36 is
 * the variance of white noise, plus what texture there is. The flattest blocks speak: starting from
 * the 10 % quantile the estimate becomes the mean of all blocks that lie within 2.5 standard
 * deviations of it, as far as blocks of pure noise would; a few rounds find the cluster of flat
 * blocks without the bias of a quantile, and too few to climb up a slope of textured ones.
 *
 * A block of noise has 196 products that are correlated with their neighbours, worth 52 independent
 * ones, so the standard deviation of its variance is sqrt (2 / 52) of it.
 *
 * Integer samples carry 1/12 of a step squared of rounding noise, which is taken off. Blocks with
 * samples at the ends of an integer's range, where noise is cut off, or with alpha that is not 1
 * are left out.
 */
#include <hyperfocal/noise.h>

#include <hyperfocal/band.h>
#include <math.h>
#include <stdlib.h>

enum { SIDE = 16, MOST_BLOCKS = 1024, N_ROUNDS = 5 };

static const double block_deviation = 0.196; /* sqrt (2 / 52) */
static const double cut = 2.5;               /* standard deviations */
static const double start_quantile = 0.1;

typedef struct Survey {
    const HfImage *image;
    int columns, rows;
    float *variances; /* for each colour columns × rows; negative = left out */
} Survey;

/* Are samples of a block at an end of their range? More than one in a hundred counts. */
static bool
is_cut_off (const HfBand *band, int c)
{
    int n = 0;

    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float sample = band->colour[c][(size_t) y * band->stride + (size_t) x];

            n += sample <= 0 || sample >= 1;
        }
    return n > SIDE * SIDE / 100;
}

static float
block_variance (const HfBand *band, int c)
{
    float second[SIDE][SIDE - 2], sum = 0;

    for (int y = 0; y < SIDE; y++) {
        const float *row = band->colour[c] + (size_t) y * band->stride;

        for (int x = 0; x < SIDE - 2; x++)
            second[y][x] = row[x] - 2 * row[x + 1] + row[x + 2];
    }
    for (int y = 0; y < SIDE - 2; y++) {
        for (int x = 0; x < SIDE - 2; x++) {
            float detail = second[y][x] - 2 * second[y + 1][x] + second[y + 2][x];

            sum += detail * detail;
        }
    }
    return sum / (36 * (SIDE - 2) * (SIDE - 2));
}

/* One row of blocks. */
static void
survey_row (void *data, int chunk, int worker)
{
    const Survey *survey = data;
    const HfImage *image = survey->image;
    int n_colours = hf_format_n_colours (image->format), n = survey->columns * survey->rows;
    float memory[SIDE * SIDE * 4];

    for (int column = 0; column < survey->columns; column++) {
        int x = (int) ((double) (image->width - SIDE) * (column + 0.5) / survey->columns);
        int y = (int) ((double) (image->height - SIDE) * (chunk + 0.5) / survey->rows);
        float *variance = survey->variances + chunk * survey->columns + column;
        HfBand band;

        hf_band_place (&band, (HfRect) { x, y, SIDE, SIDE }, n_colours, memory);
        hf_band_read (&band, image);
        for (int c = 0; c < n_colours; c++)
            variance[c * n] =
                band.opaque && (image->format.type == HF_SAMPLE_FLOAT || !is_cut_off (&band, c))
                    ? block_variance (&band, c)
                    : -1;
    }
}

static int
compare_floats (const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;

    return (x > y) - (x < y);
}

/* Variance of the noise from n variances of blocks, which are sorted here. */
static double
flat_variance (float *variances, int n)
{
    const float *kept;
    double variance;

    qsort (variances, (size_t) n, sizeof *variances, compare_floats);
    for (kept = variances; n > 0 && *kept < 0; kept++)
        n--;
    if (n == 0)
        return 0;
    variance = kept[(int) (start_quantile * n)];
    for (int round = 0; round < N_ROUNDS; round++) {
        double most = variance * (1 + cut * block_deviation), sum = 0;
        int n_flat = 0;

        while (n_flat < n && kept[n_flat] <= most)
            sum += kept[n_flat++];
        variance = sum / n_flat;
    }
    return variance;
}

void
hf_noise_measure (const HfImage *image, HfPool *pool, double sigma[3])
{
    int n_colours = hf_format_n_colours (image->format), n;
    double step = image->format.type == HF_SAMPLE_U8    ? 1 / 255.0
                  : image->format.type == HF_SAMPLE_U16 ? 1 / 65535.0
                                                        : 0;
    double pitch = sqrt ((double) image->width * image->height / MOST_BLOCKS);
    Survey survey = { .image = image };

    sigma[0] = sigma[1] = sigma[2] = 0;
    if (image->width < SIDE || image->height < SIDE)
        return;
    pitch = MAX (pitch, SIDE);
    survey.columns = CLAMP ((int) (image->width / pitch), 1, MOST_BLOCKS);
    survey.rows = CLAMP ((int) (image->height / pitch), 1, MOST_BLOCKS / survey.columns);
    n = survey.columns * survey.rows;
    survey.variances = g_new (float, (size_t) (n * n_colours));
    hf_pool_for (pool, survey.rows, survey_row, &survey);
    for (int c = 0; c < n_colours; c++) {
        double variance = flat_variance (survey.variances + c * n, n);

        sigma[c] = sqrt (fmax (variance - step * step / 12, 0));
    }
    if (n_colours == 1)
        sigma[1] = sigma[2] = sigma[0];
    g_free (survey.variances);
}
