/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profile, Exif, XMP and resolution go from file to file, through all pairs of formats. The Exif
 * block of the start is made with libexif: tags of a camera, GPS, a maker's note and a thumbnail;
 * the last two must be gone, everything else must be there in any format that was passed.
 */
#define _GNU_SOURCE /* memmem */

#include "layers.h"

#include "files/exif.h"

#include <babl/babl.h>
#include <libexif/exif-data.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const endings[] = { "jpg", "png", "tif" };

static void
add_entry (ExifData *data, ExifIfd ifd, int tag, ExifFormat format, int count, const void *bytes)
{
    ExifEntry *entry = exif_entry_new ();
    size_t size = (size_t) count * exif_format_get_size (format);

    exif_content_add_entry (data->ifd[ifd], entry);
    entry->tag = (ExifTag) tag;
    entry->format = format;
    entry->components = (unsigned long) count;
    entry->size = (unsigned) size;
    entry->data = malloc (size);
    memcpy (entry->data, bytes, size);
    exif_entry_unref (entry);
}

static void
add_text (ExifData *data, ExifIfd ifd, int tag, const char *text)
{
    add_entry (data, ifd, tag, EXIF_FORMAT_ASCII, (int) strlen (text) + 1, text);
}

static void
add_fraction (ExifData *data, ExifIfd ifd, int tag, unsigned numerator, unsigned denominator)
{
    uint8_t bytes[8];

    exif_set_rational (bytes, exif_data_get_byte_order (data),
                       (ExifRational) { numerator, denominator });
    add_entry (data, ifd, tag, EXIF_FORMAT_RATIONAL, 1, bytes);
}

static void
add_short (ExifData *data, ExifIfd ifd, int tag, int number)
{
    uint8_t bytes[2];

    exif_set_short (bytes, exif_data_get_byte_order (data), (ExifShort) number);
    add_entry (data, ifd, tag, EXIF_FORMAT_SHORT, 1, bytes);
}

