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
 * only write tag by tag as far as it knows them. Of Exif that is: Make, Model, DateTime, Artist,
 * Copyright and ImageDescription in the page's own directory, as TIFF wants it, and all of the
 * directories of Exif and GPS but the maker's note. The directory of interoperability ("R98") is
 * left out: it says nothing about the photograph, and programs complain of its tag.
 *
 * Positions are X/YPosition in inches or centimetres, times X/YResolution; they are written as
 * fractions that give whole pixels again. TIFF has no negative ones: all pages are moved together
 * so that the smallest is 0. (TIFF 6.0, sections 8 and 12; Exif 2.32, section 4.)
 */
#include "files/tiff-pages.h"

#include "files/exif.h"
#include "files/photoshop.h"
#include "files/tiff-pack.h"
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
    STRIPS_A_THREAD = 4 /* packed at once; a batch is no shorter than its slowest strip */
};

typedef struct Page {
    HfPictureKind kind;
    char *name;
    int x, y, width, height;
    bool transparent; /* has alpha */
    HfMetadata *metadata;
    uint64_t offset; /* of its first directory, once that is known */
} Page;

struct HfTiffPages {
    HfTemporary *file;
    HfTiffStream stream;
    TIFF *tiff; /* NULL before the first page */
    bool layered;
    bool photoshop;           /* a layer block is wanted */
    HfPhotoshopWriter *block; /* NULL: none is made */
    uint64_t block_at;        /* where it stands; 0 = nowhere */
    char *warning;            /* NULL: nothing to say */
    GArray *pages;            /* Page, in the order they came */

    HfPool *pool;    /* of the page being written; borrowed, NULL = one thread */
    HfTiffRows rows; /* of the page that is being written */
    size_t row_bytes;
    int n_strips;     /* in a batch */
    char *batch;      /* rows of n_strips strips */
    char *packed;     /* room for each of them packed */
    size_t bound;     /* bytes of that room for one */
    int n_in_batch;   /* rows in it now */
    uint32_t n_strip; /* number of its first strip in the page */
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
    self->rows.compression = options->compression;
    self->layered = layered;
    self->photoshop = layered && options->photoshop_layers;
    self->pages = g_array_new (FALSE, FALSE, sizeof (Page));
    g_array_set_clear_func (self->pages, clear_page);
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
    hf_photoshop_writer_free (self->block);
    hf_pixels_free (self->batch);
    hf_pixels_free (self->packed);
    g_free (self->warning);
    g_free (self);
}

/* The first page decides on the file's byte order: big-endian where there is a layer block, since
 * some programs read it in no other. */
static bool
open_file (HfTiffPages *self, HfFormat format, GError **error)
{
    bool block = self->photoshop && format.type != HF_SAMPLE_FLOAT;

    self->rows.swapped = block && G_BYTE_ORDER != G_BIG_ENDIAN;
    if (block) {
        self->block = hf_photoshop_writer_new (self->file, format, error);
        if (!self->block)
            return false;
    }
    self->tiff = hf_tiff_open (&self->stream, self->file->label, block ? "w8bm" : "w8m", 0);
    return self->tiff || fail (self, error);
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
written_as_they_are (const HfTiffPages *self)
{
    return self->rows.compression == HF_COMPRESSION_NONE && !self->rows.swapped;
}

static bool
new_batch (HfTiffPages *self, const HfPictureInfo *info, GError **error)
{
    size_t strip;

    self->row_bytes = (size_t) info->width * hf_format_bytes (info->format);
    self->rows.width = info->width;
    self->rows.format = info->format;
    self->rows.strip_rows = (int) CLAMP (STRIP_BYTES / self->row_bytes, 1, (size_t) info->height);
    self->pool = info->pool;
    self->n_strips = self->pool ? STRIPS_A_THREAD * hf_pool_n_threads (self->pool) : 1;
    self->n_in_batch = 0;
    self->n_strip = 0;
    self->bound = hf_tiff_packed_bound (&self->rows);
    strip = self->row_bytes * (size_t) self->rows.strip_rows;
    hf_pixels_free (self->batch);
    hf_pixels_free (self->packed);
    self->packed = NULL;
    self->batch =
        hf_pixels_new_n (NULL, (size_t) self->n_strips, strip, "the strips of a TIFF", error);
    if (self->batch && !written_as_they_are (self))
        self->packed = hf_pixels_new_n (NULL, (size_t) self->n_strips, self->bound,
                                        "the strips of a TIFF", error);
    return self->batch && (self->packed || written_as_they_are (self));
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
                  .transparent = hf_format_has_alpha (info->format),
                  .metadata = hf_metadata_ref (info->metadata) };

    g_array_append_val (self->pages, page);
    if ((!self->tiff && !open_file (self, info->format, error)) || !new_batch (self, info, error))
        return false;
    if (self->block && !hf_photoshop_writer_begin (self->block, info, error))
        return false;
    hf_tiff_set_rows (self->tiff, &self->rows, info->height);
    set_blocks (self->tiff, info->metadata);
    return self->stream.message[0] == 0 || fail (self, error);
}

