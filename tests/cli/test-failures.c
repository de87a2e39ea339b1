/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes wrong: one clear sentence that names the file and the number, another exit status than
 * 0, no partial file, and every file that was there as it was.
 */
#include "command.h"
#include "folder.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Every test gets a folder with a good stack a.png b.png c.png, a file out.png that is to stay as
 * it is, and what else its preparation adds.
 */
typedef struct Failure {
    const char *name;
    void (*prepare) (const char *folder); /* may be NULL */
    const char *words;                    /* separated by blanks */
    int status;
    const char *named; /* what the sentence must hold */
    const char *also;
    CommandSetup setup;
} Failure;

static void
read_file (const char *folder, const char *name, char **text, gsize *length)
{
    char *path = folder_path (folder, name);
    GError *error = NULL;

    g_file_get_contents (path, text, length, &error);
    g_assert_no_error (error);
    g_free (path);
}

/* Rewrites frame b in another kind of file and keeps only the first part of it. */
static void
truncate_as (const char *folder, const char *name)
{
    HfImage *image = folder_read_image (folder, "b.png");
    char *text = NULL;
    gsize length = 0;

    folder_write_image (folder, name, image);
    read_file (folder, name, &text, &length);
    folder_write (folder, name, text, length * 6 / 10);
    g_free (text);
    hf_image_free (image);
}

static void
truncate_png (const char *folder)
{
    truncate_as (folder, "cut.png");
}

static void
truncate_jpeg (const char *folder)
{
    truncate_as (folder, "cut.jpg");
}

static void
truncate_tiff (const char *folder)
{
    truncate_as (folder, "cut.tif");
}

static void
add_empty (const char *folder)
{
    folder_write (folder, "empty.jpg", "", 0);
}

static void
add_text (const char *folder)
{
    folder_write (folder, "text.tif", "This is no picture.\n", 20);
}

static void
add_other_size (const char *folder)
{
    HfImage *image = hf_image_new (NULL, 77, 55, (HfFormat) { HF_SAMPLE_U8, 3 }, NULL);

    for (int y = 0; y < image->height; y++)
        memset (hf_image_row (image, y), 3 * y, (size_t) image->width * 3);
    folder_write_image (folder, "small.png", image);
    hf_image_free (image);
}

static void
add_grey (const char *folder)
{
    HfImage *image = hf_image_new (NULL, 240, 160, (HfFormat) { HF_SAMPLE_U8, 1 }, NULL);

    for (int y = 0; y < image->height; y++)
        memset (hf_image_row (image, y), y, (size_t) image->width);
    folder_write_image (folder, "grey.png", image);
    hf_image_free (image);
}

static void
add_folders (const char *folder)
{
    static const char *const names[] = { "empty", "folder.png" };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        char *path = folder_path (folder, names[i]);

        g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
        g_free (path);
    }
}

static void
add_links (const char *folder)
{
    char *frame = folder_path (folder, "a.png");
    char *soft = folder_path (folder, "soft.png");
    char *hard = folder_path (folder, "hard.png");

    g_assert_cmpint (symlink ("a.png", soft), ==, 0);
    g_assert_cmpint (link (frame, hard), ==, 0);
    g_free (hard);
    g_free (soft);
    g_free (frame);
}

/* Another subject: what can be aligned to the others is nothing of it. */
static void
add_strangers (const char *folder)
{
    for (int i = 0; i < 2; i++) {
        HfRender *render = small_stack ("plane", 900 + i, 2);
        char *name = g_strdup_printf ("stranger-%d.png", i);

        folder_write_image (folder, name, render->frames[0]);
        g_free (name);
        hf_render_free (render);
    }
}

static void
lock_frame (const char *folder)
{
    char *path = folder_path (folder, "b.png");

    g_assert_cmpint (g_chmod (path, 0), ==, 0);
    g_assert_cmpint (g_chmod (folder, 0777), ==, 0);
    g_free (path);
}

