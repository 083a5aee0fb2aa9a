#!/bin/bash
# Cases that run others.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/runs.banfa" -o "$work/image" &&
    "$builddir/banfa" compile "$srcdir/tests/service/runs2.banfa" -o "$work/image2" &&
    "$builddir/tests/service/runs" "$work/image" "$work/image2"
