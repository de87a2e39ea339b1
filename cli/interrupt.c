/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interrupt.h"

#include <signal.h>

static HfMonitor *target;
static volatile sig_atomic_t received;

static void
cancel (int number)
{
    received = number;
    hf_monitor_cancel (target);
}

void
interrupt_cancels (HfMonitor *monitor)
{
    static const int stopping[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = cancel, .sa_flags = SA_RESTART };

    target = monitor;
    sigemptyset (&action.sa_mask);
    for (size_t i = 0; i < G_N_ELEMENTS (stopping); i++) {
        struct sigaction inherited;

        /* What nohup or a shell's background job has set to be ignored stays so. */
        if (sigaction (stopping[i], NULL, &inherited) == 0 && inherited.sa_handler != SIG_IGN)
            sigaction (stopping[i], &action, NULL);
    }
    /* A reader of our messages that goes away must not end the run half-way. */
    signal (SIGPIPE, SIG_IGN);
}

int
interrupt_signal (void)
{
    return received;
}
