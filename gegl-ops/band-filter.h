/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The base of all operations that apply one step of the engine to one picture: reads the region
 * that the step reaches for in the buffer's own format, applies the step in bands, writes encoded
 * floats. A step's operation says what it reaches for and applies; nothing else.
 *
 * Coordinates are GEGL's: pixel (0, 0) of the step is pixel (0, 0) of the graph, wherever the
 * input's extent begins. The output has the input's extent.
 *
 * GEGL calls process() from several threads at once, each with its own region.
 */
#ifndef HF_BAND_FILTER_H
#define HF_BAND_FILTER_H

#include "bridge/buffer.h"
#include <gegl-plugin.h>

/* The picture a band belongs to. */
typedef struct HfBandFrame {
    int x, y;          /* graph coordinates of the frame's first pixel */
    int width, height; /* of the frame */
    int reduction;     /* the graph is rendered this many times reduced: 1 except for previews */
} HfBandFrame;

typedef struct HfBandFilter {
    GeglOperationFilter parent;
    bool unchanged;  /* the input passes as it is; settle () sets it */
    GError *problem; /* why it does, where that is a fault; said once, when it is rendered */
} HfBandFilter;

typedef struct HfBandFilterClass {
    GeglOperationFilterClass parent;
    bool adds_alpha; /* the step leaves pixels uncovered */
    /* Makes the properties usable: sets `unchanged`, and `problem` where they cannot be used. */
    void (*settle) (HfBandFilter *self);
    /* How many pixels beyond `out` it needs on each side, at this reduction; NULL: none, or reach ()
     * tells. */
    int (*margin) (HfBandFilter *self, int reduction);
    /* The rectangle of the frame that `out` needs; NULL: as margin () has it. Both count from the
     * frame's first pixel. */
    HfRect (*reach) (HfBandFilter *self, const HfBandFrame *frame, HfRect out);
    /* Floats of scratch for apply (); NULL: none. */
    size_t (*scratch) (HfBandFilter *self, const HfBandFrame *frame, HfRect out, int n_colours);
    /* Fills `out` from `in`, which holds what it needs as far as the frame goes. Cannot fail, re-entrant. */
    void (*apply) (HfBandFilter *self, const HfBandFrame *frame, const HfBand *in, HfBand *out,
                   float *scratch);
    /* Colours what apply () left uncovered in `out`; NULL: nothing does. `rim` is that of the frame
     * where wants_rim () says so, else NULL; the whole frame is then rendered before. Re-entrant. */
    void (*cover) (HfBandFilter *self, const HfBandFrame *frame, const HfBorderRim *rim,
                   HfBand *out);
    bool (*wants_rim) (HfBandFilter *self); /* set where cover is */
} HfBandFilterClass;

GType hf_band_filter_get_type (void);
void hf_band_filter_register (GTypeModule *module);

#define HF_BAND_FILTER(object) ((HfBandFilter *) (object))
#define HF_BAND_FILTER_CLASS(klass) ((HfBandFilterClass *) (klass))

/* The frame that the input pad delivers; false when there is none, or one without bounds. */
bool hf_band_filter_frame (HfBandFilter *self, int level, HfBandFrame *frame);

#endif
