/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyperfocal stack: one stack from files to files. */
#ifndef CLI_STACK_H
#define CLI_STACK_H

#include "arguments.h"

/* Runs the stack; on failure nothing was written. HF_ERROR_CANCELLED after a signal. */
bool stack_command (Arguments *arguments, GError **error);

#endif
