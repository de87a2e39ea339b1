/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * babl is started only when two profiles differ: most stacks are of one camera, and starting costs
 * more than reading a small stack.
 *
 * Samples go to babl as floats, colours only. babl measures the ways between two formats when it
 * starts and takes the fastest that is good enough; between encoded floats it finds the same way
 * every time, for 16 bit with alpha it was seen to find different ones, a level apart.
 */
#include "files/colour.h"

#include <babl/babl.h>
#include <hyperfocal/error.h>
#include <stdlib.h>

enum { BLOCK = 256 }; /* pixels converted at once, on the stack */

struct HfColour {
    const Babl *fish;
    HfFormat format;
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

static bool
same_profile (GBytes *a, GBytes *b)
{
    return a == b || (a && b && g_bytes_equal (a, b));
}

bool
hf_colour_new (GBytes *from, const char *from_label, GBytes *to, const char *to_label,
               HfFormat format, HfColour **colour, GError **error)
{
    const char *name = hf_format_n_colours (format) == 1 ? "Y' float" : "R'G'B' float";
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
    (*colour)->format = format;
    (*colour)->fish = babl_fish (babl_format_with_space (name, from_space),
                                 babl_format_with_space (name, to_space));
    return true;
}

void
hf_colour_free (HfColour *colour)
{
    g_free (colour);
}

/* The colours of n pixels as floats, 0..1 for whole numbers. */
static void
unpack (HfFormat format, const void *from, float *to, int n)
{
    int n_colours = hf_format_n_colours (format), step = format.n_channels;

    for (int x = 0; x < n; x++)
        for (int c = 0; c < n_colours; c++) {
            int at = x * step + c;

            *to++ = format.type == HF_SAMPLE_U8    ? ((const uint8_t *) from)[at] / 255.0f
                    : format.type == HF_SAMPLE_U16 ? ((const uint16_t *) from)[at] / 65535.0f
                                                   : ((const float *) from)[at];
        }
}

static float
unit_value (float value)
{
    return value > 0 ? MIN (value, 1.0f) : 0; /* NaN becomes 0 */
}

/* The way back; alpha comes from the pixels that were converted. */
static void
pack (HfFormat format, const float *colours, const void *from, void *to, int n)
{
    int n_colours = hf_format_n_colours (format), step = format.n_channels;
    bool alpha = hf_format_has_alpha (format);

    for (int x = 0; x < n; x++)
        for (int c = 0; c < step; c++) {
            int at = x * step + c;
            float value = c < n_colours ? *colours++ : 0;

            if (format.type == HF_SAMPLE_U8)
                ((uint8_t *) to)[at] = alpha && c == step - 1
                                           ? ((const uint8_t *) from)[at]
                                           : (uint8_t) (unit_value (value) * 255.0f + 0.5f);
            else if (format.type == HF_SAMPLE_U16)
                ((uint16_t *) to)[at] = alpha && c == step - 1
                                            ? ((const uint16_t *) from)[at]
                                            : (uint16_t) (unit_value (value) * 65535.0f + 0.5f);
            else
                ((float *) to)[at] = alpha && c == step - 1 ? ((const float *) from)[at] : value;
        }
}

void
hf_colour_convert (const HfColour *colour, const void *from, void *to, int n)
{
    size_t bytes = hf_format_bytes (colour->format);
    float before[3 * BLOCK], after[3 * BLOCK];

    for (int x = 0; x < n; x += BLOCK) {
        int count = MIN (BLOCK, n - x);
        const char *pixels = (const char *) from + (size_t) x * bytes;

        unpack (colour->format, pixels, before, count);
        babl_process (colour->fish, before, after, count);
        pack (colour->format, after, pixels, (char *) to + (size_t) x * bytes, count);
    }
}
