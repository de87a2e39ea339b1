/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The layers of one TIFF as frames: its pages, or, where there is one page only, the layers of its
 * Photoshop block. Whoever reads a frame opens the file anew, so any number may be read at once.
 */
#include "files/decode.h"
#include "files/ifd.h"
#include "files/names.h"
#include "files/photoshop.h"
#include "files/reader.h"
#include "files/tiff-stream.h"

#include <fcntl.h>
#include <hyperfocal/error.h>
#include <hyperfocal/files.h>
#include <math.h>
#include <unistd.h>

enum {
    MOST_PAGES = 4096,
    REDUCED = 1 /* bit of SubfileType: a smaller copy of another page */
};

typedef struct LayeredSource {
    HfSource parent;
    char *path, *label;
    GArray *infos;           /* HfFrameInfo */
    GArray *pages;           /* int, the directory of each frame; empty for a block */
    HfPhotoshopBlock *block; /* NULL: frames are pages */
} LayeredSource;

static void
clear_info (void *info)
{
    hf_frame_info_clear (info);
}

/* Where a page lies on the canvas, in pixels. */
static int
position_of (TIFF *tiff, uint32_t tag, uint32_t resolution_tag)
{
    float position = 0, resolution = 0;
    double pixels;

    TIFFGetField (tiff, tag, &position);
    TIFFGetField (tiff, resolution_tag, &resolution);
    pixels = (double) position * (double) resolution;
    return isfinite (pixels) && fabs (pixels) < HF_FILE_LONGEST_SIDE ? (int) lrint (pixels) : 0;
}

static void
add_page (LayeredSource *self, TIFF *tiff, int page)
{
    HfFrameInfo info = { .x = position_of (tiff, TIFFTAG_XPOSITION, TIFFTAG_XRESOLUTION),
                         .y = position_of (tiff, TIFFTAG_YPOSITION, TIFFTAG_YRESOLUTION) };
    uint32_t type = 0;
    char *name = NULL;

    TIFFGetField (tiff, TIFFTAG_SUBFILETYPE, &type);
    if (type & REDUCED)
        return;
    info.name = TIFFGetField (tiff, TIFFTAG_PAGENAME, &name) && name
                    ? g_utf8_make_valid (name, -1)
                    : g_strdup_printf ("page %d", page + 1);
    g_array_append_val (self->infos, info);
    g_array_append_val (self->pages, page);
}

/* Names and places; sizes and formats come from the pages' readers. */
static bool
list_pages (LayeredSource *self, HfReader *reader, GError **error)
{
    HfTiffStream stream = { .fd = fileno (reader->file) };
    TIFF *tiff = hf_tiff_open (&stream, self->label, "rm", reader->size + (64 << 20));
    int page = 0;
    bool more = tiff != NULL;

    for (; more && page < MOST_PAGES; page++) {
        add_page (self, tiff, page);
        more = TIFFReadDirectory (tiff);
    }
    if (tiff)
        TIFFClose (tiff);
    return tiff || hf_reader_fail (reader, error, "%s", hf_tiff_reason (&stream));
}

static bool
read_page_info (LayeredSource *self, int frame, GError **error)
{
    HfFrameInfo *info = &g_array_index (self->infos, HfFrameInfo, frame);
    HfReader *reader =
        hf_reader_open_page (self->path, g_array_index (self->pages, int, frame), error);

    if (!reader)
        return false;
    info->width = hf_reader_upright_width (reader);
    info->height = hf_reader_upright_height (reader);
    info->format = reader->format;
    info->metadata = hf_metadata_ref (reader->metadata);
    hf_reader_close (reader);
    return true;
}

/* ---- a block ---- */

static void
list_block (LayeredSource *self, const HfReader *reader)
{
    g_array_set_size (self->infos, 0);
    g_array_set_size (self->pages, 0);
    for (int i = 0; i < hf_photoshop_block_n_layers (self->block); i++) {
        const HfPhotoshopLayer *layer = hf_photoshop_block_layer (self->block, i);
        HfFrameInfo info = { .name = g_strdup (layer->name),
                             .width = layer->width,
                             .height = layer->height,
                             .x = layer->x,
                             .y = layer->y,
                             .format = layer->format,
                             .metadata = hf_metadata_ref (reader->metadata) };

        g_array_append_val (self->infos, info);
    }
}

