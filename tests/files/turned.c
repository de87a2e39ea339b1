/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames come upright whatever the orientation they are stored in, at full size and reduced, where
 * the boxes are laid from the upright picture's first pixel; and what travels with them says so.
 */
#define _GNU_SOURCE /* memmem */

#include "pictures.h"

#include "files/exif.h"

#include <glib/gstdio.h>
#include <libexif/exif-data.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

/* The stored picture whose upright form is `upright`, pixel by pixel from the definition. */
static HfImage *
stored_from (const HfImage *upright, int orientation)
{
    bool swap = orientation >= 5;
    int width = swap ? upright->height : upright->width;
    int height = swap ? upright->width : upright->height;
    HfImage *stored = hf_image_new (NULL, width, height, upright->format, NULL);
    size_t bytes = hf_format_bytes (upright->format);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int right = width - 1 - x, below = height - 1 - y;
            int at[9][2] = { { 0, 0 },         { x, y },         { right, y },
                             { right, below }, { x, below },     { y, x },
                             { below, x },     { below, right }, { y, right } };
            const int *to = at[orientation];

            memcpy ((char *) hf_image_row (stored, y) + (size_t) x * bytes,
                    (char *) hf_image_row (upright, to[1]) + (size_t) to[0] * bytes, bytes);
        }
    return stored;
}

/* An Exif block of one entry, by hand, in either byte order. */
static GBytes *
exif_of (int orientation, bool big_endian)
{
    uint8_t little[26] = { 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 0, 0 };
    uint8_t big[26] = { 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 0 };

    little[18] = (uint8_t) orientation;
    big[19] = (uint8_t) orientation;
    return g_bytes_new (big_endian ? big : little, 26);
}

static void
save_tiff (const HfImage *image, const char *path, int orientation)
{
    TIFF *tiff = TIFFOpen (path, "w");

    TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, image->width);
    TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, image->height);
    TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, image->format.n_channels);
    TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, 8 * image->format.type);
    TIFFSetField (tiff, TIFFTAG_SAMPLEFORMAT,
                  image->format.type == HF_SAMPLE_FLOAT ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC,
                  image->format.n_channels < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
    TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField (tiff, TIFFTAG_ORIENTATION, orientation);
    TIFFSetField (tiff, TIFFTAG_XRESOLUTION, 300.0);
    TIFFSetField (tiff, TIFFTAG_YRESOLUTION, 150.0);
    if (hf_format_has_alpha (image->format))
        TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, (uint16_t[]) { EXTRASAMPLE_UNASSALPHA });
    for (int y = 0; y < image->height; y++)
        TIFFWriteScanline (tiff, hf_image_row (image, y), (uint32_t) y, 0);
    TIFFClose (tiff);
}

/*
 * The writers turn Orientation to 1, so a block that says something else is put into the file
 * behind their back: the two bytes are patched where they stand.
 */
static void
patch_orientation (const char *path, int orientation)
{
    static const char little[] = { 0x12, 1, 3, 0, 1, 0, 0, 0, 1, 0 };
    char *bytes, *found;
    gsize n;

    g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
    found = memmem (bytes, n, little, sizeof little);
    g_assert_nonnull (found);
    found[8] = (char) orientation;
    g_unlink (path); /* replacing a file would wait for the disk */
    g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL));
    g_free (bytes);
}

