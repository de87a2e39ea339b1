/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bad input does no harm: files that are missing, empty, cut short at any byte, bent at random, too
 * large, or do not fit together, each answered by one sentence that names the file; allocations
 * that fail; several readers at once.
 */
#include "pictures.h"

#include "files/ifd.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <hyperfocal/error.h>
#include <hyperfocal/threads.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = { "a.tif", "a.png", "a.jpg" };

/* One sentence: not empty, one line, valid UTF-8, names the file. */
static void
assert_sentence (const GError *error, const char *name)
{
    g_assert_nonnull (error);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_null (strchr (error->message, '\n'));
    if (name && !strstr (error->message, name))
        g_error ("'%s' does not name %s", error->message, name);
}

static void
assert_unreadable (const char *path, int code, const char *name, const char *part)
{
    const char *paths[] = { path, NULL };
    GError *error = NULL;
    HfSource *source = hf_files_source_new (paths, &error);

    g_assert_null (source);
    g_assert_error (error, HF_ERROR, code);
    assert_sentence (error, name);
    if (part && !strstr (error->message, part))
        g_error ("'%s' does not tell of %s", error->message, part);
    g_clear_error (&error);
    g_assert_null (hf_file_read (path, 1, NULL, NULL, &error));
    g_assert_error (error, HF_ERROR, code);
    g_error_free (error);
}

static void
what_is_no_picture_is_named (void)
{
    char *folder = folder_new (), *missing = folder_file (folder, "missing.png"),
         *empty = folder_file (folder, "empty.png"), *text = folder_file (folder, "text.jpg"),
         *sub = folder_file (folder, "sub.tif"), *pipe = folder_file (folder, "pipe.tif"),
         *odd = folder_file (folder, "new\nline \xc3\xa9 \xff.png");

    g_file_set_contents (empty, "", 0, NULL);
    g_file_set_contents (text, "hello, this is no picture", -1, NULL);
    g_assert_cmpint (g_mkdir (sub, 0777), ==, 0);
    g_assert_cmpint (mkfifo (pipe, 0666), ==, 0);
    assert_unreadable (missing, HF_ERROR_FILE, "missing.png", "No such file");
    assert_unreadable (empty, HF_ERROR_FORMAT, "empty.png", "empty");
    assert_unreadable (text, HF_ERROR_FORMAT, "text.jpg", "not a JPEG, PNG or TIFF");
    assert_unreadable (sub, HF_ERROR_FILE, "sub.tif", "folder");
    assert_unreadable (pipe, HF_ERROR_FILE, "pipe.tif", "plain file");
    assert_unreadable (odd, HF_ERROR_FILE, "new?line \xc3\xa9 ", "No such file");
    g_free (missing);
    g_free (empty);
    g_free (text);
    g_free (sub);
    g_free (pipe);
    g_free (odd);
    folder_remove (folder);
}

