/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command hyperfocal: from the command line to an exit status. */
#include "arguments.h"
#include "help.h"
#include "interrupt.h"
#include "messages.h"
#include "noise-map.h"
#include "stack.h"

#include <stdio.h>

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128 };

static int
exit_status (const GError *error)
{
    if (!error)
        return EXIT_FINE;
    if (g_error_matches (error, HF_ERROR, HF_ERROR_CANCELLED) && interrupt_signal ())
        return EXIT_SIGNAL + interrupt_signal ();
    if (g_error_matches (error, HF_ERROR, HF_ERROR_ARGUMENT))
        return EXIT_USAGE;
    return EXIT_FAILED;
}

static void
act (Arguments *arguments, GError **error)
{
    switch (arguments->action) {
    case ACTION_USAGE:
        print_usage (stdout);
        fputs ("\"hyperfocal --help\" lists all options.\n", stdout);
        break;
    case ACTION_HELP:
        print_help (stdout);
        break;
    case ACTION_REFERENCE:
        print_reference (stdout);
        break;
    case ACTION_VERSION:
        printf ("hyperfocal %s\n", hf_version ());
        break;
    case ACTION_STACK:
        stack_command (arguments, error);
        break;
    case ACTION_NOISE_MAP:
        noise_map_command (arguments, error);
        break;
    }
}

int
main (int n_words, char **words)
{
    Arguments arguments;
    GError *error = NULL;
    int status;

    arguments_init (&arguments);
    if (arguments_parse (&arguments, n_words, words, &error)) {
        messages_from_library (arguments.debug, arguments.quiet);
        act (&arguments, &error);
    }
    status = exit_status (error);
    if (error)
        message_print ("", error->message);
    g_clear_error (&error);
    arguments_clear (&arguments);
    if (fflush (stdout) != 0 && status == EXIT_FINE)
        status = EXIT_FAILED;
    return status;
}
