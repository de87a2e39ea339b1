/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare-pictures A B LEVELS SHARE [MARGIN]: do two picture files agree within LEVELS of 8 bits in
 * all channels on at least SHARE percent of the pixels, MARGIN pixels at each side not counted?
 * LEVELS 0 asks for the same values. Colour under zero alpha is not looked at. Prints what it
 * found.
 */
#include <hyperfocal/hyperfocal.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Planes {
    HfImage *image;
    float *memory;
    HfBand band;
} Planes;

static bool
read_planes (const char *path, Planes *planes, GError **error)
{
    HfImage *image = hf_file_read (path, 1, NULL, NULL, error);
    int n_colours;

    if (!image)
        return false;
    n_colours = hf_format_n_colours (image->format);
    planes->image = image;
    planes->memory = hf_pixels_new_n (NULL, hf_band_floats (image->width, image->height, n_colours),
                                      sizeof (float), path, error);
    if (!planes->memory)
        return false;
    hf_band_place (&planes->band, (HfRect) { 0, 0, image->width, image->height }, n_colours,
                   planes->memory);
    hf_band_read (&planes->band, image);
    return true;
}

/* To what 8 and 16 bit can hold. */
static void
limit (Planes *planes)
{
    size_t n =
        hf_band_floats (planes->band.rect.width, planes->band.rect.height, planes->band.n_colours);

    for (size_t i = 0; i < n; i++)
        planes->memory[i] = CLAMP (planes->memory[i], 0, 1);
}

static void
clear_planes (Planes *planes)
{
    hf_image_free (planes->image);
    hf_pixels_free (planes->memory);
}

static double
validity_at (const HfBand *band, size_t at)
{
    return band->opaque ? 1 : band->validity[at];
}

/* The largest difference of any channel, in levels of 8 bits. */
static double
pixel_difference (const HfBand *a, const HfBand *b, size_t at)
{
    double worst = fabs (validity_at (a, at) - validity_at (b, at));

    if (validity_at (a, at) > 0 || validity_at (b, at) > 0)
        for (int c = 0; c < a->n_colours; c++)
            worst = fmax (worst, fabs ((double) a->colour[c][at] - b->colour[c][at]));
    return 255 * worst;
}

static bool
agree (const HfBand *a, const HfBand *b, double levels, double share, int margin)
{
    long n = 0, n_near = 0;
    double worst = 0, sum = 0, found;

    for (int y = margin; y < a->rect.height - margin; y++) {
        for (int x = margin; x < a->rect.width - margin; x++) {
            double difference = pixel_difference (a, b, (size_t) y * a->stride + (size_t) x);

            n++;
            n_near += difference <= levels * 1.0001; /* one level of 8 bits is no exact float */
            worst = fmax (worst, difference);
            sum += difference * difference;
        }
    }
    found = n > 0 ? 100.0 * (double) n_near / (double) n : 0;
    printf ("%.4f %% of %ld pixels within %g levels (wanted %g %%), largest %.3f, RMS %.4f\n",
            found, n, levels, share, worst, sqrt (sum / (double) MAX (n, 1)));
    return found >= share;
}

static bool
same_shape (const Planes *a, const Planes *b)
{
    if (a->image->width == b->image->width && a->image->height == b->image->height &&
        a->band.n_colours == b->band.n_colours)
        return true;
    printf ("%d × %d %s against %d × %d %s\n", a->image->width, a->image->height,
            hf_format_name (a->image->format), b->image->width, b->image->height,
            hf_format_name (b->image->format));
    return false;
}

int
main (int argc, char **argv)
{
    Planes a = { NULL }, b = { NULL };
    GError *error = NULL;
    bool good;

    if (argc < 5) {
        fprintf (stderr, "usage: compare-pictures A B LEVELS SHARE [MARGIN]\n");
        return 2;
    }
    good = read_planes (argv[1], &a, &error) && read_planes (argv[2], &b, &error);
    if (error)
        fprintf (stderr, "%s\n", error->message);
    g_clear_error (&error);
    if (good && a.image->format.type != b.image->format.type) {
        limit (&a);
        limit (&b);
    }
    good = good && same_shape (&a, &b) &&
           agree (&a.band, &b.band, g_ascii_strtod (argv[3], NULL), g_ascii_strtod (argv[4], NULL),
                  argc > 5 ? atoi (argv[5]) : 0);
    clear_planes (&a);
    clear_planes (&b);
    return good ? 0 : 1;
}