static void
no_files_is_an_error (void)
{
    const char *paths[] = { NULL };
    GError *error = NULL;

    g_assert_null (hf_files_source_new (paths, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_error_free (error);
}

/* Some file systems make one wait for the disk when a file is overwritten, so it is made anew. */
static void
put (const char *path, const void *bytes, gsize n)
{
    FILE *file;

    g_unlink (path);
    file = g_fopen (path, "wb");
    g_assert_cmpuint (fwrite (bytes, 1, n, file), ==, n);
    fclose (file);
}

/*
 * Every length from 0 to the whole less one: an error, or -- where only what is not needed is
 * missing -- the whole picture; never half of one.
 */
static void
check_cut_short (const char *path, const char *name, const char *bytes, gsize n,
                 const HfImage *whole, int *n_accepted)
{
    for (gsize length = 0; length < n; length++)
        for (int reduction = 1; reduction <= 8; reduction *= 8) {
            GError *error = NULL;
            HfImage *image;

            put (path, bytes, length);
            image = hf_file_read (path, reduction, NULL, NULL, &error);
            if (!image) {
                assert_sentence (error, name);
                g_error_free (error);
                continue;
            }
            if (reduction == 1)
                picture_assert_equal (image, whole);
            hf_image_free (image);
            ++*n_accepted;
        }
}

static void
cut_short_is_an_error (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (int kind = 0; kind < 3; kind++)
        for (int channels = 1; channels <= 3; channels += 2) {
            char *folder = folder_new (), *path = folder_file (folder, names[kind]), *bytes;
            HfImage *image = picture_random (24, 17, (HfFormat) { HF_SAMPLE_U8, channels }, random),
                    *whole;
            int n_accepted = 0;
            gsize n;

            picture_save (image, path, NULL);
            whole = picture_load (path);
            g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
            check_cut_short (path, names[kind], bytes, n, whole, &n_accepted);
            g_assert_cmpint (n_accepted, <=, 8); /* a TIFF may do without its last link */
            g_free (bytes);
            hf_image_free (whole);
            hf_image_free (image);
            g_free (path);
            folder_remove (folder);
        }
    g_rand_free (random);
}

static void
bend_files (guint32 seed)
{
    GRand *random = g_rand_new_with_seed (seed);
    char *folder = folder_new ();

    for (int kind = 0; kind < 3; kind++) {
        char *path = folder_file (folder, names[kind]), *bytes;
        HfImage *image = picture_random (40, 30, (HfFormat) { HF_SAMPLE_U8, 3 }, random);
        HfBudget *budget = hf_budget_new (64 << 20);
        gsize n;

        picture_save (image, path, NULL);
        g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
        for (int i = 0; i < 1500; i++) {
            char *bent = g_memdup2 (bytes, n);
            GError *error = NULL;
            HfImage *read;

            for (int k = g_rand_int_range (random, 1, 5); k > 0; k--)
                bent[g_rand_boolean (random) ? g_rand_int_range (random, 0, (gint32) MIN (n, 400))
                                             : g_rand_int_range (random, 0, (gint32) n)] =
                    (char) g_rand_int (random);
            put (path, bent, n);
            read = hf_file_read (path, i % 2 ? 1 : 4, budget, NULL, &error);
            if (!read)
                assert_sentence (error, NULL);
            g_clear_error (&error);
            hf_image_free (read);
            g_assert_cmpuint (hf_budget_used (budget), ==, 0);
            g_free (bent);
        }
        hf_budget_free (budget);
        hf_image_free (image);
        g_free (bytes);
        g_free (path);
    }
    g_rand_free (random);
    folder_remove (folder);
}

/* Bytes changed at random: a picture of the right size or an error, within 64 MB. The seed that is
 * named made libtiff complain in two lines. */
static void
bent_files_do_no_harm (void)
{
    bend_files (180716013);
    bend_files (drawn_seed ());
}

/* A PNG whose header claims width × height, RGB 8 bit. */
static void
save_claiming_png (const char *path, uint32_t width, uint32_t height)
{
    HfImage *image = picture_ramp (8, 8, (HfFormat) { HF_SAMPLE_U8, 3 });
    uint32_t sides[2] = { GUINT32_TO_BE (width), GUINT32_TO_BE (height) }, crc;
    char *bytes;
    gsize n;

    picture_save (image, path, NULL);
    g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
    memcpy (bytes + 16, sides, 8);
    crc = GUINT32_TO_BE (png_check_sum ((const uint8_t *) bytes + 12, 17));
    memcpy (bytes + 29, &crc, 4);
    put (path, bytes, n);
    g_free (bytes);
    hf_image_free (image);
}

/* A TIFF of one directory whose sides are set to any number. */
static void
save_claiming_tiff (const char *path, uint32_t width, uint32_t height, uint32_t strip_bytes)
{
    static const uint32_t head[] = { 0x002a4949, 8 };
    const uint32_t entries[][3] = { { 256 | 4 << 16, 1, width },      { 257 | 4 << 16, 1, height },
                                    { 258 | 3 << 16, 1, 8 },          { 259 | 3 << 16, 1, 1 },
                                    { 262 | 3 << 16, 1, 1 },          { 273 | 4 << 16, 1, 8 },
                                    { 277 | 3 << 16, 1, 1 },          { 278 | 4 << 16, 1, height },
                                    { 279 | 4 << 16, 1, strip_bytes } };
    uint16_t n = G_N_ELEMENTS (entries);
    FILE *file = g_fopen (path, "wb");

    fwrite (head, 1, sizeof head, file);
    fwrite (&n, 1, 2, file);
    fwrite (entries, 1, sizeof entries, file);
    fwrite ("\0\0\0\0", 1, 4, file);
    fclose (file);
}

static void
claimed_sizes_are_checked (void)
{
    char *folder = folder_new (), *png = folder_file (folder, "claim.png"),
         *tiff = folder_file (folder, "claim.tif"), *jpeg = folder_file (folder, "claim.jpg"),
         *bytes;
    HfImage *image = picture_ramp (8, 8, (HfFormat) { HF_SAMPLE_U8, 3 });
    gsize n;

    hf_memory_fail_after (-1);
    save_claiming_png (png, HF_FILE_LONGEST_SIDE + 1, 8);
    assert_unreadable (png, HF_ERROR_FORMAT, "claim.png", NULL);
    save_claiming_png (png, 65536, 65536);
    assert_unreadable (png, HF_ERROR_FORMAT, "claim.png", "65536 × 65536");
    save_claiming_png (png, 40000, 40000); /* within the limits, but not within the file */
    assert_unreadable (png, HF_ERROR_FORMAT, "claim.png", "40000 × 40000");
    hf_memory_fail_after (-1);
    save_claiming_tiff (tiff, HF_FILE_LONGEST_SIDE + 1, 1, 1);
    assert_unreadable (tiff, HF_ERROR_FORMAT, "claim.tif", "1048577 × 1");
    save_claiming_tiff (tiff, 0, 7, 1);
    assert_unreadable (tiff, HF_ERROR_FORMAT, "claim.tif", NULL);
    save_claiming_tiff (tiff, 0xffffffff, 0xffffffff, 1);
    assert_unreadable (tiff, HF_ERROR_FORMAT, "claim.tif", NULL);

    picture_save (image, jpeg, NULL);
    hf_memory_fail_after (-1); /* start counting anew */
    g_assert_true (g_file_get_contents (jpeg, &bytes, &n, NULL));
    for (gsize i = 0; i + 9 < n; i++) /* the frame header's sides */
        if ((uint8_t) bytes[i] == 0xff && (uint8_t) bytes[i + 1] == 0xc0) {
            memset (bytes + i + 5, 0xff, 4);
            break;
        }
    put (jpeg, bytes, n);
    assert_unreadable (jpeg, HF_ERROR_FORMAT, "claim.jpg", NULL);
    g_assert_cmpint (hf_memory_fail_after (-1), ==, 0); /* nothing was allocated for it */
    g_free (bytes);
    hf_image_free (image);
    g_free (png);
    g_free (tiff);
    g_free (jpeg);
    folder_remove (folder);
}

/* A TIFF of several strips whose first one is said to have half of its bytes. */
static void
save_with_halved_strip (const char *path, int compression)
{
    HfImage *image = picture_ramp (700, 700, (HfFormat) { HF_SAMPLE_U8, 1 });
    HfFileOptions options = default_file_options ();
    HfPictureInfo info = { .width = 700, .height = 700, .format = image->format };
    HfIfdLayout layout;
    HfSink *sink;
    HfIfd *ifd;
    uint64_t at, link;
    int fd;

    options.compression = compression;
    sink = hf_file_sink_new (path, &options, NULL);
    g_assert_true (picture_write (sink, image, &info, 700, NULL));
    g_assert_true (hf_sink_commit (sink, NULL));
    hf_sink_free (sink);
    fd = g_open (path, O_RDWR, 0);
    g_assert_true (hf_ifd_read_header (fd, &layout, &at));
    ifd = hf_ifd_read (fd, layout, at, 1 << 20);
    g_assert_cmpint (hf_ifd_find (ifd, 279)->type, ==, HF_IFD_LONG);
    g_assert_cmpuint (hf_ifd_find (ifd, 279)->count, >, 1);
    *(uint32_t *) hf_ifd_find (ifd, 279)->value /= 2;
    g_assert_true (hf_ifd_append (fd, layout, ifd, &at, &link));
    g_assert_true (hf_ifd_write_header (fd, layout, at));
    close (fd);
    hf_ifd_free (ifd);
    hf_image_free (image);
    hf_options_clear (&hf_file_table, &options);
}

/* Strips that point outside of the file, or are shorter than their rows. */
static void
wrong_strips_are_errors (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "strips.tif");
    GError *error = NULL;

    save_claiming_tiff (path, 10, 10, 100); /* runs to byte 108; the file has some 120 */
    hf_image_free (hf_file_read (path, 1, NULL, NULL, &error));
    g_assert_no_error (error);
    save_claiming_tiff (path, 100, 100, 10000);
    g_assert_null (hf_file_read (path, 1, NULL, NULL, &error));
    assert_sentence (error, "strips.tif");
    g_clear_error (&error);
    for (int compression = HF_COMPRESSION_NONE; compression <= HF_COMPRESSION_DEFLATE;
         compression++) {
        save_with_halved_strip (path, compression);
        g_assert_null (hf_file_read (path, 1, NULL, NULL, &error));
        assert_sentence (error, "strips.tif");
        g_clear_error (&error);
    }
    g_free (path);
    folder_remove (folder);
}

static void
frames_that_differ_are_named (void)
{
    char *folder = folder_new (), *a = folder_file (folder, "a.png"),
         *b = folder_file (folder, "b.tif");
    const char *paths[] = { a, a, b, NULL };
    HfImage *image = picture_ramp (30, 20, (HfFormat) { HF_SAMPLE_U8, 3 });
    HfImage *other = picture_ramp (31, 20, (HfFormat) { HF_SAMPLE_U16, 3 });
    HfImage *grey = picture_ramp (30, 20, (HfFormat) { HF_SAMPLE_U8, 1 });
    HfImage *deep = picture_ramp (30, 20, (HfFormat) { HF_SAMPLE_FLOAT, 4 });
    GError *error = NULL;
    HfFrameInfo info;
    HfSource *source;

    picture_save (image, a, NULL);
    picture_save (other, b, NULL);
    g_assert_null (hf_files_source_new (paths, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_SIZE);
    assert_sentence (error, "a.png");
    assert_sentence (error, "b.tif");
    assert_sentence (error, "30 × 20");
    assert_sentence (error, "31 × 20");
    g_clear_error (&error);
    picture_save (grey, b, NULL);
    g_assert_null (hf_files_source_new (paths, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_SIZE);
    assert_sentence (error, "a.png");
    assert_sentence (error, "b.tif");
    g_clear_error (&error);
    picture_save (deep, b, NULL); /* depth and alpha may differ */
    source = hf_files_source_new (paths, &error);
    g_assert_no_error (error);
    g_assert_cmpint (source->n_frames, ==, 3);
    g_assert_true (hf_source_info (source, 2, &info, &error));
    g_assert_cmpstr (hf_format_name (info.format), ==, hf_format_name (deep->format));
    g_assert_cmpstr (info.name, ==, b);
    hf_frame_info_clear (&info);
    picture_save (other, b, NULL); /* and now it is changed behind the source's back */
    g_assert_null (hf_source_read (source, 2, 1, NULL, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FORMAT);
    assert_sentence (error, "b.tif");
    g_clear_error (&error);
    g_unlink (b);
    g_assert_null (hf_source_read (source, 2, 1, NULL, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    assert_sentence (error, "b.tif");
    g_clear_error (&error);
    g_assert_null (hf_source_read (source, 0, 3, NULL, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    hf_source_free (source);
    hf_image_free (image);
    hf_image_free (other);
    hf_image_free (grey);
    hf_image_free (deep);
    g_free (a);
    g_free (b);
    folder_remove (folder);
}

static void
failing_allocations_are_errors (void)
{
    char *folder = folder_new ();

    for (int kind = 0; kind < 3; kind++)
        for (int reduction = 1; reduction <= 4; reduction *= 4) {
            HfImage *image = picture_ramp (64, 48, (HfFormat) { HF_SAMPLE_U8, 3 }), *read = NULL;
            char *path = folder_file (folder, names[kind]);
            HfBudget *budget = hf_budget_new (0);

            picture_save (image, path, NULL);
            for (int n = 0; !read; n++) {
                GError *error = NULL;

                hf_memory_fail_after (n);
                read = hf_file_read (path, reduction, budget, NULL, &error);
                hf_memory_fail_after (-1);
                if (!read)
                    g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
                g_clear_error (&error);
                g_assert_true (read || hf_budget_used (budget) == 0);
                g_assert_cmpint (n, <, 20);
            }
            hf_image_free (read);
            g_assert_cmpuint (hf_budget_used (budget), ==, 0);
            hf_budget_free (budget);
            hf_image_free (image);
            g_free (path);
        }
    folder_remove (folder);
}

typedef struct Crowd {
    HfSource *source;
    HfImage *const *expected; /* three, one a frame */
} Crowd;

static void
read_one (void *data, int chunk, int worker)
{
    Crowd *crowd = data;
    GError *error = NULL;
    HfImage *image = hf_source_read (crowd->source, chunk % 3, 1, NULL, &error);

    g_assert_no_error (error);
    picture_assert_equal (image, crowd->expected[chunk % 3]);
    hf_image_free (image);
}

static void
many_read_at_once (void)
{
    char *folder = folder_new (), *paths[4] = { NULL };
    HfImage *expected[3];
    HfPool *pool = hf_pool_new (4, NULL);
    Crowd crowd = { NULL, expected };

    for (int i = 0; i < 3; i++) {
        HfImage *image = picture_ramp (150, 90, (HfFormat) { HF_SAMPLE_U8, 3 });

        paths[i] = folder_file (folder, names[i]);
        picture_save (image, paths[i], NULL);
        expected[i] = picture_load (paths[i]);
        hf_image_free (image);
    }
    crowd.source = hf_files_source_new ((const char *const *) paths, NULL);
    g_assert_nonnull (crowd.source);
    g_assert_true (crowd.source->klass->any_thread);
    hf_pool_for (pool, 60, read_one, &crowd);
    hf_source_free (crowd.source);
    hf_pool_free (pool);
    for (int i = 0; i < 3; i++) {
        hf_image_free (expected[i]);
        g_free (paths[i]);
    }
    folder_remove (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/damage/what-is-no-picture-is-named", what_is_no_picture_is_named);
    g_test_add_func ("/files/damage/no-files-is-an-error", no_files_is_an_error);
    g_test_add_func ("/files/damage/cut-short-is-an-error", cut_short_is_an_error);
    g_test_add_func ("/files/damage/bent-files-do-no-harm", bent_files_do_no_harm);
    g_test_add_func ("/files/damage/claimed-sizes-are-checked", claimed_sizes_are_checked);
    g_test_add_func ("/files/damage/wrong-strips-are-errors", wrong_strips_are_errors);
    g_test_add_func ("/files/damage/frames-that-differ-are-named", frames_that_differ_are_named);
    g_test_add_func ("/files/damage/failing-allocations-are-errors",
                     failing_allocations_are_errors);
    g_test_add_func ("/files/damage/many-read-at-once", many_read_at_once);
    return g_test_run ();
}
