/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-seeds FOLDER: makes FOLDER/TARGET/… for every fuzz target, small sound files to start from.
 */
#include <glib/gstdio.h>
#include <hyperfocal/hyperfocal.h>
#include <string.h>

static const HfFormat formats[] = { { HF_SAMPLE_U8, 1 },  { HF_SAMPLE_U8, 3 },
                                    { HF_SAMPLE_U8, 4 },  { HF_SAMPLE_U16, 2 },
                                    { HF_SAMPLE_U16, 3 }, { HF_SAMPLE_FLOAT, 4 } };

/* An Exif block with a directory of its own for Exif, and its Orientation. */
static const guint8 exif[] = {
    'M',  'M',  0,   42,  0,   0, 0, 8,                      /* header */
    0,    3,                                                 /* entries */
    0x01, 0x0f, 0,   2,   0,   0, 0, 6, 0,   0,   0,   0x4c, /* Make */
    0x01, 0x12, 0,   3,   0,   0, 0, 1, 0,   6,   0,   0,    /* Orientation */
    0x87, 0x69, 0,   4,   0,   0, 0, 1, 0,   0,   0,   0x32, /* Exif */
    0,    0,    0,   0,                                      /* 46: next */
    0,    2,                                                 /* 50 */
    0x82, 0x9a, 0,   5,   0,   0, 0, 1, 0,   0,   0,   0x54, /* ExposureTime */
    0x92, 0x7c, 0,   7,   0,   0, 0, 4, 'n', 'o', 't', 'e',  /* MakerNote */
    'C',  'a',  'n', 'o', 'n', 0, 0, 0,                      /* 76 */
    0,    0,    0,   1,   0,   0, 0, 60                      /* 84 */
};

static const char xmp[] =
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description tiff:Orientation='6'>"
    "<tiff:Orientation>3</tiff:Orientation></rdf:Description></rdf:RDF></x:xmpmeta>";

static char *
target_file (const char *folder, const char *target, const char *name)
{
    char *place = g_build_filename (folder, target, NULL);
    char *path = g_build_filename (place, name, NULL);

    g_mkdir_with_parents (place, 0777);
    g_free (place);
    return path;
}

static void
save_bytes (const char *folder, const char *target, const char *name, const void *bytes, gsize size)
{
    char *path = target_file (folder, target, name);

    g_file_set_contents (path, bytes, (gssize) size, NULL);
    g_free (path);
}

static HfImage *
picture (HfFormat format, int width, int height)
{
    HfImage *image = hf_image_new (NULL, width, height, format, NULL);

    for (int y = 0; y < height; y++) {
        guint8 *row = hf_image_row (image, y);

        for (size_t i = 0; i < (size_t) width * hf_format_bytes (format); i++)
            row[i] = (guint8) (format.type == HF_SAMPLE_FLOAT ? 0 : i * i + (size_t) y * 29);
    }
    return image;
}

static void
send (HfSink *sink, const HfImage *image, HfPictureKind kind, const char *name, int place)
{
    HfMetadata *metadata = hf_metadata_new ();
    HfPictureInfo info = { .kind = kind,
                           .name = name,
                           .width = image->width,
                           .height = image->height,
                           .x = place,
                           .y = place,
                           .format = image->format,
                           .metadata = metadata };

    metadata->exif = g_bytes_new_static (exif, sizeof exif);
    metadata->xmp = g_bytes_new_static (xmp, sizeof xmp - 1);
    metadata->x_resolution = metadata->y_resolution = 300;
    g_assert_true (hf_sink_begin (sink, &info, NULL));
    g_assert_true (hf_sink_write (sink, image, NULL));
    g_assert_true (hf_sink_end (sink, NULL));
    hf_metadata_unref (metadata);
}

static void
save_picture (const char *folder, const char *target, int number, const HfImage *image,
              const HfFileOptions *options)
{
    char *name = g_strdup_printf ("%d.%s", number, strcmp (target, "tiff") == 0 ? "tif" : target);
    char *path = target_file (folder, target, name);
    HfSink *sink;

    if (strcmp (target, "jpeg") == 0)
        memcpy (path + strlen (path) - 4, "jpg", 4);
    sink = hf_file_sink_new (path, options, NULL);
    send (sink, image, HF_PICTURE_FUSED, "picture", 0);
    g_assert_true (hf_sink_commit (sink, NULL));
    hf_sink_free (sink);
    g_free (path);
    g_free (name);
}

