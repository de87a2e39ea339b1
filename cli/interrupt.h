/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ctrl-C and its like: the run is asked to stop, so that nothing half-written stays. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <hyperfocal/hyperfocal.h>

/* From here on SIGINT, SIGTERM and SIGHUP cancel `monitor`, which must stay. */
void interrupt_cancels (HfMonitor *monitor);

/* The signal that came, 0 if none. */
int interrupt_signal (void);

#endif
