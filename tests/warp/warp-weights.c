/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * warp-weights: prints the weights of the warp's kernels, as the polynomials of
 * engine/kernels/warp-kernels.c. warp-weights FILE: fails unless the tables stand in that file.
 *
 * Between two samples, with h the fraction less 1/2 and s = h h, the weights are
 *     weight j            = E_j (s) + h O_j (s)        j = 0 … lobes - 1
 *     weight taps - 1 - j = E_j (s) - h O_j (s)
 * at the distances -d_j - h and d_j - h from the position, d_j = lobes - 1/2 - j. Exact are
 *     whole positions            E_j (1/4) = 1/2, O_j (1/4) = -1 for the last j, else 0
 *     the level (moment 0)       sum of E_j (s)       = 1/2
 *     the place (moment 1)       sum of d_j O_j (s)   = -1/2
 *     optimal: parabolas too     sum of d_j^2 E_j (s) = s / 2
 * for all s, power by power. Under these (by Lagrange's multipliers) the coefficients are the
 * nearest, in the mean square,
 *
 * lanczos_N  to the Lanczos window, its moments 0 and 1 corrected in each phase: sinc (x) sinc (x /
 * N)
 *            + sinc (x / N) (a + b x).
 *
 * optimal    to the best linear prediction (Wiener, 1949) of a picture whose power falls like 1 /
 * f^2 (f cycles a sample; Field, 1987), seen through square pixels (sinc) and an optic whose
 *            response falls evenly to zero at f = 1. What lies above f = 1/2 has folded back into
 * the samples: a kernel that trusts the highest frequencies makes it worse.
 */
#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    FREQUENCIES = 96,
    FRACTIONS = 33,
    MOST_LOBES = 6,
    MOST_UNKNOWNS = 48,
    MOST_EXACT = 48,
    MOST = MOST_UNKNOWNS + MOST_EXACT
};

typedef struct Kernel {
    const char *name;
    int lobes;
    int n_even, n_odd; /* coefficients of E_j and O_j */
    bool optimal;
} Kernel;

static const Kernel kernels[] = { { "lanczos_3", 3, 4, 4, false },
                                  { "lanczos_4", 4, 4, 4, false },
                                  { "lanczos_6", 6, 4, 4, false },
                                  { "optimal", 5, 3, 2, true } };

/* Unknowns in the order: even ones of pair 0, odd ones of pair 0, even ones of pair 1, … */
typedef struct Fit {
    const Kernel *kernel;
    int n, n_exact;
    double matrix[MOST_UNKNOWNS][MOST_UNKNOWNS], right[MOST_UNKNOWNS];
    double exact[MOST_EXACT][MOST_UNKNOWNS], values[MOST_EXACT];
} Fit;

static double
sinc (double x)
{
    return x == 0 ? 1 : sin (M_PI * x) / (M_PI * x);
}

static int
even (const Fit *fit, int j, int k)
{
    return j * (fit->kernel->n_even + fit->kernel->n_odd) + k;
}

static int
odd (const Fit *fit, int j, int k)
{
    return even (fit, j, fit->kernel->n_even + k);
}

static double
distance (const Fit *fit, int j)
{
    return fit->kernel->lobes - 0.5 - j;
}

/* One more thing that is exact: all 0 but what is put in then. */
static double *
hold (Fit *fit, double value)
{
    fit->values[fit->n_exact] = value;
    return fit->exact[fit->n_exact++];
}

static void
hold_moments (Fit *fit)
{
    const Kernel *kernel = fit->kernel;

    for (int k = 0; k < kernel->n_even; k++) {
        double *level = hold (fit, k == 0 ? 0.5 : 0);
        double *parabola = kernel->optimal ? hold (fit, k == 1 ? 0.5 : 0) : NULL;

        for (int j = 0; j < kernel->lobes; j++) {
            level[even (fit, j, k)] = 1;
            if (parabola)
                parabola[even (fit, j, k)] = distance (fit, j) * distance (fit, j);
        }
    }
    for (int k = 0; k < kernel->n_odd; k++) {
        double *place = hold (fit, k == 0 ? -0.5 : 0);

        for (int j = 0; j < kernel->lobes; j++)
            place[odd (fit, j, k)] = distance (fit, j);
    }
}