typedef struct Packing {
    HfTiffPages *pages;
    struct {
        size_t at, size; /* in the strip's room */
        bool good;
    } strips[]; /* n_strips */
} Packing;

/* Rows of strip `i` of the batch. */
static int
rows_of_strip (const HfTiffPages *self, int i)
{
    return MIN (self->rows.strip_rows, self->n_in_batch - i * self->rows.strip_rows);
}

static char *
samples_of_strip (const HfTiffPages *self, int i)
{
    return self->batch + (size_t) i * (size_t) self->rows.strip_rows * self->row_bytes;
}

static void
pack_strip (void *data, int chunk, int worker)
{
    Packing *packing = data;
    HfTiffPages *self = packing->pages;

    packing->strips[chunk].good =
        hf_tiff_pack (&self->rows, samples_of_strip (self, chunk), rows_of_strip (self, chunk),
                      self->packed + (size_t) chunk * self->bound, &packing->strips[chunk].at,
                      &packing->strips[chunk].size);
}

static bool
write_raw (HfTiffPages *self, void *bytes, size_t size, GError **error)
{
    return TIFFWriteRawStrip (self->tiff, self->n_strip++, bytes, (tmsize_t) size) ==
               (tmsize_t) size ||
           fail (self, error);
}

static bool
fail_to_pack (HfTiffPages *self, GError **error)
{
    g_strlcpy (self->stream.message, "its rows cannot be packed", sizeof self->stream.message);
    return fail (self, error);
}

static bool
write_packed (HfTiffPages *self, int n_strips, GError **error)
{
    Packing *packing = g_malloc0 (sizeof *packing + (size_t) n_strips * sizeof packing->strips[0]);
    bool written = true;

    packing->pages = self;
    hf_pool_for (self->pool, n_strips, pack_strip, packing);
    for (int i = 0; i < n_strips && written; i++)
        written = (packing->strips[i].good || fail_to_pack (self, error)) &&
                  write_raw (self, self->packed + (size_t) i * self->bound + packing->strips[i].at,
                             packing->strips[i].size, error);
    g_free (packing);
    return written;
}

static bool
write_batch (HfTiffPages *self, GError **error)
{
    int n_strips = (self->n_in_batch + self->rows.strip_rows - 1) / self->rows.strip_rows;
    bool written = true;

    if (self->packed)
        written = write_packed (self, n_strips, error);
    for (int i = 0; i < n_strips && !self->packed && written; i++)
        written = write_raw (self, samples_of_strip (self, i),
                             (size_t) rows_of_strip (self, i) * self->row_bytes, error);
    self->n_in_batch = 0;
    return written;
}

bool
hf_tiff_pages_rows (HfTiffPages *self, const void *first, size_t stride, int n_rows, GError **error)
{
    if (self->block && !hf_photoshop_writer_rows (self->block, first, stride, n_rows, error))
        return false;
    for (int i = 0; i < n_rows; i++) {
        memcpy (self->batch + (size_t) self->n_in_batch * self->row_bytes,
                (const char *) first + (size_t) i * stride, self->row_bytes);
        if (++self->n_in_batch == self->n_strips * self->rows.strip_rows &&
            !write_batch (self, error))
            return false;
    }
    return true;
}

