#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The table of registration's errors: rendered stacks of known motion, by case.
#
#   scripts/registration.sh [OPTION...]     options are those of registration-table:
#       --seeds N, --drawn N, --size WIDTH HEIGHT, --case NAME, --set OPTION=VALUE
#
# Builds what is missing. Exits non-zero where a case misses what is promised.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
cmake --preset release >/dev/null
cmake --build --preset release --parallel "$(nproc)" --target registration-table >/dev/null
exec build/release/tests/align/registration-table "$@"
