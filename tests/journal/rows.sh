#!/bin/bash
# What the scenarios of every policy leave in a journal is read as it was written, and rebuilds their cases.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for path in "$srcdir"/policies/*/ "$srcdir"/docs/LANGUAGE.md "$srcdir"/tests/step/*.banfa; do
    "$builddir/banfa" compile "$path" -o "$work/image" >"$work/out" 2>&1 &&
        "$builddir/tests/tools/journal" "$work/image" >>"$work/out" 2>&1 || status=1
    tail -n 5 "$work/out" | sed "s|^|${path#"$srcdir"/}: |"
done
exit $status
