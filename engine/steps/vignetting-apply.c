/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Giving light back: the polynomial is evaluated for every pixel, a division and no more; the
 * sigmoid becomes a table of factors over the radius, which spares the exponentials. Between its
 * 257 entries the factor is linear, off by less than 2e-4 for 60 % of falloff.
 */
#include <hyperfocal/error.h>
#include <hyperfocal/vignetting.h>

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { SLICE = 512 }; /* pixels whose factors are on the stack at a time */

static const double least_left = 0.02;

HfVignettingRecord
hf_vignetting_none (void)
{
    return (HfVignettingRecord) { .model = HF_VIGNETTING_POLYNOMIAL };
}

static double
sigmoid (double k, double r0, double r)
{
    return 1 / (1 + exp (exp (k * (r - r0))));
}

double
hf_vignetting_falloff (const HfVignettingRecord *record, double radius)
{
    const double *p = record->shape;
    double q = radius * radius, left = 1 + q * (p[0] + q * p[1]);

    if (record->model == HF_VIGNETTING_SIGMOID)
        left = sigmoid (p[0], p[1], radius) / sigmoid (p[0], p[1], 0);
    return left > least_left ? fmin (left, 1) : least_left;
}

char *
hf_vignetting_to_string (const HfVignettingRecord *record)
{
    char first[G_ASCII_DTOSTR_BUF_SIZE], second[G_ASCII_DTOSTR_BUF_SIZE];

    return g_strdup_printf ("%s %s %s",
                            hf_choice_nick (hf_vignetting_model_choices, (int) record->model),
                            g_ascii_dtostr (first, sizeof first, record->shape[0]),
                            g_ascii_dtostr (second, sizeof second, record->shape[1]));
}

static bool
parse (char **words, HfVignettingRecord *record)
{
    if (g_strv_length (words) != 3)
        return false;
    for (const HfChoice *choice = hf_vignetting_model_choices; choice->nick; choice++) {
        if (strcmp (choice->nick, words[0]) != 0)
            continue;
        record->model = (HfVignettingModel) choice->value;
        for (int i = 0; i < 2; i++) {
            char *end;

            record->shape[i] = g_ascii_strtod (words[i + 1], &end);
            if (end == words[i + 1] || *end || !isfinite (record->shape[i]))
                return false;
        }
        return true;
    }
    return false;
}

bool
hf_vignetting_from_string (const char *text, HfVignettingRecord *record, GError **error)
{
    char *stripped = g_strstrip (g_strdup (text));
    char **words = g_regex_split_simple ("\\s+", stripped, 0, 0);
    HfVignettingRecord parsed = { .applied = true };
    bool good = parse (words, &parsed);

    if (good)
        *record = parsed;
    else
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "\"%s\" is no vignetting: it takes polynomial or sigmoid and two numbers",
                     text);
    g_strfreev (words);
    g_free (stripped);
    return good;
}

void
hf_vignetting_prepare (const HfVignettingRecord *record, const HfVignettingOptions *options,
                       HfVignettingGains *gains)
{
    double lost = 1 - hf_vignetting_falloff (record, 1), share = 1;

    gains->identity = !record->applied || lost <= 0 || options->max_correction <= 0;
    gains->black = (float) (options->black_threshold / 255);
    if (gains->identity)
        return;
    if (lost > options->max_correction)
        share = options->max_correction / lost;
    gains->polynomial = record->model == HF_VIGNETTING_POLYNOMIAL;
    gains->share = (float) share;
    for (int i = 0; i < 2; i++)
        gains->shape[i] = (float) record->shape[i];
    for (int i = 0; i <= HF_VIGNETTING_STEPS; i++) {
        double radius = i / (double) HF_VIGNETTING_STEPS;
        double left = 1 - share * (1 - hf_vignetting_falloff (record, radius));

        gains->gain[i] = (float) (1 / left);
    }
}

/* Part of a row: n pixels from column x of the band on. */
static void
apply_slice (const HfVignettingGains *gains, int width, int height, const HfBand *in, HfBand *out,
             int row, int x, int n)
{
    const HfVignettingKernels *kernels = hf_kernels ()->vignetting;
    size_t from = (size_t) row * in->stride + (size_t) x;
    size_t to = (size_t) row * out->stride + (size_t) x;
    double diagonal = hypot (width, height);
    float dx = (float) (out->rect.x + x - (width - 1) / 2.0);
    float dy = (float) (out->rect.y + row - (height - 1) / 2.0);
    float gain[SLICE];

    if (gains->polynomial)
        kernels->polynomial_gains (gains->shape[0], gains->shape[1], (float) least_left,
                                   gains->share, dx, dy, (float) (4 / (diagonal * diagonal)), n,
                                   gain);
    else
        kernels->gains (gains->gain, HF_VIGNETTING_STEPS, dx, dy,
                        (float) (2 * HF_VIGNETTING_STEPS / diagonal), n, gain);
    if (in->n_colours == 1)
        kernels->spare_grey (in->colour[0] + from, gains->black, n, gain);
    else
        kernels->spare_rgb (in->colour[0] + from, in->colour[1] + from, in->colour[2] + from,
                            gains->black, n, gain);
    for (int c = 0; c < in->n_colours; c++)
        kernels->multiply (in->colour[c] + from, gain, n, out->colour[c] + to);
}

static void
copy_rows (const HfBand *in, HfBand *out, const float *from, float *to)
{
    for (int row = 0; row < out->rect.height && from != to; row++)
        memcpy (to + (size_t) row * out->stride, from + (size_t) row * in->stride,
                (size_t) out->rect.width * sizeof *to);
}

void
hf_vignetting_apply (const HfVignettingGains *gains, int width, int height, const HfBand *in,
                     HfBand *out)
{
    for (int row = 0; row < out->rect.height && !gains->identity; row++)
        for (int x = 0; x < out->rect.width; x += SLICE)
            apply_slice (gains, width, height, in, out, row, x, MIN (SLICE, out->rect.width - x));
    for (int c = 0; c < out->n_colours && gains->identity; c++)
        copy_rows (in, out, in->colour[c], out->colour[c]);
    if (!in->opaque)
        copy_rows (in, out, in->validity, out->validity);
    out->opaque = in->opaque;
}
