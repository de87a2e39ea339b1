/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JPEG, PNG or TIFF (FUZZ_KIND): header, pixels at a reduction that the last byte chooses,
 * metadata. */
#include "bytes.h"

#include "files/exif.h"
#include "files/names.h"

#include <hyperfocal/files.h>
#include <unistd.h>

static void
use_metadata (HfMetadata *metadata)
{
    GBytes *block = hf_exif_for_output (metadata->exif, 20, 30);

    if (block)
        g_bytes_unref (block);
    hf_metadata_unref (metadata);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    HfBudget *budget;
    HfMetadata *metadata = NULL;
    HfImage *image;
    GError *error = NULL;
    char name[64];
    int fd;

    if (size < 8 || hf_file_kind_of_bytes (bytes, size) != FUZZ_KIND)
        return -1; /* not worth keeping */
    fd = bytes_as_file (bytes, size, name);
    budget = hf_budget_new (FUZZ_MEMORY);
    image = hf_file_read (name, 1 << (bytes[size - 1] & 3), budget, &metadata, &error);
    check_answer (image != NULL, error);
    if (image)
        look_at (image);
    if (metadata)
        use_metadata (metadata);
    g_clear_error (&error);
    hf_image_free (image);
    hf_budget_free (budget);
    close (fd);
    return 0;
}
