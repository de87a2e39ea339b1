/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layered TIFF as libtiff reads it: order, names, numbers, places, pixels, classic or BigTIFF.
 */
#include "layers.h"

#include "files/tiff-pages.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

static void
assert_pixels (TIFF *tiff, const HfImage *image)
{
    char *row = g_malloc ((size_t) TIFFScanlineSize (tiff));

    for (int y = 0; y < image->height; y++) {
        g_assert_cmpint (TIFFReadScanline (tiff, row, (uint32_t) y, 0), ==, 1);
        g_assert_cmpmem (row, (size_t) TIFFScanlineSize (tiff), hf_image_row (image, y),
                         (size_t) image->width * hf_format_bytes (image->format));
    }
    g_free (row);
}

static void
assert_page (TIFF *tiff, const Layer *layer, int page, int left, int top)
{
    uint32_t width, height, type = 0;
    uint16_t number = 0, total = 0;
    float x = -1, y = -1, resolution = 0;
    char *name = NULL, *software = NULL;

    g_assert_true (TIFFGetField (tiff, TIFFTAG_IMAGEWIDTH, &width));
    g_assert_true (TIFFGetField (tiff, TIFFTAG_IMAGELENGTH, &height));
    g_assert_cmpint ((int) width, ==, layer->image->width);
    g_assert_cmpint ((int) height, ==, layer->image->height);
    g_assert_true (TIFFGetField (tiff, TIFFTAG_PAGENAME, &name));
    g_assert_cmpstr (name, ==, layer->name);
    g_assert_true (TIFFGetField (tiff, TIFFTAG_SOFTWARE, &software));
    g_assert_true (g_str_has_prefix (software, "Hyperfocal "));
    g_assert_true (TIFFGetField (tiff, TIFFTAG_SUBFILETYPE, &type));
    g_assert_cmpuint (type, ==, FILETYPE_PAGE);
    g_assert_true (TIFFGetField (tiff, TIFFTAG_PAGENUMBER, &number, &total));
    g_assert_cmpuint (number, ==, page);
    g_assert_cmpuint (total, ==, N_LAYERS);
    g_assert_true (TIFFGetField (tiff, TIFFTAG_XPOSITION, &x));
    g_assert_true (TIFFGetField (tiff, TIFFTAG_XRESOLUTION, &resolution));
    g_assert_cmpfloat_with_epsilon (x * resolution, layer->x - left, 1e-4);
    g_assert_true (TIFFGetField (tiff, TIFFTAG_YPOSITION, &y));
    g_assert_true (TIFFGetField (tiff, TIFFTAG_YRESOLUTION, &resolution));
    g_assert_cmpfloat_with_epsilon (y * resolution, layer->y - top, 1e-4);
    assert_pixels (tiff, layer->image);
}

static void
assert_pages (const char *path, const Layer *layers, int left, int top)
{
    TIFF *tiff = TIFFOpen (path, "r");

    g_assert_nonnull (tiff);
    for (int page = 0; page < N_LAYERS; page++) {
        assert_page (tiff, &layers[layer_of_page (page)], page, left, top);
        g_assert_cmpint (TIFFReadDirectory (tiff), ==, page < N_LAYERS - 1);
    }
    TIFFClose (tiff);
}

/* Classic TIFF is 42, BigTIFF 43, in the file's byte order. */
static int
version_of (const char *path, bool big_endian)
{
    char *bytes;
    int version;

    g_assert_true (g_file_get_contents (path, &bytes, NULL, NULL));
    g_assert_cmpmem (bytes, 2, big_endian ? "MM" : "II", 2);
    version = bytes[big_endian ? 3 : 2];
    g_free (bytes);
    return version;
}

