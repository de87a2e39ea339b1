/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command says about itself, all of it from the option tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "arguments.h"

#include <stdio.h>

/* Two lines: how it is called. */
void print_usage (FILE *to);

/* --help: the usage and every option with its values, default, range and unit. */
void print_help (FILE *to);

/* The same as the page docs/command-line.md; --help-markdown. */
void print_reference (FILE *to);

#endif
