/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Two ways of changing a block. Turning a frame upright changes one number, and everything else
 * must stay where it is (a maker's note holds offsets into the block): Orientation is patched in
 * place. A new picture's block is taken apart and put together again by libexif.
 *
 * An Exif block is read here by its first directory only: byte order, then the entries of 12 bytes,
 * each held against the block's length.
 */
#include "files/exif.h"

#include <hyperfocal/version.h>
#include <libexif/exif-data.h>
#include <libexif/exif-mem.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAG_ORIENTATION = 0x0112,
    TAG_MAKER_NOTE = 0x927c,
    MOST_BYTES = 64 << 20 /* of a block that is taken in */
};

static unsigned
number_at (const uint8_t *bytes, int n, bool big_endian)
{
    unsigned number = 0;

    for (int i = 0; i < n; i++)
        number |= (unsigned) bytes[i] << 8 * (big_endian ? n - 1 - i : i);
    return number;
}

/* Where the value of Orientation (a SHORT) stands in the block; 0 = nowhere. */
static size_t
find_orientation (GBytes *exif, bool *big_endian)
{
    size_t size, at, n;
    const uint8_t *bytes = g_bytes_get_data (exif, &size);

    if (size < 14)
        return 0;
    *big_endian = bytes[0] == 'M';
    at = number_at (bytes + 4, 4, *big_endian);
    if (at > size - 2)
        return 0;
    n = number_at (bytes + at, 2, *big_endian);
    for (at += 2; n > 0 && at + 12 <= size; n--, at += 12)
        if (number_at (bytes + at, 2, *big_endian) == TAG_ORIENTATION &&
            number_at (bytes + at + 2, 2, *big_endian) == HF_IFD_SHORT)
            return at + 8;
    return 0;
}

int
hf_exif_orientation (GBytes *exif)
{
    bool big_endian;
    size_t at = exif ? find_orientation (exif, &big_endian) : 0;
    unsigned orientation;

    if (at == 0)
        return 1;
    orientation = number_at ((const uint8_t *) g_bytes_get_data (exif, NULL) + at, 2, big_endian);
    return orientation >= 1 && orientation <= 8 ? (int) orientation : 1;
}

GBytes *
hf_exif_upright (GBytes *exif)
{
    bool big_endian;
    size_t at = find_orientation (exif, &big_endian);
    uint8_t *bytes;

    if (at == 0)
        return g_bytes_ref (exif);
    bytes = g_memdup2 (g_bytes_get_data (exif, NULL), g_bytes_get_size (exif));
    bytes[at] = big_endian ? 0 : 1;
    bytes[at + 1] = big_endian ? 1 : 0;
    return g_bytes_new_take (bytes, g_bytes_get_size (exif));
}

/* Where the digit of tiff:Orientation stands, as attribute or as element; 0 = nowhere. */
static size_t
find_xmp_orientation (GBytes *xmp)
{
    static const char *const forms[] = { "tiff:Orientation=\"", "tiff:Orientation='",
                                         "<tiff:Orientation>" };
    size_t size;
    const char *bytes = g_bytes_get_data (xmp, &size);

    for (size_t i = 0; i < G_N_ELEMENTS (forms); i++) {
        const char *found = g_strstr_len (bytes, (gssize) size, forms[i]);
        size_t at = found ? (size_t) (found - bytes) + strlen (forms[i]) : size;

        if (at < size && bytes[at] >= '1' && bytes[at] <= '8')
            return at;
    }
    return 0;
}

GBytes *
hf_xmp_upright (GBytes *xmp)
{
    size_t at = find_xmp_orientation (xmp);
    char *bytes;

    if (at == 0)
        return g_bytes_ref (xmp);
    bytes = g_memdup2 (g_bytes_get_data (xmp, NULL), g_bytes_get_size (xmp));
    bytes[at] = '1';
    return g_bytes_new_take (bytes, g_bytes_get_size (xmp));
}

char *
hf_exif_software (void)
{
    return g_strdup_printf ("Hyperfocal %s", hf_version ());
}

