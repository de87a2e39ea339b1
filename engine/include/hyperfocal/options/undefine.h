/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Takes the option macros away again; to be included after each use of a .def file. No guard. */
#undef HF_OPTION_INT
#undef HF_OPTION_DOUBLE
#undef HF_OPTION_BOOL
#undef HF_OPTION_CHOICE
#undef HF_OPTION_STRING