static void
lock_folder (const char *folder)
{
    g_assert_cmpint (g_chmod (folder, 0555), ==, 0);
}

/* Of two frames; the second may be left out. */
static void
add_transforms (const char *folder)
{
    static const char two[] = "hyperfocal transforms 1\nframes 2\nreference 0\n"
                              "frame 0\nsize 240 160\nused yes\nmatrix 1 0 0 0 1 0 0 0 1\n"
                              "frame 1\nsize 240 160\nused yes\nmatrix 1 0 3 0 1 0 0 0 1\n";
    char *left_out =
        g_strndup (two, strlen (two) - strlen ("used yes\nmatrix 1 0 3 0 1 0 0 0 1\n"));
    char *one = g_strconcat (left_out, "used no\n", NULL);

    folder_write (folder, "two.txt", two, strlen (two));
    folder_write (folder, "one.txt", one, strlen (one));
    folder_write (folder, "cut.txt", two, strlen (two) - 9);
    g_free (one);
    g_free (left_out);
}

static const Failure failures[] = {
    { "missing-frame", NULL, "stack a.png gone.png c.png -o out.png", 1, "gone.png", "" },
    { "missing-folder", NULL, "-i gone -o out.png", 1, "gone", "" },
    { "empty-folder", add_folders, "-i empty -o out.png", 1, "empty", "" },
    { "empty-file", add_empty, "stack a.png empty.jpg c.png -o out.png", 1, "empty.jpg", "" },
    { "no-picture", add_text, "stack a.png text.tif c.png -o out.png", 1, "text.tif", "" },
    { "truncated-png", truncate_png, "stack a.png cut.png c.png -o out.png", 1, "cut.png", "" },
    { "truncated-jpeg", truncate_jpeg, "stack a.png cut.jpg c.png -o out.png", 1, "cut.jpg", "" },
    { "truncated-tiff", truncate_tiff, "stack a.png cut.tif c.png -o out.png", 1, "cut.tif", "" },
    { "truncated-frame-with-layers", truncate_png,
      "stack a.png cut.png c.png -o out.png --layers layers.tif --report r.json", 1, "cut.png",
      "" },
    { "other-size", add_other_size, "stack a.png small.png c.png -o out.png", 1, "small.png",
      "77" },
    { "other-colours", add_grey, "stack a.png grey.png c.png -o out.png", 1, "grey.png", "" },
    { "one-frame", NULL, "stack a.png -o out.png", 1, "1", "frame" },
    { "strangers", add_strangers, "stack stranger-0.png stranger-1.png -o out.png", 1, "1 of 2",
      "" },
    { "reference-out-of-range", NULL, "stack a.png b.png -o out.png --reference 99", 2, "99", "2" },
    { "reference-broken", NULL, "stack a.png b.png -o out.png --reference best", 2, "best",
      "reference" },
    { "memory-broken", NULL, "stack a.png b.png -o out.png --memory lots", 2, "lots", "memory" },
    { "memory-too-small", NULL, "stack a.png b.png -o out.png --memory 1M", 1, "only 1 MB",
      "memory" },
    { "output-folder-missing", NULL, "stack a.png b.png -o gone/out.png", 1, "gone", "" },
    { "output-is-folder", add_folders, "stack a.png b.png -o folder.png", 1, "folder.png", "" },
    { "output-ending-unknown", NULL, "stack a.png b.png -o out.gif", 2, "out.gif", ".png" },
    { "output-ending-missing", NULL, "stack a.png b.png -o out", 2, "out", ".png" },
    { "layers-ending-unknown", NULL, "stack a.png b.png -o out.png --layers l.png", 2, "l.png",
      ".tif" },
    { "layers-folder-missing", NULL, "stack a.png b.png -o out.png --layers gone/l.tif", 1, "gone",
      "" },
    { "report-folder-missing", NULL, "stack a.png b.png -o out.png --report gone/r.json", 1,
      "gone/r.json", "" },
    { "report-is-folder", add_folders, "stack a.png b.png -o out.png --report empty", 1, "empty",
      "" },
    { "output-is-frame", NULL, "stack a.png b.png -o a.png", 2, "a.png", "frame 0" },
    { "output-is-frame-by-soft-link", add_links, "stack a.png b.png -o soft.png", 2, "a.png",
      "frame 0" },
    { "output-is-frame-by-hard-link", add_links, "stack b.png a.png -o hard.png", 2, "a.png",
      "frame 1" },
    { "report-is-frame", NULL, "stack a.png b.png -o out.png --report b.png", 2, "b.png",
      "frame 1" },
    { "output-is-layers", NULL, "stack a.png b.png -o new.tif --layers ./new.tif", 2, "new.tif",
      "--layers" },
    { "output-is-report", NULL, "stack a.png b.png -o out.png --report ./out.png", 2, "out.png",
      "--report" },
    { "output-in-input-folder-again", NULL, "-i . -o c.png", 2, "c.png", "frame 2" },
    { "transforms-missing", NULL, "stack a.png b.png -o o.png --transforms-in gone.txt", 1,
      "gone.txt", "" },
    { "transforms-of-a-picture", NULL, "stack a.png b.png -o o.png --transforms-in a.png", 1,
      "a.png", "line 1" },
    { "transforms-cut", add_transforms, "stack a.png b.png -o o.png --transforms-in cut.txt", 1,
      "cut.txt", "line 11" },
    { "transforms-of-fewer", add_transforms,
      "stack a.png b.png c.png -o o.png --transforms-in two.txt", 1, "two.txt",
      "of 2 frames, but the stack has 3" },
    { "transforms-leave-out-too-many", add_transforms,
      "stack a.png b.png -o o.png --transforms-in one.txt", 1, "only 1 of 2", "" },
    { "transforms-leave-out-strictly", add_transforms,
      "stack a.png b.png -o o.png --transforms-in one.txt --strict yes", 1, "b.png", "" },
    { "transforms-leave-out-reference", add_transforms,
      "stack a.png b.png -o o.png --transforms-in one.txt --reference 1", 2, "frame 1", "" },
    { "transforms-reference-out-of-range", add_transforms,
      "stack a.png b.png -o o.png --transforms-in two.txt --reference 9", 2, "reference 9", "" },
    { "transforms-out-folder-missing", NULL,
      "stack a.png b.png -o o.png --transforms-out gone/t.txt", 1, "gone/t.txt", "" },
    { "transforms-out-is-folder", add_folders, "stack a.png b.png -o o.png --transforms-out empty",
      1, "empty", "" },
    { "transforms-out-is-frame", NULL, "stack a.png b.png -o o.png --transforms-out b.png", 2,
      "b.png", "frame 1" },
    { "align-only-without-output", NULL, "stack a.png b.png --align-only", 2, "-o FOLDER", "" },
    { "align-only-with-both", NULL, "stack a.png b.png --align-only -o new --layers l.tif", 2,
      "not both", "" },
    { "align-only-among-frames", NULL, "-i . -o . --align-only", 2, "a.png", "another folder" },
    { "align-only-into-file", NULL, "stack a.png b.png -o out.png --align-only", 1, "out.png", "" },
    { "align-only-folder-missing", NULL, "stack a.png b.png -o gone/new --align-only", 1,
      "gone/new", "" },
    { "align-only-kind-unknown", NULL, "stack a.png b.png -o new --align-only --frames-as gif", 2,
      ".gif", ".png" },
    { "align-only-fails-later", truncate_png,
      "stack a.png b.png cut.png -o new --align-only --transform none --balance none", 1, "cut.png",
      "" },
    { "frames-as-without-align-only", NULL, "stack a.png b.png -o o.png --frames-as png", 2,
      "--align-only", "" },
    { "full-disk", NULL, "stack a.png b.png -o out.png", 1, "out.png", "", { .file_limit = 5000 } },
    { "full-disk-layers",
      NULL,
      "stack a.png b.png -o o.jpg --layers l.tif",
      1,
      "l.tif",
      "",
      { .file_limit = 50000 } },
    { "unreadable-frame",
      lock_frame,
      "stack a.png b.png c.png -o out.png",
      1,
      "b.png",
      "",
      { .as_nobody = true } },
    { "unwritable-folder",
      lock_folder,
      "stack a.png b.png c.png -o out.png",
      1,
      "out.png",
      "",
      { .as_nobody = true } },
};

