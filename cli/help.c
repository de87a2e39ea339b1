/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "help.h"

#include <string.h>

enum { HELP_COLUMN = 28, HELP_WIDTH = 90 };

static const char *const usage[] = { "hyperfocal stack FRAME... -o FILE [OPTION...]",
                                     "hyperfocal -i DIR -o FILE [OPTION...]",
                                     "hyperfocal noise-map FRAME... -o FOLDER [OPTION...]", NULL };

static const char introduction[] =
    "Registers the frames of a focus stack, evens out their light and fuses them into one picture "
    "that is sharp everywhere. A FRAME is a TIFF, PNG or JPEG file, or a folder of such files, "
    "which "
    "are taken in the natural order of their names (a2 before a10). An option is given as --name "
    "VALUE "
    "or --name=VALUE; a name that begins with a dash comes after --.";

static const char ending[] = "Exit status: 0 when the picture was written, or nothing was asked "
                             "for; 1 when the run failed; 2 when "
                             "the command line is wrong; 128 plus the signal's number when it was "
                             "stopped, as 130 by Ctrl-C. "
                             "A run that fails or is stopped leaves no partial file, and files "
                             "that were there as they were.";

void
print_usage (FILE *to)
{
    fputs ("Usage:\n", to);
    for (int i = 0; usage[i]; i++)
        fprintf (to, "  %s\n", usage[i]);
}

/* Prints words from the current column on, wrapped, each further line indented. */
static void
print_wrapped (FILE *to, const char *text, int column, int indent)
{
    char **words = g_strsplit (text, " ", -1);

    for (int i = 0; words[i]; i++) {
        int length = (int) strlen (words[i]);

        if (column > indent && column + 1 + length > HELP_WIDTH) {
            fprintf (to, "\n%*s", indent, "");
            column = indent;
        } else if (i > 0) {
            fputc (' ', to);
            column++;
        }
        fputs (words[i], to);
        column += length;
    }
    fputc ('\n', to);
    g_strfreev (words);
}

/* "  -o, --output FILE        The fused picture; …" */
static void
print_option (FILE *to, char letter, const char *name, const char *value, const char *text)
{
    char *left = g_strdup_printf ("  %c%c%c --%s%s%s", letter ? '-' : ' ', letter ? letter : ' ',
                                  letter ? ',' : ' ', name, value ? " " : "", value ? value : "");
    int width = (int) strlen (left);

    fputs (left, to);
    if (width + 2 > HELP_COLUMN)
        fprintf (to, "\n%*s", HELP_COLUMN, "");
    else
        fprintf (to, "%*s", HELP_COLUMN - width, "");
    print_wrapped (to, text, HELP_COLUMN, HELP_COLUMN);
    g_free (left);
}

static const char *
value_name (const HfOption *option)
{
    switch (option->type) {
    case HF_OPTION_TYPE_CHOICE:
        return "CHOICE";
    case HF_OPTION_TYPE_BOOL:
        return "yes|no";
    case HF_OPTION_TYPE_STRING:
        return "TEXT";
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_DOUBLE:
        break;
    }
    return "NUMBER";
}

/* "lanczos-3, lanczos-4" or "1 to 100 %"; empty for texts and yes or no. */
static char *
allowed_values (const HfOption *option)
{
    GString *text = g_string_new (NULL);

    if (option->type == HF_OPTION_TYPE_CHOICE)
        for (const HfChoice *choice = option->choices; choice->nick; choice++)
            g_string_append_printf (text, "%s%s", text->len ? ", " : "", choice->nick);
    if (option->type == HF_OPTION_TYPE_INT || option->type == HF_OPTION_TYPE_DOUBLE)
        g_string_append_printf (text, "%g to %g%s%s", option->min, option->max,
                                *option->unit ? " " : "", option->unit);
    return g_string_free (text, FALSE);
}

