/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The balance step: frames made alike in light and colour, measured on the aligned overlap. */
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

enum { HF_BALANCE_STEPS = 64 };

/*
 * What the channels of a frame are mapped by. The three channels are, by `channel`: red, green and
 * blue (none, lumi, rgb; lumi has all three the same); H, S and V (hsv), H, L and S (hls), L, a and b
 * (lab, as L / 100, (a + 128) / 256, (b + 128) / 256, of sRGB colours). Hue is never mapped. A grey
 * picture has the first channel, whatever `channel` says.
 */
typedef struct HfBalanceRecord {
    double gain[3];           /* linear: factors; 1 = as it is */
    HfBalanceChannel channel;
    HfBalanceMap map;
    double gamma[3];          /* gamma: exponents; samples below 0 keep their sign */
    /* match-hist: what 0, 1/64, …, 1 become, never falling, linear between; beyond, what lies over
     * the end is added. */
    float curve[3][HF_BALANCE_STEPS + 1];
} HfBalanceRecord;

/* A record that changes nothing: rgb, linear, and all maps the identity. */
HF_API HfBalanceRecord hf_balance_none (void);

/* Does the map of the record change nothing? */
HF_API bool hf_balance_is_identity (const HfBalanceRecord *record);

/*
 * Channel, map and numbers, blank separated: "lumi linear 1.05", "rgb gamma 1 0.98 1.01",
 * "hsv match-hist 0 …" (3 × 65 numbers; lumi has a third of them). Newly allocated.
 * HF_ERROR_ARGUMENT for a text that is no such record, or has numbers that are not finite, gains or
 * exponents not above 0, or curves that fall.
 */
HF_API char *hf_balance_to_string (const HfBalanceRecord *record);
HF_API bool hf_balance_from_string (const char *text, HfBalanceRecord *record, GError **error);

/* Maps the channels; nothing is clipped (kernels/balance-kernels.h has what becomes of colours that
 * HSV and HLS do not know). `out` may be `in`. Cannot fail. */
HF_API void hf_balance_apply (const HfBalanceRecord *record, const HfBand *in, HfBand *out);

HF_END_DECLS
#endif
