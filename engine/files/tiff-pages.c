/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Rows are packed by libtiff, strip by strip, each in one call (only then does it use its fast
 * deflate). libtiff writes BigTIFF, whose offsets hold any length; only when all is written is it
 * known which pages there are, in which order they shall stand, and whether 4 GB suffice. Then the
 * directories are read back, completed, and written once more at the end of the file: linked in the
 * right order and, where all offsets fit into 32 bits, as classic TIFF, which every program reads.
 * Strips stay where they are; the first directories remain as a few unused kilobytes.
 *
 * Completed means: page name and number, position, and the Exif directories, which libtiff could
 * only write tag by tag as far as it knows them. Of Exif that is everything but the maker's note:
 * Make, Model, DateTime, Artist, Copyright and ImageDescription in the page's own directory, as
 * TIFF wants it, the directories of Exif, GPS and interoperability as they are.
 *
 * Positions are X/YPosition in inches or centimetres, times X/YResolution; they are written as
 * fractions that give whole pixels again. TIFF has no negative ones: all pages are moved together
 * so that the smallest is 0. (TIFF 6.0, sections 8 and 12; Exif 2.32, section 4.)
 */
#include "files/tiff-pages.h"

#include "files/exif.h"
#include "files/tiff-stream.h"

#include <errno.h>
#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum {
    STRIP_BYTES = 1 << 18,          /* of packed samples: fits the cache, thousands are no burden */
    MOST_IFD_BYTES = 1 << 28,       /* of one value, when directories are read back */
    DEFAULT_RESOLUTION = 72,        /* pixels an inch, where positions need one */
    RESOLUTION_DENOMINATOR = 10000, /* resolutions are kept to this fraction */
    DEFLATE_LEVEL = 1               /* higher ones win a few per cent for several times the work */
};

typedef struct Page {
    HfPictureKind kind;
    char *name;
    int x, y, width, height;
    HfMetadata *metadata;
    uint64_t offset; /* of its first directory, once that is known */
} Page;

struct HfTiffPages {
    HfTemporary *file;
    HfTiffStream stream;
    TIFF *tiff;
    int compression; /* HfCompression */
    bool layered;
    GArray *pages; /* Page, in the order they came */

    char *strip; /* rows of the strip that is being filled */
    size_t row_bytes;
    int strip_rows;   /* of a full strip */
    int n_in_strip;   /* rows in it now */
    uint32_t n_strip; /* its number in the page */
};

static bool
fail (HfTiffPages *self, GError **error)
{
    if (self->stream.error_number)
        return hf_temporary_fail (self->file, self->stream.error_number, error);
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: %s", self->file->label,
                 hf_tiff_reason (&self->stream));
    return false;
}

static void
clear_page (void *data)
{
    Page *page = data;

    g_free (page->name);
    hf_metadata_unref (page->metadata);
}

static Page *
page_at (HfTiffPages *self, guint i)
{
    return &g_array_index (self->pages, Page, i);
}

HfTiffPages *
hf_tiff_pages_new (HfTemporary *file, const HfFileOptions *options, bool layered, GError **error)
{
    HfTiffPages *self = g_new0 (HfTiffPages, 1);

    self->file = file;
    self->stream.fd = file->fd;
    self->compression = options->compression;
    self->layered = layered;
    self->pages = g_array_new (FALSE, FALSE, sizeof (Page));
    g_array_set_clear_func (self->pages, clear_page);
    self->tiff = hf_tiff_open (&self->stream, file->label, "w8m", 0);
    if (!self->tiff) {
        fail (self, error);
        g_clear_pointer (&self, hf_tiff_pages_free);
    }
    return self;
}

void
hf_tiff_pages_free (HfTiffPages *self)
{
    if (!self)
        return;
    if (self->tiff)
        TIFFClose (self->tiff);
    g_array_free (self->pages, TRUE);
    hf_pixels_free (self->strip);
    g_free (self);
}

