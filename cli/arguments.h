/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: what it asks for, and how it is read. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <hyperfocal/hyperfocal.h>

typedef enum { ACTION_STACK, ACTION_NOISE_MAP, ACTION_USAGE, ACTION_HELP, ACTION_REFERENCE, ACTION_VERSION } Action;

typedef struct Arguments {
    Action action;
    GPtrArray *sources; /* files and folders as given, owned strings */
    char *output;       /* owned, as all names; NULL where not given */
    char *layers;
    char *slabs; /* a layered TIFF or a folder */
    char *depth_map;
    char *confidence;
    char *report;
    bool align_only;
    char *frames_as; /* kind of the files that go into folders */
    bool makes_noise_map; /* the command is noise-map, not stack */
    bool debug;
    bool quiet;
    HfStackOptions stack;
    HfFileOptions file;
    HfNoiseMapOptions noise_map;
} Arguments;

/* An option of the command itself; those of the engine come from its tables. */
typedef struct CommandOption {
    char letter;       /* '\0' where there is none */
    const char *name;  /* without dashes */
    const char *value; /* what it takes, as shown; NULL where it takes nothing */
    const char *help;  /* one sentence; NULL keeps it out of the help */
} CommandOption;

/* Ended by a NULL name. */
extern const CommandOption command_options[];

/* Everything at its default. */
void arguments_init (Arguments *arguments);
void arguments_clear (Arguments *arguments);

/*
 * Reads the command line into `arguments` (initialised). HF_ERROR_ARGUMENT, naming the word that
 * is wrong. No file is looked at.
 */
bool arguments_parse (Arguments *arguments, int n_words, char **words, GError **error);

/* The table number `i` of all whose options the command takes, NULL past the last one; `options`
 * becomes the struct it belongs to. */
const HfOptionTable *arguments_table (Arguments *arguments, int i, void **options);

#endif
