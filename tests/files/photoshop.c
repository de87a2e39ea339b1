/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Photoshop's layer block: what is written is held against the published layout by a walk of its
 * own, against exiftool where that is installed, and against our reader; the reader also against
 * blocks built here in every packing, both byte orders and all sample types; damage of any kind is
 * answered by an error or a picture, never by more.
 */
#include "layers.h"

#include "files/ifd.h"
#include "files/photoshop.h"

#include <fcntl.h>
#include <hyperfocal/error.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const HfFormat whole_formats[] = { { HF_SAMPLE_U8, 1 },  { HF_SAMPLE_U8, 2 },
                                          { HF_SAMPLE_U8, 3 },  { HF_SAMPLE_U8, 4 },
                                          { HF_SAMPLE_U16, 1 }, { HF_SAMPLE_U16, 2 },
                                          { HF_SAMPLE_U16, 3 }, { HF_SAMPLE_U16, 4 } };

static HfIfdLayout
layout_of (int fd, uint64_t *first)
{
    HfIfdLayout layout;

    g_assert_true (hf_ifd_read_header (fd, &layout, first));
    return layout;
}

/* Ends the chain of directories after the first, so that only the block is left. */
static void
cut_pages (const char *path)
{
    int fd = open (path, O_RDWR);
    uint64_t first;
    HfIfdLayout layout = layout_of (fd, &first);
    HfIfd *ifd = hf_ifd_read (fd, layout, first, 0);
    uint8_t count[2];

    g_assert_cmpint (pread (fd, count, 2, (off_t) first), ==, 2);
    g_assert_false (layout.big);
    g_assert_true (
        hf_ifd_link (fd, layout, first + 2 + 12 * (uint64_t) (count[0] << 8 | count[1]), 0));
    hf_ifd_free (ifd);
    close (fd);
}

static uint64_t
place_of_block (const char *path, uint64_t *size)
{
    int fd = open (path, O_RDONLY);
    uint64_t first, place;
    HfIfdLayout layout = layout_of (fd, &first);

    g_assert_true (hf_ifd_find_place (fd, layout, first, HF_TAG_IMAGE_SOURCE_DATA, &place, size));
    close (fd);
    return place;
}

/* ---- what is written ---- */

static void
assert_layer (HfSource *source, int frame, const Layer *layer, int left, int top)
{
    HfFrameInfo info;
    GError *error = NULL;
    HfImage *image = hf_source_read (source, frame, 1, NULL, &error);

    g_assert_no_error (error);
    g_assert_true (hf_source_info (source, frame, &info, &error));
    g_assert_cmpstr (info.name, ==, layer->name);
    g_assert_cmpint (info.x, ==, layer->x - left);
    g_assert_cmpint (info.y, ==, layer->y - top);
    g_assert_cmpint (info.width, ==, image->width);
    g_assert_cmpint (info.height, ==, image->height);
    picture_assert_equal (image, layer->image);
    hf_frame_info_clear (&info);
    hf_image_free (image);
}

static void
layers_come_back (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "layers.tif");
    guint32 seed = drawn_seed ();

    for (size_t f = 0; f < G_N_ELEMENTS (whole_formats); f++) {
        Layer layers[N_LAYERS];
        HfSource *source;

        layers_new (layers, whole_formats[f], seed + (guint32) f);
        layers_save (layers, path, NULL);
        source = hf_layered_tiff_source_new (path, NULL);
        g_assert_cmpint (source->n_frames, ==, N_LAYERS);
        for (int i = 0; i < N_LAYERS; i++)
            assert_layer (source, i, &layers[layer_of_page (i)], 0, 0);
        hf_source_free (source);
        cut_pages (path);
        source = hf_layered_tiff_source_new (path, NULL);
        g_assert_cmpint (source->n_frames, ==, N_LAYERS);
        for (int i = 0; i < N_LAYERS; i++) /* from the lowest up: the pages turned round */
            assert_layer (source, i, &layers[layer_of_page (N_LAYERS - 1 - i)], 0, 0);
        hf_source_free (source);
        layers_clear (layers);
    }
    g_free (path);
    folder_remove (folder);
}

