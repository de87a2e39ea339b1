/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Progress and cancel, one check point. A host fills an HfMonitor; the engine calls it between
 * pieces of work, at least several times a second, always from the thread that called the engine.
 * Workers see a cancel at their next chunk.
 */
#ifndef HF_MONITOR_H
#define HF_MONITOR_H

#include <hyperfocal/api.h>

HF_BEGIN_DECLS

typedef struct HfMonitor {
    /*
     * `fraction` of the whole work that is done, 0..1, never falling; `stage` names what is going
     * on ("Aligning"), untranslated, static. Return false to cancel. May be NULL.
     */
    bool (*progress) (void *data, double fraction, const char *stage);
    /* One sentence the user should see although the work goes on; may be NULL. */
    void (*warning) (void *data, const char *message);
    void *data;
    /* The slice of the whole that the current work covers; hf_monitor_part () sets it. */
    double from, to;
    const char *stage;
    int cancelled; /* atomic; set by progress () returning false, or by hf_monitor_cancel () */
} HfMonitor;

/* Sets up a monitor for the whole 0..1; both functions may be NULL. */
HF_API void hf_monitor_init (HfMonitor *monitor,
                             bool (*progress) (void *data, double fraction, const char *stage),
                             void (*warning) (void *data, const char *message), void *data);

/* From here on, work reports within [from, to] of the whole, as `stage`. NULL monitor: nothing. */
HF_API void hf_monitor_part (HfMonitor *monitor, double from, double to, const char *stage);

/*
 * The check point: `done` (0..1) of the current part. False with HF_ERROR_CANCELLED when the work
 * is to stop. A NULL monitor never stops. Only from the thread that called the engine.
 */
HF_API bool hf_monitor_check (HfMonitor *monitor, double done, GError **error);

/* Has the work been cancelled? Any thread; NULL: no. */
HF_API bool hf_monitor_cancelled (const HfMonitor *monitor);

/* Asks the work to stop; any thread, also a signal handler. */
HF_API void hf_monitor_cancel (HfMonitor *monitor);

/* Passes a warning on (printf-like); NULL monitor: g_message (). */
HF_API void hf_monitor_warn (HfMonitor *monitor, const char *format, ...) G_GNUC_PRINTF (2, 3);

HF_END_DECLS
#endif
