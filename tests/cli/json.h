/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict reader of JSON (RFC 8259), to hold the report against. */
#ifndef TESTS_CLI_JSON_H
#define TESTS_CLI_JSON_H

#include <glib.h>
#include <stdbool.h>

typedef enum { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT } JsonType;

typedef struct Json {
    JsonType type;
    double number;    /* of a number; 1 or 0 of a boolean */
    char *text;       /* of a text */
    GPtrArray *items; /* Json, of an array or object */
    GPtrArray *names; /* of an object, as many as items */
} Json;

/* NULL where the text is no JSON, or holds anything after it. */
Json *json_parse (const char *text);
void json_free (Json *json);

/* The member of this name; fails the test where it is missing or of another type. */
const Json *json_member (const Json *object, const char *name, JsonType type);
bool json_member_is_null (const Json *object, const char *name);
double json_number (const Json *object, const char *name);
const char *json_text (const Json *object, const char *name);

/* Exactly n numbers. */
void json_numbers (const Json *object, const char *name, double *numbers, int n);

#endif
