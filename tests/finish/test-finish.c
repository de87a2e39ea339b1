/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Denoising and sharpening of whole pictures: against slow versions in double, cut into bands and
 * streamed, on pictures of known noise and edges, in 8 and 16 bit and float.
 */
#include <hyperfocal/error.h>
#include <hyperfocal/finish.h>
#include <math.h>
#include <string.h>

static guint32
drawn_seed (void)
{
    static guint32 seed;

    if (!seed)
        seed = g_random_int ();
    g_test_message ("seed %u", seed);
    return seed;
}

static HfBand
band_new (int width, int height, int n_colours)
{
    HfBand band = { 0 };

    hf_band_place (&band, (HfRect) { 0, 0, width, height }, n_colours,
                   hf_pixels_new_n (NULL, hf_band_floats (width, height, n_colours), sizeof (float),
                                    "a picture", NULL));
    band.opaque = true;
    return band;
}

static void
band_free (HfBand *band)
{
    hf_pixels_free (band->colour[0]);
}

static float *
sample (const HfBand *band, int plane, int x, int y)
{
    float *samples = plane < MIN (band->n_colours, 3) ? band->colour[plane] : band->validity;

    return samples + (size_t) (y - band->rect.y) * band->stride + (size_t) (x - band->rect.x);
}

/* About normal, standard deviation 1. */
static double
random_noise (GRand *random)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += g_rand_double (random);
    return sum;
}

/* Blocks of different colours, with noise; see-through ones have holes and soft validity. */
static HfBand
picture_new (int width, int height, int n_colours, double noise, bool see_through, guint32 seed)
{
    GRand *random = g_rand_new_with_seed (seed);
    HfBand band = band_new (width, height, n_colours);
    double level[64];

    band.opaque = !see_through;
    for (int i = 0; i < 64; i++)
        level[i] = g_rand_double (random);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < n_colours; c++)
                *sample (&band, c, x, y) = (float) (level[(x / 7 + y / 5 * 3 + c * 11) % 64] +
                                                    noise * random_noise (random));
            *sample (&band, n_colours, x, y) =
                !see_through || x % 11 > 4 ? 1 : (x % 11 > 2 ? 0.4f : 0);
        }
    g_rand_free (random);
    return band;
}

static void
assert_same_bits (const HfBand *a, const HfBand *b)
{
    g_assert_cmpint (a->opaque, ==, b->opaque);
    for (int p = 0; p < a->n_colours + !a->opaque; p++)
        for (int y = 0; y < a->rect.height; y++)
            g_assert_cmpmem (sample (a, p, 0, y), (size_t) a->rect.width * sizeof (float),
                             sample (b, p, 0, y), (size_t) a->rect.width * sizeof (float));
}

/* ---- both filters through one face ---- */

typedef enum { DENOISE, SHARPEN } Filter;

static HfFinishOptions
options_of (Filter filter, double amount)
{
    HfFinishOptions options;

    hf_options_init (&hf_finish_table, &options);
    if (filter == DENOISE)
        options.denoise_amount = amount;
    else
        options.sharpen_amount_percent = 100 * amount;
    return options;
}

static int
reach_of (Filter filter, const HfFinishOptions *options, const double noise[3], int n_colours)
{
    return filter == DENOISE ? hf_denoise_reach (options, noise, n_colours)
                             : hf_sharpen_reach (options);
}

