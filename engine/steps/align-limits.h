/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* What a motion may be at most, by the options; private to the alignment step. */
#ifndef HF_ALIGN_LIMITS_H
#define HF_ALIGN_LIMITS_H

#include "steps/step.h"

enum { HF_ALIGN_REASON = 160 };

/*
 * Is the matrix, reference -> frame, one that the options take for possible? If not, `reason` is a
 * clause with numbers, after "it". Shifts count from where the frame's offset puts it.
 */
bool hf_align_is_plausible (const HfSweep *sweep, int frame, const HfMatrix *matrix,
                            char reason[HF_ALIGN_REASON]);

#endif