/* The same in PNG, where the chunk has a check sum, optionally moved behind the pixels. */
static void
patch_png (const char *path, int orientation, bool behind)
{
    uint8_t chunk[38], *bytes, *end;
    GBytes *exif = exif_of (orientation, orientation % 2);
    GByteArray *file = g_byte_array_new ();
    uint32_t crc;
    gsize n, at = 33; /* behind IHDR */

    memcpy (chunk,
            "\0\0\0\x1a"
            "eXIf",
            8);
    memcpy (chunk + 8, g_bytes_get_data (exif, NULL), 26);
    crc = GUINT32_TO_BE (png_check_sum (chunk + 4, 30));
    memcpy (chunk + 34, &crc, 4);
    g_assert_true (g_file_get_contents (path, (char **) &bytes, &n, NULL));
    /* the writer's own block is made unknown: a private chunk's check sum is not looked at by us */
    end = memmem (bytes, n, "eXIf", 4);
    g_assert_nonnull (end);
    {
        gsize from = (gsize) (end - bytes) - 4;
        gsize length = ((gsize) end[-2] << 8) + end[-1] + 12;

        g_byte_array_append (file, bytes, (guint) from);
        g_byte_array_append (file, bytes + from + length, (guint) (n - from - length));
    }
    if (behind)
        at = file->len - 12;
    n = file->len;
    g_byte_array_set_size (file, (guint) n + sizeof chunk);
    memmove (file->data + at + sizeof chunk, file->data + at, n - at);
    memcpy (file->data + at, chunk, sizeof chunk);
    g_unlink (path); /* replacing a file would wait for the disk */
    g_assert_true (g_file_set_contents (path, (char *) file->data, file->len, NULL));
    g_byte_array_free (file, TRUE);
    g_bytes_unref (exif);
    g_free (bytes);
}

static void
assert_says_upright (const char *path, bool exif)
{
    HfMetadata *metadata = NULL;
    HfImage *image = hf_file_read (path, 8, NULL, &metadata, NULL);

    g_assert_nonnull (image);
    g_assert_true (!exif || metadata->exif);
    g_assert_cmpint (hf_exif_orientation (metadata->exif), ==, 1);
    hf_metadata_unref (metadata);
    hf_image_free (image);
}

/* Floats that are summed from the other end of the box differ in the last bits. */
static void
assert_reduced (const HfImage *read, const HfImage *expected)
{
    if (read->format.type != HF_SAMPLE_FLOAT) {
        picture_assert_equal (read, expected);
        return;
    }
    g_assert_cmpint (read->width, ==, expected->width);
    g_assert_cmpint (read->height, ==, expected->height);
    for (int y = 0; y < read->height; y++)
        for (int x = 0; x < read->width; x++)
            for (int c = 0; c < read->format.n_channels; c++)
                g_assert_cmpfloat_with_epsilon (picture_sample (read, x, y, c),
                                                picture_sample (expected, x, y, c), 2e-6);
}

/* Lossless files: exactly the upright picture, and hf_image_reduce () of it. */
static void
check_exact (const char *path, const HfImage *upright)
{
    for (int reduction = 1; reduction <= 8; reduction *= 2) {
        GError *error = NULL;
        HfImage *read = hf_file_read (path, reduction, NULL, NULL, &error);
        HfImage *reduced = hf_image_reduce (upright, reduction, NULL, NULL);

        g_assert_no_error (error);
        if (reduction == 1)
            picture_assert_equal (read, upright);
        else
            assert_reduced (read, reduced);
        hf_image_free (read);
        hf_image_free (reduced);
    }
}

static void
tiff_is_turned (void)
{
    static const int sizes[][2] = { { 1, 1 }, { 37, 1 }, { 1, 19 }, { 61, 43 }, { 64, 40 } };
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    char *folder = folder_new (), *path = folder_file (folder, "turned.tif");

    for (size_t f = 0; f < G_N_ELEMENTS (all_formats); f++)
        for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
            for (int orientation = 1; orientation <= 8; orientation++) {
                HfImage *upright =
                    picture_random (sizes[s][0], sizes[s][1], all_formats[f], random);
                HfImage *stored = stored_from (upright, orientation);

                save_tiff (stored, path, orientation);
                check_exact (path, upright);
                hf_image_free (stored);
                hf_image_free (upright);
            }
    g_rand_free (random);
    g_free (path);
    folder_remove (folder);
}

