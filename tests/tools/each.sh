#!/bin/bash
# each.sh TOOL: runs tests/tools/TOOL on the image of every policy with scenarios.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for path in "$srcdir"/policies/*/ "$srcdir"/docs/LANGUAGE.md "$srcdir"/tests/step/*.banfa "$srcdir"/tests/stdlib/*.banfa \
    "$srcdir"/examples/patterns/*.banfa "$srcdir"/tests/service/lending*.banfa; do
    [[ $path == */ids.banfa ]] && continue # decides, and starts no case
    "$builddir/banfa" compile "$path" -o "$work/image" >"$work/out" 2>&1 &&
        "$builddir/tests/tools/$1" "$work/image" >>"$work/out" 2>&1 || status=1
    tail -n 5 "$work/out" | sed "s|^|${path#"$srcdir"/}: |"
done
exit $status
