/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kinds of files other programs write: TIFF in strips and tiles, planes together and apart,
 * both byte orders, classic and BigTIFF, every compression this libtiff has; palettes, white is
 * zero, associated alpha, floats of 16 and 64 bit; PNG with palettes and transparency, few bits,
 * interlaced; JPEG progressive, with halved colour, CMYK. And what is not read is refused in a
 * sentence.
 */
#include "pictures.h"

#include <glib/gstdio.h>
#include <hyperfocal/error.h>
#include <math.h>
#include <png.h>
#include <string.h>
#include <tiffio.h>

#include <jpeglib.h>

enum { BY_CHANNELS = -1 };

typedef struct TiffKind {
    const char *mode; /* of TIFFOpen () */
    int compression;
    int predictor;
    bool apart;      /* planes */
    int tile;        /* side of the tiles, 0 = strips */
    int strip;       /* rows of a strip */
    int photometric; /* BY_CHANNELS: what fits their number */
} TiffKind;

static void
set_tiff_fields (TIFF *tiff, const HfImage *image, const TiffKind *kind)
{
    int n = image->format.n_channels;

    TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, image->width);
    TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, image->height);
    TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, n);
    TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, 8 * image->format.type);
    TIFFSetField (tiff, TIFFTAG_SAMPLEFORMAT,
                  image->format.type == HF_SAMPLE_FLOAT ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC,
                  kind->photometric != BY_CHANNELS ? kind->photometric
                  : n < 3                          ? PHOTOMETRIC_MINISBLACK
                                                   : PHOTOMETRIC_RGB);
    TIFFSetField (tiff, TIFFTAG_PLANARCONFIG,
                  kind->apart ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField (tiff, TIFFTAG_COMPRESSION, kind->compression);
    if (kind->predictor)
        TIFFSetField (tiff, TIFFTAG_PREDICTOR,
                      image->format.type == HF_SAMPLE_FLOAT ? PREDICTOR_FLOATINGPOINT
                                                            : PREDICTOR_HORIZONTAL);
    if (hf_format_has_alpha (image->format))
        TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, (uint16_t[]) { EXTRASAMPLE_UNASSALPHA });
    if (kind->tile) {
        TIFFSetField (tiff, TIFFTAG_TILEWIDTH, kind->tile);
        TIFFSetField (tiff, TIFFTAG_TILELENGTH, kind->tile);
    } else {
        TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, kind->strip);
    }
}

/* The samples of a rectangle of one plane (-1 = all), as they stand in a tile or strip. */
static void
gather (const HfImage *image, int x0, int y0, int width, int height, int plane, char *to)
{
    size_t sample = (size_t) image->format.type;
    size_t bytes = plane < 0 ? hf_format_bytes (image->format) : sample;

    for (int y = y0; y < y0 + height; y++)
        for (int x = x0; x < x0 + width; x++, to += bytes) {
            const char *row = hf_image_row (image, MIN (y, image->height - 1));
            size_t at = (size_t) MIN (x, image->width - 1) * hf_format_bytes (image->format);

            memcpy (to, row + at + (plane < 0 ? 0 : (size_t) plane * sample), bytes);
        }
}

static void
write_chunks (TIFF *tiff, const HfImage *image, const TiffKind *kind)
{
    int width = kind->tile ? kind->tile : image->width;
    int height = kind->tile ? kind->tile : kind->strip;
    char *chunk = g_malloc ((size_t) width * (size_t) height * hf_format_bytes (image->format));

    for (int plane = kind->apart ? 0 : -1; plane < (kind->apart ? image->format.n_channels : 0);
         plane++)
        for (int y = 0; y < image->height; y += height)
            for (int x = 0; x < image->width; x += width) {
                size_t bytes =
                    (size_t) width * (size_t) (kind->apart ? (int) image->format.type
                                                           : (int) hf_format_bytes (image->format));
                int rows = kind->tile ? height : MIN (height, image->height - y);
                uint16_t sample = (uint16_t) MAX (plane, 0);

                gather (image, x, y, width, rows, plane, chunk);
                if (kind->tile)
                    TIFFWriteEncodedTile (
                        tiff, TIFFComputeTile (tiff, (uint32_t) x, (uint32_t) y, 0, sample), chunk,
                        (tmsize_t) (bytes * (size_t) rows));
                else
                    TIFFWriteEncodedStrip (tiff, TIFFComputeStrip (tiff, (uint32_t) y, sample),
                                           chunk, (tmsize_t) (bytes * (size_t) rows));
            }
    g_free (chunk);
}

