#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The quality table: fused pictures of rendered stacks against the truth.
#
#   scripts/quality.sh [OPTION...] [SEED...]     seeds 1 2 3; options are those of hf-quality:
#       --method NAME, --case NAME, --draw N, --size WxH, --markdown
#
# Builds what is missing. Exits non-zero where a case misses its target.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
cmake --preset release >/dev/null
cmake --build --preset release --parallel "$(nproc)" --target hf-quality >/dev/null
exec build/release/tests/quality/hf-quality "$@"