/* Takes the block's layers for frames if the only page has a block; else it stays the only frame.
 */
static bool
use_block (LayeredSource *self, const HfReader *reader, GError **error)
{
    int fd = fileno (reader->file);
    HfIfdLayout layout;
    uint64_t first, offset, size;

    if (!hf_ifd_read_header (fd, &layout, &first) ||
        !hf_ifd_find_place (fd, layout, first, HF_TAG_IMAGE_SOURCE_DATA, &offset, &size))
        return true;
    self->block = hf_photoshop_block_read (
        fd, offset, size, layout.swapped == (G_BYTE_ORDER == G_LITTLE_ENDIAN),
        hf_format_n_colours (reader->format), self->label, error);
    if (!self->block)
        return false;
    list_block (self, reader);
    return true;
}

/* ---- the source ---- */

static bool
layered_info (HfSource *source, int frame, HfFrameInfo *info, GError **error)
{
    const HfFrameInfo *known =
        &g_array_index (((LayeredSource *) source)->infos, HfFrameInfo, frame);

    *info = *known;
    info->name = g_strdup (known->name);
    info->metadata = hf_metadata_ref (known->metadata);
    return true;
}

static HfImage *
read_page (LayeredSource *self, int frame, int reduction, HfBudget *budget, GError **error)
{
    HfReader *reader =
        hf_reader_open_page (self->path, g_array_index (self->pages, int, frame), error);
    HfImage *image = reader ? hf_decode (reader, reduction, NULL, budget, error) : NULL;

    hf_reader_close (reader);
    return image;
}

static HfImage *
read_layer (LayeredSource *self, int frame, int reduction, HfBudget *budget, GError **error)
{
    int fd = open (self->path, O_RDONLY | O_CLOEXEC);
    HfImage *image, *reduced;

    if (fd < 0) {
        g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be opened", self->label);
        return NULL;
    }
    image = hf_photoshop_block_image (self->block, fd, frame, budget, error);
    close (fd);
    if (!image || reduction == 1)
        return image;
    reduced = hf_image_reduce (image, reduction, budget, error);
    hf_image_free (image);
    return reduced;
}

static HfImage *
layered_read (HfSource *source, int frame, int reduction, HfBudget *budget, GError **error)
{
    LayeredSource *self = (LayeredSource *) source;

    return self->block ? read_layer (self, frame, reduction, budget, error)
                       : read_page (self, frame, reduction, budget, error);
}

static void
layered_free (HfSource *source)
{
    LayeredSource *self = (LayeredSource *) source;

    g_array_free (self->infos, TRUE);
    g_array_free (self->pages, TRUE);
    hf_photoshop_block_free (self->block);
    g_free (self->path);
    g_free (self->label);
    g_free (self);
}

static const HfSourceClass layered_class = { layered_info, layered_read, layered_free, true };

static bool
find_layers (LayeredSource *self, HfReader *reader, GError **error)
{
    if (reader->klass != &hf_tiff_reader_class)
        return hf_reader_fail (reader, error, "it is no TIFF and has no layers");
    if (!list_pages (self, reader, error))
        return false;
    if (self->pages->len <= 1 && !use_block (self, reader, error))
        return false;
    for (guint i = 0; i < self->pages->len; i++)
        if (!read_page_info (self, (int) i, error))
            return false;
    return self->infos->len > 0 || hf_reader_fail (reader, error, "there is no layer in it");
}

HfSource *
hf_layered_tiff_source_new (const char *path, GError **error)
{
    HfReader *reader = hf_reader_open (path, error);
    LayeredSource *self;
    bool found;

    if (!reader)
        return NULL;
    self = g_new0 (LayeredSource, 1);
    self->path = g_strdup (path);
    self->label = g_strdup (reader->label);
    self->infos = g_array_new (FALSE, FALSE, sizeof (HfFrameInfo));
    g_array_set_clear_func (self->infos, clear_info);
    self->pages = g_array_new (FALSE, FALSE, sizeof (int));
    self->parent.klass = &layered_class;
    found = find_layers (self, reader, error);
    hf_reader_close (reader);
    self->parent.n_frames = (int) self->infos->len;
    if (found)
        return &self->parent;
    layered_free (&self->parent);
    return NULL;
}
