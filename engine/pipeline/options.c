/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/stack.h>

#define HF_OPTION_STRUCT HfSlabsOptions
static const HfOption slabs_options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/slabs.def>
#include <hyperfocal/options/undefine.h>
};
#undef HF_OPTION_STRUCT

const HfOptionTable hf_slabs_table = { "slabs", "Slabs", slabs_options,
                                       G_N_ELEMENTS (slabs_options), sizeof (HfSlabsOptions) };

#define HF_OPTION_STRUCT HfOutputOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/output.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_output_table = { "output", "Output", options, G_N_ELEMENTS (options),
                                        sizeof (HfOutputOptions) };

const HfStackPart hf_stack_parts[] = {
    { &hf_hot_pixel_table, offsetof (HfStackOptions, hot_pixels) },
    { &hf_vignetting_table, offsetof (HfStackOptions, vignetting) },
    { &hf_align_table, offsetof (HfStackOptions, align) },
    { &hf_features_table, offsetof (HfStackOptions, features) },
    { &hf_balance_table, offsetof (HfStackOptions, balance) },
    { &hf_fuse_table, offsetof (HfStackOptions, fuse) },
    { &hf_slabs_table, offsetof (HfStackOptions, slabs) },
    { &hf_finish_table, offsetof (HfStackOptions, finish) },
    { &hf_output_table, offsetof (HfStackOptions, output) },
    { NULL, 0 },
};

void
hf_stack_options_init (HfStackOptions *stack)
{
    for (const HfStackPart *part = hf_stack_parts; part->table; part++)
        hf_options_init (part->table, (char *) stack + part->offset);
}

void
hf_stack_options_clear (HfStackOptions *stack)
{
    for (const HfStackPart *part = hf_stack_parts; part->table; part++)
        hf_options_clear (part->table, (char *) stack + part->offset);
}

const HfOption *
hf_stack_option_find (HfStackOptions *stack, const char *name, void **part_options)
{
    for (const HfStackPart *part = hf_stack_parts; part->table; part++) {
        const HfOption *option = hf_option_find (part->table, name);

        if (option) {
            *part_options = (char *) stack + part->offset;
            return option;
        }
    }
    return NULL;
}
