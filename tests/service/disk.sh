#!/bin/bash
# Faults of the disk under the engine; every seventh place; disk.sh 1, by hand: every one.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/disk.banfa" -o "$work/image" >/dev/null &&
    "$builddir/tests/service/disk" "$work/image" "${1:-7}"
