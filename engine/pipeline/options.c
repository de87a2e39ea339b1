/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/stack.h>


#define HF_OPTION_STRUCT HfOutputOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/output.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_output_table = { "output", "Output", options, G_N_ELEMENTS (options),
                                       sizeof (HfOutputOptions) };