/* Rendered once: the same good frames stand in every test's folder. */
static HfRender *frames;

static char *
new_stack_folder (void)
{
    static const char *const names[] = { "a.png", "b.png", "c.png" };
    char *folder = folder_new ();

    for (int i = 0; i < 3; i++)
        folder_write_image (folder, names[i], frames->frames[i]);
    folder_write (folder, "out.png", "precious", 8);
    return folder;
}

/* Root may read and write everything: such a test needs another user then. */
static bool
set_user (CommandSetup *setup)
{
    if (!setup->as_nobody)
        return true;
    setup->as_nobody = geteuid () == 0;
    if (!setup->as_nobody || command_can_be_nobody ())
        return true;
    g_test_skip ("the program cannot be run by another user here");
    return false;
}

static void
fails_cleanly (gconstpointer data)
{
    const Failure *failure = data;
    CommandSetup setup = failure->setup;
    char *folder = new_stack_folder (), *before, *after;
    char **words = g_strsplit (failure->words, " ", -1);
    CommandResult result = { 0 };

    if (failure->prepare)
        failure->prepare (folder);
    before = folder_snapshot (folder);
    setup.folder = folder;
    if (set_user (&setup)) {
        command_run (&setup, (const char *const *) words, &result);
        g_test_message ("%d: %s", result.status, result.err);
        g_assert_cmpint (result.status, ==, failure->status);
        g_assert_cmpstr (result.out, ==, "");
        g_assert_true (g_str_has_prefix (result.err, "hyperfocal: "));
        g_assert_nonnull (strstr (result.err, failure->named));
        g_assert_nonnull (strstr (result.err, failure->also));
        after = folder_snapshot (folder);
        g_assert_cmpstr (before, ==, after);
        g_free (after);
    }
    command_result_clear (&result);
    g_free (before);
    g_strfreev (words);
    folder_free (folder);
}

