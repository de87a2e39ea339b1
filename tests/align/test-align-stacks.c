/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real stacks (HF_STACKS; skipped where absent): every frame registers, correlates, and lies where
 * cameras put frames. With `--report` the records are printed. With `--closure` each model's
 * triangles are: three frames registered two by two should close, a -> b -> c = a -> c; no truth is
 * needed.
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

/* Frame a -> frame b by a model, alone. */
static bool
register_pair (HfImage *const images[], int a, int b, const char *model, HfMatrix *matrix)
{
    HfImage *two[2] = { images[a], images[b] };
    Drive drive;
    bool good;

    drive_init (&drive);
    g_free (drive.options.align.reference);
    drive.options.align.reference = g_strdup ("first");
    good = hf_option_set (hf_option_find (&hf_align_table, "transform"), &drive.options.align,
                          model, NULL) &&
           drive_images (&drive, two, 2, NULL) && drive.records[1].used;
    if (good)
        *matrix = drive.records[1].align.matrix;
    drive_clear (&drive);
    return good;
}

static void
print_closures (const char *name, HfImage *const images[], int n)
{
    static const char *const models[] = { "rigid", "affine", "homography" };

    for (gsize k = 0; k < G_N_ELEMENTS (models); k++) {
        double sum = 0, most = 0;
        int triangles = 0;

        for (int i = 0; i + 2 < n; i++) {
            HfMatrix first, second, across;
            double mean;

            if (!register_pair (images, i, i + 1, models[k], &first) ||
                !register_pair (images, i + 1, i + 2, models[k], &second) ||
                !register_pair (images, i, i + 2, models[k], &across))
                continue;
            first = hf_matrix_multiply (second, first);
            hf_matrix_distance (&first, &across, images[i]->width, images[i]->height, &mean, NULL);
            sum += mean;
            most = fmax (most, mean);
            triangles++;
        }
        g_print ("%-12s %-12s %2d triangles, open by %.3f px on average, %.3f px at most\n", name,
                 models[k], triangles, sum / MAX (triangles, 1), most);
    }
}

/* Five frames about the middle of each stack. */
static int
closures (const char *folder)
{
    enum { MOST = 5 };

    for (int k = 0; stacks[k]; k++) {
        char *path = g_build_filename (folder, stacks[k], NULL);
        char **files = hf_files_list (path, NULL);
        HfSource *source = hf_files_source_new ((const char *const *) files, NULL);
        int n = MIN (source->n_frames, MOST), from = (source->n_frames - n) / 2;
        HfImage *images[MOST];

        for (int i = 0; i < n; i++)
            images[i] = hf_source_read (source, from + i, 1, NULL, NULL);
        print_closures (stacks[k], images, n);
        for (int i = 0; i < n; i++)
            hf_image_free (images[i]);
        hf_source_free (source);
        g_strfreev (files);
        g_free (path);
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
    if (argc > 1 && strcmp (argv[1], "--closure") == 0)
        return closures (folder);
    g_test_init (&argc, &argv, NULL);
    for (int k = 0; stacks[k]; k++) {
        char *path = g_strdup_printf ("/align/stack/%s", stacks[k]);

        g_test_add_data_func (path, stacks[k], test_stack);
        g_free (path);
    }
    return g_test_run ();
}
