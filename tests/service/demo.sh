#!/bin/bash
# What ./dev run shows works: the demonstration loads, twice alike, and every command it tells to try is answered.
set -e
command -v curl >/dev/null || exit 77
bash "$srcdir/dev" run --check