static void
save_kind (const HfImage *image, const char *path, const TiffKind *kind)
{
    TIFF *tiff = TIFFOpen (path, kind->mode);

    g_assert_nonnull (tiff);
    set_tiff_fields (tiff, image, kind);
    write_chunks (tiff, image, kind);
    TIFFClose (tiff);
}

static void
check_kind (const HfImage *image, const char *path, const TiffKind *kind)
{
    HfImage *back, *reduced, *expected;

    save_kind (image, path, kind);
    back = picture_load (path);
    picture_assert_equal (image, back);
    reduced = hf_file_read (path, 4, NULL, NULL, NULL);
    expected = hf_image_reduce (image, 4, NULL, NULL);
    picture_assert_equal (reduced, expected);
    hf_image_free (back);
    hf_image_free (reduced);
    hf_image_free (expected);
}

static void
tiff_of_all_kinds (void)
{
    static const char *const modes[] = { "wl", "wb", "wl8", "wb8" };
    static const int compressions[] = { COMPRESSION_NONE,          COMPRESSION_LZW,
                                        COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,
                                        COMPRESSION_PACKBITS,      COMPRESSION_ZSTD,
                                        COMPRESSION_LZMA };
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    char *folder = folder_new (), *path = folder_file (folder, "kind.tif");

    for (size_t c = 0; c < G_N_ELEMENTS (compressions); c++)
        for (size_t m = 0; m < G_N_ELEMENTS (modes); m++)
            for (int layout = 0; layout < 6; layout++)
                for (size_t f = (c + m) % 3; f < G_N_ELEMENTS (all_formats); f += 3) {
                    bool swapped = (modes[m][1] == 'b') == (G_BYTE_ORDER == G_LITTLE_ENDIAN);
                    /* libtiff 4.5 writes swapped floats wrongly with a predictor */
                    bool packs = compressions[c] != COMPRESSION_NONE &&
                                 compressions[c] != COMPRESSION_PACKBITS &&
                                 !(swapped && all_formats[f].type == HF_SAMPLE_FLOAT);
                    TiffKind kind = {
                        modes[m],    compressions[c],          packs && layout % 2 == 0,
                        layout >= 3, layout % 3 == 2 ? 16 : 0, layout % 3 == 1 ? 1000 : 7,
                        BY_CHANNELS
                    };
                    HfImage *image;

                    if (!TIFFIsCODECConfigured ((uint16_t) compressions[c]))
                        continue;
                    image = picture_random (41, 37, all_formats[f], random);
                    check_kind (image, path, &kind);
                    hf_image_free (image);
                }
    g_rand_free (random);
    g_free (path);
    folder_remove (folder);
}

static void
tiff_where_white_is_zero (void)
{
    TiffKind kind = { "w", COMPRESSION_NONE, 0, false, 0, 8, PHOTOMETRIC_MINISWHITE };
    char *folder = folder_new (), *path = folder_file (folder, "white.tif");
    GRand *random = g_rand_new_with_seed (7);

    for (size_t f = 0; f < G_N_ELEMENTS (all_formats); f++) {
        HfFormat format = all_formats[f];
        double white = format.type == HF_SAMPLE_U8 ? 255 : format.type == HF_SAMPLE_U16 ? 65535 : 1;
        HfImage *image, *back;

        if (format.n_channels > 2)
            continue;
        image = picture_random (19, 11, format, random);
        save_kind (image, path, &kind);
        back = picture_load (path);
        for (int y = 0; y < 11; y++)
            for (int x = 0; x < 19; x++) {
                g_assert_cmpfloat_with_epsilon (picture_sample (back, x, y, 0),
                                                white - picture_sample (image, x, y, 0), 1e-6);
                if (format.n_channels == 2)
                    g_assert_cmpfloat (picture_sample (back, x, y, 1), ==,
                                       picture_sample (image, x, y, 1));
            }
        hf_image_free (image);
        hf_image_free (back);
    }
    g_rand_free (random);
    g_free (path);
    folder_remove (folder);
}

/* Associated alpha: the file holds colour × alpha; what comes back is the colour, 0 where alpha is
 * 0. */