/* `out` of the picture, from no more than it may look at and with a guarded scratch. */
static void
apply_to (Filter filter, const HfFinishOptions *options, const double noise[3],
          const HfBand *picture, HfBand *out)
{
    int reach = reach_of (filter, options, noise, picture->n_colours);
    HfRect rect = out->rect, grown = { rect.x - reach, rect.y - reach, rect.width + 2 * reach,
                                       rect.height + 2 * reach };
    HfRect looked_at = hf_rect_intersect (grown, picture->rect);
    HfBand crop = hf_band_crop (picture, looked_at);
    HfBand in = band_new (looked_at.width, looked_at.height, picture->n_colours);
    size_t n = filter == DENOISE
                   ? hf_denoise_scratch (rect.width, rect.height, picture->n_colours)
                   : hf_sharpen_scratch (options, rect.width, rect.height, picture->n_colours);
    float *scratch = hf_pixels_new_n (NULL, n + 1, sizeof (float), "scratch", NULL);

    in.rect = looked_at;
    in.opaque = picture->opaque;
    for (int p = 0; p <= picture->n_colours; p++)
        for (int y = looked_at.y; y < looked_at.y + looked_at.height; y++)
            memcpy (sample (&in, p, looked_at.x, y), sample (&crop, p, looked_at.x, y),
                    (size_t) looked_at.width * sizeof (float));
    for (size_t i = 0; i <= n; i++)
        scratch[i] = NAN;
    if (filter == DENOISE)
        hf_denoise_apply (options, noise, &in, out, scratch);
    else
        hf_sharpen_apply (options, &in, out, scratch);
    g_assert_true (isnan (scratch[n]));
    hf_pixels_free (scratch);
    band_free (&in);
}

static HfBand
apply_whole (Filter filter, const HfFinishOptions *options, const double noise[3],
             const HfBand *picture)
{
    HfBand out = band_new (picture->rect.width, picture->rect.height, picture->n_colours);

    apply_to (filter, options, noise, picture, &out);
    return out;
}

/* ---- slow versions ---- */

static double
validity_at (const HfBand *band, int x, int y)
{
    if (x < 0 || y < 0 || x >= band->rect.width || y >= band->rect.height)
        return 0;
    return band->opaque ? 1 : *sample (band, band->n_colours, x, y);
}

static double
colour_at (const HfBand *band, int c, int x, int y)
{
    return validity_at (band, x, y) > 0 ? *sample (band, c, x, y) : 0;
}

/* Relative variance of the noise about a pixel. */
static double
slow_noise (const HfBand *band, const double noise[3], int x, int y)
{
    static const double filter[3] = { 1, -2, 1 };
    double sum = 0, shares = 0;

    for (int v = y - 4; v <= y + 4; v++)
        for (int u = x - 4; u <= x + 4; u++) {
            double share = 1, found = 0;

            for (int c = 0; c < band->n_colours; c++) {
                double detail = 0;

                for (int k = 0; k < 9; k++)
                    detail += filter[k / 3] * filter[k % 3] *
                              colour_at (band, c, u - 1 + k % 3, v - 1 + k / 3) / noise[c];
                found += detail * detail / 36;
            }
            for (int k = 0; k < 9; k++)
                share *= validity_at (band, u - 1 + k % 3, v - 1 + k / 3);
            sum += share > 0 ? found * share : 0;
            shares += share;
        }
    return shares > 0 ? CLAMP (1.5 * sum / shares / band->n_colours, 0.005, 1) : 1;
}

static double
slow_weight (const HfBand *band, const double noise[3], double strength, int x, int y, int u, int v)
{
    double distance = 0, pairs = 0, t;

    for (int j = -2; j <= 2; j++)
        for (int i = -2; i <= 2; i++) {
            double pair = validity_at (band, x + i, y + j) * validity_at (band, u + i, v + j);

            pairs += pair;
            for (int c = 0; c < band->n_colours; c++)
                distance +=
                    pair *
                    pow ((colour_at (band, c, x + i, y + j) - colour_at (band, c, u + i, v + j)) /
                             noise[c],
                         2);
        }
    if (pairs == 0)
        return 0;
    t = 2 - distance / pairs / band->n_colours / (strength * strength) /
                (slow_noise (band, noise, x, y) + slow_noise (band, noise, u, v));
    return pow (CLAMP (t, 0, 1), 2) * validity_at (band, u, v);
}

static double
slow_denoise (const HfBand *band, const double noise[3], double amount, int c, int x, int y)
{
    double sum = 0, total = 1;

    for (int v = y - 5; v <= y + 5; v++)
        for (int u = x - 5; u <= x + 5; u++) {
            double weight;

            if (validity_at (band, u, v) == 0 || (u == x && v == y))
                continue;
            weight = slow_weight (band, noise, MAX (amount, 1), x, y, u, v);
            sum += weight * (colour_at (band, c, u, v) - *sample (band, c, x, y));
            total += weight;
        }
    return *sample (band, c, x, y) + MIN (amount, 1) * sum / total;
}

