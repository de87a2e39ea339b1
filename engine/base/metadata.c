/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/metadata.h>

HfMetadata *
hf_metadata_new (void)
{
    HfMetadata *metadata = g_new0 (HfMetadata, 1);

    metadata->ref_count = 1;
    return metadata;
}

HfMetadata *
hf_metadata_ref (HfMetadata *metadata)
{
    if (metadata)
        g_atomic_int_inc (&metadata->ref_count);
    return metadata;
}

void
hf_metadata_unref (HfMetadata *metadata)
{
    if (!metadata || !g_atomic_int_dec_and_test (&metadata->ref_count))
        return;
    g_clear_pointer (&metadata->icc, g_bytes_unref);
    g_clear_pointer (&metadata->exif, g_bytes_unref);
    g_clear_pointer (&metadata->xmp, g_bytes_unref);
    g_free (metadata);
}