static void
tiff_with_associated_alpha (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "associated.tif");
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    static const HfFormat formats[] = { { HF_SAMPLE_U8, 4 },
                                        { HF_SAMPLE_U16, 2 },
                                        { HF_SAMPLE_FLOAT, 4 } };

    for (size_t f = 0; f < G_N_ELEMENTS (formats); f++) {
        HfImage *image = picture_random (33, 21, formats[f], random), *back;
        int n = formats[f].n_channels;
        double most = formats[f].type == HF_SAMPLE_U8    ? 255
                      : formats[f].type == HF_SAMPLE_U16 ? 65535
                                                         : 1;
        TIFF *tiff;

        picture_set_sample (image, 0, 0, n - 1, 0);
        tiff = TIFFOpen (path, "w");
        set_tiff_fields (tiff, image,
                         &(TiffKind) { "w", COMPRESSION_NONE, 0, false, 0, 9, BY_CHANNELS });
        TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, (uint16_t[]) { EXTRASAMPLE_ASSOCALPHA });
        write_chunks (tiff, image,
                      &(TiffKind) { "w", COMPRESSION_NONE, 0, false, 0, 9, BY_CHANNELS });
        TIFFClose (tiff);
        back = picture_load (path);
        for (int y = 0; y < 21; y++)
            for (int x = 0; x < 33; x++)
                for (int c = 0; c < n; c++) {
                    double alpha = picture_sample (image, x, y, n - 1) / most;
                    double value = picture_sample (image, x, y, c);
                    double colour = alpha > 0 ? value / alpha : 0;

                    if (most > 1)
                        colour = MIN (colour, most);
                    g_assert_cmpfloat_with_epsilon (picture_sample (back, x, y, c),
                                                    c == n - 1 ? value : colour,
                                                    most > 1 ? 0.5001 : 1e-5 * (1 + fabs (colour)));
                }
        hf_image_free (image);
        hf_image_free (back);
    }
    g_rand_free (random);
    g_free (path);
    folder_remove (folder);
}

static void
save_raw (const char *path, int bits, int sample_format, int photometric, int n_samples, int width,
          int height, const void *samples, const uint16_t palette[3][256])
{
    TIFF *tiff = TIFFOpen (path, "w");
    tmsize_t row = (tmsize_t) width * n_samples * bits / 8;

    TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, n_samples);
    TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, bits);
    TIFFSetField (tiff, TIFFTAG_SAMPLEFORMAT, sample_format);
    TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC, photometric);
    TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, height);
    if (palette)
        TIFFSetField (tiff, TIFFTAG_COLORMAP, palette[0], palette[1], palette[2]);
    TIFFWriteEncodedStrip (tiff, 0, (void *) samples, row * height);
    TIFFClose (tiff);
}

static void
tiff_with_palette (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "palette.tif");
    GRand *random = g_rand_new_with_seed (3);
    uint16_t palette[3][256];
    uint8_t samples[9 * 5];

    for (int wide = 0; wide < 2; wide++) { /* some writers fill the 16-bit palette with 8 bit */
        HfImage *image;

        for (int i = 0; i < 3 * 256; i++)
            palette[i / 256][i % 256] = (uint16_t) g_rand_int_range (random, 0, wide ? 65536 : 256);
        for (int i = 0; i < 45; i++)
            samples[i] = (uint8_t) g_rand_int (random);
        save_raw (path, 8, SAMPLEFORMAT_UINT, PHOTOMETRIC_PALETTE, 1, 9, 5, samples, palette);
        image = picture_load (path);
        g_assert_cmpstr (hf_format_name (image->format), ==, "RGB 8 bit");
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 9; x++)
                for (int c = 0; c < 3; c++)
                    g_assert_cmpint ((int) picture_sample (image, x, y, c), ==,
                                     palette[c][samples[y * 9 + x]] >> (wide ? 8 : 0));
        hf_image_free (image);
    }
    g_rand_free (random);
    g_free (path);
    folder_remove (folder);
}