static double
slow_sharpen (const HfBand *band, const HfFinishOptions *options, int c, int x, int y)
{
    int reach = (int) ceil (3 * options->sharpen_radius);
    double sum = 0, share = 0, d, threshold = options->sharpen_threshold / 255;
    double in = *sample (band, c, x, y);

    for (int v = y - reach; v <= y + reach; v++)
        for (int u = x - reach; u <= x + reach; u++) {
            double square = (double) ((u - x) * (u - x) + (v - y) * (v - y));
            double weight =
                exp (-0.5 * square / pow (options->sharpen_radius, 2)) * validity_at (band, u, v);

            sum += weight * colour_at (band, c, u, v);
            share += weight;
        }
    d = share > 0 ? in - sum / share : 0;
    d = d > threshold ? d - threshold : d < -threshold ? d + threshold : 0;
    return in + options->sharpen_amount_percent / 100 * d;
}

static const double test_noise[3] = { 0.02, 0.03, 0.015 };

static void
check_slow (Filter filter, const HfFinishOptions *options, const HfBand *picture)
{
    HfBand out = apply_whole (filter, options, test_noise, picture);

    for (int y = 0; y < picture->rect.height; y++)
        for (int x = 0; x < picture->rect.width; x++) {
            g_assert_cmpfloat (validity_at (&out, x, y), ==, validity_at (picture, x, y));
            for (int c = 0; c < picture->n_colours && validity_at (picture, x, y) > 0; c++) {
                double expected =
                    filter == DENOISE
                        ? slow_denoise (picture, test_noise, options->denoise_amount, c, x, y)
                        : slow_sharpen (picture, options, c, x, y);

                g_assert_cmpfloat (fabs (*sample (&out, c, x, y) - expected), <, 2e-5);
            }
        }
    band_free (&out);
}

static const int sizes[][2] = { { 1, 1 }, { 1, 9 }, { 23, 1 }, { 5, 4 }, { 23, 19 } };

static void
denoise_matches_slow (void)
{
    guint32 seed = drawn_seed ();

    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
        for (int kind = 0; kind < 4; kind++) {
            HfFinishOptions options = options_of (DENOISE, kind % 2 ? 0.8 : 1.7);
            HfBand picture = picture_new (sizes[s][0], sizes[s][1], kind < 2 ? 3 : 1, 0.02,
                                          kind % 2, seed + (guint32) kind);

            check_slow (DENOISE, &options, &picture);
            band_free (&picture);
        }
}

static void
sharpen_matches_slow (void)
{
    static const double radii[] = { 0.1, 1, 2.6 };
    guint32 seed = drawn_seed ();

    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
        for (int kind = 0; kind < 12; kind++) {
            HfFinishOptions options = options_of (SHARPEN, 1.5);
            HfBand picture = picture_new (sizes[s][0], sizes[s][1], kind % 4 < 2 ? 3 : 1, 0.02,
                                          kind % 2, seed + (guint32) kind);

            options.sharpen_radius = radii[kind / 4];
            options.sharpen_threshold = kind % 3 ? 20 : 0;
            check_slow (SHARPEN, &options, &picture);
            band_free (&picture);
        }
}

/* ---- cutting and streaming ---- */