static void
save_mixed (const char *path, HfImage *const *images, int n)
{
    HfFileOptions options = default_file_options ();
    HfSink *sink = hf_layered_tiff_sink_new (path, &options, NULL);

    for (int i = 0; i < n; i++) {
        HfPictureInfo info = { .kind = HF_PICTURE_ALIGNED,
                               .name = "mixed",
                               .width = images[i]->width,
                               .height = images[i]->height,
                               .format = images[i]->format };

        g_assert_true (picture_write (sink, images[i], &info, 5, NULL));
    }
    g_assert_true (hf_sink_commit (sink, NULL));
    g_assert_null (hf_layered_tiff_sink_warning (sink));
    hf_sink_free (sink);
    hf_options_clear (&hf_file_table, &options);
}

/* A block has one sample type and one kind of colours, those of the first picture: others are
 * converted to it. Full scale stays full scale and a grey becomes three equal colours. */
static void
other_formats_are_converted (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "mixed.tif");
    HfImage *images[] = { picture_ramp (601, 9, (HfFormat) { HF_SAMPLE_U8, 3 }),
                          picture_ramp (601, 9, (HfFormat) { HF_SAMPLE_U16, 3 }),
                          picture_ramp (601, 9, (HfFormat) { HF_SAMPLE_U16, 2 }),
                          picture_ramp (601, 9, (HfFormat) { HF_SAMPLE_FLOAT, 1 }) };
    HfSource *source;

    save_mixed (path, images, 4);
    cut_pages (path);
    source = hf_layered_tiff_source_new (path, NULL);
    g_assert_cmpint (source->n_frames, ==, 4);
    for (int i = 0; i < 4; i++) {
        const HfImage *from = images[3 - i];
        HfImage *image = hf_source_read (source, i, 1, NULL, NULL);
        double full = from->format.type == HF_SAMPLE_FLOAT ? 1
                      : from->format.type == 2             ? 65535
                                                           : 255;

        g_assert_cmpint (image->format.type, ==, HF_SAMPLE_U8);
        g_assert_cmpint (image->format.n_channels, ==, hf_format_has_alpha (from->format) ? 4 : 3);
        for (int x = 0; x < 601; x += 7)
            for (int c = 0; c < 3; c++) {
                double wanted = picture_sample (from, x, 8, from->format.n_channels < 3 ? 0 : c);

                g_assert_cmpfloat_with_epsilon (picture_sample (image, x, 8, c),
                                                wanted / full * 255, 0.51);
            }
        hf_image_free (image);
    }
    hf_source_free (source);
    for (int i = 0; i < 4; i++)
        hf_image_free (images[i]);
    g_free (path);
    folder_remove (folder);
}

static uint64_t
number_at (const char *bytes, uint64_t *at, int n)
{
    uint64_t number = 0;

    for (int i = 0; i < n; i++)
        number = number << 8 | (guint8) bytes[*at + (uint64_t) i];
    *at += (uint64_t) n;
    return number;
}

static void
assert_text (const char *bytes, uint64_t *at, const char *text)
{
    g_assert_cmpmem (bytes + *at, strlen (text), text, strlen (text));
    *at += strlen (text);
}

/* The extra part of a record: mask, ranges, name, and tagged blocks, each a whole number of words.
 */
static void
walk_extra (const char *bytes, uint64_t *at, uint64_t size)
{
    uint64_t end = *at + size, name;

    g_assert_cmpuint (number_at (bytes, at, 4), ==, 0);
    g_assert_cmpuint (number_at (bytes, at, 4), ==, 0);
    name = number_at (bytes, at, 1);
    *at += name + (4 - (name + 1) % 4) % 4;
    while (*at < end) {
        uint64_t bytes_of_tag;

        assert_text (bytes, at, "8BIM");
        *at += 4;
        bytes_of_tag = number_at (bytes, at, 4);
        g_assert_cmpuint (bytes_of_tag % 4, ==, 0);
        *at += bytes_of_tag;
    }
    g_assert_cmpuint (*at, ==, end);
}

/* A channel: packed as deflated differences, inflating to just its rows. */
static void
walk_channel (const char *bytes, uint64_t *at, uint64_t size, uint64_t unpacked)
{
    uLongf n = (uLongf) unpacked + 1;
    Bytef *rows = g_malloc (n);

    g_assert_cmpuint (number_at (bytes, at, 2), ==, HF_PHOTOSHOP_ZIP_PREDICTED);
    g_assert_cmpint (uncompress (rows, &n, (const Bytef *) bytes + *at, (uLong) size - 2), ==,
                     Z_OK);
    g_assert_cmpuint (n, ==, unpacked);
    g_free (rows);
    *at += size - 2;
}

