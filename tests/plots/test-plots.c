/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plots are SVG that parses, whatever texts and numbers they were given; their ticks are round.
 * With HF_PLOTS=FOLDER the plots of this test are kept there, to be looked at.
 */
#include "plots/plot.h"
#include "plots/series.h"

#include <hyperfocal/error.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a parser found in an SVG. */
typedef struct Found {
    GString *text; /* of all text elements, each followed by | */
    int n_elements;
    int n_circles, n_rects, n_paths;
    bool svg;
    double width, height;
    bool in_text;
} Found;

static void
check_number (const char *value)
{
    char *end;
    double number = g_ascii_strtod (value, &end);

    g_assert_true (end > value && (*end == '\0' || *end == '%'));
    g_assert_true (isfinite (number) && fabs (number) <= 2e5);
}

/* The numbers of a path: letters, blanks and finite numbers only. */
static void
check_path (const char *value)
{
    while (*value) {
        char *end;
        double number;

        if (strchr ("MLVHhlm -,", *value) && !(value[0] == '-' && g_ascii_isdigit (value[1]))) {
            value++;
            continue;
        }
        number = g_ascii_strtod (value, &end);
        g_assert_true (end > value && isfinite (number) && fabs (number) <= 2e5);
        value = end;
    }
}

static void
on_start (GMarkupParseContext *context, const gchar *element, const gchar **names,
          const gchar **values, gpointer data, GError **error)
{
    static const char *const numeric[] = { "x", "y", "width", "height", "cx", "cy", "r", NULL };
    Found *found = data;

    found->n_elements++;
    found->svg = found->svg || strcmp (element, "svg") == 0;
    found->n_circles += strcmp (element, "circle") == 0;
    found->n_rects += strcmp (element, "rect") == 0;
    found->n_paths += strcmp (element, "path") == 0;
    found->in_text = found->in_text || strcmp (element, "text") == 0;
    for (int i = 0; names[i]; i++) {
        if (g_strv_contains (numeric, names[i]))
            check_number (values[i]);
        if (strcmp (names[i], "d") == 0)
            check_path (values[i]);
        if (strcmp (element, "svg") == 0 && strcmp (names[i], "width") == 0)
            found->width = atof (values[i]);
        if (strcmp (element, "svg") == 0 && strcmp (names[i], "height") == 0)
            found->height = atof (values[i]);
    }
}

static void
on_end (GMarkupParseContext *context, const gchar *element, gpointer data, GError **error)
{
    Found *found = data;

    if (strcmp (element, "text") == 0) {
        g_string_append_c (found->text, '|');
        found->in_text = false;
    }
}

static void
on_text (GMarkupParseContext *context, const gchar *text, gsize length, gpointer data,
         GError **error)
{
    Found *found = data;

    if (found->in_text)
        g_string_append_len (found->text, text, (gssize) length);
}

static void
parse (const char *svg, Found *found)
{
    static const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
    GMarkupParseContext *context;
    GError *error = NULL;

    memset (found, 0, sizeof *found);
    found->text = g_string_new (NULL);
    context = g_markup_parse_context_new (&parser, 0, found, NULL);
    g_markup_parse_context_parse (context, svg, -1, &error);
    g_assert_no_error (error);
    g_markup_parse_context_end_parse (context, &error);
    g_assert_no_error (error);
    g_markup_parse_context_free (context);
    g_assert_true (found->svg);
    /* XML knows no such characters, escaped or not */
    for (const char *c = svg; *c; c++)
        g_assert_true ((guchar) *c >= 0x20 || *c == '\n');
    g_assert_null (strstr (svg, "&#x1;"));
}

static void
keep (HfPlot *const *plots, int n, int columns, const char *name)
{
    const char *folder = g_getenv ("HF_PLOTS");
    GError *error = NULL;
    char *path;

    if (!folder)
        return;
    path = g_build_filename (folder, name, NULL);
    hf_plot_save_panels (plots, n, columns, path, &error);
    g_assert_no_error (error);
    g_free (path);
}

