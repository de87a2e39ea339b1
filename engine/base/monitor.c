/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/monitor.h>

#include <hyperfocal/error.h>

void
hf_monitor_init (HfMonitor *monitor,
                 bool (*progress) (void *data, double fraction, const char *stage),
                 void (*warning) (void *data, const char *message), void *data)
{
    *monitor = (HfMonitor) {
        .progress = progress, .warning = warning, .data = data, .to = 1, .stage = ""
    };
}

void
hf_monitor_part (HfMonitor *monitor, double from, double to, const char *stage)
{
    if (!monitor)
        return;
    monitor->from = from;
    monitor->to = to;
    monitor->stage = stage;
}

bool
hf_monitor_cancelled (const HfMonitor *monitor)
{
    return monitor && __atomic_load_n (&monitor->cancelled, __ATOMIC_RELAXED) != 0;
}

void
hf_monitor_cancel (HfMonitor *monitor)
{
    __atomic_store_n (&monitor->cancelled, 1, __ATOMIC_RELAXED);
}

bool
hf_monitor_check (HfMonitor *monitor, double done, GError **error)
{
    if (!monitor)
        return true;
    if (!hf_monitor_cancelled (monitor) && monitor->progress) {
        double fraction = monitor->from + (monitor->to - monitor->from) * CLAMP (done, 0, 1);

        if (!monitor->progress (monitor->data, fraction, monitor->stage))
            hf_monitor_cancel (monitor);
    }
    if (hf_monitor_cancelled (monitor)) {
        g_set_error (error, HF_ERROR, HF_ERROR_CANCELLED, "cancelled");
        return false;
    }
    return true;
}

void
hf_monitor_warn (HfMonitor *monitor, const char *format, ...)
{
    va_list arguments;
    char *message;

    va_start (arguments, format);
    message = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    if (monitor && monitor->warning)
        monitor->warning (monitor->data, message);
    else
        g_message ("%s", message);
    g_free (message);
}
