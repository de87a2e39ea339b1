/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/matrix.h>

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

HfMatrix
hf_matrix_identity (void)
{
    return (HfMatrix) { { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
}

HfMatrix
hf_matrix_multiply (HfMatrix a, HfMatrix b)
{
    HfMatrix product;

    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            product.m[3 * row + column] = a.m[3 * row] * b.m[column] +
                                          a.m[3 * row + 1] * b.m[3 + column] +
                                          a.m[3 * row + 2] * b.m[6 + column];
        }
    }
    return product;
}

bool
hf_matrix_invert (HfMatrix a, HfMatrix *inverse)
{
    const double *m = a.m;
    double c0 = m[4] * m[8] - m[5] * m[7], c1 = m[5] * m[6] - m[3] * m[8];
    double c2 = m[3] * m[7] - m[4] * m[6];
    double determinant = m[0] * c0 + m[1] * c1 + m[2] * c2;
    double scale = 1 / determinant;

    if (!isfinite (scale))
        return false;
    *inverse = (HfMatrix) { {
        c0 * scale,
        (m[2] * m[7] - m[1] * m[8]) * scale,
        (m[1] * m[5] - m[2] * m[4]) * scale,
        c1 * scale,
        (m[0] * m[8] - m[2] * m[6]) * scale,
        (m[2] * m[3] - m[0] * m[5]) * scale,
        c2 * scale,
        (m[1] * m[6] - m[0] * m[7]) * scale,
        (m[0] * m[4] - m[1] * m[3]) * scale,
    } };
    return true;
}

HfMatrix
hf_matrix_normalise (HfMatrix a)
{
    double last = a.m[8];

    if (last == 1 || last == 0)
        return a;
    for (int i = 0; i < 8; i++)
        a.m[i] /= last;
    a.m[8] = 1;
    return a;
}

void
hf_matrix_map (const HfMatrix *a, double x, double y, double *mapped_x, double *mapped_y)
{
    const double *m = a->m;
    double w = m[6] * x + m[7] * y + m[8];

    *mapped_x = (m[0] * x + m[1] * y + m[2]) / w;
    *mapped_y = (m[3] * x + m[4] * y + m[5]) / w;
}

bool
hf_matrix_is_identity (const HfMatrix *a)
{
    HfMatrix identity = hf_matrix_identity ();

    for (int i = 0; i < 9; i++)
        if (a->m[i] != identity.m[i])
            return false;
    return true;
}

bool
hf_matrix_is_affine (const HfMatrix *a)
{
    return a->m[6] == 0 && a->m[7] == 0 && a->m[8] == 1;
}

/* full = factor (reduced + 1/2) - 1/2 as a matrix, and its inverse for 1 / factor. */
static HfMatrix
scaling (double factor)
{
    double shift = 0.5 * factor - 0.5;

    return (HfMatrix) { { factor, 0, shift, 0, factor, shift, 0, 0, 1 } };
}

HfMatrix
hf_matrix_from_reduced (HfMatrix reduced, double factor)
{
    if (hf_matrix_is_identity (&reduced))
        return reduced;
    return hf_matrix_normalise (
        hf_matrix_multiply (hf_matrix_multiply (scaling (factor), reduced), scaling (1 / factor)));
}

HfMatrix
hf_matrix_to_reduced (HfMatrix full, double factor)
{
    return hf_matrix_from_reduced (full, 1 / factor);
}

void
hf_matrix_distance (const HfMatrix *a, const HfMatrix *b, int width, int height, double *mean,
                    double *largest)
{
    double sum = 0, most = 0;

    for (int j = 0; j < 9; j++) {
        for (int i = 0; i < 9; i++) {
            double x = (width - 1) * i / 8.0, y = (height - 1) * j / 8.0;
            double ax, ay, bx, by, distance;

            hf_matrix_map (a, x, y, &ax, &ay);
            hf_matrix_map (b, x, y, &bx, &by);
            distance = hypot (ax - bx, ay - by);
            sum += distance;
            most = fmax (most, distance);
        }
    }
    if (mean)
        *mean = sum / 81;
    if (largest)
        *largest = most;
}

char *
hf_matrix_to_string (const HfMatrix *a)
{
    GString *text = g_string_new (NULL);

    for (int i = 0; i < 9; i++) {
        char number[G_ASCII_DTOSTR_BUF_SIZE];

        g_ascii_dtostr (number, sizeof number, a->m[i]);
        g_string_append_printf (text, "%s%s", i ? " " : "", number);
    }
    return g_string_free (text, FALSE);
}

bool
hf_matrix_from_string (const char *text, HfMatrix *a, GError **error)
{
    const char *at = text;
    HfMatrix read;

    for (int i = 0; i < 9; i++) {
        char *end;

        at += strspn (at, " ,\t");
        read.m[i] = g_ascii_strtod (at, &end);
        if (end == at || !isfinite (read.m[i])) {
            g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                         "a matrix needs nine numbers, but number %d of \"%s\" is none", i + 1,
                         text);
            return false;
        }
        at = end;
    }
    if (at[strspn (at, " ,\t")] != '\0') {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "a matrix needs nine numbers, but \"%s\" has more", text);
        return false;
    }
    *a = read;
    return true;
}