/* Parses the plot's SVG; the caller frees found->text. */
static void
parse_plot (HfPlot *plot, Found *found)
{
    char *svg = hf_plot_to_svg (&plot, 1, 1);

    parse (svg, found);
    g_free (svg);
}

static void
assert_says (const Found *found, const char *text)
{
    if (!strstr (found->text->str, text))
        g_error ("\"%s\" is not in \"%s\"", text, found->text->str);
}

static HfPlot *
plot_of_all_kinds (void)
{
    HfPlot *plot = hf_plot_new ("All kinds", "radius (pixels)", "light (share of full scale)");
    double xs[50], ys[50], zs[50];

    for (int i = 0; i < 50; i++) {
        xs[i] = i * 20;
        ys[i] = 0.9 - 0.4 * pow (i / 50.0, 2);
        zs[i] = ys[i] + 0.03 * sin (i * 1.7);
    }
    hf_plot_bars (plot, "pixels", xs, zs, 50);
    hf_plot_line (plot, "fit", xs, ys, 50);
    hf_plot_points (plot, "rings", xs, zs, 50);
    hf_plot_mark_x (plot, "half diagonal", 720);
    hf_plot_mark_y (plot, "black", 0.1);
    return plot;
}

static void
test_all_kinds (void)
{
    HfPlot *plot = plot_of_all_kinds ();
    Found found;

    parse_plot (plot, &found);
    g_assert_cmpint (found.n_circles, ==, 50 + 1);   /* points and the legend's */
    g_assert_cmpint (found.n_rects, ==, 50 + 1 + 3); /* bars and theirs, paper, clip and frame */
    assert_says (&found, "All kinds|");
    assert_says (&found, "radius (pixels)|");
    assert_says (&found, "light (share of full scale)|");
    assert_says (&found, "half diagonal");
    assert_says (&found, "|0.8|");
    assert_says (&found, "|600|");
    g_assert_null (strstr (found.text->str, "no data"));
    keep (&plot, 1, 1, "all-kinds.svg");
    g_string_free (found.text, TRUE);
    hf_plot_free (plot);
}

static HfPlot *
plot_of_shifts (void)
{
    HfPlot *plot = hf_plot_new ("Shifts of frame 3", "x (pixels)", "y (pixels)");
    double xs[40], ys[40], dxs[40], dys[40];

    for (int i = 0; i < 40; i++) {
        xs[i] = 300 + 600 * (i % 8);
        ys[i] = 300 + 700 * (double) (i / 8);
        dxs[i] = (xs[i] - 2500) / 1000;
        dys[i] = (ys[i] - 1700) / 1000;
    }
    hf_plot_picture (plot, 5000, 3400);
    hf_plot_arrows (plot, "shift", xs, ys, dxs, dys, 40, 0);
    return plot;
}

/* Arrows are magnified to be seen; the picture keeps its shape and stands upright. */
static void
test_arrows (void)
{
    HfPlot *plot = plot_of_shifts ();
    const Series *series = plot->series->pdata[0];
    Found found;

    /* the longest is hypot (2.2, 1.4) = 2.6 pixels of 5000: × 200 is the round number that keeps it
     * under an eighth */
    g_assert_cmpfloat_with_epsilon (series->dxs[0], -2.2 * 200, 1e-9);
    parse_plot (plot, &found);
    assert_says (&found, "shift (drawn × 200)");
    g_assert_cmpint (found.n_circles, ==, 40);
    keep (&plot, 1, 1, "arrows.svg");
    g_string_free (found.text, TRUE);
    hf_plot_free (plot);
}

static HfPlot *
plot_of_counts (void)
{
    HfPlot *plot = hf_plot_new ("Noisy pixels", "threshold (0–255)", "pixels");
    static const char *const names[] = { "red", "green", "blue" };
    static const char *const colours[] = { "#d00000", "#009000", "#0000d0" };
    double xs[60], ys[60];

    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < 60; i++) {
            xs[i] = i + 1;
            ys[i] = floor (3e5 * exp (-(i + 5.0 * c) / 5.0));
        }
        hf_plot_line (plot, names[c], xs, ys, 60);
        hf_plot_colour (plot, colours[c]);
    }
    hf_plot_log_y (plot);
    hf_plot_mark_x (plot, "threshold", 13);
    return plot;
}

