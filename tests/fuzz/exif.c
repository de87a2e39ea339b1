/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An Exif block, and the same bytes as an XMP packet. */
#include "bytes.h"

#include "files/exif.h"

static void
drop (GBytes *bytes)
{
    if (bytes)
        g_bytes_unref (bytes);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    GBytes *block = g_bytes_new (bytes, size);
    int orientation = hf_exif_orientation (block);
    double x = 0, y = 0;
    HfExifParts parts = hf_exif_split (block);
    GBytes *upright = hf_exif_upright (block);

    g_assert_true (orientation >= 1 && orientation <= 8);
    g_assert_cmpint (hf_exif_orientation (upright), ==, 1);
    hf_exif_resolution (block, &x, &y);
    drop (hf_exif_join (parts.main, parts.exif, parts.gps, NULL));
    drop (hf_exif_for_output (block, 7, 5));
    drop (hf_xmp_upright (block));
    hf_exif_parts_clear (&parts);
    g_bytes_unref (upright);
    g_bytes_unref (block);
    return 0;
}