static void
print_engine_option (FILE *to, const HfOption *option, const void *options)
{
    char *allowed = allowed_values (option);
    char *initial = hf_option_get (option, options);
    char *text = g_strdup_printf ("%s (%s%sdefault %s)", option->help, allowed,
                                  *allowed ? "; " : "", *initial ? initial : "none");

    print_option (to, 0, option->name, value_name (option), text);
    g_free (text);
    g_free (initial);
    g_free (allowed);
}

void
print_help (FILE *to)
{
    Arguments defaults;
    const HfOptionTable *table;
    void *options;

    arguments_init (&defaults);
    print_usage (to);
    fputc ('\n', to);
    print_wrapped (to, introduction, 0, 0);
    fputs ("\nFiles and output\n", to);
    for (const CommandOption *option = command_options; option->name; option++)
        if (option->help)
            print_option (to, option->letter, option->name, option->value, option->help);
    for (int i = 0; (table = arguments_table (&defaults, i, &options)); i++) {
        fprintf (to, "\n%s\n", table->label);
        if (table == &hf_features_table && !hf_features_available ())
            fputs ("  (this build has no feature detectors: it was made without OpenCV)\n", to);
        for (int j = 0; j < table->n_options; j++)
            print_engine_option (to, &table->options[j], options);
    }
    fputs ("\nNoise map (hyperfocal noise-map, with -i, -o, -d, -q and these)\n", to);
    for (int j = 0; j < hf_noise_map_table.n_options; j++)
        print_engine_option (to, &hf_noise_map_table.options[j], &defaults.noise_map);
    fputc ('\n', to);
    print_wrapped (to, ending, 0, 0);
    arguments_clear (&defaults);
}

static void
print_reference_row (FILE *to, const HfOption *option, const void *options)
{
    char *allowed = allowed_values (option);
    char *initial = hf_option_get (option, options);

    fprintf (to, "| `--%s` | %s | %s | %s%s%s |\n", option->name, option->help,
             *allowed                              ? allowed
             : option->type == HF_OPTION_TYPE_BOOL ? "yes, no"
                                                   : "a text",
             *initial ? "`" : "", *initial ? initial : "none", *initial ? "`" : "");
    g_free (initial);
    g_free (allowed);
}

void
print_reference (FILE *to)
{
    Arguments defaults;
    const HfOptionTable *table;
    void *options;

    arguments_init (&defaults);
    fputs (
        "# The command `hyperfocal`\n\nThis page is what `hyperfocal --help-markdown` prints.\n\n",
        to);
    for (int i = 0; usage[i]; i++)
        fprintf (to, "    %s\n", usage[i]);
    fprintf (to, "\n%s\n\n%s\n\n## Files and output\n\n| option | what it does |\n|---|---|\n",
             introduction, ending);
    for (const CommandOption *option = command_options; option->name; option++)
        if (option->help)
            fprintf (to, "| `%s%.1s%s--%s%s%s` | %s |\n", option->letter ? "-" : "",
                     &option->letter, option->letter ? "`, `" : "", option->name,
                     option->value ? " " : "", option->value ? option->value : "", option->help);
    for (int i = 0; (table = arguments_table (&defaults, i, &options)); i++) {
        fprintf (to, "\n## %s\n\n| option | what it does | values | default |\n|---|---|---|---|\n",
                 table->label);
        for (int j = 0; j < table->n_options; j++)
            print_reference_row (to, &table->options[j], options);
    }
    fputs (
        "\n## Noise map\n\n`hyperfocal noise-map` looks at all frames for the pixels of the sensor "
        "that are wrong in each, and writes maps of them for the option `--noise-mask`. It takes "
        "`-i`, `-o`, `-d`, `-q` and these options.\n\n"
        "| option | what it does | values | default |\n|---|---|---|---|\n",
        to);
    for (int j = 0; j < hf_noise_map_table.n_options; j++)
        print_reference_row (to, &hf_noise_map_table.options[j], &defaults.noise_map);
    arguments_clear (&defaults);
}