static void
tiff_of_other_floats (void)
{
    static const uint16_t halves[] = { 0x0000, 0x3c00, 0xc000, 0x3555,
                                       0x0001, 0x03ff, 0x0400, 0x7bff };
    static const double values[] = {
        0, 1, -2, 0.333251953125, 5.9604644775390625e-8, 6.097555160522461e-5, 6.103515625e-5, 65504
    };
    char *folder = folder_new (), *path = folder_file (folder, "float.tif");
    HfImage *image;

    save_raw (path, 16, SAMPLEFORMAT_IEEEFP, PHOTOMETRIC_MINISBLACK, 1, 4, 2, halves, NULL);
    image = picture_load (path);
    g_assert_cmpstr (hf_format_name (image->format), ==, "grey float");
    for (int i = 0; i < 8; i++)
        g_assert_cmpfloat (picture_sample (image, i % 4, i / 4, 0), ==, values[i]);
    hf_image_free (image);
    save_raw (path, 64, SAMPLEFORMAT_IEEEFP, PHOTOMETRIC_MINISBLACK, 1, 4, 2, values, NULL);
    image = picture_load (path);
    for (int i = 0; i < 8; i++)
        g_assert_cmpfloat (picture_sample (image, i % 4, i / 4, 0), ==, (float) values[i]);
    hf_image_free (image);
    g_free (path);
    folder_remove (folder);
}

/* JPEG inside of TIFF is lossy, so near is enough; its YCbCr comes back as RGB. */
static void
tiff_with_jpeg_inside (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "jpeg.tif");
    HfImage *image = picture_ramp (64, 48, (HfFormat) { HF_SAMPLE_U8, 3 }), *back;
    TIFF *tiff = TIFFOpen (path, "w");
    TiffKind kind = { "w", COMPRESSION_JPEG, 0, false, 0, 16, PHOTOMETRIC_YCBCR };

    set_tiff_fields (tiff, image, &kind);
    TIFFSetField (tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    TIFFSetField (tiff, TIFFTAG_JPEGQUALITY, 95);
    write_chunks (tiff, image, &kind);
    TIFFClose (tiff);
    back = picture_load (path);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 64; x++)
            for (int c = 0; c < 3; c++)
                g_assert_cmpfloat_with_epsilon (picture_sample (back, x, y, c),
                                                picture_sample (image, x, y, c), 5);
    hf_image_free (image);
    hf_image_free (back);
    g_free (path);
    folder_remove (folder);
}

static void
assert_refused (const char *path, int code, const char *part)
{
    GError *error = NULL;
    HfImage *image = hf_file_read (path, 1, NULL, NULL, &error);
    char *name = g_path_get_basename (path);

    g_assert_null (image);
    g_assert_error (error, HF_ERROR, code);
    if (!strstr (error->message, name) || !strstr (error->message, part))
        g_error ("'%s' does not tell of %s and %s", error->message, name, part);
    g_error_free (error);
    g_free (name);
}

static void
unread_kinds_are_refused (void)
{
    char *folder = folder_new (), *tiff = folder_file (folder, "odd.tif"),
         *jpeg = folder_file (folder, "cmyk.jpg");
    uint8_t samples[64] = { 0 };
    struct jpeg_compress_struct compress;
    struct jpeg_error_mgr errors;
    FILE *file = g_fopen (jpeg, "wb");
    JSAMPROW row = samples;

    save_raw (tiff, 8, SAMPLEFORMAT_UINT, PHOTOMETRIC_SEPARATED, 4, 2, 2, samples, NULL);
    assert_refused (tiff, HF_ERROR_FORMAT, "CMYK");
    save_raw (tiff, 32, SAMPLEFORMAT_UINT, PHOTOMETRIC_MINISBLACK, 1, 2, 2, samples, NULL);
    assert_refused (tiff, HF_ERROR_FORMAT, "32 bit");
    save_raw (tiff, 16, SAMPLEFORMAT_INT, PHOTOMETRIC_MINISBLACK, 1, 2, 2, samples, NULL);
    assert_refused (tiff, HF_ERROR_FORMAT, "16 bit");
    save_raw (tiff, 8, SAMPLEFORMAT_UINT, PHOTOMETRIC_CIELAB, 3, 2, 2, samples, NULL);
    assert_refused (tiff, HF_ERROR_FORMAT, "photometric 8");

    compress.err = jpeg_std_error (&errors);
    jpeg_create_compress (&compress);
    jpeg_stdio_dest (&compress, file);
    compress.image_width = compress.image_height = 1;
    compress.input_components = 4;
    compress.in_color_space = JCS_CMYK;
    jpeg_set_defaults (&compress);
    jpeg_start_compress (&compress, TRUE);
    jpeg_write_scanlines (&compress, &row, 1);
    jpeg_finish_compress (&compress);
    jpeg_destroy_compress (&compress);
    fclose (file);
    assert_refused (jpeg, HF_ERROR_FORMAT, "CMYK");
    g_free (tiff);
    g_free (jpeg);
    folder_remove (folder);
}