static void
set_format (TIFF *tiff, const HfPictureInfo *info)
{
    static const uint16_t alpha[] = { EXTRASAMPLE_UNASSALPHA };
    bool colour = hf_format_n_colours (info->format) == 3;

    TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, (uint32_t) info->width);
    TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, (uint32_t) info->height);
    TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, info->format.n_channels);
    TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, 8 * (int) info->format.type);
    TIFFSetField (tiff, TIFFTAG_SAMPLEFORMAT,
                  info->format.type == HF_SAMPLE_FLOAT ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC, colour ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField (tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    if (hf_format_has_alpha (info->format))
        TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, alpha);
}

static void
set_compression (TIFF *tiff, int compression, HfSampleType type)
{
    static const uint16_t codes[] = { [HF_COMPRESSION_NONE] = COMPRESSION_NONE,
                                      [HF_COMPRESSION_LZW] = COMPRESSION_LZW,
                                      [HF_COMPRESSION_DEFLATE] = COMPRESSION_ADOBE_DEFLATE };

    TIFFSetField (tiff, TIFFTAG_COMPRESSION, codes[compression]);
    if (compression == HF_COMPRESSION_NONE)
        return;
    TIFFSetField (tiff, TIFFTAG_PREDICTOR,
                  type == HF_SAMPLE_FLOAT ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
    if (compression == HF_COMPRESSION_DEFLATE)
        TIFFSetField (tiff, TIFFTAG_ZIPQUALITY, DEFLATE_LEVEL);
}

static void
set_blocks (TIFF *tiff, const HfMetadata *metadata)
{
    if (metadata && metadata->icc)
        TIFFSetField (tiff, TIFFTAG_ICCPROFILE, (uint32_t) g_bytes_get_size (metadata->icc),
                      g_bytes_get_data (metadata->icc, NULL));
    if (metadata && metadata->xmp)
        TIFFSetField (tiff, TIFFTAG_XMLPACKET, (uint32_t) g_bytes_get_size (metadata->xmp),
                      g_bytes_get_data (metadata->xmp, NULL));
}

static bool
new_strip (HfTiffPages *self, const HfPictureInfo *info, GError **error)
{
    self->row_bytes = (size_t) info->width * hf_format_bytes (info->format);
    self->strip_rows = (int) CLAMP (STRIP_BYTES / self->row_bytes, 1, (size_t) info->height);
    self->n_in_strip = 0;
    self->n_strip = 0;
    hf_pixels_free (self->strip);
    self->strip = hf_pixels_new_n (NULL, (size_t) self->strip_rows, self->row_bytes,
                                   "a strip of a TIFF", error);
    return self->strip != NULL;
}

bool
hf_tiff_pages_begin (HfTiffPages *self, const HfPictureInfo *info, GError **error)
{
    Page page = { .kind = info->kind,
                  .name = g_strdup (info->name),
                  .x = info->x,
                  .y = info->y,
                  .width = info->width,
                  .height = info->height,
                  .metadata = hf_metadata_ref (info->metadata) };

    g_array_append_val (self->pages, page);
    if (!new_strip (self, info, error))
        return false;
    set_format (self->tiff, info);
    set_compression (self->tiff, self->compression, info->format.type);
    set_blocks (self->tiff, info->metadata);
    TIFFSetField (self->tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t) self->strip_rows);
    return self->stream.message[0] == 0 || fail (self, error);
}

static bool
write_strip (HfTiffPages *self, GError **error)
{
    tmsize_t size = (tmsize_t) (self->row_bytes * (size_t) self->n_in_strip);

    if (self->n_in_strip == 0)
        return true;
    self->n_in_strip = 0;
    return TIFFWriteEncodedStrip (self->tiff, self->n_strip++, self->strip, size) == size ||
           fail (self, error);
}

bool
hf_tiff_pages_rows (HfTiffPages *self, const void *first, size_t stride, int n_rows, GError **error)
{
    for (int i = 0; i < n_rows; i++) {
        memcpy (self->strip + (size_t) self->n_in_strip * self->row_bytes,
                (const char *) first + (size_t) i * stride, self->row_bytes);
        if (++self->n_in_strip == self->strip_rows && !write_strip (self, error))
            return false;
    }
    return true;
}

