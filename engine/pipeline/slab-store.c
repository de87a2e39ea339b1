/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "pipeline/slab-store.h"

#include <errno.h>
#include <fcntl.h>
#include <hyperfocal/error.h>
#include <string.h>
#include <unistd.h>

/* In the file: slab after slab, row after row, of each row all colours and the validity. */
struct HfSlabStore {
    int fd;
    int width, height, n_colours;
    int n_slabs;   /* begun */
    int n_rows;    /* written of the last one */
    int read_slab; /* that the reader reads */
    float *ones;   /* a row of validity */
    int problem;   /* atomic: errno of a failed read */
};

static bool
fail (int number, const char *doing, GError **error)
{
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "the slabs cannot be %s a temporary file: %s",
                 doing, g_strerror (number));
    return false;
}

HfSlabStore *
hf_slab_store_new (int width, int height, int n_colours, GError **error)
{
    char *path = g_build_filename (g_get_tmp_dir (), "hyperfocal-XXXXXX", NULL);
    int fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600), number = errno;
    HfSlabStore *store = NULL;

    if (fd >= 0) {
        unlink (path);
        store = g_new0 (HfSlabStore, 1);
        *store =
            (HfSlabStore) { .fd = fd, .width = width, .height = height, .n_colours = n_colours };
        store->ones = g_new (float, width);
        for (int x = 0; x < width; x++)
            store->ones[x] = 1;
    } else {
        fail (number, "kept in", error);
    }
    g_free (path);
    return store;
}

void
hf_slab_store_free (HfSlabStore *store)
{
    if (!store)
        return;
    close (store->fd);
    g_free (store->ones);
    g_free (store);
}

/* Where a sample of a plane lies; the validity is plane n_colours. */
static off_t
offset_of (const HfSlabStore *store, int slab, int plane, int x, int y)
{
    off_t row = (off_t) slab * store->height + y;

    return ((row * (store->n_colours + 1) + plane) * store->width + x) * (off_t) sizeof (float);
}

static bool
write_samples (const HfSlabStore *store, const float *samples, off_t offset, GError **error)
{
    const char *bytes = (const char *) samples;
    size_t left = (size_t) store->width * sizeof (float);

    while (left > 0) {
        ssize_t written = pwrite (store->fd, bytes, left, offset);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail (written < 0 ? errno : ENOSPC, "written to", error);
        bytes += written;
        offset += written;
        left -= (size_t) written;
    }
    return true;
}

static bool
write_row (const HfSlabStore *store, const HfBand *band, int row, int y, GError **error)
{
    size_t from = (size_t) row * band->stride;
    int slab = store->n_slabs - 1;

    for (int c = 0; c < store->n_colours; c++)
        if (!write_samples (store, band->colour[c] + from, offset_of (store, slab, c, 0, y), error))
            return false;
    return write_samples (store, band->opaque ? store->ones : band->validity + from,
                          offset_of (store, slab, store->n_colours, 0, y), error);
}

static bool
write_band (void *data, const HfBand *band, GError **error)
{
    HfSlabStore *store = data;

    for (int row = 0; row < band->rect.height; row++)
        if (!write_row (store, band, row, store->n_rows++, error))
            return false;
    return true;
}

HfBandWriter
hf_slab_store_add (HfSlabStore *store)
{
    store->n_slabs++;
    store->n_rows = 0;
    return (HfBandWriter) { write_band, store };
}

/* Reads n samples; what fails is noted and filled with 0. */
static void
read_samples (HfSlabStore *store, float *samples, int n, off_t offset)
{
    char *bytes = (char *) samples;
    size_t left = (size_t) n * sizeof (float);

    while (left > 0) {
        ssize_t got = pread (store->fd, bytes, left, offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            g_atomic_int_set (&store->problem, got < 0 ? errno : EIO);
            memset (bytes, 0, left);
            return;
        }
        bytes += got;
        offset += got;
        left -= (size_t) got;
    }
}

static bool
row_is_opaque (const float *validity, int n)
{
    bool opaque = true;

    for (int x = 0; x < n; x++)
        opaque = opaque && validity[x] >= 1;
    return opaque;
}

static void
read_band (void *data, HfBand *band, int worker)
{
    HfSlabStore *store = data;
    HfRect rect = band->rect;
    bool opaque = true;

    for (int row = 0; row < rect.height; row++) {
        size_t to = (size_t) row * band->stride;

        for (int p = 0; p <= store->n_colours; p++) {
            float *samples = p < store->n_colours ? band->colour[p] : band->validity;

            read_samples (store, samples + to, rect.width,
                          offset_of (store, store->read_slab, p, rect.x, rect.y + row));
        }
        opaque = row_is_opaque (band->validity + to, rect.width) && opaque;
    }
    band->opaque = opaque;
}

HfBandReader
hf_slab_store_reader (HfSlabStore *store, int slab)
{
    store->read_slab = slab;
    return (HfBandReader) { read_band, store };
}

bool
hf_slab_store_check (HfSlabStore *store, GError **error)
{
    int problem = g_atomic_int_get (&store->problem);

    return problem == 0 || fail (problem, "read from", error);
}