/* Writes a PNG of few bits, packed as libpng wants it. */
static void
save_png (const char *path, int width, int height, int bits, int type, bool interlaced,
          png_bytepp rows, const png_color *palette, int n_palette, const uint8_t *transparent,
          int n_transparent, const png_color_16 *key)
{
    FILE *file = g_fopen (path, "wb");
    png_structp png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct (png);

    png_init_io (png, file);
    png_set_IHDR (png, info, (png_uint_32) width, (png_uint_32) height, bits, type,
                  interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    if (palette)
        png_set_PLTE (png, info, palette, n_palette);
    if (n_transparent || key)
        png_set_tRNS (png, info, transparent, n_transparent, key);
    png_write_info (png, info);
    png_write_image (png, rows);
    png_write_end (png, info);
    png_destroy_write_struct (&png, &info);
    fclose (file);
}

static void
png_with_palette (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "palette.png");
    static const png_color palette[3] = { { 10, 20, 30 }, { 200, 100, 50 }, { 0, 255, 7 } };
    static const uint8_t transparent[2] = { 0, 128 };
    uint8_t row[2] = { 0x1b, 0x00 }; /* indices 0 1 2 3 at 2 bits; only 0..2 are used: 0 1 2 */
    png_bytep rows[1] = { row };

    row[0] = 0x18; /* 0, 1, 2, 0 */
    for (int alpha = 0; alpha < 2; alpha++) {
        HfImage *image;

        save_png (path, 3, 1, 2, PNG_COLOR_TYPE_PALETTE, false, rows, palette, 3, transparent,
                  alpha ? 2 : 0, NULL);
        image = picture_load (path);
        g_assert_cmpint (image->format.n_channels, ==, alpha ? 4 : 3);
        for (int x = 0; x < 3; x++) {
            g_assert_cmpint ((int) picture_sample (image, x, 0, 0), ==, palette[x].red);
            g_assert_cmpint ((int) picture_sample (image, x, 0, 1), ==, palette[x].green);
            g_assert_cmpint ((int) picture_sample (image, x, 0, 2), ==, palette[x].blue);
            if (alpha)
                g_assert_cmpint ((int) picture_sample (image, x, 0, 3), ==,
                                 x < 2 ? transparent[x] : 255);
        }
        hf_image_free (image);
    }
    g_free (path);
    folder_remove (folder);
}

static void
png_of_few_bits_and_transparent_grey (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "bits.png");
    png_color_16 key = { .gray = 5 };
    uint8_t row[2] = { 0x05, 0xf0 }; /* 0 5 15 0 at 4 bits */
    png_bytep rows[1] = { row };
    HfImage *image;

    save_png (path, 4, 1, 4, PNG_COLOR_TYPE_GRAY, false, rows, NULL, 0, NULL, 0, &key);
    image = picture_load (path);
    g_assert_cmpstr (hf_format_name (image->format), ==, "grey and alpha 8 bit");
    for (int x = 0; x < 4; x++) {
        static const int grey[] = { 0, 85, 255, 0 }, alpha[] = { 255, 0, 255, 255 };

        g_assert_cmpint ((int) picture_sample (image, x, 0, 0), ==, grey[x]);
        g_assert_cmpint ((int) picture_sample (image, x, 0, 1), ==, alpha[x]);
    }
    hf_image_free (image);
    g_free (path);
    folder_remove (folder);
}

