/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Makes a .def file expand to the entries of an HfOption array of the struct HF_OPTION_STRUCT. No
 * guard; options/undefine.h ends it.
 */
#define HF_OPTION_INT(id, name, label, initial, min, max, unit, help) \
    { HF_OPTION_TYPE_INT, name, label, unit, help, initial, min, max, NULL, NULL, \
      offsetof (HF_OPTION_STRUCT, id) },
#define HF_OPTION_DOUBLE(id, name, label, initial, min, max, unit, help) \
    { HF_OPTION_TYPE_DOUBLE, name, label, unit, help, initial, min, max, NULL, NULL, \
      offsetof (HF_OPTION_STRUCT, id) },
#define HF_OPTION_BOOL(id, name, label, initial, help) \
    { HF_OPTION_TYPE_BOOL, name, label, "", help, initial, 0, 1, NULL, NULL, \
      offsetof (HF_OPTION_STRUCT, id) },
#define HF_OPTION_CHOICE(id, name, label, initial, choices, help) \
    { HF_OPTION_TYPE_CHOICE, name, label, "", help, initial, 0, 0, NULL, choices, \
      offsetof (HF_OPTION_STRUCT, id) },
#define HF_OPTION_STRING(id, name, label, initial, help) \
    { HF_OPTION_TYPE_STRING, name, label, "", help, 0, 0, 0, initial, NULL, \
      offsetof (HF_OPTION_STRUCT, id) },
