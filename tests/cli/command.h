/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the real program and keeps what it said. */
#ifndef TESTS_CLI_COMMAND_H
#define TESTS_CLI_COMMAND_H

#include <glib.h>
#include <stdbool.h>

typedef struct CommandResult {
    int status; /* exit status; -signal where a signal ended it */
    char *out;  /* what it printed */
    char *err;
} CommandResult;

/* Under which conditions it runs; all zero is the normal case. */
typedef struct CommandSetup {
    const char *folder;  /* the current folder of the run; NULL: this program's */
    unsigned file_limit; /* no file may grow over that many bytes; 0 = no limit */
    bool as_nobody;      /* give root's rights away */
} CommandSetup;

/* Words end with NULL and do not hold the program's own name. */
void command_run (const CommandSetup *setup, const char *const *words, CommandResult *result);
void command_result_clear (CommandResult *result);

/* The program's path and the words, as g_spawn_async () takes them; g_strfreev (). */
char **command_words (const char *const *words);

/* Starts it without waiting; `err` becomes a pipe with its standard error. */
GPid command_start (const CommandSetup *setup, const char *const *words, int *err);

/* Waits for its end; the status as in CommandResult. */
int command_wait (GPid child);

/* Can the program be run as another user? */
bool command_can_be_nobody (void);

#endif
