/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sink leaves either a whole file or no trace: an existing file stays as it is until commit, a
 * folder never holds more than it should, a full disk and failing allocations are errors that name
 * the file.
 */
#define _GNU_SOURCE /* unshare */

#include "layers.h"

#include <glib/gstdio.h>
#include <hyperfocal/error.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = { "out.tif", "out.png", "out.jpg", "layers.tif" };

enum { LAYERED = 3 };

static HfSink *
new_sink (int kind, const char *path, GError **error)
{
    HfFileOptions options = default_file_options ();
    HfSink *sink = kind == LAYERED ? hf_layered_tiff_sink_new (path, &options, error)
                                   : hf_file_sink_new (path, &options, error);

    hf_options_clear (&hf_file_table, &options);
    return sink;
}

static HfPictureInfo
info_of (const HfImage *image)
{
    return (HfPictureInfo) {
        .name = "x", .width = image->width, .height = image->height, .format = image->format
    };
}

static void
assert_names (GError *error, int code, const char *path)
{
    char *name = g_path_get_basename (path);

    g_assert_error (error, HF_ERROR, code);
    if (!strstr (error->message, name))
        g_error ("'%s' does not name %s", error->message, name);
    g_free (name);
}

static void
existing_file_stays_until_commit (void)
{
    HfImage *image = picture_ramp (64, 48, (HfFormat) { HF_SAMPLE_U8, 3 });
    HfPictureInfo info = info_of (image);

    for (int kind = 0; kind < 4; kind++)
        for (int commit = 0; commit < 2; commit++) {
            char *folder = folder_new (), *path = folder_file (folder, names[kind]), *text;
            GError *error = NULL;
            HfSink *sink;

            g_file_set_contents (path, "precious", -1, NULL);
            sink = new_sink (kind, path, &error);
            g_assert_no_error (error);
            picture_write (sink, image, &info, 48, &error);
            g_assert_no_error (error);
            g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
            g_assert_cmpstr (text, ==, "precious");
            g_free (text);
            if (commit)
                g_assert_true (hf_sink_commit (sink, &error));
            hf_sink_free (sink);
            g_assert_cmpint (folder_count (folder), ==, 1);
            g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
            g_assert_true ((strcmp (text, "precious") == 0) == !commit);
            g_free (text);
            g_free (path);
            folder_remove (folder);
        }
    hf_image_free (image);
}

/* At every stage of the work. */
static void
freeing_without_commit_leaves_nothing (void)
{
    HfImage *image = picture_ramp (64, 48, (HfFormat) { HF_SAMPLE_U16, 4 });
    HfPictureInfo info = info_of (image);

    for (int kind = 0; kind < 4; kind++)
        for (int stage = 0; stage < 4; stage++) {
            char *folder = folder_new (), *path = folder_file (folder, names[kind]);
            HfSink *sink = new_sink (kind, path, NULL);

            if (stage > 0)
                g_assert_true (hf_sink_begin (sink, &info, NULL));
            if (stage > 1)
                g_assert_true (hf_sink_write (sink, image, NULL));
            if (stage > 2)
                g_assert_true (hf_sink_end (sink, NULL));
            hf_sink_free (sink);
            g_assert_cmpint (folder_count (folder), ==, 0);
            g_free (path);
            folder_remove (folder);
        }
    hf_image_free (image);
}

static void
links_and_permissions_are_kept (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "real.png"),
         *link = folder_file (folder, "link.png");
    HfImage *image = picture_ramp (8, 8, (HfFormat) { HF_SAMPLE_U8, 3 }), *back;
    mode_t mask = umask (027);
    struct stat status;

    picture_save (image, path, NULL);
    g_assert_cmpint (g_stat (path, &status), ==, 0);
    g_assert_cmpint (status.st_mode & 0777, ==, 0640);
    g_assert_cmpint (symlink ("real.png", link), ==, 0);
    hf_image_free (image);
    image = picture_ramp (9, 9, (HfFormat) { HF_SAMPLE_U8, 3 });
    picture_save (image, link, NULL);
    g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
    back = picture_load (path);
    picture_assert_equal (back, image);
    umask (mask);
    hf_image_free (back);
    hf_image_free (image);
    g_free (path);
    g_free (link);
    folder_remove (folder);
}

