/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The parts of the balance step: pairs of cells, the fit of a channel's map, histograms. */
#ifndef HF_BALANCE_PARTS_H
#define HF_BALANCE_PARTS_H

#include "steps/light.h"

#include <hyperfocal/balance.h>

/* A cell of the reference and what the frame has there. */
typedef struct HfBalancePair {
    float reference[3], frame[3]; /* the channels */
    float d2, d4; /* squared distance from the centre, frame - reference; its square */
    float flat;   /* 0..1: how far both are without structure */
    int column, row;
} HfBalancePair;

typedef struct HfBalancePairs {
    HfBalancePair *pairs;
    int n;
    HfLightWindows windows;
    double step;    /* of the frame's integer samples, 0..1; 0 for floats */
    double darkest; /* windows with less in the mean tell nothing */
} HfBalancePairs;

/* The channels of a record that are mapped, 0..2; how many. */
int hf_balance_channels (HfBalanceChannel channel, int channels[3]);

/* Sets the record's map of channel c so that the frame becomes like the reference; leaves it alone
 * where nothing can be said or nothing differs. */
void hf_balance_fit (const HfBalancePairs *pairs, int c, HfBalanceRecord *record);

/* How far the record changes samples, relative: 0 = not at all. */
double hf_balance_change (const HfBalanceRecord *record);

/* Maps n samples of channel c. */
void hf_balance_map_samples (const HfBalanceRecord *record, int c, const float *in, int n,
                             float *out);

/* ---- Histograms ---- */

enum { HF_BALANCE_BINS = 256 };

/* Cells of a pair of frames by the value of each channel, 0..1. */
typedef struct HfBalanceHistogram {
    double reference[3][HF_BALANCE_BINS], frame[3][HF_BALANCE_BINS];
} HfBalanceHistogram;

void hf_balance_count (const HfBalancePairs *pairs, HfBalanceHistogram *histogram);

/* Writes the histograms of a frame before and after its record to folder/balance-NNNN.svg. */
bool hf_balance_plot (const HfBalanceHistogram *histogram, const HfBalanceRecord *record, int frame,
                      const char *folder, GError **error);

#endif
