/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress.h"

#include "messages.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { STAGE_COLUMNS = 12, REST_COLUMNS = 24, MAX_BAR_COLUMNS = 50, REDRAW_MICROSECONDS = 100000 };

void
progress_init (Progress *progress, bool bar, bool warnings)
{
    *progress = (Progress) { .bar = bar && isatty (STDERR_FILENO),
                             .warnings = warnings,
                             .start = g_get_monotonic_time () };
}

double
progress_seconds (const Progress *progress)
{
    return (double) (g_get_monotonic_time () - progress->start) / G_USEC_PER_SEC;
}

static int
terminal_columns (void)
{
    struct winsize size;

    if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* " 1:05 left"; nothing before there is something to go by. */
static void
format_time_left (char *text, size_t size, double seconds, double fraction)
{
    int left;

    text[0] = '\0';
    if (seconds < 1 || fraction < 0.02)
        return;
    left = (int) MIN (seconds * (1 - fraction) / fraction + 0.5, 359999);
    if (left >= 3600)
        g_snprintf (text, size, " %d:%02d:%02d left", left / 3600, left / 60 % 60, left % 60);
    else
        g_snprintf (text, size, " %d:%02d left", left / 60, left % 60);
}

static void
draw (Progress *progress, double fraction, const char *stage)
{
    char bar[MAX_BAR_COLUMNS + 1];
    char left[32];
    int columns = terminal_columns () - STAGE_COLUMNS - REST_COLUMNS;
    int full, drawn;

    columns = CLAMP (columns, 1, MAX_BAR_COLUMNS);
    full = (int) (columns * fraction);
    memset (bar, '#', full);
    memset (bar + full, '.', columns - full);
    bar[columns] = '\0';
    format_time_left (left, sizeof left, progress_seconds (progress), fraction);
    drawn = fprintf (stderr, "\r%-*.*s [%s] %3d %%%s", STAGE_COLUMNS, STAGE_COLUMNS, stage, bar,
                     (int) (100 * fraction), left);
    if (drawn < progress->drawn)
        fprintf (stderr, "%*s", progress->drawn - drawn, "");
    progress->drawn = drawn;
    fflush (stderr);
}

bool
progress_show (void *data, double fraction, const char *stage)
{
    Progress *progress = data;
    gint64 now = g_get_monotonic_time ();

    if (progress->bar && now - progress->latest >= REDRAW_MICROSECONDS) {
        progress->latest = now;
        draw (progress, CLAMP (fraction, 0, 1), stage ? stage : "");
    }
    return true;
}

void
progress_clear (Progress *progress)
{
    if (progress->drawn > 0)
        fprintf (stderr, "\r%*s\r", progress->drawn, "");
    progress->drawn = 0;
}

void
progress_warn (void *data, const char *message)
{
    Progress *progress = data;

    if (!progress->warnings)
        return;
    progress_clear (progress);
    message_print ("warning", message);
}
