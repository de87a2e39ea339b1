/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * TIFF by libtiff: one page of a file, grey, RGB or with a palette, of 8 or 16 bit or floats
 * of 16, 32 or 64 bit, in strips or tiles, planes together or apart, in any compression libtiff
 * knows.
 *
 * Rows of samples are had in one of three ways:
 *
 *     plain     uncompressed strips, planes together: read from their place in the file
 *     lines     compressed strips, planes together: libtiff decodes line by line
 *     blocks    tiles, or planes apart: a row of tiles (or a strip of each plane) at a time
 *
 * and then unpacked (files/tiff-samples.h).
 */
#include "files/exif.h"
#include "files/reader.h"
#include "files/tiff-samples.h"
#include "files/tiff-stream.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_SAMPLES = 16,
    MOST_TILE_PIXELS = 1 << 26,
    MOST_EXIF_BYTES = 1 << 20, /* of one value */
    SPARE_BYTES = 64 << 20     /* libtiff may allocate the file's size and this at once */
};

typedef enum { WAY_PLAIN, WAY_LINES, WAY_BLOCKS } Way;

typedef struct TiffReader {
    HfReader parent;
    HfTiffStream stream;
    TIFF *tiff;

    HfTiffSamples samples; /* of the stored picture */
    uint16_t compression, planes;
    bool as_stored; /* samples are the rows: nothing to unpack */

    Way way;
    uint32_t chunk_width, chunk_height; /* pixels of a tile; of a strip */
    size_t row_bytes;                   /* of all samples of a row */
    char *buffer;                       /* one row (plain, lines) or chunk_height rows (blocks) */
    char *chunk;                        /* one tile or strip, one plane or all */
    int next_row;
} TiffReader;

static bool
fail (TiffReader *self, GError **error)
{
    return hf_reader_fail (&self->parent, error, "%s", hf_tiff_reason (&self->stream));
}

/* Which samples are floats, and does the engine have a type for them? */
static bool
read_sample_type (TiffReader *self, GError **error)
{
    bool whole = self->samples.sample_format == SAMPLEFORMAT_UINT &&
                 (self->samples.bits == 8 || self->samples.bits == 16);
    bool real = self->samples.sample_format == SAMPLEFORMAT_IEEEFP &&
                (self->samples.bits == 16 || self->samples.bits == 32 || self->samples.bits == 64);

    if (!whole && !real)
        return hf_reader_fail (&self->parent, error,
                               "samples of %u bit (sample format %u) are not read; 8 and 16 bit "
                               "and floats are",
                               self->samples.bits, self->samples.sample_format);
    self->parent.format.type = real                      ? HF_SAMPLE_FLOAT
                               : self->samples.bits == 8 ? HF_SAMPLE_U8
                                                         : HF_SAMPLE_U16;
    return true;
}

static bool
read_palette (TiffReader *self, GError **error)
{
    uint16_t **palette = self->samples.palette;

    if (self->samples.bits != 8 || self->samples.sample_format != SAMPLEFORMAT_UINT ||
        !TIFFGetField (self->tiff, TIFFTAG_COLORMAP, &palette[0], &palette[1], &palette[2]))
        return hf_reader_fail (&self->parent, error, "a palette of %u bit is not read",
                               self->samples.bits);
    for (int i = 0; i < 256; i++)
        if ((palette[0][i] | palette[1][i] | palette[2][i]) > 255)
            self->samples.palette_shift = 8;
    return true;
}

/* Number of colours in the file; 0 where it is no picture in grey or RGB. */
static int
read_colours (TiffReader *self, GError **error)
{
    switch (self->samples.photometric) {
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MINISWHITE:
        return 1;
    case PHOTOMETRIC_RGB:
        return 3;
    case PHOTOMETRIC_YCBCR:
        if (self->compression == COMPRESSION_JPEG &&
            TIFFSetField (self->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB))
            return 3;
        break;
    case PHOTOMETRIC_PALETTE:
        return read_palette (self, error) ? 1 : 0;
    case PHOTOMETRIC_SEPARATED:
        hf_reader_fail (&self->parent, error, "its colours are CMYK, not RGB or grey");
        return 0;
    }
    hf_reader_fail (&self->parent, error, "its kind of colours (photometric %u) is not read",
                    self->samples.photometric);
    return 0;
}