static void
pages_come_back (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "layers.tif");
    guint32 seed = drawn_seed ();

    for (size_t f = 0; f < G_N_ELEMENTS (all_formats); f++) {
        Layer layers[N_LAYERS];
        HfImage *first;

        layers_new (layers, all_formats[f], seed);
        layers_save (layers, path, NULL);
        assert_pages (path, layers, 0, 0);
        g_assert_cmpint (version_of (path, all_formats[f].type != HF_SAMPLE_FLOAT), ==, 42);
        first = picture_load (path);
        picture_assert_equal (first, layers[FUSED_LAYER].image);
        hf_image_free (first);
        layers_clear (layers);
    }
    g_assert_cmpint (folder_count (folder), ==, 1);
    g_free (path);
    folder_remove (folder);
}

/* Positions are read in single precision, so a large place is near a whole number only. */
static void
assert_places (const char *path, const Layer *layers, int left, int top, double resolution)
{
    TIFF *tiff = TIFFOpen (path, "r");

    g_assert_nonnull (tiff);
    for (int page = 0; page < N_LAYERS; page++) {
        const Layer *layer = &layers[layer_of_page (page)];
        float x = -1, y = -1, x_resolution = 0, y_resolution = 0;

        TIFFGetField (tiff, TIFFTAG_XPOSITION, &x);
        TIFFGetField (tiff, TIFFTAG_YPOSITION, &y);
        TIFFGetField (tiff, TIFFTAG_XRESOLUTION, &x_resolution);
        TIFFGetField (tiff, TIFFTAG_YRESOLUTION, &y_resolution);
        g_assert_cmpfloat_with_epsilon (x_resolution, resolution, 1e-2);
        g_assert_cmpint ((int) lrint ((double) x * (double) x_resolution), ==, layer->x - left);
        g_assert_cmpint ((int) lrint ((double) y * (double) y_resolution), ==, layer->y - top);
        TIFFReadDirectory (tiff);
    }
    TIFFClose (tiff);
}

/* Places below zero cannot be said: all pages move together. Odd resolutions give whole pixels. */
static void
places_keep_their_differences (void)
{
    static const double resolutions[] = { 72, 300, 96.012, 180.3, 7.5, 35999.9 };
    char *folder = folder_new (), *path = folder_file (folder, "layers.tif");

    for (size_t i = 0; i < G_N_ELEMENTS (resolutions); i++) {
        HfMetadata *metadata = hf_metadata_new ();
        Layer layers[N_LAYERS];

        metadata->x_resolution = resolutions[i];
        metadata->y_resolution = resolutions[i] * 1.7;
        layers_new (layers, (HfFormat) { HF_SAMPLE_U8, 3 }, 5);
        layers[0].x = -17;
        layers[1].y = -4711;
        layers[2].x = 123456;
        layers_save (layers, path, metadata);
        assert_places (path, layers, -17, -4711, resolutions[i]);
        layers_clear (layers);
        hf_metadata_unref (metadata);
    }
    g_free (path);
    folder_remove (folder);
}

/*
 * The file is made longer than 4 GB by a hole between two pages, which costs no disk: what comes
 * behind has offsets of more than 32 bits.
 */
static void
large_files_are_big_tiff (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "big.tif");
    HfFileOptions options = default_file_options ();
    GError *error = NULL;
    HfTemporary *file = hf_temporary_new (path, &error);
    HfTiffPages *pages;
    Layer layers[N_LAYERS];
    TIFF *tiff;

    g_assert_no_error (error);
    layers_new (layers, (HfFormat) { HF_SAMPLE_U16, 4 }, drawn_seed ());
    pages = hf_tiff_pages_new (file, &options, true, &error);
    g_assert_no_error (error);
    for (int i = 0; i < N_LAYERS; i++) {
        const HfImage *image = layers[i].image;
        HfPictureInfo info = { .kind = i == FUSED_LAYER  ? HF_PICTURE_FUSED
                                       : i == SLAB_LAYER ? HF_PICTURE_SLAB
                                                         : HF_PICTURE_ALIGNED,
                               .name = layers[i].name,
                               .width = image->width,
                               .height = image->height,
                               .x = layers[i].x,
                               .y = layers[i].y,
                               .format = image->format };

        g_assert_true (hf_tiff_pages_begin (pages, &info, &error));
        g_assert_true (
            hf_tiff_pages_rows (pages, image->data, image->stride, image->height, &error));
        g_assert_true (hf_tiff_pages_end (pages, &error));
        if (i == 1 && ftruncate (file->fd, (off_t) 5 << 30) != 0) {
            g_test_skip ("this file system has no files of 5 GB");
            goto done;
        }
    }
    g_assert_true (hf_tiff_pages_finish (pages, &error));
    g_assert_true (hf_temporary_commit (file, &error));
    tiff = TIFFOpen (path, "r");
    g_assert_nonnull (tiff);
    g_assert_true (TIFFIsBigTIFF (tiff));
    TIFFClose (tiff);
    assert_pages (path, layers, 0, 0);