static void
save_layers (const char *folder, int number, const HfImage *image, const HfFileOptions *options)
{
    char *name = g_strdup_printf ("%d.tif", number);
    char *path = target_file (folder, "layers", name);
    HfSink *sink = hf_layered_tiff_sink_new (path, options, NULL);

    for (int i = 0; i < 1 + number % 3; i++)
        send (sink, image, i == 0 ? HF_PICTURE_FUSED : HF_PICTURE_ALIGNED, "layer é", 3 * i);
    g_assert_true (hf_sink_commit (sink, NULL));
    hf_sink_free (sink);
    g_free (path);
    g_free (name);
}

static void
save_pictures (const char *folder)
{
    static const char *const targets[] = { "jpeg", "png", "tiff" };
    HfFileOptions options;

    hf_options_init (&hf_file_table, &options);
    for (int i = 0; i < (int) G_N_ELEMENTS (formats); i++) {
        HfImage *image = picture (formats[i], 9 + 7 * i, 5 + 3 * i);

        options.compression = i % 3;
        for (guint t = 0; t < G_N_ELEMENTS (targets); t++)
            save_picture (folder, targets[t], i, image, &options);
        save_layers (folder, i, image, &options);
        hf_image_free (image);
    }
    hf_options_clear (&hf_file_table, &options);
}

static void
save_transforms (const char *folder)
{
    HfTransforms *transforms = hf_transforms_new (3, 1);
    char *text;

    for (int i = 0; i < 3; i++) {
        transforms->frames[i].name = g_strdup_printf ("frame %d.jpg", i);
        transforms->frames[i].width = 640;
        transforms->frames[i].height = 480;
    }
    transforms->frames[2].model = HF_TRANSFORM_TRANSLATION;
    transforms->frames[2].matrix.m[2] = 3.25;
    text = hf_transforms_to_text (transforms);
    save_bytes (folder, "transforms", "shift.txt", text, strlen (text));
    g_free (text);
    hf_transforms_free (transforms);
}

/* A profile with a white point, primaries and curves, each in the simplest form. */
static GByteArray *
build_profile (void)
{
    static const char *const tags[] = { "wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC" };
    GByteArray *profile = g_byte_array_new ();
    guint n = G_N_ELEMENTS (tags), size = 128 + 4 + 12 * n + 20 * n;

    g_byte_array_set_size (profile, size);
    memset (profile->data, 0, size);
    for (int i = 0; i < 4; i++)
        profile->data[i] = (guint8) (size >> 8 * (3 - i));
    profile->data[8] = 2;
    memcpy (profile->data + 12, "mntrRGB XYZ ", 12);
    memcpy (profile->data + 36, "acsp", 4);
    profile->data[131] = (guint8) n;
    for (guint i = 0; i < n; i++) {
        guint8 *entry = profile->data + 132 + 12 * i, offset = (guint8) (132 + 12 * n + 20 * i);
        guint8 *value = profile->data + offset;
        bool curve = tags[i][1] == 'T';

        memcpy (entry, tags[i], 4);
        entry[6] = 0;
        entry[7] = offset;
        entry[11] = curve ? 14 : 20;
        memcpy (value, curve ? "curv" : "XYZ ", 4);
        value[curve ? 11 : 9] = 1;
        value[curve ? 12 : 13] = 2;
        value[curve ? 13 : 17] = (guint8) (50 + 10 * i);
    }
    return profile;
}

int
main (int argc, char **argv)
{
    GByteArray *profile = build_profile ();

    if (argc != 2) {
        g_printerr ("fuzz-seeds FOLDER\n");
        return 2;
    }
    save_pictures (argv[1]);
    save_transforms (argv[1]);
    save_bytes (argv[1], "exif", "block", exif, sizeof exif);
    save_bytes (argv[1], "exif", "packet", xmp, sizeof xmp - 1);
    save_bytes (argv[1], "profile", "rgb.icc", profile->data, profile->len);
    g_byte_array_unref (profile);
    return 0;
}
