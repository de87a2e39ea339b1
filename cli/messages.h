/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line on standard error. */
#ifndef CLI_MESSAGES_H
#define CLI_MESSAGES_H

#include <stdbool.h>

/*
 * Prints "hyperfocal: KIND: message"; KIND may be "". Control characters, which a file name may
 * hold, are shown as \xNN, so that a message stays one line and a terminal is not disturbed.
 */
void message_print (const char *kind, const char *message);

/* Sends what the library logs to message_print (): warnings unless `quiet`, the rest only with
 * `debug`. */
void messages_from_library (bool debug, bool quiet);

#endif
