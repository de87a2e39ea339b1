/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* What GEGL finds when it opens the module. It stays loaded (linked with -z nodelete). */
#include "band-filter.h"
#include "operations.h"

G_MODULE_EXPORT const GeglModuleInfo *gegl_module_query (GTypeModule *module);
G_MODULE_EXPORT gboolean gegl_module_register (GTypeModule *module);

static const GeglModuleInfo info = { GEGL_MODULE_ABI_VERSION };

static void (*const operations[]) (GTypeModule *module) = {
    hf_register_align,
    hf_register_balance,
    hf_register_denoise,
    hf_register_sharpen,
    hf_register_mask_noise,
    hf_register_fuse,
    hf_register_focus_stack,
    hf_register_vignetting,
};

const GeglModuleInfo *
gegl_module_query (GTypeModule *module)
{
    return &info;
}

gboolean
gegl_module_register (GTypeModule *module)
{
    hf_band_filter_register (module);
    for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
        operations[i](module);
    return TRUE;
}
