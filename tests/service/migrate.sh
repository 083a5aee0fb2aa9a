#!/bin/bash
# Open cases go on under another text.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for i in 1 2; do
    "$builddir/banfa" compile "$srcdir/tests/service/migrate$i.banfa" -o "$work/image$i" || exit 1
done
"$builddir/tests/service/migrate" "$work/image1" "$work/image2"
