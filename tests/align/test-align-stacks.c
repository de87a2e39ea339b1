/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real stacks (HF_STACKS; skipped where absent): every frame registers, correlates, and lies where
 * cameras put frames. With `--report` the records are printed.
 */
#include "drive.h"

#include <math.h>
#include <string.h>

static const char *const stacks[] = { "pcb",        "pcb-depth", "flies", "amber",
                                      "hot-pixels", "vignetted", "phone", NULL };

static void
print_record (int frame, const HfRecord *record)
{
    const double *m = record->align.matrix.m;

    g_print ("  %2d  correlation %.3f  residual %.2f px  overlap %.3f  scale %.5f  rotation %.3f°  "
             "shift %.2f %.2f  %s\n",
             frame, record->align.correlation, record->align.residual, record->align.overlap,
             hypot (m[0] + m[4], m[3] - m[1]) / 2, atan2 (m[3] - m[1], m[0] + m[4]) * 180 / G_PI,
             m[2], m[5], record->reason ? record->reason : "");
}

static bool
register_stack (const char *folder, const char *name, Drive *drive, GError **error)
{
    char *path = g_build_filename (folder, name, NULL);
    char **files = hf_files_list (path, error);
    HfSource *source = files ? hf_files_source_new ((const char *const *) files, error) : NULL;
    bool good = source && drive_run (drive, source, error);

    hf_source_free (source);
    g_strfreev (files);
    g_free (path);
    return good;
}

static int
report (const char *folder)
{
    for (int k = 0; stacks[k]; k++) {
        GError *error = NULL;
        Drive drive;

        drive_init (&drive);
        if (!register_stack (folder, stacks[k], &drive, &error))
            g_error ("%s", error->message);
        g_print ("%s: %.1f ms of processor time a frame\n", stacks[k],
                 1e3 * drive.seconds / drive.n_frames);
        for (int i = 0; i < drive.n_frames; i++)
            print_record (i, &drive.records[i]);
        drive_clear (&drive);
    }
    return 0;
}

static void
test_stack (gconstpointer name)
{
    GError *error = NULL;
    Drive drive;

    drive_init (&drive);
    g_assert_true (register_stack (g_getenv ("HF_STACKS"), name, &drive, &error));
    g_assert_no_error (error);
    for (int i = 0; i < drive.n_frames; i++) {
        const HfAlignRecord *record = &drive.records[i].align;

        g_assert_cmpstr (drive.records[i].reason, ==, NULL);
        g_assert_cmpfloat (record->correlation, >, 0.9);
        g_assert_cmpfloat (record->overlap, >, 0.8);
    }
    drive_clear (&drive);
}

int
main (int argc, char **argv)
{
    const char *folder = g_getenv ("HF_STACKS");

    if (!folder || !g_file_test (folder, G_FILE_TEST_IS_DIR))
        return 77;
    if (argc > 1 && strcmp (argv[1], "--report") == 0)
        return report (folder);
    g_test_init (&argc, &argv, NULL);
    for (int k = 0; stacks[k]; k++) {
        char *path = g_strdup_printf ("/align/stack/%s", stacks[k]);

        g_test_add_data_func (path, stacks[k], test_stack);
        g_free (path);
    }
    return g_test_run ();
}