static void
test_logarithmic (void)
{
    HfPlot *plot = plot_of_counts ();
    Found found;

    parse_plot (plot, &found);
    assert_says (&found, "|1|");
    assert_says (&found, "|100000|");
    assert_says (&found, "|1e+06|");
    keep (&plot, 1, 1, "counts.svg");
    g_string_free (found.text, TRUE);
    hf_plot_free (plot);
}

static void
test_panels (void)
{
    HfPlot *plots[3] = { plot_of_all_kinds (), plot_of_shifts (), plot_of_counts () };
    char *svg = hf_plot_to_svg (plots, 3, 2);
    Found found;

    parse (svg, &found);
    g_assert_cmpfloat (found.width, ==, 2 * 760);
    g_assert_cmpfloat (found.height, ==, 2 * 440);
    assert_says (&found, "All kinds|");
    assert_says (&found, "Noisy pixels|");
    g_assert_nonnull (strstr (svg, "url(#frame-2)"));
    keep (plots, 3, 2, "panels.svg");
    g_string_free (found.text, TRUE);
    g_free (svg);
    for (int i = 0; i < 3; i++)
        hf_plot_free (plots[i]);
}

/* Names of files may hold what XML may not. */
static void
test_texts (void)
{
    static const char *const texts[] = { "a<b>&\"'", "two\nlines\x01\x1b[31m", "\xff\xfe bad",
                                         "–µ∆日本", "" };
    static const double one = 1;

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        HfPlot *plot = hf_plot_new (texts[i], texts[i], texts[i]);
        Found found;

        hf_plot_points (plot, texts[i], &one, &one, 1);
        hf_plot_line (plot, texts[i], &one, &one, 1);
        hf_plot_colour (plot, texts[i]);
        parse_plot (plot, &found);
        if (i == 0)
            assert_says (&found, "a<b>&\"'|");
        if (i == 3)
            assert_says (&found, "–µ∆日本|");
        g_string_free (found.text, TRUE);
        hf_plot_free (plot);
    }
}

/* A long name is shown short, by letters and not by bytes. */
static void
test_long_name (void)
{
    HfPlot *plot = hf_plot_new (NULL, NULL, NULL);
    static const double one = 1;
    Found found;

    hf_plot_points (plot, "日本日本日本日本日本日本日本日本日本日本日本日本.tif", &one, &one, 1);
    parse_plot (plot, &found);
    assert_says (&found, "日本日本日本日本日本日…");
    assert_says (&found, "本日本.tif|");
    g_string_free (found.text, TRUE);
    hf_plot_free (plot);
}

static void
test_no_data (void)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY };

    for (int n = 0; n <= 3; n += 3)
        for (int logarithmic = 0; logarithmic < 2; logarithmic++) {
            HfPlot *plot = hf_plot_new ("Nothing", "x", "y");
            Found found;

            hf_plot_line (plot, "line", bad, bad, n);
            hf_plot_points (plot, "points", bad, bad, n);
            hf_plot_bars (plot, "bars", bad, bad, n);
            hf_plot_arrows (plot, "arrows", bad, bad, bad, bad, n, 0);
            hf_plot_mark_x (plot, "mark", NAN);
            hf_plot_mark_y (plot, "mark", INFINITY);
            if (logarithmic)
                hf_plot_log_y (plot);
            parse_plot (plot, &found);
            assert_says (&found, "no data|");
            keep (&plot, 1, 1, "no-data.svg");
            g_string_free (found.text, TRUE);
            hf_plot_free (plot);
        }
}