static void
bands_equal_whole (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (int kind = 0; kind < 4; kind++) {
        Filter filter = kind % 2 ? DENOISE : SHARPEN;
        HfFinishOptions options = options_of (filter, 0.9);
        HfBand picture = picture_new (90, 61, 3, 0.02, kind > 1, g_rand_int (random));
        HfBand whole = apply_whole (filter, &options, test_noise, &picture);

        for (int k = 0; k < 20; k++) {
            int x = g_rand_int_range (random, 0, 90), y = g_rand_int_range (random, 0, 61);
            HfRect rect = { x, y, g_rand_int_range (random, 1, 91 - x),
                            g_rand_int_range (random, 1, 62 - y) };
            HfBand part = band_new (rect.width, rect.height, 3);
            HfBand expected = hf_band_crop (&whole, rect);

            part.rect = rect;
            apply_to (filter, &options, test_noise, &picture, &part);
            part.rect.x = part.rect.y = expected.rect.x = expected.rect.y = 0;
            assert_same_bits (&expected, &part);
            band_free (&part);
        }
        band_free (&whole);
        band_free (&picture);
    }
    g_rand_free (random);
}

typedef struct Rows {
    HfBand picture;
    int n; /* rows so far */
} Rows;

static bool
take_rows (void *data, const HfBand *band, GError **error)
{
    Rows *rows = data;

    g_assert_cmpint (band->rect.x, ==, 0);
    g_assert_cmpint (band->rect.y, ==, rows->n);
    g_assert_cmpint (band->rect.width, ==, rows->picture.rect.width);
    for (int y = rows->n; y < rows->n + band->rect.height; y++)
        for (int p = 0; p <= band->n_colours; p++)
            for (int x = 0; x < band->rect.width; x++)
                *sample (&rows->picture, p, x, y) =
                    p == band->n_colours && band->opaque ? 1 : *sample (band, p, x, y);
    rows->n += band->rect.height;
    return true;
}

/* The picture through an HfFinish, `step` rows at a time (0: random numbers of rows). */
static HfBand
stream (const HfFinishOptions *options, const HfBand *picture, int n_threads, int step,
        GRand *random)
{
    int width = picture->rect.width, height = picture->rect.height;
    HfPool *pool = hf_pool_new (n_threads, NULL);
    HfBudget *budget = hf_budget_new (0);
    HfFinishSetup setup = { options, width, height, picture->n_colours, { 0 }, pool, budget };
    Rows rows = { band_new (width, height, picture->n_colours), 0 };
    HfBandWriter last = { take_rows, &rows }, writer;
    HfFinish *finish;

    memcpy (setup.noise, test_noise, sizeof setup.noise);
    finish = hf_finish_new (&setup, &last, NULL);
    writer = hf_finish_writer (finish);
    for (int y = 0; y < height;) {
        int n = step ? step : g_rand_int_range (random, 1, 90);
        HfRect rect = { 0, y, width, MIN (n, height - y) };
        HfBand band = hf_band_crop (picture, rect);

        g_assert_true (writer.write (writer.data, &band, NULL));
        y += rect.height;
    }
    g_assert_cmpint (rows.n, ==, height);
    g_assert_cmpuint (hf_budget_peak (budget), ==, hf_finish_memory (&setup));
    hf_finish_free (finish);
    hf_pool_free (pool);
    hf_budget_free (budget);
    rows.picture.opaque = picture->opaque;
    return rows.picture;
}

static void
streamed_equals_whole (void)
{
    static const int heights[] = { 1, 63, 64, 65, 91, 200, 331 };
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (guint i = 0; i < 4 * G_N_ELEMENTS (heights); i++) {
        int width = i % 2 ? 300 : 37;
        HfFinishOptions options = options_of (DENOISE, 0.9), sharpen = options_of (SHARPEN, 0.7);
        HfBand picture = picture_new (width, heights[i / 4], i % 3 ? 3 : 1, 0.02, i % 4 > 1, i);
        HfBand denoised = apply_whole (DENOISE, &options, test_noise, &picture), expected, got;

        sharpen.sharpen_radius = i % 4 ? 1.3 : 22; /* reaches less and more than a strip */
        expected = apply_whole (SHARPEN, &sharpen, test_noise, &denoised);
        sharpen.denoise_amount = options.denoise_amount;
        got = stream (&sharpen, &picture, (int[]) { 1, 2, 7 }[i % 3], i % 5 ? 0 : 64, random);
        assert_same_bits (&expected, &got);
        band_free (&picture);
        band_free (&denoised);
        band_free (&expected);
        band_free (&got);
    }
    g_rand_free (random);
}

