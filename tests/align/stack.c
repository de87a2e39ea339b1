/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack.h"

#include <math.h>
#include <string.h>

guint32
drawn_seed (void)
{
    guint32 seed = (guint32) g_test_rand_int_range (1, 1 << 30);

    g_test_message ("seed %u", seed);
    return seed;
}

static HfMatrix
motion_of (const Scene *scene, Motion motion, int frame)
{
    double q = (frame - FRAMES / 2) / (double) (FRAMES - 1);

    if (motion == STILL || frame == FRAMES / 2)
        return hf_matrix_identity ();
    if (motion == SHIFTED)
        return scene_motion (scene, 7.3 * q, -4.6 * q, 0, 1);
    return scene_motion (scene, 6 * q, -4 * q, 0.4 * q, 1 + 0.05 * q);
}

/* A stack focused from left to right. */
void
stack_init (Stack *stack, Motion motion, HfFormat format, double noise, guint32 seed)
{
    memset (stack, 0, sizeof *stack);
    stack->scene = scene_new (WIDTH, HEIGHT, seed, 0);
    stack->n = FRAMES;
    for (int i = 0; i < FRAMES; i++) {
        SceneFrame frame = scene_frame ();

        frame.matrix = stack->truth[i] = motion_of (stack->scene, motion, i);
        frame.focus = i / (double) (FRAMES - 1);
        frame.blur = 8;
        frame.noise = noise;
        frame.gain = i == FRAMES / 2 ? 1 : 1 + 0.1 * sin (i * 2.0);
        frame.format = format;
        stack->images[i] = scene_render (stack->scene, &frame, seed + (guint32) i);
    }
}

void
stack_clear (Stack *stack)
{
    for (int i = 0; i < FRAMES; i++)
        hf_image_free (stack->images[i]);
    scene_free (stack->scene);
}

void
stack_run (const Stack *stack, Drive *drive)
{
    GError *error = NULL;

    g_assert_true (drive_images (drive, stack->images, stack->n, &error));
    g_assert_no_error (error);
}

void
stack_check (const Stack *stack, const Drive *drive, int left_out, double most)
{
    double mean, worst;
    int out = drive_error (drive, stack->truth, WIDTH, HEIGHT, &mean, &worst);

    g_test_message ("mean %.4f, worst frame %.4f px", mean, worst);
    g_assert_cmpint (out, ==, left_out);
    g_assert_cmpfloat (mean, <, most);
    g_assert_cmpfloat (worst, <, 3 * most);
}

void
stack_spoil (Stack *stack, int frame, Bad bad, guint32 seed)
{
    HfImage *image = stack->images[frame];
    GRand *random = g_rand_new_with_seed (seed);

    if (bad == OTHER_SCENE) {
        Scene *other = scene_new (WIDTH, HEIGHT, seed + 1, 0);
        SceneFrame sharp = scene_frame ();

        hf_image_free (image);
        stack->images[frame] = scene_render (other, &sharp, seed);
        scene_free (other);
    }
    for (int y = 0; y < HEIGHT && bad != OTHER_SCENE; y++) {
        uint8_t *row = hf_image_row (image, y);

        for (int x = 0; x < WIDTH; x++)
            row[x] = bad == BLACK ? 0 : bad == WHITE ? 255 : (uint8_t) g_rand_int (random);
    }
    g_rand_free (random);
}

void
stack_shake (Stack *stack, int frame, int length)
{
    for (int y = 0; y < HEIGHT; y++) {
        uint8_t *row = hf_image_row (stack->images[frame], y);

        for (int x = 0; x < WIDTH; x++) {
            int sum = 0;

            for (int k = 0; k < length; k++)
                sum += row[MIN (x + k, WIDTH - 1)];
            row[x] = (uint8_t) (sum / length);
        }
    }
}