/* Numbers that are not finite are passed over; the others stay. */
static void
test_gaps (void)
{
    static const double xs[] = { 0, 1, 2, 3, 4, 5 }, ys[] = { 1, 2, NAN, 3, INFINITY, 4 };
    HfPlot *plot = hf_plot_new ("Gaps", NULL, NULL);
    char *svg;
    Found found;

    hf_plot_line (plot, NULL, xs, ys, 6);
    hf_plot_points (plot, NULL, xs, ys, 6);
    svg = hf_plot_to_svg (&plot, 1, 1);
    parse (svg, &found);
    g_assert_cmpint (found.n_circles, ==, 4);
    assert_says (&found, "|4.0|");
    g_assert_null (strstr (svg, "nan"));
    g_assert_null (strstr (svg, "inf"));
    g_string_free (found.text, TRUE);
    g_free (svg);
    hf_plot_free (plot);
}

static void
check_ticks (double from, double to, bool logarithmic, bool fixed, int n_wanted)
{
    Axis axis = { .fixed = fixed, .wanted = { from, to }, .logarithmic = logarithmic };
    Range range = { from, to };
    Ticks ticks;

    ticks_choose (&axis, &range, n_wanted, &ticks);
    g_assert_cmpint (ticks.n, >=, logarithmic ? 1 : 2);
    g_assert_cmpint (ticks.n, <=, logarithmic ? 2 * n_wanted + 2 : n_wanted + 3);
    g_assert_true (range.from < range.to);
    if (!fixed)
        g_assert_true (range.from <= from * (1 + 1e-9 * (from < 0 ? -1 : 1)) + 1e-300 ||
                       range.from <= from + 1e-6 * fabs (to - from));
    for (int i = 0; i < ticks.n; i++) {
        double written = g_ascii_strtod (ticks.text[i], NULL);

        /* what is written is what is meant: to a thousandth of a step, or six digits */
        double step = i > 0 ? ticks.at[i] - ticks.at[i - 1] : 1e300;

        g_assert_cmpfloat (fabs (written - ticks.at[i]), <=,
                           fmax (1e-3 * step, 1e-5 * fabs (ticks.at[i])) + 1e-300);
        g_assert_true (i == 0 || ticks.at[i] > ticks.at[i - 1]);
        g_assert_cmpstr (ticks.text[i], !=, "-0");
        g_assert_cmpstr (ticks.text[i], !=, "-0.0");
    }
}

static void
test_ticks (void)
{
    guint32 seed = (guint32) g_random_int ();
    GRand *random = g_rand_new_with_seed (seed);

    g_test_message ("drawn seed %u", seed);
    check_ticks (0, 1, false, false, 6);
    check_ticks (0.1, 0.7, false, true, 6);
    check_ticks (-0.3, 0.3, false, false, 7);
    check_ticks (5, 5, false, false, 6);
    check_ticks (0, 0, false, false, 6);
    check_ticks (1, 1, true, false, 6);
    check_ticks (1, 1e9, true, false, 6);
    for (int i = 0; i < 2000; i++) {
        double scale = pow (10, g_rand_double_range (random, -8, 8));
        double from = scale * g_rand_double_range (random, -1, 1);
        double to = from + scale * g_rand_double_range (random, 1e-3, 2);

        check_ticks (from, to, false, g_rand_boolean (random), g_rand_int_range (random, 5, 11));
        check_ticks (scale, scale * pow (10, g_rand_double_range (random, 0, 9)), true, false,
                     g_rand_int_range (random, 5, 11));
    }
    g_rand_free (random);
}

static void
test_round_ticks (void)
{
    Axis axis = { .fixed = false };
    Range range = { 3, 97 };
    Ticks ticks;

    ticks_choose (&axis, &range, 6, &ticks);
    g_assert_cmpfloat (range.from, ==, 0);
    g_assert_cmpfloat (range.to, ==, 100);
    g_assert_cmpint (ticks.n, ==, 6);
    g_assert_cmpstr (ticks.text[1], ==, "20");
    range = (Range) { -0.31, 0.62 };
    ticks_choose (&axis, &range, 6, &ticks);
    g_assert_cmpstr (ticks.text[0], ==, "-0.4");
    g_assert_cmpstr (ticks.text[2], ==, "0.0");
    g_assert_cmpfloat (range.to, ==, 0.8);
}

