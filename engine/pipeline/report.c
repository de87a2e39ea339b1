/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The run as JSON; docs/report.md tells what the keys mean. */
#include <hyperfocal/stack.h>
#include <hyperfocal/version.h>

#include <math.h>
#include <sys/resource.h>

static void
append_text (GString *json, const char *text)
{
    char *valid = g_utf8_make_valid (text, -1);

    g_string_append_c (json, '"');
    for (const char *at = valid; *at; at++) {
        guchar byte = (guchar) *at;

        if (byte == '"' || byte == '\\')
            g_string_append_c (json, '\\');
        if (byte < 0x20)
            g_string_append_printf (json, "\\u%04x", byte);
        else
            g_string_append_c (json, *at);
    }
    g_string_append_c (json, '"');
    g_free (valid);
}

/* JSON knows no infinite numbers: they become null. */
static void
append_number (GString *json, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append (json, isfinite (number) ? g_ascii_dtostr (text, sizeof text, number) : "null");
}

static void
append_key (GString *json, const char *key)
{
    if (json->len && json->str[json->len - 1] != '{')
        g_string_append (json, ", ");
    append_text (json, key);
    g_string_append (json, ": ");
}

static void
append_numbers (GString *json, const char *key, const double *numbers, int n)
{
    append_key (json, key);
    g_string_append_c (json, '[');
    for (int i = 0; i < n; i++) {
        if (i)
            g_string_append (json, ", ");
        append_number (json, numbers[i]);
    }
    g_string_append_c (json, ']');
}

static void
append_pair (GString *json, const char *key, double number)
{
    append_key (json, key);
    append_number (json, number);
}

static void
append_nulls (GString *json)
{
    static const char *const keys[] = {
        "model",   "matrix", "residual", "correlation", "overlap",
        "inliers", "gains",  "balance",  "falloff",     "falloff_applied",
    };

    for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
        append_key (json, keys[i]);
        g_string_append (json, "null");
    }
}

static void
append_balance (GString *json, const HfBalanceRecord *record)
{
    char *balance = hf_balance_to_string (record);

    append_key (json, "balance");
    append_text (json, balance);
    g_free (balance);
}

static void
append_vignetting (GString *json, const HfVignettingRecord *record)
{
    char *falloff = hf_vignetting_to_string (record);

    append_key (json, "falloff");
    append_text (json, falloff);
    append_key (json, "falloff_applied");
    g_string_append (json, record->applied ? "true" : "false");
    g_free (falloff);
}

static void
append_record (GString *json, const HfRecord *record)
{
    const char *model = hf_choice_nick (hf_transform_choices, (int) record->align.model);

    append_key (json, "model");
    append_text (json, model ? model : "none");
    append_numbers (json, "matrix", record->align.matrix.m, 9);
    append_pair (json, "residual", record->align.residual);
    append_pair (json, "correlation", record->align.correlation);
    append_pair (json, "overlap", record->align.overlap);
    append_pair (json, "inliers", record->align.inliers);
    append_numbers (json, "gains", record->balance.gain, 3);
    append_balance (json, &record->balance);
    append_vignetting (json, &record->vignetting);
}

static void
append_frame (GString *json, const HfStackResult *result, int frame)
{
    const HfRecord *record = &result->records[frame];

    g_string_append (json, frame ? ",\n    {" : "\n    {");
    append_key (json, "file");
    append_text (json, result->names[frame] ? result->names[frame] : "");
    append_key (json, "used");
    g_string_append (json, record->used ? "true" : "false");
    append_key (json, "reason");
    if (record->reason)
        append_text (json, record->reason);
    else
        g_string_append (json, "null");
    if (record->used)
        append_record (json, record);
    else
        append_nulls (json);
    g_string_append_c (json, '}');
}

static double
peak_of_process (void)
{
    struct rusage usage;

    return getrusage (RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * 1024.0 : NAN;
}

char *
hf_stack_result_to_json (const HfStackResult *result)
{
    GString *json = g_string_new ("{");
    double crop[] = { result->crop.x, result->crop.y, result->crop.width, result->crop.height };

    append_key (json, "version");
    append_text (json, hf_version ());
    append_pair (json, "reference", result->reference);
    append_numbers (json, "crop", crop, 4);
    append_pair (json, "threads", result->threads);
    append_pair (json, "peak_memory_bytes", peak_of_process ());
    append_pair (json, "peak_pixel_bytes", (double) result->peak_memory);
    append_numbers (json, "noise", result->noise, 3);
    append_pair (json, "defects", result->n_defects);
    append_key (json, "seconds");
    g_string_append_c (json, '{');
    for (int i = 0; i < result->n_stages; i++)
        append_pair (json, result->stages[i].name, result->stages[i].seconds);
    g_string_append (json, "}");
    append_key (json, "frames");
    g_string_append_c (json, '[');
    for (int i = 0; i < result->n_frames; i++)
        append_frame (json, result, i);
    g_string_append (json, "\n  ]\n}\n");
    return g_string_free (json, FALSE);
}
