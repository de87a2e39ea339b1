/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Exif and XMP blocks: what must change in them when the picture they describe is turned or made
 * new. An Exif block is a small TIFF of its own ("II*\0…" or "MM\0*…"), as in HfMetadata.
 */
#ifndef HF_FILES_EXIF_H
#define HF_FILES_EXIF_H

#include "files/ifd.h"

#include <hyperfocal/metadata.h>

/* The orientation that the block states, 1 .. 8; 1 where it states none. NULL is accepted. */
int hf_exif_orientation (GBytes *exif);

/* Pixels an inch as the block states them; left as they are where it does not. NULL is accepted. */
void hf_exif_resolution (GBytes *exif, double *x, double *y);

/* The block with Orientation 1, all other bytes as they are. New reference. */
GBytes *hf_exif_upright (GBytes *exif);

/* The packet with tiff:Orientation 1, all other bytes as they are. New reference. */
GBytes *hf_xmp_upright (GBytes *xmp);

/*
 * The block for a new picture of this size: Software, Orientation and the picture's size set, the
 * maker's note and the thumbnail dropped (the note holds offsets that would no longer be
 * true). `exif` may be NULL or damaged: then it holds Software only.
 */
GBytes *hf_exif_for_output (GBytes *exif, int width, int height);

/* "Hyperfocal 0.1.0", newly allocated. */
char *hf_exif_software (void);

/*
 * Exif in a TIFF file is spread over directories: part of the main one, and one each for Exif, GPS
 * and interoperability. Joins them into a block (any may be NULL); NULL where there is nothing to
 * keep. The maker's note is dropped.
 */
GBytes *hf_exif_join (const HfIfd *main, const HfIfd *exif, const HfIfd *gps,
                      const HfIfd *interoperability);

typedef struct HfExifParts {
    HfIfd *main; /* tags about the photograph that belong into the main directory */
    HfIfd *exif, *gps;
} HfExifParts;

/* The other way round, for writing; all directories are new, and may be empty. */
HfExifParts hf_exif_split (GBytes *exif);
void hf_exif_parts_clear (HfExifParts *parts);

#endif
