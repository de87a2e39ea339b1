/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/record.h>

#include <string.h>

void
hf_record_init (HfRecord *record)
{
    memset (record, 0, sizeof *record);
    record->taken = true;
    record->used = true;
    record->vignetting = hf_vignetting_none ();
    record->align.matrix = hf_matrix_identity ();
    record->align.model = HF_TRANSFORM_NONE;
    record->align.correlation = 1;
    record->align.overlap = 1;
    record->align.inliers = 1;
    record->balance = hf_balance_none ();
}

void
hf_record_clear (HfRecord *record)
{
    g_clear_pointer (&record->reason, g_free);
}

void
hf_record_leave_out (HfRecord *record, const char *format, ...)
{
    va_list arguments;

    va_start (arguments, format);
    g_free (record->reason);
    record->reason = g_strdup_vprintf (format, arguments);
    record->used = false;
    va_end (arguments);
}
