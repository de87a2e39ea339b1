/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyperfocal noise-map: the maps it writes are the renderer's truth, are what --noise-mask takes,
 * and nothing is written where it fails. */
#include "command.h"
#include "folder.h"

#include <hyperfocal/hyperfocal.h>
#include <string.h>

static void
run (const char *const *words, int status, const char *said)
{
    CommandResult result;

    command_run (&(CommandSetup) { 0 }, words, &result);
    g_test_message ("%s%s", result.out, result.err);
    g_assert_cmpint (result.status, ==, status);
    g_assert_nonnull (strstr (status ? result.err : result.out, said));
    command_result_clear (&result);
}

/* Of the pixels that are wrong in the stack 97 of 100 are marked, and no other; the small stack
 * shows less of its motion than a real one. */
static void
check_map (const HfRender *render, const HfImage *image)
{
    HfHotPixelMap *map = hf_hot_pixel_map_from_image (image, NULL, NULL);
    int n_found = 0;

    for (int i = 0; i < render->n_hot_pixels; i++)
        n_found += hf_hot_pixel_map_at (map, render->hot_pixels[i].x, render->hot_pixels[i].y) != 0;
    g_test_message ("%d of %d found, %d marked", n_found, render->n_hot_pixels,
                    hf_hot_pixel_map_count (map, -1));
    g_assert_cmpint (100 * n_found, >=, 90 * render->n_hot_pixels);
    g_assert_cmpint (hf_hot_pixel_map_count (map, -1), <=, n_found + 1);
    hf_hot_pixel_map_free (map);
}

static void
test_maps (void)
{
    char *folder = folder_new (), *maps = folder_path (folder, "maps");
    char *rgb = g_build_filename (maps, "sensor-rgb.png", NULL);
    char *output = folder_path (folder, "fused.tif"), *plot = NULL;
    char *svg = g_build_filename (maps, "sensor.svg", NULL);
    HfRender *render = small_stack ("hot-pixels", 5, 10);
    HfImage *image;

    folder_write_frames (folder, render, ".png");
    run ((const char *[]) { "noise-map", "-i", folder, "-o", maps, "--file-name", "sensor", NULL },
         0, "noisy pixels");
    image = folder_read_image (maps, "sensor-rgb.png");
    check_map (render, image);
    hf_image_free (image);
    for (int c = 0; c < 3; c++) {
        static const char *const names[] = { "sensor-r.png", "sensor-g.png", "sensor-b.png" };

        image = folder_read_image (maps, names[c]);
        g_assert_cmpint (image->format.n_channels, ==, 1);
        g_assert_cmpint (image->width, ==, render->options.width);
        hf_image_free (image);
    }
    g_assert_true (g_file_get_contents (svg, &plot, NULL, NULL));
    g_assert_nonnull (strstr (plot, "Noisy pixels against threshold"));
    run ((const char *[]) { "stack", folder, "-o", output, "--noise-mask", rgb, "-q", NULL }, 0,
         "");
    g_assert_true (g_file_test (output, G_FILE_TEST_EXISTS));
    hf_render_free (render);
    g_free (plot);
    g_free (svg);
    g_free (output);
    g_free (rgb);
    g_free (maps);
    folder_free (folder);
}

static void
test_failures (void)
{
    char *folder = folder_new (), *frame = folder_path (folder, "frame-0.png"), *before, *after;
    char *mask = folder_path (folder, "mask.png"), *output = folder_path (folder, "out.tif");
    HfRender *render = small_stack ("plane", 5, 2);
    HfImage *small = hf_image_new (NULL, 8, 9, (HfFormat) { HF_SAMPLE_U8, 3 }, NULL);

    memset (small->data, 0, small->stride * 9);
    folder_write_frames (folder, render, ".png");
    before = folder_snapshot (folder);
    run ((const char *[]) { "noise-map", folder, NULL }, 2, "no output");
    run ((const char *[]) { "noise-map", folder, "-o", folder, "--report", "x", NULL }, 2,
         "none of a stack's outputs");
    run ((const char *[]) { "noise-map", folder, "-o", folder, "--method", "pyramid", NULL }, 2,
         "unknown option --method");
    run (
        (const char *[]) { "noise-map", folder, "-o", folder, "--channel-thresholds", "1,2", NULL },
        2, "channel-thresholds");
    run ((const char *[]) { "noise-map", frame, "-o", folder, NULL }, 1, "two frames");
    run ((const char *[]) { "noise-map", folder, "-o", frame, NULL }, 1, "frame-0.png");
    after = folder_snapshot (folder);
    g_assert_cmpstr (before, ==, after);
    folder_write_image (folder, "mask.png", small);
    run ((const char *[]) { "stack", frame, frame, "-o", output, "--noise-mask", mask, NULL }, 1,
         "8 × 9");
    g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));
    hf_image_free (small);
    hf_render_free (render);
    g_free (before);
    g_free (after);
    g_free (output);
    g_free (mask);
    g_free (frame);
    folder_free (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/cli/noise-map/maps", test_maps);
    g_test_add_func ("/cli/noise-map/failures", test_failures);
    return g_test_run ();
}
