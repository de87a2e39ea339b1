/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/balance.h>

#include "steps/step.h"

#define HF_OPTION_STRUCT HfBalanceOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/balance.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_balance_table = { "balance", "Balance", options, G_N_ELEMENTS (options),
                                         sizeof (HfBalanceOptions) };
