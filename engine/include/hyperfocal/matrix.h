/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Plane projective transforms. In this library a matrix always maps pixel coordinates of the
 * reference (or output) to pixel coordinates of a frame (the source):
 *     (x', y', w') = m (x, y, 1),  frame pixel = (x' / w', y' / w').
 */
#ifndef HF_MATRIX_H
#define HF_MATRIX_H

#include <hyperfocal/api.h>

HF_BEGIN_DECLS

typedef struct HfMatrix {
    double m[9]; /* row-major */
} HfMatrix;

HF_API HfMatrix hf_matrix_identity (void);
HF_API HfMatrix hf_matrix_multiply (HfMatrix a, HfMatrix b); /* first b, then a */
HF_API bool hf_matrix_invert (HfMatrix a, HfMatrix *inverse); /* false: singular */
/* The same transform with m[8] = 1; as it is where m[8] is 0. */
HF_API HfMatrix hf_matrix_normalise (HfMatrix a);
HF_API void hf_matrix_map (const HfMatrix *a, double x, double y, double *mapped_x,
                           double *mapped_y);
HF_API bool hf_matrix_is_identity (const HfMatrix *a);
HF_API bool hf_matrix_is_affine (const HfMatrix *a);

/*
 * A matrix between pictures reduced `factor` times (see hf_image_reduce ()), for the full-size ones,
 * and back.
 */
HF_API HfMatrix hf_matrix_from_reduced (HfMatrix reduced, double factor);
HF_API HfMatrix hf_matrix_to_reduced (HfMatrix full, double factor);

/* Mean and largest distance in pixels between a and b over a 9 × 9 grid of a width × height
 * picture (the end-point error). Either result may be NULL. */
HF_API void hf_matrix_distance (const HfMatrix *a, const HfMatrix *b, int width, int height,
                                double *mean, double *largest);

/* Nine numbers, blank or comma separated, exact on reading back; newly allocated. */
HF_API char *hf_matrix_to_string (const HfMatrix *a);
HF_API bool hf_matrix_from_string (const char *text, HfMatrix *a, GError **error);

HF_END_DECLS
#endif