typedef struct Announced {
    uint64_t size, unpacked;
} Announced;

static void
walk_record (const char *bytes, uint64_t *at, int n_channels, int sample_bytes, GArray *announced)
{
    int64_t top = (int32_t) number_at (bytes, at, 4), left = (int32_t) number_at (bytes, at, 4);
    int64_t bottom = (int32_t) number_at (bytes, at, 4), right = (int32_t) number_at (bytes, at, 4);

    g_assert_cmpint ((int) number_at (bytes, at, 2), ==, n_channels);
    for (int c = 0; c < n_channels; c++) {
        int id = (int16_t) number_at (bytes, at, 2);
        Announced channel = { number_at (bytes, at, 4),
                              (uint64_t) ((bottom - top) * (right - left) * sample_bytes) };

        g_assert_cmpint (id, ==, n_channels % 2 == 0 && c == n_channels - 1 ? -1 : c);
        g_array_append_val (announced, channel);
    }
    assert_text (bytes, at, "8BIMnorm");
    g_assert_cmpuint (number_at (bytes, at, 1), ==, 255);
    g_assert_cmpuint (number_at (bytes, at, 3), ==, 0);
    walk_extra (bytes, at, number_at (bytes, at, 4));
}

static void
walk_block (const char *bytes, uint64_t size, HfFormat format)
{
    GArray *announced = g_array_new (FALSE, FALSE, sizeof (Announced));
    uint64_t at = sizeof HF_PHOTOSHOP_HEAD, length;
    bool alpha = hf_format_has_alpha (format);

    g_assert_cmpmem (bytes, at, HF_PHOTOSHOP_HEAD, sizeof HF_PHOTOSHOP_HEAD);
    assert_text (bytes, &at, "8BIM");
    assert_text (bytes, &at, format.type == HF_SAMPLE_U8 ? "Layr" : "Lr16");
    length = number_at (bytes, &at, 4);
    g_assert_cmpuint (at + length, ==, size);
    g_assert_cmpuint (length % 4, ==, 0);
    g_assert_cmpint ((int16_t) number_at (bytes, &at, 2), ==, alpha ? -N_LAYERS : N_LAYERS);
    for (int i = 0; i < N_LAYERS; i++)
        walk_record (bytes, &at, format.n_channels, (int) format.type, announced);
    for (guint i = 0; i < announced->len; i++) {
        Announced channel = g_array_index (announced, Announced, i);

        walk_channel (bytes, &at, channel.size, channel.unpacked);
    }
    g_assert_cmpuint (size - at, <, 4);
    g_array_free (announced, TRUE);
}

static void
layout_is_the_published_one (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "layers.tif");
    guint32 seed = drawn_seed ();

    for (size_t f = 0; f < G_N_ELEMENTS (whole_formats); f++) {
        Layer layers[N_LAYERS];
        uint64_t size, place;
        char *bytes;

        layers_new (layers, whole_formats[f], seed);
        layers_save (layers, path, NULL);
        place = place_of_block (path, &size);
        g_assert_true (g_file_get_contents (path, &bytes, NULL, NULL));
        walk_block (bytes + place, size, whole_formats[f]);
        g_free (bytes);
        layers_clear (layers);
    }
    g_free (path);
    folder_remove (folder);
}

static void
floats_carry_no_block (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "layers.tif");
    Layer layers[N_LAYERS];
    uint64_t first, place, size;
    int fd;

    layers_new (layers, (HfFormat) { HF_SAMPLE_FLOAT, 3 }, 4);
    layers_save (layers, path, NULL);
    fd = open (path, O_RDONLY);
    g_assert_false (hf_ifd_find_place (fd, layout_of (fd, &first), first, HF_TAG_IMAGE_SOURCE_DATA,
                                       &place, &size));
    close (fd);
    layers_clear (layers);
    g_free (path);
    folder_remove (folder);
}

