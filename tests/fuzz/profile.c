/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A colour profile: what is kept of it goes on to babl, which is fed here as well. */
#include "bytes.h"

#include "files/colour.h"
#include "files/profile.h"

static void
convert_with (GBytes *profile, HfFormat format)
{
    HfColour *colour = NULL;
    GError *error = NULL;
    bool good = hf_colour_new (profile, "from", NULL, "to", format, &colour, &error);

    check_answer (good, error);
    g_clear_error (&error);
    hf_colour_free (colour);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    GBytes *profile = g_bytes_new (bytes, size);
    char *name = hf_profile_name (profile);

    g_assert_true (g_utf8_validate (name, -1, NULL));
    convert_with (profile, (HfFormat) { HF_SAMPLE_U8, 3 });
    convert_with (profile, (HfFormat) { HF_SAMPLE_U16, 1 });
    g_free (name);
    g_bytes_unref (profile);
    return 0;
}
