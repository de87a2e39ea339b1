/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/align.h>

#include "steps/step.h"

#define HF_OPTION_STRUCT HfAlignOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/align.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_align_table = { "align", "Alignment", options, G_N_ELEMENTS (options),
                                       sizeof (HfAlignOptions) };