static void
png_is_turned (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    char *folder = folder_new (), *path = folder_file (folder, "turned.png");

    for (size_t f = 0; f < 8; f++)
        for (int orientation = 1; orientation <= 8; orientation++) {
            HfImage *upright = picture_random (61, 43, all_formats[f], random);
            HfImage *stored = stored_from (upright, orientation);

            picture_save (stored, path, NULL);
            patch_png (path, orientation, f % 2);
            check_exact (path, upright);
            assert_says_upright (path, true);
            hf_image_free (stored);
            hf_image_free (upright);
        }
    g_rand_free (random);
    g_free (path);
    folder_remove (folder);
}

/*
 * The value at a point of a ramp along x or y over nearly the whole range, rising or falling. The
 * few levels along the other side make the rounding to 8 bit average out.
 */
static double
ramp_at (double x, double y, int width, int height, bool along_y, bool falling)
{
    double along = along_y ? (y + 0.5) / height : (x + 0.5) / width;
    double across = along_y ? (x + 0.5) / width : (y + 0.5) / height;
    double value = 248 * along + 7 * across;

    return falling ? 255 - value : value;
}

static HfImage *
directed_ramp (int width, int height, int n_channels, bool along_y, bool falling)
{
    HfImage *image =
        hf_image_new (NULL, width, height, (HfFormat) { HF_SAMPLE_U8, n_channels }, NULL);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < n_channels; c++)
                picture_set_sample (image, x, y, c,
                                    ramp_at (x, y, width, height, along_y, falling));
    return image;
}

/* Mean difference to the ramp's value where the reduced pixel's centre should lie, in levels. */
static double
mean_off (const HfImage *read, int width, int height, int reduction, bool along_y, bool falling)
{
    double sum = 0;
    int n = 0;

    /* boxes at the border that are not full hold the encoder's padding */
    for (int y = 0; y < height / reduction; y++)
        for (int x = 0; x < width / reduction; x++, n++)
            sum += picture_sample (read, x, y, 0) - ramp_at ((x + 0.5) * reduction - 0.5,
                                                             (y + 0.5) * reduction - 0.5, width,
                                                             height, along_y, falling);
    return sum / n;
}

/*
 * JPEG against ramps. A ramp is linear, so a pixel has the ramp's value at its centre, and a
 * geometry that is off by s pixels shows as s times the slope -- with the other sign on a falling
 * ramp, which tells it from a constant error of the decoder's rounding. 0.02 pixels of the full
 * size: the mean over thousands of pixels leaves less than that of the rounding to 8 bit.
 */
static void
check_geometry (const char *path, int width, int height, int n_channels, int orientation,
                int reduction, bool along_y)
{
    double shift = 0, slope = 248.0 / (along_y ? height : width);

    for (int falling = 0; falling < 2; falling++) {
        HfImage *upright = directed_ramp (width, height, n_channels, along_y, falling);
        HfImage *stored = stored_from (upright, orientation), *read;
        GError *error = NULL;

        picture_save (stored, path, NULL);
        patch_orientation (path, orientation);
        read = hf_file_read (path, reduction, NULL, NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpint (read->width, ==, (width + reduction - 1) / reduction);
        g_assert_cmpint (read->height, ==, (height + reduction - 1) / reduction);
        shift += mean_off (read, width, height, reduction, along_y, falling) * (falling ? -1 : 1) /
                 slope / 2;
        hf_image_free (stored);
        hf_image_free (upright);
        hf_image_free (read);
    }
    g_assert_cmpfloat (fabs (shift), <, 0.02);
}

static void
jpeg_is_turned (void)
{
    static const int sizes[][2] = { { 192, 136 }, { 201, 131 }, { 196, 132 } };
    char *folder = folder_new (), *path = folder_file (folder, "turned.jpg");

    for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
        for (int orientation = 1; orientation <= 8; orientation++)
            for (int reduction = 1; reduction <= 8; reduction *= 2)
                for (int along_y = 0; along_y < 2; along_y++)
                    check_geometry (path, sizes[s][0], sizes[s][1], orientation % 2 ? 1 : 3,
                                    orientation, reduction, along_y);
    assert_says_upright (path, true);
    g_free (path);
    folder_remove (folder);
}

/* Sizes of the source's frames are upright, resolutions change places with the axes. */
static void
source_is_upright (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "turned.tif");
    const char *paths[] = { path, NULL };
    HfImage *upright = picture_ramp (50, 30, (HfFormat) { HF_SAMPLE_U8, 3 });

    for (int orientation = 1; orientation <= 8; orientation++) {
        HfImage *stored = stored_from (upright, orientation);
        GError *error = NULL;
        HfFrameInfo info;
        HfSource *source;

        save_tiff (stored, path, orientation);
        source = hf_files_source_new (paths, &error);
        g_assert_no_error (error);
        g_assert_true (hf_source_info (source, 0, &info, &error));
        g_assert_cmpint (info.width, ==, 50);
        g_assert_cmpint (info.height, ==, 30);
        g_assert_cmpfloat_with_epsilon (info.metadata->x_resolution, orientation < 5 ? 300 : 150,
                                        1e-3);
        hf_frame_info_clear (&info);
        hf_source_free (source);
        hf_image_free (stored);
    }
    hf_image_free (upright);
    g_free (path);
    folder_remove (folder);
}

