/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * babl is started only when two profiles differ: most stacks are of one camera, and starting costs
 * more than reading a small stack.
 */
#include "files/colour.h"

#include <babl/babl.h>
#include <hyperfocal/error.h>
#include <stdlib.h>

struct HfColour {
    const Babl *fish;
};

static void
start_babl (void)
{
    static gsize started;

    if (g_once_init_enter (&started)) {
        babl_init ();
        g_once_init_leave (&started, 1);
    }
}

char *
hf_colour_profile_name (GBytes *icc)
{
    char *key = NULL, *name;

    if (!icc)
        return g_strdup ("sRGB");
    start_babl ();
    key = babl_icc_get_key (g_bytes_get_data (icc, NULL), (int) g_bytes_get_size (icc),
                            "description", "en", "US");
    name = key && *key ? g_utf8_make_valid (key, -1) : g_strdup ("a profile without name");
    free (key);
    return name;
}

static const Babl *
space_of (GBytes *icc, const char *label, GError **error)
{
    const char *why = NULL;
    const Babl *space;

    if (!icc)
        return babl_space ("sRGB");
    space = babl_space_from_icc (g_bytes_get_data (icc, NULL), (int) g_bytes_get_size (icc),
                                 BABL_ICC_INTENT_RELATIVE_COLORIMETRIC, &why);
    if (!space)
        g_set_error (error, HF_ERROR, HF_ERROR_FORMAT,
                     "the colour profile of '%s' cannot be used to convert colours: %s", label,
                     why ? why : "unknown kind of profile");
    return space;
}

static const Babl *
babl_format_of (HfFormat format, const Babl *space)
{
    static const char *const names[3][4] = {
        { "Y' u8", "Y'A u8", "R'G'B' u8", "R'G'B'A u8" },
        { "Y' u16", "Y'A u16", "R'G'B' u16", "R'G'B'A u16" },
        { "Y' float", "Y'A float", "R'G'B' float", "R'G'B'A float" },
    };
    int type = format.type == HF_SAMPLE_U8 ? 0 : format.type == HF_SAMPLE_U16 ? 1 : 2;

    return babl_format_with_space (names[type][format.n_channels - 1], space);
}

static bool
same_profile (GBytes *a, GBytes *b)
{
    return a == b || (a && b && g_bytes_equal (a, b));
}

bool
hf_colour_new (GBytes *from, const char *from_label, GBytes *to, const char *to_label,
               HfFormat format, HfColour **colour, GError **error)
{
    const Babl *from_space, *to_space;

    *colour = NULL;
    if (same_profile (from, to))
        return true;
    start_babl ();
    from_space = space_of (from, from_label, error);
    to_space = from_space ? space_of (to, to_label, error) : NULL;
    if (!to_space)
        return false;
    if (from_space == to_space)
        return true;
    *colour = g_new (HfColour, 1);
    (*colour)->fish =
        babl_fish (babl_format_of (format, from_space), babl_format_of (format, to_space));
    return true;
}

void
hf_colour_free (HfColour *colour)
{
    g_free (colour);
}

void
hf_colour_convert (const HfColour *colour, const void *from, void *to, int n)
{
    babl_process (colour->fish, from, to, n);
}
