/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A layered TIFF: its pages, or the layers of its Photoshop block. */
#include "bytes.h"

#include <hyperfocal/files.h>
#include <unistd.h>

enum { MOST_LAYERS = 40 }; /* looked at */

static void
read_layer (HfSource *source, int layer)
{
    HfBudget *budget = hf_budget_new (FUZZ_MEMORY);
    GError *error = NULL;
    HfFrameInfo info;
    HfImage *image = hf_source_read (source, layer, 1, budget, &error);

    check_answer (image != NULL, error);
    g_assert_true (hf_source_info (source, layer, &info, NULL));
    if (image) {
        g_assert_cmpint (image->width, ==, info.width);
        g_assert_cmpint (image->height, ==, info.height);
        look_at (image);
    }
    hf_frame_info_clear (&info);
    g_clear_error (&error);
    hf_image_free (image);
    hf_budget_free (budget);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    GError *error = NULL;
    char name[64];
    int fd = bytes_as_file (bytes, size, name);
    HfSource *source = hf_layered_tiff_source_new (name, &error);

    check_answer (source != NULL, error);
    for (int i = 0; source && i < MIN (source->n_frames, MOST_LAYERS); i++)
        read_layer (source, i);
    g_clear_error (&error);
    hf_source_free (source);
    close (fd);
    return 0;
}