static void
exiftool_lists_the_layers (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "layers.tif"), *text = NULL;
    const char *arguments[] = {
        "exiftool", "-s3", "-Photoshop:LayerUnicodeNames", "-Photoshop:LayerRectangles", path, NULL
    };
    Layer layers[N_LAYERS];
    int status = 1;

    layers_new (layers, (HfFormat) { HF_SAMPLE_U16, 4 }, 4);
    layers_save (layers, path, NULL);
    if (g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &text, NULL,
                      &status, NULL))
        g_assert_cmpstr (text, ==,
                         "Bild é 2.jpg, frame 1.jpg, frame 10.jpg, Focus stack\n"
                         "5 13 45 74, 0 0 70 90, 33 1 233 301, 0 0 70 90\n");
    else
        g_test_skip ("no exiftool here");
    layers_clear (layers);
    g_free (text);
    g_free (path);
    folder_remove (folder);
}

/* ---- what is read ---- */

typedef struct Building {
    GByteArray *bytes;
    bool big_endian;
} Building;

static void
put (Building *building, int n_bytes, uint64_t number)
{
    for (int i = 0; i < n_bytes; i++) {
        guint8 byte = (guint8) (number >> 8 * (building->big_endian ? n_bytes - 1 - i : i));

        g_byte_array_append (building->bytes, &byte, 1);
    }
}

static void
put_key (Building *building, const char *key)
{
    for (int i = 0; i < 4; i++)
        put (building, 1, (guint8) key[building->big_endian ? i : 3 - i]);
}

/* The stored bytes of a channel's row, by the sample's bits. */
static GByteArray *
row_of_channel (const HfImage *image, int y, int c, bool big_endian)
{
    Building row = { g_byte_array_new (), big_endian };
    size_t bytes = (size_t) image->format.type;

    for (int x = 0; x < image->width; x++) {
        const char *sample = (const char *) hf_image_row (image, y) +
                             ((size_t) x * (size_t) image->format.n_channels + (size_t) c) * bytes;
        uint32_t bits = 0;

        memcpy (&bits, sample, bytes); /* the machine is little-endian */
        put (&row, (int) bytes, bits);
    }
    return row.bytes;
}

static void
predict_row (GByteArray *row, HfSampleType type, bool big_endian)
{
    guint n = row->len / (guint) type;
    guint8 *bytes = row->data, *copy = g_memdup2 (bytes, row->len);

    if (type == HF_SAMPLE_U8)
        for (guint x = n; --x > 0;)
            bytes[x] = (guint8) (bytes[x] - bytes[x - 1]);
    if (type == HF_SAMPLE_U16)
        for (guint x = n; --x > 0;) {
            guint high = big_endian ? 0 : 1;
            guint value = (guint) (copy[2 * x + high] << 8 | copy[2 * x + 1 - high]);
            guint before = (guint) (copy[2 * x - 2 + high] << 8 | copy[2 * x - 1 - high]);
            guint difference = value - before;

            bytes[2 * x + high] = (guint8) (difference >> 8);
            bytes[2 * x + 1 - high] = (guint8) difference;
        }
    if (type == HF_SAMPLE_FLOAT) {
        for (guint x = 0; x < n; x++)
            for (guint b = 0; b < 4; b++)
                bytes[b * n + x] = copy[4 * x + (big_endian ? b : 3 - b)];
        for (guint i = row->len; --i > 0;)
            bytes[i] = (guint8) (bytes[i] - bytes[i - 1]);
    }
    g_free (copy);
}

/* Runs of equal bytes as runs, others in pieces of up to 7 bytes, with a -128 between that says
 * nothing. */
static GByteArray *
pack_bits (const GByteArray *row)
{
    GByteArray *packed = g_byte_array_new ();

    for (guint at = 0; at < row->len;) {
        guint run = 1, n;
        guint8 count;

        while (at + run < row->len && run < 128 && row->data[at + run] == row->data[at])
            run++;
        n = run > 2 ? run : MIN (7, row->len - at);
        count = (guint8) (run > 2 ? 257 - run : n - 1);
        g_byte_array_append (packed, &count, 1);
        g_byte_array_append (packed, row->data + at, run > 2 ? 1 : n);
        at += n;
        if (at % 5 == 0)
            g_byte_array_append (packed, (const guint8 *) "\x80", 1);
    }
    return packed;
}

static GByteArray *
deflated (GByteArray *from)
{
    uLongf n = compressBound (from->len);
    GByteArray *packed = g_byte_array_new ();

    g_byte_array_set_size (packed, (guint) n);
    g_assert_cmpint (compress (packed->data, &n, from->data, from->len), ==, Z_OK);
    g_byte_array_set_size (packed, (guint) n);
    g_byte_array_unref (from);
    return packed;
}

