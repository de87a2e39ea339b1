/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The balance record: its text, and what it does to bands. */
#include <hyperfocal/balance.h>
#include <hyperfocal/error.h>

#include "kernels/kernels.h"
#include "steps/balance-parts.h"

#include <math.h>
#include <string.h>

enum { SLICE = 512, CURVE = HF_BALANCE_STEPS + 1 }; /* pixels at a time, numbers of a curve */

HfBalanceRecord
hf_balance_none (void)
{
    HfBalanceRecord record = { .gain = { 1, 1, 1 },
                               .channel = HF_BALANCE_RGB,
                               .map = HF_BALANCE_LINEAR,
                               .gamma = { 1, 1, 1 } };

    for (int c = 0; c < 3; c++)
        for (int i = 0; i < CURVE; i++)
            record.curve[c][i] = (float) i / HF_BALANCE_STEPS;
    return record;
}

static bool
is_identity_of (const HfBalanceRecord *record, int c)
{
    switch (record->map) {
    case HF_BALANCE_LINEAR:
        return record->gain[c] == 1;
    case HF_BALANCE_GAMMA:
        return record->gamma[c] == 1;
    case HF_BALANCE_MATCH_HIST:
        break;
    }
    for (int i = 0; i < CURVE; i++)
        if (record->curve[c][i] != (float) i / HF_BALANCE_STEPS)
            return false;
    return true;
}

bool
hf_balance_is_identity (const HfBalanceRecord *record)
{
    return is_identity_of (record, 0) && is_identity_of (record, 1) && is_identity_of (record, 2);
}

/* ---- Text ---- */

static int
n_channels (const HfBalanceRecord *record)
{
    return record->channel == HF_BALANCE_LUMI ? 1 : 3;
}

static int
n_numbers (const HfBalanceRecord *record)
{
    return record->map == HF_BALANCE_MATCH_HIST ? CURVE : 1;
}

static double
number_of (const HfBalanceRecord *record, int c, int i)
{
    switch (record->map) {
    case HF_BALANCE_LINEAR:
        return record->gain[c];
    case HF_BALANCE_GAMMA:
        return record->gamma[c];
    case HF_BALANCE_MATCH_HIST:
        break;
    }
    return (double) record->curve[c][i];
}

char *
hf_balance_to_string (const HfBalanceRecord *record)
{
    GString *text =
        g_string_new (hf_choice_nick (hf_balance_channel_choices, (int) record->channel));

    g_string_append_printf (text, " %s",
                            hf_choice_nick (hf_balance_map_choices, (int) record->map));
    for (int c = 0; c < n_channels (record); c++) {
        for (int i = 0; i < n_numbers (record); i++) {
            char number[G_ASCII_DTOSTR_BUF_SIZE];
            const char *format = record->map == HF_BALANCE_MATCH_HIST ? "%.9g" : "%.17g";

            g_string_append_printf (
                text, " %s",
                g_ascii_formatd (number, sizeof number, format, number_of (record, c, i)));
        }
    }
    return g_string_free (text, FALSE);
}

static bool
choice_of (const HfChoice *choices, const char *nick, int *value)
{
    for (; choices->nick; choices++) {
        if (strcmp (choices->nick, nick) == 0) {
            *value = choices->value;
            return true;
        }
    }
    return false;
}

/* Sets number i of a channel; false when it cannot be. */
static bool
set_number (HfBalanceRecord *record, int c, int i, double number)
{
    switch (record->map) {
    case HF_BALANCE_LINEAR:
        record->gain[c] = number;
        return number > 0;
    case HF_BALANCE_GAMMA:
        record->gamma[c] = number;
        return number > 0;
    case HF_BALANCE_MATCH_HIST:
        break;
    }
    record->curve[c][i] = (float) number;
    return fabs (number) < 1e30 && (i == 0 || record->curve[c][i] >= record->curve[c][i - 1]);
}

static void
copy_first (HfBalanceRecord *record)
{
    for (int c = 1; c < 3; c++) {
        record->gain[c] = record->gain[0];
        record->gamma[c] = record->gamma[0];
        memcpy (record->curve[c], record->curve[0], sizeof record->curve[0]);
    }
}

