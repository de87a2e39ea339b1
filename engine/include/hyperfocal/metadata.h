/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* What travels with a picture besides its samples. Reference counted, constant once shared. */
#ifndef HF_METADATA_H
#define HF_METADATA_H

#include <hyperfocal/api.h>

HF_BEGIN_DECLS

typedef struct HfMetadata {
    int ref_count;             /* atomic; use hf_metadata_ref () */
    GBytes *icc;               /* ICC profile, or NULL */
    GBytes *exif;              /* Exif block as TIFF ("II*\0…" or "MM\0*…"), or NULL */
    GBytes *xmp;               /* XMP packet, or NULL */
    double x_resolution;       /* pixels an inch, 0 = unknown */
    double y_resolution;
} HfMetadata;

HF_API HfMetadata *hf_metadata_new (void);
HF_API HfMetadata *hf_metadata_ref (HfMetadata *metadata);   /* NULL gives NULL */
HF_API void hf_metadata_unref (HfMetadata *metadata);        /* NULL is accepted */

HF_END_DECLS
#endif
