/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A directory is a count, that many entries, and the offset of the next directory:
 *
 *               count     entry                                        next
 *     classic   2 bytes   tag 2, type 2, count 4, value or offset 4    4 bytes
 *     BigTIFF   8 bytes   tag 2, type 2, count 8, value or offset 8    8 bytes
 *
 * A value that fits into its field stands there, from its first byte on; others lie elsewhere in
 * the file. (TIFF 6.0, section 2; the BigTIFF design.) Nothing that is read is believed: each
 * value's place is held against the file's length, and its size against a limit.
 */
#include "files/ifd.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ENTRIES = 4096 };

static void
clear_entry (void *entry)
{
    g_free (((HfIfdEntry *) entry)->value);
}

HfIfd *
hf_ifd_new (void)
{
    HfIfd *ifd = g_new0 (HfIfd, 1);

    ifd->entries = g_array_new (FALSE, FALSE, sizeof (HfIfdEntry));
    g_array_set_clear_func (ifd->entries, clear_entry);
    return ifd;
}

void
hf_ifd_free (HfIfd *ifd)
{
    if (!ifd)
        return;
    g_array_free (ifd->entries, TRUE);
    g_free (ifd);
}

static HfIfdEntry *
entry_at (const HfIfd *ifd, guint i)
{
    return &g_array_index (ifd->entries, HfIfdEntry, i);
}

/* Index of the first entry whose tag is not below `tag`. */
static guint
position_of (const HfIfd *ifd, uint16_t tag)
{
    guint i = 0;

    while (i < ifd->entries->len && entry_at (ifd, i)->tag < tag)
        i++;
    return i;
}

const HfIfdEntry *
hf_ifd_find (const HfIfd *ifd, uint16_t tag)
{
    guint i = position_of (ifd, tag);

    return i < ifd->entries->len && entry_at (ifd, i)->tag == tag ? entry_at (ifd, i) : NULL;
}

bool
hf_ifd_get (const HfIfd *ifd, uint16_t tag, uint64_t *value)
{
    const HfIfdEntry *entry = hf_ifd_find (ifd, tag);

    if (!entry || entry->count == 0)
        return false;
    switch (entry->type) {
    case HF_IFD_BYTE:
        *value = *(const uint8_t *) entry->value;
        return true;
    case HF_IFD_SHORT:
        *value = *(const uint16_t *) entry->value;
        return true;
    case HF_IFD_LONG:
    case HF_IFD_IFD:
        *value = *(const uint32_t *) entry->value;
        return true;
    case HF_IFD_LONG8:
    case HF_IFD_IFD8:
        *value = *(const uint64_t *) entry->value;
        return true;
    default:
        return false;
    }
}

void
hf_ifd_remove (HfIfd *ifd, uint16_t tag)
{
    if (hf_ifd_find (ifd, tag))
        g_array_remove_index (ifd->entries, position_of (ifd, tag));
}

/* Takes `value` over. */
static void
insert (HfIfd *ifd, uint16_t tag, uint16_t type, uint64_t count, void *value)
{
    HfIfdEntry entry = { tag, type, count, value, 0 };

    hf_ifd_remove (ifd, tag);
    g_array_insert_val (ifd->entries, position_of (ifd, tag), entry);
}

void
hf_ifd_set (HfIfd *ifd, uint16_t tag, uint16_t type, uint64_t count, const void *value)
{
    insert (ifd, tag, type, count, g_memdup2 (value, count * hf_ifd_type_size (type)));
}

void
hf_ifd_set_place (HfIfd *ifd, uint16_t tag, uint16_t type, uint64_t count, uint64_t place)
{
    HfIfdEntry entry = { tag, type, count, NULL, place };

    hf_ifd_remove (ifd, tag);
    g_array_insert_val (ifd->entries, position_of (ifd, tag), entry);
}

