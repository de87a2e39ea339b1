/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The histograms of the balance: of the cells that both frames see, one panel a channel. */
#include "steps/balance-parts.h"

#include "plots/plot.h"

#include <string.h>

enum { SHOWN = 64 }; /* bins of a plot */

static void
count (float value, double *bins)
{
    int bin = (int) (CLAMP (value, 0.0f, 1.0f) * HF_BALANCE_BINS);

    if (value >= 0)
        bins[MIN (bin, HF_BALANCE_BINS - 1)]++;
}

void
hf_balance_count (const HfBalancePairs *pairs, HfBalanceHistogram *histogram)
{
    memset (histogram, 0, sizeof *histogram);
    for (int i = 0; i < pairs->n; i++) {
        for (int c = 0; c < 3; c++) {
            count (pairs->pairs[i].reference[c], histogram->reference[c]);
            count (pairs->pairs[i].frame[c], histogram->frame[c]);
        }
    }
}

/* Moves fine bins, mapped, into those of the plot, in percent of all; without a record as they are.
 */
static void
gather (const double *fine, const HfBalanceRecord *record, int c, double *shown)
{
    double all = 0;

    memset (shown, 0, SHOWN * sizeof *shown);
    for (int i = 0; i < HF_BALANCE_BINS; i++)
        all += fine[i];
    for (int i = 0; i < HF_BALANCE_BINS; i++) {
        /* a bin is spread, or a map that stretches would leave gaps */
        for (int part = 0; part < 8; part++) {
            float value = ((float) i + ((float) part + 0.5f) / 8) / HF_BALANCE_BINS;
            int bin;

            if (record)
                hf_balance_map_samples (record, c, &value, 1, &value);
            bin = (int) (value * SHOWN);
            shown[CLAMP (bin, 0, SHOWN - 1)] += fine[i] / 8 * 100 / (all > 0 ? all : 1);
        }
    }
}

static HfPlot *
panel (const HfBalanceHistogram *histogram, const HfBalanceRecord *record, int c, const char *name)
{
    static const char *const series[3] = { "reference", "before", "after" };
    char *title = g_strdup_printf ("Balance: %s", name);
    HfPlot *plot = hf_plot_new (title, "value, 1 = full scale", "cells, %");
    double values[SHOWN], shown[SHOWN];

    for (int i = 0; i < SHOWN; i++)
        values[i] = (i + 0.5) / SHOWN;
    for (int s = 0; s < 3; s++) {
        gather (s == 0 ? histogram->reference[c] : histogram->frame[c], s == 2 ? record : NULL, c,
                shown);
        hf_plot_line (plot, series[s], values, shown, SHOWN);
    }
    g_free (title);
    return plot;
}

static const char *
name_of (HfBalanceChannel channel, int c)
{
    static const char *const names[][3] = { { "luminosity", "", "" },
                                            { "red", "green", "blue" },
                                            { "hue", "saturation", "value" },
                                            { "hue", "lightness", "saturation" },
                                            { "L", "a", "b" } };

    return names[channel - HF_BALANCE_LUMI][c];
}

bool
hf_balance_plot (const HfBalanceHistogram *histogram, const HfBalanceRecord *record, int frame,
                 const char *folder, GError **error)
{
    char *file = g_strdup_printf ("balance-%04d.svg", frame);
    char *path = g_build_filename (folder, file, NULL);
    int channels[3], n = hf_balance_channels (record->channel, channels);
    HfPlot *plots[3];
    bool ok;

    for (int i = 0; i < n; i++)
        plots[i] = panel (histogram, record, channels[i], name_of (record->channel, channels[i]));
    ok = hf_plot_save_panels (plots, n, n, path, error);
    for (int i = 0; i < n; i++)
        hf_plot_free (plots[i]);
    g_free (path);
    g_free (file);
    return ok;
}
