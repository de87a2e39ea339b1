/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "fuse/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <hyperfocal/error.h>
#include <string.h>
#include <unistd.h>

struct HfSpill {
    int file;
    size_t bytes;
};

static void
set_error (GError **error, const char *what, size_t bytes, int number)
{
    g_set_error (error, HF_ERROR, HF_ERROR_FILE,
                 "a temporary file of %.0f MB in %s cannot be %s: %s", (double) bytes / 1e6,
                 g_get_tmp_dir (), what, g_strerror (number));
}

/* An open file without a name, or -1 with errno. */
static int
open_nameless (void)
{
    char *path = g_build_filename (g_get_tmp_dir (), "hyperfocal-XXXXXX", NULL);
    int file = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);

    if (file >= 0)
        unlink (path);
    g_free (path);
    return file;
}

HfSpill *
hf_spill_new (size_t bytes, GError **error)
{
    HfSpill *spill;
    int file = open_nameless (), failure;

    if (file < 0) {
        set_error (error, "made", bytes, errno);
        return NULL;
    }
    failure = posix_fallocate (file, 0, (off_t) bytes);
    if (failure) {
        close (file);
        set_error (error, "made", bytes, failure);
        return NULL;
    }
    spill = g_new (HfSpill, 1);
    *spill = (HfSpill) { file, bytes };
    return spill;
}

void
hf_spill_free (HfSpill *spill)
{
    if (!spill)
        return;
    close (spill->file);
    g_free (spill);
}

bool
hf_spill_read (HfSpill *spill, size_t place, void *memory, size_t bytes, GError **error)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n =
            pread (spill->file, (char *) memory + done, bytes - done, (off_t) (place + done));

        if (n == 0 || (n < 0 && errno != EINTR)) {
            set_error (error, "read", spill->bytes, n ? errno : EIO);
            return false;
        }
        done += n > 0 ? (size_t) n : 0;
    }
    return true;
}

bool
hf_spill_write (HfSpill *spill, size_t place, const void *memory, size_t bytes, GError **error)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pwrite (spill->file, (const char *) memory + done, bytes - done,
                            (off_t) (place + done));

        if (n < 0 && errno != EINTR) {
            set_error (error, "written", spill->bytes, errno);
            return false;
        }
        done += n > 0 ? (size_t) n : 0;
    }
    return true;
}