static GByteArray *
build_channel (const HfImage *image, int c, int packing, bool big_endian)
{
    Building channel = { g_byte_array_new (), big_endian };
    GByteArray *rows = g_byte_array_new ();

    put (&channel, 2, (uint64_t) packing);
    for (int y = 0; y < image->height; y++) {
        GByteArray *row = row_of_channel (image, y, c, big_endian);

        if (packing == HF_PHOTOSHOP_ZIP_PREDICTED)
            predict_row (row, image->format.type, big_endian);
        if (packing == HF_PHOTOSHOP_PACK_BITS) {
            GByteArray *packed = pack_bits (row);

            put (&channel, 2, packed->len);
            g_byte_array_unref (row);
            row = packed;
        }
        g_byte_array_append (rows, row->data, row->len);
        g_byte_array_unref (row);
    }
    if (packing >= HF_PHOTOSHOP_ZIP)
        rows = deflated (rows);
    g_byte_array_append (channel.bytes, rows->data, rows->len);
    g_byte_array_unref (rows);
    return channel.bytes;
}

static void
put_record (Building *records, const HfImage *image, GByteArray *const *channels, int n_colours)
{
    put (records, 4, 7);
    put (records, 4, (uint64_t) -3);
    put (records, 4, (uint64_t) (7 + image->height));
    put (records, 4, (uint64_t) (image->width - 3));
    put (records, 2, (uint64_t) image->format.n_channels + 1);
    put (records, 2, (uint64_t) -2); /* a mask, which is passed over */
    put (records, 4, 5);
    for (int c = 0; c < image->format.n_channels; c++) {
        put (records, 2, c < n_colours ? (uint64_t) c : (uint64_t) -1);
        put (records, 4, channels[c]->len);
    }
    put_key (records, "8BIM");
    put_key (records, "mul ");
    put (records, 4, 0xff000200); /* hidden; the bytes stand as they are in both orders */
    records->bytes->data[records->bytes->len - 2] = 2;
    put (records, 4, 4 + 3 + 4 + 8);
    put (records, 4, 3); /* three bytes of a mask's place */
    put (records, 3, 0);
    put (records, 4, 0);
    put (records, 1, 4);
    g_byte_array_append (records->bytes, (const guint8 *) "name\0\0\0", 7);
}

/* A block with a stray part before the layers, and one layer. */
static GByteArray *
build_block (const HfImage *image, int packing, bool big_endian)
{
    Building block = { g_byte_array_new (), big_endian },
             layer = { g_byte_array_new (), big_endian };
    static const char *const keys[] = { NULL, "Layr", "Lr16", NULL, "Lr32" };
    int n_colours = hf_format_n_colours (image->format);
    GByteArray *channels[4];

    for (int c = 0; c < image->format.n_channels; c++)
        channels[c] = build_channel (image, c, packing, big_endian);
    put (&layer, 2, 1);
    put_record (&layer, image, channels, n_colours);
    put (&layer, 5, 0); /* the mask */
    for (int c = 0; c < image->format.n_channels; c++) {
        g_byte_array_append (layer.bytes, channels[c]->data, channels[c]->len);
        g_byte_array_unref (channels[c]);
    }
    g_byte_array_append (block.bytes, (const guint8 *) HF_PHOTOSHOP_HEAD, sizeof HF_PHOTOSHOP_HEAD);
    put_key (&block, "8BIM");
    put_key (&block, "Mt16");
    put (&block, 4, 1);
    put (&block, 4, 0);
    put_key (&block, "8BIM");
    put_key (&block, keys[image->format.type]);
    put (&block, 4, layer.bytes->len);
    g_byte_array_append (block.bytes, layer.bytes->data, layer.bytes->len);
    g_byte_array_unref (layer.bytes);
    return block.bytes;
}

/* Bytes in a file that no name stands for, behind 9 others. */
static int
file_of_bytes (const GByteArray *bytes)
{
    char *name = NULL;
    int fd = g_file_open_tmp ("hyperfocal-XXXXXX", &name, NULL);

    g_assert_cmpint (fd, >=, 0);
    unlink (name);
    g_free (name);
    g_assert_cmpint ((int) pwrite (fd, bytes->data, bytes->len, 9), ==, (int) bytes->len);
    return fd;
}

