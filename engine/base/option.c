/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/option.h>

#include <errno.h>
#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

#define HF_CHOICES(Type, list) const HfChoice list[] = {
#define HF_CHOICE(value, nick, label) { value, nick, label },
#define HF_CHOICES_END(Type, list)                                                                 \
    {                                                                                              \
        0, NULL, NULL                                                                              \
    }                                                                                              \
    }                                                                                              \
    ;
#include <hyperfocal/options/choices.def>

static void *
field (const HfOption *option, void *options)
{
    return (char *) options + option->offset;
}

static void
store_number (const HfOption *option, void *options, double number)
{
    void *at = field (option, options);

    switch (option->type) {
    case HF_OPTION_TYPE_DOUBLE:
        *(double *) at = number;
        break;
    case HF_OPTION_TYPE_BOOL:
        *(bool *) at = number != 0;
        break;
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_CHOICE:
        *(int *) at = (int) number;
        break;
    case HF_OPTION_TYPE_STRING:
        break;
    }
}

static void
store_text (const HfOption *option, void *options, const char *text)
{
    char **at = field (option, options);
    char *copy = g_strdup (text);

    g_free (*at);
    *at = copy;
}

void
hf_options_init (const HfOptionTable *table, void *options)
{
    memset (options, 0, table->size);
    for (int i = 0; i < table->n_options; i++) {
        const HfOption *option = &table->options[i];

        if (option->type == HF_OPTION_TYPE_STRING)
            store_text (option, options, option->text);
        else
            store_number (option, options, option->initial);
    }
}

void
hf_options_clear (const HfOptionTable *table, void *options)
{
    for (int i = 0; i < table->n_options; i++)
        if (table->options[i].type == HF_OPTION_TYPE_STRING)
            store_text (&table->options[i], options, NULL);
}

void
hf_options_copy (const HfOptionTable *table, void *to, const void *from)
{
    for (int i = 0; i < table->n_options; i++) {
        const HfOption *option = &table->options[i];

        if (option->type == HF_OPTION_TYPE_STRING)
            store_text (option, to, *(char **) field (option, (void *) from));
        else
            store_number (option, to, hf_option_get_number (option, from));
    }
}

static bool
names_equal (const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !(*a == '-' && *b == '_'))
            return false;
    return *a == *b;
}

const HfOption *
hf_option_find (const HfOptionTable *table, const char *name)
{
    for (int i = 0; i < table->n_options; i++)
        if (names_equal (table->options[i].name, name))
            return &table->options[i];
    return NULL;
}

static bool
choice_from_text (const HfOption *option, const char *text, double *number, GError **error)
{
    GString *allowed = g_string_new (NULL);

    for (const HfChoice *choice = option->choices; choice->nick; choice++) {
        if (g_ascii_strcasecmp (choice->nick, text) == 0) {
            g_string_free (allowed, TRUE);
            *number = choice->value;
            return true;
        }
        g_string_append_printf (allowed, "%s%s", allowed->len ? ", " : "", choice->nick);
    }
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "option %s cannot be \"%s\", only one of: %s",
                 option->name, text, allowed->str);
    g_string_free (allowed, TRUE);
    return false;
}

static bool
bool_from_text (const HfOption *option, const char *text, double *number, GError **error)
{
    static const char *const yes[] = { "yes", "true", "on", "1", NULL };
    static const char *const no[] = { "no", "false", "off", "0", NULL };

    for (int i = 0; yes[i]; i++) {
        if (g_ascii_strcasecmp (text, yes[i]) == 0 || g_ascii_strcasecmp (text, no[i]) == 0) {
            *number = g_ascii_strcasecmp (text, yes[i]) == 0;
            return true;
        }
    }
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "option %s cannot be \"%s\", only yes or no",
                 option->name, text);
    return false;
}

static bool
number_from_text (const HfOption *option, const char *text, double *number, GError **error)
{
    char *end = NULL;

    errno = 0;
    *number = g_ascii_strtod (text, &end);
    if (end != text && *end == '\0' && errno == 0)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "option %s needs a number, not \"%s\"",
                 option->name, text);
    return false;
}

bool
hf_option_set (const HfOption *option, void *options, const char *text, GError **error)
{
    double number = 0;
    bool good = true;

    switch (option->type) {
    case HF_OPTION_TYPE_STRING:
        store_text (option, options, text);
        return true;
    case HF_OPTION_TYPE_CHOICE:
        good = choice_from_text (option, text, &number, error);
        break;
    case HF_OPTION_TYPE_BOOL:
        good = bool_from_text (option, text, &number, error);
        break;
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_DOUBLE:
        good = number_from_text (option, text, &number, error);
        break;
    }
    return good && hf_option_set_number (option, options, number, error);
}

static bool
check_number (const HfOption *option, double number, GError **error)
{
    if (option->type == HF_OPTION_TYPE_CHOICE && !hf_choice_nick (option->choices, (int) number)) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "option %s has no choice number %g",
                     option->name, number);
        return false;
    }
    if (option->type == HF_OPTION_TYPE_INT && number != floor (number)) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "option %s needs a whole number, not %g",
                     option->name, number);
        return false;
    }
    if ((option->type == HF_OPTION_TYPE_INT || option->type == HF_OPTION_TYPE_DOUBLE) &&
        !(number >= option->min && number <= option->max)) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "option %s is %g, but must be from %g to %g", option->name, number,
                     option->min, option->max);
        return false;
    }
    return true;
}

bool
hf_option_set_number (const HfOption *option, void *options, double number, GError **error)
{
    if (option->type == HF_OPTION_TYPE_STRING) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "option %s is a text, not a number",
                     option->name);
        return false;
    }
    if (!check_number (option, number, error))
        return false;
    store_number (option, options, number);
    return true;
}

double
hf_option_get_number (const HfOption *option, const void *options)
{
    const void *at = field (option, (void *) options);

    switch (option->type) {
    case HF_OPTION_TYPE_DOUBLE:
        return *(const double *) at;
    case HF_OPTION_TYPE_BOOL:
        return *(const bool *) at;
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_CHOICE:
        return *(const int *) at;
    case HF_OPTION_TYPE_STRING:
        break;
    }
    return 0;
}

char *
hf_option_get (const HfOption *option, const void *options)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    double number = hf_option_get_number (option, options);

    switch (option->type) {
    case HF_OPTION_TYPE_STRING:
        return g_strdup (*(char **) field (option, (void *) options));
    case HF_OPTION_TYPE_CHOICE:
        return g_strdup (hf_choice_nick (option->choices, (int) number));
    case HF_OPTION_TYPE_BOOL:
        return g_strdup (number != 0 ? "yes" : "no");
    case HF_OPTION_TYPE_INT:
        return g_strdup_printf ("%d", (int) number);
    case HF_OPTION_TYPE_DOUBLE:
        break;
    }
    return g_strdup (g_ascii_dtostr (text, sizeof text, number));
}

const char *
hf_choice_nick (const HfChoice *choices, int value)
{
    for (; choices->nick; choices++)
        if (choices->value == value)
            return choices->nick;
    return NULL;
}
