/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* What was measured of one frame: a few plain numbers for each step, made relative to the reference. */
#ifndef HF_RECORD_H
#define HF_RECORD_H

#include <hyperfocal/align.h>
#include <hyperfocal/balance.h>
#include <hyperfocal/vignetting.h>

HF_BEGIN_DECLS

typedef struct HfRecord {
    bool taken;   /* false: passed over by the option resample, never looked at nor used */
    bool used;    /* takes part in the fusion */
    char *reason; /* why not, one sentence, owned; NULL while used */
    HfVignettingRecord vignetting;
    HfAlignRecord align;
    HfBalanceRecord balance;
} HfRecord;

/* A record of a frame that is used as it is: identity, gain 1. */
HF_API void hf_record_init (HfRecord *record);
HF_API void hf_record_clear (HfRecord *record);

/* Marks the frame as left out, with a printf-like reason. */
HF_API void hf_record_leave_out (HfRecord *record, const char *format, ...) G_GNUC_PRINTF (2, 3);

HF_END_DECLS
#endif
