/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The apply chain of one decoded frame, as a reader of bands on the reference's canvas: read,
 * hot pixels, vignetting, warp, balance. A band that is asked for is made tile by tile, so that all of a tile
 * stays in cache.
 */
#ifndef HF_CHAIN_H
#define HF_CHAIN_H

#include <hyperfocal/border.h>
#include <hyperfocal/stack.h>

typedef struct HfChain HfChain;

/* About the most bytes that a chain holds for each worker. */
size_t hf_chain_memory (int canvas_width, int canvas_height, int n_colours);

/*
 * A chain over `image` (borrowed, as is the map of its defects, which may be NULL), for pictures on a canvas of canvas_width × canvas_height.
 * Scratch memory for all workers of the pool is taken here, so that reading cannot fail.
 */
HfChain *hf_chain_new (const HfImage *image, const HfHotPixelMap *defects, const HfRecord *record,
                       const HfStackOptions *options, int canvas_width, int canvas_height, HfPool *pool, HfBudget *budget,
                       GError **error);
void hf_chain_free (HfChain *chain);

/* The chain as a reader; valid as long as the chain. */
HfBandReader hf_chain_reader (HfChain *chain);

/* Takes the frame's rim in, corrected as all of the frame is, but for the warp. */
void hf_chain_rim (const HfChain *chain, HfBorderRim *rim);

#endif