/* Whole positions, as far as they do not follow from the moments. */
static void
hold_samples (Fit *fit)
{
    const Kernel *kernel = fit->kernel;
    int last = kernel->lobes - 1;

    for (int j = kernel->optimal ? 2 : 1; j < kernel->lobes; j++) {
        double *row = hold (fit, j == last ? 0.5 : 0);

        for (int k = 0; k < kernel->n_even; k++)
            row[even (fit, j, k)] = pow (0.25, k);
    }
    for (int j = 1; j < kernel->lobes; j++) {
        double *row = hold (fit, j == last ? -1 : 0);

        for (int k = 0; k < kernel->n_odd; k++)
            row[odd (fit, j, k)] = pow (0.25, k);
    }
}

/* One more equation: vector . unknowns = target. */
static void
want (Fit *fit, double weight, const double *vector, double target)
{
    for (int i = 0; i < fit->n; i++) {
        fit->right[i] += weight * target * vector[i];
        for (int k = 0; k < fit->n; k++)
            fit->matrix[i][k] += weight * vector[i] * vector[k];
    }
}

/* Of the taps in their order, level and place corrected. */
static void
lanczos_weights (int lobes, double h, double *weights)
{
    double moments[3] = { 0 }, level = 1, place = 0, determinant, a, b;

    for (int j = 0; j < 2 * lobes; j++) {
        double x = j - lobes + 0.5 - h, window = fabs (x) < lobes ? sinc (x / lobes) : 0;

        for (int k = 0; k < 3; k++)
            moments[k] += window * pow (x, k);
        level -= window * sinc (x);
        place -= window * sinc (x) * x;
    }
    determinant = moments[0] * moments[2] - moments[1] * moments[1];
    a = (level * moments[2] - place * moments[1]) / determinant;
    b = (moments[0] * place - moments[1] * level) / determinant;
    for (int j = 0; j < 2 * lobes; j++) {
        double x = j - lobes + 0.5 - h, window = fabs (x) < lobes ? sinc (x / lobes) : 0;

        weights[j] = window * (sinc (x) + a + b * x);
    }
}

static void
want_lanczos_at (Fit *fit, double h)
{
    int lobes = fit->kernel->lobes;
    double weights[2 * MOST_LOBES];

    lanczos_weights (lobes, h, weights);
    for (int j = 0; j < lobes; j++) {
        double one = weights[j], other = weights[2 * lobes - 1 - j];
        double evens[MOST_UNKNOWNS] = { 0 }, odds[MOST_UNKNOWNS] = { 0 };

        for (int k = 0; k < fit->kernel->n_even; k++)
            evens[even (fit, j, k)] = pow (h, 2 * k);
        for (int k = 0; k < fit->kernel->n_odd; k++)
            odds[odd (fit, j, k)] = pow (h, 2 * k + 1);
        want (fit, 1, evens, (one + other) / 2);
        want (fit, 1, odds, (one - other) / 2);
    }
}

/* At Chebyshev's nodes: the largest error counts, not the mean. One half of the phases is the
 * other's mirror. */
static void
want_lanczos (Fit *fit)
{
    for (int q = 0; q < FRACTIONS; q++)
        want_lanczos_at (fit, -0.25 * (1 - cos (M_PI * (q + 0.5) / FRACTIONS)));
}

/* A wave of f cycles a sample comes out as it was; turned by the phase of h, its cosines belong to
 * E, its sines to O. */
static void
want_wave (Fit *fit, double f, double h)
{
    double power = pow (sinc (f) * fmax (0, 1 - f) / f, 2), turn = 2 * M_PI * f;
    double cosines[MOST_UNKNOWNS] = { 0 }, sines[MOST_UNKNOWNS] = { 0 };

    for (int j = 0; j < fit->kernel->lobes; j++) {
        double angle = turn * distance (fit, j);

        for (int k = 0; k < fit->kernel->n_even; k++)
            cosines[even (fit, j, k)] = 2 * cos (angle) * pow (h, 2 * k);
        for (int k = 0; k < fit->kernel->n_odd; k++)
            sines[odd (fit, j, k)] = -2 * sin (angle) * pow (h, 2 * k + 1);
    }
    want (fit, power, cosines, cos (turn * h));
    want (fit, power, sines, sin (turn * h));
}

static void
want_prediction (Fit *fit)
{
    for (int p = 0; p < FREQUENCIES; p++)
        for (int q = 0; q < FRACTIONS; q++)
            want_wave (fit, (p + 0.5) / FREQUENCIES, -0.5 * (q + 0.5) / FRACTIONS);
}

/* Gaussian elimination with pivots; the last column is the right-hand side, and becomes the
 * solution. */
