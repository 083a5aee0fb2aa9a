#!/bin/bash
# Acts that come before their time.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/early.banfa" -o "$work/image" &&
    "$builddir/tests/service/early" "$work/image"
