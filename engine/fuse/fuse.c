/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/fuse.h>


#define HF_OPTION_STRUCT HfFuseOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/fuse.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_fuse_table = { "fuse", "Fusion", options, G_N_ELEMENTS (options),
                                       sizeof (HfFuseOptions) };
