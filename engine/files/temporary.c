/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The file is not flushed to the disk before it gets its name: after a crash of the machine it may
 * be missing or short, after a crash of the program never.
 */
#define _GNU_SOURCE /* O_TMPFILE */

#include "files/temporary.h"

#include "files/names.h"

#include <hyperfocal/error.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0666 }; /* less the umask, as for any new file */

bool
hf_temporary_fail (const HfTemporary *temporary, int number, GError **error)
{
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: %s", temporary->label,
                 g_strerror (number ? number : EIO));
    return false;
}

/* A file without a name, or -1 where system or file system have no such thing. */
static int
open_nameless (const char *folder)
{
#ifdef O_TMPFILE
    if (access ("/proc/self/fd", X_OK) == 0)
        return open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, MODE);
#endif
    return -1;
}

static bool
open_in (HfTemporary *temporary, const char *folder)
{
    temporary->fd = open_nameless (folder);
    if (temporary->fd >= 0)
        return true;
    temporary->name = g_build_filename (folder, ".hyperfocal-XXXXXX", NULL);
    temporary->fd = g_mkstemp_full (temporary->name, O_RDWR | O_CLOEXEC, MODE);
    return temporary->fd >= 0;
}

/* Where a link points to, so that the link stays; a name that does not exist yet stays as it is. */
static char *
resolve (const char *path)
{
    char *real = realpath (path, NULL), *copy = g_strdup (real ? real : path);

    free (real);
    return copy;
}

static bool
check_target (const HfTemporary *temporary, GError **error)
{
    struct stat status;

    if (stat (temporary->path, &status) != 0 || S_ISREG (status.st_mode))
        return true;
    if (S_ISDIR (status.st_mode))
        return hf_temporary_fail (temporary, EISDIR, error);
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: it is not a plain file",
                 temporary->label);
    return false;
}

HfTemporary *
hf_temporary_new (const char *path, GError **error)
{
    HfTemporary *temporary = g_new0 (HfTemporary, 1);
    char *folder;
    bool opened;

    temporary->path = resolve (path);
    temporary->label = hf_file_label (path);
    temporary->fd = -1;
    if (!check_target (temporary, error)) {
        hf_temporary_free (temporary);
        return NULL;
    }
    folder = g_path_get_dirname (temporary->path);
    opened = open_in (temporary, folder);
    if (!opened) {
        hf_temporary_fail (temporary, errno, error);
        g_clear_pointer (&temporary->name, g_free); /* not ours to remove */
    }
    g_free (folder);
    if (!opened)
        g_clear_pointer (&temporary, hf_temporary_free);
    return temporary;
}

/* A name nobody has, made as a link to the nameless file; rename () can then replace what stands.
 */
static bool
give_name (HfTemporary *temporary)
{
    char *folder = g_path_get_dirname (temporary->path);
    char *self = g_strdup_printf ("/proc/self/fd/%d", temporary->fd);
    bool linked = false;

    for (int attempt = 0; attempt < 100 && !linked; attempt++) {
        char *name = g_strdup_printf ("%s/.hyperfocal-%08x", folder, g_random_int ());

        linked = linkat (AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
        if (linked)
            temporary->name = g_steal_pointer (&name);
        g_free (name);
        if (!linked && errno != EEXIST)
            break;
    }
    g_free (self);
    g_free (folder);
    return linked;
}

bool
hf_temporary_commit (HfTemporary *temporary, GError **error)
{
    int fd;

    if (!temporary->name && !give_name (temporary))
        return hf_temporary_fail (temporary, errno, error);
    fd = temporary->fd;
    temporary->fd = -1;
    if (close (fd) != 0 || g_rename (temporary->name, temporary->path) != 0)
        return hf_temporary_fail (temporary, errno, error);
    g_clear_pointer (&temporary->name, g_free);
    return true;
}

void
hf_temporary_free (HfTemporary *temporary)
{
    if (!temporary)
        return;
    if (temporary->fd >= 0)
        close (temporary->fd);
    if (temporary->name)
        g_unlink (temporary->name);
    g_free (temporary->name);
    g_free (temporary->label);
    g_free (temporary->path);
    g_free (temporary);
}

FILE *
hf_temporary_stream (HfTemporary *temporary, GError **error)
{
    int fd = fcntl (temporary->fd, F_DUPFD_CLOEXEC, 0);
    FILE *stream = fd >= 0 ? fdopen (fd, "wb") : NULL;

    if (stream)
        return stream;
    hf_temporary_fail (temporary, errno, error);
    if (fd >= 0)
        close (fd);
    return NULL;
}