static void
png_interlaced (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "interlaced.png");
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (int reduction = 1; reduction <= 8; reduction *= 2) {
        HfImage *image = picture_random (53, 29, (HfFormat) { HF_SAMPLE_U8, 3 }, random), *back;
        HfImage *expected = hf_image_reduce (image, reduction, NULL, NULL);
        png_bytep rows[29];
        HfBudget *budget = hf_budget_new (0);

        for (int y = 0; y < 29; y++)
            rows[y] = hf_image_row (image, y);
        save_png (path, 53, 29, 8, PNG_COLOR_TYPE_RGB, true, rows, NULL, 0, NULL, 0, NULL);
        back = hf_file_read (path, reduction, budget, NULL, NULL);
        picture_assert_equal (expected, back);
        g_assert_cmpuint (hf_budget_peak (budget), >=, 53 * 29 * 3);
        hf_image_free (image);
        hf_image_free (expected);
        hf_image_free (back);
        hf_budget_free (budget);
    }
    g_rand_free (random);
    g_free (path);
    folder_remove (folder);
}

static void
save_jpeg (const char *path, const HfImage *image, bool progressive)
{
    struct jpeg_compress_struct compress;
    struct jpeg_error_mgr errors;
    FILE *file = g_fopen (path, "wb");

    compress.err = jpeg_std_error (&errors);
    jpeg_create_compress (&compress);
    jpeg_stdio_dest (&compress, file);
    compress.image_width = (JDIMENSION) image->width;
    compress.image_height = (JDIMENSION) image->height;
    compress.input_components = image->format.n_channels;
    compress.in_color_space = image->format.n_channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults (&compress); /* halved colour */
    jpeg_set_quality (&compress, 97, TRUE);
    if (progressive)
        jpeg_simple_progression (&compress);
    jpeg_start_compress (&compress, TRUE);
    for (int y = 0; y < image->height; y++) {
        JSAMPROW row = hf_image_row (image, y);

        jpeg_write_scanlines (&compress, &row, 1);
    }
    jpeg_finish_compress (&compress);
    jpeg_destroy_compress (&compress);
    fclose (file);
}

/* A progressive file takes its coefficients from the budget, and is refused where they do not fit.
 */
static void
jpeg_progressive (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "progressive.jpg");
    HfImage *image = picture_ramp (160, 120, (HfFormat) { HF_SAMPLE_U8, 3 });

    for (int progressive = 0; progressive < 2; progressive++)
        for (int reduction = 1; reduction <= 8; reduction *= 2) {
            size_t coefficients = 160 * 120 * 2,
                   frame = (size_t) (160 / reduction) * (size_t) (120 / reduction) * 3;
            HfBudget *budget = hf_budget_new (frame + coefficients / 2);
            GError *error = NULL;
            HfImage *expected = hf_image_reduce (image, reduction, NULL, NULL), *back;

            save_jpeg (path, image, progressive);
            back = hf_file_read (path, reduction, progressive ? NULL : budget, NULL, &error);
            g_assert_no_error (error);
            for (int y = 0; y < expected->height; y++)
                for (int x = 0; x < expected->width; x++)
                    g_assert_cmpfloat_with_epsilon (picture_sample (back, x, y, 1),
                                                    picture_sample (expected, x, y, 1), 4);
            hf_image_free (back);
            if (progressive) {
                back = hf_file_read (path, reduction, budget, NULL, &error);
                g_assert_null (back);
                g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
                g_clear_error (&error);
            }
            hf_image_free (expected);
            hf_budget_free (budget);
        }
    hf_image_free (image);
    g_free (path);
    folder_remove (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    TIFFSetWarningHandler (NULL); /* of the writing side, here */
    g_test_add_func ("/files/kinds/tiff-of-all-kinds", tiff_of_all_kinds);
    g_test_add_func ("/files/kinds/tiff-where-white-is-zero", tiff_where_white_is_zero);
    g_test_add_func ("/files/kinds/tiff-with-associated-alpha", tiff_with_associated_alpha);
    g_test_add_func ("/files/kinds/tiff-with-palette", tiff_with_palette);
    g_test_add_func ("/files/kinds/tiff-of-other-floats", tiff_of_other_floats);
    g_test_add_func ("/files/kinds/tiff-with-jpeg-inside", tiff_with_jpeg_inside);
    g_test_add_func ("/files/kinds/unread-kinds-are-refused", unread_kinds_are_refused);
    g_test_add_func ("/files/kinds/png-with-palette", png_with_palette);
    g_test_add_func ("/files/kinds/png-of-few-bits", png_of_few_bits_and_transparent_grey);
    g_test_add_func ("/files/kinds/png-interlaced", png_interlaced);
    g_test_add_func ("/files/kinds/jpeg-progressive", jpeg_progressive);
    return g_test_run ();
}