/* One sentence on one line, even when a name holds a line end or a terminal's code. */
static void
one_line (gconstpointer data)
{
    const CommandSetup setup = { 0 };
    const char *const words[] = { "stack", data, "c.png", "-o", "c.tif", NULL };
    CommandResult result = { 0 };

    command_run (&setup, words, &result);
    g_test_message ("%s", result.err);
    g_assert_cmpint (result.status, !=, 0);
    g_assert_nonnull (strstr (result.err, "[31mb"));
    for (const char *c = result.err; c[1]; c++)
        g_assert_cmpint ((unsigned char) *c, >=, 0x20);
    g_assert_true (g_str_has_suffix (result.err, "\n"));
    command_result_clear (&result);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    frames = small_stack ("breathing", 41, 3);
    for (guint i = 0; i < G_N_ELEMENTS (failures); i++) {
        char *name = g_strdup_printf ("/cli/failures/%s", failures[i].name);

        g_test_add_data_func (name, &failures[i], fails_cleanly);
        g_free (name);
    }
    g_test_add_data_func ("/cli/failures/one-line/file", "a\n\033[31mb.png", one_line);
    g_test_add_data_func ("/cli/failures/one-line/option", "--a\n\033[31mb", one_line);
    status = g_test_run ();
    hf_render_free (frames);
    return status;
}
