/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Packing strips of a TIFF apart from the file, so that several can be packed at once: libtiff's
 * handles belong to one thread at a time, so each strip gets a handle of its own over a piece of
 * memory.
 */
#ifndef HF_FILES_TIFF_PACK_H
#define HF_FILES_TIFF_PACK_H

#include <hyperfocal/image.h>
#include <tiffio.h>

/* What rows of a page are, and how they are packed. */
typedef struct HfTiffRows {
    int width;      /* pixels */
    int strip_rows; /* of a full strip */
    HfFormat format;
    int compression; /* HfCompression */
    bool swapped;    /* not in the machine's byte order */
} HfTiffRows;

/* Sets the fields of a handle that follow from `rows`, for a picture of `height` rows. */
void hf_tiff_set_rows (TIFF *tiff, const HfTiffRows *rows, int height);

/* Bytes of memory that hf_tiff_pack () needs for a strip. */
size_t hf_tiff_packed_bound (const HfTiffRows *rows);

/*
 * Packs n_rows rows into `memory` (hf_tiff_packed_bound () bytes) and tells where in it they begin
 * and how long they are. The samples may be changed. False when libtiff fails. Any thread.
 */
bool hf_tiff_pack (const HfTiffRows *rows, void *samples, int n_rows, void *memory, size_t *at,
                   size_t *size);

#endif