static void
xmp_says_upright (void)
{
    static const char *const packets[][2] = {
        { "<x tiff:Orientation=\"6\"/>", "<x tiff:Orientation=\"1\"/>" },
        { "<x tiff:Orientation='8' y='8'/>", "<x tiff:Orientation='1' y='8'/>" },
        { "<tiff:Orientation>3</tiff:Orientation>", "<tiff:Orientation>1</tiff:Orientation>" },
        { "<tiff:Orientation>", "<tiff:Orientation>" },
        { "nothing", "nothing" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS (packets); i++) {
        GBytes *xmp = g_bytes_new (packets[i][0], strlen (packets[i][0]));
        GBytes *upright = hf_xmp_upright (xmp);

        g_assert_cmpmem (g_bytes_get_data (upright, NULL), g_bytes_get_size (upright),
                         packets[i][1], strlen (packets[i][1]));
        g_bytes_unref (xmp);
        g_bytes_unref (upright);
    }
}

/* Blocks cut short or bent at any byte: never read outside of them (the sanitizers watch). */
static void
damaged_exif_is_survived (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (int i = 0; i < 20000; i++) {
        GBytes *whole = exif_of (1 + i % 8, i % 2), *bent;
        size_t n = (size_t) g_rand_int_range (random, 0, 27);
        uint8_t bytes[26];
        GBytes *out;

        memcpy (bytes, g_bytes_get_data (whole, NULL), 26);
        bytes[g_rand_int_range (random, 0, 26)] = (uint8_t) g_rand_int (random);
        bent = g_bytes_new (bytes, n);
        g_assert_cmpint (hf_exif_orientation (bent), >=, 1);
        g_assert_cmpint (hf_exif_orientation (bent), <=, 8);
        out = hf_exif_upright (bent);
        g_assert_cmpuint (g_bytes_get_size (out), ==, n);
        g_bytes_unref (out);
        out = hf_exif_for_output (bent, 100, 50);
        g_assert_nonnull (out);
        g_bytes_unref (out);
        g_bytes_unref (bent);
        g_bytes_unref (whole);
    }
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/turned/tiff", tiff_is_turned);
    g_test_add_func ("/files/turned/png", png_is_turned);
    g_test_add_func ("/files/turned/jpeg", jpeg_is_turned);
    g_test_add_func ("/files/turned/source-is-upright", source_is_upright);
    g_test_add_func ("/files/turned/xmp-says-upright", xmp_says_upright);
    g_test_add_func ("/files/turned/damaged-exif-is-survived", damaged_exif_is_survived);
    return g_test_run ();
}
