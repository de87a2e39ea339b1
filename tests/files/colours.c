/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of another profile come in the first frame's colours. The truth is computed here in double
 * from the definitions of sRGB (IEC 61966-2-1) and Adobe RGB (1998): transfer curves and
 * chromaticities, both with the white of D65.
 */
#include "pictures.h"

#include "files/colour.h"
#include "files/profile.h"

#include <babl/babl.h>
#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

/* babl forgets some memory of each profile it takes; asked for by the leak sanitizer where it is
 * there. */
__attribute__ ((visibility ("default"))) const char *__lsan_default_suppressions (void);

const char *
__lsan_default_suppressions (void)
{
    return "leak:libbabl";
}

static GBytes *
profile_of (const char *space)
{
    int n;
    const char *bytes;

    babl_init ();
    bytes = babl_space_get_icc (babl_space (space), &n);
    return g_bytes_new (bytes, (gsize) n);
}

static double
srgb_encode (double linear)
{
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow (linear, 1 / 2.4) - 0.055;
}

/* Adobe RGB to linear sRGB by way of XYZ; the matrices of the two published definitions. */
static void
adobe_to_srgb (const double adobe[3], double srgb[3])
{
    static const double to_xyz[3][3] = { { 0.57667, 0.18556, 0.18823 },
                                         { 0.29734, 0.62736, 0.07529 },
                                         { 0.02703, 0.07069, 0.99134 } };
    static const double from_xyz[3][3] = { { 3.24045, -1.53714, -0.49853 },
                                           { -0.96927, 1.87601, 0.04156 },
                                           { 0.05564, -0.20403, 1.05723 } };
    double xyz[3] = { 0 };

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            xyz[i] += to_xyz[i][j] * pow (adobe[j], 563 / 256.0);
    for (int i = 0; i < 3; i++) {
        double linear = 0;

        for (int j = 0; j < 3; j++)
            linear += from_xyz[i][j] * xyz[j];
        srgb[i] = srgb_encode (linear);
    }
}

static void
save_with_profile (const HfImage *image, const char *path, const char *space)
{
    HfMetadata *metadata = hf_metadata_new ();

    metadata->icc = space ? profile_of (space) : NULL;
    picture_save (image, path, metadata);
    hf_metadata_unref (metadata);
}

/* Has this frame a warning with this text in it? */
static bool
warns_of (HfSource *source, int frame, const char *part)
{
    HfFrameInfo info;
    bool warns;

    g_assert_true (hf_source_info (source, frame, &info, NULL));
    warns = info.warning && strstr (info.warning, part);
    hf_frame_info_clear (&info);
    return warns;
}

static HfSource *
open_two (const char *a, const char *b)
{
    const char *paths[] = { a, b, NULL };
    GError *error = NULL;
    HfSource *source = hf_files_source_new (paths, &error);

    g_assert_no_error (error);
    return source;
}

static double
largest (HfFormat format)
{
    return format.type == HF_SAMPLE_U8 ? 255 : format.type == HF_SAMPLE_U16 ? 65535 : 1;
}

/* Levels of 8 bit: rounding, and profiles that hold the primaries in 16 bits. */
static void
assert_converted (const HfImage *read, const HfImage *adobe)
{
    double scale = largest (adobe->format);

    for (int y = 0; y < adobe->height; y++)
        for (int x = 0; x < adobe->width; x++) {
            double from[3], to[3];

            for (int c = 0; c < 3; c++)
                from[c] = picture_sample (adobe, x, y, c) / scale;
            adobe_to_srgb (from, to);
            for (int c = 0; c < 3; c++) {
                double value = picture_sample (read, x, y, c) / scale;
                double expected = scale > 1 ? CLAMP (to[c], 0, 1) : to[c];

                if (from[c] > 0.05) /* near black the curves' linear feet differ */
                    g_assert_cmpfloat_with_epsilon (value, expected, 1.1 / 255);
            }
            if (adobe->format.n_channels == 4)
                g_assert_cmpfloat (picture_sample (read, x, y, 3), ==,
                                   picture_sample (adobe, x, y, 3));
        }
}

