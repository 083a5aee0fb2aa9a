#!/bin/bash
# What ./dev run shows works: the demonstration loads, twice alike, and every command it tells to try is answered, in both languages.
set -e
command -v curl >/dev/null || exit 77
for language in en zh_CN.UTF-8; do
    LANG=$language bash "$srcdir/dev" run --check
done
