#!/bin/bash
# The API where memory fails, clients go and time passes.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/api.banfa" -o "$work/image" >/dev/null &&
    "$builddir/tests/service/faults" "$work/image"
