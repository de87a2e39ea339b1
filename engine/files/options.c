/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/files.h>

#define HF_OPTION_STRUCT HfFileOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/file.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_file_table = { "file", "Files", options, G_N_ELEMENTS (options),
                                      sizeof (HfFileOptions) };