/* Nothing wanted, nothing held, nothing changed. */
static void
off_is_off (void)
{
    HfFinishOptions options = options_of (DENOISE, 0);
    HfBand picture = picture_new (40, 30, 3, 0.02, false, 3);
    HfFinishSetup setup = { &options, 40, 30, 3, { 1, 1, 1 }, NULL, NULL };
    HfBand got;

    g_assert_cmpuint (hf_finish_memory (&setup), ==, 0);
    g_assert_cmpint (hf_denoise_reach (&options, test_noise, 3), ==, 0);
    g_assert_cmpint (hf_sharpen_reach (&options), ==, 0);
    got = stream (&options, &picture, 1, 7, NULL);
    assert_same_bits (&picture, &got);
    options.denoise_amount = 1; /* but no noise at all */
    g_assert_cmpint (hf_denoise_reach (&options, (const double[]) { 0, 0, 0 }, 3), ==, 0);
    band_free (&got);
    band_free (&picture);
}

static void
refuses_without_memory (void)
{
    HfFinishOptions options = options_of (SHARPEN, 1);
    HfFinishSetup setup = { &options, 4000, 30, 3, { 0.01, 0.01, 0.01 }, NULL, NULL };
    HfBandWriter writer = { take_rows, NULL };

    options.denoise_amount = 1;
    for (int n = 0; n < 4; n++) {
        GError *error = NULL;
        HfFinish *finish;

        hf_memory_fail_after (n);
        finish = hf_finish_new (&setup, &writer, &error);
        hf_memory_fail_after (-1);
        g_assert_null (finish);
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        g_error_free (error);
    }
}

/* ---- what it does to pictures ---- */

typedef struct Spread {
    double sum, squares;
    int n;
} Spread;

static void
spread_add (Spread *spread, double value)
{
    spread->sum += value;
    spread->squares += value * value;
    spread->n++;
}

static double
spread_mean (const Spread *spread)
{
    return spread->sum / spread->n;
}

static double
spread_deviation (const Spread *spread)
{
    return sqrt (fmax (spread->squares / spread->n - pow (spread_mean (spread), 2), 0));
}

/* 0.4 to the left of column 64, 0.4 + step from there on, with noise; its lower half has a third of
 * it, as where a fusion has averaged nine frames. */
static HfBand
step_new (double step, double noise, int n_colours, guint32 seed)
{
    GRand *random = g_rand_new_with_seed (seed);
    HfBand band = band_new (128, 128, n_colours);

    for (int y = 0; y < 128; y++)
        for (int x = 0; x < 128; x++)
            for (int c = 0; c < n_colours; c++)
                *sample (&band, c, x, y) =
                    (float) (0.4 + (x >= 64 ? step : 0) +
                             noise * (y < 64 ? 1 : 1.0 / 3) * random_noise (random));
    g_rand_free (random);
    return band;
}

static double
deviation_within (const HfBand *band, HfRect rect)
{
    Spread spread = { 0 };

    for (int y = rect.y; y < rect.y + rect.height; y++)
        for (int x = rect.x; x < rect.x + rect.width; x++)
            spread_add (&spread, *sample (band, 0, x, y));
    return spread_deviation (&spread);
}

static double
mean_of_column (const HfBand *band, int x)
{
    Spread spread = { 0 };

    for (int y = 0; y < 128; y++)
        spread_add (&spread, *sample (band, 0, x, y));
    return spread_mean (&spread);
}

/* What is left of the noise, and of a step of four times the noise right at its two columns, whose
 * own noise moves their means by 2 % of it. */