void
hf_ifd_set_text (HfIfd *ifd, uint16_t tag, const char *text)
{
    hf_ifd_set (ifd, tag, HF_IFD_ASCII, strlen (text) + 1, text);
}

size_t
hf_ifd_type_size (uint16_t type)
{
    static const uint8_t sizes[] = { 0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8 };

    return type < G_N_ELEMENTS (sizes) ? sizes[type] : 0;
}

/* Bytes that are swapped together: a rational is two numbers. */
static size_t
unit_of (uint16_t type)
{
    return type == 5 || type == 10 ? 4 : hf_ifd_type_size (type);
}

static void
swap_units (void *bytes, size_t size, size_t unit)
{
    uint8_t *byte = bytes;

    for (size_t at = 0; unit > 1 && at + unit <= size; at += unit)
        for (size_t i = 0; i < unit / 2; i++) {
            uint8_t kept = byte[at + i];

            byte[at + i] = byte[at + unit - 1 - i];
            byte[at + unit - 1 - i] = kept;
        }
}

static uint64_t
get_number (const uint8_t *bytes, size_t size, HfIfdLayout layout)
{
    bool big_endian = (G_BYTE_ORDER == G_BIG_ENDIAN) != layout.swapped;
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number |= (uint64_t) bytes[i] << 8 * (big_endian ? size - 1 - i : i);
    return number;
}

static void
put_number (uint8_t *bytes, size_t size, HfIfdLayout layout, uint64_t number)
{
    bool big_endian = (G_BYTE_ORDER == G_BIG_ENDIAN) != layout.swapped;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t) (number >> 8 * (big_endian ? size - 1 - i : i));
}