static void
bad_targets_fail_at_once (void)
{
    char *folder = folder_new (), *missing = g_build_filename (folder, "no", "x.png", NULL);
    char *file = folder_file (folder, "file"), *below = g_build_filename (file, "x.tif", NULL);
    char *sub = folder_file (folder, "sub.jpg"), *odd = folder_file (folder, "x.bmp"),
         *pipe = folder_file (folder, "pipe.png");
    const struct {
        const char *path;
        int code;
    } cases[] = { { missing, HF_ERROR_FILE },
                  { below, HF_ERROR_FILE },
                  { sub, HF_ERROR_FILE },
                  { pipe, HF_ERROR_FILE },
                  { odd, HF_ERROR_ARGUMENT } };

    g_file_set_contents (file, "x", 1, NULL);
    g_assert_cmpint (g_mkdir (sub, 0777), ==, 0);
    g_assert_cmpint (mkfifo (pipe, 0666), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        GError *error = NULL;

        g_assert_null (new_sink (0, cases[i].path, &error));
        assert_names (error, cases[i].code, cases[i].path);
        g_clear_error (&error);
        if (cases[i].path != odd) {
            g_assert_null (new_sink (LAYERED, cases[i].path, &error));
            assert_names (error, cases[i].code, cases[i].path);
            g_clear_error (&error);
        }
    }
    g_assert_cmpint (folder_count (folder), ==, 3);
    g_free (missing);
    g_free (file);
    g_free (below);
    g_free (sub);
    g_free (odd);
    g_free (pipe);
    folder_remove (folder);
}

/* Root may write everywhere, so the folder is closed for another user, in a child. */
static void
closed_folder_fails_at_once (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "x.png");
    GError *error = NULL;

    if (g_test_subprocess ()) {
        g_assert_cmpint (g_chmod (folder, 0555), ==, 0);
        if (geteuid () == 0)
            g_assert_cmpint (seteuid (65534), ==, 0);
        g_assert_null (new_sink (1, path, &error));
        assert_names (error, HF_ERROR_FILE, path);
        g_error_free (error);
        if (getuid () == 0)
            g_assert_cmpint (seteuid (0), ==, 0);
        g_assert_cmpint (g_chmod (folder, 0777), ==, 0);
    } else {
        g_test_trap_subprocess (NULL, 0, 0);
        g_test_trap_assert_passed ();
    }
    g_free (path);
    folder_remove (folder);
}

/* The whole walk of a sink; false with an error where it ends early. */
static bool
write_all (int kind, const char *path, const HfImage *image, GError **error)
{
    HfPictureInfo info = info_of (image);
    HfSink *sink = new_sink (kind, path, error);
    bool written = sink && picture_write (sink, image, &info, 16, error) &&
                   (kind != LAYERED || picture_write (sink, image, &info, 16, error)) &&
                   hf_sink_commit (sink, error);

    hf_sink_free (sink);
    return written;
}

static void
set_file_limit (rlim_t size)
{
    struct rlimit limit;

    getrlimit (RLIMIT_FSIZE, &limit);
    limit.rlim_cur = MIN (size, limit.rlim_max);
    setrlimit (RLIMIT_FSIZE, &limit);
}

/*
 * A limit on the size of files stops writing as a full disk does. At every limit there is either an
 * error and no trace, or the whole file; both are seen.
 */
static void
full_disk_is_an_error (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfImage *image = picture_random (200, 150, (HfFormat) { HF_SAMPLE_U8, 3 }, random);

    signal (SIGXFSZ, SIG_IGN);
    for (int kind = 0; kind < 4; kind++) {
        int n_failed = 0, n_written = 0;

        for (rlim_t size = 0; size < 450000; size += size < 1000 ? 97 : 9973) {
            char *folder = folder_new (), *path = folder_file (folder, names[kind]), *text;
            GError *error = NULL;
            bool written;

            g_file_set_contents (path, "precious", -1, NULL);
            set_file_limit (size);
            written = write_all (kind, path, image, &error);
            set_file_limit (RLIM_INFINITY);
            g_assert_cmpint (folder_count (folder), ==, 1);
            g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
            if (written) {
                hf_image_free (picture_load (path));
                n_written++;
            } else {
                assert_names (error, HF_ERROR_FILE, path);
                g_clear_error (&error);
                g_assert_cmpstr (text, ==, "precious");
                n_failed++;
            }
            g_free (text);
            g_free (path);
            folder_remove (folder);
        }
        g_assert_cmpint (n_failed, >, 10);
        g_assert_cmpint (n_written, >, 0);
    }
    signal (SIGXFSZ, SIG_DFL);
    hf_image_free (image);
    g_rand_free (random);
}