bool
hf_tiff_pages_end (HfTiffPages *self, GError **error)
{
    if (!write_strip (self, error))
        return false;
    return TIFFWriteDirectory (self->tiff) || fail (self, error);
}

/* Where libtiff put the directories: they are linked in the order the pages came. */
static bool
find_directories (HfTiffPages *self)
{
    HfIfdLayout layout;
    uint64_t offset;
    HfIfd *ifd;

    if (!hf_ifd_read_header (self->stream.fd, &layout, &offset))
        return false;
    for (guint i = 0; i < self->pages->len; i++) {
        page_at (self, i)->offset = offset;
        ifd = hf_ifd_read (self->stream.fd, layout, offset, 0);
        if (!ifd)
            return false;
        offset = ifd->next;
        hf_ifd_free (ifd);
    }
    return true;
}

static void
set_fraction (HfIfd *ifd, uint16_t tag, uint32_t numerator, uint32_t denominator)
{
    uint32_t fraction[2] = { numerator, denominator };

    hf_ifd_set (ifd, tag, HF_IFD_RATIONAL, 1, fraction);
}

static void
set_short (HfIfd *ifd, uint16_t tag, int number)
{
    uint16_t value = (uint16_t) number;

    hf_ifd_set (ifd, tag, HF_IFD_SHORT, 1, &value);
}

static uint32_t
resolution_numerator (double resolution)
{
    return (uint32_t) (CLAMP (resolution, 0.01, 4e5) * RESOLUTION_DENOMINATOR + 0.5);
}

/* offset / resolution, in numbers of 32 bits. */
static void
set_position (HfIfd *ifd, uint16_t tag, int64_t offset, uint32_t resolution)
{
    uint64_t numerator = (uint64_t) offset * RESOLUTION_DENOMINATOR, denominator = resolution;

    while (numerator > UINT32_MAX) {
        numerator /= 2;
        denominator = MAX (denominator / 2, 1);
    }
    set_fraction (ifd, tag, (uint32_t) numerator, (uint32_t) denominator);
}

