/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * PNG by libpng. Palettes become RGB, transparency by colour becomes alpha, grey below 8 bit
 * becomes 8 bit; 16-bit samples come in the machine's byte order. An interlaced picture cannot be
 * read from the top down: it is decoded whole into memory of the budget first.
 *
 * Errors leave libpng by longjmp, as in jpeg-reader.c.
 */
#include "files/exif.h"
#include "files/reader.h"

#include <hyperfocal/files.h>
#include <png.h>
#include <string.h>

enum {
    MOST_CHUNK_BYTES = 64 << 20, /* of one profile or text */
    MOST_CHUNKS = 256,           /* of the kinds that are kept */
    MOST_INFLATION = 1032        /* deflate makes no more than that out of a byte */
};

typedef struct PngReader {
    HfReader parent;
    png_structp png;
    png_infop info;
    char message[128];
    bool interlaced;
    char *whole;   /* of an interlaced picture */
    size_t stride; /* bytes of its rows */
    int next_row;
} PngReader;

static void
leave (png_structp png, png_const_charp message)
{
    PngReader *self = png_get_error_ptr (png);

    g_strlcpy (self->message, message, sizeof self->message);
    png_longjmp (png, 1);
}

static void
pass_over (png_structp png, png_const_charp message)
{
}

static void
read_bytes (png_structp png, png_bytep bytes, size_t n)
{
    if (fread (bytes, 1, n, png_get_io_ptr (png)) != n)
        png_error (png, "the file ends too early");
}

static bool
fail (PngReader *self, GError **error)
{
    return hf_reader_fail (&self->parent, error, "%s", self->message);
}

static void
read_profile (PngReader *self)
{
    png_charp name;
    png_bytep bytes;
    png_uint_32 n;
    int method;

    if (png_get_iCCP (self->png, self->info, &name, &method, &bytes, &n) == PNG_INFO_iCCP)
        self->parent.metadata->icc = g_bytes_new (bytes, n);
}

static void
read_text (PngReader *self)
{
    png_textp texts;
    int n = 0;

    png_get_text (self->png, self->info, &texts, &n);
    for (int i = 0; i < n; i++)
        if (strcmp (texts[i].key, "XML:com.adobe.xmp") == 0 && !self->parent.metadata->xmp &&
            texts[i].text)
            self->parent.metadata->xmp = g_bytes_new (texts[i].text, strlen (texts[i].text));
}

static void
read_resolution (PngReader *self)
{
    self->parent.metadata->x_resolution =
        png_get_x_pixels_per_meter (self->png, self->info) * 0.0254;
    self->parent.metadata->y_resolution =
        png_get_y_pixels_per_meter (self->png, self->info) * 0.0254;
}

static void
read_exif (PngReader *self)
{
    png_bytep bytes;
    png_uint_32 n;

    if (png_get_eXIf_1 (self->png, self->info, &n, &bytes) == PNG_INFO_eXIf)
        self->parent.metadata->exif = g_bytes_new (bytes, n);
}

/*
 * Exif may stand behind the pixels, where libpng meets it too late for the orientation: walks along
 * the chunks. A file that ends before its last chunk is found out here, without decoding.
 */
static bool
walk_chunks (PngReader *self, GError **error)
{
    FILE *file = self->parent.file;
    long back = ftell (file);
    uint64_t at = 8;
    uint8_t head[8];

    for (;;) {
        uint32_t length;

        if (fseek (file, (long) at, SEEK_SET) != 0 || fread (head, 1, 8, file) != 8)
            return hf_reader_fail (&self->parent, error, "the file ends too early");
        length = (uint32_t) head[0] << 24 | (uint32_t) head[1] << 16 | (uint32_t) head[2] << 8 |
                 (uint32_t) head[3];
        at += 12 + (uint64_t) length;
        if (at > self->parent.size)
            return hf_reader_fail (&self->parent, error, "the file ends too early");
        if (memcmp (head + 4, "IEND", 4) == 0)
            break;
        if (memcmp (head + 4, "eXIf", 4) == 0 && !self->parent.metadata->exif && length > 0 &&
            length <= MOST_CHUNK_BYTES) {
            uint8_t *bytes = g_malloc (length);

            if (fread (bytes, 1, length, file) == length)
                self->parent.metadata->exif = g_bytes_new (bytes, length);
            g_free (bytes);
        }
    }
    return fseek (file, back, SEEK_SET) == 0;
}