static void
every_packing_is_read (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (int i = 0; i < (int) G_N_ELEMENTS (all_formats) * 8; i++) {
        HfFormat format = all_formats[i / 8];
        int packing = i / 2 % 4;
        bool big_endian = i % 2;
        HfImage *image = picture_random (g_rand_int_range (random, 1, 70), 11, format, random),
                *read;
        GByteArray *bytes;
        HfPhotoshopBlock *block;
        GError *error = NULL;
        int fd;

        for (int y = 3; y < 6; y++) /* rows with runs */
            memset (hf_image_row (image, y), 0, (size_t) image->width * hf_format_bytes (format));
        bytes = build_block (image, packing, big_endian);
        fd = file_of_bytes (bytes);
        block = hf_photoshop_block_read (fd, 9, bytes->len, big_endian,
                                         hf_format_n_colours (format), "built", &error);
        g_assert_no_error (error);
        g_assert_cmpint (hf_photoshop_block_n_layers (block), ==, 1);
        g_assert_cmpstr (hf_photoshop_block_layer (block, 0)->name, ==, "name");
        g_assert_cmpint (hf_photoshop_block_layer (block, 0)->x, ==, -3);
        g_assert_cmpint (hf_photoshop_block_layer (block, 0)->y, ==, 7);
        g_assert_false (hf_photoshop_block_layer (block, 0)->visible);
        read = hf_photoshop_block_image (block, fd, 0, NULL, &error);
        g_assert_no_error (error);
        picture_assert_equal (read, image);
        hf_image_free (read);
        hf_image_free (image);
        hf_photoshop_block_free (block);
        g_byte_array_unref (bytes);
        close (fd);
    }
    g_rand_free (random);
}

/* Reads all that is there; whatever fails, fails with one error. */
static bool
read_all (const GByteArray *bytes, uint64_t size)
{
    int fd = file_of_bytes (bytes);
    HfBudget *budget = hf_budget_new (1 << 22);
    GError *error = NULL;
    HfPhotoshopBlock *block = hf_photoshop_block_read (fd, 9, size, true, 3, "bent", &error);
    bool good = block != NULL;

    for (int i = 0; block && i < hf_photoshop_block_n_layers (block); i++) {
        HfImage *image;

        g_clear_error (&error);
        image = hf_photoshop_block_image (block, fd, i, budget, &error);
        good = good && image;
        hf_image_free (image);
    }
    g_assert_true (good == (error == NULL));
    g_clear_error (&error);
    hf_photoshop_block_free (block);
    hf_budget_free (budget);
    close (fd);
    return good;
}

static void
damage_does_no_harm (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    int n_failed = 0, n = 0;

    for (int packing = 0; packing < 4; packing++) {
        HfImage *image = picture_random (17, 6, (HfFormat) { HF_SAMPLE_U16, 4 }, random);
        GByteArray *bytes = build_block (image, packing, true);

        for (guint size = 0; size < bytes->len; size++, n++) /* cut short anywhere */
            n_failed += !read_all (bytes, size);
        g_assert_cmpint (n_failed, ==, n); /* the last channel ends with the block */
        n_failed = n = 0;
        for (int i = 0; i < 600; i++) {
            GByteArray *bent = g_byte_array_new ();
            guint at = (guint) g_rand_int_range (random, 0, (gint32) bytes->len);

            g_byte_array_append (bent, bytes->data, bytes->len);
            bent->data[i % 2 ? at : at % 220] = (guint8) g_rand_int (random);
            read_all (bent, bent->len);
            g_byte_array_unref (bent);
        }
        g_byte_array_unref (bytes);
        hf_image_free (image);
    }
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/photoshop/layers-come-back", layers_come_back);
    g_test_add_func ("/files/photoshop/other-formats-are-converted", other_formats_are_converted);
    g_test_add_func ("/files/photoshop/layout-is-the-published-one", layout_is_the_published_one);
    g_test_add_func ("/files/photoshop/floats-carry-no-block", floats_carry_no_block);
    g_test_add_func ("/files/photoshop/exiftool-lists-the-layers", exiftool_lists_the_layers);
    g_test_add_func ("/files/photoshop/every-packing-is-read", every_packing_is_read);
    g_test_add_func ("/files/photoshop/damage-does-no-harm", damage_does_no_harm);
    return g_test_run ();
}