static bool
parse (char **words, HfBalanceRecord *record)
{
    int n_words = (int) g_strv_length (words), channel, map;

    if (n_words < 2 || !choice_of (hf_balance_channel_choices, words[0], &channel) ||
        !choice_of (hf_balance_map_choices, words[1], &map))
        return false;
    record->channel = (HfBalanceChannel) channel;
    record->map = (HfBalanceMap) map;
    if (n_words != 2 + n_channels (record) * n_numbers (record))
        return false;
    for (int i = 2; i < n_words; i++) {
        char *end;
        double number = g_ascii_strtod (words[i], &end);

        if (end == words[i] || *end || !isfinite (number) ||
            !set_number (record, (i - 2) / n_numbers (record), (i - 2) % n_numbers (record),
                         number))
            return false;
    }
    if (n_channels (record) == 1)
        copy_first (record);
    return true;
}

bool
hf_balance_from_string (const char *text, HfBalanceRecord *record, GError **error)
{
    char *stripped = g_strstrip (g_strdup (text));
    char **words = g_regex_split_simple ("\\s+", stripped, 0, 0);
    HfBalanceRecord parsed = hf_balance_none ();
    bool good = parse (words, &parsed);

    if (good)
        *record = parsed;
    else
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "\"%.60s\" is no balance: it takes a channel (lumi, rgb, …), a map (linear, "
                     "gamma, match-hist) and its numbers",
                     text);
    g_strfreev (words);
    g_free (stripped);
    return good;
}

/* ---- Bands ---- */

void
hf_balance_map_samples (const HfBalanceRecord *record, int c, const float *in, int n, float *out)
{
    switch (record->map) {
    case HF_BALANCE_LINEAR:
        if (record->gain[c] != 1 || in != out)
            hf_kernels ()->band->scale (in, (float) record->gain[c], n, out);
        break;
    case HF_BALANCE_GAMMA:
        hf_kernels ()->balance->power (in, (float) record->gamma[c], n, out);
        break;
    case HF_BALANCE_MATCH_HIST:
        hf_kernels ()->balance->curve (in, record->curve[c], HF_BALANCE_STEPS, n, out);
        break;
    }
}

/* Part of a row, by way of another colour space. */
static void
map_slice (const HfBalanceRecord *record, const float *const in[3], float *const out[3], int n)
{
    const HfBalanceKernels *kernels = hf_kernels ()->balance;
    float first[SLICE], second[SLICE], third[SLICE];
    float *const lab[3] = { first, second, third };

    if (record->channel == HF_BALANCE_HSV) {
        kernels->split_hsv (in, n, first, second);
        hf_balance_map_samples (record, 1, first, n, first);
        hf_balance_map_samples (record, 2, second, n, second);
        kernels->join_hsv (in, first, second, n, out);
    } else if (record->channel == HF_BALANCE_HLS) {
        kernels->split_hls (in, n, first, second);
        hf_balance_map_samples (record, 1, first, n, first);
        hf_balance_map_samples (record, 2, second, n, second);
        kernels->join_hls (in, first, second, n, out);
    } else {
        kernels->split_lab (in, n, lab);
        for (int c = 0; c < 3; c++)
            hf_balance_map_samples (record, c, lab[c], n, lab[c]);
        kernels->join_lab ((const float *const *) lab, n, out);
    }
}

static void
map_row (const HfBalanceRecord *record, const HfBand *in, HfBand *out, int row)
{
    size_t from = (size_t) row * in->stride, to = (size_t) row * out->stride;
    bool direct = in->n_colours == 1 || record->channel < HF_BALANCE_HSV;

    for (int c = 0; c < out->n_colours && direct; c++)
        hf_balance_map_samples (record, c, in->colour[c] + from, out->rect.width,
                                out->colour[c] + to);
    for (int x = 0; x < out->rect.width && !direct; x += SLICE) {
        const float *const samples[3] = { in->colour[0] + from + x, in->colour[1] + from + x,
                                          in->colour[2] + from + x };
        float *const mapped[3] = { out->colour[0] + to + x, out->colour[1] + to + x,
                                   out->colour[2] + to + x };

        map_slice (record, samples, mapped, MIN (SLICE, out->rect.width - x));
    }
}

static void
copy_plane (const HfBand *in, const HfBand *out, const float *from, float *to)
{
    for (int row = 0; row < out->rect.height && from != to; row++)
        memcpy (to + (size_t) row * out->stride, from + (size_t) row * in->stride,
                (size_t) out->rect.width * sizeof *to);
}

void
hf_balance_apply (const HfBalanceRecord *record, const HfBand *in, HfBand *out)
{
    if (hf_balance_is_identity (record)) {
        for (int c = 0; c < out->n_colours; c++)
            copy_plane (in, out, in->colour[c], out->colour[c]);
    } else {
        for (int row = 0; row < out->rect.height; row++)
            map_row (record, in, out, row);
    }
    if (!in->opaque)
        copy_plane (in, out, in->validity, out->validity);
    out->opaque = in->opaque;
}
