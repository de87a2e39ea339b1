/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the command line. An option is "--name VALUE" or "--name=VALUE", or one letter, "-o FILE"
 * or
 * "-oFILE"; "--" ends the options. The names come from the few options of the command itself and
 * from the engine's tables, so that a new option of a step needs no line here. The last one given
 * counts.
 */
#include "arguments.h"

#include <string.h>

const CommandOption command_options[] = {
    { 'i', "input", "DIR", "A folder of frames, or one frame; may be given several times" },
    { 'o', "output", "FILE", "The fused picture; the ending chooses the kind: .tif, .png or .jpg" },
    { 0, "layers", "FILE",
      "Also write the fused picture, slabs if there are, and the aligned frames as a layered "
      "TIFF" },
    { 0, "slabs-output", "PLACE",
      "Write the slabs: as a layered TIFF where this ends in .tif, else into this folder" },
    { 0, "depth-map", "FILE",
      "Also write where along the stack each pixel is sharp, grey: first frame black, last white" },
    { 0, "confidence", "FILE", "Also write how far the depth map can be believed, grey" },
    { 0, "align-only", NULL,
      "Fuse nothing: write the aligned frames into the folder that -o names, or with --layers" },
    { 0, "frames-as", "KIND",
      "What kind of files are written into folders: tif, png or jpg; tif unless given" },
    { 0, "report", "FILE", "Also write what was found out about each frame, as JSON" },
    { 'd', "debug", NULL, "Tell on standard error what is done and found" },
    { 'q', "quiet", NULL, "No progress bar and no warnings, only errors" },
    { 'h', "help", NULL, "Print this help" },
    { 0, "version", NULL, "Print the version" },
    { 0, "help-markdown", NULL, NULL },
    { 0, NULL, NULL, NULL }
};

/* The words still to be read. */
typedef struct Words {
    char **next;
    char **end;
} Words;

void
arguments_init (Arguments *arguments)
{
    *arguments = (Arguments) { .sources = g_ptr_array_new_with_free_func (g_free) };
    hf_stack_options_init (&arguments->stack);
    hf_options_init (&hf_file_table, &arguments->file);
    hf_options_init (&hf_noise_map_table, &arguments->noise_map);
}

void
arguments_clear (Arguments *arguments)
{
    g_ptr_array_free (arguments->sources, TRUE);
    g_free (arguments->output);
    g_free (arguments->layers);
    g_free (arguments->slabs);
    g_free (arguments->depth_map);
    g_free (arguments->confidence);
    g_free (arguments->frames_as);
    g_free (arguments->report);
    hf_stack_options_clear (&arguments->stack);
    hf_options_clear (&hf_file_table, &arguments->file);
    hf_options_clear (&hf_noise_map_table, &arguments->noise_map);
}

const HfOptionTable *
arguments_table (Arguments *arguments, int i, void **options)
{
    int n_parts = 0;

    if (arguments->makes_noise_map) {
        *options = &arguments->noise_map;
        return i == 0 ? &hf_noise_map_table : NULL;
    }
    while (hf_stack_parts[n_parts].table)
        n_parts++;
    if (i < n_parts) {
        *options = (char *) &arguments->stack + hf_stack_parts[i].offset;
        return hf_stack_parts[i].table;
    }
    *options = &arguments->file;
    return i == n_parts ? &hf_file_table : NULL;
}

static const HfOption *
find_engine_option (Arguments *arguments, const char *name, void **options)
{
    const HfOptionTable *table;

    for (int i = 0; (table = arguments_table (arguments, i, options)); i++) {
        const HfOption *option = hf_option_find (table, name);

        if (option)
            return option;
    }
    return NULL;
}

static const CommandOption *
find_command_option (const char *name, char letter)
{
    for (const CommandOption *option = command_options; option->name; option++)
        if (name ? strcmp (option->name, name) == 0 : option->letter == letter)
            return option;
    return NULL;
}

static void
replace (char **place, const char *text)
{
    g_free (*place);
    *place = g_strdup (text);
}

static void
apply_command_option (Arguments *arguments, const CommandOption *option, const char *value)
{
    if (strcmp (option->name, "input") == 0)
        g_ptr_array_add (arguments->sources, g_strdup (value));
    else if (strcmp (option->name, "output") == 0)
        replace (&arguments->output, value);
    else if (strcmp (option->name, "layers") == 0)
        replace (&arguments->layers, value);
    else if (strcmp (option->name, "slabs-output") == 0)
        replace (&arguments->slabs, value);
    else if (strcmp (option->name, "depth-map") == 0)
        replace (&arguments->depth_map, value);
    else if (strcmp (option->name, "confidence") == 0)
        replace (&arguments->confidence, value);
    else if (strcmp (option->name, "report") == 0)
        replace (&arguments->report, value);
    else if (strcmp (option->name, "align-only") == 0)
        arguments->align_only = true;
    else if (strcmp (option->name, "frames-as") == 0)
        replace (&arguments->frames_as, value);
    else if (strcmp (option->name, "debug") == 0)
        arguments->debug = true;
    else if (strcmp (option->name, "quiet") == 0)
        arguments->quiet = true;
    else if (strcmp (option->name, "help") == 0)
        arguments->action = ACTION_HELP;
    else if (strcmp (option->name, "help-markdown") == 0)
        arguments->action = ACTION_REFERENCE;
    else if (strcmp (option->name, "version") == 0)
        arguments->action = ACTION_VERSION;
}