static bool
read_channels (TiffReader *self, GError **error)
{
    int n_colours = read_colours (self, error);
    uint16_t n_extra = 0, *extra = NULL;

    if (n_colours == 0)
        return false;
    if (self->samples.n_samples < n_colours || self->samples.n_samples > MOST_SAMPLES)
        return hf_reader_fail (&self->parent, error, "it has %u samples a pixel",
                               self->samples.n_samples);
    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_EXTRASAMPLES, &n_extra, &extra);
    self->samples.alpha = -1;
    for (int i = 0;
         i < n_extra && n_colours + i < self->samples.n_samples && self->samples.alpha < 0; i++)
        if (extra[i] == EXTRASAMPLE_ASSOCALPHA || extra[i] == EXTRASAMPLE_UNASSALPHA) {
            self->samples.alpha = n_colours + i;
            self->samples.associated = extra[i] == EXTRASAMPLE_ASSOCALPHA;
        }
    self->parent.format.n_channels =
        (self->samples.palette[0] ? 3 : n_colours) + (self->samples.alpha >= 0);
    return true;
}

static bool
read_tiles (TiffReader *self, GError **error)
{
    if (!TIFFGetField (self->tiff, TIFFTAG_TILEWIDTH, &self->chunk_width) ||
        !TIFFGetField (self->tiff, TIFFTAG_TILELENGTH, &self->chunk_height) ||
        self->chunk_width == 0 || self->chunk_height == 0 ||
        (uint64_t) self->chunk_width * self->chunk_height > MOST_TILE_PIXELS)
        return hf_reader_fail (&self->parent, error, "its tiles have %u × %u pixels",
                               self->chunk_width, self->chunk_height);
    self->way = WAY_BLOCKS;
    return true;
}

static bool
read_strips (TiffReader *self, GError **error)
{
    uint16_t fill_order = FILLORDER_MSB2LSB;
    uint32_t height = (uint32_t) self->parent.height;

    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_ROWSPERSTRIP, &self->chunk_height);
    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_FILLORDER, &fill_order);
    self->chunk_width = (uint32_t) self->parent.width;
    self->chunk_height = CLAMP (self->chunk_height, 1, height);
    if (self->planes == PLANARCONFIG_SEPARATE && self->samples.n_samples > 1)
        self->way = WAY_BLOCKS;
    else if (self->compression == COMPRESSION_NONE && fill_order == FILLORDER_MSB2LSB)
        self->way = WAY_PLAIN;
    else
        self->way = WAY_LINES;
    return true;
}

/* libtiff's own idea of a row or tile must be ours, or the buffers would not fit. */
static bool
check_layout (TiffReader *self, GError **error)
{
    bool apart = self->planes == PLANARCONFIG_SEPARATE && self->samples.n_samples > 1;
    uint64_t row = (uint64_t) self->chunk_width * hf_tiff_sample_bytes (&self->samples) *
                   (apart ? 1 : self->samples.n_samples);
    bool tiled = TIFFIsTiled (self->tiff);
    uint64_t size = tiled ? TIFFTileRowSize64 (self->tiff) : TIFFScanlineSize64 (self->tiff);

    if (size == row && (!tiled || TIFFTileSize64 (self->tiff) == row * self->chunk_height))
        return true;
    return hf_reader_fail (&self->parent, error, "the layout of its samples is not read");
}

static bool
read_header (TiffReader *self, GError **error)
{
    HfReader *reader = &self->parent;
    uint32_t width = 0, height = 0;
    uint16_t orientation = 1;

    TIFFGetField (self->tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField (self->tiff, TIFFTAG_IMAGELENGTH, &height);
    if (!hf_reader_check_size (reader, width, height, error))
        return false;
    reader->width = (int) width;
    reader->height = (int) height;
    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_ORIENTATION, &orientation);
    reader->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_SAMPLESPERPIXEL, &self->samples.n_samples);
    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_BITSPERSAMPLE, &self->samples.bits);
    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_SAMPLEFORMAT, &self->samples.sample_format);
    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_PLANARCONFIG, &self->planes);
    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_COMPRESSION, &self->compression);
    if (!TIFFGetField (self->tiff, TIFFTAG_PHOTOMETRIC, &self->samples.photometric))
        self->samples.photometric =
            self->samples.n_samples < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
    if (!TIFFIsCODECConfigured (self->compression))
        return hf_reader_fail (reader, error, "its compression (%u) is not known to libtiff",
                               self->compression);
    self->row_bytes =
        (size_t) width * self->samples.n_samples * hf_tiff_sample_bytes (&self->samples);
    if (!read_sample_type (self, error) || !read_channels (self, error))
        return false;
    self->samples.width = reader->width;
    self->samples.format = reader->format;
    self->as_stored = hf_tiff_samples_are_rows (&self->samples);
    return (TIFFIsTiled (self->tiff) ? read_tiles (self, error) : read_strips (self, error)) &&
           check_layout (self, error);
}

static GBytes *
read_block (TIFF *tiff, uint32_t tag)
{
    uint32_t n = 0;
    void *bytes = NULL;

    return TIFFGetField (tiff, tag, &n, &bytes) && n > 0 ? g_bytes_new (bytes, n) : NULL;
}