bool
hf_tiff_pages_end (HfTiffPages *self, GError **error)
{
    if (!write_batch (self, error) ||
        (self->block && !hf_photoshop_writer_end (self->block, error)))
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
    appended = append_part (self->stream.fd, layout, ifd, HF_TAG_EXIF_IFD, parts.exif) &&
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
    HfIfdLayout written = { true, self->rows.swapped };
    HfIfd *ifd = hf_ifd_read (self->stream.fd, written, page->offset, MOST_IFD_BYTES);
    char *software = hf_exif_software ();
    bool appended = ifd != NULL;

    if (appended) {
        hf_ifd_set_text (ifd, TIFFTAG_SOFTWARE, software);
        set_resolution (self, ifd, page);
        if (self->layered)
            set_layer (self, ifd, page, number);
        if (number == 0 && self->block_at)
            hf_ifd_set_place (ifd, HF_TAG_IMAGE_SOURCE_DATA, HF_IFD_UNDEFINED,
                              hf_photoshop_writer_size (self->block), self->block_at);
        if (number == 0 && page->metadata && page->metadata->exif)
            appended = append_exif (self, layout, ifd, page);
        appended = appended && hf_ifd_append (self->stream.fd, layout, ifd, offset, link);
    }
    hf_ifd_free (ifd);
    g_free (software);
    return appended;
}

static int
rank_of (HfPictureKind kind)
{
    return kind == HF_PICTURE_FUSED ? 0 : kind == HF_PICTURE_SLAB ? 1 : 2;
}

/* Which page stands at place `number`: fused ones, then slabs, then the others, as they came. */
static guint
page_in_order (HfTiffPages *self, guint number)
{
    guint before = 0;

    for (int rank = 0; rank < 3; rank++)
        for (guint i = 0; i < self->pages->len; i++)
            if (rank_of (page_at (self, i)->kind) == rank && before++ == number)
                return i;
    return number;
}

/* The layer block lists from the lowest layer up, the pages from the first one down. */
static bool
store_block (HfTiffPages *self)
{
    guint n = self->pages->len;
    const Page *first = page_at (self, page_in_order (self, 0));
    int *order = g_new (int, n);
    struct stat status;
    bool stored = fstat (self->stream.fd, &status) == 0;
    uint64_t offset = ((uint64_t) status.st_size + 7) & ~(uint64_t) 7;

    for (guint i = 0; i < n; i++)
        order[i] = (int) page_in_order (self, n - 1 - i);
    stored = stored && hf_photoshop_writer_store (self->block, self->stream.fd, offset, order,
                                                  first->x, first->y, first->transparent);
    if (stored)
        self->block_at = offset;
    g_free (order);
    return stored;
}

static bool
append_block (HfTiffPages *self)
{
    uint64_t size = self->block ? hf_photoshop_writer_size (self->block) : 0;

    if (size == 0)
        return true;
    if (size <= HF_PHOTOSHOP_MOST_BYTES)
        return store_block (self);
    self->warning = g_strdup_printf (
        "'%s' carries no layers for Photoshop, which would take %.1f GB (at most 2.1 GB can be)",
        self->file->label, (double) size / 1e9);
    return true;
}

static bool
append_directories (HfTiffPages *self, HfIfdLayout layout)
{
    uint64_t first = 0, link = 0;

    for (guint i = 0; i < self->pages->len; i++) {
        uint64_t offset, next_link;

        if (!append_page (self, layout, page_at (self, page_in_order (self, i)), (int) i, &offset,
                          &next_link))
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
    HfIfdLayout classic = { false, self->rows.swapped }, big = { true, self->rows.swapped };
    bool done;

    TIFFClose (g_steal_pointer (&self->tiff));
    if (self->stream.error_number)
        return fail (self, error);
    errno = 0;
    done = find_directories (self) && append_block (self) && append_directories (self, classic);
    if (!done && errno == EFBIG)
        done = append_directories (self, big);
    return done || hf_temporary_fail (self->file, errno, error);
}

const char *
hf_tiff_pages_warning (const HfTiffPages *self)
{
    return self->warning;
}
