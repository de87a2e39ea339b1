/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A profile is a header of 128 bytes (its length at 0, "acsp" at 36), the number of tags, and 12
 * bytes for each: signature, offset, size. All numbers are big-endian. A curve ("curv") is a count
 * at 8 and that many numbers of 16 bit. The name is the tag "desc": in version 2 ASCII text, its
 * length at 8, in version 4 texts in several languages ("mluc"), UTF-16, of which the first is
 * taken. (ICC.1:2010, sections 7 and 10.)
 */
#include "files/profile.h"

#include <string.h>

enum { TAG_TABLE = 128, MOST_TAGS = 256, MOST_WANTED = 8, LONGEST_NAME = 80 };

typedef struct Tag {
    const uint8_t *bytes;
    size_t size;
} Tag;

static uint32_t
number_at (const uint8_t *bytes)
{
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 |
           bytes[3];
}

/* Number of tags; -1 where this is no profile. */
static int
n_tags (GBytes *icc)
{
    size_t size;
    const uint8_t *bytes = g_bytes_get_data (icc, &size);
    uint32_t n;

    if (size < TAG_TABLE + 4 || number_at (bytes) > size || memcmp (bytes + 36, "acsp", 4) != 0)
        return -1;
    n = number_at (bytes + TAG_TABLE);
    return n <= MOST_TAGS && TAG_TABLE + 4 + 12 * (size_t) n <= size ? (int) n : -1;
}

/* False where the tag lies outside of the profile. */
static bool
get_tag (GBytes *icc, int i, Tag *tag)
{
    size_t size;
    const uint8_t *bytes = g_bytes_get_data (icc, &size);
    const uint8_t *entry = bytes + TAG_TABLE + 4 + 12 * i;
    uint32_t offset = number_at (entry + 4);

    tag->size = number_at (entry + 8);
    if (offset < TAG_TABLE || offset > size || tag->size > size - offset || tag->size < 8)
        return false;
    tag->bytes = bytes + offset;
    return true;
}

/* Bytes that a value of one of the three wanted types needs; SIZE_MAX for another type. */
static size_t
needed_size (Tag tag)
{
    static const uint8_t n_parameters[] = { 1, 3, 4, 5, 7 };

    if (memcmp (tag.bytes, "XYZ ", 4) == 0)
        return 20;
    if (tag.size >= 12 && memcmp (tag.bytes, "curv", 4) == 0)
        return 12 + 2 * (size_t) number_at (tag.bytes + 8);
    if (tag.size >= 12 && memcmp (tag.bytes, "para", 4) == 0 && tag.bytes[8] == 0 &&
        tag.bytes[9] < G_N_ELEMENTS (n_parameters))
        return 12 + 4 * (size_t) n_parameters[tag.bytes[9]];
    return SIZE_MAX;
}

static bool
is_wanted (const uint8_t *signature)
{
    static const char wanted[][5] = {
        "wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC", "kTRC"
    };

    for (size_t i = 0; i < G_N_ELEMENTS (wanted); i++)
        if (memcmp (signature, wanted[i], 4) == 0)
            return true;
    return false;
}

static void
put_number (GByteArray *bytes, guint at, uint32_t number)
{
    uint32_t big_endian = GUINT32_TO_BE (number);

    memcpy (bytes->data + at, &big_endian, 4);
}

/* Appends a tag's value; its entry is the next of the table. */
static void
add_tag (GByteArray *essence, const uint8_t *signature, Tag tag)
{
    uint32_t n = number_at (essence->data + TAG_TABLE);
    guint entry = TAG_TABLE + 4 + 12 * n, offset = essence->len;
    static const guint8 padding[4] = { 0 };

    memcpy (essence->data + entry, signature, 4);
    put_number (essence, entry + 4, offset);
    put_number (essence, entry + 8, (uint32_t) tag.size);
    put_number (essence, TAG_TABLE, n + 1);
    g_byte_array_append (essence, tag.bytes, (guint) tag.size);
    g_byte_array_append (essence, padding, (4 - essence->len % 4) % 4);
}

