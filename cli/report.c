/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct Report {
    char *path;
    char *temporary; /* NULL once it is renamed */
    int descriptor;
};

static bool
fail (const Report *report, int number, GError **error)
{
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: %s", report->path,
                 g_strerror (number));
    return false;
}

/* ".NAME.XXXXXX" in the folder of `path`. */
static char *
temporary_name (const char *path)
{
    char *folder = g_path_get_dirname (path);
    char *name = g_path_get_basename (path);
    char *hidden = g_strdup_printf (".%s.XXXXXX", name);
    char *temporary = g_build_filename (folder, hidden, NULL);

    g_free (hidden);
    g_free (name);
    g_free (folder);
    return temporary;
}

Report *
report_open (const char *path, GError **error)
{
    Report *report = g_new0 (Report, 1);

    report->path = g_strdup (path);
    report->descriptor = -1;
    if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
        fail (report, EISDIR, error);
        goto failed;
    }
    report->temporary = temporary_name (path);
    report->descriptor = g_mkstemp_full (report->temporary, O_RDWR | O_CLOEXEC, 0666);
    if (report->descriptor < 0) {
        fail (report, errno, error);
        g_clear_pointer (&report->temporary, g_free);
        goto failed;
    }
    return report;

failed:
    report_free (report);
    return NULL;
}

static bool
write_all (int descriptor, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write (descriptor, text, length);

        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            text += written;
            length -= (size_t) written;
        }
    }
    return true;
}

bool
report_commit (Report *report, const HfStackResult *result, GError **error)
{
    char *json = hf_stack_result_to_json (result);
    int descriptor = report->descriptor;
    bool good = write_all (descriptor, json, strlen (json));

    g_free (json);
    report->descriptor = -1;
    /* close () may bring the error of a late write */
    good = close (descriptor) == 0 && good;
    if (!good || g_rename (report->temporary, report->path) != 0)
        return fail (report, errno, error);
    g_clear_pointer (&report->temporary, g_free);
    return true;
}

void
report_free (Report *report)
{
    if (!report)
        return;
    if (report->descriptor >= 0)
        close (report->descriptor);
    if (report->temporary)
        g_unlink (report->temporary);
    g_free (report->temporary);
    g_free (report->path);
    g_free (report);
}