static void
eliminate (double rows[MOST][MOST + 1], int n)
{
    for (int i = 0; i < n; i++) {
        int best = i;
        double swap[MOST + 1];

        for (int k = i; k < n; k++)
            if (fabs (rows[k][i]) > fabs (rows[best][i]))
                best = k;
        memcpy (swap, rows[i], sizeof swap);
        memcpy (rows[i], rows[best], sizeof swap);
        memcpy (rows[best], swap, sizeof swap);
        for (int k = 0; k < n; k++) {
            double factor = k == i ? 0 : rows[k][i] / rows[i][i];

            for (int c = i; factor != 0 && c <= n; c++)
                rows[k][c] -= factor * rows[i][c];
        }
    }
    for (int i = 0; i < n; i++)
        rows[i][n] /= rows[i][i];
}

static void
solve (const Fit *fit, double *solution)
{
    static double rows[MOST][MOST + 1];
    int n = fit->n + fit->n_exact;
    double scale = 0;

    memset (rows, 0, sizeof rows);
    for (int i = 0; i < fit->n; i++)
        for (int k = 0; k < fit->n; k++)
            scale = fmax (scale, fit->matrix[i][k]);
    for (int i = 0; i < fit->n; i++) {
        for (int k = 0; k < fit->n; k++)
            rows[i][k] = fit->matrix[i][k] / scale;
        for (int e = 0; e < fit->n_exact; e++)
            rows[i][fit->n + e] = rows[fit->n + e][i] = fit->exact[e][i];
        rows[i][n] = fit->right[i] / scale;
    }
    for (int e = 0; e < fit->n_exact; e++)
        rows[fit->n + e][n] = fit->values[e];
    eliminate (rows, n);
    for (int i = 0; i < fit->n; i++)
        solution[i] = rows[i][n];
}

/* Multiples of 2^-23, floats as they are below 2, that still add up: flat stays flat. */
static void
round_to_floats (const Fit *fit, double *solution)
{
    int last = fit->kernel->lobes - 1;

    for (int i = 0; i < fit->n; i++)
        solution[i] = nearbyint (solution[i] * 0x1p23) / 0x1p23;
    for (int k = 0; k < fit->kernel->n_even; k++) {
        double left = k == 0 ? 0.5 : 0;

        for (int j = 0; j <= last; j++)
            left -= solution[even (fit, j, k)];
        solution[even (fit, last, k)] += left;
    }
}

static void
append_table (const Fit *fit, const char *part, const double *solution, int n, GString *text)
{
    g_string_append_printf (text, "static const float %s_%s[] = {\n", fit->kernel->name, part);
    for (int j = 0; j < fit->kernel->lobes; j++) {
        g_string_append (text, "   ");
        for (int k = 0; k < n; k++) {
            double value = solution[even (fit, j, k)];

            g_string_append_printf (text, value == floor (value) ? " %.1ff," : " %.9gf,", value);
        }
        g_string_append_c (text, '\n');
    }
    g_string_append (text, "};\n");
}

static void
append_kernel (const Kernel *kernel, GString *text)
{
    Fit *fit = g_new0 (Fit, 1);
    double solution[MOST_UNKNOWNS];

    fit->kernel = kernel;
    fit->n = kernel->lobes * (kernel->n_even + kernel->n_odd);
    hold_moments (fit);
    hold_samples (fit);
    if (kernel->optimal)
        want_prediction (fit);
    else
        want_lanczos (fit);
    solve (fit, solution);
    round_to_floats (fit, solution);
    append_table (fit, "even", solution, kernel->n_even, text);
    append_table (fit, "odd", solution + kernel->n_even, kernel->n_odd, text);
    g_free (fit);
}

static char *
without_blanks (const char *text)
{
    GString *kept = g_string_new (NULL);

    for (; *text; text++)
        if (!g_ascii_isspace (*text))
            g_string_append_c (kept, *text);
    return g_string_free (kept, FALSE);
}

static bool
is_part_of (const char *text, const char *path)
{
    char *source = NULL, *wanted, *there;
    bool found;

    if (!g_file_get_contents (path, &source, NULL, NULL))
        return false;
    wanted = without_blanks (text);
    there = without_blanks (source);
    found = strstr (there, wanted) != NULL;
    g_free (wanted);
    g_free (there);
    g_free (source);
    return found;
}

int
main (int argc, char **argv)
{
    int status = 0;

    for (size_t i = 0; i < G_N_ELEMENTS (kernels); i++) {
        GString *text = g_string_new (NULL);

        append_kernel (&kernels[i], text);
        if (argc < 2) {
            g_print ("%s", text->str);
        } else if (!is_part_of (text->str, argv[1])) {
            g_printerr ("not in %s:\n%s", argv[1], text->str);
            status = 1;
        }
        g_string_free (text, TRUE);
    }
    return status;
}
