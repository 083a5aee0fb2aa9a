#!/bin/bash
# Ended cases are sealed, and their rows dropped.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/seal.banfa" -o "$work/image" &&
    "$builddir/tests/service/seal" "$work/image"
