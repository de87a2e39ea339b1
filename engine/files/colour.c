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

#include "files/profile.h"

#include <babl/babl.h>
#include <hyperfocal/error.h>

enum {
    BLOCK = 256,       /* pixels converted at once, on the stack */
    MOST_PROFILES = 20 /* in a process; each may bring three curves */
};

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

/*
 * The space of a checked profile. babl keeps spaces and curves forever, in tables of a hundred that
 * are not guarded against more: so they are counted here, for the whole process.
 */
static const Babl *
space_of_essence (GBytes *essence, const char **why)
{
    static GMutex mutex;
    static GHashTable *known;
    const Babl *space;

    g_mutex_lock (&mutex);
    if (!known)
        known = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref,
                                       NULL);
    space = g_hash_table_lookup (known, essence);
    *why = "too many different profiles were used before";
    if (!space && g_hash_table_size (known) < MOST_PROFILES) {
        *why = "its kind is not known";
        space =
            babl_space_from_icc (g_bytes_get_data (essence, NULL), (int) g_bytes_get_size (essence),
                                 BABL_ICC_INTENT_RELATIVE_COLORIMETRIC, why);
        g_hash_table_insert (known, g_bytes_ref (essence), (void *) space);
    }
    g_mutex_unlock (&mutex);
    return space;
}

/* babl follows whatever a profile claims, so it gets what was checked, and nothing else. */
static const Babl *
space_of_profile (GBytes *icc, int n_colours, const char **why)
{
    GBytes *essence = hf_profile_essence (icc, n_colours, why);
    const Babl *space;

    if (!essence)
        return NULL;
    space = space_of_essence (essence, why);
    g_bytes_unref (essence);
    return space;
}

static const Babl *
space_of (GBytes *icc, const char *label, int n_colours, GError **error)
{
    const char *why = NULL;
    const Babl *space;

    if (!icc)
        return babl_space ("sRGB");
    space = space_of_profile (icc, n_colours, &why);
    if (!space)
        g_set_error (error, HF_ERROR, HF_ERROR_FORMAT,
                     "the colour profile of '%s' cannot be used to convert colours: %s", label,
                     why);
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
    int n_colours = hf_format_n_colours (format);
    const char *name = n_colours == 1 ? "Y' float" : "R'G'B' float";
    const Babl *from_space, *to_space;

    *colour = NULL;
    if (same_profile (from, to))
        return true;
    start_babl ();
    from_space = space_of (from, from_label, n_colours, error);
    to_space = from_space ? space_of (to, to_label, n_colours, error) : NULL;
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