/* The value of an option: what is attached to it, or the next word, unless that is an option
 * itself. `shown` is the option as typed. */
static const char *
take_value (Words *words, const char *attached, const char *shown, GError **error)
{
    const char *value = attached;

    if (!value && words->next < words->end)
        value = *words->next++;
    if (value && *value && (attached || !g_str_has_prefix (value, "--")))
        return value;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "option %s needs a value", shown);
    return NULL;
}

static bool
read_command_option (Arguments *arguments, const CommandOption *option, const char *shown,
                     const char *attached, Words *words, GError **error)
{
    const char *value = NULL;

    if (option->value) {
        value = take_value (words, attached, shown, error);
        if (!value)
            return false;
    } else if (attached) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "option %s takes no value, but was given \"%s\"", shown, attached);
        return false;
    }
    apply_command_option (arguments, option, value);
    return true;
}

static bool
read_long_option (Arguments *arguments, const char *word, Words *words, GError **error)
{
    const char *equals = strchr (word, '=');
    const char *attached = equals ? equals + 1 : NULL;
    char *shown = equals ? g_strndup (word, equals - word) : g_strdup (word);
    const CommandOption *own = find_command_option (shown + 2, 0);
    void *options = NULL;
    const HfOption *option = own ? NULL : find_engine_option (arguments, shown + 2, &options);
    bool good = false;

    if (own) {
        good = read_command_option (arguments, own, shown, attached, words, error);
    } else if (option) {
        const char *value = take_value (words, attached, shown, error);

        good = value && hf_option_set (option, options, value, error);
    } else {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "unknown option %s; \"hyperfocal --help\" lists all", shown);
    }
    g_free (shown);
    return good;
}

static bool
read_short_option (Arguments *arguments, const char *word, Words *words, GError **error)
{
    const CommandOption *option = find_command_option (NULL, word[1]);
    const char *attached = word[2] ? word + 2 : NULL;
    char shown[] = { '-', word[1], '\0' };

    if (option)
        return read_command_option (arguments, option, shown, attached, words, error);
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "unknown option %s; \"hyperfocal --help\" lists all", word);
    return false;
}

static bool
read_words (Arguments *arguments, Words *words, bool frames_allowed, GError **error)
{
    bool options_end = false;

    while (words->next < words->end) {
        const char *word = *words->next++;

        if (!options_end && strcmp (word, "--") == 0) {
            options_end = true;
        } else if (!options_end && g_str_has_prefix (word, "--")) {
            if (!read_long_option (arguments, word, words, error))
                return false;
        } else if (!options_end && word[0] == '-' && word[1]) {
            if (!read_short_option (arguments, word, words, error))
                return false;
        } else if (frames_allowed) {
            g_ptr_array_add (arguments->sources, g_strdup (word));
        } else {
            g_set_error (
                error, HF_ERROR, HF_ERROR_ARGUMENT,
                "unexpected word \"%s\"; frames are given as: hyperfocal stack FRAME... -o FILE",
                word);
            return false;
        }
    }
    return true;
}

static bool
check_outputs (const Arguments *arguments, GError **error)
{
    if (arguments->align_only && arguments->slabs) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "--align-only fuses nothing, so there are no slabs for --slabs-output");
        return false;
    }
    if (arguments->align_only && (arguments->depth_map || arguments->confidence)) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "--align-only fuses nothing, so there is no map for %s",
                     arguments->depth_map ? "--depth-map" : "--confidence");
        return false;
    }
    if (arguments->align_only) {
        if ((arguments->output != NULL) != (arguments->layers != NULL))
            return true;
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "--align-only needs -o FOLDER for a file each of the aligned frames, or "
                     "--layers FILE for one with all of them%s",
                     arguments->output ? ", but not both" : "");
        return false;
    }
    if (arguments->frames_as && !arguments->slabs) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "--frames-as says what --align-only and --slabs-output write, which is not "
                     "asked for");
        return false;
    }
    if (arguments->output || arguments->slabs || arguments->depth_map || arguments->confidence)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "no output was named; add -o FILE with an ending .tif, .png or .jpg");
    return false;
}

/* noise-map takes frames and a folder, and none of the outputs of a stack. */
static bool
check_noise_map (Arguments *arguments, GError **error)
{
    if (arguments->layers || arguments->slabs || arguments->report || arguments->align_only ||
        arguments->frames_as) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "noise-map takes -i, -o and its own options, none of a stack's outputs");
        return false;
    }
    if (arguments->sources->len == 0) {
        arguments->action = ACTION_USAGE;
        return true;
    }
    if (arguments->output)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "no output was named; add -o FOLDER for the maps");
    return false;
}

bool
arguments_parse (Arguments *arguments, int n_words, char **words, GError **error)
{
    Words rest = { words + 1, words + n_words };
    bool stack = n_words > 1 && strcmp (words[1], "stack") == 0;

    arguments->makes_noise_map = n_words > 1 && strcmp (words[1], "noise-map") == 0;
    if (arguments->makes_noise_map)
        arguments->action = ACTION_NOISE_MAP;
    if (stack || arguments->makes_noise_map)
        rest.next++;
    if (!read_words (arguments, &rest, stack || arguments->makes_noise_map, error))
        return false;
    if (arguments->action == ACTION_NOISE_MAP)
        return check_noise_map (arguments, error);
    if (arguments->action != ACTION_STACK)
        return true;
    if (arguments->sources->len == 0) {
        arguments->action = ACTION_USAGE;
        return true;
    }
    return check_outputs (arguments, error);
}
