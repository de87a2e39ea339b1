/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-TARGET FOLDER…: the target over every file of the folders (a missing one is empty), and over
 * copies that are cut, bent, or joined with another, from a drawn seed that is printed. For a hunt
 * of any length there is libFuzzer (scripts/fuzz.sh).
 */
#include "bytes.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DAMAGED = 20000, MOST_SECONDS = 4 };

static void
collect (const char *folder, GPtrArray *inputs)
{
    GDir *dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
        char *path = g_build_filename (folder, name, NULL), *bytes;
        gsize size;

        if (g_file_get_contents (path, &bytes, &size, NULL))
            g_ptr_array_add (inputs, g_bytes_new_take (bytes, size));
        g_free (path);
    }
    if (dir)
        g_dir_close (dir);
}

/* In memory of its own, of just its size, so that reading beyond it is noticed. */
static void
try_bytes (const guint8 *bytes, gsize size)
{
    guint8 *copy = malloc (MAX (size, 1));

    memcpy (copy, bytes, size);
    LLVMFuzzerTestOneInput (copy, size);
    free (copy);
}

static gint32
below (GRand *random, gsize limit)
{
    return limit > 1 ? g_rand_int_range (random, 0, (gint32) limit) : 0;
}

static void
bend (GByteArray *bytes, GRand *random)
{
    static const guint8 extremes[] = { 0, 1, 0x7f, 0x80, 0xff };
    guint8 *at = bytes->data + below (random, bytes->len);

    switch (below (random, 4)) {
    case 0:
        *at ^= (guint8) (1 << below (random, 8));
        break;
    case 1:
        *at = extremes[below (random, G_N_ELEMENTS (extremes))];
        break;
    case 2:
        memset (at, below (random, 256), MIN (4, (gsize) (bytes->data + bytes->len - at)));
        break;
    case 3:
        g_byte_array_set_size (bytes, (guint) below (random, bytes->len) + 1);
        break;
    }
}

static void
try_damaged (GPtrArray *inputs, GRand *random)
{
    GByteArray *bytes = g_byte_array_new ();
    gsize size, tail_size;
    const guint8 *data = g_bytes_get_data (inputs->pdata[below (random, inputs->len)], &size);
    const guint8 *tail = g_bytes_get_data (inputs->pdata[below (random, inputs->len)], &tail_size);

    g_byte_array_append (bytes, data, (guint) size);
    if (below (random, 10) == 0 && size > 0 && tail_size > 0) {
        gsize from = (gsize) below (random, tail_size);

        g_byte_array_set_size (bytes, (guint) below (random, size) + 1);
        g_byte_array_append (bytes, tail + from, (guint) (tail_size - from));
    }
    for (int n = 1 + below (random, 6); n > 0 && bytes->len > 0; n--)
        bend (bytes, random);
    try_bytes (bytes->data, bytes->len);
    g_byte_array_unref (bytes);
}

int
main (int argc, char **argv)
{
    GPtrArray *inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
    const char *given = g_getenv ("HF_TEST_SEED");
    guint32 seed = given ? (guint32) g_ascii_strtoull (given, NULL, 10) : g_random_int ();
    GRand *random = g_rand_new_with_seed (seed);
    gint64 end = g_get_monotonic_time () + MOST_SECONDS * G_USEC_PER_SEC;
    int n = 0;

    for (int i = 1; i < argc; i++)
        collect (argv[i], inputs);
    g_assert_cmpint ((int) inputs->len, >, 0);
    try_bytes ((const guint8 *) "", 0);
    for (guint i = 0; i < inputs->len; i++) {
        gsize size;
        const guint8 *bytes = g_bytes_get_data (inputs->pdata[i], &size);

        try_bytes (bytes, size);
    }
    for (; n < MOST_DAMAGED && g_get_monotonic_time () < end; n++)
        try_damaged (inputs, random);
    g_print ("%u inputs and %d damaged copies, seed %u\n", inputs->len, n, seed);
    g_rand_free (random);
    g_ptr_array_unref (inputs);
    return 0;
}
