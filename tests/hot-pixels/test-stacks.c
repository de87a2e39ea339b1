/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real stacks: nothing is marked where sensor and post-processing left nothing, and the known ones
 * where they did. Skipped where the stacks are not. */
#include <hyperfocal/files.h>
#include <hyperfocal/hot-pixels.h>

static HfSource *
open_stack (const char *name)
{
    char *folder = g_build_filename (g_getenv ("HF_STACKS"), name, NULL);
    char **files = hf_files_list (folder, NULL);
    HfSource *source = files ? hf_files_source_new ((const char *const *) files, NULL) : NULL;

    g_strfreev (files);
    g_free (folder);
    return source;
}

static HfHotPixelMap *
map_of_sample (const char *name)
{
    HfSource *source = open_stack (name);
    HfPool *pool = hf_pool_new (0, NULL);
    HfImage *images[3];
    HfHotPixelMap *map;
    int n;

    g_assert_nonnull (source);
    n = source->n_frames;
    for (int i = 0; i < 3; i++)
        images[i] = hf_source_read (source, i == 0 ? 0 : i == 1 ? n - 1 : n / 2, 1, NULL, NULL);
    map = hf_hot_pixels_sample ((const HfImage *const *) images, 3, pool, NULL, NULL);
    g_test_message ("%s: %d marked", name, hf_hot_pixel_map_count (map, -1));
    for (int i = 0; i < 3; i++)
        hf_image_free (images[i]);
    hf_source_free (source);
    hf_pool_free (pool);
    return map;
}

static void
test_clean (gconstpointer name)
{
    HfHotPixelMap *map = map_of_sample (name);

    g_assert_cmpint (hf_hot_pixel_map_count (map, -1), ==, 0);
    hf_hot_pixel_map_free (map);
}

/* Long exposures: the brightest defects, as an eye finds them. */
static void
test_hot (void)
{
    static const int places[][2] = { { 1448, 61 }, { 1280, 96 }, { 860, 1271 },
                                     { 1154, 58 }, { 434, 417 }, { 193, 254 },
                                     { 217, 379 }, { 458, 697 }, { 929, 1036 } };
    HfHotPixelMap *map = map_of_sample ("hot-pixels");

    for (guint i = 0; i < G_N_ELEMENTS (places); i++)
        if (!hf_hot_pixel_map_at (map, places[i][0], places[i][1])) {
            g_test_message ("%d, %d is not found", places[i][0], places[i][1]);
            g_test_fail ();
        }
    /* and they are few: 0.02 % of the picture */
    g_assert_cmpint (hf_hot_pixel_map_count (map, -1), <, 500);
    hf_hot_pixel_map_free (map);
}

int
main (int argc, char **argv)
{
    static const char *const clean[] = { "amber", "flies", "pcb", "pcb-depth", "phone" };
    HfSource *any;

    g_test_init (&argc, &argv, NULL);
    any = g_getenv ("HF_STACKS") ? open_stack ("pcb") : NULL;
    if (!any)
        return 77;
    hf_source_free (any);
    for (guint i = 0; i < G_N_ELEMENTS (clean); i++) {
        char *path = g_strconcat ("/hot-pixels/clean-stack/", clean[i], NULL);

        g_test_add_data_func (path, clean[i], test_clean);
        g_free (path);
    }
    g_test_add_func ("/hot-pixels/hot-stack", test_hot);
    return g_test_run ();
}