static void
check_step (double amount, int n_colours, double least_left, double most_left, double least_kept,
            guint32 seed)
{
    static const double noise[3] = { 0.03, 0.03, 0.03 };
    static const HfRect strong = { 4, 4, 50, 52 }, weak = { 4, 72, 50, 52 };
    HfFinishOptions options = options_of (DENOISE, amount);
    HfBand picture = step_new (4 * noise[0], noise[0], n_colours, seed);
    HfBand out = apply_whole (DENOISE, &options, noise, &picture);
    double left = deviation_within (&out, strong) / deviation_within (&picture, strong);
    double left_weak = deviation_within (&out, weak) / deviation_within (&picture, weak);
    double kept = (mean_of_column (&out, 64) - mean_of_column (&out, 63)) /
                  (mean_of_column (&picture, 64) - mean_of_column (&picture, 63));

    g_test_message ("amount %g, %d colours: %.3f of the noise is left, %.3f of weaker noise, %.3f "
                    "of the step",
                    amount, n_colours, left, left_weak, kept);
    g_assert_cmpfloat (left, >=, least_left);
    g_assert_cmpfloat (left, <=, most_left);
    g_assert_cmpfloat (left_weak, >=, least_left);
    g_assert_cmpfloat (left_weak, <=, most_left);
    g_assert_cmpfloat (kept, >=, least_kept);
    band_free (&picture);
    band_free (&out);
}

/* The share of the noise that is left follows the amount, wherever the noise is strong or weak; a
 * step stays. */
static void
noise_goes_edges_stay (void)
{
    guint32 seed = drawn_seed ();

    for (guint32 i = 0; i < 3; i++) {
        check_step (0.5, 3, 0.45, 0.65, 0.93, seed + i);
        check_step (0.75, 3, 0.2, 0.42, 0.93, seed + i);
        check_step (1, 3, 0.02, 0.25, 0.93, seed + i);
        check_step (1, 1, 0.02, 0.4, 0.93, seed + i);
        check_step (2, 3, 0.02, 0.15, 0.3, seed + i); /* four times the noise is but twice it */
    }
}

static void
flat_stays (void)
{
    HfFinishOptions denoise = options_of (DENOISE, 1), sharpen = options_of (SHARPEN, 3);

    for (int n_colours = 1; n_colours <= 3; n_colours += 2) {
        HfBand picture = step_new (0, 0, n_colours, 1);
        HfBand denoised = apply_whole (DENOISE, &denoise, test_noise, &picture);
        HfBand sharpened = apply_whole (SHARPEN, &sharpen, test_noise, &picture);

        assert_same_bits (&picture, &denoised);
        for (int y = 0; y < 128; y++) /* sums of weights are 1 but for rounding */
            for (int x = 0; x < 128; x++)
                g_assert_cmpfloat (
                    fabsf (*sample (&sharpened, 0, x, y) - *sample (&picture, 0, x, y)), <, 2e-6f);
        band_free (&picture);
        band_free (&denoised);
        band_free (&sharpened);
    }
}

/* Colour under zero validity is not looked at. */
static void
nothing_leaks (void)
{
    for (Filter filter = DENOISE; filter <= SHARPEN; filter++) {
        HfFinishOptions options = options_of (filter, 1);
        HfBand picture = picture_new (70, 50, 3, 0.02, true, 4), before, after;

        before = apply_whole (filter, &options, test_noise, &picture);
        for (int y = 0; y < 50; y++)
            for (int x = 0; x < 70; x++)
                if (*sample (&picture, 3, x, y) == 0)
                    for (int c = 0; c < 3; c++)
                        *sample (&picture, c, x, y) = x % 2 ? 1e30f : -7;
        after = apply_whole (filter, &options, test_noise, &picture);
        for (int y = 0; y < 50; y++)
            for (int x = 0; x < 70; x++)
                for (int c = 0; c < 3; c++) {
                    g_assert_true (isfinite (*sample (&after, c, x, y)));
                    if (*sample (&picture, 3, x, y) > 0)
                        g_assert_cmpfloat (*sample (&before, c, x, y), ==,
                                           *sample (&after, c, x, y));
                }
        band_free (&picture);
        band_free (&before);
        band_free (&after);
    }
}

