/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transforms file. What is accepted is written and read again, to the same text. */
#include "bytes.h"

#include <hyperfocal/transforms.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    GError *error = NULL;
    HfTransforms *transforms =
        hf_transforms_from_text ((const char *) bytes, size, "input", &error);

    check_answer (transforms != NULL, error);
    if (transforms) {
        char *text = hf_transforms_to_text (transforms), *again;
        HfTransforms *read = hf_transforms_from_text (text, strlen (text), "again", NULL);

        g_assert_nonnull (read);
        again = hf_transforms_to_text (read);
        g_assert_cmpstr (again, ==, text);
        hf_transforms_free (read);
        g_free (again);
        g_free (text);
    }
    g_clear_error (&error);
    hf_transforms_free (transforms);
    return 0;
}
