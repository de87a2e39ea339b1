/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of registration's errors by case, over several rendered stacks of each. */
#include "cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: registration-table [--seeds N] [--drawn N] [--size WIDTH HEIGHT] [--case NAME]...\n"
    "                          [--set OPTION=VALUE]...\n"
    "Registers rendered stacks of known motion and prints end-point errors in pixels: the mean\n"
    "over frames and seeds, of the worst frame of any, of the frame farthest from the reference\n"
    "of any; what is promised; and the loosest model, the least correlation and inliers, frames\n"
    "left out, milliseconds of processor time a frame. Seeds are 1 to N (3), and N drawn ones.\n"
    "The exit status is 1 where a promise, which is for 1280 x 853, is broken.\n";

typedef struct Request {
    GArray *seeds; /* guint64 */
    GPtrArray *names, *settings;
    int width, height;
} Request;

static bool
is_wanted (const Request *request, const Case *which)
{
    for (guint i = 0; i < request->names->len; i++)
        if (strcmp (request->names->pdata[i], which->name) == 0)
            return true;
    return request->names->len == 0;
}

static void
add_outcome (Outcome *all, const Outcome *one, int n)
{
    all->mean += one->mean / n;
    all->milliseconds += one->milliseconds / n;
    all->worst = fmax (all->worst, one->worst);
    all->farthest = fmax (all->farthest, one->farthest);
    all->correlation = fmin (all->correlation, one->correlation);
    all->inliers = fmin (all->inliers, one->inliers);
    all->model = MAX (all->model, one->model);
    all->left_out += one->left_out;
}

/* False where the promise is broken. */
static bool
print_case (const Request *request, const Case *which, GError **error)
{
    Outcome all = { .correlation = 1, .inliers = 1, .model = HF_TRANSFORM_NONE };
    bool kept;

    for (guint i = 0; i < request->seeds->len; i++) {
        Outcome one;

        if (!case_measure (which, g_array_index (request->seeds, guint64, i), request->width,
                           request->height, (const char *const *) request->settings->pdata, &one,
                           error))
            return false;
        add_outcome (&all, &one, (int) request->seeds->len);
    }
    kept = all.mean <= which->mean && all.worst <= which->worst && all.left_out == 0;
    g_print ("| %-14s | %6.4f | %6.4f | %6.4f | %4.2f / %4.2f%s | %-10s | %5.3f | %5.3f | %2d | "
             "%5.1f |\n",
             which->name, all.mean, all.worst, all.farthest, which->mean, which->worst,
             kept ? "  " : " !", hf_choice_nick (hf_transform_choices, (int) all.model),
             all.correlation, all.inliers, all.left_out, all.milliseconds);
    return kept;
}

static int
print_table (const Request *request)
{
    GError *error = NULL;
    bool kept = true;

    g_print ("%d x %d pixels, seeds", request->width, request->height);
    for (guint i = 0; i < request->seeds->len; i++)
        g_print (" %" G_GUINT64_FORMAT, g_array_index (request->seeds, guint64, i));
    for (guint i = 0; i + 1 < request->settings->len; i++)
        g_print (", %s", (const char *) request->settings->pdata[i]);
    g_print ("\n\n| %-14s | %-6s | %-6s | %-6s | %-13s | %-10s | %-5s | %-5s | %s | %-5s |\n",
             "case", "mean", "worst", "last", "promised", "model", "corr", "inl", "out", "ms");
    g_print ("|---|---|---|---|---|---|---|---|---|---|\n");
    for (const Case *which = cases; which->name && !error; which++)
        if (is_wanted (request, which))
            kept = print_case (request, which, &error) && kept;
    if (error)
        g_printerr ("registration-table: %s\n", error->message);
    g_clear_error (&error);
    return kept ? 0 : 1;
}

static void
add_seeds (Request *request, int n, bool drawn)
{
    for (int i = 1; i <= n; i++) {
        guint64 seed = drawn ? (guint64) g_random_int_range (1, 1 << 30) : (guint64) i;

        g_array_append_val (request->seeds, seed);
    }
}

/* How many arguments the option at argv[i] takes, after it was entered; 0 = it is none. */
static int
enter (Request *request, char **argv, int i, int left)
{
    if (left > 1 && strcmp (argv[i], "--seeds") == 0)
        add_seeds (request, CLAMP (atoi (argv[i + 1]), 0, 1000), false);
    else if (left > 1 && strcmp (argv[i], "--drawn") == 0)
        add_seeds (request, CLAMP (atoi (argv[i + 1]), 0, 1000), true);
    else if (left > 1 && strcmp (argv[i], "--case") == 0)
        g_ptr_array_add (request->names, argv[i + 1]);
    else if (left > 1 && strcmp (argv[i], "--set") == 0)
        g_ptr_array_add (request->settings, argv[i + 1]);
    else if (left > 2 && strcmp (argv[i], "--size") == 0) {
        request->width = atoi (argv[i + 1]);
        request->height = atoi (argv[i + 2]);
        return 3;
    } else
        return 0;
    return 2;
}

int
main (int argc, char **argv)
{
    Request request = { g_array_new (FALSE, FALSE, sizeof (guint64)), g_ptr_array_new (),
                        g_ptr_array_new (), 1280, 853 };
    int status = 2, i = 1, taken = 1;

    while (i < argc && taken > 0)
        i += taken = enter (&request, argv, i, argc - i);
    if (request.seeds->len == 0)
        add_seeds (&request, 3, false);
    g_ptr_array_add (request.settings, NULL);
    if (i < argc)
        g_printerr ("%s", usage);
    else
        status = print_table (&request);
    g_array_free (request.seeds, TRUE);
    g_ptr_array_free (request.names, TRUE);
    g_ptr_array_free (request.settings, TRUE);
    return status;
}
