#!/bin/sh
# Fails when a C++ file of the tree is not formatted by .clang-format.
cd "$1" || exit 1
find shared stages topology tests -name '*.?pp' -print0 | xargs -0 "$CLANG_FORMAT" --dry-run -Werror