static bool
read_at (int fd, void *bytes, size_t size, uint64_t offset)
{
    char *to = bytes;

    while (size > 0) {
        ssize_t n = offset > INT64_MAX ? 0 : pread (fd, to, size, (off_t) offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        offset += (uint64_t) n;
        size -= (size_t) n;
    }
    return true;
}

static bool
write_at (int fd, const void *bytes, size_t size, uint64_t offset)
{
    const char *from = bytes;

    while (size > 0) {
        ssize_t n = pwrite (fd, from, size, (off_t) offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        from += n;
        offset += (uint64_t) n;
        size -= (size_t) n;
    }
    return true;
}

bool
hf_ifd_read_header (int fd, HfIfdLayout *layout, uint64_t *first)
{
    uint8_t bytes[16];
    bool big_endian;

    if (!read_at (fd, bytes, 8, 0))
        return false;
    big_endian = bytes[0] == 'M';
    layout->swapped = big_endian != (G_BYTE_ORDER == G_BIG_ENDIAN);
    layout->big = get_number (bytes + 2, 2, *layout) == 43;
    if (layout->big && !read_at (fd, bytes, 16, 0))
        return false;
    *first = layout->big ? get_number (bytes + 8, 8, *layout) : get_number (bytes + 4, 4, *layout);
    return true;
}

bool
hf_ifd_write_header (int fd, HfIfdLayout layout, uint64_t first)
{
    bool big_endian = (G_BYTE_ORDER == G_BIG_ENDIAN) != layout.swapped;
    uint8_t bytes[16] = { 0 };

    bytes[0] = bytes[1] = big_endian ? 'M' : 'I';
    put_number (bytes + 2, 2, layout, layout.big ? 43 : 42);
    if (layout.big) {
        put_number (bytes + 4, 2, layout, 8);
        put_number (bytes + 8, 8, layout, first);
    } else {
        put_number (bytes + 4, 4, layout, first);
    }
    return write_at (fd, bytes, sizeof bytes, 0);
}

/* Bytes of an offset, a count of values, and a whole entry. */
static size_t
offset_size (HfIfdLayout layout)
{
    return layout.big ? 8 : 4;
}

static size_t
entry_size (HfIfdLayout layout)
{
    return layout.big ? 20 : 12;
}

static void
read_entry (HfIfd *ifd, int fd, HfIfdLayout layout, const uint8_t *bytes, size_t most_bytes)
{
    size_t word = offset_size (layout), size;
    uint16_t tag = (uint16_t) get_number (bytes, 2, layout);
    uint16_t type = (uint16_t) get_number (bytes + 2, 2, layout);
    uint64_t count = get_number (bytes + 4, word, layout);
    void *value;

    if (hf_ifd_type_size (type) == 0 || count == 0 || count > most_bytes / hf_ifd_type_size (type))
        return;
    size = (size_t) count * hf_ifd_type_size (type);
    value = g_malloc (size);
    if (size <= word) {
        memcpy (value, bytes + 4 + word, size);
    } else if (!read_at (fd, value, size, get_number (bytes + 4 + word, word, layout))) {
        g_free (value);
        return;
    }
    if (layout.swapped)
        swap_units (value, size, unit_of (type));
    insert (ifd, tag, type, count, value);
}

/* The n entries of the directory as they stand in the file, newly allocated; NULL: there is none.
 */
static uint8_t *
read_table (int fd, HfIfdLayout layout, uint64_t offset, uint64_t *n)
{
    size_t count_size = layout.big ? 8 : 2, step = entry_size (layout);
    uint8_t bytes[8], *table;

    if (offset == 0 || !read_at (fd, bytes, count_size, offset))
        return NULL;
    *n = get_number (bytes, count_size, layout);
    if (*n == 0 || *n > MOST_ENTRIES)
        return NULL;
    table = g_malloc (*n * step);
    if (!read_at (fd, table, *n * step, offset + count_size))
        g_clear_pointer (&table, g_free);
    return table;
}

HfIfd *
hf_ifd_read (int fd, HfIfdLayout layout, uint64_t offset, size_t most_bytes)
{
    size_t count_size = layout.big ? 8 : 2, step = entry_size (layout);
    uint64_t n;
    uint8_t bytes[8], *table = read_table (fd, layout, offset, &n);
    HfIfd *ifd;

    if (!table)
        return NULL;
    ifd = hf_ifd_new ();
    for (uint64_t i = 0; i < n; i++)
        read_entry (ifd, fd, layout, table + i * step, most_bytes);
    if (read_at (fd, bytes, offset_size (layout), offset + count_size + n * step))
        ifd->next = get_number (bytes, offset_size (layout), layout);
    g_free (table);
    return ifd;
}

bool
hf_ifd_find_place (int fd, HfIfdLayout layout, uint64_t offset, uint16_t tag, uint64_t *place,
                   uint64_t *size)
{
    size_t word = offset_size (layout), step = entry_size (layout);
    uint64_t n;
    uint8_t *table = read_table (fd, layout, offset, &n);
    struct stat status;
    bool found = false;

    if (!table || fstat (fd, &status) != 0) {
        g_free (table);
        return false;
    }
    for (uint64_t i = 0; i < n && !found; i++) {
        const uint8_t *entry = table + i * step;
        size_t unit = hf_ifd_type_size ((uint16_t) get_number (entry + 2, 2, layout));
        uint64_t count = get_number (entry + 4, word, layout), end = (uint64_t) status.st_size;

        *place = get_number (entry + 4 + word, word, layout);
        found = get_number (entry, 2, layout) == tag && unit > 0 && count <= end / unit &&
                count * unit > word && *place <= end - count * unit;
        *size = count * unit;
    }
    g_free (table);
    return found;
}

/* The type that an entry takes in this layout: offsets have the layout's own size. */
static uint16_t
type_in (HfIfdLayout layout, uint16_t type)
{
    if (layout.big)
        return type == HF_IFD_IFD ? HF_IFD_IFD8 : type;
    return type == HF_IFD_LONG8 ? HF_IFD_LONG : type == HF_IFD_IFD8 ? HF_IFD_IFD : type;
}

/* The entry's values as they are to stand in the file; newly allocated. NULL when one is too large.
 */
static uint8_t *
value_in (HfIfdLayout layout, const HfIfdEntry *entry, size_t *size)
{
    uint16_t type = type_in (layout, entry->type);
    size_t from = hf_ifd_type_size (entry->type), to = hf_ifd_type_size (type);
    uint8_t *value = g_malloc (entry->count * to);
    HfIfdLayout own = { layout.big, false };

    *size = (size_t) entry->count * to;
    if (from == to) {
        memcpy (value, entry->value, *size);
        if (layout.swapped)
            swap_units (value, *size, unit_of (type));
        return value;
    }
    for (uint64_t i = 0; i < entry->count; i++) {
        uint64_t number = get_number ((const uint8_t *) entry->value + i * from, from, own);

        if (to == 4 && number > UINT32_MAX) {
            g_free (value);
            return NULL;
        }
        put_number (value + i * to, to, layout, number);
    }
    return value;
}

static void
put_entry (uint8_t *bytes, HfIfdLayout layout, const HfIfdEntry *entry)
{
    put_number (bytes, 2, layout, entry->tag);
    put_number (bytes + 2, 2, layout, type_in (layout, entry->type));
    put_number (bytes + 4, offset_size (layout), layout, entry->count);
}

/* An entry whose values were written before. */
static bool
point_entry (HfIfdLayout layout, const HfIfdEntry *entry, uint8_t *bytes)
{
    put_entry (bytes, layout, entry);
    put_number (bytes + 4 + offset_size (layout), offset_size (layout), layout, entry->place);
    if (layout.big || entry->place <= UINT32_MAX)
        return true;
    errno = EFBIG;
    return false;
}

/* Writes an entry's value to *end where it does not fit into its field. */
static bool
append_entry (int fd, HfIfdLayout layout, const HfIfdEntry *entry, uint8_t *bytes, uint64_t *end)
{
    size_t word = offset_size (layout), size;
    uint8_t *value = entry->value ? value_in (layout, entry, &size) : NULL;
    bool written = value != NULL;

    if (!entry->value)
        return point_entry (layout, entry, bytes);
    if (!value) {
        errno = EFBIG;
        return false;
    }
    put_entry (bytes, layout, entry);
    if (size <= word) {
        memcpy (bytes + 4 + word, value, size);
    } else {
        put_number (bytes + 4 + word, word, layout, *end);
        written = write_at (fd, value, size, *end);
        *end = (*end + size + 7) & ~(uint64_t) 7;
    }
    g_free (value);
    return written;
}

bool
hf_ifd_append (int fd, HfIfdLayout layout, const HfIfd *ifd, uint64_t *offset, uint64_t *link)
{
    size_t count_size = layout.big ? 8 : 2, step = entry_size (layout);
    size_t size = count_size + ifd->entries->len * step + offset_size (layout);
    uint8_t *table;
    struct stat status;
    uint64_t end;
    bool written = true;

    if (fstat (fd, &status) != 0)
        return false;
    end = ((uint64_t) status.st_size + 7) & ~(uint64_t) 7;
    table = g_malloc0 (size);
    put_number (table, count_size, layout, ifd->entries->len);
    for (guint i = 0; i < ifd->entries->len && written; i++)
        written = append_entry (fd, layout, entry_at (ifd, i), table + count_size + i * step, &end);
    if (written && !layout.big && end + size > UINT32_MAX) {
        errno = EFBIG;
        written = false;
    }
    written = written && write_at (fd, table, size, end);
    *offset = end;
    *link = end + size - offset_size (layout);
    g_free (table);
    return written;
}

bool
hf_ifd_link (int fd, HfIfdLayout layout, uint64_t link, uint64_t next)
{
    uint8_t bytes[8];

    put_number (bytes, offset_size (layout), layout, next);
    return write_at (fd, bytes, offset_size (layout), link);
}
