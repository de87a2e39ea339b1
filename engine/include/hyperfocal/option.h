/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Option tables: each step's and fuser's options stand once, in options/NAME.def, and everything
 * else comes from there: the C struct with its defaults, range checks, the command line, job files,
 * --help, GEGL properties, GIMP arguments and dialogs, the reference page.
 *
 * A .def file is a list of
 *     HF_OPTION_INT    (id, "name", "Label", default, min, max, "unit", "help sentence")
 *     HF_OPTION_DOUBLE (id, "name", "Label", default, min, max, "unit", "help sentence")
 *     HF_OPTION_BOOL   (id, "name", "Label", default, "help sentence")
 *     HF_OPTION_CHOICE (id, "name", "Label", default, CHOICES, "help sentence")
 *     HF_OPTION_STRING (id, "name", "Label", "default", "help sentence")
 * where id is the C field, name the same with dashes, CHOICES the name of a list in
 * options/choices.def, unit "" where there is none. The includer defines the macros it needs;
 * options/undefine.h gives the others an empty meaning before, and takes all away after.
 */
#ifndef HF_OPTION_H
#define HF_OPTION_H

#include <hyperfocal/api.h>

HF_BEGIN_DECLS

typedef enum {
    HF_OPTION_TYPE_INT,
    HF_OPTION_TYPE_DOUBLE,
    HF_OPTION_TYPE_BOOL,
    HF_OPTION_TYPE_CHOICE,
    HF_OPTION_TYPE_STRING
} HfOptionType;

typedef struct HfChoice {
    int value;
    const char *nick;  /* "lanczos-4", as typed and saved */
    const char *label; /* "Lanczos, 4 lobes", as shown */
} HfChoice;

typedef struct HfOption {
    HfOptionType type;
    const char *name;     /* with dashes */
    const char *label;    /* untranslated */
    const char *unit;     /* "" = none */
    const char *help;     /* one sentence */
    double initial;       /* default of all types but string */
    double min, max;      /* inclusive; int and double only */
    const char *text;     /* default of a string */
    const HfChoice *choices; /* ended by a NULL nick; choice only */
    size_t offset;        /* of the field in the struct */
} HfOption;

typedef struct HfOptionTable {
    const char *name;  /* "align" */
    const char *label; /* "Alignment" */
    const HfOption *options;
    int n_options;
    size_t size; /* of the struct */
} HfOptionTable;

/* Enumerations of the choices: enum { HF_TRANSFORM_AUTO, … } and so on. */
#define HF_CHOICES(Type, list) typedef enum Type {
#define HF_CHOICE(value, nick, label) value,
#define HF_CHOICES_END(Type, list) } Type;
#include <hyperfocal/options/choices.def>
#undef HF_CHOICES
#undef HF_CHOICE
#undef HF_CHOICES_END

/* The same as tables: extern const HfChoice hf_transform_choices[], … */
#define HF_CHOICES(Type, list) HF_API extern const HfChoice list[];
#define HF_CHOICE(value, nick, label)
#define HF_CHOICES_END(Type, list)
#include <hyperfocal/options/choices.def>
#undef HF_CHOICES
#undef HF_CHOICE
#undef HF_CHOICES_END

/* Fills a struct of this table with the defaults; strings are copies. */
HF_API void hf_options_init (const HfOptionTable *table, void *options);
/* Frees the strings in it. */
HF_API void hf_options_clear (const HfOptionTable *table, void *options);
/* Makes `to` (initialised) equal to `from`. */
HF_API void hf_options_copy (const HfOptionTable *table, void *to, const void *from);

/* The option of this name ('_' counts as '-'), or NULL. */
HF_API const HfOption *hf_option_find (const HfOptionTable *table, const char *name);

/* Sets a field from text. HF_ERROR_ARGUMENT naming the option, the text and what is allowed. */
HF_API bool hf_option_set (const HfOption *option, void *options, const char *text,
                           GError **error);
/* Sets a field of type int, double, bool or choice from a number, checked the same way. */
HF_API bool hf_option_set_number (const HfOption *option, void *options, double number,
                                  GError **error);
/* The field's value as a number; strings give 0. */
HF_API double hf_option_get_number (const HfOption *option, const void *options);
/* The field as text that hf_option_set () takes; newly allocated. */
HF_API char *hf_option_get (const HfOption *option, const void *options);

/* The nick of a value, or NULL. */
HF_API const char *hf_choice_nick (const HfChoice *choices, int value);

HF_END_DECLS
#endif
