/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HF_RENDER_INTERPOLATION_H
#define HF_RENDER_INTERPOLATION_H

enum { HF_PHASES = 1024 };

/*
 * Tables of weights for HF_PHASES + 1 places between two samples, phase p lying p / HF_PHASES
 * behind the one before it; computed once, static, any thread.
 *
 * hf_true_weights (): 6 weights, the samples from -2 to +3; moves no feature.
 * hf_lanczos_4_weights (): 8 weights, from -3 to +4; of sum 1.
 */
const float *hf_true_weights (void);
const float *hf_lanczos_4_weights (void);

#endif