static GBytes *
camera_exif (ExifByteOrder order)
{
    ExifData *data = exif_data_new ();
    uint8_t note[700], *block = NULL;
    unsigned n = 0;
    GBytes *exif;

    exif_data_unset_option (data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
    exif_data_set_byte_order (data, order);
    memset (note, 'N', sizeof note);
    add_text (data, EXIF_IFD_0, EXIF_TAG_MAKE, "Maker & Co");
    add_text (data, EXIF_IFD_0, EXIF_TAG_MODEL, "Model 1");
    add_text (data, EXIF_IFD_0, EXIF_TAG_DATE_TIME, "2024:05:06 07:08:09");
    add_text (data, EXIF_IFD_0, EXIF_TAG_SOFTWARE, "Firmware with a long name 1.23");
    add_text (data, EXIF_IFD_0, EXIF_TAG_ARTIST, "A. Tist");
    add_text (data, EXIF_IFD_0, EXIF_TAG_COPYRIGHT, "(c) me");
    add_short (data, EXIF_IFD_0, EXIF_TAG_ORIENTATION, 1);
    add_fraction (data, EXIF_IFD_EXIF, EXIF_TAG_EXPOSURE_TIME, 1, 250);
    add_fraction (data, EXIF_IFD_EXIF, EXIF_TAG_FNUMBER, 56, 10);
    add_short (data, EXIF_IFD_EXIF, EXIF_TAG_ISO_SPEED_RATINGS, 400);
    add_fraction (data, EXIF_IFD_EXIF, EXIF_TAG_FOCAL_LENGTH, 105, 1);
    add_text (data, EXIF_IFD_EXIF, 0xa434, "Macro 105 mm f/2.8"); /* LensModel */
    add_text (data, EXIF_IFD_EXIF, 0xa433, "Lens & Sons");        /* LensMake */
    add_text (data, EXIF_IFD_EXIF, 0x9010, "+02:00");             /* OffsetTime */
    add_text (data, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL, "2024:05:06 07:08:09");
    add_entry (data, EXIF_IFD_EXIF, EXIF_TAG_MAKER_NOTE, EXIF_FORMAT_UNDEFINED, sizeof note, note);
    add_short (data, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_X_DIMENSION, 6000);
    add_short (data, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_Y_DIMENSION, 4000);
    add_text (data, EXIF_IFD_GPS, 0x0001 /* GPSLatitudeRef */, "N");
    add_fraction (data, EXIF_IFD_GPS, 0x0006 /* GPSAltitude */, 4321, 10);
    add_text (data, EXIF_IFD_INTEROPERABILITY, EXIF_TAG_INTEROPERABILITY_INDEX, "R98");
    add_short (data, EXIF_IFD_1, EXIF_TAG_COMPRESSION, 6);
    data->data = malloc (500);
    memset (data->data, 'T', 500);
    data->size = 500;
    exif_data_save_data (data, &block, &n);
    exif = g_bytes_new (block + 6, n - 6);
    free (block);
    exif_data_unref (data);
    return exif;
}

static ExifData *
load_exif (GBytes *exif)
{
    ExifData *data = exif_data_new ();
    GByteArray *block = g_byte_array_new ();

    g_assert_nonnull (exif);
    exif_data_unset_option (data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS);
    exif_data_unset_option (data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
    g_byte_array_append (block, (const guint8 *) "Exif\0", 6);
    g_byte_array_append (block, g_bytes_get_data (exif, NULL), (guint) g_bytes_get_size (exif));
    exif_data_load_data (data, block->data, block->len);
    g_byte_array_free (block, TRUE);
    return data;
}

static const ExifEntry *
entry_of (ExifData *data, ExifIfd ifd, int tag)
{
    return exif_content_get_entry (data->ifd[ifd], (ExifTag) tag);
}

static void
assert_text (ExifData *data, ExifIfd ifd, int tag, const char *text)
{
    const ExifEntry *entry = entry_of (data, ifd, tag);

    g_assert_nonnull (entry);
    g_assert_cmpmem (entry->data, entry->size, text, strlen (text) + 1);
}

static void
assert_fraction (ExifData *data, ExifIfd ifd, int tag, double value)
{
    const ExifEntry *entry = entry_of (data, ifd, tag);
    ExifRational fraction;

    g_assert_nonnull (entry);
    g_assert_cmpint (entry->format, ==, EXIF_FORMAT_RATIONAL);
    fraction = exif_get_rational (entry->data, exif_data_get_byte_order (data));
    g_assert_cmpfloat_with_epsilon ((double) fraction.numerator / fraction.denominator, value,
                                    1e-9);
}

static unsigned
number_of (ExifData *data, ExifIfd ifd, int tag)
{
    const ExifEntry *entry = entry_of (data, ifd, tag);

    g_assert_nonnull (entry);
    return entry->format == EXIF_FORMAT_LONG
               ? exif_get_long (entry->data, exif_data_get_byte_order (data))
               : exif_get_short (entry->data, exif_data_get_byte_order (data));
}

/* What a file that was written must still know. A TIFF's own directory holds its Orientation. */
static void
assert_camera (GBytes *exif, int width, int height, bool tiff)
{
    ExifData *data = load_exif (exif);

    assert_text (data, EXIF_IFD_0, EXIF_TAG_MAKE, "Maker & Co");
    assert_text (data, EXIF_IFD_0, EXIF_TAG_MODEL, "Model 1");
    assert_text (data, EXIF_IFD_0, EXIF_TAG_DATE_TIME, "2024:05:06 07:08:09");
    assert_text (data, EXIF_IFD_0, EXIF_TAG_ARTIST, "A. Tist");
    assert_text (data, EXIF_IFD_0, EXIF_TAG_COPYRIGHT, "(c) me");
    assert_fraction (data, EXIF_IFD_EXIF, EXIF_TAG_EXPOSURE_TIME, 1 / 250.0);
    assert_fraction (data, EXIF_IFD_EXIF, EXIF_TAG_FNUMBER, 5.6);
    assert_fraction (data, EXIF_IFD_EXIF, EXIF_TAG_FOCAL_LENGTH, 105);
    g_assert_cmpuint (number_of (data, EXIF_IFD_EXIF, EXIF_TAG_ISO_SPEED_RATINGS), ==, 400);
    assert_text (data, EXIF_IFD_EXIF, 0xa434, "Macro 105 mm f/2.8");
    assert_text (data, EXIF_IFD_EXIF, 0xa433, "Lens & Sons");
    assert_text (data, EXIF_IFD_EXIF, 0x9010, "+02:00");
    assert_text (data, EXIF_IFD_EXIF, EXIF_TAG_DATE_TIME_ORIGINAL, "2024:05:06 07:08:09");
    assert_text (data, EXIF_IFD_GPS, 0x0001, "N");
    assert_fraction (data, EXIF_IFD_GPS, 0x0006, 432.1);
    g_assert_cmpuint (number_of (data, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_X_DIMENSION), ==, width);
    g_assert_cmpuint (number_of (data, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_Y_DIMENSION), ==, height);
    g_assert_null (entry_of (data, EXIF_IFD_EXIF, EXIF_TAG_MAKER_NOTE));
    g_assert_cmpuint (data->size, ==, 0);
    if (!tiff) {
        const ExifEntry *software = entry_of (data, EXIF_IFD_0, EXIF_TAG_SOFTWARE);

        g_assert_nonnull (software);
        g_assert_true (g_str_has_prefix ((const char *) software->data, "Hyperfocal "));
        g_assert_cmpuint (number_of (data, EXIF_IFD_0, EXIF_TAG_ORIENTATION), ==, 1);
    }
    exif_data_unref (data);
}

/* A real profile of some size, so that JPEG needs more than one segment for it. */
static GBytes *
profile_of (const char *space, size_t padded)
{
    int n;
    const char *bytes;
    char *copy;
    uint32_t size;

    babl_init ();
    bytes = babl_space_get_icc (babl_space (space), &n);
    copy = g_malloc0 (MAX ((size_t) n, padded));
    memcpy (copy, bytes, (size_t) n);
    size = GUINT32_TO_BE ((uint32_t) MAX ((size_t) n, padded));
    memcpy (copy, &size, 4); /* a profile's own length */
    return g_bytes_new_take (copy, MAX ((size_t) n, padded));
}

static HfMetadata *
camera_metadata (ExifByteOrder order)
{
    static const char xmp[] = "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta "
                              "xmlns:x='adobe:ns:meta/'>\xc3\xa4</x:xmpmeta><?xpacket end='w'?>";
    HfMetadata *metadata = hf_metadata_new ();

    metadata->icc = profile_of ("Adobish", 150000);
    metadata->exif = camera_exif (order);
    metadata->xmp = g_bytes_new (xmp, strlen (xmp));
    metadata->x_resolution = 240;
    metadata->y_resolution = 120;
    return metadata;
}

static HfMetadata *
metadata_of (const char *path)
{
    GError *error = NULL;
    HfMetadata *metadata = NULL;
    HfImage *image = hf_file_read (path, 1, NULL, &metadata, &error);

    g_assert_no_error (error);
    hf_image_free (image);
    return metadata;
}

static void
assert_metadata (const HfMetadata *read, const HfMetadata *written, int width, int height,
                 bool tiff)
{
    g_assert_true (read->icc && g_bytes_equal (read->icc, written->icc));
    g_assert_true (read->xmp && g_bytes_equal (read->xmp, written->xmp));
    /* PNG counts pixels a metre, in whole numbers */
    g_assert_cmpfloat_with_epsilon (read->x_resolution, written->x_resolution, 0.03);
    g_assert_cmpfloat_with_epsilon (read->y_resolution, written->y_resolution, 0.03);
    assert_camera (read->exif, width, height, tiff);
}

static void
assert_interoperable (GBytes *exif)
{
    ExifData *data = load_exif (exif);

    assert_text (data, EXIF_IFD_INTEROPERABILITY, EXIF_TAG_INTEROPERABILITY_INDEX, "R98");
    exif_data_unref (data);
}

/* Start -> a -> b for all a, b: what was read from a is written to b. */
static void
all_survives_all_formats (void)
{
    char *folder = folder_new ();

    for (int order = 0; order < 2; order++)
        for (size_t a = 0; a < G_N_ELEMENTS (endings); a++)
            for (size_t b = 0; b < G_N_ELEMENTS (endings); b++) {
                HfFormat format = { order && a && b ? HF_SAMPLE_U16 : HF_SAMPLE_U8, 3 };
                HfImage *image = picture_ramp (31, 23, format);
                HfMetadata *start =
                    camera_metadata (order ? EXIF_BYTE_ORDER_MOTOROLA : EXIF_BYTE_ORDER_INTEL);
                char *from = g_strdup_printf ("%s/from.%s", folder, endings[a]);
                char *to = g_strdup_printf ("%s/to.%s", folder, endings[b]);
                HfMetadata *first, *second;

                picture_save (image, from, start);
                first = metadata_of (from);
                assert_metadata (first, start, 31, 23, a == 2);
                picture_save (image, to, first);
                second = metadata_of (to);
                assert_metadata (second, start, 31, 23, b == 2);
                if (a != 2 && b != 2)
                    assert_interoperable (second->exif);
                hf_metadata_unref (start);
                hf_metadata_unref (first);
                hf_metadata_unref (second);
                hf_image_free (image);
                g_free (from);
                g_free (to);
            }
    folder_remove (folder);
}

/* A picture without metadata: no Exif is invented but for the name of the program. */
static void
none_gives_software_only (void)
{
    char *folder = folder_new ();
    HfImage *image = picture_ramp (8, 8, (HfFormat) { HF_SAMPLE_U8, 1 });

    for (size_t a = 0; a < G_N_ELEMENTS (endings); a++) {
        char *path = g_strdup_printf ("%s/bare.%s", folder, endings[a]), *bytes;
        HfMetadata *metadata;
        gsize n;

        picture_save (image, path, NULL);
        metadata = metadata_of (path);
        g_assert_null (metadata->icc);
        g_assert_null (metadata->xmp);
        g_assert_cmpfloat (metadata->x_resolution, ==, 0);
        g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
        {
            char *software = hf_exif_software (),
                 *found = memmem (bytes, n, software, strlen (software));

            g_assert_nonnull (found);
            g_free (software);
        }
        hf_metadata_unref (metadata);
        g_free (bytes);
        g_free (path);
    }
    hf_image_free (image);
    folder_remove (folder);
}

/* Of a layered TIFF the first page carries the Exif, and all pages the profile. */
static void
layers_carry_metadata (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "layers.tif");
    HfMetadata *start = camera_metadata (EXIF_BYTE_ORDER_INTEL), *read;
    Layer layers[N_LAYERS];

    layers_new (layers, (HfFormat) { HF_SAMPLE_U8, 4 }, 1);
    layers_save (layers, path, start);
    read = metadata_of (path);
    assert_metadata (read, start, layers[FUSED_LAYER].image->width,
                     layers[FUSED_LAYER].image->height, true);
    hf_metadata_unref (read);
    hf_metadata_unref (start);
    layers_clear (layers);
    g_free (path);
    folder_remove (folder);
}

/* Reading leaves a block that is upright already as it is, maker's note and all. */
static void
reading_changes_nothing_else (void)
{
    GBytes *exif = camera_exif (EXIF_BYTE_ORDER_MOTOROLA), *upright = hf_exif_upright (exif);

    g_assert_true (g_bytes_equal (exif, upright));
    g_bytes_unref (exif);
    g_bytes_unref (upright);
}

/* An independent reader finds the tags where they belong. */
static void
exiftool_agrees (void)
{
    char *tool = g_find_program_in_path ("exiftool"), *folder = folder_new ();
    HfImage *image = picture_ramp (31, 23, (HfFormat) { HF_SAMPLE_U8, 3 });
    HfMetadata *start = camera_metadata (EXIF_BYTE_ORDER_INTEL);

    for (size_t a = 0; tool && a < G_N_ELEMENTS (endings); a++) {
        static const char expected[] =
            "Maker & Co|0.004|5.6|400|105|Macro 105 mm f/2.8|432.1|1|240|";
        char *path = g_strdup_printf ("%s/tool.%s", folder, endings[a]), *out = NULL, *warnings;
        const char *arguments[] = {
            tool,
            "-n",
            "-p",
            "$Make|$ExposureTime|$FNumber|$ISO|$FocalLength|$LensModel|$GPSAltitude|$Orientation|"
            "$XResolution|$Software",
            path,
            NULL
        };

        picture_save (image, path, start);
        if (a == 1) /* PNG says it in pixels a metre */
            arguments[3] = "$Make|$ExposureTime|$FNumber|$ISO|$FocalLength|$LensModel|$GPSAltitude|"
                           "$Orientation|240|$Software";
        g_assert_true (g_spawn_sync (NULL, (char **) arguments, NULL, 0, NULL, NULL, &out,
                                     &warnings, NULL, NULL));
        g_assert_cmpstr (warnings, ==, "");
        if (!g_str_has_prefix (out, expected))
            g_error ("%s: %s is not %s", path, out, expected);
        g_assert_nonnull (strstr (out, "|Hyperfocal "));
        g_free (out);
        g_free (warnings);
        g_free (path);
    }
    if (!tool)
        g_test_skip ("no exiftool here");
    hf_metadata_unref (start);
    hf_image_free (image);
    g_free (tool);
    folder_remove (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/metadata/all-survives-all-formats", all_survives_all_formats);
    g_test_add_func ("/files/metadata/none-gives-software-only", none_gives_software_only);
    g_test_add_func ("/files/metadata/layers-carry-metadata", layers_carry_metadata);
    g_test_add_func ("/files/metadata/reading-changes-nothing-else", reading_changes_nothing_else);
    g_test_add_func ("/files/metadata/exiftool-agrees", exiftool_agrees);
    return g_test_run ();
}
