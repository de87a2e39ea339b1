/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Fusing on a finer grid: `scale-factor` s gives the fuser a canvas s times as wide and high, on
 * which frames are resampled by their one warp, and what comes out of it is reduced again by the
 * mean of s × s pixels. Pixel k of the canvas covers pixels s k .. s k + s - 1 of the finer one.
 */
#ifndef HF_RUN_SCALE_H
#define HF_RUN_SCALE_H

#include "pipeline/run.h"

/* The record of a frame for the finer grid: its matrix goes from there to the frame. */
HfRecord hf_scale_record (const HfRecord *record, int factor);

typedef struct HfScaleWriter HfScaleWriter;

/* Takes rows of the finer grid (width × factor pixels wide), hands those of the canvas to `writer`
 * (borrowed). HF_ERROR_MEMORY. */
HfScaleWriter *hf_scale_writer_new (const HfBandWriter *writer, int factor, int width,
                                    int n_colours, HfBudget *budget, GError **error);
void hf_scale_writer_free (HfScaleWriter *scale);
HfBandWriter hf_scale_writer (HfScaleWriter *scale);

/* Bytes that it holds. */
size_t hf_scale_writer_memory (int factor, int width, int n_colours);

#endif
