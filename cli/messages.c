/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

typedef struct Wanted {
    bool debug;
    bool quiet;
} Wanted;

static Wanted wanted;

void
message_print (const char *kind, const char *message)
{
    GString *line = g_string_new ("hyperfocal: ");

    if (*kind)
        g_string_append_printf (line, "%s: ", kind);
    for (const char *c = message; *c; c++) {
        if ((unsigned char) *c < 0x20 || *c == 0x7f)
            g_string_append_printf (line, "\\x%02x", *c);
        else
            g_string_append_c (line, *c);
    }
    g_string_append_c (line, '\n');
    fputs (line->str, stderr);
    g_string_free (line, TRUE);
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
    bool detail = (level & G_LOG_LEVEL_MASK) > G_LOG_LEVEL_MESSAGE;

    if (detail ? !wanted.debug : wanted.quiet)
        return G_LOG_WRITER_HANDLED;
    for (gsize i = 0; i < n_fields; i++)
        if (strcmp (fields[i].key, "MESSAGE") == 0)
            message_print (detail ? "debug" : "warning", fields[i].value);
    return G_LOG_WRITER_HANDLED;
}

void
messages_from_library (bool debug, bool quiet)
{
    wanted = (Wanted) { debug, quiet };
    g_log_set_writer_func (write_log, NULL, NULL);
}
