/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The balance step: frames made alike in luminosity, measured on the aligned overlap. */
#ifndef HF_BALANCE_H
#define HF_BALANCE_H

#include <hyperfocal/band.h>
#include <hyperfocal/option.h>

HF_BEGIN_DECLS

typedef struct HfBalanceOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/balance.def>
#include <hyperfocal/options/undefine.h>
} HfBalanceOptions;

HF_API extern const HfOptionTable hf_balance_table;

typedef struct HfBalanceRecord {
    double gain[3]; /* factors for R, G, B (grey: the first); 1 = as it is */
} HfBalanceRecord;

/* out = in × gain, never clipped; `out` may be `in`. Cannot fail. */
HF_API void hf_balance_apply (const HfBalanceRecord *record, const HfBand *in, HfBand *out);

HF_END_DECLS
#endif