/* Values far outside of 0..1 go through, the largest floats stay finite. */
static void
nothing_clips (void)
{
    for (Filter filter = DENOISE; filter <= SHARPEN; filter++) {
        HfFinishOptions options = options_of (filter, 1);
        HfBand picture = step_new (0, 0.03, 3, 2), out;

        for (int i = 0; i < 128; i++)
            for (int c = 0; c < 3; c++) {
                *sample (&picture, c, i, 20) += 9;
                *sample (&picture, c, i, 60) -= 9;
                *sample (&picture, c, i, 90) = i % 2 ? 8e37f : -8e37f;
            }
        out = apply_whole (filter, &options, test_noise, &picture);
        g_assert_cmpfloat (*sample (&out, 0, 50, 20), >, 9);
        g_assert_cmpfloat (*sample (&out, 0, 50, 60), <, -8);
        for (int y = 0; y < 128; y++)
            for (int x = 0; x < 128; x++)
                g_assert_true (isfinite (*sample (&out, 0, x, y)));
        band_free (&picture);
        band_free (&out);
    }
}

/* The picture as samples of this type, and back. */
static HfBand
through (const HfBand *picture, HfSampleType type)
{
    HfFormat format = { type, picture->n_colours };
    HfImage *image = hf_image_new (NULL, picture->rect.width, picture->rect.height, format, NULL);
    HfBand band = band_new (picture->rect.width, picture->rect.height, picture->n_colours);

    hf_band_write (picture, image);
    hf_band_read (&band, image);
    hf_image_free (image);
    return band;
}

/* Rounding the samples first changes the result by no more than about that rounding. */
static void
check_type (Filter filter, const HfBand *picture, HfSampleType type, double step)
{
    HfFinishOptions options = options_of (filter, filter == DENOISE ? 1 : 0.5);
    HfBand rounded = through (picture, type);
    HfBand exact = apply_whole (filter, &options, test_noise, picture);
    HfBand got = apply_whole (filter, &options, test_noise, &rounded);
    double worst = 0, squares = 0;

    for (int y = 0; y < 60; y++)
        for (int x = 0; x < 80; x++)
            for (int c = 0; c < 3; c++) {
                double off = fabs (*sample (&got, c, x, y) - *sample (&exact, c, x, y)) / step;

                worst = fmax (worst, off);
                squares += off * off;
            }
    g_test_message ("rounded to steps of %g: %.2f steps off at worst, %.2f rms", step, worst,
                    sqrt (squares / (60 * 80 * 3)));
    g_assert_cmpfloat (worst, <=, 4);
    g_assert_cmpfloat (sqrt (squares / (60 * 80 * 3)), <=, 0.45);
    band_free (&rounded);
    band_free (&exact);
    band_free (&got);
}

static void
types_agree (void)
{
    HfBand picture = picture_new (80, 60, 3, 0.02, false, drawn_seed ());

    for (int c = 0; c < 3; c++) /* within what integers hold */
        for (int y = 0; y < 60; y++)
            for (int x = 0; x < 80; x++)
                *sample (&picture, c, x, y) = 0.15f + 0.7f * *sample (&picture, c, x, y);
    for (Filter filter = DENOISE; filter <= SHARPEN; filter++) {
        check_type (filter, &picture, HF_SAMPLE_U8, 1.0 / 255);
        check_type (filter, &picture, HF_SAMPLE_U16, 1.0 / 65535);
    }
    band_free (&picture);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/finish/denoise/matches-slow", denoise_matches_slow);
    g_test_add_func ("/finish/sharpen/matches-slow", sharpen_matches_slow);
    g_test_add_func ("/finish/bands-equal-whole", bands_equal_whole);
    g_test_add_func ("/finish/streamed-equals-whole", streamed_equals_whole);
    g_test_add_func ("/finish/off-is-off", off_is_off);
    g_test_add_func ("/finish/refuses-without-memory", refuses_without_memory);
    g_test_add_func ("/finish/noise-goes-edges-stay", noise_goes_edges_stay);
    g_test_add_func ("/finish/flat-stays", flat_stays);
    g_test_add_func ("/finish/nothing-leaks", nothing_leaks);
    g_test_add_func ("/finish/nothing-clips", nothing_clips);
    g_test_add_func ("/finish/types-agree", types_agree);
    return g_test_run ();
}