/* Copies the wanted tags over; false where one cannot be trusted. */
static bool
add_wanted (GBytes *icc, int n, GByteArray *essence)
{
    const uint8_t *table = (const uint8_t *) g_bytes_get_data (icc, NULL) + TAG_TABLE + 4;

    for (int i = 0; i < n; i++) {
        const uint8_t *signature = table + 12 * i;
        Tag tag;

        if (!is_wanted (signature))
            continue;
        if (!get_tag (icc, i, &tag) || needed_size (tag) > tag.size ||
            number_at (essence->data + TAG_TABLE) == MOST_WANTED)
            return false;
        tag.size = needed_size (tag);
        add_tag (essence, signature, tag);
    }
    return true;
}

static bool
has_tags (const GByteArray *essence, const char *signatures)
{
    uint32_t n = number_at (essence->data + TAG_TABLE);

    for (; *signatures; signatures += 4) {
        uint32_t i = 0;

        while (i < n && memcmp (essence->data + TAG_TABLE + 4 + 12 * i, signatures, 4) != 0)
            i++;
        if (i == n)
            return false;
    }
    return true;
}

/* What is wrong with it; NULL = nothing. An RGB profile serves grey too: its neutral axis. */
static const char *
find_fault (GBytes *icc, int n, int n_colours, GByteArray *essence)
{
    bool rgb = n >= 0 && memcmp (essence->data + 16, "RGB ", 4) == 0;
    bool grey = n >= 0 && memcmp (essence->data + 16, "GRAY", 4) == 0;

    if (n < 0)
        return "it is damaged";
    if (!rgb && !(grey && n_colours == 1))
        return "it is for another kind of picture";
    if (!add_wanted (icc, n, essence))
        return "it is damaged";
    if (!has_tags (essence, rgb ? "rXYZgXYZbXYZrTRCgTRCbTRC" : "kTRC"))
        return "it has tables instead of primaries and curves";
    return NULL;
}

GBytes *
hf_profile_essence (GBytes *icc, int n_colours, const char **why)
{
    GByteArray *essence = g_byte_array_new ();
    int n = n_tags (icc);

    g_byte_array_set_size (essence, TAG_TABLE + 4 + 12 * MOST_WANTED);
    memset (essence->data, 0, essence->len);
    if (n >= 0)
        memcpy (essence->data, g_bytes_get_data (icc, NULL), TAG_TABLE);
    *why = find_fault (icc, n, n_colours, essence);
    if (*why) {
        g_byte_array_free (essence, TRUE);
        return NULL;
    }
    put_number (essence, 0, essence->len);
    return g_byte_array_free_to_bytes (essence);
}

static char *
text_of (Tag tag)
{
    if (tag.size > 12 && memcmp (tag.bytes, "desc", 4) == 0)
        return g_strndup ((const char *) tag.bytes + 12,
                          MIN (MIN (number_at (tag.bytes + 8), tag.size - 12), LONGEST_NAME));
    if (tag.size >= 28 && memcmp (tag.bytes, "mluc", 4) == 0 && number_at (tag.bytes + 8) > 0) {
        size_t length = number_at (tag.bytes + 20), offset = number_at (tag.bytes + 24);
        gunichar2 text[LONGEST_NAME];
        glong n = (glong) MIN (length / 2, LONGEST_NAME);

        if (offset > tag.size || length > tag.size - offset)
            return NULL;
        for (glong i = 0; i < n; i++)
            text[i] = (gunichar2) (tag.bytes[offset + 2 * (size_t) i] << 8 |
                                   tag.bytes[offset + 2 * (size_t) i + 1]);
        return g_utf16_to_utf8 (text, n, NULL, NULL, NULL);
    }
    return NULL;
}

char *
hf_profile_name (GBytes *icc)
{
    char *text = NULL, *name;

    if (!icc)
        return g_strdup ("sRGB");
    for (int i = 0, n = n_tags (icc); i < n && !text; i++) {
        const uint8_t *entry =
            (const uint8_t *) g_bytes_get_data (icc, NULL) + TAG_TABLE + 4 + 12 * i;
        Tag tag;

        if (memcmp (entry, "desc", 4) == 0 && get_tag (icc, i, &tag))
            text = text_of (tag);
    }
    name = text && *text ? g_utf8_make_valid (text, -1) : g_strdup ("a profile without a name");
    g_free (text);
    return g_strdelimit (name, "\r\n\t", ' ');
}
