/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each interpolation loses of photographs. A frame given is halved by means of 2 × 2 samples,
 * which makes a picture that is sharp to the pixel:
 *   between pixels   halved once more from one sample on, half a pixel off, and shifted back by the
 *                    warp: what lies between the samples, against what was there;
 *   with noise       the same with noise of 1 % in what is shifted;
 *   there and back   turned, enlarged and shifted by Lanczos-6, rounded to 8 bit, and back.
 * PSNR in dB, of the green or only channel, 16 pixels of the border left out.
 */
#include "bench.h"

#include <hyperfocal/align.h>
#include <hyperfocal/files.h>
#include <math.h>
#include <stdio.h>

enum { BORDER = 16 };

typedef struct Trial {
    HfBand scene;             /* one plane, all samples of the frame */
    HfBand truth, frame, out; /* halved */
    float *scratch;
} Trial;

static HfBand
new_band (int width, int height)
{
    HfBand band;
    float *memory = g_new (float, hf_band_floats (width, height, 1));

    hf_band_place (&band, (HfRect) { 0, 0, width, height }, 1, memory);
    band.opaque = true;
    return band;
}

static float *
sample (const HfBand *band, int x, int y)
{
    return band->colour[0] + (size_t) y * band->stride + x;
}

/* Means of 2 × 2 samples, from (dx, dy) on. */
static void
halve (const HfBand *scene, int dx, int dy, HfBand *half)
{
    for (int y = 0; y < half->rect.height; y++)
        for (int x = 0; x < half->rect.width; x++)
            *sample (half, x, y) = (*sample (scene, 2 * x + dx, 2 * y + dy) +
                                    *sample (scene, 2 * x + dx + 1, 2 * y + dy) +
                                    *sample (scene, 2 * x + dx, 2 * y + dy + 1) +
                                    *sample (scene, 2 * x + dx + 1, 2 * y + dy + 1)) /
                                   4;
}

static void
warp (Trial *trial, HfMatrix matrix, HfInterpolation interpolation, const HfBand *in, HfBand *out)
{
    HfAlignRecord record = { .matrix = matrix, .model = HF_TRANSFORM_AFFINE };

    hf_align_apply (&record, interpolation, in->rect.width, in->rect.height, in, out,
                    trial->scratch);
}

/* Mean square difference of `out` to the truth where it was seen. */
static double
difference (const Trial *trial)
{
    HfRect rect = trial->truth.rect;
    double sum = 0, n = 0;

    for (int y = BORDER; y < rect.height - BORDER; y++) {
        for (int x = BORDER; x < rect.width - BORDER; x++) {
            double error = *sample (&trial->out, x, y) - *sample (&trial->truth, x, y);

            if (!trial->out.opaque && trial->out.validity[(size_t) y * trial->out.stride + x] == 0)
                continue;
            sum += error * error;
            n++;
        }
    }
    return sum / n;
}

static double
between_pixels (Trial *trial, HfInterpolation interpolation, double noise)
{
    GRand *random = g_rand_new_with_seed (1);
    double sum = 0;

    for (int k = 1; k < 4; k++) {
        HfMatrix back = { { 1, 0, -0.5 * (k & 1), 0, 1, -0.5 * (k >> 1), 0, 0, 1 } };

        halve (&trial->scene, k & 1, k >> 1, &trial->frame);
        for (int y = 0; y < trial->frame.rect.height && noise > 0; y++)
            for (int x = 0; x < trial->frame.rect.width; x++)
                *sample (&trial->frame, x, y) +=
                    (float) (g_rand_double_range (random, -1, 1) * noise * sqrt (3));
        warp (trial, back, interpolation, &trial->frame, &trial->out);
        sum += difference (trial) / 3;
    }
    g_rand_free (random);
    return sum;
}

static double
there_and_back (Trial *trial, HfInterpolation interpolation)
{
    HfMatrix there = { { 1.02, -0.0102, -3.3, 0.0102, 1.02, 2.2, 0, 0, 1 } }, back;

    hf_matrix_invert (there, &back);
    warp (trial, back, HF_INTERPOLATION_LANCZOS_6, &trial->truth, &trial->frame);
    for (int y = 0; y < trial->frame.rect.height; y++)
        for (int x = 0; x < trial->frame.rect.width; x++)
            *sample (&trial->frame, x, y) = roundf (*sample (&trial->frame, x, y) * 255) / 255;
    trial->frame.opaque = true;
    warp (trial, there, interpolation, &trial->frame, &trial->out);
    return difference (trial);
}

static void
print_frame (const char *name, Trial *trial)
{
    printf ("%s\n", name);
    for (const HfChoice *choice = hf_interpolation_choices; choice->nick; choice++) {
        HfInterpolation interpolation = (HfInterpolation) choice->value;

        printf ("  %-12s between pixels %6.2f   with noise %6.2f   there and back %6.2f dB\n",
                choice->nick, -10 * log10 (between_pixels (trial, interpolation, 0)),
                -10 * log10 (between_pixels (trial, interpolation, 0.01)),
                -10 * log10 (there_and_back (trial, interpolation)));
    }
}

static void
try_image (const char *name, const HfImage *image)
{
    int n_colours = hf_format_n_colours (image->format);
    int width = image->width / 2 - 1, height = image->height / 2 - 1;
    float *memory = g_new (float, hf_band_floats (image->width, image->height, n_colours));
    Trial trial = { .truth = new_band (width, height),
                    .frame = new_band (width, height),
                    .out = new_band (width, height),
                    .scratch = g_new (float, 1 << 20) };

    hf_band_place (&trial.scene, (HfRect) { 0, 0, image->width, image->height }, n_colours, memory);
    hf_band_read (&trial.scene, image);
    trial.scene.colour[0] = trial.scene.colour[n_colours / 2];
    halve (&trial.scene, 0, 0, &trial.truth);
    print_frame (name, &trial);
    g_free (memory);
    g_free (trial.truth.colour[0]);
    g_free (trial.frame.colour[0]);
    g_free (trial.out.colour[0]);
    g_free (trial.scratch);
}

int
bench_interpolation (int argc, char **argv)
{
    char **frames = bench_frames (argc, argv);
    int result = 0;

    for (char **frame = frames; frame && *frame; frame++) {
        const char *one[] = { *frame, NULL };
        GError *error = NULL;
        HfSource *source = hf_files_source_new (one, &error);
        HfImage *image = source ? hf_source_read (source, 0, 1, NULL, &error) : NULL;

        if (image && image->width >= 128 && image->height >= 128)
            try_image (*frame, image);
        else
            fprintf (stderr, "hf-bench: %s\n", error ? error->message : "a frame is too small");
        result = image ? result : 1;
        g_clear_error (&error);
        hf_image_free (image);
        hf_source_free (source);
    }
    g_strfreev (frames);
    return frames ? result : 1;
}
