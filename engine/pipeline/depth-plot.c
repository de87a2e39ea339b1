/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The depth map for people: a picture of at most some thousand dots, coloured by depth where the
 * map is sure and grey where it is not, and beside it how much of the picture lies at each depth.
 */
#include "pipeline/fuse.h"

#include "plots/plot.h"

#include <hyperfocal/error.h>

enum { N_BINS = 12, LONGEST = 96 /* dots along the longer side */ };

static const float SURE = 0.1f; /* confidence from which a dot has a colour */

/* From the first frame to the last; even in lightness, and told apart by the colour-blind. */
static const char *const colours[N_BINS] = { "#440154", "#482173", "#433e85", "#38588c",
                                             "#2d708e", "#25858e", "#1e9b8a", "#2ab07f",
                                             "#52c569", "#86d549", "#c2df23", "#fde725" };

typedef struct Dots {
    HfRect crop;
    int step, columns, rows;
    float *maps[2]; /* depth and confidence at each dot */
    float *taking;  /* the one that is being read */
} Dots;

static bool
take_band (void *data, const HfBand *band, GError **error)
{
    const Dots *dots = data;

    for (int row = 0; row < dots->rows; row++) {
        int y = dots->crop.y + row * dots->step + dots->step / 2 - band->rect.y;

        for (int column = 0; y >= 0 && y < band->rect.height && column < dots->columns; column++) {
            int x = dots->crop.x + column * dots->step + dots->step / 2;

            dots->taking[row * dots->columns + column] =
                band->colour[0][(size_t) y * band->stride + (size_t) x];
        }
    }
    return true;
}

static bool
read_maps (HfRun *run, Dots *dots, GError **error)
{
    HfBandWriter writer = { take_band, dots };

    for (int i = 0; i < 2; i++) {
        dots->taking = dots->maps[i];
        if (!hf_run_read_map (run, i == 0 ? HF_FUSER_MAP_DEPTH : HF_FUSER_MAP_CONFIDENCE, &writer,
                              error))
            return false;
    }
    return true;
}

/* The bin of a dot; -1: not sure. */
static int
bin_of (const Dots *dots, int dot)
{
    return dots->maps[1][dot] < SURE ? -1 : MIN ((int) (dots->maps[0][dot] * N_BINS), N_BINS - 1);
}

static void
plot_bin (HfPlot *plot, const Dots *dots, int bin, double last)
{
    int n = 0, all = dots->columns * dots->rows;
    double *xs = g_new (double, all), *ys = g_new (double, all);
    char *name =
        bin < 0 ? g_strdup ("not sure")
                : g_strdup_printf ("%.1f – %.1f", bin * last / N_BINS, (bin + 1) * last / N_BINS);

    for (int dot = 0; dot < all; dot++)
        if (bin_of (dots, dot) == bin) {
            xs[n] = dot % dots->columns * dots->step + dots->step / 2;
            ys[n++] = dot / dots->columns * dots->step + dots->step / 2;
        }
    if (n) {
        hf_plot_points (plot, name, xs, ys, n);
        hf_plot_colour (plot, bin < 0 ? "#c8c8c8" : colours[bin]);
    }
    g_free (name);
    g_free (xs);
    g_free (ys);
}

static void
plot_shares (HfPlot *plot, const Dots *dots, double last)
{
    double xs[N_BINS], ys[N_BINS] = { 0 };
    int all = dots->columns * dots->rows;

    for (int bin = 0; bin < N_BINS; bin++)
        xs[bin] = (bin + 0.5) * last / N_BINS;
    for (int dot = 0; dot < all; dot++)
        if (bin_of (dots, dot) >= 0)
            ys[bin_of (dots, dot)] += 100.0 / all;
    hf_plot_bars (plot, NULL, xs, ys, N_BINS);
}

static bool
save (const HfRun *run, const Dots *dots, GError **error)
{
    HfPlot *plots[2] = { hf_plot_new ("Depth map, in frames", NULL, NULL),
                         hf_plot_new ("Depths", "frames", "% of the picture") };
    char *path = g_build_filename (run->options->output.plots, "depth-map.svg", NULL);
    double last = run->result->n_used - 1;
    bool good;

    hf_plot_picture (plots[0], dots->crop.width, dots->crop.height);
    for (int bin = -1; bin < N_BINS; bin++)
        plot_bin (plots[0], dots, bin, last);
    plot_shares (plots[1], dots, last);
    good = hf_plot_save_panels (plots, 2, 2, path, error);
    g_free (path);
    hf_plot_free (plots[0]);
    hf_plot_free (plots[1]);
    return good;
}

bool
hf_run_plot_depth (HfRun *run, GError **error)
{
    HfRect crop = run->result->crop;
    int step = (MAX (crop.width, crop.height) + LONGEST - 1) / LONGEST;
    Dots dots = { .crop = crop,
                  .step = step,
                  .columns = MAX (crop.width / step, 1),
                  .rows = MAX (crop.height / step, 1) };
    bool good;

    for (int i = 0; i < 2; i++)
        dots.maps[i] = g_new0 (float, dots.columns *dots.rows);
    good = read_maps (run, &dots, error) && save (run, &dots, error);
    for (int i = 0; i < 2; i++)
        g_free (dots.maps[i]);
    return good;
}

bool
hf_run_check_plot_depth (const HfRun *run, GError **error)
{
    const HfStackOptions *options = run->options;
    HfFusionMethod method = (HfFusionMethod) options->fuse.method;

    if (!options->output.plot_depth_map)
        return true;
    if (!hf_fuse_method_has_maps (method))
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "there is no depth map to plot: the method %s makes none",
                     hf_choice_nick (hf_fusion_method_choices, (int) method));
    else if (!*options->output.plots)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "plot-depth-map needs a folder: none is named by plots");
    else
        return true;
    return false;
}