static void
failing_allocations_are_errors (void)
{
    static const HfFormat formats[] = { { HF_SAMPLE_FLOAT, 4 }, { HF_SAMPLE_U8, 3 } };

    for (size_t f = 0; f < G_N_ELEMENTS (formats); f++)
        for (int kind = 0; kind < 4; kind++) {
            HfImage *image = picture_ramp (64, 48, formats[f]);
            int n_failed = 0;

            for (bool written = false; !written; n_failed++) {
                char *folder = folder_new (), *path = folder_file (folder, names[kind]);
                GError *error = NULL;

                hf_memory_fail_after (n_failed);
                written = write_all (kind, path, image, &error);
                hf_memory_fail_after (-1);
                g_assert_cmpint (folder_count (folder), ==, written ? 1 : 0);
                if (!written)
                    g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
                g_clear_error (&error);
                g_free (path);
                folder_remove (folder);
                g_assert_cmpint (n_failed, <, 100);
            }
            hf_image_free (image);
        }
}

static void
one_file_holds_one_picture (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "x.png");
    HfImage *image = picture_ramp (8, 8, (HfFormat) { HF_SAMPLE_U8, 3 });
    HfPictureInfo info = info_of (image);
    GError *error = NULL;
    HfSink *sink = new_sink (1, path, NULL);

    g_assert_false (hf_sink_commit (sink, &error));
    assert_names (error, HF_ERROR_ARGUMENT, path);
    g_clear_error (&error);
    g_assert_true (picture_write (sink, image, &info, 8, &error));
    g_assert_false (hf_sink_begin (sink, &info, &error));
    assert_names (error, HF_ERROR_ARGUMENT, path);
    g_clear_error (&error);
    g_assert_false (hf_sink_write (sink, image, &error));
    assert_names (error, HF_ERROR_ARGUMENT, path);
    g_clear_error (&error);
    hf_sink_free (sink);
    hf_image_free (image);
    g_free (path);
    folder_remove (folder);
}

/* Takes /proc away from this process; false where that is not allowed. */
static bool
hide_proc (void)
{
    return unshare (CLONE_NEWNS) == 0 &&
           mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount ("none", "/proc", "tmpfs", 0, NULL) == 0;
}

/*
 * Without /proc a nameless file cannot be given a name, so a hidden one is used, as on file systems
 * that have no nameless files. A child in a name space of its own sees no /proc; that takes root.
 */
static void
works_without_nameless_files (void)
{
    if (!g_test_subprocess ()) {
        g_test_trap_subprocess (NULL, 0, 0);
        g_test_trap_assert_passed ();
        return;
    }
    if (!hide_proc ())
        return; /* then there is nothing to see here */
    g_assert_cmpint (access ("/proc/self/fd", F_OK), !=, 0);
    existing_file_stays_until_commit ();
    freeing_without_commit_leaves_nothing ();
    umount2 ("/proc", MNT_DETACH); /* the leak sanitizer wants it */
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/sinks/existing-file-stays-until-commit",
                     existing_file_stays_until_commit);
    g_test_add_func ("/files/sinks/freeing-without-commit-leaves-nothing",
                     freeing_without_commit_leaves_nothing);
    g_test_add_func ("/files/sinks/works-without-nameless-files", works_without_nameless_files);
    g_test_add_func ("/files/sinks/links-and-permissions-are-kept", links_and_permissions_are_kept);
    g_test_add_func ("/files/sinks/bad-targets-fail-at-once", bad_targets_fail_at_once);
    g_test_add_func ("/files/sinks/closed-folder-fails-at-once", closed_folder_fails_at_once);
    g_test_add_func ("/files/sinks/full-disk-is-an-error", full_disk_is_an_error);
    g_test_add_func ("/files/sinks/failing-allocations-are-errors", failing_allocations_are_errors);
    g_test_add_func ("/files/sinks/one-file-holds-one-picture", one_file_holds_one_picture);
    return g_test_run ();
}