/* Points are drawn however large the numbers: nothing overflows. */
static void
test_wild_numbers (void)
{
    static const double xs[] = { -1e308, 1e308, 1e-308, 0, 3 },
                        ys[] = { 1e308, -1e308, 5e-324, -0.0, 1e20 };

    for (int kind = 0; kind < 5; kind++) {
        HfPlot *plot = hf_plot_new (NULL, NULL, NULL);
        Found found;

        if (kind == 0)
            hf_plot_line (plot, "a", xs, ys, 5);
        if (kind == 1)
            hf_plot_points (plot, "a", xs, ys, 5);
        if (kind == 2)
            hf_plot_bars (plot, "a", xs, ys, 5);
        if (kind == 3)
            hf_plot_arrows (plot, "a", xs, ys, xs, ys, 5, 0);
        if (kind == 4)
            hf_plot_picture (plot, 1, 1 << 20);
        parse_plot (plot, &found);
        g_string_free (found.text, TRUE);
        hf_plot_free (plot);
    }
}

/* The same bytes in a locale that writes commas. */
static void
test_locale (void)
{
    HfPlot *plot = plot_of_all_kinds ();
    char *svg = hf_plot_to_svg (&plot, 1, 1), *other;

    if (!setlocale (LC_ALL, "de_DE.UTF-8"))
        g_test_message ("no German locale here: only repeated");
    other = hf_plot_to_svg (&plot, 1, 1);
    setlocale (LC_ALL, "C");
    g_assert_cmpstr (svg, ==, other);
    g_free (svg);
    g_free (other);
    hf_plot_free (plot);
}

static void
test_save (void)
{
    char *folder = g_dir_make_tmp ("hyperfocal-plots-XXXXXX", NULL);
    char *below = g_build_filename (folder, "a", "b", NULL);
    char *path = g_build_filename (below, "plot.svg", NULL), *text = NULL, *expected;
    char *wrong = g_build_filename (path, "plot.svg", NULL);
    HfPlot *plot = plot_of_counts ();
    GError *error = NULL;
    GDir *entries;

    g_assert_true (hf_plot_save (plot, path, &error));
    g_assert_no_error (error);
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    expected = hf_plot_to_svg (&plot, 1, 1);
    g_assert_cmpstr (text, ==, expected);
    entries = g_dir_open (below, 0, NULL); /* nothing else stays */
    g_assert_cmpstr (g_dir_read_name (entries), ==, "plot.svg");
    g_assert_null (g_dir_read_name (entries));
    g_dir_close (entries);

    g_assert_false (hf_plot_save (plot, wrong, &error)); /* its folder is a file */
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    g_assert_nonnull (strstr (error->message, wrong));
    g_clear_error (&error);
    g_assert_false (hf_plot_save (plot, below, &error)); /* a folder */
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    g_assert_nonnull (strstr (error->message, below));
    g_clear_error (&error);

    g_unlink (path);
    g_rmdir (below);
    *strrchr (below, '/') = '\0';
    g_rmdir (below);
    g_rmdir (folder);
    g_free (text);
    g_free (expected);
    g_free (wrong);
    g_free (path);
    g_free (below);
    g_free (folder);
    hf_plot_free (plot);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/plots/all-kinds", test_all_kinds);
    g_test_add_func ("/plots/arrows", test_arrows);
    g_test_add_func ("/plots/logarithmic", test_logarithmic);
    g_test_add_func ("/plots/panels", test_panels);
    g_test_add_func ("/plots/texts", test_texts);
    g_test_add_func ("/plots/long-name", test_long_name);
    g_test_add_func ("/plots/no-data", test_no_data);
    g_test_add_func ("/plots/gaps", test_gaps);
    g_test_add_func ("/plots/ticks", test_ticks);
    g_test_add_func ("/plots/round-ticks", test_round_ticks);
    g_test_add_func ("/plots/wild-numbers", test_wild_numbers);
    g_test_add_func ("/plots/locale", test_locale);
    g_test_add_func ("/plots/save", test_save);
    return g_test_run ();
}