/* libexif's view of a block, with nothing added, and dropped only what cannot be parsed. */
static ExifData *
load (GBytes *exif)
{
    ExifData *data = exif_data_new ();
    size_t size = exif ? g_bytes_get_size (exif) : 0;

    exif_data_unset_option (data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS);
    exif_data_unset_option (data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
    exif_data_set_option (data, EXIF_DATA_OPTION_DONT_CHANGE_MAKER_NOTE);
    exif_data_set_byte_order (data, EXIF_BYTE_ORDER_INTEL);
    if (size > 8 && size < MOST_BYTES) {
        uint8_t *block = g_malloc (size + 6);

        memcpy (block, "Exif\0", 6);
        memcpy (block + 6, g_bytes_get_data (exif, NULL), size);
        exif_data_load_data (data, block, (unsigned) size + 6);
        g_free (block);
    }
    return data;
}

static GBytes *
save (ExifData *data)
{
    unsigned char *block = NULL;
    unsigned size = 0;
    GBytes *exif = NULL;

    exif_data_save_data (data, &block, &size);
    if (block && size > 6)
        exif = g_bytes_new (block + 6, size - 6);
    free (block);
    return exif;
}

static void
remove_tag (ExifContent *content, ExifTag tag)
{
    ExifEntry *entry;

    while ((entry = exif_content_get_entry (content, tag)))
        exif_content_remove_entry (content, entry);
}

/* Sets an entry to `count` values at `value`, already in the block's byte order. */
static void
set_entry (ExifContent *content, ExifTag tag, ExifFormat format, size_t count, const void *value)
{
    size_t size = count * exif_format_get_size (format);
    ExifEntry *entry = exif_entry_new ();

    remove_tag (content, tag);
    exif_content_add_entry (content, entry);
    entry->tag = tag;
    entry->format = format;
    entry->components = count;
    entry->data = malloc (MAX (size, 1));
    entry->size = entry->data ? (unsigned) size : 0;
    if (entry->data)
        memcpy (entry->data, value, size);
    exif_entry_unref (entry);
}

static void
set_short (ExifContent *content, ExifTag tag, int number)
{
    uint8_t bytes[2];

    exif_set_short (bytes, exif_data_get_byte_order (content->parent), (ExifShort) number);
    set_entry (content, tag, EXIF_FORMAT_SHORT, 1, bytes);
}

static void
set_long (ExifContent *content, ExifTag tag, int number)
{
    uint8_t bytes[4];

    exif_set_long (bytes, exif_data_get_byte_order (content->parent), (ExifLong) number);
    set_entry (content, tag, EXIF_FORMAT_LONG, 1, bytes);
}

static void
drop_thumbnail (ExifData *data)
{
    ExifContent *content = data->ifd[EXIF_IFD_1];

    while (content->count > 0)
        exif_content_remove_entry (content, content->entries[0]);
    free (data->data);
    data->data = NULL;
    data->size = 0;
}

/* Tags that describe how the old file was stored; they would contradict the new one. */
static void
drop_storage (ExifContent *content)
{
    static const ExifTag tags[] = {
        EXIF_TAG_IMAGE_WIDTH,
        EXIF_TAG_IMAGE_LENGTH,
        EXIF_TAG_BITS_PER_SAMPLE,
        EXIF_TAG_COMPRESSION,
        EXIF_TAG_STRIP_OFFSETS,
        EXIF_TAG_STRIP_BYTE_COUNTS,
        EXIF_TAG_SAMPLES_PER_PIXEL,
        EXIF_TAG_ROWS_PER_STRIP,
        EXIF_TAG_PLANAR_CONFIGURATION,
        EXIF_TAG_X_RESOLUTION,
        EXIF_TAG_Y_RESOLUTION,
        EXIF_TAG_RESOLUTION_UNIT,
        EXIF_TAG_SUB_IFDS,
        EXIF_TAG_PHOTOMETRIC_INTERPRETATION,
    };

    for (size_t i = 0; i < G_N_ELEMENTS (tags); i++)
        remove_tag (content, tags[i]);
}

static double
rational_of (ExifContent *content, ExifTag tag)
{
    const ExifEntry *entry = exif_content_get_entry (content, tag);
    ExifRational value;

    if (!entry || entry->format != EXIF_FORMAT_RATIONAL || entry->size < 8)
        return 0;
    value = exif_get_rational (entry->data, exif_data_get_byte_order (content->parent));
    return value.denominator > 0 ? (double) value.numerator / value.denominator : 0;
}

void
hf_exif_resolution (GBytes *exif, double *x, double *y)
{
    ExifData *data = load (exif);
    ExifContent *main = data->ifd[EXIF_IFD_0];
    const ExifEntry *unit = exif_content_get_entry (main, EXIF_TAG_RESOLUTION_UNIT);
    double scale = 1, stated_x = rational_of (main, EXIF_TAG_X_RESOLUTION),
           stated_y = rational_of (main, EXIF_TAG_Y_RESOLUTION);

    if (unit && unit->format == EXIF_FORMAT_SHORT && unit->size >= 2 &&
        exif_get_short (unit->data, exif_data_get_byte_order (data)) == 3)
        scale = 2.54;
    if (stated_x > 0 && stated_y > 0) {
        *x = stated_x * scale;
        *y = stated_y * scale;
    }
    exif_data_unref (data);
}

GBytes *
hf_exif_for_output (GBytes *exif, int width, int height)
{
    ExifData *data = load (exif);
    ExifContent *main = data->ifd[EXIF_IFD_0], *photo = data->ifd[EXIF_IFD_EXIF];
    char *software = hf_exif_software ();
    GBytes *block;

    drop_thumbnail (data);
    drop_storage (main);
    remove_tag (photo, EXIF_TAG_MAKER_NOTE);
    set_entry (main, EXIF_TAG_SOFTWARE, EXIF_FORMAT_ASCII, strlen (software) + 1, software);
    set_short (main, EXIF_TAG_ORIENTATION, 1);
    if (photo->count > 0) {
        set_long (photo, EXIF_TAG_PIXEL_X_DIMENSION, width);
        set_long (photo, EXIF_TAG_PIXEL_Y_DIMENSION, height);
    }
    block = save (data);
    g_free (software);
    exif_data_unref (data);
    return block;
}

/* The tags of a TIFF file's main directory that are about the photograph, not about its storage. */
static const uint16_t photograph_tags[] = { 0x010e /* ImageDescription */,
                                            0x010f /* Make */,
                                            0x0110 /* Model */,
                                            0x0132 /* DateTime */,
                                            0x013b /* Artist */,
                                            0x8298 /* Copyright */ };

static bool
is_photograph_tag (unsigned tag)
{
    for (size_t i = 0; i < G_N_ELEMENTS (photograph_tags); i++)
        if (photograph_tags[i] == tag)
            return true;
    return false;
}

static void
join_entries (ExifContent *content, const HfIfd *ifd, bool photograph_only)
{
    for (guint i = 0; ifd && i < ifd->entries->len; i++) {
        const HfIfdEntry *entry = &g_array_index (ifd->entries, HfIfdEntry, i);
        bool pointer = entry->tag == HF_TAG_EXIF_IFD || entry->tag == HF_TAG_GPS_IFD ||
                       entry->tag == HF_TAG_INTEROPERABILITY_IFD;

        if (entry->type > 12 || pointer || entry->tag == TAG_MAKER_NOTE ||
            (photograph_only && !is_photograph_tag (entry->tag)))
            continue;
        set_entry (content, (ExifTag) entry->tag, (ExifFormat) entry->type, entry->count,
                   entry->value);
    }
}

GBytes *
hf_exif_join (const HfIfd *main, const HfIfd *exif, const HfIfd *gps, const HfIfd *interoperability)
{
    ExifData *data = load (NULL);
    GBytes *block = NULL;
    unsigned n = 0;

    exif_data_set_byte_order (data, G_BYTE_ORDER == G_BIG_ENDIAN ? EXIF_BYTE_ORDER_MOTOROLA
                                                                 : EXIF_BYTE_ORDER_INTEL);
    join_entries (data->ifd[EXIF_IFD_0], main, true);
    join_entries (data->ifd[EXIF_IFD_EXIF], exif, false);
    join_entries (data->ifd[EXIF_IFD_GPS], gps, false);
    join_entries (data->ifd[EXIF_IFD_INTEROPERABILITY], interoperability, false);
    for (int i = 0; i < EXIF_IFD_COUNT; i++)
        n += data->ifd[i]->count;
    if (n > 0)
        block = save (data);
    exif_data_unref (data);
    return block;
}

static HfIfd *
split_content (ExifContent *content, bool photograph_only)
{
    HfIfd *ifd = hf_ifd_new ();

    for (unsigned i = 0; i < content->count; i++) {
        const ExifEntry *entry = content->entries[i];
        size_t size = hf_ifd_type_size ((uint16_t) entry->format);

        if (!entry->data || size == 0 || entry->components == 0 ||
            entry->components > entry->size / size ||
            (photograph_only && !is_photograph_tag (entry->tag)))
            continue;
        hf_ifd_set (ifd, (uint16_t) entry->tag, (uint16_t) entry->format, entry->components,
                    entry->data);
    }
    return ifd;
}

HfExifParts
hf_exif_split (GBytes *exif)
{
    ExifData *data = load (exif);
    HfExifParts parts;

    exif_data_set_byte_order (data, G_BYTE_ORDER == G_BIG_ENDIAN ? EXIF_BYTE_ORDER_MOTOROLA
                                                                 : EXIF_BYTE_ORDER_INTEL);
    parts.main = split_content (data->ifd[EXIF_IFD_0], true);
    parts.exif = split_content (data->ifd[EXIF_IFD_EXIF], false);
    parts.gps = split_content (data->ifd[EXIF_IFD_GPS], false);
    exif_data_unref (data);
    return parts;
}

void
hf_exif_parts_clear (HfExifParts *parts)
{
    hf_ifd_free (parts->main);
    hf_ifd_free (parts->exif);
    hf_ifd_free (parts->gps);
}