static void
set_resolution (HfTiffPages *self, HfIfd *ifd, const Page *page)
{
    const HfMetadata *metadata = page->metadata;
    bool known = metadata && metadata->x_resolution > 0 && metadata->y_resolution > 0;

    if (!known && !self->layered)
        return;
    set_fraction (ifd, TIFFTAG_XRESOLUTION,
                  resolution_numerator (known ? metadata->x_resolution : DEFAULT_RESOLUTION),
                  RESOLUTION_DENOMINATOR);
    set_fraction (ifd, TIFFTAG_YRESOLUTION,
                  resolution_numerator (known ? metadata->y_resolution : DEFAULT_RESOLUTION),
                  RESOLUTION_DENOMINATOR);
    set_short (ifd, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
}

static void
set_layer (HfTiffPages *self, HfIfd *ifd, const Page *page, int number)
{
    uint32_t type = FILETYPE_PAGE;
    uint16_t numbers[2] = { (uint16_t) MIN (number, 65535),
                            (uint16_t) MIN (self->pages->len, 65535) };
    int left = 0, top = 0;
    uint32_t x_resolution = ((const uint32_t *) hf_ifd_find (ifd, TIFFTAG_XRESOLUTION)->value)[0];
    uint32_t y_resolution = ((const uint32_t *) hf_ifd_find (ifd, TIFFTAG_YRESOLUTION)->value)[0];

    for (guint i = 0; i < self->pages->len; i++) {
        left = MIN (left, page_at (self, i)->x);
        top = MIN (top, page_at (self, i)->y);
    }
    hf_ifd_set (ifd, TIFFTAG_SUBFILETYPE, HF_IFD_LONG, 1, &type);
    hf_ifd_set (ifd, TIFFTAG_PAGENUMBER, HF_IFD_SHORT, 2, numbers);
    if (page->name)
        hf_ifd_set_text (ifd, TIFFTAG_PAGENAME, page->name);
    set_position (ifd, TIFFTAG_XPOSITION, (int64_t) page->x - left, x_resolution);
    set_position (ifd, TIFFTAG_YPOSITION, (int64_t) page->y - top, y_resolution);
}

/* Appends a directory of Exif and lets `parent` point to it. */
static bool
append_part (int fd, HfIfdLayout layout, HfIfd *parent, uint16_t tag, const HfIfd *part)
{
    uint64_t offset, link;

    if (part->entries->len == 0)
        return true;
    if (!hf_ifd_append (fd, layout, part, &offset, &link))
        return false;
    hf_ifd_set (parent, tag, HF_IFD_IFD8, 1, &offset);
    return true;
}

static bool
append_exif (HfTiffPages *self, HfIfdLayout layout, HfIfd *ifd, const Page *page)
{
    GBytes *block = hf_exif_for_output (page->metadata->exif, page->width, page->height);
    HfExifParts parts = hf_exif_split (block);
    bool appended;

    for (guint i = 0; i < parts.main->entries->len; i++) {
        const HfIfdEntry *entry = &g_array_index (parts.main->entries, HfIfdEntry, i);

        hf_ifd_set (ifd, entry->tag, entry->type, entry->count, entry->value);
    }
    appended = append_part (self->stream.fd, layout, parts.exif, HF_TAG_INTEROPERABILITY_IFD,
                            parts.interoperability) &&
               append_part (self->stream.fd, layout, ifd, HF_TAG_EXIF_IFD, parts.exif) &&
               append_part (self->stream.fd, layout, ifd, HF_TAG_GPS_IFD, parts.gps);
    hf_exif_parts_clear (&parts);
    if (block)
        g_bytes_unref (block);
    return appended;
}

/* Writes the page's directory anew, as number `number` of the file. */
static bool
append_page (HfTiffPages *self, HfIfdLayout layout, const Page *page, int number, uint64_t *offset,
             uint64_t *link)
{
    HfIfdLayout written = { true, false };
    HfIfd *ifd = hf_ifd_read (self->stream.fd, written, page->offset, MOST_IFD_BYTES);
    char *software = hf_exif_software ();
    bool appended = ifd != NULL;

    if (appended) {
        hf_ifd_set_text (ifd, TIFFTAG_SOFTWARE, software);
        set_resolution (self, ifd, page);
        if (self->layered)
            set_layer (self, ifd, page, number);
        if (number == 0 && page->metadata && page->metadata->exif)
            appended = append_exif (self, layout, ifd, page);
        appended = appended && hf_ifd_append (self->stream.fd, layout, ifd, offset, link);
    }
    hf_ifd_free (ifd);
    g_free (software);
    return appended;
}

/* The page that stands at place `number`: the first fused one, then the others as they came. */
static const Page *
page_in_order (HfTiffPages *self, guint number)
{
    guint fused = 0;

    while (fused < self->pages->len && page_at (self, fused)->kind != HF_PICTURE_FUSED)
        fused++;
    if (fused == self->pages->len || number > fused)
        return page_at (self, number);
    return page_at (self, number == 0 ? fused : number - 1);
}

static bool
append_directories (HfTiffPages *self, HfIfdLayout layout)
{
    uint64_t first = 0, link = 0;

    for (guint i = 0; i < self->pages->len; i++) {
        uint64_t offset, next_link;

        if (!append_page (self, layout, page_in_order (self, i), (int) i, &offset, &next_link))
            return false;
        if (i == 0)
            first = offset;
        else if (!hf_ifd_link (self->stream.fd, layout, link, offset))
            return false;
        link = next_link;
    }
    return hf_ifd_write_header (self->stream.fd, layout, first);
}

bool
hf_tiff_pages_finish (HfTiffPages *self, GError **error)
{
    HfIfdLayout classic = { false, false }, big = { true, false };
    bool done;

    TIFFClose (g_steal_pointer (&self->tiff));
    if (self->stream.error_number)
        return fail (self, error);
    errno = 0;
    done = find_directories (self) && append_directories (self, classic);
    if (!done && errno == EFBIG)
        done = append_directories (self, big);
    return done || hf_temporary_fail (self->file, errno, error);
}
