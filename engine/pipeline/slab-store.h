/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Fused slabs that wait to be fused again: float planes in an unlinked temporary file (in TMPDIR,
 * /tmp by default), written and read by position. No memory for pixels.
 */
#ifndef HF_SLAB_STORE_H
#define HF_SLAB_STORE_H

#include <hyperfocal/band.h>

typedef struct HfSlabStore HfSlabStore;

/* For slabs of this size. HF_ERROR_FILE. */
HfSlabStore *hf_slab_store_new (int width, int height, int n_colours, GError **error);
void hf_slab_store_free (HfSlabStore *store); /* NULL is accepted */

/* Begins the next slab; its rows go to the writer from the top. A full disk: HF_ERROR_FILE. */
HfBandWriter hf_slab_store_add (HfSlabStore *store);

/* Reader of slab number `slab`; one at a time. Samples that cannot be read are 0 and not valid;
 * hf_slab_store_check () tells afterwards. */
HfBandReader hf_slab_store_reader (HfSlabStore *store, int slab);
bool hf_slab_store_check (HfSlabStore *store, GError **error);

#endif