static void
other_profile_is_converted (void)
{
    static const HfFormat formats[] = { { HF_SAMPLE_U8, 3 },
                                        { HF_SAMPLE_U8, 4 },
                                        { HF_SAMPLE_U16, 3 },
                                        { HF_SAMPLE_U16, 4 },
                                        { HF_SAMPLE_FLOAT, 3 } };
    char *folder = folder_new (), *a = folder_file (folder, "a.tif"),
         *b = folder_file (folder, "b.tif");
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (size_t f = 0; f < G_N_ELEMENTS (formats); f++) {
        HfImage *image = picture_random (301, 19, formats[f], random), *read;
        GBytes *srgb = profile_of ("sRGB");
        HfSource *source;
        HfFrameInfo info;

        for (int y = 0; y < image->height; y++) /* floats inside of the unit cube */
            for (int x = 0; x < image->width * image->format.n_channels; x++)
                if (formats[f].type == HF_SAMPLE_FLOAT)
                    ((float *) hf_image_row (image, y))[x] = g_rand_double (random);
        save_with_profile (image, a, "sRGB");
        save_with_profile (image, b, "Adobish");
        source = open_two (a, b);
        read = hf_source_read (source, 0, 1, NULL, NULL);
        picture_assert_equal (read, image);
        hf_image_free (read);
        read = hf_source_read (source, 1, 1, NULL, NULL);
        assert_converted (read, image);
        hf_image_free (read);
        g_assert_true (hf_source_info (source, 1, &info, NULL));
        g_assert_true (g_bytes_equal (info.metadata->icc, srgb));
        hf_frame_info_clear (&info);
        g_assert_false (warns_of (source, 0, "a.tif"));
        g_assert_true (warns_of (source, 1, "b.tif"));
        hf_source_free (source);
        hf_image_free (image);
        g_bytes_unref (srgb);
    }
    g_rand_free (random);
    g_free (a);
    g_free (b);
    folder_remove (folder);
}

/* A frame without a profile counts as sRGB: as it is beside an sRGB one, converted beside another.
 */
static void
no_profile_is_srgb (void)
{
    char *folder = folder_new (), *a = folder_file (folder, "a.png"),
         *b = folder_file (folder, "b.png");
    HfImage *image = picture_ramp (50, 40, (HfFormat) { HF_SAMPLE_U8, 3 }), *read;
    HfSource *source;

    save_with_profile (image, a, "sRGB");
    save_with_profile (image, b, NULL);
    source = open_two (a, b);
    g_assert_false (warns_of (source, 0, "") || warns_of (source, 1, ""));
    read = hf_source_read (source, 1, 1, NULL, NULL);
    picture_assert_equal (read, image);
    hf_image_free (read);
    hf_source_free (source);
    save_with_profile (image, b, "Adobish");
    source = open_two (b, a);
    g_assert_true (warns_of (source, 1, "a.png"));
    hf_source_free (source);
    hf_image_free (image);
    g_free (a);
    g_free (b);
    folder_remove (folder);
}

/* All of one profile: nothing is touched, whatever the profile is. */
static void
same_profile_passes (void)
{
    char *folder = folder_new (), *a = folder_file (folder, "a.jpg"),
         *b = folder_file (folder, "b.tif");
    HfImage *image = picture_ramp (50, 40, (HfFormat) { HF_SAMPLE_U8, 3 }), *read, *alone;
    HfMetadata *metadata = hf_metadata_new ();
    HfSource *source;

    metadata->icc = g_bytes_new ("not a profile at all", 20);
    picture_save (image, a, metadata);
    picture_save (image, b, metadata);
    source = open_two (a, b);
    g_assert_false (warns_of (source, 0, "") || warns_of (source, 1, ""));
    read = hf_source_read (source, 0, 2, NULL, NULL);
    alone = hf_file_read (a, 2, NULL, NULL, NULL);
    picture_assert_equal (read, alone);
    hf_image_free (read);
    hf_image_free (alone);
    read = hf_source_read (source, 1, 1, NULL, NULL);
    picture_assert_equal (read, image);
    hf_image_free (read);
    hf_source_free (source);
    hf_metadata_unref (metadata);
    hf_image_free (image);
    g_free (a);
    g_free (b);
    folder_remove (folder);
}

/* A sound profile that says it is for another kind of colours. */
static GBytes *
profile_of_kind (const char *kind)
{
    GBytes *icc = profile_of ("Adobish"), *changed;
    char *bytes = g_memdup2 (g_bytes_get_data (icc, NULL), g_bytes_get_size (icc));

    memcpy (bytes + 16, kind, 4);
    changed = g_bytes_new_take (bytes, g_bytes_get_size (icc));
    g_bytes_unref (icc);
    return changed;
}