/* Sets the transformations up and takes down what comes out of them. */
static bool
read_format (PngReader *self, GError **error)
{
    HfReader *reader = &self->parent;
    uint64_t bytes;

    png_set_expand (self->png);
    if (png_get_bit_depth (self->png, self->info) == 16 && G_BYTE_ORDER == G_LITTLE_ENDIAN)
        png_set_swap (self->png);
    self->interlaced = png_set_interlace_handling (self->png) > 1;
    bytes = png_get_rowbytes (self->png, self->info); /* as packed in the file */
    png_read_update_info (self->png, self->info);
    reader->width = (int) png_get_image_width (self->png, self->info);
    reader->height = (int) png_get_image_height (self->png, self->info);
    reader->format =
        (HfFormat) { png_get_bit_depth (self->png, self->info) == 16 ? HF_SAMPLE_U16 : HF_SAMPLE_U8,
                     png_get_channels (self->png, self->info) };
    if (bytes * (uint64_t) reader->height / MOST_INFLATION > reader->size)
        return hf_reader_fail (reader, error,
                               "%" G_GUINT64_FORMAT " bytes cannot hold %d × %d pixels",
                               reader->size, reader->width, reader->height);
    return true;
}

static bool
png_open (HfReader *reader, GError **error)
{
    PngReader *self = (PngReader *) reader;

    self->png = png_create_read_struct (PNG_LIBPNG_VER_STRING, self, leave, pass_over);
    self->info = self->png ? png_create_info_struct (self->png) : NULL;
    if (!self->info)
        return hf_reader_fail (reader, error, "libpng cannot be started");
    if (setjmp (png_jmpbuf (self->png)))
        return fail (self, error);
    png_set_user_limits (self->png, HF_FILE_LONGEST_SIDE, HF_FILE_LONGEST_SIDE);
    png_set_chunk_malloc_max (self->png, MOST_CHUNK_BYTES);
    png_set_chunk_cache_max (self->png, MOST_CHUNKS);
    png_set_read_fn (self->png, reader->file, read_bytes);
    png_read_info (self->png, self->info);
    if (!hf_reader_check_size (reader, png_get_image_width (self->png, self->info),
                               png_get_image_height (self->png, self->info), error))
        return false;
    read_profile (self);
    read_text (self);
    read_resolution (self);
    read_exif (self);
    if (!walk_chunks (self, error) || !read_format (self, error))
        return false;
    reader->orientation = hf_exif_orientation (reader->metadata->exif);
    return true;
}

static bool
png_start (HfReader *reader, int reduction, HfBudget *budget, GError **error)
{
    PngReader *self = (PngReader *) reader;

    if (!self->interlaced)
        return true;
    self->stride = (size_t) reader->width * hf_format_bytes (reader->format);
    self->whole =
        hf_pixels_new_n (budget, (size_t) reader->height, self->stride, "an interlaced PNG", error);
    if (!self->whole)
        return false;
    if (setjmp (png_jmpbuf (self->png)))
        return fail (self, error);
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++)
        for (int y = 0; y < reader->height; y++)
            png_read_row (self->png, (png_bytep) self->whole + (size_t) y * self->stride, NULL);
    return true;
}

static bool
png_rows (HfReader *reader, void *first, size_t stride, int n_rows, GError **error)
{
    PngReader *self = (PngReader *) reader;

    if (setjmp (png_jmpbuf (self->png)))
        return fail (self, error);
    for (int i = 0; i < n_rows; i++, self->next_row++) {
        png_bytep row = (png_bytep) first + (size_t) i * stride;

        if (self->interlaced)
            memcpy (row, self->whole + (size_t) self->next_row * self->stride, self->stride);
        else
            png_read_row (self->png, row, NULL);
    }
    return true;
}

static bool
png_finish (HfReader *reader, GError **error)
{
    PngReader *self = (PngReader *) reader;

    if (setjmp (png_jmpbuf (self->png)))
        return fail (self, error);
    png_read_end (self->png, NULL);
    return true;
}

static void
png_close (HfReader *reader)
{
    PngReader *self = (PngReader *) reader;

    if (self->png)
        png_destroy_read_struct (&self->png, &self->info, NULL);
    hf_pixels_free (self->whole);
}

const HfReaderClass hf_png_reader_class = { png_open,   png_start, png_rows,
                                            png_finish, png_close, sizeof (PngReader) };
