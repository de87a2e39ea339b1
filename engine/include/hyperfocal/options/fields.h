/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Makes a .def file expand to struct fields. No guard; options/undefine.h ends it. */
#define HF_OPTION_INT(id, name, label, initial, min, max, unit, help) int id;
#define HF_OPTION_DOUBLE(id, name, label, initial, min, max, unit, help) double id;
#define HF_OPTION_BOOL(id, name, label, initial, help) bool id;
#define HF_OPTION_CHOICE(id, name, label, initial, choices, help) int id;
#define HF_OPTION_STRING(id, name, label, initial, help) char *id;