done:
    hf_tiff_pages_free (pages);
    hf_temporary_free (file);
    layers_clear (layers);
    hf_options_clear (&hf_file_table, &options);
    g_free (path);
    folder_remove (folder);
}

/* Only aligned frames, or one picture: no page is invented. */
static void
pages_without_fused (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "frames.tif");
    HfFileOptions options = default_file_options ();
    HfSink *sink = hf_layered_tiff_sink_new (path, &options, NULL);
    HfImage *image = picture_ramp (9, 7, (HfFormat) { HF_SAMPLE_U8, 1 });
    TIFF *tiff;
    char *name;

    for (int i = 0; i < 2; i++) {
        HfPictureInfo info = { .kind = HF_PICTURE_ALIGNED,
                               .name = i ? "b" : "a",
                               .frame = i,
                               .width = 9,
                               .height = 7,
                               .format = image->format };

        g_assert_true (picture_write (sink, image, &info, 7, NULL));
    }
    g_assert_true (hf_sink_commit (sink, NULL));
    hf_sink_free (sink);
    tiff = TIFFOpen (path, "r");
    g_assert_cmpint (TIFFNumberOfDirectories (tiff), ==, 2);
    TIFFSetDirectory (tiff, 0);
    g_assert_true (TIFFGetField (tiff, TIFFTAG_PAGENAME, &name));
    g_assert_cmpstr (name, ==, "a");
    TIFFClose (tiff);
    hf_image_free (image);
    hf_options_clear (&hf_file_table, &options);
    g_free (path);
    folder_remove (folder);
}

/* A sink that is not fed as its contract says answers with an error and leaves no file. */
static void
unfinished_pages_are_refused (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "unfinished.tif");
    HfFileOptions options = default_file_options ();
    HfImage *image = picture_ramp (9, 7, (HfFormat) { HF_SAMPLE_U8, 1 });
    HfPictureInfo info = { .name = "a", .width = 9, .height = 8, .format = image->format };
    GError *error = NULL;
    HfSink *sink = hf_layered_tiff_sink_new (path, &options, NULL);

    g_assert_false (hf_sink_commit (sink, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    g_assert_false (hf_sink_write (sink, image, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    g_assert_true (hf_sink_begin (sink, &info, &error));
    g_assert_false (hf_sink_begin (sink, &info, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    g_assert_true (hf_sink_write (sink, image, &error));
    g_assert_false (hf_sink_write (sink, image, &error)); /* 14 rows of 8 */
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    g_assert_false (hf_sink_end (sink, &error)); /* 7 rows of 8 */
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    g_assert_false (hf_sink_commit (sink, &error));
    g_clear_error (&error);
    hf_sink_free (sink);
    g_assert_cmpint (folder_count (folder), ==, 0);
    hf_image_free (image);
    hf_options_clear (&hf_file_table, &options);
    g_free (path);
    folder_remove (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/layered-tiff/pages-come-back", pages_come_back);
    g_test_add_func ("/files/layered-tiff/places-keep-their-differences",
                     places_keep_their_differences);
    g_test_add_func ("/files/layered-tiff/large-files-are-big-tiff", large_files_are_big_tiff);
    g_test_add_func ("/files/layered-tiff/pages-without-fused", pages_without_fused);
    g_test_add_func ("/files/layered-tiff/unfinished-pages-are-refused",
                     unfinished_pages_are_refused);
    return g_test_run ();
}
