/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The noise level of one raw frame, from the frame itself. */
#ifndef HF_NOISE_H
#define HF_NOISE_H

#include <hyperfocal/image.h>
#include <hyperfocal/threads.h>

HF_BEGIN_DECLS

/*
 * Standard deviation of the white part of the noise, 0..1 of full scale, for each colour (grey: all
 * three the same), of a frame that was not resampled. Texture hardly counts: the flattest blocks
 * speak. 0 where the frame is too small (under 16 × 16) or flawless.
 */
HF_API void hf_noise_measure (const HfImage *image, HfPool *pool, double sigma[3]);

HF_END_DECLS
#endif