static void
unusable_profile_is_refused (void)
{
    char *folder = folder_new (), *a = folder_file (folder, "a.tif"),
         *b = folder_file (folder, "b.tif");
    const char *paths[] = { a, b, NULL };
    HfImage *image = picture_ramp (5, 4, (HfFormat) { HF_SAMPLE_U8, 3 });
    HfMetadata *metadata = hf_metadata_new ();
    GError *error = NULL;

    metadata->icc = g_bytes_new ("not a profile at all", 20);
    save_with_profile (image, a, "sRGB");
    picture_save (image, b, metadata);
    g_assert_null (hf_files_source_new (paths, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, "b.tif"));
    g_clear_error (&error);
    g_bytes_unref (metadata->icc);
    metadata->icc = profile_of_kind ("CMYK"); /* which an RGB picture cannot have */
    picture_save (image, b, metadata);
    g_assert_null (hf_files_source_new (paths, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, "another kind"));
    g_error_free (error);
    hf_metadata_unref (metadata);
    hf_image_free (image);
    g_free (a);
    g_free (b);
    folder_remove (folder);
}

/* A copy with a few bytes changed, or cut; a block of its own, so that the sanitizer sees its end.
 */
static GBytes *
bend (GBytes *whole, GRand *random)
{
    gsize n = g_bytes_get_size (whole);
    uint8_t *bytes = g_memdup2 (g_bytes_get_data (whole, NULL), n);
    GBytes *bent;

    for (int k = g_rand_int_range (random, 0, 4); k > 0; k--)
        bytes[g_rand_int_range (random, 0, (gint32) n)] = (uint8_t) g_rand_int (random);
    if (g_rand_int_range (random, 0, 4) == 0)
        n = (gsize) g_rand_int_range (random, 0, (gint32) n);
    bent = g_bytes_new (bytes, n);
    g_free (bytes);
    return bent;
}

/*
 * Profiles bent at random: refused or taken, never read outside of. Some go on to babl; more than
 * it can hold are refused before they reach it.
 */
static void
bent_profiles_do_no_harm (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    GBytes *whole = profile_of ("Adobish"), *srgb = profile_of ("sRGB");
    int n_sound = 0, n_used = 0;

    for (int i = 0; i < 4000; i++) {
        GBytes *bent = bend (whole, random), *essence;
        const char *why = NULL;
        char *name = hf_profile_name (bent);

        g_assert_true (g_utf8_validate (name, -1, NULL));
        essence = hf_profile_essence (bent, 3, &why);
        g_assert_true ((essence == NULL) == (why != NULL));
        n_sound += essence != NULL;
        if (essence) {
            HfColour *colour = NULL;
            GError *error = NULL;

            if (hf_colour_new (bent, "bent", srgb, "srgb", (HfFormat) { HF_SAMPLE_U8, 3 }, &colour,
                               &error))
                n_used++;
            else
                g_assert_error (error, HF_ERROR, HF_ERROR_FORMAT);
            g_clear_error (&error);
            hf_colour_free (colour);
            g_bytes_unref (essence);
        }
        g_bytes_unref (bent);
        g_free (name);
    }
    g_assert_cmpint (n_sound, >, 100);
    g_assert_cmpint (n_sound, <, 3900);
    g_assert_cmpint (n_used, >, 0);
    g_assert_cmpint (n_used, <, n_sound);
    g_bytes_unref (whole);
    g_bytes_unref (srgb);
    g_rand_free (random);
}

static void
profiles_have_names (void)
{
    GBytes *adobe = profile_of ("Adobish"), *odd = g_bytes_new ("x", 1);
    char *names[] = { hf_profile_name (NULL), hf_profile_name (adobe), hf_profile_name (odd) };

    g_assert_cmpstr (names[0], ==, "sRGB");
    g_assert_nonnull (strstr (names[1], "babl")); /* who made it */
    g_assert_cmpstr (names[2], ==, "a profile without a name");
    for (int i = 0; i < 3; i++)
        g_free (names[i]);
    g_bytes_unref (adobe);
    g_bytes_unref (odd);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/colours/other-profile-is-converted", other_profile_is_converted);
    g_test_add_func ("/files/colours/no-profile-is-srgb", no_profile_is_srgb);
    g_test_add_func ("/files/colours/same-profile-passes", same_profile_passes);
    g_test_add_func ("/files/colours/unusable-profile-is-refused", unusable_profile_is_refused);
    g_test_add_func ("/files/colours/bent-profiles-do-no-harm", bent_profiles_do_no_harm);
    g_test_add_func ("/files/colours/profiles-have-names", profiles_have_names);
    return g_test_run ();
}