static void
read_resolution (TiffReader *self)
{
    float x = 0, y = 0;
    uint16_t unit = RESUNIT_INCH;
    double scale;

    TIFFGetFieldDefaulted (self->tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    TIFFGetField (self->tiff, TIFFTAG_XRESOLUTION, &x);
    TIFFGetField (self->tiff, TIFFTAG_YRESOLUTION, &y);
    scale = unit == RESUNIT_INCH ? 1 : unit == RESUNIT_CENTIMETER ? 2.54 : 0;
    if (x > 0 && y > 0 && isfinite (x) && isfinite (y)) {
        self->parent.metadata->x_resolution = x * scale;
        self->parent.metadata->y_resolution = y * scale;
    }
}

static HfIfd *
read_part (int fd, HfIfdLayout layout, const HfIfd *from, uint16_t tag)
{
    uint64_t offset;

    return from && hf_ifd_get (from, tag, &offset)
               ? hf_ifd_read (fd, layout, offset, MOST_EXIF_BYTES)
               : NULL;
}

static GBytes *
read_exif (int fd)
{
    HfIfdLayout layout;
    uint64_t first;
    HfIfd *main, *exif, *gps, *interoperability;
    GBytes *block;

    if (!hf_ifd_read_header (fd, &layout, &first))
        return NULL;
    main = hf_ifd_read (fd, layout, first, MOST_EXIF_BYTES);
    exif = read_part (fd, layout, main, HF_TAG_EXIF_IFD);
    gps = read_part (fd, layout, main, HF_TAG_GPS_IFD);
    interoperability = read_part (fd, layout, exif, HF_TAG_INTEROPERABILITY_IFD);
    block = hf_exif_join (main, exif, gps, interoperability);
    hf_ifd_free (main);
    hf_ifd_free (exif);
    hf_ifd_free (gps);
    hf_ifd_free (interoperability);
    return block;
}

static bool
tiff_open (HfReader *reader, GError **error)
{
    TiffReader *self = (TiffReader *) reader;

    self->stream.fd = fileno (reader->file);
    self->tiff = hf_tiff_open (&self->stream, reader->label, "rm", reader->size + SPARE_BYTES);
    if (!self->tiff || (reader->page > 0 && !TIFFSetDirectory (self->tiff, (tdir_t) reader->page)))
        return fail (self, error);
    if (!read_header (self, error))
        return false;
    reader->metadata->icc = read_block (self->tiff, TIFFTAG_ICCPROFILE);
    reader->metadata->xmp = read_block (self->tiff, TIFFTAG_XMLPACKET);
    reader->metadata->exif = read_exif (self->stream.fd);
    read_resolution (self);
    return true;
}

static bool
tiff_start (HfReader *reader, int reduction, HfBudget *budget, GError **error)
{
    TiffReader *self = (TiffReader *) reader;
    size_t rows = self->way == WAY_BLOCKS ? self->chunk_height : 1;
    bool apart = self->planes == PLANARCONFIG_SEPARATE;

    if (self->way != WAY_BLOCKS && self->as_stored)
        return true; /* straight into the frame */
    self->buffer = hf_pixels_new_n (budget, rows, self->row_bytes, "the rows of a TIFF", error);
    if (!self->buffer)
        return false;
    if (self->way == WAY_BLOCKS)
        self->chunk = hf_pixels_new_n (budget, (size_t) self->chunk_width * self->chunk_height,
                                       hf_tiff_sample_bytes (&self->samples) *
                                           (apart ? 1 : self->samples.n_samples),
                                       "a tile of a TIFF", error);
    return self->way != WAY_BLOCKS || self->chunk;
}

/* The samples of one tile or strip, put in place among those of the block's rows. */
static void
scatter_chunk (TiffReader *self, uint32_t x, uint32_t n_rows, int plane)
{
    size_t bytes = hf_tiff_sample_bytes (&self->samples);
    size_t from_step = bytes * (plane < 0 ? self->samples.n_samples : 1);
    size_t to_step = bytes * self->samples.n_samples;
    uint32_t n = MIN (self->chunk_width, (uint32_t) self->parent.width - x);

    for (uint32_t y = 0; y < n_rows; y++) {
        const char *from = self->chunk + (size_t) y * self->chunk_width * from_step;
        char *to = self->buffer + (size_t) y * self->row_bytes + x * to_step;

        if (plane < 0) {
            memcpy (to, from, n * to_step);
            continue;
        }
        to += (size_t) plane * bytes;
        for (uint32_t i = 0; i < n; i++, to += to_step, from += bytes)
            memcpy (to, from, bytes);
    }
}

static bool
read_chunk (TiffReader *self, uint32_t x, uint32_t y, uint32_t n_rows, int plane)
{
    size_t bytes =
        hf_tiff_sample_bytes (&self->samples) * (plane < 0 ? self->samples.n_samples : 1);
    uint16_t sample = (uint16_t) MAX (plane, 0);
    tmsize_t wanted, got;

    if (TIFFIsTiled (self->tiff)) {
        wanted = (tmsize_t) ((size_t) self->chunk_width * self->chunk_height * bytes);
        got = TIFFReadEncodedTile (self->tiff, TIFFComputeTile (self->tiff, x, y, 0, sample),
                                   self->chunk, wanted);
    } else {
        wanted = (tmsize_t) ((size_t) self->chunk_width * n_rows * bytes);
        got = TIFFReadEncodedStrip (self->tiff, TIFFComputeStrip (self->tiff, y, sample),
                                    self->chunk, wanted);
    }
    if (got != wanted)
        return false;
    scatter_chunk (self, x, n_rows, plane);
    return true;
}

/* All tiles, or strips of all planes, that hold rows from `y` on. */
static bool
fill_block (TiffReader *self, uint32_t y)
{
    bool apart = self->planes == PLANARCONFIG_SEPARATE && self->samples.n_samples > 1;
    uint32_t n_rows = MIN (self->chunk_height, (uint32_t) self->parent.height - y);

    for (uint32_t x = 0; x < (uint32_t) self->parent.width; x += self->chunk_width)
        for (int plane = apart ? 0 : -1; plane < (apart ? self->samples.n_samples : 0); plane++)
            if (!read_chunk (self, x, y, n_rows, plane))
                return false;
    return true;
}

static void
swap_samples (TiffReader *self, char *row)
{
    tmsize_t n = (tmsize_t) (self->row_bytes / hf_tiff_sample_bytes (&self->samples));

    if (self->samples.bits == 16)
        TIFFSwabArrayOfShort ((uint16_t *) row, n);
    else if (self->samples.bits == 32)
        TIFFSwabArrayOfLong ((uint32_t *) row, n);
    else if (self->samples.bits == 64)
        TIFFSwabArrayOfLong8 ((uint64_t *) row, n);
}

/* A row of an uncompressed strip, from its place in the file. */
static bool
read_plain (TiffReader *self, uint32_t y, char *row)
{
    uint32_t strip = y / self->chunk_height, within = y % self->chunk_height;
    uint64_t at = (uint64_t) within * self->row_bytes;

    if (TIFFGetStrileByteCount (self->tiff, strip) < at + self->row_bytes) {
        g_strlcpy (self->stream.message, "a strip of rows is too short",
                   sizeof self->stream.message);
        return false;
    }
    at += TIFFGetStrileOffset (self->tiff, strip);
    for (size_t done = 0; done < self->row_bytes;) {
        ssize_t n = at > INT64_MAX
                        ? 0
                        : pread (self->stream.fd, row + done, self->row_bytes - done, (off_t) at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            self->stream.error_number = errno;
        else if (n == 0)
            g_strlcpy (self->stream.message, "the file ends too early",
                       sizeof self->stream.message);
        if (n <= 0)
            return false;
        done += (size_t) n;
        at += (uint64_t) n;
    }
    if (TIFFIsByteSwapped (self->tiff))
        swap_samples (self, row);
    return true;
}

/* The samples of row y: in `row` or, for blocks, where they lie. NULL when they cannot be had. */
static const char *
read_samples (TiffReader *self, uint32_t y, char *row)
{
    switch (self->way) {
    case WAY_PLAIN:
        return read_plain (self, y, row) ? row : NULL;
    case WAY_LINES:
        return TIFFReadScanline (self->tiff, row, y, 0) > 0 ? row : NULL;
    case WAY_BLOCKS:
        break;
    }
    if (y % self->chunk_height == 0 && !fill_block (self, y))
        return NULL;
    return self->buffer + (y % self->chunk_height) * self->row_bytes;
}

static bool
tiff_rows (HfReader *reader, void *first, size_t stride, int n_rows, GError **error)
{
    TiffReader *self = (TiffReader *) reader;

    for (int i = 0; i < n_rows; i++, self->next_row++) {
        char *row = (char *) first + (size_t) i * stride;
        const char *samples =
            read_samples (self, (uint32_t) self->next_row, self->buffer ? self->buffer : row);

        if (!samples)
            return fail (self, error);
        if (!self->as_stored)
            hf_tiff_samples_unpack (&self->samples, samples, row);
        else if (samples != row)
            memcpy (row, samples, self->row_bytes);
    }
    return true;
}

static bool
tiff_finish (HfReader *reader, GError **error)
{
    return true;
}

static void
tiff_close (HfReader *reader)
{
    TiffReader *self = (TiffReader *) reader;

    if (self->tiff)
        TIFFClose (self->tiff);
    hf_pixels_free (self->buffer);
    hf_pixels_free (self->chunk);
}

const HfReaderClass hf_tiff_reader_class = { tiff_open,   tiff_start, tiff_rows,
                                             tiff_finish, tiff_close, sizeof (TiffReader) };
