#!/bin/bash
# The engine leaves the rows that the simulator leaves, whatever it forgets in between and however often the disk is full.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for path in "$srcdir"/policies/*/ "$srcdir"/docs/LANGUAGE.md "$srcdir"/tests/step/*.banfa; do
    "$builddir/banfa" compile "$path" -o "$work/image" >"$work/out" 2>&1 &&
        "$builddir/tests/tools/engine" "$work/image" >>"$work/out" 2>&1 || status=1
    tail -n 5 "$work/out" | sed "s|^|${path#"$srcdir"/}: |"
done
exit $status
