/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json.h"

#include <string.h>

static Json *parse_value (const char **at);

static void
skip_blanks (const char **at)
{
    *at += strspn (*at, " \t\n\r");
}

static bool
take (const char **at, const char *word)
{
    if (!g_str_has_prefix (*at, word))
        return false;
    *at += strlen (word);
    return true;
}

static Json *
json_new (JsonType type)
{
    Json *json = g_new0 (Json, 1);

    json->type = type;
    if (type == JSON_ARRAY || type == JSON_OBJECT)
        json->items = g_ptr_array_new ();
    if (type == JSON_OBJECT)
        json->names = g_ptr_array_new_with_free_func (g_free);
    return json;
}

void
json_free (Json *json)
{
    if (!json)
        return;
    for (guint i = 0; json->items && i < json->items->len; i++)
        json_free (json->items->pdata[i]);
    if (json->items)
        g_ptr_array_free (json->items, TRUE);
    if (json->names)
        g_ptr_array_free (json->names, TRUE);
    g_free (json->text);
    g_free (json);
}

/* The characters after a backslash; false where JSON has no such escape. */
static bool
parse_escape (const char **at, GString *text)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;
    gunichar code = 0;

    if (**at != 'u') {
        letter = **at ? strchr (letters, **at) : NULL;
        if (letter)
            g_string_append_c (text, meanings[letter - letters]);
        (*at)++;
        return letter != NULL;
    }
    (*at)++;
    for (int i = 0; i < 4; i++, (*at)++) {
        if (!g_ascii_isxdigit (**at))
            return false;
        code = 16 * code + (gunichar) g_ascii_xdigit_value (**at);
    }
    g_string_append_unichar (text, code);
    return true;
}

/* A text after its first quote; newly allocated, NULL where it is none. */
static char *
parse_text (const char **at)
{
    GString *text = g_string_new (NULL);
    bool good = true;

    while (good && **at && **at != '"') {
        if ((unsigned char) **at < 0x20)
            good = false;
        else if (take (at, "\\"))
            good = parse_escape (at, text);
        else
            g_string_append_c (text, *(*at)++);
    }
    good = good && take (at, "\"") && g_utf8_validate (text->str, -1, NULL);
    return g_string_free (text, !good);
}

static bool
parse_member (const char **at, Json *object)
{
    char *name;
    Json *value;

    if (object->type == JSON_OBJECT) {
        skip_blanks (at);
        name = take (at, "\"") ? parse_text (at) : NULL;
        if (!name)
            return false;
        g_ptr_array_add (object->names, name);
        skip_blanks (at);
        if (!take (at, ":"))
            return false;
    }
    value = parse_value (at);
    if (value)
        g_ptr_array_add (object->items, value);
    return value != NULL;
}

static Json *
parse_items (const char **at, JsonType type)
{
    const char *end = type == JSON_OBJECT ? "}" : "]";
    Json *json = json_new (type);

    skip_blanks (at);
    if (take (at, end))
        return json;
    do {
        if (!parse_member (at, json))
            goto failed;
        skip_blanks (at);
    } while (take (at, ","));
    if (take (at, end))
        return json;

failed:
    json_free (json);
    return NULL;
}

static Json *
parse_number (const char **at)
{
    static GRegex *shape;
    GMatchInfo *match = NULL;
    Json *json = NULL;
    char *text;

    if (!shape)
        shape = g_regex_new ("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?", 0, 0, NULL);
    if (g_regex_match (shape, *at, 0, &match)) {
        text = g_match_info_fetch (match, 0);
        json = json_new (JSON_NUMBER);
        json->number = g_ascii_strtod (text, NULL);
        *at += strlen (text);
        g_free (text);
    }
    g_match_info_free (match);
    return json;
}

static Json *
parse_value (const char **at)
{
    Json *json;

    skip_blanks (at);
    if (take (at, "{"))
        return parse_items (at, JSON_OBJECT);
    if (take (at, "["))
        return parse_items (at, JSON_ARRAY);
    if (take (at, "null"))
        return json_new (JSON_NULL);
    if (take (at, "\"")) {
        char *text = parse_text (at);

        json = text ? json_new (JSON_TEXT) : NULL;
        if (json)
            json->text = text;
        return json;
    }
    if (**at == 't' || **at == 'f') {
        bool value = **at == 't';

        json = take (at, value ? "true" : "false") ? json_new (JSON_BOOLEAN) : NULL;
        if (json)
            json->number = value;
        return json;
    }
    return parse_number (at);
}

Json *
json_parse (const char *text)
{
    Json *json = parse_value (&text);

    skip_blanks (&text);
    if (json && *text) {
        json_free (json);
        return NULL;
    }
    return json;
}

static const Json *
find_member (const Json *object, const char *name)
{
    g_assert_cmpint (object->type, ==, JSON_OBJECT);
    for (guint i = 0; i < object->names->len; i++)
        if (strcmp (object->names->pdata[i], name) == 0)
            return object->items->pdata[i];
    g_test_message ("the report has no member %s", name);
    g_assert_not_reached ();
}

const Json *
json_member (const Json *object, const char *name, JsonType type)
{
    const Json *member = find_member (object, name);

    g_assert_cmpint (member->type, ==, type);
    return member;
}

bool
json_member_is_null (const Json *object, const char *name)
{
    return find_member (object, name)->type == JSON_NULL;
}

double
json_number (const Json *object, const char *name)
{
    return json_member (object, name, JSON_NUMBER)->number;
}

const char *
json_text (const Json *object, const char *name)
{
    return json_member (object, name, JSON_TEXT)->text;
}

void
json_numbers (const Json *object, const char *name, double *numbers, int n)
{
    const Json *array = json_member (object, name, JSON_ARRAY);

    g_assert_cmpuint (array->items->len, ==, (guint) n);
    for (int i = 0; i < n; i++) {
        const Json *item = array->items->pdata[i];

        g_assert_cmpint (item->type, ==, JSON_NUMBER);
        numbers[i] = item->number;
    }
}
