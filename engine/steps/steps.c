/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "steps/step.h"

const HfStep *const hf_steps[] = { &hf_align_step, &hf_vignetting_step, &hf_balance_step, NULL };
