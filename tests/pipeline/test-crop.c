/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/run.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 320, HEIGHT = 200 };

typedef struct Crop {
    HfRun run;
    HfStackOptions options;
    HfStackResult result;
    HfFrameInfo infos[3];
    HfRecord records[3];
} Crop;

static void
set_up (Crop *crop)
{
    memset (crop, 0, sizeof *crop);
    hf_stack_options_init (&crop->options);
    crop->options.output.crop = HF_CROP_COMMON;
    for (int i = 0; i < 3; i++) {
        crop->infos[i].width = WIDTH;
        crop->infos[i].height = HEIGHT;
        hf_record_init (&crop->records[i]);
    }
    crop->result = (HfStackResult) { .n_frames = 3, .records = crop->records, .reference = 1 };
    crop->run =
        (HfRun) { .options = &crop->options, .result = &crop->result, .infos = crop->infos };
}

static void
check (Crop *crop, int x, int y, int width, int height)
{
    HfRect rect = hf_run_crop (&crop->run);

    g_assert_cmpint (rect.x, ==, x);
    g_assert_cmpint (rect.y, ==, y);
    g_assert_cmpint (rect.width, ==, width);
    g_assert_cmpint (rect.height, ==, height);
    hf_stack_options_clear (&crop->options);
}

static void
test_none (void)
{
    Crop crop;

    set_up (&crop);
    crop.options.output.crop = HF_CROP_NONE;
    crop.records[0].align.matrix.m[2] = 50;
    check (&crop, 0, 0, WIDTH, HEIGHT);
}

static void
test_shifts (void)
{
    Crop crop;

    set_up (&crop);
    crop.records[0].align.matrix.m[2] = 10.5; /* sees reference x from -10.5 to 308.5 */
    crop.records[2].align.matrix.m[5] = -7;   /* sees reference y from 7 on */
    check (&crop, 0, 7, 309, HEIGHT - 7);
}

static void
test_left_out_frame (void)
{
    Crop crop;

    set_up (&crop);
    crop.records[0].align.matrix.m[2] = 1000;
    hf_record_leave_out (&crop.records[0], "it is far away");
    check (&crop, 0, 0, WIDTH, HEIGHT);
    hf_record_clear (&crop.records[0]);
}

static void
test_nothing_in_common (void)
{
    Crop crop;
    HfRect rect;

    set_up (&crop);
    crop.records[0].align.matrix.m[2] = 1000;
    rect = hf_run_crop (&crop.run);
    g_assert_true (hf_rect_is_empty (rect));
    hf_stack_options_clear (&crop.options);
}

/* A turned frame: all corners are seen, and no side can be moved out by a pixel. */
static void
test_rotation (void)
{
    Crop crop;
    HfRect rect;
    double angle = 0.05, c = cos (angle), s = sin (angle);

    set_up (&crop);
    crop.records[0].align.matrix =
        (HfMatrix) { { c, -s, 160 - 160 * c + 100 * s, s, c, 100 - 160 * s - 100 * c, 0, 0, 1 } };
    rect = hf_run_crop (&crop.run);
    g_assert_cmpint (rect.width * rect.height, >, WIDTH * HEIGHT * 3 / 4);
    for (int corner = 0; corner < 4; corner++) {
        double x, y;

        hf_matrix_map (&crop.records[0].align.matrix, rect.x + (corner & 1) * (rect.width - 1),
                       rect.y + (corner >> 1) * (rect.height - 1), &x, &y);
        g_assert_true (x >= -1e-6 && x <= WIDTH - 1 + 1e-6);
        g_assert_true (y >= -1e-6 && y <= HEIGHT - 1 + 1e-6);
    }
    hf_stack_options_clear (&crop.options);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/crop/none", test_none);
    g_test_add_func ("/crop/shifts", test_shifts);
    g_test_add_func ("/crop/left-out-frame", test_left_out_frame);
    g_test_add_func ("/crop/nothing-in-common", test_nothing_in_common);
    g_test_add_func ("/crop/rotation", test_rotation);
    return g_test_run ();
}
