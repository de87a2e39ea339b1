/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Pictures on their way from bands to sinks, cut to the crop. */
#ifndef HF_OUTPUT_H
#define HF_OUTPUT_H

#include "pipeline/chain.h"
#include "pipeline/run.h"

/* What sinks are told of a picture of this run. */
HfPictureInfo hf_run_picture_info (const HfRun *run, HfPictureKind kind, const char *name,
                                   int frame, HfFormat format);

/* Sends a frame as its chain gives it to the layers' sink, with the border that the options want
 * where it did not see the canvas. */
bool hf_run_write_aligned (HfRun *run, int frame, HfChain *chain, GError **error);

/* One picture that comes as bands of the whole canvas, in whole rows from the top down. */
typedef struct HfOutput {
    HfRun *run;
    HfSink *sinks[2]; /* up to two take it; NULL: none */
    HfImage *rows;    /* what is sent at a time, in the picture's format */
} HfOutput;

/* Begins the picture in its sinks, which are borrowed and may be NULL or twice the same. */
bool hf_output_begin (HfOutput *output, HfRun *run, HfSink *first, HfSink *second,
                      const HfPictureInfo *info, GError **error);
HfBandWriter hf_output_writer (HfOutput *output);
/* Ends the picture in its sinks. */
bool hf_output_end (HfOutput *output, GError **error);
/* Frees what it holds, whether it was ended or not. */
void hf_output_clear (HfOutput *output);

#endif
